/* SPDX-License-Identifier: MIT */
/* call (methods.md §2.13; OPC 10000-4 §5.11.2). A method may do anything to the plant: it is
 * never called twice for one request. */
#include "serve/method/method.h"

static void call_step(struct osm_op *op, void *response)
{
    const UA_CallResponse *answer = response;

    osm_reply_answer(op, response, &osm_record_call_result, &answer->results[0]);
}

static void call_start(struct osm_op *op)
{
    UA_CallRequest request = {.methodsToCall = op->state, .methodsToCallSize = 1};

    osm_op_send_once(op, &osm_service_call, &request, call_step);
}

static const struct osm_items arguments = {sizeof(UA_Variant), {.read = osm_parameter_variant}};
static const struct osm_parameter call_parameters[] = {
    {"objectId", NULL, OSM_NODE(UA_CallMethodRequest, objectId)},
    {"methodId", NULL, OSM_NODE(UA_CallMethodRequest, methodId)},
    {"inputArguments", "[]",
     OSM_LIST(UA_CallMethodRequest, inputArgumentsSize, inputArguments, &arguments)},
    {.name = ""}};

OSM_METHOD(call, .state_size = sizeof(UA_CallMethodRequest), .parameters = call_parameters,
           .start = call_start);
