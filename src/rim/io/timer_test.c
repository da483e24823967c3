/* SPDX-License-Identifier: MIT */
/* Many timers under one of libuv's: order, stops, ends. What one does alone is in loop_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rim/io/timer.h"

#include "util/macros.h"

#define MANY 300

struct fixture {
    uv_loop_t uv;
    struct osm_io_timers timers;
    struct entry {
        struct fixture *fixture;
        struct osm_timer *timer;
        osm_msec due;   /* 0 = it is not to fire */
        unsigned start; /* among those with the same due */
    } entries[MANY];
    const struct entry *last;
    unsigned starts, fired;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    *state = fixture;
    if (!fixture || uv_loop_init(&fixture->uv) < 0)
        return -1;
    fixture->timers.uv = &fixture->uv;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    int r;

    uv_run(&fixture->uv, UV_RUN_DEFAULT);
    r = uv_loop_close(&fixture->uv); /* nothing is left */
    free(fixture);
    return r;
}

static void start(struct entry *entry, osm_msec delay)
{
    entry->due = uv_now(&entry->fixture->uv) + delay;
    entry->start = ++entry->fixture->starts;
    osm_io_timer_start(entry->timer, delay);
}

static void stop(struct entry *entry)
{
    entry->due = 0;
    osm_io_timer_stop(entry->timer);
}

static void on_fire(void *context)
{
    struct entry *entry = context;
    struct fixture *fixture = entry->fixture;
    const struct entry *last = fixture->last;

    assert_true(entry->due != 0);
    assert_true(entry->due <= uv_now(&fixture->uv));
    if (last)
        assert_true(last->due < entry->due ||
                    (last->due == entry->due && last->start < entry->start));
    fixture->last = entry;
    fixture->fired++;
}

static void make_many(struct fixture *fixture)
{
    for (size_t i = 0; i < MANY; i++) {
        struct entry *entry = &fixture->entries[i];

        *entry = (struct entry){.fixture = fixture};
        entry->timer = osm_io_timer_new(&fixture->timers, on_fire, entry);
    }
}

static void free_many(struct fixture *fixture)
{
    for (size_t i = 0; i < MANY; i++)
        osm_io_timer_free(osm_steal(fixture->entries[i].timer));
}

/* Whatever was done before: all that run fire, in order, and no other. */
static void test_order(void **state)
{
    struct fixture *fixture = *state;
    unsigned expected = 0;

    srand(7);
    make_many(fixture);
    for (unsigned i = 0; i < 20 * MANY; i++) {
        struct entry *entry = &fixture->entries[rand() % MANY];

        if (rand() % 3)
            start(entry, (osm_msec)(rand() % 40));
        else
            stop(entry);
    }
    for (size_t i = 0; i < MANY; i++)
        expected += fixture->entries[i].due != 0;
    uv_run(&fixture->uv, UV_RUN_DEFAULT);
    assert_int_equal(fixture->fired, expected);
    free_many(fixture);
}

/* The loop does not wait for what does not run. */
static void test_nothing_runs(void **state)
{
    struct fixture *fixture = *state;

    make_many(fixture);
    for (size_t i = 0; i < MANY; i++)
        start(&fixture->entries[i], 600000 + i);
    assert_int_equal(uv_loop_alive(&fixture->uv), 1);
    for (size_t i = 0; i < MANY; i++)
        stop(&fixture->entries[i]);
    uv_run(&fixture->uv, UV_RUN_DEFAULT);
    assert_int_equal(fixture->fired, 0);
    free_many(fixture);
}

static void on_fire_and_free_all(void *context)
{
    struct entry *entry = context;

    entry->fixture->fired++;
    free_many(entry->fixture);
}

static void test_one_frees_all(void **state)
{
    struct fixture *fixture = *state;
    struct entry *first = &fixture->entries[0];

    make_many(fixture);
    osm_io_timer_free(first->timer);
    first->timer = osm_io_timer_new(&fixture->timers, on_fire_and_free_all, first);
    for (size_t i = 0; i < MANY; i++)
        start(&fixture->entries[i], i == 0 ? 0 : 1);
    uv_run(&fixture->uv, UV_RUN_DEFAULT);
    assert_int_equal(fixture->fired, 1);
}

static void on_fire_and_begin_anew(void *context)
{
    struct entry *entry = context;

    free_many(entry->fixture);
    make_many(entry->fixture);
    for (size_t i = 0; i < MANY; i++)
        start(&entry->fixture->entries[i], 0);
    assert_int_equal(entry->fixture->fired, 0); /* not before the next turn */
}

static void test_one_frees_all_and_makes_others(void **state)
{
    struct fixture *fixture = *state;
    struct entry *first = &fixture->entries[0];

    first->fixture = fixture;
    first->timer = osm_io_timer_new(&fixture->timers, on_fire_and_begin_anew, first);
    start(first, 0);
    uv_run(&fixture->uv, UV_RUN_DEFAULT);
    assert_int_equal(fixture->fired, MANY);
    free_many(fixture);
}

static void test_far_away(void **state)
{
    struct fixture *fixture = *state;

    make_many(fixture);
    fixture->entries[0].due = UINT64_MAX;
    osm_io_timer_start(fixture->entries[0].timer, OSM_MSEC_NEVER);
    start(&fixture->entries[1], 1);
    while (!fixture->fired) /* never sleeps: nothing but the far one may be left to wait for */
        uv_run(&fixture->uv, UV_RUN_NOWAIT);
    assert_int_equal(fixture->fired, 1);
    free_many(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_order),         T(test_nothing_runs),
        T(test_one_frees_all), T(test_one_frees_all_and_makes_others),
        T(test_far_away),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
