/* SPDX-License-Identifier: MIT */
/* Reading values; and what all answers that are lists of DataValues have in common. */
#include <stdlib.h>

#include "client/results_internal.h"
#include "util/alloc.h"

/* ---- lists of DataValues -------------------------------------------------------------------- */

struct values_call {
    opcua_values_fn *done;
    void *context;
    size_t expected; /* SIZE_MAX = any number */
    const char *what;
};

static bool decode_values(yyjson_val *data, size_t expected, const char *what,
                          struct opcua_data_value **values, size_t *count,
                          struct opcua_error *error)
{
    struct osm_value_reader reader = {.bytes_are_base64 = true};
    size_t length = yyjson_arr_size(data), i, all;
    yyjson_val *element;

    if (!yyjson_is_arr(data) || (expected != SIZE_MAX && expected != length))
        return osm_failure_of_shape(error, what);
    *values = osm_alloc((length + 1) * sizeof(**values));
    *count = length;
    yyjson_arr_foreach(data, i, all, element)
    {
        if (osm_value_read_data_value(&reader, element, &(*values)[i]))
            continue;
        opcua_data_values_free(osm_steal(*values), length);
        return osm_failure(error, OPCUA_SOURCE_DAEMON, "ProtocolException", what,
                           "The answer to %s has value %zu in a form that cannot be read: %s", what,
                           i, reader.wrong);
    }
    return true;
}

static void on_values(struct opcua_client *client, const struct opcua_error *error,
                      yyjson_val *data, void *context)
{
    struct values_call *call = context;
    struct opcua_data_value *values = NULL;
    struct opcua_error shape;
    size_t count = 0;

    (void)client;
    if (!error && !decode_values(data, call->expected, call->what, &values, &count, &shape))
        error = &shape;
    if (call->done)
        call->done(call->context, error, error ? NULL : values, error ? 0 : count);
    opcua_data_values_free(values, count);
    free(call);
}

void osm_client_send_values(struct osm_call *call, size_t expected, const char *what,
                            opcua_values_fn *done, void *context)
{
    struct values_call *values = osm_alloc(sizeof(*values));

    *values = (struct values_call){done, context, expected, what};
    osm_call_send(call, on_values, values);
}

void osm_client_take_values(void *context, const struct opcua_error *error,
                            const struct opcua_data_value *values, size_t count)
{
    struct osm_values_taken *taken = context;

    if (!osm_client_take(&taken->base, error))
        return;
    /* What is told is the library's: it is copied, as a caller would. */
    taken->count = count;
    if (!taken->values)
        taken->values = osm_alloc((count + 1) * sizeof(*taken->values));
    for (size_t i = 0; i < count; i++) {
        taken->values[i] = values[i];
        opcua_value_copy(&taken->values[i].value, &values[i].value);
    }
}

bool osm_client_may_take(struct opcua_client *client, struct opcua_data_value *const *values,
                         const size_t *count, struct opcua_error *error)
{
    return osm_wait_may(client, error) && osm_wait_needs(values, "values", error) &&
           osm_wait_needs(count, "count", error);
}

bool osm_client_await_values(struct opcua_client *client, struct osm_values_taken *taken,
                             struct opcua_data_value **values, size_t *count)
{
    if (!osm_client_await(client, &taken->base))
        return false;
    *values = taken->values;
    *count = taken->count;
    return true;
}

/* ---- read ----------------------------------------------------------------------------------- */

void opcua_read_async(struct opcua_client *client, const struct opcua_read_item *items,
                      size_t count, opcua_values_fn *done, void *context)
{
    struct osm_call *call =
        osm_call_query(client, "readMulti", count == 1 && items ? items[0].node : NULL);
    struct osm_json *json = osm_call_json(call);

    osm_json_array_begin(json);
    for (size_t i = 0, there = osm_call_count(call, items, count, "items"); i < there; i++) {
        osm_json_object_begin(json);
        osm_json_key(json, "nodeId");
        osm_call_node(call, items[i].node);
        osm_call_part(call, items[i].attribute, items[i].range);
        osm_json_object_end(json);
    }
    osm_json_array_end(json);
    osm_client_send_values(call, count, "readMulti", done, context);
}

bool opcua_read(struct opcua_client *client, const struct opcua_read_item *items, size_t count,
                struct opcua_data_value *values, struct opcua_error *error)
{
    struct osm_values_taken taken = {.values = values, .base.error = error};

    if (!osm_wait_may(client, error) || (count && !osm_wait_needs(values, "values", error)))
        return false;
    opcua_read_async(client, items, count, osm_client_take_values, &taken);
    return osm_client_await(client, &taken.base);
}

bool opcua_read_value(struct opcua_client *client, const char *node, struct opcua_value *value,
                      struct opcua_error *error)
{
    const struct opcua_read_item item = {.node = node};
    struct opcua_data_value data = {0};

    if (!osm_wait_needs(value, "value", error) || !opcua_read(client, &item, 1, &data, error))
        return false;
    if (opcua_is_bad(data.status)) {
        osm_failure_of_status(error, data.status, "Cannot read", node);
        opcua_data_value_clear(&data);
        return false;
    }
    *value = data.value;
    return true;
}

/* ---- short forms ---------------------------------------------------------------------------- */

static bool read_as(struct opcua_client *client, const char *node, struct opcua_error *error,
                    bool (*convert)(const struct opcua_value *value, void *result),
                    const char *what, void *result)
{
    struct opcua_value value;
    bool fits;

    if (!osm_wait_needs(result, what, error) || !opcua_read_value(client, node, &value, error))
        return false;
    fits = convert(&value, result);
    if (!fits)
        osm_failure(error, OPCUA_SOURCE_HERE, "TypeError", node,
                    "%s holds %s%s, which is no %s without loss", node,
                    value.is_array ? "an array of " : "a ", opcua_type_name(value.type), what);
    opcua_value_clear(&value);
    return fits;
}

static bool to_double(const struct opcua_value *value, void *result)
{
    return opcua_value_to_double(value, result);
}

static bool to_int64(const struct opcua_value *value, void *result)
{
    return opcua_value_to_int64(value, result);
}

static bool to_boolean(const struct opcua_value *value, void *result)
{
    return opcua_value_to_boolean(value, result);
}

static bool to_text(const struct opcua_value *value, void *result)
{
    const char *text = opcua_value_to_text(value);

    if (text)
        *(char **)result = osm_strdup(text);
    return text != NULL;
}

bool opcua_read_double(struct opcua_client *client, const char *node, double *number,
                       struct opcua_error *error)
{
    return read_as(client, node, error, to_double, "number", number);
}

bool opcua_read_int64(struct opcua_client *client, const char *node, int64_t *integer,
                      struct opcua_error *error)
{
    return read_as(client, node, error, to_int64, "64-bit integer", integer);
}

bool opcua_read_boolean(struct opcua_client *client, const char *node, bool *boolean,
                        struct opcua_error *error)
{
    return read_as(client, node, error, to_boolean, "Boolean", boolean);
}

bool opcua_read_text(struct opcua_client *client, const char *node, char **text,
                     struct opcua_error *error)
{
    return read_as(client, node, error, to_text, "text", text);
}
