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

static const void *look_ipc(void *context)
{
    return osm_ipc_server_stats(context);
}

static const void *look_loop(void *context)
{
    return &((struct osm_watchdog *)context)->stats;
}

void osm_own_counters_register(struct osm_own_counters *counters, struct osm_manager *manager,
                               const struct osm_ipc_server *server, struct osm_watchdog *watchdog)
{
    counters->ipc = (struct osm_counter_group){.name = "ipc",
                                               .rows = ipc_rows,
                                               .size = OSM_ARRAY_SIZE(ipc_rows),
                                               .look = look_ipc,
                                               .context = (void *)(uintptr_t)server};
    counters->loop = (struct osm_counter_group){.name = "loop",
                                                .rows = loop_rows,
                                                .size = OSM_ARRAY_SIZE(loop_rows),
                                                .look = look_loop,
                                                .context = watchdog};
    osm_counters_register(manager, &counters->ipc);
    osm_counters_register(manager, &counters->loop);
}
