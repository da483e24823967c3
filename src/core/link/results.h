/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_LINK_RESULTS_H
#define OSM_CORE_LINK_RESULTS_H
/*
 * Most services answer with one result for each entry of the request, in the same order (OPC
 * 10000-4 §5: "The size and order of the list matches"). An answer with more or fewer belongs to
 * nothing that was asked: whose result is whose cannot be told. This is the one place that looks;
 * which lists are meant stands in the table of services (port/service.h).
 */
#include "port/ua_ops.h"

/* What a request has asked for; of no service = nothing that is counted. */
struct osm_results {
    const struct osm_ua_service *service;
    uint32_t asked[OSM_UA_LISTS];
};

struct osm_results osm_results_of(const struct osm_ua_service *service, const void *request);
/* Whether the response has one result for each entry; false sets the fault, a ServiceException
 * that says who has miscounted, with its text in the arena. */
bool osm_results_check(const struct osm_results *results, const void *response,
                       struct osm_arena *arena, struct osm_fault *fault);

#endif
