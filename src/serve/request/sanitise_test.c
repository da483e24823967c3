/* SPDX-License-Identifier: MIT */
/* The examples of ipc-protocol.md §9 and the edges around them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "serve/request/sanitise.h"
#include "util/alloc.h"
#include "util/utf8.h"

static const struct {
    const char *message;
    const char *expected; /* NULL: unchanged */
} cases[] = {
    {"Failed to connect to 10.0.0.1:4840: [111] Connection refused", NULL},
    {"Invalid endpoint URL: opc.tcp://user:pw@h:1/x y", "Invalid endpoint URL: [url] y"},
    {"Cannot read C:\\Users\\a\\b.pem now", "Cannot read [path] now"},
    {"Client certificate does not exist or is not a file: /etc/opcua/client.pem",
     "Client certificate does not exist or is not a file: [path]"},
    {"/a", NULL},
    {"/a/", NULL},
    {"//x", NULL},
    {"http://", NULL},
    {"x/y/z w", "x[path] w"},
    {"/ab/cd:ef/gh", "[path]:ef/gh"},
    {"Invalid endpoint URL: opc.tcp://", NULL},
    {"Failed to resolve path '/': 0x80600000", NULL},
    {"Failed to resolve path '/Objects/X': 0x806F0000",
     "Failed to resolve path '[path]: 0x806F0000"},
    {"No targets found for path: /2:A/2:B", NULL},
    {"ns=2;s=Folder/Sub/Tag", "ns=2;s=Folder[path]"},
    /* around them */
    {"", NULL},
    {"a://b c://d", "[url] [url]"},
    {"1a://b", "1[url]"},
    {"1://b", NULL},
    {"1://b/c/d", "1:[path]"}, /* no scheme, but still a path */
    {"x a+b.c-9://h\tend", "x [url]\tend"},
    {"http:// x", NULL},
    {"a://\n", NULL},
    {"a:// b://c", "a:// [url]"},
    {"c:\\", NULL},
    {"c:\\ x", NULL},
    {"c:\\x", "[path]"},
    {"xc:\\x", "x[path]"},
    {"9:\\x", NULL},
    {"///a", "[path]"},
    {"//a/b", "[path]"},
    {"/a//", "[path]"},
    {"/a/b /c/d", "[path] [path]"},
    {"file:///etc/passwd", "[url]"},
    {"/a:/b/c", "/a:[path]"},
};

static void test_sanitises_as_the_contract_says(void **state)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct osm_buf out = {0};
        const char *expected = cases[i].expected ? cases[i].expected : cases[i].message;

        osm_sanitise(&out, cases[i].message, strlen(cases[i].message));
        assert_string_equal(osm_buf_text(&out), expected);
        osm_buf_deinit(&out);
    }
}

static void test_appends(void **state)
{
    struct osm_buf out = {0};

    osm_buf_add_text(&out, "x/");
    osm_sanitise(&out, "y/z", 3);
    assert_string_equal(osm_buf_text(&out), "x/y/z");
    osm_buf_deinit(&out);
}

static void sanitise_repeated(struct osm_buf *out, const char *piece, size_t times)
{
    struct osm_buf message = {0};

    osm_buf_reset(out, 0);
    for (size_t i = 0; i < times; i++)
        osm_buf_add_text(&message, piece);
    osm_sanitise(out, message.data, message.length);
    osm_buf_deinit(&message);
}

static void test_cuts_long_messages_between_characters(void **state)
{
    struct osm_buf out = {0};

    sanitise_repeated(&out, "x", 500);
    assert_int_equal(out.length, 500);
    sanitise_repeated(&out, "x", 501);
    assert_int_equal(out.length, 503);
    assert_memory_equal(out.data + 499, "x...", 4);
    sanitise_repeated(&out, "\xE2\x82\xAC", 200); /* 3 bytes each: 166 fit */
    assert_int_equal(out.length, 498 + 3);
    assert_true(osm_utf8_is_valid(out.data, out.length));
    osm_buf_deinit(&out);
}

/* Megabytes of letters or slashes must not take longer than reading them a few times. */
static void test_stays_linear(void **state)
{
    static const char *const pieces[] = {"a", "/", "a/", "/a:", "a:", "a:\\ ", "a:// "};
    struct osm_buf out = {0};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(pieces); i++)
        sanitise_repeated(&out, pieces[i], (size_t)1 << 20);
    osm_buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sanitises_as_the_contract_says),
        cmocka_unit_test(test_appends),
        cmocka_unit_test(test_cuts_long_messages_between_characters),
        cmocka_unit_test(test_stays_linear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
