/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_LINK_CALLER_H
#define OSM_CORE_LINK_CALLER_H
/*
 * Who an operation works for: the memory it lives in, how long its answers may take, and whom to
 * tell of its end. Embedded in what the caller is: a request of a local program, a wish of
 * auto-connect, a test.
 *
 * An operation tells its caller once, by fail or by end, and is invalid then. Both only take note:
 * they may come from the middle of a walk over operations.
 */
#include <stdbool.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/clock.h"
#include "util/fault.h"

struct osm_caller;
struct osm_op;

struct osm_caller_ops {
    /* Whether, as far as anybody can tell, he still waits; may cost a system call. NULL = he
     * does. Not asked of one who has been abandoned. */
    bool (*is_awaited)(struct osm_caller *caller);
    /* The operation has failed; the fault is valid during the call. */
    void (*fail)(struct osm_caller *caller, const struct osm_fault *fault);
    /* The operation is over, and what it was to bring is where the two have agreed on. */
    void (*end)(struct osm_caller *caller);
};

struct osm_caller {
    const struct osm_caller_ops *ops;
    struct osm_arena *arena; /* what an operation keeps; until it has told its end */
    osm_msec timeout;        /* for each answer of the server; 0 = the link's */
    osm_msec max_age;        /* of values read, milliseconds; 0 = the server is asked */
    struct osm_op *op;       /* what works for him; NULL = nothing */
    const char *label;       /* what he calls it, for the log: "query"; NULL = the daemon itself */
    bool abandoned;          /* he has gone: what only reads need not be done */
    uint64_t maker;          /* of what he makes; 0 = the daemon, or one who may do everything */
    bool confined;           /* he may take and change only what is his own */
};

/* Whether he may take or change what `maker` has made. */
static inline bool osm_caller_may_change(const struct osm_caller *caller, uint64_t maker)
{
    return !caller->confined || caller->maker == maker;
}

static inline bool osm_caller_is_awaited(struct osm_caller *caller)
{
    return !caller->abandoned && (!caller->ops->is_awaited || caller->ops->is_awaited(caller));
}

#endif
