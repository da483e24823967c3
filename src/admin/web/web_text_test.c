/* SPDX-License-Identifier: MIT */
/* Requests with their token, and lines as server-sent events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "admin/web/web_text.h"
#include "util/macros.h"

static void test_requests(void **state)
{
    static const struct {
        const char *body, *expected; /* NULL = refused */
    } cases[] = {
        {"{\"id\":1}", "{\"authToken\":\"a\\\"b\",\"id\":1}\n"},
        {"{\"id\":1}\n{\"id\":2}\n",
         "{\"authToken\":\"a\\\"b\",\"id\":1}\n{\"authToken\":\"a\\\"b\",\"id\":2}\n"},
        {"\r\n\n{\"id\":1}\r\n\n", "{\"authToken\":\"a\\\"b\",\"id\":1}\n"},
        {"{", "{\"authToken\":\"a\\\"b\",\n"}, /* the daemon says what it thinks of it */
        {"", NULL},
        {"\n\r\n", NULL},
        {" {\"id\":1}", NULL},
        {"[1]", NULL},
        {"{\"id\":1}\nnull", NULL},
    };

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct osm_buf out = {0};
        bool taken =
            osm_web_text_requests(cases[i].body, strlen(cases[i].body), "a\"b", 1000, &out);

        assert_int_equal(taken, cases[i].expected != NULL);
        assert_string_equal(osm_buf_text(&out), cases[i].expected ? cases[i].expected : "");
        osm_buf_deinit(&out);
    }
}

/* The token in each of many short lines is refused before it is written. */
static void test_requests_that_would_grow(void **state)
{
    static const char lines[] = "{}\n{}\n{}\n";
    const char *token = "0123456789";
    struct osm_buf out = {0};
    size_t most = 0;

    (void)state;
    while (!osm_web_text_requests(lines, sizeof(lines) - 1, token, most, &out)) {
        assert_int_equal(out.length, 0);
        most++;
    }
    assert_true(out.length <= most && most < 4 * sizeof(lines) + 3 * 2 * strlen(token) + 60);
    osm_buf_deinit(&out);
}

/* Cut into pieces of any size, with any room, the same comes out. */
static void test_events(void **state)
{
    static const char lines[] = "{\"id\":1}\n\n{\"id\":2,\"text\":\"0123456789\"}\n{";
    static const char expected[] =
        "data: {\"id\":1}\n\ndata: \n\ndata: {\"id\":2,\"text\":\"0123456789\"}\n\ndata: {";
    const size_t length = sizeof(lines) - 1;

    (void)state;
    for (size_t size = 1; size <= length; size++)
        for (size_t room = 1; room <= length + 8; room++) {
            struct osm_web_events events = {0};
            struct osm_buf out = {0};

            for (size_t at = 0; at < length;) {
                size_t before = out.length, piece = OSM_MIN(size, length - at), taken;

                taken = osm_web_text_events(&events, lines + at, piece, room, &out);
                assert_in_range(taken, 1, piece);
                assert_in_range(out.length - before, 1, room + OSM_WEB_EVENT_EXTRA);
                at += taken;
            }
            assert_string_equal(osm_buf_text(&out), expected);
            osm_buf_deinit(&out);
        }
}

static void test_no_room(void **state)
{
    struct osm_web_events events = {0};
    struct osm_buf out = {0};

    (void)state;
    assert_int_equal(osm_web_text_events(&events, "abc", 3, 0, &out), 0);
    assert_int_equal(out.length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_requests_that_would_grow),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
