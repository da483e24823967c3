/* SPDX-License-Identifier: MIT */
/* Sparklines and plots. A cell of the canvas is 2×4 dots of braille, or one of ASCII. */
#include "tool/plot.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tool/terminal.h"
#include "util/alloc.h"
#include "util/buf.h"

/* ---- series ------------------------------------------------------------------------------- */

void tool_series_init(struct tool_series *series, size_t room)
{
    *series = (struct tool_series){.room = room};
    series->points = osm_alloc(room * sizeof(*series->points));
}

void tool_series_deinit(struct tool_series *series)
{
    free(series->points);
    *series = (struct tool_series){0};
}

void tool_series_clear(struct tool_series *series)
{
    series->count = series->first = 0;
}

void tool_series_add(struct tool_series *series, int64_t time, double number)
{
    const struct tool_point point = {time, number};

    if (series->count < series->room) {
        series->points[series->count++] = point;
    } else if (series->room) {
        series->points[series->first] = point;
        series->first = (series->first + 1) % series->room;
    }
}

const struct tool_point *tool_series_at(const struct tool_series *series, size_t index)
{
    osm_assert(index < series->count && series->room);
    return &series->points[(series->first + index) % series->room];
}

bool tool_series_span(const struct tool_series *series, size_t last, double *least,
                      double *greatest)
{
    size_t from = series->count > last ? series->count - last : 0;
    bool any = false;

    for (size_t i = from; i < series->count; i++) {
        double number = tool_series_at(series, i)->number;

        if (!isfinite(number))
            continue;
        *least = any ? fmin(*least, number) : number;
        *greatest = any ? fmax(*greatest, number) : number;
        any = true;
    }
    return any;
}

double tool_plot_number(const struct opcua_data_value *value)
{
    double number;
    bool boolean;

    if (opcua_is_bad(value->status))
        return NAN;
    if (opcua_value_to_boolean(&value->value, &boolean))
        return boolean;
    return opcua_value_to_double(&value->value, &number) ? number : NAN;
}

/* Where a number stands between two, in steps 0 … most. Halves, since a difference may be greater
 * than any number; servers set their clocks back, and then a time stands outside of the others. */
static size_t step_of(double number, double least, double greatest, size_t most)
{
    double part = greatest > least ? (number / 2 - least / 2) / (greatest / 2 - least / 2) : 0.5;

    part = fmin(fmax(part, 0), 1);
    return (size_t)lround(part * (double)most);
}

/* Of the greatest number: what changes less than that is a line, since labels could not tell. */
#define LEAST_CHANGE 1e-6

/* Whether it is such a line, for which room is made around it. */
static bool widen(double *least, double *greatest)
{
    double half = *least == 0 ? 1 : fabs(*least) / 10;

    if (*greatest - *least > fmax(fabs(*greatest), fabs(*least)) * LEAST_CHANGE)
        return false;
    *greatest = fmin(*greatest + half, DBL_MAX);
    *least = fmax(*least - half, -DBL_MAX);
    return true;
}

/* ---- sparkline ---------------------------------------------------------------------------- */

void tool_plot_spark(struct osm_buf *out, const struct tool_series *series, size_t columns,
                     bool utf8)
{
    static const char ascii[] = "_.-~=+*#";
    size_t shown = OSM_MIN(columns, series->count);
    double least = 0, greatest = 0;
    bool is_line;

    (void)tool_series_span(series, shown, &least, &greatest);
    is_line = widen(&least, &greatest);
    for (size_t i = shown; i < columns; i++)
        osm_buf_add_byte(out, ' ');
    for (size_t i = series->count - shown; i < series->count; i++) {
        double number = tool_series_at(series, i)->number;
        size_t step = 4;

        if (!is_line && isfinite(number))
            step = step_of(number, least, greatest, 7);
        if (!isfinite(number))
            osm_buf_add_byte(out, ' ');
        else if (utf8)
            osm_buf_printf(out, "\xe2\x96%c", (char)(0x81 + step)); /* ▁ to █ */
        else
            osm_buf_add_byte(out, ascii[step]);
    }
}

/* ---- plot --------------------------------------------------------------------------------- */

struct canvas {
    size_t columns, rows; /* cells */
    size_t wide, high;    /* dots of a cell */
    unsigned char *cells; /* the dots that are set, in the order of braille's code points */
};

