/* SPDX-License-Identifier: MIT */
/* Words, patterns and numbers of console lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "admin/console/console_internal.h"

static void test_words(void **state)
{
    static const struct {
        const char *line, *words; /* joined by | */
    } cases[] = {
        {"", ""},
        {"  \t\r\n ", ""},
        {";", ""},
        {"SHOW SESSIONS", "SHOW|SESSIONS"},
        {"  a\tb  ; ", "a|b"},
        {"a;b", "a;b"},
        {"'a b' \"c d\"", "a b|c d"},
        {"x'a b'y", "xa by"},
        {"'it''s' \"say \"\"so\"\"\"", "it's|say \"so\""},
        {"'' b", "|b"},
        {"\"it's\"", "it's"},
    };

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct osm_buf joined = {0};
        struct osm_fault fault = {0};
        struct osm_arena arena;
        size_t count;
        char **words;

        osm_arena_init(&arena);
        words = osm_console_split(cases[i].line, strlen(cases[i].line), &arena, &count, &fault);
        assert_non_null(words);
        for (size_t k = 0; k < count; k++)
            osm_buf_printf(&joined, "%s%s", k ? "|" : "", words[k]);
        assert_string_equal(osm_buf_text(&joined), cases[i].words);
        assert_null(words[count]);
        osm_buf_deinit(&joined);
        osm_arena_deinit(&arena);
    }
}

static void check_refused(const char *line, size_t length)
{
    struct osm_fault fault = {0};
    struct osm_arena arena;
    size_t count;

    osm_arena_init(&arena);
    assert_null(osm_console_split(line, length, &arena, &count, &fault));
    assert_int_equal(fault.type, OSM_FAULT_INVALID_ARGUMENT);
    osm_arena_deinit(&arena);
}

static void test_refused_lines(void **state)
{
    char many[2 * OSM_CONSOLE_WORDS + 2], longest[OSM_CONSOLE_LINE + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(many); i++)
        many[i] = i % 2 ? ' ' : 'a';
    memset(longest, 'a', sizeof(longest));
    check_refused("a 'b", 4);
    check_refused("a \"b''", 6);
    check_refused("a\0b", 3);
    check_refused(many, sizeof(many));
    check_refused(longest, sizeof(longest));
}

static void test_patterns(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool matches;
    } cases[] = {
        {"", "", true},
        {"*", "", true},
        {"?", "", false},
        {"a", "A", true},
        {"a*c", "abbc", true},
        {"a*c", "abcb", false},
        {"*b*", "abc", true},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"**a", "ba", true},
        {"*ab", "aab", true},
        {"a", "ab", false},
        {"*a*a*b", "aaaac", false},
    };

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++)
        assert_int_equal(osm_console_matches(cases[i].pattern, cases[i].text), cases[i].matches);
}

static void test_numbers(void **state)
{
    uint64_t number;

    (void)state;
    assert_true(osm_console_number("0", &number));
    assert_true(osm_console_number("1800000000000000000", &number));
    assert_true(number == UINT64_C(1800000000000000000));
    assert_false(osm_console_number("", &number));
    assert_false(osm_console_number("-1", &number));
    assert_false(osm_console_number("1x", &number));
    assert_false(osm_console_number("99999999999999999999", &number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_refused_lines),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
