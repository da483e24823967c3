/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_IO_LOOP_H
#define OSM_RIM_IO_LOOP_H
/*
 * libuv's loop as the core sees it (port/loop_ops.h): one-shot timers, and a clock whose
 * monotonic part is the loop's own time. That time stands still during one turn, so a deadline
 * computed and a timer started in the same turn agree.
 */
#include <uv.h>

#include "port/loop_ops.h"

struct osm_io_loop {
    struct osm_loop loop; /* what the core is given */
    struct osm_clock clock;
};

/* The uv loop is borrowed; both must outlive every timer. Nothing to deinit, but after the last
 * timer_free() the loop must run once more for its memory to be given back. */
void osm_io_loop_init(struct osm_io_loop *io, uv_loop_t *loop);

#endif
