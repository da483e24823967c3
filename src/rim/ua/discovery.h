/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_DISCOVERY_H
#define OSM_RIM_UA_DISCOVERY_H
/*
 * Endpoints of servers (OPC 10000-4 §5.5.4): asked for once, then known until something does not
 * fit them any more. FindServers is never asked.
 *
 * The cache is bounded in number and bytes. A list so large that it was decoded off the loop is not
 * in it: copying it would hold the loop. It is read where it lies, and asked for every time.
 */
#include "rim/ua/calls.h"

#define OSM_DISCOVERY_ENTRIES 1000

struct osm_endpoints; /* a list of endpoints; counted */

const UA_EndpointDescription *osm_discovery_list(const struct osm_endpoints *endpoints,
                                                 size_t *size);
struct osm_endpoints *osm_discovery_share(struct osm_endpoints *endpoints);
/* NULL is fine. */
void osm_discovery_release(struct osm_endpoints *endpoints);

struct osm_discovery {
    struct osm_discovery_entry *by_url; /* oldest first */
};

void osm_discovery_deinit(struct osm_discovery *discovery);
/* What is known of a URL, to be released; NULL = nothing. */
struct osm_endpoints *osm_discovery_find(struct osm_discovery *discovery, const char *url);
/* A server's answer is copied and kept for the next ones, if it is not too large. */
void osm_discovery_keep(struct osm_discovery *discovery, const char *url,
                        const UA_GetEndpointsResponse *response, const struct osm_stack *stack);
/* It does not fit any more. */
void osm_discovery_forget(struct osm_discovery *discovery, const char *url);

/* Sends GetEndpoints for the URL. */
struct osm_call *osm_discovery_ask(struct osm_calls *calls, const char *url, osm_msec limit,
                                   osm_call_fn *done, void *context);

#endif
