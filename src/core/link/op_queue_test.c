/* SPDX-License-Identifier: MIT */
/* The queue of operations: an operator's pause, and what callers leave behind. */
#include "testing/testing_probe.h"

#include "core/link/op_internal.h"

#define PAUSED "Requests to this server are paused by an operator (console PAUSE)"

static void local_start(struct osm_op *op)
{
    test_finish_null(op);
}

/* --- an operator's pause ------------------------------------------------------------------- */

/* What waits when it begins: what needs the server is refused, the rest goes on. */
static void test_a_pause_refuses_what_waits(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *first = test_probe_submit(session, 0, 1), *second, *local, *late;

    second = test_probe_submit(session, 0, 2);
    local = test_probe_submit_as(session, OSM_OP_LOCAL, 0, false, local_start);
    osm_op_queue_pause(osm_session_ops(session), OSM_OP_PAUSE_FAIL);
    test_fault_is(second, "ConnectionException", PAUSED);
    late = test_probe_submit(session, OSM_OP_READS, 3);
    test_fault_is(late, "ConnectionException", PAUSED);
    assert_null(local->reply);
    test_probe_answer_all(world);
    test_data_is(first, "[1,1]"); /* it was at work */
    test_data_is(local, "null");
    test_probe_nothing_left(session);
}

/* As long as an answer may take, to the millisecond; what waits for another one has longer. */
static void test_a_pause_is_waited_for(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'opcuaTimeout':1}");
    struct osm_op_queue *queue = osm_session_ops(session);
    struct test_request *writer, *waits, *later;

    osm_op_queue_pause(queue, OSM_OP_PAUSE_WAIT);
    waits = test_probe_submit(session, OSM_OP_READS, 1);
    test_advance(world, 400);
    later = test_probe_submit(session, OSM_OP_READS, 2);
    test_advance(world, 599);
    assert_null(waits->reply);
    test_advance(world, 1);
    test_fault_is(waits, "ConnectionException", PAUSED);
    assert_null(later->reply);
    osm_op_queue_pause(queue, OSM_OP_PAUSE_NONE);
    test_probe_answer_all(world);
    test_data_is(later, "[2,1]");
    writer = test_probe_submit(session, 0, 3);
    waits = test_probe_submit(session, 0, 4);
    later = test_probe_submit_as(session, OSM_OP_LOCAL, 0, false, local_start);
    osm_op_queue_pause(queue, OSM_OP_PAUSE_WAIT); /* for those that wait already, too */
    test_advance(world, 999);
    assert_null(waits->reply);
    test_probe_answer_all(world);
    test_data_is(writer, "[3,1]");
    test_advance(world, 1);
    test_fault_is(waits, "ConnectionException", PAUSED);
    test_data_is(later, "null");
    test_probe_nothing_left(session);
}

/* The same word again changes nothing. */
static void test_a_pause_that_is_one_already(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'opcuaTimeout':1}");
    struct osm_op_queue *queue = osm_session_ops(session);
    struct test_request *waits;

    osm_op_queue_pause(queue, OSM_OP_PAUSE_WAIT);
    waits = test_probe_submit(session, OSM_OP_READS, 1);
    test_advance(world, 600);
    osm_op_queue_pause(queue, OSM_OP_PAUSE_WAIT);
    assert_int_equal(osm_op_queue_pause_of(queue), OSM_OP_PAUSE_WAIT);
    test_advance(world, 400);
    test_fault_is(waits, "ConnectionException", PAUSED);
}

/* --- what callers leave behind ------------------------------------------------------------- */

/* A read that its caller has left; whether it was over with that. */
static bool is_left(struct osm_session *session, uint32_t id)
{
    struct test_request *reader = test_probe_submit(session, OSM_OP_READS, id);

    osm_request_abandon(&reader->request);
    osm_op_leave(&reader->request.caller);
    return reader->reply;
}

/* So many within one time-out: beyond it an operation waits for its answer all the same. */
static void test_no_more_is_left_behind_than_a_server_can_bear(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'opcuaTimeout':10}");

    test_advance(world, 20000);
    for (uint32_t i = 0; i < OSM_OPS_LEAVING; i++)
        assert_true(is_left(session, i));
    assert_false(is_left(session, 1000));
    test_probe_answer(world, test_call(world, OSM_OPS_LEAVING));
    test_advance(world, 10000);
    assert_false(is_left(session, 1001));
    test_probe_answer(world, test_call(world, OSM_OPS_LEAVING + 1));
    test_advance(world, 1);
    assert_true(is_left(session, 1002));
    test_probe_nothing_left(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_a_pause_refuses_what_waits),
        test_in_world(test_a_pause_is_waited_for),
        test_in_world(test_a_pause_that_is_one_already),
        test_in_world(test_no_more_is_left_behind_than_a_server_can_bear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
