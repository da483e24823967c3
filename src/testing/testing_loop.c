/* SPDX-License-Identifier: MIT */
/* The clock that is turned by hand, and timers and work that follow it (testing_loop.h). */
#include "testing/testing_loop.h"

static osm_msec test_clock_monotonic(void *context)
{
    return ((struct test_loop *)context)->now;
}

static double test_clock_wall(void *context)
{
    return ((struct test_loop *)context)->wall;
}

static struct osm_timer *test_timer_new(void *loop, osm_timer_fn *fire, void *context)
{
    struct osm_timer *timer = osm_alloc(sizeof(*timer));
    struct test_loop *owner = loop;

    timer->loop = owner;
    timer->fire = fire;
    timer->context = context;
    timer->due = OSM_MSEC_NEVER;
    DL_APPEND(owner->timers, timer);
    return timer;
}

static void test_timer_start(struct osm_timer *timer, osm_msec delay)
{
    timer->due = timer->loop->now + delay;
}

static void test_timer_stop(struct osm_timer *timer)
{
    timer->due = OSM_MSEC_NEVER;
}

static void test_timer_free(struct osm_timer *timer)
{
    if (!timer)
        return;
    DL_DELETE(timer->loop->timers, timer);
    free(timer);
}

static void test_loop_work(void *loop, void (*work)(void *context), void (*done)(void *context),
                           void *context)
{
    struct test_work *entry = osm_alloc(sizeof(*entry));
    struct test_loop *owner = loop;

    *entry = (struct test_work){.work = work, .done = done, .context = context};
    LL_APPEND(owner->works, entry);
}

bool test_loop_work_off(struct test_loop *loop)
{
    struct test_work *entry = loop->works;

    if (!entry || loop->hold_work)
        return false;
    LL_DELETE(loop->works, entry);
    entry->work(entry->context);
    entry->done(entry->context);
    free(entry);
    return true;
}

void test_loop_init(struct test_loop *loop)
{
    static const struct osm_loop_ops ops = {.timer_new = test_timer_new,
                                            .timer_start = test_timer_start,
                                            .timer_stop = test_timer_stop,
                                            .timer_free = test_timer_free,
                                            .work = test_loop_work};

    *loop = (struct test_loop){.now = 1000000, .wall = 1700000000.25};
    loop->clock = (struct osm_clock){
        .monotonic = test_clock_monotonic, .wall = test_clock_wall, .context = loop};
    loop->loop = (struct osm_loop){.ops = &ops, .context = loop, .clock = &loop->clock};
}

bool test_loop_fire(struct test_loop *loop, osm_msec until)
{
    struct osm_timer *timer, *first = NULL;

    DL_FOREACH (loop->timers, timer)
        if (timer->due <= until && timer->due != OSM_MSEC_NEVER &&
            (!first || timer->due < first->due))
            first = timer;
    if (!first)
        return false;
    if (first->due > loop->now) {
        loop->wall += (double)(first->due - loop->now) / 1000.0;
        loop->now = first->due;
        loop->fired_now = 0;
    }
    loop->fired_now++;
    osm_assert(loop->fired_now < 100000); /* else the real loop would do nothing else */
    first->due = OSM_MSEC_NEVER;
    loop->fired++;
    first->fire(first->context);
    return true;
}
