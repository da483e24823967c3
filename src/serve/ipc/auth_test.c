/* SPDX-License-Identifier: MIT */
/* Tokens: only the very same string is accepted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "serve/ipc/auth.h"
#include "util/macros.h"

static bool accepts(const char *token, const char *json)
{
    yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
    bool result;

    assert_non_null(doc);
    result = osm_auth_accepts(token, yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
    return result;
}

static void test_without_token(void **state)
{
    assert_true(osm_auth_accepts(NULL, NULL));
    assert_true(accepts(NULL, "\"whatever\""));
    assert_true(accepts(NULL, "5"));
}

static void test_with_token(void **state)
{
    static const char *const wrong[] = {"\"\"",
                                        "\"secre\"",
                                        "\"secretx\"",
                                        "\"Secret\"",
                                        "\"secreT\"",
                                        "\"secretsecret\"",
                                        "\"secret\\u0000\"",
                                        "null",
                                        "true",
                                        "5",
                                        "[\"secret\"]",
                                        "{}"};

    assert_true(accepts("secret", "\"secret\""));
    assert_true(accepts("secret", "\"\\u0073ecret\""));
    assert_false(osm_auth_accepts("secret", NULL));
    for (size_t i = 0; i < OSM_ARRAY_SIZE(wrong); i++)
        assert_false(accepts("secret", wrong[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_token),
        cmocka_unit_test(test_with_token),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
