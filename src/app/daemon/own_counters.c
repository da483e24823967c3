/* SPDX-License-Identifier: MIT */
/* See own_counters.h. */
#include "app/daemon/own_counters.h"

#define IPC(member, kind, help) OSM_COUNTER_ROW(struct osm_ipc_stats, member, kind, help),

static const struct osm_counter ipc_rows[] = {
#define X(name, help) IPC(name, OSM_GAUGE, help)
    OSM_IPC_GAUGES(X)
#undef X
#define X(name, help) IPC(name, OSM_COUNTER, help)
        OSM_IPC_COUNTERS(X)
#undef X
};

static const struct osm_counter loop_rows[] = {
    OSM_COUNTER_ROW(struct osm_watchdog_stats, turns, OSM_COUNTER, "turns of the loop"),
    OSM_COUNTER_ROW(struct osm_watchdog_stats, slow_turns, OSM_COUNTER,
                    "turns that held everybody up for more than 100 ms"),
    OSM_COUNTER_ROW(struct osm_watchdog_stats, busy_ns, OSM_COUNTER,
                    "nanoseconds of work in all turns"),
    OSM_COUNTER_ROW(struct osm_watchdog_stats, longest_ns, OSM_GAUGE,
                    "nanoseconds of work in the longest turn"),
};

static const struct osm_counter http_rows[] = {
#define X(member, help) OSM_COUNTER_ROW(struct osm_http_stats, member, OSM_GAUGE, help),
    OSM_HTTP_GAUGES(X)
#undef X
#define X(member, help) OSM_COUNTER_ROW(struct osm_http_stats, member, OSM_COUNTER, help),
        OSM_HTTP_COUNTERS(X)
#undef X
};

static const struct osm_counter reverse_rows[] = {
#define X(member, help) OSM_COUNTER_ROW(struct osm_reverse_stats, member, OSM_GAUGE, help),
    OSM_REVERSE_GAUGES(X)
#undef X
#define X(member, help) OSM_COUNTER_ROW(struct osm_reverse_stats, member, OSM_COUNTER, help),
        OSM_REVERSE_COUNTERS(X)
#undef X
};

static const struct osm_counter sinks_rows[] = {
#define X(member, help) OSM_COUNTER_ROW(struct osm_sinks_stats, member, OSM_GAUGE, help),
    OSM_SINKS_GAUGES(X)
#undef X
#define X(member, help) OSM_COUNTER_ROW(struct osm_sinks_stats, member, OSM_COUNTER, help),
        OSM_SINKS_COUNTERS(X)
#undef X
};

static const void *look_ipc(void *context)
{
    return osm_ipc_server_stats(((const struct osm_own_counted *)context)->server);
}

static const void *look_loop(void *context)
{
    return &((const struct osm_own_counted *)context)->watchdog->stats;
}

static const void *look_http(void *context)
{
    static const struct osm_http_stats none;
    const struct osm_http_server *http = ((const struct osm_own_counted *)context)->http;

    return http ? osm_http_server_stats(http) : &none;
}

static const void *look_reverse(void *context)
{
    return osm_ua_reverse_stats(((const struct osm_own_counted *)context)->ua);
}

static const void *look_sinks(void *context)
{
    static const struct osm_sinks_stats none;
    struct osm_sinks *sinks = *((const struct osm_own_counted *)context)->sinks;

    return sinks ? osm_sinks_stats(sinks) : &none;
}

#define GROUP(name_)                                                                               \
    .name = #name_, .rows = name_##_rows, .size = OSM_ARRAY_SIZE(name_##_rows), .look = look_##name_

static const struct osm_counter_group groups[OSM_OWN_COUNTER_GROUPS] = {
    {GROUP(ipc)}, {GROUP(loop)}, {GROUP(http)}, {GROUP(reverse)}, {GROUP(sinks)}};

const struct osm_counter_group *osm_own_counters_of_daemon(size_t *size)
{
    *size = OSM_ARRAY_SIZE(groups);
    return groups;
}

/* --- bounds -------------------------------------------------------------------------------- */

static void look_at_classic(void *context, uint64_t *used, uint64_t *limit)
{
    const struct osm_ipc_server *server = ((const struct osm_own_counted *)context)->server;

    *used = osm_ipc_server_stats(server)->classic_open;
    *limit = osm_ipc_server_config(server)->max_classic;
}

static void look_at_persistent(void *context, uint64_t *used, uint64_t *limit)
{
    const struct osm_ipc_server *server = ((const struct osm_own_counted *)context)->server;

    *used = osm_ipc_server_stats(server)->persistent_open;
    *limit = osm_ipc_server_config(server)->max_connections;
}

static void look_at_requests(void *context, uint64_t *used, uint64_t *limit)
{
    const struct osm_ipc_server *server = ((const struct osm_own_counted *)context)->server;

    *used = osm_ipc_server_stats(server)->held_bytes;
    *limit = osm_ipc_server_config(server)->max_held;
}

static void look_at_replies(void *context, uint64_t *used, uint64_t *limit)
{
    const struct osm_ipc_server *server = ((const struct osm_own_counted *)context)->server;

    *used = osm_ipc_server_stats(server)->unsent_bytes;
    *limit = 2 * osm_ipc_server_config(server)->max_owed;
}

static void look_at_receiving(void *context, uint64_t *used, uint64_t *limit)
{
    osm_ua_receiving(((const struct osm_own_counted *)context)->ua, used, limit);
}

static const struct osm_bound bounds[OSM_OWN_BOUNDS] = {
    {.name = "classic_connections", .look = look_at_classic},
    {.name = "persistent_connections", .look = look_at_persistent},
    {.name = "requests", .bytes = true, .look = look_at_requests},
    {.name = "replies", .bytes = true, .look = look_at_replies},
    {.name = "answers", .bytes = true, .look = look_at_receiving},
};

void osm_own_counters_register(struct osm_own_counters *counters, struct osm_manager *manager,
                               const struct osm_own_counted *counted)
{
    for (size_t i = 0; i < OSM_OWN_COUNTER_GROUPS; i++) {
        counters->groups[i] = groups[i];
        counters->groups[i].context = (void *)(uintptr_t)counted;
        osm_counters_register(osm_manager_counters(manager), &counters->groups[i]);
    }
    for (size_t i = 0; i < OSM_OWN_BOUNDS; i++) {
        counters->bounds[i] = bounds[i];
        counters->bounds[i].context = (void *)(uintptr_t)counted;
        osm_counters_add_bound(osm_manager_counters(manager), &counters->bounds[i]);
    }
}
