/* SPDX-License-Identifier: MIT */
/* Targets, tokens, hosts and preferences: what is taken and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "admin/http/http_text.h"
#include "util/macros.h"

static void test_targets(void **state)
{
    static const struct {
        const char *text;
        bool plain;
    } cases[] = {
        {"/", true},          {"/metrics", true},   {"/a/b-c_d.e~?x=%2e%2e/", true},
        {"", false},          {"metrics", false},   {"*", false},
        {"/../etc", false},   {"/a/../b", false},   {"/a/..", false},
        {"/.git", false},     {"//host/x", false},  {"/a//b", false},
        {"/%2e%2e/x", false}, {"/a\\..\\b", false}, {"http://host/metrics", false},
        {"/a b", false},      {"/a\x80", false},    {"/a;b", false},
    };
    size_t length;

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++)
        if (osm_http_target_is_plain(cases[i].text, &length) != cases[i].plain)
            fail_msg("%s", cases[i].text);
    assert_true(osm_http_target_is_plain("/m?x", &length));
    assert_int_equal(length, 2);
    assert_false(osm_http_target_is_plain(NULL, &length));
}

static void test_bearers(void **state)
{
    (void)state;
    assert_string_equal(osm_http_bearer("Bearer abc"), "abc");
    assert_string_equal(osm_http_bearer("bearer   a.b-c"), "a.b-c");
    assert_null(osm_http_bearer(NULL));
    assert_null(osm_http_bearer("Bearer"));
    assert_null(osm_http_bearer("Bearer "));
    assert_null(osm_http_bearer("Bearer a b"));
    assert_null(osm_http_bearer("Bearerabc"));
    assert_null(osm_http_bearer("Basic YTpi"));
    assert_null(osm_http_bearer("Bearer a\xc3"));
}

static void test_hosts(void **state)
{
    static const char *const local[] = {"localhost", "LocalHost:9100", "127.0.0.1", "127.1.2.3:80",
                                        "[::1]",     "[::1]:9100",     "localhost:"};
    static const char *const foreign[] = {
        "",       "plant", "localhost.evil.org", "127.0.0.1.evil.org", "127.evil.org:80", "[::2]",
        "[::1]x", "[::1",  "localhost:80x",      "127.0.0.1:80@x",     "10.0.0.1:1"};

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(local); i++)
        if (!osm_http_host_is_local(local[i]))
            fail_msg("%s", local[i]);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(foreign); i++)
        if (osm_http_host_is_local(foreign[i]))
            fail_msg("%s", foreign[i]);
    assert_false(osm_http_host_is_local(NULL));
    assert_true(osm_http_origin_is("http://localhost:1", "localhost:1"));
    assert_false(osm_http_origin_is("http://localhost:2", "localhost:1"));
    assert_false(osm_http_origin_is("https://localhost:1", "localhost:1"));
    assert_false(osm_http_origin_is("null", "localhost:1"));
    assert_false(osm_http_origin_is(NULL, "localhost:1"));
}

static void test_preferences(void **state)
{
    static const char *const types[] = {"text/plain", "application/openmetrics-text"};
    static const struct {
        const char *accept;
        size_t chosen;
    } cases[] = {
        {NULL, 0},
        {"*/*", 0},
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
         "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         1},
        {"text/plain;version=0.0.4;q=0.5,*/*;q=0.1", 0},
        {"application/openmetrics-text; version=1.0.0; q=0.5, text/plain; q=0.6", 0},
        {"Application/*;q=0.3,text/*;q=0.2", 1},
        {"text/plain;q=0,*/*", 1},
        {"application/json", 2},
        {"text/plain;q=2", 2},
        {"text/plain;q=0.1234", 2},
        {"text/plain;q=", 2},
        {"", 2},
        {";;q=1,,;,", 2},
    };

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++)
        if (osm_http_negotiate(cases[i].accept, types, 2) != cases[i].chosen)
            fail_msg("%s", cases[i].accept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_bearers),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_preferences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
