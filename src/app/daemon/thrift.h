/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_THRIFT_H
#define OSM_APP_DAEMON_THRIFT_H
/*
 * Memory that a burst of work needed goes back to the system when it is over. While there is much
 * to do it stays, because the next requests need the same (app/process/process.c); when little has
 * come for a second, and each half minute in any case, what is kept for the next callers, spare
 * slabs (util/slab.h) and free pages of the heap go.
 *
 * Looking through the heap holds the loop: 0.05 to 0.3 ms with up to 5 000 sessions. It takes no
 * more than a ten-thousandth of the time.
 *
 * For a process of our own only: memory of somebody else's is his.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

struct osm_ipc_server;

struct osm_thrift {
    uv_timer_t timer;
    struct osm_ipc_server *server;
    size_t seen;       /* moves of cells by the last look */
    size_t trimmed;    /* … by the last time memory was given back */
    uint64_t not_till; /* loop time; … */
    uint64_t at_last;  /* … and when it is done in any case */
    bool started;
};

/* The server must stay until the end begins. */
void osm_thrift_start(struct osm_thrift *thrift, uv_loop_t *loop, struct osm_ipc_server *server);
/* Begins to close; the struct must stay until the loop has run once more. */
void osm_thrift_end(struct osm_thrift *thrift);

/* The two halves of a look, for tests. Whether memory is to be given back at `now` (ms), when cells
 * have been taken or given back `moves` times since the process began … */
bool osm_thrift_is_due(struct osm_thrift *thrift, uint64_t now, size_t moves);
/* … and that it was, in so many nanoseconds. */
void osm_thrift_done(struct osm_thrift *thrift, uint64_t now, uint64_t took);

#endif
