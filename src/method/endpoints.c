/* SPDX-License-Identifier: MIT */
/* getEndpoints (methods.md §2.2; OPC 10000-4 §5.4.4), over the session's own channel: the URL
 * goes into the request and opens no connection (M12). */
#include "method/method.h"

static bool endpoints_decode(struct osm_decode *decode, struct osm_args *args,
                             const struct osm_session *session, void *state)
{
    return osm_arg_text(decode, args, 0, state);
}

static void endpoints_step(struct osm_op *op, void *response)
{
    const UA_GetEndpointsResponse *answer = response;
    struct osm_encoder encoder = osm_op_reply_encoder(op);

    osm_encode_records(&encoder, &osm_record_endpoint_description, answer->endpoints,
                       answer->endpointsSize);
    osm_op_finish(op);
}

static void endpoints_start(struct osm_op *op)
{
    UA_GetEndpointsRequest request;

    UA_GetEndpointsRequest_init(&request);
    request.endpointUrl = *(UA_String *)op->state;
    osm_op_send(op, &osm_service_get_endpoints, &request, endpoints_step);
}

static const struct osm_parameter endpoints_parameters[] = {
    {"endpointUrl", NULL}, {"useCache", "true"}, {0}};

const struct osm_method osm_method_getEndpoints = {
    .name = "getEndpoints",
    .flags = OSM_OP_READS,
    .state_size = sizeof(UA_String),
    .parameters = endpoints_parameters,
    .decode = endpoints_decode,
    .start = endpoints_start,
};
