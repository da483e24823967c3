/* SPDX-License-Identifier: MIT */
/* Timers on a real loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rim/io/loop.h"

#include "util/macros.h"

struct fixture {
    uv_loop_t uv;
    struct osm_io_loop io;
    struct osm_timer *timer;
    int fired;
};

static int setup(void **state)
{
    static struct fixture fixture;

    fixture = (struct fixture){0};
    *state = &fixture;
    if (uv_loop_init(&fixture.uv) < 0)
        return -1;
    osm_io_loop_init(&fixture.io, &fixture.uv);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    uv_run(&fixture->uv, UV_RUN_DEFAULT);
    return uv_loop_close(&fixture->uv); /* nothing is left */
}

static void on_fire(void *context)
{
    struct fixture *fixture = context;

    fixture->fired++;
}

static void on_fire_and_free(void *context)
{
    struct fixture *fixture = context;

    fixture->fired++;
    fixture->io.loop.ops->timer_free(fixture->timer);
    fixture->timer = NULL;
}

static void on_fire_again(void *context)
{
    struct fixture *fixture = context;

    if (++fixture->fired < 5)
        fixture->io.loop.ops->timer_start(fixture->timer, 0);
}

static void test_fires_once_and_not_before(void **state)
{
    struct fixture *fixture = *state;
    const struct osm_loop_ops *ops = fixture->io.loop.ops;
    osm_msec start = osm_clock_now(fixture->io.loop.clock);

    fixture->timer = osm_loop_timer(&fixture->io.loop, on_fire, fixture);
    ops->timer_start(fixture->timer, 20);
    assert_int_equal(fixture->fired, 0);
    uv_run(&fixture->uv, UV_RUN_DEFAULT);
    assert_int_equal(fixture->fired, 1);
    assert_true(osm_clock_now(fixture->io.loop.clock) - start >= 20);
    ops->timer_free(fixture->timer);
}

static void test_zero_is_the_next_turn(void **state)
{
    struct fixture *fixture = *state;

    fixture->timer = osm_loop_timer(&fixture->io.loop, on_fire_again, fixture);
    fixture->io.loop.ops->timer_start(fixture->timer, 0);
    assert_int_equal(fixture->fired, 0);
    uv_run(&fixture->uv, UV_RUN_DEFAULT);
    assert_int_equal(fixture->fired, 5);
    fixture->io.loop.ops->timer_free(fixture->timer);
}

static void test_stop_and_restart(void **state)
{
    struct fixture *fixture = *state;
    const struct osm_loop_ops *ops = fixture->io.loop.ops;

    fixture->timer = osm_loop_timer(&fixture->io.loop, on_fire, fixture);
    ops->timer_start(fixture->timer, 1);
    ops->timer_stop(fixture->timer);
    ops->timer_stop(fixture->timer);
    uv_run(&fixture->uv, UV_RUN_DEFAULT);
    assert_int_equal(fixture->fired, 0);
    ops->timer_start(fixture->timer, 60000);
    ops->timer_start(fixture->timer, 1); /* the later start counts */
    uv_run(&fixture->uv, UV_RUN_DEFAULT);
    assert_int_equal(fixture->fired, 1);
    ops->timer_free(fixture->timer);
}

static void test_free_inside_its_own_callback(void **state)
{
    struct fixture *fixture = *state;

    fixture->timer = osm_loop_timer(&fixture->io.loop, on_fire_and_free, fixture);
    fixture->io.loop.ops->timer_start(fixture->timer, 0);
    uv_run(&fixture->uv, UV_RUN_DEFAULT);
    assert_int_equal(fixture->fired, 1);
    assert_null(fixture->timer);
}

static void test_free_without_start(void **state)
{
    struct fixture *fixture = *state;
    const struct osm_loop_ops *ops = fixture->io.loop.ops;

    ops->timer_free(osm_loop_timer(&fixture->io.loop, on_fire, fixture));
    ops->timer_free(NULL);
    fixture->timer = osm_loop_timer(&fixture->io.loop, on_fire, fixture);
    ops->timer_start(fixture->timer, 1);
    ops->timer_free(fixture->timer);
    uv_run(&fixture->uv, UV_RUN_DEFAULT);
    assert_int_equal(fixture->fired, 0);
}

static void test_clock(void **state)
{
    struct fixture *fixture = *state;
    double wall = osm_clock_wall(osm_clock_system());

    assert_true(osm_clock_now(fixture->io.loop.clock) == uv_now(&fixture->uv));
    assert_true(osm_clock_wall(fixture->io.loop.clock) >= wall);
    assert_true(osm_clock_wall(fixture->io.loop.clock) < wall + 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_fires_once_and_not_before), T(test_zero_is_the_next_turn),
        T(test_stop_and_restart),          T(test_free_inside_its_own_callback),
        T(test_free_without_start),        T(test_clock),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
