/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_MANAGER_MANAGER_INTERNAL_H
#define OSM_CORE_MANAGER_MANAGER_INTERNAL_H
/* The manager from the inside, for this folder. */
#include "core/event/event_bus.h"
#include "core/link/observer.h"
#include "core/manager/admin_source.h"
#include "core/manager/caller_source.h"
#include "core/manager/connection_source.h"
#include "core/manager/counters.h"
#include "core/manager/manager.h"
#include "core/manager/notices.h"
#include "core/manager/refused_certificates.h"
#include "core/manager/registry.h"
#include "core/manager/sink_status.h"
#include "core/manager/tally.h"
#include "core/session/configs.h"
#include "core/session/session.h"

#define OSM_CORE_COUNTER_GROUPS 4
#define OSM_CORE_BOUNDS 3

/* core_counters.c */
struct osm_session_counters {
    uint64_t connecting, active, recovering, failed, closing;
    uint64_t opened, losses, recoveries;
};

struct osm_manager {
    struct osm_session_owner owner; /* what sessions know of us */
    struct osm_manager_config config;
    struct osm_env env;
    struct osm_configs configs; /* of env, as … */
    struct osm_numberings numberings;
    struct osm_shared_table shared;
    struct osm_bus *bus;
    struct osm_observer_ops observer;    /* of all sessions */
    struct osm_bus_watcher acks_watcher; /* of deferred acknowledgements */

    osm_msec started_at;
    struct osm_sink_source sinks;
    struct osm_counters counters;
    struct osm_counter_group own_counters[OSM_CORE_COUNTER_GROUPS];
    struct osm_bound own_bounds[OSM_CORE_BOUNDS];
    struct osm_session_counters session_counters; /* filled when looked at, as is … */
    struct osm_bus_stats bus_view;
    struct osm_tallies *tallies;           /* held */
    struct osm_publish_counters published; /* of sessions that are no more */

    struct osm_caller_source callers;         /* whose context outlives us, as does that of … */
    struct osm_connection_source connections; /* … and */
    struct osm_admin_source admin;
    struct osm_refused_certificates refused;
    struct osm_notices *notices;

    struct osm_session_seat *by_id; /* uthash: the stored ones */
    struct osm_session_seat *opening;
    struct osm_session_seat *stored;
    struct osm_session_seat *closing;
    struct osm_registry_counts counts;
    struct osm_registry_cursor *cursors;

    bool draining;  /* no new sessions */
    unsigned works; /* pieces of work off the loop that will come back to us */
    bool ended;     /* osm_manager_free() has been called meanwhile */

    struct osm_timer *cleanup;
    struct osm_timer *shutdown_timer;
    osm_msec shutdown_grace_end;
    osm_msec shutdown_limit;
    void (*shutdown_done)(void *context);
    void *shutdown_context;
};

/* For manager.c: what the core counts itself (core_counters.c). */
void osm_manager_register_own(struct osm_manager *manager);
/* For manager.c: fills the owner in. */
void osm_registry_init(struct osm_manager *manager);
/* Acknowledgements of messages whose events are safe up to the cursor go out. */
void osm_registry_release_acks(struct osm_manager *manager, uint64_t safe);

#endif
