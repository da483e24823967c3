/* SPDX-License-Identifier: MIT */
/* History of values. */
#include "client/results_internal.h"
#include "client/value_print.h"

void opcua_history_async(struct opcua_client *client, const char *node, int64_t start, int64_t end,
                         uint32_t max, opcua_values_fn *done, void *context)
{
    struct osm_call *call = osm_call_query(client, "historyReadRaw", node);
    struct osm_json *json = osm_call_json(call);

    osm_call_node(call, node);
    osm_value_print_time(json, start);
    osm_value_print_time(json, end);
    osm_json_uint(json, max);
    osm_json_bool(json, false);
    osm_client_send_values(call, SIZE_MAX, "historyReadRaw", done, context);
}

void opcua_history_processed_async(struct opcua_client *client, const char *node, int64_t start,
                                   int64_t end, double interval, const char *aggregate,
                                   opcua_values_fn *done, void *context)
{
    struct osm_call *call = osm_call_query(client, "historyReadProcessed", node);
    struct osm_json *json = osm_call_json(call);

    osm_call_node(call, node);
    osm_value_print_time(json, start);
    osm_value_print_time(json, end);
    osm_json_double(json, interval);
    osm_call_node(call, aggregate);
    osm_client_send_values(call, SIZE_MAX, "historyReadProcessed", done, context);
}

void opcua_history_at_async(struct opcua_client *client, const char *node, const int64_t *times,
                            size_t time_count, opcua_values_fn *done, void *context)
{
    struct osm_call *call = osm_call_query(client, "historyReadAtTime", node);
    struct osm_json *json = osm_call_json(call);

    osm_call_node(call, node);
    osm_json_array_begin(json);
    for (size_t i = 0, there = osm_call_count(call, times, time_count, "times"); i < there; i++)
        osm_value_print_time(json, times[i]);
    osm_json_array_end(json);
    osm_client_send_values(call, SIZE_MAX, "historyReadAtTime", done, context);
}

bool opcua_history(struct opcua_client *client, const char *node, int64_t start, int64_t end,
                   uint32_t max, struct opcua_data_value **values, size_t *count,
                   struct opcua_error *error)
{
    struct osm_values_taken taken = {.base.error = error};

    if (!osm_client_may_take(client, values, count, error))
        return false;
    opcua_history_async(client, node, start, end, max, osm_client_take_values, &taken);
    return osm_client_await_values(client, &taken, values, count);
}

bool opcua_history_processed(struct opcua_client *client, const char *node, int64_t start,
                             int64_t end, double interval, const char *aggregate,
                             struct opcua_data_value **values, size_t *count,
                             struct opcua_error *error)
{
    struct osm_values_taken taken = {.base.error = error};

    if (!osm_client_may_take(client, values, count, error))
        return false;
    opcua_history_processed_async(client, node, start, end, interval, aggregate,
                                  osm_client_take_values, &taken);
    return osm_client_await_values(client, &taken, values, count);
}

bool opcua_history_at(struct opcua_client *client, const char *node, const int64_t *times,
                      size_t time_count, struct opcua_data_value **values, size_t *count,
                      struct opcua_error *error)
{
    struct osm_values_taken taken = {.base.error = error};

    if (!osm_client_may_take(client, values, count, error))
        return false;
    opcua_history_at_async(client, node, times, time_count, osm_client_take_values, &taken);
    return osm_client_await_values(client, &taken, values, count);
}
