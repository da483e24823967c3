/* SPDX-License-Identifier: MIT */
/* When to look, and the Read that is sent; see keep_alive.h. */
#include "core/link/keep_alive.h"

#include <open62541/nodeids.h>

#include "port/service.h"
#include "port/status_code.h"
#include "util/macros.h"

/* The server's timeout is not always known (encrypted channels): cautious enough for 30 s. */
#define OSM_UNKNOWN_INTERVAL_MS 5000
#define OSM_MIN_INTERVAL_MS 500
#define OSM_MAX_INTERVAL_MS 20000
#define OSM_TOGETHER_FROM_MS 10000
#define OSM_TOGETHER_MS 1000

static osm_msec interval(const struct osm_link *link)
{
    uint32_t timeout = link->env->ua_ops->conn_session_timeout(link->conn);

    if (!timeout)
        return OSM_UNKNOWN_INTERVAL_MS;
    return OSM_MIN(OSM_MAX(timeout / 6, OSM_MIN_INTERVAL_MS), OSM_MAX_INTERVAL_MS);
}

/* Idle links look in the same moments: one wake-up serves all of them. Early rather than late. */
static osm_msec next_look(const struct osm_link *link)
{
    osm_msec every = interval(link), at = osm_link_now(link) + every;

    return every >= OSM_TOGETHER_FROM_MS ? at - at % OSM_TOGETHER_MS : at;
}

void osm_keep_alive_init(struct osm_keep_alive *alive, struct osm_link *link)
{
    *alive =
        (struct osm_keep_alive){.link = link, .at = OSM_MSEC_NEVER, .deadline = OSM_MSEC_NEVER};
}

void osm_keep_alive_start(struct osm_keep_alive *alive)
{
    alive->messages = osm_link_messages(alive->link);
    alive->deadline = OSM_MSEC_NEVER;
    alive->at = next_look(alive->link);
    osm_link_arm(alive->link, alive->at);
}

void osm_keep_alive_lost(struct osm_keep_alive *alive)
{
    alive->at = OSM_MSEC_NEVER;
    alive->deadline = OSM_MSEC_NEVER;
}

void osm_keep_alive_stop(struct osm_keep_alive *alive)
{
    osm_link_abandon(alive->link, osm_steal(alive->call));
    osm_keep_alive_lost(alive);
}

static void answered(void *context, const struct osm_ua_result *result)
{
    struct osm_keep_alive *alive = context;

    osm_link_speaks(alive->link);
    alive->call = NULL;
    alive->deadline = OSM_MSEC_NEVER;
    if (result->outcome == OSM_UA_LOST)
        return; /* the connection tells of the loss itself */
    osm_link_heard(alive->link, result);
    if (osm_status_code_is_loss(result->service_result))
        osm_link_drop_status(alive->link, result->service_result);
    else
        osm_keep_alive_start(alive);
}

static void send(struct osm_keep_alive *alive, osm_msec now)
{
    UA_ReadValueId node = {.nodeId = UA_NODEID_NUMERIC(0, UA_NS0ID_SERVER_SERVERSTATUS_STATE),
                           .attributeId = UA_ATTRIBUTEID_VALUE};
    UA_ReadRequest request = {.timestampsToReturn = UA_TIMESTAMPSTORETURN_NEITHER,
                              .nodesToRead = &node,
                              .nodesToReadSize = 1};

    alive->at = now + interval(alive->link); /* if it cannot be sent: later again */
    osm_link_read_sent(alive->link);
    alive->call = osm_link_call(alive->link, &osm_service_read, &request, alive->link->timeout,
                                answered, alive);
    if (!alive->call)
        return;
    alive->at = OSM_MSEC_NEVER;
    alive->deadline = now + alive->link->timeout;
}

/* Silence on the whole channel means a dead server; else it only takes its time. */
static void unanswered(struct osm_keep_alive *alive)
{
    osm_link_abandon(alive->link, osm_steal(alive->call));
    alive->deadline = OSM_MSEC_NEVER;
    if (osm_link_messages(alive->link) == alive->messages)
        osm_link_drop(alive->link, &osm_fault_late);
    else
        osm_keep_alive_start(alive);
}

osm_msec osm_keep_alive_tick(struct osm_keep_alive *alive, osm_msec now)
{
    if (alive->link->state != OSM_LINK_UP)
        return OSM_MSEC_NEVER;
    if (alive->call && now >= alive->deadline)
        unanswered(alive);
    if (now >= alive->at) {
        if (osm_link_messages(alive->link) != alive->messages)
            osm_keep_alive_start(alive); /* callers keep it alive */
        else
            send(alive, now);
    }
    return OSM_MIN(alive->at, alive->deadline);
}
