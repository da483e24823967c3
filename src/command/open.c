/* SPDX-License-Identifier: MIT */
/*
 * open (ipc-protocol.md §5.3): a session of the same identity if there is one, else a new one.
 * Sessions that are still connecting count as well, so that two callers who open the same thing
 * at the same time share one session on the server.
 */
#include "command/internal.h"
#include "util/alloc.h"
#include "wire/cast.h"

struct open {
    struct osm_session_waiter waiter;
    struct osm_request *request;
    struct osm_session *session;
    bool reused;
};

static void reply(struct open *open)
{
    struct osm_json *json = osm_request_reply_begin(open->request);

    osm_json_object_begin(json);
    osm_json_key(json, "sessionId");
    osm_json_cstring(json, open->session->id);
    if (open->reused) {
        osm_json_key(json, "reused");
        osm_json_bool(json, true);
    }
    osm_json_object_end(json);
    osm_request_reply_end(open->request);
}

static void ready(struct osm_session_waiter *waiter, const struct osm_fault *fault)
{
    struct open *open = osm_container_of(waiter, struct open, waiter);

    if (fault) {
        osm_request_fail(open->request, fault);
        return;
    }
    if (!open->session->stored)
        osm_store_promote(open->session->manager, open->session);
    osm_session_touch(open->session);
    reply(open);
}

static void wait_for(struct osm_request *request, struct osm_session *session, bool reused)
{
    struct open *open = osm_arena_alloc(&request->arena, sizeof(*open));

    open->waiter.ready = ready;
    open->request = request;
    open->session = session;
    open->reused = reused;
    osm_session_wait(session, &open->waiter);
}

/* Steps 3 to 5 of the contract. */
static void open_new(struct osm_manager *manager, struct osm_request *request,
                     const char *endpoint_url, struct osm_config *config)
{
    struct osm_fault fault = {0};
    struct osm_session *session = NULL;

    if (osm_store_is_full(manager))
        osm_fault_set(&fault, &request->arena, OSM_FAULT_MAX_SESSIONS_REACHED,
                      "Maximum number of sessions (%lld) reached",
                      (long long)manager->config.max_sessions);
    else if (osm_config_check(config, &request->arena, &fault))
        session = osm_session_new(manager, endpoint_url, config, &request->arena, &fault);
    if (!session) {
        osm_request_fail(request, &fault);
        return;
    }
    wait_for(request, session, false);
    osm_session_connect(session);
}

static bool take_url(struct osm_request *request, const char **url)
{
    yyjson_val *value = osm_request_get(request, "endpointUrl");

    if (!osm_is_null(value) && !yyjson_is_str(value)) {
        osm_request_failf(request, OSM_FAULT_TYPE_ERROR, "open: endpointUrl must be a string");
        return false;
    }
    *url = osm_cast_text(value, &request->arena, NULL);
    return true;
}

void osm_command_open(struct osm_manager *manager, struct osm_request *request)
{
    struct osm_fault fault = {0};
    struct osm_config config;
    struct osm_session *session = NULL;
    const char *url;

    if (!osm_config_parse(&config, osm_request_get(request, "config"), &request->arena, &fault)) {
        osm_request_fail(request, &fault);
        return;
    }
    if (take_url(request, &url)) {
        if (!osm_cast_bool(osm_request_get(request, "forceNew")))
            session = osm_store_find(manager, url, &config);
        if (session)
            wait_for(request, session, true);
        else
            open_new(manager, request, url, &config);
    }
    osm_config_deinit(&config);
}
