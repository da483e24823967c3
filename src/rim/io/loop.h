/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_IO_LOOP_H
#define OSM_RIM_IO_LOOP_H
/*
 * libuv's loop as the core sees it (port/loop_ops.h): one-shot timers, and a clock whose
 * monotonic part is the loop's own time. That time stands still during one turn, so a deadline
 * computed and a timer started in the same turn agree.
 *
 * Work that may block or takes long goes to libuv's pool of threads, or, in a program that is to
 * get no thread from us, is done in the loop's own one: a piece a turn, which is held for so long.
 */
#include <stdbool.h>

#include <uv.h>

#include "port/loop_ops.h"
#include "rim/io/timer.h"

struct osm_io_job;

struct osm_io_loop {
    struct osm_loop loop; /* what the core is given */
    struct osm_clock clock;
    uv_loop_t *uv;
    struct osm_io_timers timers;
    struct osm_io_job *here; /* work for the loop's own thread, in order */
};

/* The uv loop is borrowed; both must outlive every timer. Nothing to deinit, but after the last
 * timer_free() the loop must run once more for its memory to be given back. */
void osm_io_loop_init(struct osm_io_loop *io, uv_loop_t *loop);
/* The same without threads. */
void osm_io_loop_init_threadless(struct osm_io_loop *io, uv_loop_t *loop);
/* Whether the calling thread is doing work that was given to such a loop, in the pool or not. */
bool osm_io_is_work(void);

#endif
