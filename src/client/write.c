/* SPDX-License-Identifier: MIT */
/* Writing values. */
#include <stdlib.h>
#include <string.h>

#include "client/results_internal.h"
#include "client/value_print.h"
#include "util/alloc.h"

struct statuses_call {
    opcua_statuses_fn *done;
    void *context;
    size_t expected;
};

static void on_statuses(struct opcua_client *client, const struct opcua_error *error,
                        yyjson_val *data, void *context)
{
    struct statuses_call *call = context;
    size_t length = yyjson_arr_size(data), i, all;
    _cleanup_(osm_freep) uint32_t *statuses = osm_alloc((length + 1) * sizeof(*statuses));
    struct opcua_error shape;
    yyjson_val *element;

    (void)client;
    if (!error && (!yyjson_is_arr(data) || length != call->expected)) {
        osm_failure_of_shape(&shape, "writeMulti");
        error = &shape;
    }
    yyjson_arr_foreach(data, i, all, element)
    {
        statuses[i] = (uint32_t)yyjson_get_uint(element);
    }
    call->done(call->context, error, error ? NULL : statuses, error ? 0 : length);
    free(call);
}

void opcua_write_async(struct opcua_client *client, const struct opcua_write_item *items,
                       size_t count, opcua_statuses_fn *done, void *context)
{
    struct osm_call *call = osm_call_query(client, "writeMulti", count == 1 ? items[0].node : NULL);
    struct statuses_call *statuses = osm_alloc(sizeof(*statuses));
    struct osm_json *json = osm_call_json(call);

    osm_json_array_begin(json);
    for (size_t i = 0; i < count; i++) {
        osm_json_object_begin(json);
        osm_json_key(json, "nodeId");
        osm_call_node(call, items[i].node);
        osm_json_key(json, "value");
        osm_value_print(json, items[i].value, true, false);
        if (items[i].value->type) {
            osm_json_key(json, "type");
            osm_json_int(json, items[i].value->type);
        }
        if (items[i].attribute) {
            osm_json_key(json, "attributeId");
            osm_json_uint(json, items[i].attribute);
        }
        if (items[i].range) {
            osm_json_key(json, "indexRange");
            osm_json_cstring(json, items[i].range);
        }
        osm_json_object_end(json);
    }
    osm_json_array_end(json);
    *statuses = (struct statuses_call){done, context, count};
    osm_call_send(call, on_statuses, statuses);
}

struct statuses_taken {
    struct osm_taken base;
    uint32_t *statuses;
};

static void take_statuses(void *context, const struct opcua_error *error, const uint32_t *statuses,
                          size_t count)
{
    struct statuses_taken *taken = context;

    if (osm_client_take(&taken->base, error))
        memcpy(taken->statuses, statuses, count * sizeof(*statuses));
}

bool opcua_write(struct opcua_client *client, const struct opcua_write_item *items, size_t count,
                 uint32_t *statuses, struct opcua_error *error)
{
    struct statuses_taken taken = {.statuses = statuses, .base.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_write_async(client, items, count, take_statuses, &taken);
    return osm_client_await(client, &taken.base);
}

/* ---- one node, of the type it has
 * ---------------------------------------------------------------------- */

/* `write` finds the type out; what does not fit it is refused there. */
bool opcua_write_value(struct opcua_client *client, const char *node,
                       const struct opcua_value *value, struct opcua_error *error)
{
    struct osm_json_taken taken = {.base.error = error};
    struct osm_call *call;
    uint32_t status;

    if (!osm_wait_may(client, error))
        return false;
    call = osm_call_query(client, "write", node);
    osm_call_node(call, node);
    osm_value_print(osm_call_json(call), value, true, false);
    osm_client_send_json(call, osm_client_take_json, &taken);
    if (!osm_client_await(client, &taken.base))
        return false;
    status = (uint32_t)strtoul(taken.json, NULL, 10);
    free(taken.json);
    return !opcua_is_bad(status) || osm_failure_of_status(error, status, "Cannot write", node);
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
