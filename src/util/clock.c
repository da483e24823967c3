/* SPDX-License-Identifier: MIT */
/* The kernel's clocks behind struct osm_clock. */
#include "util/clock.h"

#include <stddef.h>
#include <time.h>

static osm_msec system_monotonic(void *context)
{
    struct timespec now;

    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (osm_msec)now.tv_sec * 1000 + (osm_msec)now.tv_nsec / 1000000;
}

static double system_wall(void *context)
{
    struct timespec now;

    (void)context;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)(now.tv_nsec / 1000) / 1e6;
}

const struct osm_clock *osm_clock_system(void)
{
    static const struct osm_clock clock = {
        .monotonic = system_monotonic, .wall = system_wall, .context = NULL};

    return &clock;
}

uint64_t osm_clock_microseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
