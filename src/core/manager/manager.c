/* SPDX-License-Identifier: MIT */
/* The session manager: store, expiry, shutdown; see manager.h and registry.h. */
#include "core/manager/manager_internal.h"

#include <utlist.h>

#include "core/cache/value_cache.h"
#include "core/event/event_bus.h"
#include "core/event/event_observer.h"
#include "util/alloc.h"
#include "util/log.h"

/* A goodbye to an expired session's server takes at most this long. */
#define OSM_EXPIRY_GOODBYE_MS 5000
/* How often a shutdown looks whether the running requests have been answered. */
#define OSM_GRACE_LOOK_MS 50

static osm_msec manager_now(const struct osm_manager *manager)
{
    return osm_clock_now(manager->env.loop.clock);
}

/* --- expiry -------------------------------------------------------------------------------- */

static void expire(struct osm_manager *manager)
{
    osm_msec limit = (osm_msec)manager->config.session_timeout * 1000;
    struct osm_session_seat *seat, *next;

    DL_FOREACH_SAFE (manager->stored, seat, next) {
        if (!osm_session_has_expired(seat->session, limit))
            continue;
        osm_log_info("Session %s expired (endpoint: %s)", osm_session_id(seat->session),
                     osm_session_endpoint_url(seat->session));
        osm_session_close(seat->session, OSM_EXPIRY_GOODBYE_MS, NULL, NULL);
    }
}

static void on_cleanup(void *context)
{
    struct osm_manager *manager = context;

    expire(manager);
    manager->env.loop.ops->timer_start(manager->cleanup,
                                       (osm_msec)manager->config.cleanup_interval * 1000);
}

void osm_manager_set_limits(struct osm_manager *manager, int64_t session_timeout,
                            int64_t cleanup_interval, int64_t max_sessions)
{
    bool sooner = cleanup_interval != manager->config.cleanup_interval;

    manager->config.session_timeout = session_timeout;
    manager->config.cleanup_interval = cleanup_interval;
    manager->config.max_sessions = max_sessions;
    if (sooner && !manager->owner.ending)
        manager->env.loop.ops->timer_start(manager->cleanup, (osm_msec)cleanup_interval * 1000);
}

void osm_manager_set_allowed_endpoints(struct osm_manager *manager, char *const *endpoints)
{
    manager->config.allowed_endpoints = endpoints;
}

void osm_manager_set_certificates(struct osm_manager *manager, char *const *allowed_dirs,
                                  bool refuse_other_uri)
{
    manager->config.allowed_cert_dirs = manager->owner.allowed_cert_dirs = allowed_dirs;
    manager->config.refuse_other_uri = manager->owner.refuse_other_uri = refuse_other_uri;
}

/* --- life ---------------------------------------------------------------------------------- */

static void shutdown_check(struct osm_manager *manager);

/* A shutdown may be waiting for the last one. */
static void on_session_gone(struct osm_session_owner *owner)
{
    shutdown_check(osm_container_of(owner, struct osm_manager, owner));
}

/* Messages whose events are safe now may be acknowledged. */
static void on_events_safe(struct osm_bus_watcher *watcher)
{
    struct osm_manager *manager = osm_container_of(watcher, struct osm_manager, acks_watcher);

    osm_registry_release_acks(manager, osm_bus_safe(manager->bus));
}

/* Until the durable readers have confirmed the events of a message it is not acknowledged. */
static bool withholds(struct osm_session *session, uint64_t *until)
{
    const struct osm_bus *bus = osm_session_bus(session);

    *until = osm_bus_last(bus);
    return osm_bus_safe(bus) < *until;
}

/* The console tells operators of what was refused. */
static void on_judged(struct osm_session *session, const struct osm_ua_judgement *judgement)
{
    osm_event_observer.judged(session, judgement);
    osm_refused_certificates_note(&osm_registry_manager(session)->refused, session, judgement);
}

struct osm_manager *osm_manager_new(const struct osm_manager_config *config,
                                    const struct osm_loop *loop, const struct osm_ua_ops *ua_ops,
                                    struct osm_ua *ua)
{
    struct osm_manager *manager = osm_alloc(sizeof(*manager));

