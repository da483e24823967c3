/* SPDX-License-Identifier: MIT */
/* Timers and work on a real loop. */
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
    uv_run(&fixture->uv, UV_RUN_NOWAIT);
    assert_int_equal(fixture->fired, 1); /* it is another turn when it starts itself again, too */
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

/* ---- work ---------------------------------------------------------------------------------- */

struct piece {
    struct fixture *fixture;
    uv_thread_t thread;
    bool is_work;
    unsigned turn; /* it was done in, or begun */
};

static unsigned turns;

static void on_prepare(uv_prepare_t *prepare)
{
    (void)prepare;
    turns++;
}

static void piece_work(void *context)
{
    struct piece *piece = context;

    piece->thread = uv_thread_self();
    piece->is_work = osm_io_is_work();
}

static void piece_done(void *context)
{
    struct piece *piece = context;

    assert_false(osm_io_is_work());
    piece->turn = turns;
    piece->fixture->fired++;
}

static void give_pieces(struct fixture *fixture, struct piece *pieces, size_t count)
{
    const struct osm_loop *loop = &fixture->io.loop;

    for (size_t i = 0; i < count; i++) {
        pieces[i] = (struct piece){.fixture = fixture};
        loop->ops->work(loop->context, piece_work, piece_done, &pieces[i]);
    }
    assert_int_equal(fixture->fired, 0);
    uv_run(&fixture->uv, UV_RUN_DEFAULT);
    assert_int_equal(fixture->fired, count);
}

static void test_work_in_the_pool(void **state)
{
    const uv_thread_t self = uv_thread_self();
    struct piece pieces[3];

    give_pieces(*state, pieces, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(pieces[i].is_work);
        assert_false(uv_thread_equal(&pieces[i].thread, &self));
    }
}

/* Where there is no thread: in order, one a turn. */
static void test_work_here(void **state)
{
    struct fixture *fixture = *state;
    const uv_thread_t self = uv_thread_self();
    struct piece pieces[3];
    uv_prepare_t prepare;

    osm_io_loop_init_threadless(&fixture->io, &fixture->uv);
    assert_int_equal(uv_prepare_init(&fixture->uv, &prepare), 0);
    uv_prepare_start(&prepare, on_prepare);
    uv_unref((uv_handle_t *)&prepare);
    give_pieces(fixture, pieces, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(pieces[i].is_work);
        assert_true(uv_thread_equal(&pieces[i].thread, &self));
        assert_true(i == 0 || pieces[i].turn == pieces[i - 1].turn + 1);
    }
    uv_close((uv_handle_t *)&prepare, NULL);
    uv_run(&fixture->uv, UV_RUN_DEFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_fires_once_and_not_before), T(test_zero_is_the_next_turn),
        T(test_stop_and_restart),          T(test_free_inside_its_own_callback),
        T(test_free_without_start),        T(test_clock),
        T(test_work_in_the_pool),          T(test_work_here),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
