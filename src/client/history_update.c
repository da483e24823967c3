/* SPDX-License-Identifier: MIT */
/* History that is changed (OPC 10000-11 §6.9), and aggregates that are computed on this side. */
#include <stdlib.h>

#include "client/results_internal.h"
#include "client/value_print.h"

/* By enum opcua_update. */
static const char *const data_methods[] = {
    [OPCUA_INSERT] = "historyInsertData",
    [OPCUA_REPLACE] = "historyReplaceData",
    [OPCUA_UPDATE] = "historyUpdateData",
};
static const char *const event_methods[] = {
    [OPCUA_INSERT] = "historyInsertEvent",
    [OPCUA_REPLACE] = "historyReplaceEvent",
    [OPCUA_UPDATE] = "historyUpdateEvent",
};

/* A call of the method for `how`; refused when it is none of them. */
static struct osm_call *update_call(struct opcua_client *client, const char *const *methods,
                                    enum opcua_update how, const char *node)
{
    bool known = how >= OPCUA_INSERT && how <= OPCUA_UPDATE;
    struct osm_call *call = osm_call_invoke(client, methods[known ? how : OPCUA_INSERT], node);
    struct opcua_error error;

    if (!known) {
        osm_failure(&error, OPCUA_SOURCE_HERE, "InvalidArgumentException", "how",
                    "%d is no way to change a history", (int)how);
        osm_call_wrong(call, &error);
    }
    osm_call_node(call, node);
    return call;
}

static void print_times(struct osm_call *call, const int64_t *times, size_t count)
{
    struct osm_json *json = osm_call_json(call);

    osm_json_array_begin(json);
    for (size_t i = 0, there = osm_call_count(call, times, count, "times"); i < there; i++)
        osm_value_print_tagged_time(json, times[i]);
    osm_json_array_end(json);
}

static void print_data(struct osm_call *call, const struct opcua_data_value *values, size_t count)
{
    struct osm_json *json = osm_call_json(call);

    osm_json_array_begin(json);
    for (size_t i = 0, there = osm_call_count(call, values, count, "values"); i < there; i++)
        osm_value_print_tagged_data(json, &values[i]);
    osm_json_array_end(json);
}

/* ---- values --------------------------------------------------------------------------------- */

void opcua_history_update_async(struct opcua_client *client, const char *node,
                                enum opcua_update how, const struct opcua_data_value *values,
                                size_t count, opcua_statuses_fn *done, void *context)
{
    struct osm_call *call = update_call(client, data_methods, how, node);

    print_data(call, values, count);
    osm_client_send_statuses(call, count, "Changing a history", done, context);
}

