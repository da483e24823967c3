/* SPDX-License-Identifier: MIT */
/* Units of the values that are followed: their properties EngineeringUnits are found in one request
 * and read in another. Servers without them answer with nothing. */
#include "tool/explore/explore_internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

/* The rows that have a unit, by their order in the second request: bytes of the call's text, since
 * there are fewer than 256 of them. */
_Static_assert(EXPLORE_ROWS < 256, "a row is a byte");

static void on_units(void *context, const struct opcua_error *error,
                     const struct opcua_data_value *values, size_t count)
{
    struct explore_call *call = context;
    _cleanup_(osm_freep) char *rows = osm_steal(call->text);
    struct explore *app = explore_selection_end(call);

    for (size_t i = 0; app && !error && i < count; i++) {
        size_t row = (unsigned char)rows[i];
        struct opcua_value value;

        opcua_value_copy(&value, &values[i].value);
        app->selection.row_units[row] = tool_meaning_of_unit(&value);
        opcua_value_clear(&value);
        if (app->selection.row_units[row] && app->selection.rows[row].text)
            explore_selection_take(app, row, NULL);
    }
}

static void on_found(void *context, const struct opcua_error *error, const char *json,
                     size_t length)
{
    struct explore *app = explore_selection_end(context);
    struct tool_child children[EXPLORE_ROWS] = {{0}};
    struct opcua_read_item items[EXPLORE_ROWS];
    struct explore_call *call;
    size_t count = 0;

    if (!app || error)
        return;
    tool_children_take(children, app->selection.row_count, json, length);
    call = explore_selection_ask(app);
    call->text = osm_alloc(EXPLORE_ROWS);
    for (size_t i = 0; i < app->selection.row_count; i++) {
        if (!children[i].found)
            continue;
        call->text[count] = (char)i;
        items[count++] = (struct opcua_read_item){children[i].found, 0, NULL};
    }
    if (count)
        opcua_read_async(app->tool->client, items, count, on_units, call);
    else
        explore_call_end(call);
    for (size_t i = 0; i < EXPLORE_ROWS; i++)
        free(children[i].found);
}

void explore_units_ask(struct explore *app)
{
    struct tool_child children[EXPLORE_ROWS];
    _cleanup_(osm_freep) char *request = NULL;

    for (size_t i = 0; i < app->selection.row_count; i++)
        children[i] = (struct tool_child){app->selection.row_ids[i], "EngineeringUnits", NULL};
    request = tool_children_ask(children, app->selection.row_count);
    opcua_query_async(app->tool->client, TOOL_CHILDREN_METHOD, request, on_found,
                      explore_selection_ask(app));
}
