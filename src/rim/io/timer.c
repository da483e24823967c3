/* SPDX-License-Identifier: MIT */
/* A binary heap of timers under one of libuv's; see timer.h. */
#include "rim/io/timer.h"

#include <stdbool.h>
#include <stdlib.h>

#include "rim/io/turn.h"
#include "util/alloc.h"
#include "util/macros.h"

struct osm_timer {
    osm_timer_fn *fire;
    void *context;
    struct osm_io_timers *timers;
    osm_msec due;   /* loop time */
    uint32_t order; /* among those with the same due */
    uint32_t at;    /* its place in the heap, from 1; 0 = it does not run */
};

/* Freed by the close callback, which may be after the loop's owner has gone. */
struct osm_io_alarm {
    uv_timer_t handle;
    struct osm_io_timers *timers; /* NULL: being closed */
    osm_msec due;                 /* what it is set to */
};

static _Thread_local const struct osm_timer *firing;

static bool is_earlier(const struct osm_timer *a, const struct osm_timer *b)
{
    return a->due != b->due ? a->due < b->due : (int32_t)(a->order - b->order) < 0;
}

static void put(struct osm_io_timers *timers, uint32_t at, struct osm_timer *timer)
{
    timers->heap[at - 1] = timer;
    timer->at = at;
}

/* Puts it at `at`, which is free, or where it belongs from there. */
static void sift(struct osm_io_timers *timers, uint32_t at, struct osm_timer *timer)
{
    while (at > 1 && is_earlier(timer, timers->heap[at / 2 - 1])) {
        put(timers, at, timers->heap[at / 2 - 1]);
        at /= 2;
    }
    for (uint32_t next = 2 * at; next <= timers->running; next = 2 * at) {
        if (next < timers->running && is_earlier(timers->heap[next], timers->heap[next - 1]))
            next++;
        if (is_earlier(timer, timers->heap[next - 1]))
            break;
        put(timers, at, timers->heap[next - 1]);
        at = next;
    }
    put(timers, at, timer);
}

static void take_out(struct osm_timer *timer)
{
    struct osm_io_timers *timers = timer->timers;
    uint32_t at = timer->at;
    struct osm_timer *last = timers->heap[--timers->running];

    timer->at = 0;
    if (last != timer)
        sift(timers, at, last);
}

static void on_alarm(uv_timer_t *handle);

/* Sets libuv's timer to the earliest. */
static void set_alarm(struct osm_io_timers *timers)
{
    struct osm_io_alarm *alarm = timers->alarm;
    osm_msec now = uv_now(timers->uv), due;

    if (!timers->running) {
        (void)uv_timer_stop(&alarm->handle);
        alarm->due = OSM_MSEC_NEVER;
        return;
    }
    due = timers->heap[0]->due;
    if (due == alarm->due)
        return;
    alarm->due = due;
    (void)uv_timer_start(&alarm->handle, on_alarm, due > now ? due - now : 0, 0);
}

/* Those that are started meanwhile are behind all that are due. */
static void on_alarm(uv_timer_t *handle)
{
    struct osm_io_alarm *alarm = osm_container_of(handle, struct osm_io_alarm, handle);
    struct osm_io_timers *timers = alarm->timers;
    osm_msec now = uv_now(timers->uv);
    uint32_t last = timers->order;

    alarm->due = OSM_MSEC_NEVER;
    while (alarm->timers && timers->running) {
        struct osm_timer *timer = timers->heap[0];

        if (timer->due > now || (int32_t)(timer->order - last) > 0)
            break;
        take_out(timer);
        osm_turn_name("timer");
        firing = timer;
        timer->fire(timer->context);
        firing = NULL;
    }
    if (alarm->timers)
        set_alarm(timers);
}

static void on_alarm_closed(uv_handle_t *handle)
{
    free(osm_container_of((uv_timer_t *)handle, struct osm_io_alarm, handle));
}

static void begin(struct osm_io_timers *timers)
{
    struct osm_io_alarm *alarm = osm_alloc(sizeof(*alarm));

    alarm->timers = timers;
    alarm->due = OSM_MSEC_NEVER;
    (void)uv_timer_init(timers->uv, &alarm->handle);
    timers->alarm = alarm;
}

static void end(struct osm_io_timers *timers)
{
    struct osm_io_alarm *alarm = osm_steal(timers->alarm);

    alarm->timers = NULL;
    uv_close((uv_handle_t *)&alarm->handle, on_alarm_closed);
    free(osm_steal(timers->heap));
    timers->room = 0;
}

struct osm_timer *osm_io_timer_new(struct osm_io_timers *timers, osm_timer_fn *fire, void *context)
{
    struct osm_timer *timer = osm_alloc(sizeof(*timer));

    osm_assert(fire);
    timer->fire = fire;
    timer->context = context;
    timer->timers = timers;
    if (timers->alive++ == 0)
        begin(timers);
    return timer;
}

void osm_io_timer_start(struct osm_timer *timer, osm_msec delay)
{
    struct osm_io_timers *timers = timer->timers;
    osm_msec now = uv_now(timers->uv);

    /* In its own callback 0 would be this turn once more: libuv before 1.45 looks again for what is
     * due, and work that was parted into turns would be one. */
    if (timer == firing)
        delay = OSM_MAX(delay, 1U);
    if (timer->at)
        take_out(timer);
    timer->due = delay < OSM_MSEC_NEVER - now ? now + delay : OSM_MSEC_NEVER - 1;
    timer->order = ++timers->order;
    if (timers->running == timers->room) {
        timers->room = OSM_MAX(2 * timers->room, 16U);
        timers->heap = osm_alloc_resize(timers->heap, timers->room * sizeof(struct osm_timer *));
    }
    sift(timers, ++timers->running, timer);
    set_alarm(timers);
}

void osm_io_timer_stop(struct osm_timer *timer)
{
    if (!timer->at)
        return;
    take_out(timer);
    set_alarm(timer->timers);
}

void osm_io_timer_free(struct osm_timer *timer)
{
    struct osm_io_timers *timers;

    if (!timer)
        return;
    timers = timer->timers;
    if (timer == firing)
        firing = NULL; /* another one may get its memory */
    osm_io_timer_stop(timer);
    free(timer);
    if (--timers->alive == 0)
        end(timers);
}
