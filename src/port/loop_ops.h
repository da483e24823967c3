/* SPDX-License-Identifier: MIT */
#ifndef OSM_PORT_LOOP_OPS_H
#define OSM_PORT_LOOP_OPS_H
/*
 * What the core asks of an event loop: one-shot timers, and a place for work that may block. The
 * daemon gives it libuv's (src/rim/io), tests a queue they turn by hand together with their clock.
 */
#include "util/clock.h"

struct osm_timer;
typedef void osm_timer_fn(void *context);

struct osm_loop_ops {
    /* A stopped timer; fire(context) will be called on the loop, never from inside start. */
    struct osm_timer *(*timer_new)(void *loop, osm_timer_fn *fire, void *context);
    /* (Re)starts it: it fires once, delay milliseconds from now. 0 = on the next turn. */
    void (*timer_start)(struct osm_timer *timer, osm_msec delay);
    void (*timer_stop)(struct osm_timer *timer);
    /* Stops and frees it; NULL is fine. Allowed inside its own callback. */
    void (*timer_free)(struct osm_timer *timer);
    /* Runs work(context) where it may block, on another thread, or in a later turn where there is
     * none; then done(context) on the loop. context must stay until then. */
    void (*work)(void *loop, void (*work)(void *context), void (*done)(void *context),
                 void *context);
};

/* A loop as the core sees it: operations, their context and the clock they follow. */
struct osm_loop {
    const struct osm_loop_ops *ops;
    void *context;
    const struct osm_clock *clock;
};

static inline struct osm_timer *osm_loop_timer(const struct osm_loop *loop, osm_timer_fn *fire,
                                               void *context)
{
    return loop->ops->timer_new(loop->context, fire, context);
}

#endif