static void set_dot(struct canvas *canvas, size_t x, size_t y)
{
    /* The dots of a cell, from the left upper corner; U+2800 has them numbered down the columns. */
    static const unsigned char bits[4][2] = {
        {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    size_t column = x / canvas->wide, row = y / canvas->high;

    if (column < canvas->columns && row < canvas->rows)
        canvas->cells[row * canvas->columns + column] |= bits[y % canvas->high][x % canvas->wide];
}

static void draw_line(struct canvas *canvas, size_t x0, size_t y0, size_t x1, size_t y1)
{
    double across = (double)x1 - (double)x0, down = (double)y1 - (double)y0;
    size_t steps = (size_t)fmax(fmax(fabs(across), fabs(down)), 1);

    for (size_t i = 0; i <= steps; i++) {
        double part = (double)i / (double)steps;

        set_dot(canvas, (size_t)lround((double)x0 + part * across),
                (size_t)lround((double)y0 + part * down));
    }
}

static void draw_series(struct canvas *canvas, const struct tool_series *series, double least,
                        double greatest)
{
    int64_t from = tool_series_at(series, 0)->time;
    int64_t until = tool_series_at(series, series->count - 1)->time;
    size_t right = canvas->columns * canvas->wide - 1, bottom = canvas->rows * canvas->high - 1;
    size_t last_x = 0, last_y = 0;
    bool joined = false;

    for (size_t i = 0; i < series->count; i++) {
        const struct tool_point *point = tool_series_at(series, i);
        size_t x = step_of((double)(point->time - from), 0, (double)(until - from), right), y;

        if (!isfinite(point->number)) {
            joined = false;
            continue;
        }
        y = bottom - step_of(point->number, least, greatest, bottom);
        draw_line(canvas, joined ? last_x : x, joined ? last_y : y, x, y);
        last_x = x;
        last_y = y;
        joined = true;
    }
}

#define LABEL ((size_t)11)

static void add_label(struct osm_buf *out, const struct tool_plot *plot, size_t row, double least,
                      double greatest)
{
    size_t rows = plot->rows - 1;
    double half = greatest / 2 - least / 2; /* of the span, which may be too great for a number */
    double size = fmax(fabs(least), fabs(greatest)) / half / 2;
    int digits = (int)fmin(fmax(ceil(log10(size)) + 3, 4), 8);
    char label[32] = "";

    double down = half * ((double)row / (double)OSM_MAX(rows - 1, 1));
    double number = greatest - down - down;

    if (fabs(number) < half * 2e-6)
        number = 0; /* what is left of it is rounding */
    if (row == 0 || row + 1 == rows || (rows > 4 && row == rows / 2))
        while (snprintf(label, sizeof(label), "%.*g", digits, number) > (int)LABEL - 2 &&
               digits > 1)
            digits--; /* the plot stays as wide as it may be */
    osm_buf_printf(out, "%*s %s", (int)LABEL - 2, label,
                   !plot->utf8 ? "|"
                   : *label    ? "\xe2\x94\xa4"
                               : "\xe2\x94\x82"); /* ┤ │ */
}

static void add_cells(struct osm_buf *out, const struct canvas *canvas, size_t row)
{
    size_t end = canvas->columns;
    const unsigned char *cells = canvas->cells + row * canvas->columns;

    while (end && !cells[end - 1])
        end--;
    for (size_t i = 0; i < end; i++) {
        unsigned char dots = cells[i];

        if (canvas->high == 1)
            osm_buf_add_byte(out, dots ? '*' : ' ');
        else if (dots)
            osm_buf_printf(out, "\xe2%c%c", (char)(0xa0 + (dots >> 6)),
                           (char)(0x80 + (dots & 0x3f)));
        else
            osm_buf_add_byte(out, ' ');
    }
    osm_buf_add_byte(out, '\n');
}

/* A moment on the axis; of a short plot without the day, of a long one without the fractions. */
static char *moment(int64_t time, bool is_short, bool utc)
{
    char *text = tool_show_time(time, utc);
    const char *from = is_short && strchr(text, ' ') ? strchr(text, ' ') + 1 : text;
    char *shown = osm_strndup(from, strcspn(from, is_short ? "+-Z" : "."));

    free(text);
    return shown;
}

/* The first and the last moment below the canvas. */
static void add_axis(struct osm_buf *out, const struct tool_plot *plot,
                     const struct tool_series *series)
{
    int64_t first = tool_series_at(series, 0)->time;
    int64_t last = tool_series_at(series, series->count - 1)->time;
    bool is_short = opcua_time_to_unix(last) - opcua_time_to_unix(first) < 60;
    char *from = moment(first, is_short, plot->utc), *until = moment(last, is_short, plot->utc);
    size_t room = plot->columns - LABEL;

    if (strlen(from) + strlen(until) + 2 > room) { /* then to the second, or to the minute */
        from[OSM_MIN(strlen(from), is_short ? strlen("00:00:00") : strlen("2000-01-01 00:00"))] =
            '\0';
        until[strlen(from)] = '\0';
    }
    osm_buf_printf(out, "%*s", (int)LABEL, "");
    if (strlen(from) + strlen(until) + 2 <= room)
        osm_buf_printf(out, "%s%*s", from, (int)(room - strlen(from)), until);
    osm_buf_add_byte(out, '\n');
    free(from);
    free(until);
}

static void draw_nothing(struct osm_buf *out, const struct tool_plot *plot, const char *why)
{
    tool_text_fit(out, why, plot->columns, false, plot->utf8);
    for (size_t i = 0; i < plot->rows; i++)
        osm_buf_add_byte(out, '\n');
}

void tool_plot_draw(struct osm_buf *out, const struct tool_plot *plot,
                    const struct tool_series *series)
{
    double least, greatest;
    struct canvas canvas;

    if (plot->rows < 3 || plot->columns < LABEL + 4) {
        draw_nothing(out, plot, "too small for a plot");
        return;
    }
    if (!tool_series_span(series, series->count, &least, &greatest)) {
        draw_nothing(out, plot, series->count ? "no numbers to plot" : "no values yet");
        return;
    }
    (void)widen(&least, &greatest);
    canvas = (struct canvas){plot->columns - LABEL, plot->rows - 1, plot->utf8 ? 2 : 1,
                             plot->utf8 ? 4 : 1, NULL};
    canvas.cells = osm_alloc(canvas.columns * canvas.rows);
    draw_series(&canvas, series, least, greatest);
    for (size_t row = 0; row < canvas.rows; row++) {
        add_label(out, plot, row, least, greatest);
        add_cells(out, &canvas, row);
    }
    add_axis(out, plot, series);
    free(canvas.cells);
}
