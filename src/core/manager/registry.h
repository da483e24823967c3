/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_MANAGER_REGISTRY_H
#define OSM_CORE_MANAGER_REGISTRY_H
/*
 * The manager from the inside: the sessions and how they are found. For the core and the
 * commands; everybody above uses manager.h.
 *
 * A session is in exactly one of three lists, by its state: opening (CONNECTING: no caller knows
 * its id yet), stored (ACTIVE, FAILED, RECOVERING: in the order they became so, and in the hash),
 * closing.
 */
#include "core/event/event_bus.h"
#include "core/manager/connection_source.h"
#include "core/manager/counters.h"
#include "core/manager/manager.h"
#include "core/manager/sink_status.h"
#include "core/session/session.h"

#define OSM_CORE_COUNTER_GROUPS 4

/* counters.c */
struct osm_session_counters {
    uint64_t connecting, active, recovering, failed, closing;
    uint64_t opened, losses, recoveries;
};

struct osm_manager {
    struct osm_session_owner owner; /* what sessions know of us */
    struct osm_manager_config config;
    struct osm_env env;
    struct osm_bus *bus;
    struct osm_observer_ops observer;    /* of all sessions */
    struct osm_bus_watcher acks_watcher; /* of deferred acknowledgements */

    osm_msec started_at;
    struct osm_sink_source sinks;
    struct osm_counter_group *counters; /* in order of registration */
    struct osm_counter_group own_counters[OSM_CORE_COUNTER_GROUPS];
    struct osm_session_counters session_counters; /* filled when looked at, as is … */
    struct osm_bus_stats bus_view;

    struct osm_connection_source connections; /* whose context outlives us */

    struct osm_session *by_id; /* uthash: the stored ones */
    struct osm_session *opening;
    struct osm_session *stored;
    struct osm_session *closing;
    unsigned state_count[OSM_SESSION_STATE_COUNT_];
    uint64_t state_entered[OSM_SESSION_STATE_COUNT_]; /* since the start */

    unsigned works; /* pieces of work off the loop that will come back to us */
    bool ended;     /* osm_manager_free() has been called meanwhile */

    struct osm_timer *cleanup;
    struct osm_timer *shutdown_timer;
    osm_msec shutdown_grace_end;
    osm_msec shutdown_limit;
    void (*shutdown_done)(void *context);
    void *shutdown_context;
};

/* The stored session of that id, or NULL. */
struct osm_session *osm_registry_get(struct osm_manager *manager, const char *id, size_t length);
/* The first session, stored or opening, of the same identity (ipc-protocol.md §7), or NULL. */
struct osm_session *osm_registry_find(struct osm_manager *manager, const char *endpoint_url,
                                      const struct osm_config *config);
unsigned osm_registry_count(const struct osm_manager *manager);
/* No room for another session (ipc-protocol.md §5.3 step 3). */
bool osm_registry_is_full(const struct osm_manager *manager);

/* Work off the loop begins that needs the manager when it comes back … */
void osm_registry_work_begin(struct osm_manager *manager);
/* … and is back. False when the manager has been freed meanwhile: nothing of it may be used. */
OSM_MUST_CHECK bool osm_registry_work_end(struct osm_manager *manager);

/* Another session at the same server that has the subscription (callers' id), or NULL. */
struct osm_session *osm_registry_holder(const struct osm_session *session, uint32_t subscription);

/* For manager.c: fills the owner in. */
void osm_registry_init(struct osm_manager *manager);
/* Acknowledgements of messages whose events are safe up to the cursor go out. */
void osm_registry_release_acks(struct osm_manager *manager, uint64_t safe);

/* Who keeps the session. */
static inline struct osm_manager *osm_registry_manager(const struct osm_session *session)
{
    return osm_container_of(session->owner, struct osm_manager, owner);
}

#endif
