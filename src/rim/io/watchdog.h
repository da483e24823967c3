/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_IO_WATCHDOG_H
#define OSM_RIM_IO_WATCHDOG_H
/*
 * Watches that nobody blocks the loop. Once per turn, just before the loop goes to sleep, it asks
 * how long ago the first callback of the turn began (rim/io/turn.h); a turn whose work took longer
 * than the threshold is logged with the name of its longest callback and counted.
 * Costs one read of the clock per turn, and one per callback.
 */
#include <stdint.h>

#include <uv.h>

#include "util/clock.h"
#include "util/histogram.h"
#include "util/macros.h"

/* A turn longer than this delays every caller noticeably. */
#define OSM_WATCHDOG_THRESHOLD ((osm_msec)100)
/* At most one line per so many milliseconds; what is not logged is still counted. */
#define OSM_WATCHDOG_PAUSE ((osm_msec)1000)

struct osm_watchdog_stats {
    uint64_t turns;
    uint64_t slow_turns;
    uint64_t busy_ns;          /* all turns together, without sleep */
    uint64_t longest_ns;       /* the longest turn */
    struct osm_histogram busy; /* of each */
};

struct osm_watchdog {
    uv_prepare_t prepare;
    uint64_t threshold_ns;
    uint64_t logged_ns;
    struct osm_watchdog_stats stats;
};

/* Starts watching; does not keep the loop alive. To be called before others who work in that
 * phase of the loop, because the last to begin is the first to run. */
void osm_watchdog_init(struct osm_watchdog *watchdog, uv_loop_t *loop, osm_msec threshold);
/* Begins to close it; the struct must stay until the loop has run once more. */
void osm_watchdog_close(struct osm_watchdog *watchdog);

#endif
