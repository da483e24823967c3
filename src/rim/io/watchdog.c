/* SPDX-License-Identifier: MIT */
/* Measures the turns of the loop; see watchdog.h. */
#include "rim/io/watchdog.h"

#include "rim/io/turn.h"
#include "util/log.h"

static void watchdog_report(struct osm_watchdog *watchdog, uint64_t now, uint64_t busy,
                            struct osm_turn_span longest)
{
    if (watchdog->logged_ns && now - watchdog->logged_ns < OSM_WATCHDOG_PAUSE * 1000000)
        return;
    watchdog->logged_ns = now;
    if (longest.name)
        osm_log_warning("Event loop was held for %llu ms, of these %llu ms by %s",
                        (unsigned long long)(busy / 1000000),
                        (unsigned long long)(longest.nanoseconds / 1000000), longest.name);
    else
        osm_log_warning("Event loop was held for %llu ms", (unsigned long long)(busy / 1000000));
}

static void on_prepare(uv_prepare_t *handle)
{
    struct osm_watchdog *watchdog = handle->data;
    struct osm_turn_span longest = osm_turn_end();
    uint64_t now = uv_hrtime();
    uint64_t slept = uv_metrics_idle_time(handle->loop);
    uint64_t passed = now - watchdog->turn_started_ns;
    uint64_t asleep = slept - watchdog->slept_ns;
    uint64_t busy = passed > asleep ? passed - asleep : 0;

    watchdog->turn_started_ns = now;
    watchdog->slept_ns = slept;
    watchdog->stats.turns++;
    if (longest.interrupted)
        return;
    watchdog->stats.busy_ns += busy;
    osm_histogram_add(&watchdog->stats.busy, busy / 1000);
    watchdog->stats.longest_ns = OSM_MAX(watchdog->stats.longest_ns, busy);
    if (busy > watchdog->threshold_ns) {
        watchdog->stats.slow_turns++;
        watchdog_report(watchdog, now, busy, longest);
    }
}

int osm_watchdog_init(struct osm_watchdog *watchdog, uv_loop_t *loop, osm_msec threshold)
{
    int r = uv_loop_configure(loop, UV_METRICS_IDLE_TIME);

    if (r < 0)
        return r;
    *watchdog = (struct osm_watchdog){.threshold_ns = threshold * 1000000};
    r = uv_prepare_init(loop, &watchdog->prepare);
    osm_assert(r == 0);
    watchdog->prepare.data = watchdog;
    watchdog->turn_started_ns = uv_hrtime();
    watchdog->slept_ns = uv_metrics_idle_time(loop);
    r = uv_prepare_start(&watchdog->prepare, on_prepare);
    osm_assert(r == 0);
    uv_unref((uv_handle_t *)&watchdog->prepare);
    (void)osm_turn_end();
    return 0;
}

void osm_watchdog_close(struct osm_watchdog *watchdog)
{
    uv_close((uv_handle_t *)&watchdog->prepare, NULL);
}