    manager->config = *config;
    manager->tallies = osm_tallies_new();
    manager->env.loop = *loop;
    manager->env.ua_ops = ua_ops;
    manager->env.ua = ua;
    manager->env.cache = osm_cache_new(&config->cache, loop);
    manager->env.values = osm_value_cache_new(manager->env.loop.clock);
    manager->env.identities = osm_identities_new();
    osm_configs_init(&manager->configs);
    manager->env.configs = &manager->configs;
    manager->env.numberings = &manager->numberings;
    manager->env.shared = &manager->shared;
    manager->bus = osm_bus_new(loop, config->event_buffer);
    manager->notices = osm_notices_new(manager->env.loop.clock);
    osm_registry_init(manager);
    manager->owner.gone = on_session_gone;
    manager->owner.observer = &manager->observer;
    manager->observer = osm_event_observer;
    manager->observer.judged = on_judged;
    manager->observer.withholds = config->deferred_ack ? withholds : NULL;
    manager->acks_watcher.safe_moved = on_events_safe;
    osm_bus_watch(manager->bus, &manager->acks_watcher);
    manager->cleanup = osm_loop_timer(&manager->env.loop, on_cleanup, manager);
    manager->env.loop.ops->timer_start(manager->cleanup, (osm_msec)config->cleanup_interval * 1000);
    manager->started_at = manager_now(manager);
    osm_manager_register_own(manager);
    return manager;
}

struct osm_bus *osm_manager_bus(struct osm_manager *manager)
{
    return manager->bus;
}

void osm_manager_lend_callers(struct osm_manager *manager, const struct osm_caller_source *source)
{
    manager->callers = *source;
}

const struct osm_caller_source *osm_manager_callers(const struct osm_manager *manager)
{
    return &manager->callers;
}

void osm_manager_lend_sinks(struct osm_manager *manager, const struct osm_sink_source *source)
{
    manager->sinks = *source;
}

const struct osm_sink_source *osm_manager_sinks(const struct osm_manager *manager)
{
    return &manager->sinks;
}

void osm_manager_lend_connections(struct osm_manager *manager,
                                  const struct osm_connection_source *source)
{
    manager->connections = *source;
}

const struct osm_connection_source *osm_manager_connections(const struct osm_manager *manager)
{
    return &manager->connections;
}

void osm_manager_lend_admin(struct osm_manager *manager, const struct osm_admin_source *source)
{
    manager->admin = *source;
}

const struct osm_admin_source *osm_manager_admin(const struct osm_manager *manager)
{
    return &manager->admin;
}

struct osm_refused_certificates *osm_manager_refused(struct osm_manager *manager)
{
    return &manager->refused;
}

struct osm_notices *osm_manager_notices(const struct osm_manager *manager)
{
    return manager->notices;
}

void osm_manager_drain(struct osm_manager *manager)
{
    manager->draining = true;
}

bool osm_manager_is_draining(const struct osm_manager *manager)
{
    return manager->draining;
}

const struct osm_env *osm_manager_env(const struct osm_manager *manager)
{
    return &manager->env;
}

const struct osm_manager_config *osm_manager_config(const struct osm_manager *manager)
{
    return &manager->config;
}

osm_msec osm_manager_uptime(const struct osm_manager *manager)
{
    return manager_now(manager) - manager->started_at;
}

bool osm_manager_is_ending(const struct osm_manager *manager)
{
    return manager->owner.ending;
}

static void free_list(struct osm_session_seat *list)
{
    struct osm_session_seat *seat, *next;

    DL_FOREACH_SAFE (list, seat, next)
        osm_session_free(seat->session);
}

struct osm_manager *osm_manager_free(struct osm_manager *manager)
{
    if (!manager)
        return NULL;
    free_list(manager->opening);
    free_list(manager->stored);
    free_list(manager->closing);
    manager->env.cache = osm_cache_free(manager->env.cache); /* nobody is left who waits for it */
    manager->env.values = osm_value_cache_free(manager->env.values);
    manager->env.identities = osm_identities_free(manager->env.identities);
    osm_refused_certificates_deinit(&manager->refused);
    manager->notices = osm_notices_free(manager->notices);
    osm_bus_unwatch(manager->bus, &manager->acks_watcher);
    manager->bus = osm_bus_free(manager->bus);
    manager->env.loop.ops->timer_free(manager->cleanup);
    manager->env.loop.ops->timer_free(manager->shutdown_timer);
    osm_tallies_release(osm_steal(manager->tallies));
    manager->ended = true;
    if (!manager->works)
        free(manager); /* else by the last of them */
    return NULL;
}

