/* SPDX-License-Identifier: MIT */
/* call (methods.md §2.13; OPC 10000-4 §5.11.2). A method may do anything to the plant: it is
 * never called twice for one request. */
#include "method/method.h"
#include "wire/plain_encode.h"

static bool decode_arguments(struct osm_decode *decode, yyjson_val *value,
                             UA_CallMethodRequest *call)
{
    struct osm_list list;
    yyjson_val *item;

    if (!osm_plain_read_list_or_null(decode, value, &list))
        return false;
    call->inputArguments = osm_arena_array(decode->arena, list.size, sizeof(*call->inputArguments));
    for (decode->item = 0; (item = osm_list_next(&list)); decode->item++)
        if (!osm_plain_read_variant(decode, item,
                                    &call->inputArguments[call->inputArgumentsSize++]))
            return false;
    return true;
}

static bool call_decode(struct osm_decode *decode, const struct osm_params *params,
                        const struct osm_session *session, void *state)
{
    UA_CallMethodRequest *call = state;

    *decode = osm_decode_at(decode, 0);
    if (!osm_plain_read_node_id(decode, osm_param(params, 0), &call->objectId))
        return false;
    *decode = osm_decode_at(decode, 1);
    if (!osm_plain_read_node_id(decode, osm_param(params, 1), &call->methodId))
        return false;
    *decode = osm_decode_at(decode, 2);
    return decode_arguments(decode, osm_param(params, 2), call);
}

static void call_step(struct osm_op *op, void *response)
{
    const UA_CallResponse *answer = response;
    const struct osm_wire_context context = osm_session_wire_context(op->session);
    UA_CallMethodResult nothing;

    UA_CallMethodResult_init(&nothing);
    osm_plain_call_method_result(osm_op_reply(op), &context,
                                 answer->resultsSize ? &answer->results[0] : &nothing);
    osm_op_finish(op);
}

static void call_start(struct osm_op *op)
{
    UA_CallRequest request;

    UA_CallRequest_init(&request);
    request.methodsToCall = op->state;
    request.methodsToCallSize = 1;
    osm_op_send_once(op, &osm_service_call, &request, call_step);
}

const struct osm_method osm_method_call = {
    .name = "call",
    .flags = 0,
    .state_size = sizeof(UA_CallMethodRequest),
    .decode = call_decode,
    .start = call_start,
    .parameters = "objectId, methodId, inputArguments=[]",
};
