/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_IO_TIMER_H
#define OSM_RIM_IO_TIMER_H
/*
 * One-shot timers by the thousand on one of libuv's: a session has four, and each of libuv's own
 * takes 152 bytes and must be closed in a turn of its own. Those that run stand in a heap, the
 * earliest first, among equals whoever was started first; libuv's timer is set to that one.
 *
 * libuv's timer exists as long as there are any of ours, so nobody has to end them as a whole. For
 * the loop's thread only; what the functions mean is said in port/loop_ops.h.
 */
#include <uv.h>

#include "port/loop_ops.h"

struct osm_io_alarm;

struct osm_io_timers {
    uv_loop_t *uv;
    struct osm_io_alarm *alarm; /* libuv's; NULL = there are no timers */
    struct osm_timer **heap;    /* those that run */
    uint32_t running, room, alive;
    uint32_t order; /* of the one started last; goes round */
};

struct osm_timer *osm_io_timer_new(struct osm_io_timers *timers, osm_timer_fn *fire, void *context);
void osm_io_timer_start(struct osm_timer *timer, osm_msec delay);
void osm_io_timer_stop(struct osm_timer *timer);
void osm_io_timer_free(struct osm_timer *timer);

#endif
