/* SPDX-License-Identifier: MIT */
/* Measures the turns of the loop; see watchdog.h. */
#include "rim/io/watchdog.h"

#include "rim/io/turn.h"
#include "util/log.h"

static void watchdog_report(struct osm_watchdog *watchdog, const struct osm_turn *turn)
{
    uint64_t now = uv_hrtime();

    if (watchdog->logged_ns && now - watchdog->logged_ns < OSM_WATCHDOG_PAUSE * 1000000)
        return;
    watchdog->logged_ns = now;
    osm_log_warning("Event loop was held for %llu ms, of these %llu ms by %s",
                    (unsigned long long)(turn->busy_ns / 1000000),
                    (unsigned long long)(turn->longest_ns / 1000000), turn->longest);
}

static void on_prepare(uv_prepare_t *handle)
{
    struct osm_watchdog *watchdog = handle->data;
    struct osm_turn turn = osm_turn_end();

    watchdog->stats.turns++;
    watchdog->stats.busy_ns += turn.busy_ns;
    osm_histogram_add(&watchdog->stats.busy, turn.busy_ns / 1000);
    watchdog->stats.longest_ns = OSM_MAX(watchdog->stats.longest_ns, turn.busy_ns);
    if (turn.busy_ns > watchdog->threshold_ns) {
        watchdog->stats.slow_turns++;
        watchdog_report(watchdog, &turn);
    }
}

void osm_watchdog_init(struct osm_watchdog *watchdog, uv_loop_t *loop, osm_msec threshold)
{
    int r;

    *watchdog = (struct osm_watchdog){.threshold_ns = threshold * 1000000};
    r = uv_prepare_init(loop, &watchdog->prepare);
    osm_assert(r == 0);
    watchdog->prepare.data = watchdog;
    r = uv_prepare_start(&watchdog->prepare, on_prepare);
    osm_assert(r == 0);
    uv_unref((uv_handle_t *)&watchdog->prepare);
    (void)osm_turn_end();
}

void osm_watchdog_close(struct osm_watchdog *watchdog)
{
    uv_close((uv_handle_t *)&watchdog->prepare, NULL);
}
