/* SPDX-License-Identifier: MIT */
/* list (ipc-protocol.md §5.2): every session, in order of creation, without secrets. */
#include "serve/command/command_internal.h"
#include "serve/request/config.h"

static void print_session(struct osm_json *json, const struct osm_session *session)
{
    osm_json_object_begin(json);
    osm_json_key(json, "id");
    osm_json_cstring(json, osm_session_id(session));
    osm_json_key(json, "endpointUrl");
    osm_json_cstring(json, osm_session_endpoint_url(session));
    osm_json_key(json, "lastUsed");
    osm_json_time(json, osm_session_view(session).last_used);
    osm_json_key(json, "config");
    osm_config_print(json, osm_session_config(session));
    osm_json_object_end(json);
}

/* Of those the caller may know of. */
static unsigned count(const struct osm_manager *manager, const struct osm_grant *grant)
{
    struct osm_session *session;
    unsigned number = 0;

    OSM_REGISTRY_EACH(manager, OSM_REGISTRY_STORED, session)
    number += osm_grant_reaches(grant, osm_session_endpoint_url(session));
    return number;
}

void osm_command_list(struct osm_manager *manager, struct osm_request *request)
{
    struct osm_json *json = osm_request_reply_begin(request);
    struct osm_session *session;

    osm_json_object_begin(json);
    osm_json_key(json, "count");
    osm_json_uint(json, count(manager, request->grant));
    osm_json_key(json, "sessions");
    osm_json_array_begin(json);
    OSM_REGISTRY_EACH(manager, OSM_REGISTRY_STORED, session)
    if (osm_grant_reaches(request->grant, osm_session_endpoint_url(session)))
        print_session(json, session);
    osm_json_array_end(json);
    osm_json_object_end(json);
    osm_request_reply_end(request);
}
