/* SPDX-License-Identifier: MIT */
/* Sizes of requests; see operation_limit.h. */
#include "core/link/operation_limit.h"

#include "util/log.h"
#include "util/macros.h"

const char *osm_operation_limit_name(enum osm_operation_limit_kind kind)
{
    static const char *const names[OSM_LIMIT_KIND_COUNT_] = {
#define X(id, node) [OSM_LIMIT_##id] = #id,
        OSM_LIMIT_KINDS(X)
#undef X
    };

    return names[kind];
}

bool osm_operation_limit_is_exceeded(UA_StatusCode status)
{
    return status == UA_STATUSCODE_BADTOOMANYOPERATIONS ||
           status == UA_STATUSCODE_BADREQUESTTOOLARGE ||
           status == UA_STATUSCODE_BADRESPONSETOOLARGE ||
           status == UA_STATUSCODE_BADENCODINGLIMITSEXCEEDED;
}

const struct osm_server_limits *
osm_operation_limits_server(const struct osm_operation_limits *limits)
{
    static const struct osm_server_limits nothing;

    return limits->server ? limits->server : &nothing;
}

void osm_operation_limits_set(struct osm_operation_limits *limits,
                              const struct osm_server_limits *server)
{
    const struct osm_server_limits *before = limits->server;

    limits->server = server ? osm_shared_keep(limits->shared, server, sizeof(*server)) : NULL;
    osm_shared_drop(before);
}

void osm_operation_limits_set_learnt(struct osm_operation_limits *limits,
                                     enum osm_operation_limit_kind kind, uint32_t learnt)
{
    struct osm_server_limits server = *osm_operation_limits_server(limits);

    if (server.learnt[kind] == learnt)
        return;
    server.learnt[kind] = learnt;
    osm_operation_limits_set(limits, &server);
}

/* batchSize is about reading and writing (methods.md §2.10, §2.12), and stands for the server's
 * word. */
static uint32_t wanted_limit(const struct osm_operation_limits *limits,
                             enum osm_operation_limit_kind kind)
{
    bool sized = kind == OSM_LIMIT_READ || kind == OSM_LIMIT_WRITE;

    return sized && limits->sized ? limits->batch_size
                                  : osm_operation_limits_server(limits)->named[kind];
}

size_t osm_operation_limit(const struct osm_operation_limits *limits,
                           enum osm_operation_limit_kind kind, size_t total)
{
    uint32_t wanted = wanted_limit(limits, kind);
    uint32_t learnt = osm_operation_limits_server(limits)->learnt[kind];
    size_t limit = OSM_MAX(total, 1);

    if (wanted)
        limit = OSM_MIN(limit, wanted);
    if (learnt)
        limit = OSM_MIN(limit, learnt);
    return limit;
}

bool osm_operation_limit_learn(struct osm_operation_limits *limits,
                               enum osm_operation_limit_kind kind, size_t asked,
                               UA_StatusCode status)
{
    if (!osm_operation_limit_is_exceeded(status) || asked < 2)
        return false;
    osm_operation_limits_set_learnt(limits, kind, (uint32_t)(asked / 2));
    osm_log_info("%zu items at once are too many for the server (%s): sending %zu at a time", asked,
                 UA_StatusCode_name(status), asked / 2);
    return true;
}
