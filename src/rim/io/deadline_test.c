/* SPDX-License-Identifier: MIT */
/* Deadlines: never early, in order, one timer for all. The clock is turned by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rim/io/deadline.h"
#include "util/macros.h"

static osm_msec now;
static struct osm_deadline *expired[8];
static size_t n_expired;

static osm_msec fake_monotonic(void *context)
{
    return now;
}

static const struct osm_clock fake_clock = {.monotonic = fake_monotonic};

static void on_expire(struct osm_deadline *deadline)
{
    assert_null(deadline->list);
    assert_true(n_expired < OSM_ARRAY_SIZE(expired));
    expired[n_expired++] = deadline;
}

struct fixture {
    uv_loop_t loop;
    struct osm_deadlines deadlines;
    struct osm_deadline_list lists[3];
    struct osm_deadline a, b, c;
};

static int setup(void **state)
{
    static struct fixture fixture;

    fixture = (struct fixture){.lists = {{.span = 1000, .expire = on_expire},
                                         {.span = 30000, .expire = on_expire},
                                         {.span = 0, .expire = on_expire}}};
    now = 5000;
    n_expired = 0;
    uv_loop_init(&fixture.loop);
    osm_deadlines_init(&fixture.deadlines, &fixture.loop, &fake_clock, fixture.lists,
                       OSM_ARRAY_SIZE(fixture.lists));
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    uv_close((uv_handle_t *)&f->deadlines.timer, NULL);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    return uv_loop_close(&f->loop);
}

static void sweep_at(struct fixture *f, osm_msec at, size_t count)
{
    now = at;
    osm_deadlines_sweep(&f->deadlines);
    assert_int_equal(n_expired, count);
}

static void test_never_early(void **state)
{
    struct fixture *f = *state;

    osm_deadline_set(&f->deadlines, &f->a, &f->lists[1]);
    sweep_at(f, 34999, 0);
    sweep_at(f, 35000, 1);
    assert_ptr_equal(expired[0], &f->a);
    sweep_at(f, 99999, 1);
}

static void test_order_and_clear(void **state)
{
    struct fixture *f = *state;

    osm_deadline_set(&f->deadlines, &f->a, &f->lists[0]);
    now += 10;
    osm_deadline_set(&f->deadlines, &f->b, &f->lists[0]);
    osm_deadline_set(&f->deadlines, &f->c, &f->lists[1]);
    osm_deadline_clear(&f->c);
    osm_deadline_clear(&f->c);
    sweep_at(f, 6000, 1);
    sweep_at(f, 6010, 2);
    assert_ptr_equal(expired[0], &f->a);
    assert_ptr_equal(expired[1], &f->b);
}

static void test_set_again_moves(void **state)
{
    struct fixture *f = *state;

    osm_deadline_set(&f->deadlines, &f->a, &f->lists[0]);
    now += 500;
    osm_deadline_set(&f->deadlines, &f->a, &f->lists[0]);
    sweep_at(f, 6000, 0);
    osm_deadline_set(&f->deadlines, &f->a, &f->lists[1]);
    sweep_at(f, 35999, 0);
    sweep_at(f, 36000, 1);
}

static void test_no_span_is_never(void **state)
{
    struct fixture *f = *state;

    osm_deadline_set(&f->deadlines, &f->a, &f->lists[2]);
    sweep_at(f, UINT64_MAX - 1, 0);
    assert_false(uv_is_active((uv_handle_t *)&f->deadlines.timer));
}

/* The timer is touched only when something earlier comes, and rests when nothing waits. */
static void test_timer(void **state)
{
    struct fixture *f = *state;

    osm_deadline_set(&f->deadlines, &f->a, &f->lists[1]);
    assert_int_equal(f->deadlines.due, 35000);
    now += 100;
    osm_deadline_set(&f->deadlines, &f->b, &f->lists[1]);
    assert_int_equal(f->deadlines.due, 35000);
    osm_deadline_set(&f->deadlines, &f->c, &f->lists[0]);
    assert_int_equal(f->deadlines.due, 6100);
    now = 6050;
    osm_deadlines_sweep(&f->deadlines);
    assert_int_equal(f->deadlines.due, 6050 + OSM_DEADLINE_GRAIN);
    sweep_at(f, 40000, 3);
    assert_int_equal(f->deadlines.due, OSM_MSEC_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_never_early, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order_and_clear, setup, teardown),
        cmocka_unit_test_setup_teardown(test_set_again_moves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_span_is_never, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timer, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
