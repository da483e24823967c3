/* SPDX-License-Identifier: MIT */
/* Writing values. */
#include <stdlib.h>
#include <string.h>

#include "client/results_internal.h"
#include "client/value_print.h"
#include "client/value_type.h"

/* Whether it can be sent; else the call is refused. */
static bool take_value(struct osm_call *call, const struct opcua_value *value)
{
    struct opcua_error error;

    if (!osm_call_needs(call, value, "value"))
        return false;
    if (osm_value_is_whole(value))
        return true;
    osm_failure(&error, OPCUA_SOURCE_HERE, "InvalidArgumentException", osm_call_object(call),
                "The value does not hold together: %zu items%s, %zu dimensions", value->length,
                value->items ? "" : " (NULL)", value->dimension_count);
    osm_call_wrong(call, &error);
    return false;
}

void opcua_write_async(struct opcua_client *client, const struct opcua_write_item *items,
                       size_t count, opcua_statuses_fn *done, void *context)
{
    struct osm_call *call =
        osm_call_query(client, "writeMulti", count == 1 && items ? items[0].node : NULL);
    struct osm_json *json = osm_call_json(call);

    osm_json_array_begin(json);
    for (size_t i = 0, there = osm_call_count(call, items, count, "items"); i < there; i++) {
        if (!take_value(call, items[i].value))
            break;
        osm_json_object_begin(json);
        osm_json_key(json, "nodeId");
        osm_call_node(call, items[i].node);
        osm_json_key(json, "value");
        osm_value_print(json, items[i].value, true, false);
        if (items[i].value->type) {
            osm_json_key(json, "type");
            osm_json_int(json, items[i].value->type);
        }
        osm_call_part(call, items[i].attribute, items[i].range);
        osm_json_object_end(json);
    }
    osm_json_array_end(json);
    osm_client_send_statuses(call, count, "writeMulti", done, context);
}

bool opcua_write(struct opcua_client *client, const struct opcua_write_item *items, size_t count,
                 uint32_t *statuses, struct opcua_error *error)
{
    struct osm_statuses_taken taken = {.statuses = statuses, .base.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_write_async(client, items, count, osm_client_take_statuses, &taken);
    return osm_client_await(client, &taken.base);
}

/* ---- one node, of the type it has ----------------------------------------------------------- */

/* `write` finds the type out; what does not fit it is refused there. */
void opcua_write_value_async(struct opcua_client *client, const char *node,
                             const struct opcua_value *value, opcua_done_fn *done, void *context)
{
    struct osm_call *call = osm_call_query(client, "write", node);

    osm_call_node(call, node);
    if (take_value(call, value))
        osm_value_print(osm_call_json(call), value, true, false);
    osm_client_send_done(call, "Cannot write", done, context);
}

bool opcua_write_value(struct opcua_client *client, const char *node,
                       const struct opcua_value *value, struct opcua_error *error)
{
    struct osm_taken taken = {.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_write_value_async(client, node, value, osm_client_take_done, &taken);
    return osm_client_await(client, &taken);
}

static bool write_and_clear(struct opcua_client *client, const char *node,
                            struct opcua_value *value, struct opcua_error *error)
{
    bool written = opcua_write_value(client, node, value, error);

    opcua_value_clear(value);
    return written;
}

bool opcua_write_double(struct opcua_client *client, const char *node, double number,
                        struct opcua_error *error)
{
    struct opcua_value value;

    (void)opcua_value_init_number(&value, OPCUA_TYPE_DOUBLE, number);
    return write_and_clear(client, node, &value, error);
}

bool opcua_write_int64(struct opcua_client *client, const char *node, int64_t integer,
                       struct opcua_error *error)
{
    struct opcua_value value;

    (void)opcua_value_init_integer(&value, OPCUA_TYPE_INT64, integer);
    return write_and_clear(client, node, &value, error);
}

bool opcua_write_boolean(struct opcua_client *client, const char *node, bool boolean,
                         struct opcua_error *error)
{
    struct opcua_value value;

    opcua_value_init_boolean(&value, boolean);
    return write_and_clear(client, node, &value, error);
}

bool opcua_write_text(struct opcua_client *client, const char *node, const char *text,
                      struct opcua_error *error)
{
    struct opcua_value value;

    (void)opcua_value_init_text(&value, OPCUA_TYPE_STRING, text, text ? strlen(text) : 0);
    return write_and_clear(client, node, &value, error);
}
