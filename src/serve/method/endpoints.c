/* SPDX-License-Identifier: MIT */
/* getEndpoints (methods.md §2.2; OPC 10000-4 §5.4.4), over the session's own channel: the URL
 * goes into the request and opens no connection (M12). */
#include "serve/method/cached.h"
#include "serve/method/method.h"

struct endpoints {
    UA_String url;
    bool use_cache;
    struct osm_cached cached;
};

static void endpoints_hit(struct osm_op *op, void *value)
{
    const UA_GetEndpointsResponse *answer = value;

    osm_reply_answer_records(op, value, &osm_record_endpoint_description, answer->endpoints,
                             answer->endpointsSize);
}

static void endpoints_step(struct osm_op *op, void *response)
{
    const struct endpoints *endpoints = op->state;
    const UA_GetEndpointsResponse *answer = response;
    const UA_GetEndpointsResponse kept = {/* without the header */
                                          .endpoints = answer->endpoints,
                                          .endpointsSize = answer->endpointsSize};

    osm_cached_store(&endpoints->cached, &kept);
    endpoints_hit(op, response);
}

static void endpoints_miss(struct osm_op *op)
{
    UA_GetEndpointsRequest request = {.endpointUrl = ((struct endpoints *)op->state)->url};

    osm_op_send(op, &osm_service_get_endpoints, &request, endpoints_step);
}

static void endpoints_start(struct osm_op *op)
{
    struct endpoints *endpoints = op->state;
    const struct osm_cache_what what = {"endpoints", NULL, endpoints->url.data,
                                        endpoints->url.length};

    osm_cached_look_up(&endpoints->cached, op, endpoints->use_cache ? &what : NULL,
                       &UA_TYPES[UA_TYPES_GETENDPOINTSRESPONSE], endpoints_hit, endpoints_miss);
}

static const struct osm_parameter endpoints_parameters[] = {
    {"endpointUrl", NULL, OSM_TEXT(struct endpoints, url)},
    {"useCache", "true", OSM_BOOL(struct endpoints, use_cache)},
    {.name = ""}};

OSM_METHOD(getEndpoints, .flags = OSM_OP_READS, .state_size = sizeof(struct endpoints),
           .parameters = endpoints_parameters, .start = endpoints_start);