void osm_registry_work_begin(struct osm_manager *manager)
{
    manager->works++;
}

bool osm_registry_work_end(struct osm_manager *manager)
{
    bool ended = manager->ended;

    osm_assert(manager->works > 0);
    if (--manager->works == 0 && ended)
        free(manager);
    return !ended;
}

uint64_t osm_registry_works(const struct osm_manager *manager)
{
    return manager->works;
}

/* --- shutdown ------------------------------------------------------------------------------ */

static void shutdown_finish(struct osm_manager *manager)
{
    void (*done)(void *) = manager->shutdown_done;

    manager->shutdown_done = NULL;
    manager->env.loop.ops->timer_stop(manager->shutdown_timer);
    if (done)
        done(manager->shutdown_context);
}

static void shutdown_check(struct osm_manager *manager)
{
    if (manager->shutdown_done && !manager->opening && !manager->stored && !manager->closing)
        shutdown_finish(manager);
}

static void on_shutdown_limit(void *context)
{
    struct osm_manager *manager = context;

    osm_log_warning("%u session(s) did not say goodbye in time",
                    manager->counts.now[OSM_SESSION_CLOSING]);
    shutdown_finish(manager);
}

/* Grace is over: every session is disconnected, all at once. */
static void disconnect_all(struct osm_manager *manager)
{
    struct osm_session_seat *seat, *next;

    manager->env.loop.ops->timer_free(manager->shutdown_timer);
    manager->shutdown_timer = osm_loop_timer(&manager->env.loop, on_shutdown_limit, manager);
    manager->env.loop.ops->timer_start(manager->shutdown_timer, manager->shutdown_limit);
    DL_FOREACH_SAFE (manager->opening, seat, next)
        osm_session_close(seat->session, manager->shutdown_limit, NULL, NULL);
    DL_FOREACH_SAFE (manager->stored, seat, next) {
        osm_log_info("Disconnected session %s", osm_session_id(seat->session));
        osm_session_close(seat->session, manager->shutdown_limit, NULL, NULL);
    }
    shutdown_check(manager);
}

static bool is_idle(const struct osm_manager *manager)
{
    const struct osm_session_seat *seat;

    if (manager->opening || manager->works)
        return false;
    DL_FOREACH (manager->stored, seat)
        if (!osm_session_is_idle(seat->session))
            return false;
    return true;
}

static void on_shutdown_grace(void *context)
{
    struct osm_manager *manager = context;
    osm_msec now = manager_now(manager), end = manager->shutdown_grace_end;

    if (now >= end || is_idle(manager))
        disconnect_all(manager);
    else
        manager->env.loop.ops->timer_start(manager->shutdown_timer,
                                           OSM_MIN(end - now, OSM_GRACE_LOOK_MS));
}

void osm_manager_shutdown(struct osm_manager *manager, osm_msec grace, osm_msec limit,
                          void (*done)(void *context), void *context)
{
    osm_assert(!manager->owner.ending);
    manager->owner.ending = true;
    manager->shutdown_done = done;
    manager->shutdown_context = context;
    manager->shutdown_limit = limit;
    manager->env.loop.ops->timer_stop(manager->cleanup);
    manager->shutdown_timer = osm_loop_timer(&manager->env.loop, on_shutdown_grace, manager);
    manager->shutdown_grace_end = manager_now(manager) + grace;
    manager->env.loop.ops->timer_start(manager->shutdown_timer, 0);
}

struct osm_counters *osm_manager_counters(struct osm_manager *manager)
{
    return &manager->counters;
}

struct osm_tallies *osm_manager_tallies(struct osm_manager *manager)
{
    return manager->tallies;
}
