/* SPDX-License-Identifier: MIT */
/* What the core counts itself: sessions, cache, values, events; and its bounds (counters.h). */
#include "core/manager/manager_internal.h"

#include "core/cache/value_cache.h"
#include "core/subscription/publish_budget.h"

#define SESSIONS(member, kind, help)                                                               \
    OSM_COUNTER_ROW(struct osm_session_counters, member, kind, help)

static const struct osm_counter session_rows[] = {
    SESSIONS(connecting, OSM_GAUGE, "sessions connecting for the first time"),
    SESSIONS(active, OSM_GAUGE, "sessions that are connected"),
    SESSIONS(recovering, OSM_GAUGE, "sessions connecting again after a loss"),
    SESSIONS(failed, OSM_GAUGE, "sessions without connection"),
    SESSIONS(closing, OSM_GAUGE, "sessions saying goodbye"),
    SESSIONS(opened, OSM_COUNTER, "sessions made"),
    SESSIONS(losses, OSM_COUNTER, "connections lost, or not got again"),
    SESSIONS(recoveries, OSM_COUNTER, "attempts to connect again"),
};

static const void *look_sessions(void *context)
{
    struct osm_manager *manager = context;
    const unsigned *count = manager->counts.now;
    const uint64_t *entered = manager->counts.entered;

    manager->session_counters = (struct osm_session_counters){
        .connecting = count[OSM_SESSION_CONNECTING],
        .active = count[OSM_SESSION_ACTIVE],
        .recovering = count[OSM_SESSION_RECOVERING],
        .failed = count[OSM_SESSION_FAILED],
        .closing = count[OSM_SESSION_CLOSING],
        .opened = entered[OSM_SESSION_CONNECTING],
        .losses = entered[OSM_SESSION_FAILED],
        .recoveries = entered[OSM_SESSION_RECOVERING],
    };
    return &manager->session_counters;
}

static const struct osm_counter cache_rows[] = {
    OSM_COUNTER_ROW(struct osm_cache_counters, hits, OSM_COUNTER, "results found in the cache"),
    OSM_COUNTER_ROW(struct osm_cache_counters, misses, OSM_COUNTER, "results not found in it"),
    OSM_COUNTER_ROW(struct osm_cache_counters, stores, OSM_COUNTER, "results put into it"),
};

static const void *look_cache(void *context)
{
    return osm_cache_counters(((const struct osm_manager *)context)->env.cache);
}

#define RECENT(member, help)                                                                       \
    OSM_COUNTER_ROW(struct osm_value_cache_counters, member, OSM_COUNTER, help)

static const struct osm_counter recent_rows[] = {
    RECENT(hits, "values young enough for a maxAge"),
    RECENT(misses, "values that were not, or not there"),
    RECENT(stores, "values kept for a maxAge"),
    RECENT(evicted, "values that made room for others"),
};

static const void *look_recent(void *context)
{
    return osm_value_cache_counters(((const struct osm_manager *)context)->env.values);
}

#define EVENTS(member, kind, help) OSM_COUNTER_ROW(struct osm_bus_stats, member, kind, help)

static const struct osm_counter event_rows[] = {
    EVENTS(emitted, OSM_COUNTER, "events"),
    EVENTS(dropped, OSM_COUNTER, "events that left the ring to make room"),
    EVENTS(bytes, OSM_GAUGE, "bytes of events in the ring"),
    EVENTS(readers, OSM_GAUGE, "streams and sinks that read"),
    EVENTS(gaps, OSM_COUNTER, "gaps readers were told of"),
};

static const void *look_events(void *context)
{
    struct osm_manager *manager = context;

    manager->bus_view = osm_bus_stats(manager->bus);
    return &manager->bus_view;
}

static const struct osm_counter_group groups[OSM_CORE_COUNTER_GROUPS] = {
    {.name = "sessions",
     .rows = session_rows,
     .size = OSM_ARRAY_SIZE(session_rows),
     .look = look_sessions},
    {.name = "cache", .rows = cache_rows, .size = OSM_ARRAY_SIZE(cache_rows), .look = look_cache},
    {.name = "recent",
     .rows = recent_rows,
     .size = OSM_ARRAY_SIZE(recent_rows),
     .look = look_recent},
    {.name = "events", .rows = event_rows, .size = OSM_ARRAY_SIZE(event_rows), .look = look_events},
};

const struct osm_counter_group *osm_manager_own_counters(size_t *size)
{
    *size = OSM_ARRAY_SIZE(groups);
    return groups;
}

/* --- bounds -------------------------------------------------------------------------------- */

static void look_at_sessions(void *context, uint64_t *used, uint64_t *limit)
{
    const struct osm_manager *manager = context;

    *used = osm_registry_count(manager);
    *limit = manager->config.max_sessions > 0 ? (uint64_t)manager->config.max_sessions : 0;
}

static void look_at_ring(void *context, uint64_t *used, uint64_t *limit)
{
    const struct osm_manager *manager = context;
    const size_t events = manager->config.event_buffer;

    *used = osm_bus_stats(manager->bus).bytes;
    *limit = (uint64_t)(events ? events : OSM_BUS_EVENTS) * OSM_BUS_EVENT_BYTES;
}

static void look_at_published(void *context, uint64_t *used, uint64_t *limit)
{
    *used = ((const struct osm_manager *)context)->owner.publish_budget.bytes;
    *limit = OSM_PUBLISH_BUDGET;
}

static const struct osm_bound bounds[OSM_CORE_BOUNDS] = {
    {.name = "sessions", .look = look_at_sessions},
    {.name = "events", .bytes = true, .look = look_at_ring},
    {.name = "published", .bytes = true, .look = look_at_published},
};

void osm_manager_register_own(struct osm_manager *manager)
{
    for (size_t i = 0; i < OSM_CORE_COUNTER_GROUPS; i++) {
        manager->own_counters[i] = groups[i];
        manager->own_counters[i].context = manager;
        osm_counters_register(&manager->counters, &manager->own_counters[i]);
    }
    for (size_t i = 0; i < OSM_CORE_BOUNDS; i++) {
        manager->own_bounds[i] = bounds[i];
        manager->own_bounds[i].context = manager;
        osm_counters_add_bound(&manager->counters, &manager->own_bounds[i]);
    }
}
