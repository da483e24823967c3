/* SPDX-License-Identifier: MIT */
/* One result for each entry; see results.h. */
#include "core/link/results.h"

#include <string.h>

#include "util/arena.h"

static size_t size_at(const void *message, size_t offset)
{
    size_t size;

    memcpy(&size, (const char *)message + offset, sizeof(size));
    return size;
}

struct osm_results osm_results_of(const struct osm_ua_service *service, const void *request)
{
    struct osm_results results = {.service = service};

    for (size_t i = 0; i < OSM_UA_LISTS; i++)
        if (service->lists[i].asked)
            results.asked[i] = (uint32_t)size_at(request, service->lists[i].asked);
    return results;
}

bool osm_results_check(const struct osm_results *results, const void *response,
                       struct osm_arena *arena, struct osm_fault *fault)
{
    const struct osm_ua_service *service = results->service;

    for (size_t i = 0; service && i < OSM_UA_LISTS; i++) {
        size_t size;

        if (!service->lists[i].asked)
            continue;
        size = size_at(response, service->lists[i].answered);
        if (size != results->asked[i])
            return osm_fault_set(fault, arena, OSM_FAULT_SERVICE,
                                 "The server answered %s with %zu results for %u", service->name,
                                 size, results->asked[i]);
    }
    return true;
}
