/* SPDX-License-Identifier: MIT */
#ifndef OSM_TOOL_PLOT_H
#define OSM_TOOL_PLOT_H
/*
 * Numbers over time as characters: sparklines and plots, in braille and blocks where the locale has
 * UTF-8, in ASCII elsewhere. Pure: values in, text out.
 */
#include <opcua-session.h>

struct osm_buf;

/* The newest numbers, at most `room`; NaN = a gap (a Bad status, a value that is no number). */
struct tool_point {
    int64_t time; /* as DateTime */
    double number;
};
struct tool_series {
    struct tool_point *points;
    size_t room, count, first; /* first: the oldest, when it has wrapped around */
};
void tool_series_init(struct tool_series *series, size_t room);
void tool_series_deinit(struct tool_series *series);
/* Forgets the points and keeps the room. */
void tool_series_clear(struct tool_series *series);
void tool_series_add(struct tool_series *series, int64_t time, double number);
/* 0 = the oldest. */
const struct tool_point *tool_series_at(const struct tool_series *series, size_t index);
/* The least and the greatest of the last `last`; false when none of them is a number. */
bool tool_series_span(const struct tool_series *series, size_t last, double *least,
                      double *greatest);

/* A value as a number: numbers, Booleans as 0 and 1; NaN when it is none or its status is Bad. */
double tool_plot_number(const struct opcua_data_value *value);

/* The newest of a series, one column each, padded on the left to so many columns. */
void tool_plot_spark(struct osm_buf *out, const struct tool_series *series, size_t columns,
                     bool utf8);

struct tool_plot {
    size_t columns, rows; /* the last row is the axis of time */
    bool utf8, utc;
};
/* Exactly rows lines, each ended by a line feed, none longer than columns. */
void tool_plot_draw(struct osm_buf *out, const struct tool_plot *plot,
                    const struct tool_series *series);

#endif