bool opcua_history_update(struct opcua_client *client, const char *node, enum opcua_update how,
                          const struct opcua_data_value *values, size_t count, uint32_t *statuses,
                          struct opcua_error *error)
{
    struct osm_statuses_taken taken = {.statuses = statuses, .base.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_history_update_async(client, node, how, values, count, osm_client_take_statuses, &taken);
    return osm_client_await(client, &taken.base);
}

void opcua_history_delete_async(struct opcua_client *client, const char *node, int64_t start,
                                int64_t end, bool modified, opcua_done_fn *done, void *context)
{
    struct osm_call *call = osm_call_invoke(client, "historyDeleteRawModified", node);
    struct osm_json *json = osm_call_json(call);

    osm_call_node(call, node);
    osm_value_print_tagged_time(json, start);
    osm_value_print_tagged_time(json, end);
    osm_json_bool(json, modified);
    osm_client_send_done(call, "Cannot delete the history of", done, context);
}

bool opcua_history_delete(struct opcua_client *client, const char *node, int64_t start, int64_t end,
                          bool modified, struct opcua_error *error)
{
    struct osm_taken taken = {.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_history_delete_async(client, node, start, end, modified, osm_client_take_done, &taken);
    return osm_client_await(client, &taken);
}

void opcua_history_delete_at_async(struct opcua_client *client, const char *node,
                                   const int64_t *times, size_t count, opcua_statuses_fn *done,
                                   void *context)
{
    struct osm_call *call = osm_call_invoke(client, "historyDeleteAtTime", node);

    osm_call_node(call, node);
    print_times(call, times, count);
    osm_client_send_statuses(call, count, "Deleting from a history", done, context);
}

bool opcua_history_delete_at(struct opcua_client *client, const char *node, const int64_t *times,
                             size_t count, uint32_t *statuses, struct opcua_error *error)
{
    struct osm_statuses_taken taken = {.statuses = statuses, .base.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_history_delete_at_async(client, node, times, count, osm_client_take_statuses, &taken);
    return osm_client_await(client, &taken.base);
}

/* ---- events --------------------------------------------------------------------------------- */

void opcua_history_update_events_async(struct opcua_client *client, const char *node,
                                       enum opcua_update how, const char *const *fields,
                                       size_t field_count, const struct opcua_value *values,
                                       size_t count, opcua_statuses_fn *done, void *context)
{
    struct osm_call *call = update_call(client, event_methods, how, node);
    struct osm_json *json = osm_call_json(call);

    osm_json_array_begin(json);
    for (size_t i = 0; osm_call_needs(call, fields, "fields") && i < field_count; i++)
        osm_call_node(call, fields[i]);
    osm_json_array_end(json);
    osm_json_array_begin(json);
    for (size_t row = 0, there = osm_call_count(call, values, count, "values"); row < there;
         row++) {
        osm_json_array_begin(json);
        for (size_t i = 0; i < field_count; i++)
            osm_value_print_tagged(json, &values[row * field_count + i]);
        osm_json_array_end(json);
    }
    osm_json_array_end(json);
    osm_client_send_statuses(call, count, "Changing a history of events", done, context);
}

bool opcua_history_update_events(struct opcua_client *client, const char *node,
                                 enum opcua_update how, const char *const *fields,
                                 size_t field_count, const struct opcua_value *values, size_t count,
                                 uint32_t *statuses, struct opcua_error *error)
{
    struct osm_statuses_taken taken = {.statuses = statuses, .base.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_history_update_events_async(client, node, how, fields, field_count, values, count,
                                      osm_client_take_statuses, &taken);
    return osm_client_await(client, &taken.base);
}

void opcua_history_delete_events_async(struct opcua_client *client, const char *node,
                                       const struct opcua_text *ids, size_t count,
                                       opcua_statuses_fn *done, void *context)
{
    struct osm_call *call = osm_call_invoke(client, "historyDeleteEvent", node);
    struct osm_json *json = osm_call_json(call);

    osm_call_node(call, node);
    osm_json_array_begin(json);
    for (size_t i = 0, there = osm_call_count(call, ids, count, "ids"); i < there; i++)
        osm_json_base64(json, ids[i].data ? ids[i].data : "", ids[i].length);
    osm_json_array_end(json);
    osm_client_send_statuses(call, count, "Deleting from a history of events", done, context);
}

bool opcua_history_delete_events(struct opcua_client *client, const char *node,
                                 const struct opcua_text *ids, size_t count, uint32_t *statuses,
                                 struct opcua_error *error)
{
    struct osm_statuses_taken taken = {.statuses = statuses, .base.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_history_delete_events_async(client, node, ids, count, osm_client_take_statuses, &taken);
    return osm_client_await(client, &taken.base);
}

/* ---- aggregates computed here --------------------------------------------------------------- */

static void print_aggregate(struct osm_call *call, int64_t start, int64_t end, double interval,
                            const char *function)
{
    struct osm_json *json = osm_call_json(call);

    osm_value_print_tagged_time(json, start);
    osm_value_print_tagged_time(json, end);
    osm_json_double(json, interval);
    osm_json_object_begin(json);
    osm_json_key(json, "__t");
    osm_json_cstring(json, "AggregateFunction");
    osm_json_key(json, "v");
    osm_call_node(call, function);
    osm_json_object_end(json);
}

void opcua_aggregate_async(struct opcua_client *client, const struct opcua_data_value *raw,
                           size_t raw_count, int64_t start, int64_t end, double interval,
                           const char *function, opcua_values_fn *done, void *context)
{
    struct osm_call *call = osm_call_invoke(client, "aggregate", function);

    print_data(call, raw, raw_count);
    print_aggregate(call, start, end, interval, function);
    osm_client_send_values(call, SIZE_MAX, "aggregate", done, context);
}

void opcua_history_aggregate_async(struct opcua_client *client, const char *node, int64_t start,
                                   int64_t end, double interval, const char *function,
                                   opcua_values_fn *done, void *context)
{
    struct osm_call *call = osm_call_invoke(client, "historyAggregate", node);

    osm_call_node(call, node);
    print_aggregate(call, start, end, interval, function);
    osm_client_send_values(call, SIZE_MAX, "historyAggregate", done, context);
}

bool opcua_aggregate(struct opcua_client *client, const struct opcua_data_value *raw,
                     size_t raw_count, int64_t start, int64_t end, double interval,
                     const char *function, struct opcua_data_value **values, size_t *count,
                     struct opcua_error *error)
{
    struct osm_values_taken taken = {.base.error = error};

    if (!osm_client_may_take(client, values, count, error))
        return false;
    opcua_aggregate_async(client, raw, raw_count, start, end, interval, function,
                          osm_client_take_values, &taken);
    return osm_client_await_values(client, &taken, values, count);
}

bool opcua_history_aggregate(struct opcua_client *client, const char *node, int64_t start,
                             int64_t end, double interval, const char *function,
                             struct opcua_data_value **values, size_t *count,
                             struct opcua_error *error)
{
    struct osm_values_taken taken = {.base.error = error};

    if (!osm_client_may_take(client, values, count, error))
        return false;
    opcua_history_aggregate_async(client, node, start, end, interval, function,
                                  osm_client_take_values, &taken);
    return osm_client_await_values(client, &taken, values, count);
}
