/* SPDX-License-Identifier: MIT */
/* Command lines: quotes, backslashes, mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sink/command_line.h"
#include "util/macros.h"

static void test_lines(void **state)
{
    static const struct {
        const char *text;
        const char *words[6];
    } rows[] = {
        {"php", {"php"}},
        {"  /usr/bin/php  worker.php\t--all\n", {"/usr/bin/php", "worker.php", "--all"}},
        {"a 'b c' \"d e\"", {"a", "b c", "d e"}},
        {"a b'c d'e", {"a", "bc de"}},
        {"a '' \"\"", {"a", "", ""}},
        {"a 'x\\y' \"x\\\"y\\\\z\\n\"", {"a", "x\\y", "x\"y\\z\\n"}},
        {"a b\\ c \\'d", {"a", "b c", "'d"}},
        {"a $HOME *.c ~ `id` $(id)", {"a", "$HOME", "*.c", "~", "`id`", "$(id)"}},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++) {
        const char *error = NULL;
        char **argv = NULL;
        size_t n = 0;

        assert_int_equal(osm_command_line_split(rows[i].text, &argv, &error), 0);
        for (; n < OSM_ARRAY_SIZE(rows[i].words) && rows[i].words[n]; n++)
            assert_string_equal(argv[n], rows[i].words[n]);
        assert_null(argv[n]);
        free(argv);
    }
}

static void test_mistakes(void **state)
{
    static const char *const rows[][2] = {
        {"", "no program is named"},
        {" \t", "no program is named"},
        {"'' a", "no program is named"},
        {"a 'b", "a quote is not closed"},
        {"a \"b\\\"", "a quote is not closed"},
        {"a \\", "nothing follows the last backslash"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++) {
        const char *error = NULL;
        char **argv = NULL;

        assert_true(osm_command_line_split(rows[i][0], &argv, &error) < 0);
        assert_string_equal(error, rows[i][1]);
        assert_null(argv);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_mistakes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
