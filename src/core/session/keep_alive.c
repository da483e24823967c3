/* SPDX-License-Identifier: MIT */
/*
 * Keeps an idle session alive on its server (daemon.md §7). Every sixth of the revised session
 * timeout we look: if nothing has been received since the last look, a cheap Read of the server's
 * state is sent, so the server hears from us at least every third. If nothing at all comes within
 * the session's timeout, the connection is dead.
 */
#include <open62541/nodeids.h>

#include "core/manager/registry.h"
#include "core/session/session.h"
#include "port/service.h"
#include "port/status_code.h"

/* The server's timeout is not always known (encrypted channels): cautious enough for 30 s. */
#define OSM_UNKNOWN_INTERVAL_MS 5000
#define OSM_MIN_INTERVAL_MS 500
#define OSM_MAX_INTERVAL_MS 20000
#define OSM_TOGETHER_FROM_MS 10000
#define OSM_TOGETHER_MS 1000

static osm_msec interval(const struct osm_session *session)
{
    uint32_t timeout = session->manager->ua_ops->conn_session_timeout(session->conn);

    if (!timeout)
        return OSM_UNKNOWN_INTERVAL_MS;
    return OSM_MIN(OSM_MAX(timeout / 6, OSM_MIN_INTERVAL_MS), OSM_MAX_INTERVAL_MS);
}

/* Idle sessions look in the same moments: one wake-up serves all of them. Early rather than
 * late. */
static osm_msec next_look(const struct osm_session *session)
{
    osm_msec every = interval(session), at = osm_session_now(session) + every;

    return every >= OSM_TOGETHER_FROM_MS ? at - at % OSM_TOGETHER_MS : at;
}

void osm_session_keep_alive_start(struct osm_session *session)
{
    session->keep_alive_messages = session->manager->ua_ops->conn_messages(session->conn);
    session->keep_alive_deadline = OSM_MSEC_NEVER;
    session->keep_alive_at = next_look(session);
    osm_session_arm(session, session->keep_alive_at);
}

static void answered(void *context, const struct osm_ua_result *result)
{
    struct osm_session *session = context;

    session->keep_alive_call = NULL;
    session->keep_alive_deadline = OSM_MSEC_NEVER;
    if (result->outcome == OSM_UA_LOST)
        return; /* the connection tells of the loss itself */
    osm_session_heard(session);
    if (osm_status_code_is_loss(result->service_result))
        osm_session_drop_status(session, result->service_result);
    else
        osm_session_keep_alive_start(session);
}

static void send(struct osm_session *session, osm_msec now)
{
    UA_ReadValueId node;
    UA_ReadRequest request;

    UA_ReadValueId_init(&node);
    node.nodeId = UA_NODEID_NUMERIC(0, UA_NS0ID_SERVER_SERVERSTATUS_STATE);
    node.attributeId = UA_ATTRIBUTEID_VALUE;
    UA_ReadRequest_init(&request);
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_NEITHER;
    request.nodesToRead = &node;
    request.nodesToReadSize = 1;
    session->keep_alive_at = now + interval(session); /* if it cannot be sent: later again */
    osm_session_read_sent(session);
    session->keep_alive_call = session->manager->ua_ops->call(session->conn, &osm_service_read,
                                                              &request, answered, session);
    if (!session->keep_alive_call)
        return;
    session->keep_alive_at = OSM_MSEC_NEVER;
    session->keep_alive_deadline = now + osm_session_timeout(session);
}

/* Silence on the whole channel means a dead server; else it only takes its time. */
static void unanswered(struct osm_session *session)
{
    static const struct osm_fault silent = {OSM_FAULT_CONNECTION, "Read timeout"};
    const struct osm_ua_ops *ua = session->manager->ua_ops;

    ua->call_abandon(osm_steal(session->keep_alive_call));
    session->keep_alive_deadline = OSM_MSEC_NEVER;
    if (ua->conn_messages(session->conn) == session->keep_alive_messages)
        osm_session_drop(session, &silent);
    else
        osm_session_keep_alive_start(session);
}

osm_msec osm_session_keep_alive_tick(struct osm_session *session, osm_msec now)
{
    unsigned messages;

    if (session->state != OSM_SESSION_ACTIVE)
        return OSM_MSEC_NEVER;
    if (session->keep_alive_call && now >= session->keep_alive_deadline)
        unanswered(session);
    if (now >= session->keep_alive_at) {
        messages = session->manager->ua_ops->conn_messages(session->conn);
        if (messages != session->keep_alive_messages)
            osm_session_keep_alive_start(session); /* callers keep it alive */
        else
            send(session, now);
    }
    return OSM_MIN(session->keep_alive_at, session->keep_alive_deadline);
}
