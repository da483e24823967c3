/* SPDX-License-Identifier: MIT */
/* Rows of values that are watched. */
#include "tool/row.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tool/tool.h"
#include "util/alloc.h"
#include "util/macros.h"
#include "util/utf8.h"

void tool_row_init(struct tool_row *row, const char *name)
{
    *row = (struct tool_row){.name = osm_strdup(name)};
    tool_series_init(&row->series, TOOL_ROW_KEEPS);
}

void tool_row_deinit(struct tool_row *row)
{
    free(row->name);
    free(row->text);
    opcua_data_value_clear(&row->value);
    tool_series_deinit(&row->series);
    *row = (struct tool_row){0};
}

char *tool_row_show(const struct tool_row *row, size_t columns)
{
    double number = tool_plot_number(&row->value);
    size_t unit = row->unit ? strlen(row->unit) + 1 : 0, room = columns - OSM_MIN(unit, columns);

    if (!row->text)
        return osm_strdup("");
    if (opcua_is_bad(row->value.status))
        return tool_show_status(row->value.status);
    if (!isfinite(number) || strlen(row->text) <= columns)
        return osm_strdup(row->text);
    return osm_printf("%.*g%s%s", room > 9 ? (int)OSM_MIN(room - 7, (size_t)15) : 3, number,
                      row->unit ? " " : "", row->unit ? row->unit : "");
}

int64_t tool_row_time(const struct opcua_data_value *value)
{
    return value->source_time ? value->source_time : value->server_time;
}

/* More than a screen holds of one value is not kept. */
#define MOST_TEXT ((size_t)8192)

void tool_row_take(struct tool_row *row, const struct opcua_data_value *value, char *text,
                   const char *unit)
{
    free(row->text);
    text[osm_utf8_cut(text, strlen(text), MOST_TEXT)] = '\0';
    row->text = text;
    row->unit = unit;
    opcua_data_value_clear(&row->value);
    row->value = *value;
    opcua_value_copy(&row->value.value, &value->value);
    row->changes++;
    tool_series_add(&row->series, tool_row_time(value), tool_plot_number(value));
}
