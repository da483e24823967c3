/* SPDX-License-Identifier: MIT */
/* Sorted-by-construction deadline lists under one libuv timer; see deadline.h. */
#include "rim/io/deadline.h"

#include <utlist.h>

#include "rim/io/turn.h"
#include "util/macros.h"

static void on_timer(uv_timer_t *timer)
{
    osm_turn_name("deadlines");
    osm_deadlines_sweep(osm_container_of(timer, struct osm_deadlines, timer));
}

void osm_deadlines_init(struct osm_deadlines *deadlines, uv_loop_t *loop,
                        const struct osm_clock *clock, struct osm_deadline_list *lists,
                        size_t count)
{
    *deadlines = (struct osm_deadlines){
        .clock = clock, .lists = lists, .count = count, .due = OSM_MSEC_NEVER};
    (void)uv_timer_init(loop, &deadlines->timer);
}

static void set_timer(struct osm_deadlines *deadlines, osm_msec now, osm_msec at)
{
    osm_msec wait = at > now ? at - now : 0;

    wait = OSM_MAX(wait, OSM_DEADLINE_GRAIN);
    if (uv_is_closing((uv_handle_t *)&deadlines->timer))
        return;
    (void)uv_timer_start(&deadlines->timer, on_timer, wait, 0);
    deadlines->due = now + wait;
}

void osm_deadline_set(struct osm_deadlines *deadlines, struct osm_deadline *deadline,
                      struct osm_deadline_list *list)
{
    osm_msec now;

    osm_deadline_clear(deadline);
    if (list->span == 0)
        return;
    now = osm_clock_now(deadlines->clock);
    deadline->at = now + list->span;
    deadline->list = list;
    DL_APPEND(list->head, deadline);
    /* A timer that is set too early finds nothing and sets itself anew; one that is set too
     * late would miss this deadline. */
    if (deadlines->due > OSM_MAX(deadline->at, now + OSM_DEADLINE_GRAIN))
        set_timer(deadlines, now, deadline->at);
}

void osm_deadline_clear(struct osm_deadline *deadline)
{
    if (!deadline->list)
        return;
    DL_DELETE(deadline->list->head, deadline);
    deadline->list = NULL;
}

void osm_deadlines_sweep(struct osm_deadlines *deadlines)
{
    osm_msec now = osm_clock_now(deadlines->clock);
    osm_msec next = OSM_MSEC_NEVER;

    deadlines->due = OSM_MSEC_NEVER;
    for (size_t i = 0; i < deadlines->count; i++) {
        struct osm_deadline_list *list = &deadlines->lists[i];

        while (list->head && list->head->at <= now) {
            struct osm_deadline *deadline = list->head;

            osm_deadline_clear(deadline);
            list->expire(deadline);
        }
    }
    for (size_t i = 0; i < deadlines->count; i++) {
        if (deadlines->lists[i].head)
            next = OSM_MIN(next, deadlines->lists[i].head->at);
    }
    if (next != OSM_MSEC_NEVER)
        set_timer(deadlines, now, next);
}
