/* SPDX-License-Identifier: MIT */
/* GetEndpoints and its cache; see discovery.h. */
#include "rim/ua/discovery.h"

#include <open62541/types_generated_handling.h>
#include <uthash.h>

#include "rim/ua/decoding.h"
#include "util/alloc.h"

struct osm_endpoints {
    unsigned users;
    UA_GetEndpointsResponse response; /* owned */
};

struct osm_discovery_entry {
    char *url;
    struct osm_endpoints *endpoints;
    UT_hash_handle hh;
};

const UA_EndpointDescription *osm_discovery_list(const struct osm_endpoints *endpoints,
                                                 size_t *size)
{
    *size = endpoints->response.endpointsSize;
    return endpoints->response.endpoints;
}

struct osm_endpoints *osm_discovery_share(struct osm_endpoints *endpoints)
{
    endpoints->users++;
    return endpoints;
}

void osm_discovery_release(struct osm_endpoints *endpoints)
{
    if (!endpoints || --endpoints->users > 0)
        return;
    UA_GetEndpointsResponse_clear(&endpoints->response);
    free(endpoints);
}

static void drop(struct osm_discovery *discovery, struct osm_discovery_entry *entry)
{
    HASH_DEL(discovery->by_url, entry);
    osm_discovery_release(entry->endpoints);
    free(entry->url);
    free(entry);
}

void osm_discovery_deinit(struct osm_discovery *discovery)
{
    while (discovery->by_url)
        drop(discovery, discovery->by_url);
}

static struct osm_discovery_entry *find(struct osm_discovery *discovery, const char *url)
{
    struct osm_discovery_entry *entry;

    HASH_FIND_STR(discovery->by_url, url, entry);
    return entry;
}

struct osm_endpoints *osm_discovery_find(struct osm_discovery *discovery, const char *url)
{
    struct osm_discovery_entry *entry = find(discovery, url);

    return entry ? osm_discovery_share(entry->endpoints) : NULL;
}

void osm_discovery_forget(struct osm_discovery *discovery, const char *url)
{
    struct osm_discovery_entry *entry = find(discovery, url);

    if (entry)
        drop(discovery, entry);
}

static struct osm_endpoints *copy(const UA_GetEndpointsResponse *response)
{
    struct osm_endpoints *endpoints = osm_alloc(sizeof(*endpoints));

    osm_assert(UA_GetEndpointsResponse_copy(response, &endpoints->response) == UA_STATUSCODE_GOOD);
    endpoints->users = 1;
    return endpoints;
}

void osm_discovery_keep(struct osm_discovery *discovery, const char *url,
                        const UA_GetEndpointsResponse *response, const struct osm_stack *stack)
{
    struct osm_discovery_entry *entry;

    osm_discovery_forget(discovery, url);
    /* An empty list is asked for again: it says nothing. */
    if (!response->endpointsSize || osm_decoding_is_large(stack, response))
        return;
    if (HASH_COUNT(discovery->by_url) >= OSM_DISCOVERY_ENTRIES)
        drop(discovery, discovery->by_url);
    entry = osm_alloc(sizeof(*entry));
    entry->url = osm_strdup(url);
    entry->endpoints = copy(response);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyser cannot follow uthash */
    HASH_ADD_KEYPTR(hh, discovery->by_url, entry->url, strlen(entry->url), entry);
}

struct osm_call *osm_discovery_ask(struct osm_calls *calls, const char *url, osm_msec limit,
                                   osm_call_fn *done, void *context)
{
    const struct osm_call_time time = {.limit = limit, .hint = (uint32_t)limit};
    UA_GetEndpointsRequest request;

    UA_GetEndpointsRequest_init(&request);
    request.endpointUrl = (UA_String){strlen(url), (UA_Byte *)(uintptr_t)url};
    return osm_calls_start(calls, &UA_TYPES[UA_TYPES_GETENDPOINTSREQUEST], &request,
                           &UA_TYPES[UA_TYPES_GETENDPOINTSRESPONSE], &time, done, context);
}
