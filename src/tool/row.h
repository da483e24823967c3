/* SPDX-License-Identifier: MIT */
#ifndef OSM_TOOL_ROW_H
#define OSM_TOOL_ROW_H
/* A node whose values are watched: the newest of them for people, and what there was before. */
#include "tool/plot.h"

struct tool_row {
    char *name; /* as the user has it */
    char *text; /* the newest value; NULL = none yet */
    struct opcua_data_value value;
    struct tool_series series;
    size_t changes;
    const char *unit; /* NULL = none */
};

#define TOOL_ROW_KEEPS ((size_t)1024) /* numbers */

void tool_row_init(struct tool_row *row, const char *name);
void tool_row_deinit(struct tool_row *row);
/* text: the value for people, which is taken over; unit: as tool_meanings_unit() has it, NULL =
 * none. */
void tool_row_take(struct tool_row *row, const struct opcua_data_value *value, char *text,
                   const char *unit);
/* The newest value in so many columns: a number that is longer loses digits. To be freed. */
char *tool_row_show(const struct tool_row *row, size_t columns);
/* Its time: the source's, else the server's. */
int64_t tool_row_time(const struct opcua_data_value *value);

#endif
