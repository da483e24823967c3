/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_IO_DEADLINE_H
#define OSM_RIM_IO_DEADLINE_H
/*
 * Deadlines by the thousand for the price of one timer. Everything that waits for the same span
 * stands in one list, so each list is sorted by itself: entering and leaving are pointer work,
 * and the timer only ever looks at the heads.
 *
 * A deadline is met by the clock that was passed in, never by the loop's cached time: it fires
 * up to OSM_DEADLINE_GRAIN late, never early.
 */
#include <stddef.h>

#include <uv.h>

#include "util/clock.h"

/* Milliseconds between two looks at the earliest; what comes due in between is handled at once. */
#define OSM_DEADLINE_GRAIN ((osm_msec)100)

struct osm_deadline;
typedef void osm_deadline_fn(struct osm_deadline *deadline);

struct osm_deadline_list {
    struct osm_deadline *head; /* earliest first */
    osm_msec span;             /* 0 = never */
    osm_deadline_fn *expire;   /* called with the deadline cleared */
};

struct osm_deadline {
    struct osm_deadline *prev, *next;
    struct osm_deadline_list *list; /* NULL: not waiting */
    osm_msec at;
};

struct osm_deadlines {
    uv_timer_t timer;
    const struct osm_clock *clock;
    struct osm_deadline_list *lists; /* borrowed */
    size_t count;
    osm_msec due; /* what the timer is set to; OSM_MSEC_NEVER when stopped */
};

/* The lists are borrowed until the timer has been closed (by the owner, with uv_close). */
void osm_deadlines_init(struct osm_deadlines *deadlines, uv_loop_t *loop,
                        const struct osm_clock *clock, struct osm_deadline_list *lists,
                        size_t count);

/* Waits for list->span from now, whatever it was waiting for before. */
void osm_deadline_set(struct osm_deadlines *deadlines, struct osm_deadline *deadline,
                      struct osm_deadline_list *list);
/* Waits no longer; harmless when it did not. */
void osm_deadline_clear(struct osm_deadline *deadline);
/* Expires what is due. The timer calls it; so do tests that turn their clock by hand. */
void osm_deadlines_sweep(struct osm_deadlines *deadlines);

#endif
