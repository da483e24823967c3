/* SPDX-License-Identifier: MIT */
/* ping (ipc-protocol.md §5.1): answers from memory, whatever the servers do. */
#include "serve/command/command_internal.h"

void osm_command_ping(struct osm_manager *manager, struct osm_request *request)
{
    struct osm_json *json = osm_request_reply_begin(request);

    osm_json_object_begin_with(json, "status");
    osm_json_literal(json, "\"ok\"");
    osm_json_key(json, "sessions");
    osm_json_uint(json, osm_registry_count(manager));
    osm_json_key(json, "time");
    osm_json_time(json, osm_clock_wall(osm_manager_env(manager)->loop.clock));
    osm_json_object_end(json);
    osm_request_reply_end(request);
}
