/* SPDX-License-Identifier: MIT */
/* See drain.h. */
#include "app/daemon/drain.h"

#include "core/link/link.h"
#include "util/log.h"

/* How often it looks whether something still runs. */
#define LOOK_MS 50

static const struct osm_loop *loop_of(const struct osm_drain *drain)
{
    return &osm_manager_env(drain->manager)->loop;
}

static void look(void *context)
{
    struct osm_drain *drain = context;
    uint64_t running = osm_ipc_server_stats(drain->server)->in_flight;
    bool late = osm_clock_now(loop_of(drain)->clock) >= drain->deadline;

    if (running && !late) {
        loop_of(drain)->ops->timer_start(drain->timer, LOOK_MS);
        return;
    }
    osm_log_info("Drained: %llu requests are still running", (unsigned long long)running);
    drain->end(drain->context);
}

void osm_drain_begin(struct osm_drain *drain, unsigned seconds)
{
    osm_manager_drain(drain->manager);
    drain->deadline = osm_clock_now(loop_of(drain)->clock) + (osm_msec)seconds * 1000;
    if (!drain->timer)
        drain->timer = osm_loop_timer(loop_of(drain), look, drain);
    loop_of(drain)->ops->timer_start(drain->timer, LOOK_MS);
}

void osm_drain_stop(struct osm_drain *drain)
{
    if (drain->timer)
        loop_of(drain)->ops->timer_free(drain->timer);
    drain->timer = NULL;
}
