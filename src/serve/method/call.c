/* SPDX-License-Identifier: MIT */
/* call (methods.md §2.13; OPC 10000-4 §5.11.2). A method may do anything to the plant: it is
 * never called twice for one request. */
#include "serve/method/method.h"
#include "wire/tagged/tagged_decode.h"

static bool decode_arguments(struct osm_decode *decode, struct osm_args *args,
                             UA_CallMethodRequest *call)
{
    struct osm_list list;
    yyjson_val *item;

    if (!osm_arg_array(decode, args, 2, true, sizeof(*call->inputArguments), &list,
                       &call->inputArguments))
        return false;
    for (decode->item = 0; (item = osm_cast_list_next(&list)); decode->item++) {
        UA_Variant *argument = &call->inputArguments[call->inputArgumentsSize++];

        if (args->tagged ? !osm_tagged_read_variant(decode, item, argument)
                         : !osm_plain_read_variant(decode, item, argument))
            return false;
    }
    return true;
}

static bool call_decode(struct osm_decode *decode, struct osm_args *args,
                        const struct osm_session *session, void *state)
{
    UA_CallMethodRequest *call = state;

    return osm_arg_node_id(decode, args, 0, &call->objectId) &&
           osm_arg_node_id(decode, args, 1, &call->methodId) &&
           decode_arguments(decode, args, call);
}

static void call_step(struct osm_op *op, void *response)
{
    const UA_CallResponse *answer = response;
    struct osm_encoder encoder = osm_reply_encoder(op);
    UA_CallMethodResult nothing;

    UA_CallMethodResult_init(&nothing);
    osm_record_encode(&encoder, &osm_record_call_result,
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

static const struct osm_parameter call_parameters[] = {
    {"objectId", NULL}, {"methodId", NULL}, {"inputArguments", "[]"}, {0}};

const struct osm_method osm_method_call = {
    .name = "call",
    .state_size = sizeof(UA_CallMethodRequest),
    .parameters = call_parameters,
    .decode = call_decode,
    .start = call_start,
};
