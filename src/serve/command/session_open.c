/* SPDX-License-Identifier: MIT */
/* Opening a session; see session_open.h. */
#include "serve/command/session_open.h"

#include "core/manager/registry.h"
#include "rim/pki/cert_paths.h"
#include "rim/pki/trust_store.h"
#include "serve/request/endpoint_rule.h"
#include "util/log.h"
#include "wire/text/url.h"

static void refuse(struct osm_session_open *open)
{
    osm_config_deinit(&open->config);
    open->done(open, NULL, false, &open->fault);
}

static void ready(struct osm_session_waiter *waiter, const struct osm_fault *fault)
{
    struct osm_session_open *open = osm_container_of(waiter, struct osm_session_open, waiter);

    if (fault) {
        open->done(open, NULL, false, fault);
        return;
    }
    osm_session_touch(open->session);
    open->done(open, open->session, open->reused, NULL);
}

static void wait_for(struct osm_session_open *open, struct osm_session *session, bool reused)
{
    open->waiter.ready = ready;
    open->session = session;
    open->reused = reused;
    osm_session_wait(session, &open->waiter);
}

/* Step 2: a session of the same identity. */
static bool reuse(struct osm_session_open *open)
{
    struct osm_session *session = NULL;

    if (!open->force_new)
        session = osm_registry_find(open->manager, open->url, &open->config);
    if (!session)
        return false;
    osm_config_deinit(&open->config);
    wait_for(open, session, true);
    return true;
}

/* Step 3. */
static bool has_room(struct osm_session_open *open)
{
    if (!osm_grant_check_quota(open->grant, OSM_QUOTA_SESSIONS,
                               osm_registry_made_by(open->manager, osm_grant_maker(open->grant)), 1,
                               open->arena, &open->fault))
        return false;
    if (osm_manager_is_draining(open->manager))
        return osm_fault_set(&open->fault, open->arena, OSM_FAULT_CONNECTION,
                             "The daemon opens no new sessions: it is being drained and ends when "
                             "nothing runs any more");
    if (!osm_registry_is_full(open->manager))
        return true;
    return osm_fault_set(&open->fault, open->arena, OSM_FAULT_MAX_SESSIONS_REACHED,
                         "Maximum number of sessions (%lld) reached",
                         (long long)osm_manager_config(open->manager)->max_sessions);
}

/* Steps 5 and 6. */
static void connect_new(struct osm_session_open *open)
{
    const struct osm_session_maker maker = {osm_grant_maker(open->grant), !open->may_trust};
    struct osm_session *session = NULL;

    if (osm_config_check(&open->config, open->arena, &open->fault))
        session = osm_registry_add(open->manager, open->url, &open->config, &maker, open->arena,
                                   &open->fault);
    if (!session) {
        refuse(open);
        return;
    }
    wait_for(open, session, false);
    osm_session_connect(session);
}

/* Before anything is looked up: what may not be reached cannot be found out about either. */
static bool may_reach(struct osm_session_open *open)
{
    char *const *allowed = osm_manager_config(open->manager)->allowed_endpoints;

    if (osm_endpoint_rules_allow(allowed, open->url) && osm_grant_reaches(open->grant, open->url))
        return true;
    osm_log_warning("Refused to open %s: not allowed by %s", open->url,
                    osm_endpoint_rules_allow(allowed, open->url) ? "the caller's token"
                                                                 : "--allow-endpoint");
    return osm_fault_set(&open->fault, open->arena, OSM_FAULT_ACCESS_DENIED,
                         "This endpoint is not allowed: %s. Whoever runs the daemon can add it "
                         "(--allow-endpoint, token file)",
                         open->url);
}

/* Step 4, off the loop; paths_checked() looks at the fault. A trust store is made for a session
 * that will be tried, with or without security (ipc-protocol.md §6.2). */
static void check_paths(void *context)
{
    struct osm_session_open *open = context;
    const struct osm_trust_store store = {
        .path = osm_config_text(&open->config, OSM_CONFIG_trustStorePath),
        .allowed_dirs = open->allowed_dirs,
        .fixed = !open->may_trust};

    if (osm_cert_paths_check(&open->config, store.allowed_dirs, open->arena, &open->fault) &&
        osm_config_check(&open->config, open->arena, &open->fault) && store.path)
        open->store_error = osm_trust_store_prepare(&store);
}

/* Meanwhile others may have opened the same session, or taken the last place; the rules may have
 * been read again. */
static void paths_checked(void *context)
{
    struct osm_session_open *open = context;

    if (!osm_registry_work_end(open->manager))
        open->manager = NULL;
    if (!open->manager || osm_manager_is_ending(open->manager))
        osm_fault_set(&open->fault, open->arena, OSM_FAULT_CONNECTION,
                      "The daemon is shutting down");
    if (!osm_fault_is_set(&open->fault) && may_reach(open) && reuse(open))
        return;
    if (!osm_fault_is_set(&open->fault) && has_room(open))
        connect_new(open);
    else
        refuse(open);
}

static void check_paths_first(struct osm_session_open *open)
{
    const struct osm_loop *loop = &osm_manager_env(open->manager)->loop;

    open->allowed_dirs = osm_manager_config(open->manager)->allowed_cert_dirs;
    osm_registry_work_begin(open->manager);
    loop->ops->work(loop->context, check_paths, paths_checked, open);
}

/* Userinfo would be shown wherever the URL is (differences.md S16): it is not even repeated here.
 */
static bool has_clean_url(struct osm_session_open *open)
{
    if (!osm_url_has_userinfo(open->url))
        return true;
    return osm_fault_set(&open->fault, open->arena, OSM_FAULT_CONFIGURATION, "%s",
                         osm_url_userinfo_refusal);
}

/* autoAccept writes a trust store (differences.md S14). */
static bool may_accept(struct osm_session_open *open)
{
    bool accepts = osm_config_bool(&open->config, OSM_CONFIG_autoAccept, false) ||
                   osm_config_bool(&open->config, OSM_CONFIG_autoAcceptForce, false);

    open->may_trust = osm_grant_has(open->grant, OSM_ROLE_ADMIN);
    return !accepts ||
           osm_grant_check(open->grant, OSM_ROLE_ADMIN, "autoAccept", open->arena, &open->fault);
}

void osm_session_open(struct osm_session_open *open)
{
    if (has_clean_url(open) && may_reach(open) && may_accept(open) && reuse(open))
        return;
    if (osm_fault_is_set(&open->fault) || !has_room(open))
        refuse(open);
    else if (osm_cert_paths_named(&open->config))
        check_paths_first(open);
    else
        connect_new(open);
}
