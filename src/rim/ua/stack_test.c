/* SPDX-License-Identifier: MIT */
/* What connections share: budget, work put off, jobs in the pool; on a real loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rim/io/loop.h"
#include "rim/ua/stack.h"
#include "rim/ua/stack_error.h"

struct world {
    uv_loop_t uv;
    struct osm_io_loop io;
    struct osm_stack stack;
};

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    uv_loop_init(&world->uv);
    osm_io_loop_init(&world->io, &world->uv);
    osm_stack_init(&world->stack, &world->io.loop);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;

    osm_stack_deinit(&world->stack);
    uv_run(&world->uv, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->uv), 0);
    free(world);
    return 0;
}

static void test_budget_is_never_exceeded(void **state)
{
    struct osm_budget budget = {.limit = 10};

    (void)state;
    assert_true(osm_budget_take(&budget, 6));
    assert_false(osm_budget_take(&budget, 5));
    assert_true(osm_budget_take(&budget, 4));
    assert_false(osm_budget_take(&budget, SIZE_MAX));
    osm_budget_give(&budget, 10);
    assert_int_equal(budget.used, 0);
    assert_int_equal(budget.most, 10);
    assert_int_equal(budget.refused, 2);
}

static void test_the_first_error_wins(void **state)
{
    struct osm_stack_error error = {0};

    (void)state;
    assert_false(osm_stack_error_set(&error, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL,
                                     UA_STATUSCODE_BADTCPMESSAGETYPEINVALID, "first %d", 1));
    assert_false(
        osm_stack_error_set(&error, OSM_ORIGIN_HERE, OSM_FAULT_CONNECTION, 0, "consequence"));
    assert_string_equal(error.text, "first 1");
    assert_int_equal(error.origin, OSM_ORIGIN_PEER);
    assert_int_equal(error.status, UA_STATUSCODE_BADTCPMESSAGETYPEINVALID);
}

struct entry {
    struct osm_stack_later later;
    struct world *world;
    struct entry *again;
    char **at;
    char name;
};

static void note(struct osm_stack_later *later)
{
    struct entry *entry = osm_container_of(later, struct entry, later);

    *(*entry->at)++ = entry->name;
    if (entry->again)
        osm_stack_defer(&entry->world->stack, &osm_steal(entry->again)->later);
}

static void test_work_is_put_off_in_order(void **state)
{
    struct world *world = *state;
    char text[8] = "", *at = text;
    struct entry a = {{.run = note}, world, NULL, &at, 'a'};
    struct entry b = {{.run = note}, world, &a, &at, 'b'};
    struct entry c = {{.run = note}, world, NULL, &at, 'c'};

    osm_stack_defer(&world->stack, &a.later);
    osm_stack_defer(&world->stack, &b.later);
    osm_stack_defer(&world->stack, &a.later);
    osm_stack_defer(&world->stack, &c.later);
    osm_stack_undefer(&world->stack, &c.later);
    assert_string_equal(text, "");
    uv_run(&world->uv, UV_RUN_ONCE);
    uv_run(&world->uv, UV_RUN_NOWAIT);
    uv_run(&world->uv, UV_RUN_NOWAIT);
    assert_string_equal(text, "aba");
}

#define MANY 100

static void test_much_is_put_off_over_several_turns(void **state)
{
    struct world *world = *state;
    char text[MANY + 1] = "", *at = text;
    struct entry entries[MANY];
    size_t turns = 0;

    for (size_t i = 0; i < MANY; i++) {
        entries[i] = (struct entry){{.run = note}, world, NULL, &at, (char)(' ' + i % 90)};
        osm_stack_defer(&world->stack, &entries[i].later);
    }
    for (const char *before = at; at < text + MANY; before = at, turns++) {
        uv_run(&world->uv, UV_RUN_ONCE);
        assert_true(at - before <= MANY / 2);
    }
    assert_true(turns > 2);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(text[i], ' ' + i % 90);
}

#define JOBS 9
struct counted {
    struct osm_job job;
    size_t *over;
};

static void run_nothing(struct osm_job *job)
{
    (void)job;
}

static void count_done(struct osm_job *job)
{
    struct counted *counted = osm_container_of(job, struct counted, job);

    assert_true(job->jobs->running <= job->jobs->limit);
    ++*counted->over;
}

static void test_every_job_is_done_once(void **state)
{
    struct world *world = *state;
    struct counted jobs[JOBS];
    struct osm_jobs pool;
    size_t over = 0;

    osm_jobs_init(&pool, &world->io.loop, 2);
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i] = (struct counted){{.run = run_nothing, .done = count_done}, &over};
        osm_jobs_submit(&pool, &jobs[i].job);
    }
    assert_int_equal(pool.running, 2);
    assert_int_equal(pool.most_waiting, JOBS - 2);
    assert_int_equal(over, 0);
    while (over < JOBS)
        uv_run(&world->uv, UV_RUN_ONCE);
    osm_jobs_deinit(&pool);
}

static void test_a_job_that_has_not_begun_is_withdrawn(void **state)
{
    struct world *world = *state;
    struct counted jobs[3];
    struct osm_jobs pool;
    size_t over = 0;

    osm_jobs_init(&pool, &world->io.loop, 1);
    for (size_t i = 0; i < 3; i++) {
        jobs[i] = (struct counted){{.run = run_nothing, .done = count_done}, &over};
        assert_false(osm_jobs_withdraw(&jobs[i].job));
        osm_jobs_submit(&pool, &jobs[i].job);
    }
    assert_false(osm_jobs_withdraw(&jobs[0].job));
    assert_true(osm_jobs_withdraw(&jobs[1].job));
    assert_false(osm_jobs_withdraw(&jobs[1].job));
    assert_int_equal(pool.waiting_count, 1);
    while (pool.running)
        uv_run(&world->uv, UV_RUN_ONCE);
    assert_int_equal(over, 2);
    assert_false(osm_jobs_withdraw(&jobs[2].job));
    osm_jobs_deinit(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_budget_is_never_exceeded),
        cmocka_unit_test(test_the_first_error_wins),
        cmocka_unit_test_setup_teardown(test_work_is_put_off_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_much_is_put_off_over_several_turns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_job_is_done_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_job_that_has_not_begun_is_withdrawn, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
