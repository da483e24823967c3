/* SPDX-License-Identifier: MIT */
/* Sparklines and plots: what stands where, and that nothing is larger than it may be. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tool/plot.h"
#include "tool/row.h"
#include "tool/terminal.h"
#include "tool/tool.h"
#include "util/buf.h"

#define SECOND 10000000LL
#define THEN 133500000000000000LL

static struct tool_series series_of(const double *numbers, size_t count, size_t room)
{
    struct tool_series series;

    tool_series_init(&series, room);
    for (size_t i = 0; i < count; i++)
        tool_series_add(&series, THEN + (int64_t)i * SECOND, numbers[i]);
    return series;
}

static void assert_spark(const double *numbers, size_t count, size_t columns, bool utf8,
                         const char *expected)
{
    struct tool_series series = series_of(numbers, count, 16);
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    tool_plot_spark(&out, &series, columns, utf8);
    assert_string_equal(osm_buf_text(&out), expected);
    tool_series_deinit(&series);
}

static void test_sparklines(void **state)
{
    const double still[] = {24, 24.000001, 24};
    const double ramp[] = {0, 1, 2, 3, 4, 5, 6, 7}, gap[] = {1, NAN, 3}, flat[] = {5, 5};

    (void)state;
    assert_spark(ramp, 8, 8, true, "▁▂▃▄▅▆▇█");
    assert_spark(ramp, 8, 8, false, "_.-~=+*#");
    assert_spark(ramp, 8, 2, true, "▁█"); /* the newest, on a scale of their own */
    assert_spark(ramp, 8, 10, false, "  _.-~=+*#");
    assert_spark(gap, 3, 3, true, "▁ █");
    assert_spark(flat, 2, 2, true, "▅▅");
    assert_spark(still, 3, 3, true, "▅▅▅");
    assert_spark(NULL, 0, 3, true, "   ");
}

static void test_a_series_keeps_the_newest(void **state)
{
    const double numbers[] = {1, 2, 3, 4, 5};
    struct tool_series series = series_of(numbers, 5, 3);
    double least, greatest;

    (void)state;
    assert_int_equal(series.count, 3);
    assert_true(tool_series_at(&series, 0)->number == 3);
    assert_true(tool_series_at(&series, 2)->number == 5);
    assert_true(tool_series_span(&series, 2, &least, &greatest));
    assert_true(least == 4 && greatest == 5);
    tool_series_clear(&series);
    assert_false(tool_series_span(&series, 3, &least, &greatest));
    tool_series_deinit(&series);
}

static char *plot_of(const double *numbers, size_t count, struct tool_plot plot)
{
    struct tool_series series = series_of(numbers, count, count + 1);
    struct osm_buf out = {0};
    char *text;

    tool_plot_draw(&out, &plot, &series);
    text = strdup(osm_buf_text(&out));
    osm_buf_deinit(&out);
    tool_series_deinit(&series);
    return text;
}

static void test_a_plot_in_ascii(void **state)
{
    const double numbers[] = {0, 10};
    char *text = plot_of(numbers, 2, (struct tool_plot){20, 4, false, true});

    (void)state;
    assert_string_equal(text, "       10 |       **\n"
                              "          |   ****\n"
                              "        0 |***\n"
                              "           \n");
    free(text);
}

static void test_a_plot_in_braille(void **state)
{
    const double numbers[] = {1, 1, NAN, 0};
    char *text = plot_of(numbers, 4, (struct tool_plot){60, 4, true, true});

    (void)state;
    assert_non_null(strstr(text, "        1 ┤⠉⠉⠉"));
    assert_non_null(strstr(text, "        0 ┤                                                ⢀"));
    assert_null(strstr(text, "⠱")); /* nothing joins what is on the two sides of a gap */
    assert_non_null(strstr(text, ":0"));
    free(text);
}

/* Whatever the size: as many lines as asked for, none of them wider. */
static void assert_fits(const double *numbers, size_t count, struct tool_plot plot)
{
    char *text = plot_of(numbers, count, plot), *line = text;
    size_t rows = 0;

    for (; *line; rows++) {
        size_t length = strcspn(line, "\n");

        line[length] = '\0';
        assert_true(tool_text_columns(line, true) <= plot.columns);
        line += length + 1;
    }
    assert_int_equal(rows, plot.rows);
    free(text);
}

static void test_a_plot_has_its_size(void **state)
{
    const double numbers[] = {-1e300, 3, 1e300, NAN, INFINITY, 4.5e-300}, none[] = {NAN, NAN};
    const double still[] = {60, 60.00000001};
    struct tool_terminal terminal;

    (void)state;
    tool_terminal_look(&terminal, -1);
    assert_int_equal(terminal.columns, 80);
    for (size_t columns = 1; columns < 130; columns += 3) {
        for (size_t rows = 1; rows < 30; rows += 4) {
            assert_fits(numbers, 6, (struct tool_plot){columns, rows, true, false});
            assert_fits(numbers, 3, (struct tool_plot){40, 6, true, true});
            assert_fits(still, 2, (struct tool_plot){columns, rows, true, true});
            assert_fits(none, 2, (struct tool_plot){columns, rows, false, true});
            assert_fits(NULL, 0, (struct tool_plot){columns, rows, false, true});
        }
    }
}

