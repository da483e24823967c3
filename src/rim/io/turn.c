/* SPDX-License-Identifier: MIT */
/* The longest named span of the running turn; see turn.h. A loop has one thread, and a process may
 * have several loops: clients of the library. */
#include "rim/io/turn.h"

#include <stddef.h>
#include <time.h>

#include "util/log.h"

static _Thread_local struct {
    const char *current;
    uint64_t since;
    struct osm_turn_span longest;
} turn;

static uint64_t nanoseconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

void osm_turn_name(const char *name)
{
    uint64_t now = nanoseconds_now();

    if (turn.current && now - turn.since > turn.longest.nanoseconds)
        turn.longest =
            (struct osm_turn_span){turn.current, now - turn.since, turn.longest.interrupted};
    turn.current = name;
    turn.since = now;
    osm_log_about_nothing();
}

void osm_turn_interrupted(void)
{
    turn.longest.interrupted = true;
}

struct osm_turn_span osm_turn_end(void)
{
    struct osm_turn_span longest;

    if (turn.current)
        osm_turn_name(NULL);
    longest = turn.longest;
    turn.longest = (struct osm_turn_span){0};
    return longest;
}
