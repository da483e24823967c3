/* SPDX-License-Identifier: MIT */
/*
 * close (ipc-protocol.md §5.4). The session is gone for everybody at once; the caller hears of it
 * when the server has been told, so that a device with few sessions has one free again by then.
 */
#include "serve/command/command_internal.h"

#define OSM_GOODBYE_LIMIT_MS 5000

static void closed(void *context)
{
    osm_request_reply_null(context);
}

/* Who has made it, unless the configuration keeps it; else it takes the role `write`. */
static bool may_close(const struct osm_session *session, struct osm_request *request)
{
    uint64_t maker = osm_session_view(session).persistent ? 0 : osm_session_maker(session);
    struct osm_fault fault = {0};

    if (osm_grant_check_maker(request->grant, maker, "close", &request->arena, &fault))
        return true;
    osm_request_fail(request, &fault);
    return false;
}

void osm_command_close(struct osm_manager *manager, struct osm_request *request)
{
    struct osm_session *session = osm_command_session(manager, request);

    if (session && may_close(session, request))
        osm_session_close(session, OSM_MIN(osm_session_timeout(session), OSM_GOODBYE_LIMIT_MS),
                          closed, request);
}
