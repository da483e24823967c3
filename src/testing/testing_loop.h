/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_LOOP_H
#define OSM_TESTING_TESTING_LOOP_H
/*
 * For tests: a clock that is turned by hand and a loop whose timers follow it. Nothing here
 * waits. It defines struct osm_timer in rim/io's stead, so no test program links both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <utlist.h>

#include "port/loop_ops.h"
#include "util/alloc.h"
#include "util/macros.h"

struct test_loop {
    osm_msec now;
    double wall; /* seconds; tests may set it back and forth */
    struct osm_clock clock;
    struct osm_loop loop;
    struct osm_timer *timers;
    struct test_work *works;
    bool hold_work; /* work off the loop does not come back yet */
    unsigned fired;
    unsigned fired_now; /* since the clock has moved */
};

struct test_work {
    void (*work)(void *context);
    void (*done)(void *context);
    void *context;
    struct test_work *next;
};

struct osm_timer {
    struct test_loop *loop;
    osm_timer_fn *fire;
    void *context;
    osm_msec due; /* OSM_MSEC_NEVER = stopped */
    struct osm_timer *prev, *next;
};

void test_loop_init(struct test_loop *loop);

/* Lets the first piece of work come back; false when there is none. */
bool test_loop_work_off(struct test_loop *loop);

/* Fires the first timer that is due by `until`, moving the clock to it; false when there is none.
 */
bool test_loop_fire(struct test_loop *loop, osm_msec until);

#endif
