/* SPDX-License-Identifier: MIT */
/* open (ipc-protocol.md §5.3): who may open what; the rest is session_open.c. */
#include <string.h>

#include "serve/command/command_internal.h"
#include "serve/command/session_open.h"
#include "serve/request/config.h"
#include "wire/text/cast.h"

struct open {
    struct osm_session_open opening;
    struct osm_request *request;
};

static void opened(struct osm_session_open *opening, struct osm_session *session, bool reused,
                   const struct osm_fault *fault)
{
    struct osm_request *request = osm_container_of(opening, struct open, opening)->request;
    struct osm_json *json;

    if (fault) {
        if (!opening->manager)
            osm_request_count_as(request, NULL); /* tallies are the manager's */
        osm_request_fail(request, fault);
        return;
    }
    osm_session_share(session);
    if (!reused && request->grant && request->grant->streams)
        osm_publisher_switch_on(osm_session_publisher(session));
    json = osm_request_reply_begin(request);
    osm_json_object_begin(json);
    osm_json_key(json, "sessionId");
    osm_json_cstring(json, osm_session_id(session));
    if (reused) {
        osm_json_key(json, "reused");
        osm_json_bool(json, true);
    }
    osm_json_object_end(json);
    osm_request_reply_end(request);
}

static bool take_url(struct open *open)
{
    yyjson_val *value = osm_request_get(open->request, OSM_REQUEST_endpointUrl);
    size_t length;

    if (!osm_is_null(value) && !yyjson_is_str(value))
        return osm_fault_set(&open->opening.fault, &open->request->arena, OSM_FAULT_TYPE_ERROR,
                             "open: endpointUrl must be a string");
    open->opening.url = osm_cast_text(value, &open->request->arena, &length);
    if (strlen(open->opening.url) != length)
        return osm_fault_set(&open->opening.fault, &open->request->arena, OSM_FAULT_CONFIGURATION,
                             "Invalid endpoint URL: %s (a NUL character follows)",
                             open->opening.url);
    return true;
}

void osm_command_open(struct osm_manager *manager, struct osm_request *request)
{
    struct open *open = osm_arena_alloc(&request->arena, sizeof(*open));
    struct osm_session_open *opening = &open->opening;

    open->request = request;
    opening->manager = manager;
    opening->arena = &request->arena;
    opening->force_new = osm_cast_bool(osm_request_get(request, OSM_REQUEST_forceNew));
    opening->grant = request->grant;
    opening->done = opened;
    if (osm_config_parse(&opening->config, osm_request_get(request, OSM_REQUEST_config),
                         opening->arena, &opening->fault) &&
        take_url(open)) {
        osm_session_open(opening);
        return;
    }
    osm_config_deinit(&opening->config);
    osm_request_fail(request, &opening->fault);
}
