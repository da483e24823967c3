/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_IO_ERRAND_H
#define OSM_RIM_IO_ERRAND_H
/*
 * Work that may hang for as long as it likes, each piece in a thread of its own: a resolver, the
 * handshake with a broker, the start of a program. Nothing can break it off; so a thread has its
 * own memory, and whoever does not want to know any more, the end of the loop and that of the
 * process do not wait for it. What waits only for a disk or a processor is work of the pool
 * (port/loop_ops.h).
 */
#include <uv.h>

#include "util/macros.h"

/* What is to be done with a piece of work, which is handed over with osm_errand_new(). */
struct osm_errand_ops {
    /* In the thread, to which the work belongs until this returns. */
    void (*run)(void *work);
    /* On the loop, from the loop only: it has run (status 0), or there was no thread for it (a
     * negative error of libuv). Not after osm_errand_drop() or osm_errands_free(). */
    void (*done)(void *work, int status);
    /* After done(), or instead of it, and then on the loop or in the thread, where it may take its
     * time: the last that is heard of the work. */
    void (*free)(void *work);
    const char *turn; /* for osm_turn_name() */
};

struct osm_errands;
struct osm_errand;

/* At most so many threads at once, those included that hang while nobody waits; further errands
 * wait their turn. */
struct osm_errands *osm_errands_new(uv_loop_t *loop, const struct osm_errand_ops *ops,
                                    unsigned most);
/* No errand is done any more; gone(context) (NULL = nobody cares) is called once the loop has
 * nothing of it any more. Threads that hang are left behind. NULL is fine, and then nobody is told.
 */
void osm_errands_free(struct osm_errands *errands, void (*gone)(void *context), void *context);

/* Begins, or waits for its turn. Until it is done or dropped the loop does not end. */
struct osm_errand *osm_errand_new(struct osm_errands *errands, void *work);
/* Before it is done: it will not be. NULL is fine. */
void osm_errand_drop(struct osm_errand *errand);

#endif
