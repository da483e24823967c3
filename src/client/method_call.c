/* SPDX-License-Identifier: MIT */
/* Methods of objects. */
#include <stdlib.h>
#include <string.h>

#include "client/results_internal.h"
#include "client/value_print.h"
#include "util/alloc.h"

struct method_call {
    opcua_call_fn *done;
    void *context;
};

void opcua_call_result_clear(struct opcua_call_result *result)
{
    if (!result)
        return;
    for (size_t i = 0; i < result->output_count; i++)
        opcua_value_clear(&result->outputs[i]);
    free(result->outputs);
    free(result->input_statuses);
    *result = (struct opcua_call_result){0};
}

static bool decode_result(yyjson_val *data, struct opcua_call_result *result)
{
    yyjson_val *inputs = yyjson_obj_get(data, "inputArgumentResults");
    yyjson_val *outputs = yyjson_obj_get(data, "outputArguments"), *element;
    struct osm_value_reader reader = {.bytes_are_base64 = true};
    size_t i, count;

    if (!yyjson_is_arr(inputs) || !yyjson_is_arr(outputs))
        return false;
    result->status = (uint32_t)yyjson_get_uint(yyjson_obj_get(data, "statusCode"));
    result->input_statuses = osm_alloc((yyjson_arr_size(inputs) + 1) * sizeof(uint32_t));
    yyjson_arr_foreach(inputs, i, count, element)
    {
        result->input_statuses[result->input_count++] = (uint32_t)yyjson_get_uint(element);
    }
    result->outputs = osm_alloc((yyjson_arr_size(outputs) + 1) * sizeof(*result->outputs));
    yyjson_arr_foreach(outputs, i, count, element)
    {
        if (!osm_value_read_variant(&reader, element, &result->outputs[result->output_count++]))
            return false;
    }
    return true;
}

static void on_result(struct opcua_client *client, const struct opcua_error *error,
                      yyjson_val *data, void *context)
{
    struct method_call *call = context;
    struct opcua_call_result result = {0};
    struct opcua_error shape;

    (void)client;
    if (!error && !decode_result(data, &result)) {
        osm_failure_of_shape(&shape, "call");
        error = &shape;
    }
    if (call->done)
        call->done(call->context, error, error ? NULL : &result);
    opcua_call_result_clear(&result);
    free(call);
}

void opcua_call_async(struct opcua_client *client, const char *object, const char *method,
                      const struct opcua_value *inputs, size_t count, opcua_call_fn *done,
                      void *context)
{
    struct osm_call *call = osm_call_query(client, "call", method);
    struct method_call *result = osm_alloc(sizeof(*result));
    struct osm_json *json = osm_call_json(call);

    osm_call_node(call, object);
    osm_call_node(call, method);
    osm_json_array_begin(json);
    for (size_t i = 0, there = osm_call_count(call, inputs, count, "inputs"); i < there; i++)
        osm_value_print_variant(json, &inputs[i]);
    osm_json_array_end(json);
    *result = (struct method_call){done, context};
    osm_call_send(call, on_result, result);
}

struct result_taken {
    struct osm_taken base;
    struct opcua_call_result *result;
};

static void take_result(void *context, const struct opcua_error *error,
                        const struct opcua_call_result *result)
{
    struct result_taken *taken = context;
    struct opcua_call_result *copy = taken->result;

    if (!osm_client_take(&taken->base, error))
        return;
    *copy = *result;
    copy->input_statuses = osm_alloc((result->input_count + 1) * sizeof(uint32_t));
    memcpy(copy->input_statuses, result->input_statuses, result->input_count * sizeof(uint32_t));
    copy->outputs = osm_alloc((result->output_count + 1) * sizeof(*copy->outputs));
    for (size_t i = 0; i < result->output_count; i++)
        opcua_value_copy(&copy->outputs[i], &result->outputs[i]);
}

bool opcua_call(struct opcua_client *client, const char *object, const char *method,
                const struct opcua_value *inputs, size_t count, struct opcua_call_result *result,
                struct opcua_error *error)
{
    struct result_taken taken = {.result = result, .base.error = error};

    if (!osm_wait_needs(result, "result", error))
        return false;
    *result = (struct opcua_call_result){0};
    if (!osm_wait_may(client, error))
        return false;
    opcua_call_async(client, object, method, inputs, count, take_result, &taken);
    return osm_client_await(client, &taken.base);
}
