/* SPDX-License-Identifier: MIT */
/* Sizes of requests; see batch_limit.h. */
#include "core/link/operation_limit.h"

#include "util/log.h"

bool osm_operation_limit_is_exceeded(UA_StatusCode status)
{
    return status == UA_STATUSCODE_BADTOOMANYOPERATIONS ||
           status == UA_STATUSCODE_BADREQUESTTOOLARGE ||
           status == UA_STATUSCODE_BADRESPONSETOOLARGE ||
           status == UA_STATUSCODE_BADENCODINGLIMITSEXCEEDED;
}

/* batchSize is about reading and writing (methods.md §2.10, §2.12), and stands for the server's
 * word. */
static uint32_t wanted_limit(const struct osm_session *session, enum osm_operation_limit_kind kind)
{
    bool sized = kind == OSM_LIMIT_READ || kind == OSM_LIMIT_WRITE;
    int64_t configured = osm_config_int(&session->config, OSM_CONFIG_batchSize, 0);

    if (!sized || !osm_config_has(&session->config, OSM_CONFIG_batchSize))
        return session->named_limits[kind];
    return configured > 0 && configured < UINT32_MAX ? (uint32_t)configured : 0;
}

size_t osm_operation_limit(const struct osm_session *session, enum osm_operation_limit_kind kind,
                           size_t total)
{
    uint32_t wanted = wanted_limit(session, kind);
    uint32_t learnt = session->learnt_limits[kind];
    size_t limit = OSM_MAX(total, 1);

    if (wanted)
        limit = OSM_MIN(limit, wanted);
    if (learnt)
        limit = OSM_MIN(limit, learnt);
    return limit;
}

bool osm_operation_limit_learn(struct osm_session *session, enum osm_operation_limit_kind kind,
                               size_t asked, UA_StatusCode status)
{
    if (!osm_operation_limit_is_exceeded(status) || asked < 2)
        return false;
    session->learnt_limits[kind] = (uint32_t)(asked / 2);
    osm_log_info("The server refused %zu items at once (%s): sending %zu at a time", asked,
                 UA_StatusCode_name(status), asked / 2);
    return true;
}