static void test_the_greatest_numbers_there_are(void **state)
{
    const double numbers[] = {-DBL_MAX, 0, DBL_MAX}, still[] = {DBL_MAX, DBL_MAX};
    char *text = plot_of(numbers, 3, (struct tool_plot){40, 6, false, true});

    (void)state;
    assert_spark(numbers, 3, 3, false, "_=#");
    assert_spark(numbers, 3, 3, true, "▁▅█");
    assert_non_null(strstr(text, "1.8e+308 |"));
    assert_non_null(strstr(text, "-1.8e+308 |"));
    assert_null(strstr(text, "nan"));
    free(text);
    assert_fits(still, 2, (struct tool_plot){40, 6, true, true});
}

/* A clock that is set back, or forth for a moment: what is not between the first and the last time
 * stands at the edge. */
static void test_times_that_go_back(void **state)
{
    static const int64_t times[] = {10, 5, 1000000000, 20};
    struct tool_series series;
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    (void)state;
    tool_series_init(&series, 4);
    for (size_t i = 0; i < 4; i++)
        tool_series_add(&series, THEN + times[i] * SECOND, (double)i);
    tool_plot_draw(&out, &(struct tool_plot){40, 6, true, true}, &series);
    assert_non_null(strstr(osm_buf_text(&out), "3 ┤"));
    tool_series_deinit(&series);
}

static void test_labels_tell_numbers_apart(void **state)
{
    const double numbers[] = {1000.01, 1000.02};
    char *text = plot_of(numbers, 2, (struct tool_plot){40, 6, false, true});

    (void)state;
    assert_non_null(strstr(text, "  1000.02 |"));
    assert_non_null(strstr(text, "  1000.01 |"));
    free(text);
}

static void assert_fit(const char *text, size_t columns, bool pad, bool utf8, const char *expected)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    tool_text_fit(&out, text, columns, pad, utf8);
    assert_string_equal(osm_buf_text(&out), expected);
}

static void test_texts_are_cut(void **state)
{
    struct tool_terminal terminal;

    (void)state;
    setenv("LC_ALL", "C.UTF-8", 1);
    tool_terminal_look(&terminal, -1);
    assert_true(terminal.utf8);
    assert_fit("Tank", 6, true, true, "Tank  ");
    assert_fit("Temperature", 6, true, true, "Tempe…");
    assert_fit("Temperature", 6, false, false, "Tempe~");
    assert_fit("Größe", 5, false, true, "Größe");
    assert_fit("Größe", 9, true, false, "Gr??e    ");
    assert_fit("\033[2Ja\nb", 8, false, true, "?[2Ja·b");
    assert_fit("\xff\xfe", 4, false, true, "??");
    assert_fit("温度計", 5, true, true, "温度…"); /* two columns each */
    assert_fit("", 2, true, true, "  ");
    assert_fit("abc", 0, true, true, "");
    assert_int_equal(tool_text_cut("abcdef", 4, true), 4);
    assert_int_equal(tool_text_cut("温度", 1, true), 3); /* at least one */
}

static void test_a_row_shows_the_newest(void **state)
{
    struct opcua_data_value value = {.source_time = THEN};
    struct tool_row row;
    char *text;

    (void)state;
    tool_row_init(&row, "Level");
    assert_true(opcua_value_init_number(&value.value, OPCUA_TYPE_DOUBLE, 1.0 / 3));
    tool_row_take(&row, &value, tool_show_value(&value.value, true), "bar");
    text = tool_row_show(&row, 14);
    assert_string_equal(text, "0.333 bar");
    free(text);
    value.status = 0x80310000u; /* BadNoCommunication */
    tool_row_take(&row, &value, tool_show_value(&value.value, true), NULL);
    text = tool_row_show(&row, 40);
    assert_string_equal(text, "BadNoCommunication");
    free(text);
    assert_int_equal(row.changes, 2);
    assert_true(isnan(tool_series_at(&row.series, 1)->number));
    opcua_data_value_clear(&value);
    tool_row_deinit(&row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sparklines),
        cmocka_unit_test(test_a_series_keeps_the_newest),
        cmocka_unit_test(test_a_plot_in_ascii),
        cmocka_unit_test(test_a_plot_in_braille),
        cmocka_unit_test(test_a_plot_has_its_size),
        cmocka_unit_test(test_the_greatest_numbers_there_are),
        cmocka_unit_test(test_times_that_go_back),
        cmocka_unit_test(test_labels_tell_numbers_apart),
        cmocka_unit_test(test_texts_are_cut),
        cmocka_unit_test(test_a_row_shows_the_newest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
