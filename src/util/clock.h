/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_CLOCK_H
#define OSM_UTIL_CLOCK_H
/*
 * Two kinds of time that must not be mixed: monotonic milliseconds (deadlines, expiry, back-off)
 * and wall-clock seconds (what callers and logs are shown). Whoever needs time is given a clock;
 * tests pass one they turn by hand.
 */
#include <stdint.h>

/* Milliseconds of the monotonic clock since some fixed moment; never goes back. */
typedef uint64_t osm_msec;
#define OSM_MSEC_NEVER UINT64_MAX

struct osm_clock {
    osm_msec (*monotonic)(void *context);
    double (*wall)(void *context); /* seconds since 1970, microsecond precision */
    /* Microseconds of the monotonic clock, read now and not when the turn began; NULL = those of
     * `monotonic`. For what a turn may take: a clock turned by hand lets it take anything. */
    uint64_t (*microseconds)(void *context);
    void *context;
};

/* Of the kernel's monotonic clock: for measuring what is shorter than a millisecond. */
uint64_t osm_clock_microseconds(void);

/* The clocks of the kernel. */
const struct osm_clock *osm_clock_system(void);

static inline osm_msec osm_clock_now(const struct osm_clock *clock)
{
    return clock->monotonic(clock->context);
}

static inline uint64_t osm_clock_fine(const struct osm_clock *clock)
{
    return clock->microseconds ? clock->microseconds(clock->context) : osm_clock_now(clock) * 1000;
}

static inline double osm_clock_wall(const struct osm_clock *clock)
{
    return clock->wall(clock->context);
}

#endif
