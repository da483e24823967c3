/* SPDX-License-Identifier: MIT */
/* Errands beside each other; one that hangs holds up neither the loop nor its end, and the work of
 * each is freed once, wherever it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rim/io/errand.h"
#include "testing/testing_hang.h"
#include "util/alloc.h"

#define MOST 3u

/* ---- work that hangs until it may go -----------------------------------------------------------
 */

struct work {
    struct fixture *fixture;
    bool hangs;
};

static void run(void *context)
{
    test_hang_pass(((struct work *)context)->hangs);
}

static void work_free(void *context)
{
    free(context);
    test_hang_free();
}

/* ---- the fixture --------------------------------------------------------------------------------
 */

struct fixture {
    uv_loop_t loop;
    struct osm_errands *errands;
    unsigned begun, done, gone;
    struct osm_errand *again; /* dropped by whoever is done first */
    bool drops;
};

static void done(void *context, int status)
{
    struct fixture *fixture = ((struct work *)context)->fixture;

    assert_int_equal(status, 0);
    fixture->done++;
    if (fixture->drops)
        osm_errand_drop(osm_steal(fixture->again));
}

static void on_gone(void *context)
{
    ((struct fixture *)context)->gone++;
}

static int setup(void **state)
{
    static const struct osm_errand_ops ops = {run, done, work_free, "errands of a test"};
    struct fixture *fixture = osm_alloc(sizeof(*fixture));

    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    fixture->errands = osm_errands_new(&fixture->loop, &ops, MOST);
    test_hang_begin();
    *state = fixture;
    return 0;
}

/* Returns although threads hang. */
static int teardown(void **state)
{
    struct fixture *fixture = *state;

    osm_errands_free(fixture->errands, on_gone, fixture);
    (void)uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(fixture->gone, 1);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    test_hang_let_go();
    test_hang_wait(&test_hang.freed, fixture->begun);
    free(fixture);
    return 0;
}

static struct osm_errand *begin(struct fixture *fixture, bool hangs)
{
    struct work *work = osm_alloc(sizeof(*work));

    *work = (struct work){fixture, hangs};
    fixture->begun++;
    return osm_errand_new(fixture->errands, work);
}

/* ---- the tests ----------------------------------------------------------------------------------
 */

/* Threads that are back before the loop knows that they run. */
static void test_quick_ones(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned i = 1; i <= 200; i++) {
        (void)begin(fixture, false);
        assert_int_equal(fixture->done, i - 1);
        (void)uv_run(&fixture->loop, UV_RUN_DEFAULT); /* until it is done */
        assert_int_equal(fixture->done, i);
        assert_int_equal(test_hang.freed, i);
    }
}

static void test_so_many_at_once(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned i = 0; i < 3 * MOST; i++)
        (void)begin(fixture, true);
    test_hang_wait(&test_hang.hanging, MOST);
    test_hang_let_go();
    (void)uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(fixture->done, 3 * MOST);
    assert_int_equal(test_hang.most_hanging, MOST);
}

static void test_nobody_waits_any_more(void **state)
{
    struct fixture *fixture = *state;
    struct osm_errand *slow = begin(fixture, true);

    test_hang_wait(&test_hang.hanging, 1);
    (void)begin(fixture, false);
    osm_errand_drop(slow);
    osm_errand_drop(NULL);
    (void)uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(fixture->done, 1);
}

/* Some hang, the others wait for their turn. */
static void test_the_end(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned i = 0; i < MOST + 2; i++)
        (void)begin(fixture, true);
    test_hang_wait(&test_hang.hanging, MOST);
    assert_int_equal(test_hang.freed, 0);
} /* teardown ends while they hang */

/* One that is back and not done when all ends. */
static void test_back_too_late(void **state)
{
    struct fixture *fixture = *state;

    (void)begin(fixture, false);
    test_hang_wait(&test_hang.passed, 1);
    assert_int_equal(fixture->done, 0);
}

/* Both are back in the same turn. */
static void test_dropped_by_another(void **state)
{
    struct fixture *fixture = *state;

    fixture->drops = true;
    fixture->again = begin(fixture, false);
    test_hang_wait(&test_hang.passed, 1);
    (void)begin(fixture, false);
    test_hang_wait(&test_hang.passed, 2);
    (void)uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_in_range(fixture->done, 1, 2); /* whichever came first */
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_quick_ones), TEST(test_so_many_at_once), TEST(test_nobody_waits_any_more),
        TEST(test_the_end),    TEST(test_back_too_late),   TEST(test_dropped_by_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
