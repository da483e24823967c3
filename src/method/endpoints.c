/* SPDX-License-Identifier: MIT */
/* getEndpoints (methods.md §2.2; OPC 10000-4 §5.4.4), over the session's own channel: the URL
 * goes into the request and opens no connection (M12). */
#include "method/method.h"
#include "wire/plain_encode.h"

static bool endpoints_decode(struct osm_decode *decode, const struct osm_params *params,
                             const struct osm_session *session, void *state)
{
    UA_String *url = state;
    size_t length;
    const char *text = osm_cast_text(osm_param(params, 0), decode->arena, &length);

    url->data = (UA_Byte *)osm_arena_text(decode->arena, text, length);
    url->length = length;
    return true;
}

static void endpoints_step(struct osm_op *op, void *response)
{
    const UA_GetEndpointsResponse *answer = response;
    const struct osm_wire_context context = osm_session_wire_context(op->session);
    struct osm_json *json = osm_op_reply(op);

    osm_json_array_begin(json);
    for (size_t i = 0; i < answer->endpointsSize; i++)
        osm_plain_endpoint_description(json, &context, &answer->endpoints[i]);
    osm_json_array_end(json);
    osm_op_finish(op);
}

static void endpoints_start(struct osm_op *op)
{
    UA_GetEndpointsRequest request;

    UA_GetEndpointsRequest_init(&request);
    request.endpointUrl = *(UA_String *)op->state;
    osm_op_send(op, &osm_service_get_endpoints, &request, endpoints_step);
}

const struct osm_method osm_method_getEndpoints = {
    .name = "getEndpoints",
    .flags = OSM_OP_READS,
    .state_size = sizeof(UA_String),
    .decode = endpoints_decode,
    .start = endpoints_start,
    .parameters = "endpointUrl=\"\", useCache=true",
};
