/* SPDX-License-Identifier: MIT */
/* The running turn and its longest named span; see turn.h. A loop has one thread, and a process may
 * have several loops: clients of the library. */
#include "rim/io/turn.h"

#include <stddef.h>
#include <time.h>

#include "util/log.h"

static _Thread_local struct {
    const char *current;
    uint64_t began, since; /* 0 = nobody has named himself yet */
    struct osm_turn so_far;
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

    if (turn.current && now - turn.since > turn.so_far.longest_ns) {
        turn.so_far.longest = turn.current;
        turn.so_far.longest_ns = now - turn.since;
    }
    if (!turn.began)
        turn.began = now;
    turn.current = name;
    turn.since = now;
    osm_log_about_nothing();
}

struct osm_turn osm_turn_end(void)
{
    struct osm_turn ended;

    if (!turn.began)
        return (struct osm_turn){0};
    osm_turn_name(NULL);
    ended = turn.so_far;
    ended.busy_ns = turn.since - turn.began;
    turn.so_far = (struct osm_turn){0};
    turn.began = 0;
    return ended;
}
