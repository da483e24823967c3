/* SPDX-License-Identifier: MIT */
/* list (ipc-protocol.md §5.2): every session, in order of creation, without secrets. */
#include "serve/command/command_internal.h"
#include "serve/command/walk.h"
#include "serve/request/config.h"

static void print_session(struct osm_walk *walk, struct osm_session *session)
{
    struct osm_json *json = &walk->request->json;

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

/* How many they are is known behind the last one: its place holds a 0. */
static void set_count(struct osm_buf *out, size_t place, uint64_t count)
{
    char digits[24];
    size_t length = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);

    (void)osm_buf_reserve(out, length);
    memmove(out->data + place + length, out->data + place + 1, out->length - place - 1);
    memcpy(out->data + place, digits, length);
    osm_buf_commit(out, length - 1);
}

static void end(struct osm_walk *walk)
{
    struct osm_json *json = &walk->request->json;

    osm_json_array_end(json);
    osm_json_object_end(json);
    set_count(&walk->request->out, *(const size_t *)walk->context, walk->printed);
    osm_request_reply_end(walk->request);
}

void osm_command_list(struct osm_manager *manager, struct osm_request *request)
{
    static const enum osm_registry_list stored[] = {OSM_REGISTRY_STORED};
    size_t *place = osm_arena_alloc(&request->arena, sizeof(*place));
    struct osm_walk_filter filter;
    struct osm_walk *walk;
    struct osm_json *json;

    if (!osm_walk_take_filter(request, &filter))
        return;
    walk = osm_walk_new(manager, request, &filter);
    json = osm_request_reply_begin(request);
    osm_json_object_begin(json);
    osm_json_key(json, "count");
    osm_json_uint(json, 0);
    *place = request->out.length - 1;
    osm_json_key(json, "sessions");
    osm_json_array_begin(json);
    walk->lists = stored;
    walk->size = OSM_ARRAY_SIZE(stored);
    walk->print = print_session;
    walk->end = end;
    walk->context = place;
    osm_walk_start(walk);
}
