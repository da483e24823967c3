/* SPDX-License-Identifier: MIT */
/*
 * open (ipc-protocol.md §5.3): a session of the same identity if there is one, else a new one.
 * Sessions that are still connecting count as well, so that two callers who open the same thing
 * at the same time share one session on the server.
 */
#include <string.h>

#include "rim/pki/cert_paths.h"
#include "rim/pki/trust_store.h"
#include "serve/command/command_internal.h"
#include "serve/request/config.h"
#include "serve/request/endpoint_rule.h"
#include "util/log.h"
#include "wire/text/cast.h"

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
    osm_session_touch(open->session);
    if (!open->request->internal)
        open->session->shared = true;
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

/* Whom the request asks for. Lives in the request's arena, its config on the heap. */
struct wanted {
    struct osm_manager *manager;
    struct osm_request *request;
    const char *url;
    struct osm_config config;
    bool force_new;
    struct osm_fault fault;
    int store_error; /* negative errno if the trust store could not be made */
};

static void refuse(struct wanted *wanted)
{
    osm_config_deinit(&wanted->config);
    osm_request_fail(wanted->request, &wanted->fault);
}

/* Step 2: a session of the same identity. */
static bool reuse(struct wanted *wanted)
{
    struct osm_session *session = NULL;

    if (!wanted->force_new)
        session = osm_registry_find(wanted->manager, wanted->url, &wanted->config);
    if (!session)
        return false;
    osm_config_deinit(&wanted->config);
    wait_for(wanted->request, session, true);
    return true;
}

/* Step 3. */
static bool has_room(struct wanted *wanted)
{
    if (!osm_registry_is_full(wanted->manager))
        return true;
    return osm_fault_set(&wanted->fault, &wanted->request->arena, OSM_FAULT_MAX_SESSIONS_REACHED,
                         "Maximum number of sessions (%lld) reached",
                         (long long)wanted->manager->config.max_sessions);
}

/* Steps 5 and 6. */
static void connect_new(struct wanted *wanted)
{
    struct osm_arena *arena = &wanted->request->arena;
    struct osm_session *session = NULL;

    if (osm_config_check(&wanted->config, arena, &wanted->fault))
        session = osm_session_new(&wanted->manager->owner, wanted->url, &wanted->config, arena,
                                  &wanted->fault);
    if (!session) {
        refuse(wanted);
        return;
    }
    wait_for(wanted->request, session, false);
    osm_session_connect(session);
}

/* Step 4, off the loop; paths_checked() looks at the fault. A trust store is made for a session
 * that will be tried, with or without security (ipc-protocol.md §6.2). */
static void check_paths(void *context)
{
    struct wanted *wanted = context;
    const struct osm_trust_store store = {
        .path = osm_config_text(&wanted->config, OSM_CONFIG_trustStorePath),
        .allowed_dirs = wanted->manager->config.allowed_cert_dirs};

    if (osm_cert_paths_check(&wanted->config, store.allowed_dirs, &wanted->request->arena,
                             &wanted->fault) &&
        osm_config_check(&wanted->config, &wanted->request->arena, &wanted->fault) && store.path)
        wanted->store_error = osm_trust_store_prepare(&store);
}

/* Meanwhile others may have opened the same session, or taken the last place. */
static void paths_checked(void *context)
{
    struct wanted *wanted = context;

    if (!osm_registry_work_end(wanted->manager) || wanted->manager->owner.ending)
        osm_fault_set(&wanted->fault, &wanted->request->arena, OSM_FAULT_CONNECTION,
                      "The daemon is shutting down");
    if (!osm_fault_is_set(&wanted->fault) && reuse(wanted))
        return;
    if (!osm_fault_is_set(&wanted->fault) && has_room(wanted))
        connect_new(wanted);
    else
        refuse(wanted);
}

static void check_paths_first(struct wanted *wanted)
{
    const struct osm_loop *loop = &wanted->manager->env.loop;

    osm_registry_work_begin(wanted->manager);
    loop->ops->work(loop->context, check_paths, paths_checked, wanted);
}

static void open_new(struct wanted *wanted)
{
    if (!has_room(wanted))
        refuse(wanted);
    else if (osm_cert_paths_named(&wanted->config))
        check_paths_first(wanted);
    else
        connect_new(wanted);
}

static bool take_url(struct wanted *wanted)
{
    yyjson_val *value = osm_request_get(wanted->request, "endpointUrl");
    size_t length;

    if (!osm_is_null(value) && !yyjson_is_str(value))
        return osm_fault_set(&wanted->fault, &wanted->request->arena, OSM_FAULT_TYPE_ERROR,
                             "open: endpointUrl must be a string");
    wanted->url = osm_cast_text(value, &wanted->request->arena, &length);
    if (strlen(wanted->url) != length)
        return osm_fault_set(&wanted->fault, &wanted->request->arena, OSM_FAULT_CONFIGURATION,
                             "Invalid endpoint URL: %s (a NUL character follows)", wanted->url);
    return true;
}

/* Before anything is looked up: what may not be reached cannot be found out about either. */
static bool may_reach(struct wanted *wanted)
{
    char *const *allowed = wanted->manager->config.allowed_endpoints;

    if (osm_endpoint_rules_allow(allowed, wanted->url) &&
        osm_grant_reaches(wanted->request->grant, wanted->url))
        return true;
    osm_log_warning("Refused to open %s: not allowed by %s", wanted->url,
                    osm_endpoint_rules_allow(allowed, wanted->url) ? "the caller's token"
                                                                   : "--allow-endpoint");
    return osm_fault_set(&wanted->fault, &wanted->request->arena, OSM_FAULT_ACCESS_DENIED,
                         "This endpoint is not allowed: %s. Whoever runs the daemon can add it "
                         "(--allow-endpoint, token file)",
                         wanted->url);
}

void osm_command_open(struct osm_manager *manager, struct osm_request *request)
{
    struct wanted *wanted = osm_arena_alloc(&request->arena, sizeof(*wanted));

    wanted->manager = manager;
    wanted->request = request;
    wanted->force_new = osm_cast_bool(osm_request_get(request, "forceNew"));
    if (!osm_config_parse(&wanted->config, osm_request_get(request, "config"), &request->arena,
                          &wanted->fault) ||
        !take_url(wanted) || !may_reach(wanted))
        refuse(wanted);
    else if (!reuse(wanted))
        open_new(wanted);
}
