/* SPDX-License-Identifier: MIT */
/* Operations: order, bounds, deadlines, their end (daemon.md §9, extensions.md §1). */
#include "testing/testing_probe.h"

#include "core/link/op_internal.h"
#include "port/service.h"

/* --- order --------------------------------------------------------------------------------- */

static void test_readers_run_beside_each_other(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *first = test_probe_submit(session, OSM_OP_READS, 1),
                        *second = test_probe_submit(session, OSM_OP_READS, 2);

    test_probe_asked_is(world, "1 2");
    test_probe_running(session, 2, 0);
    test_probe_answer(world, test_call(world, 1));
    assert_null(first->reply);
    test_data_is(second, "[2,1]");
    test_probe_answer(world, test_call(world, 0));
    test_data_is(first, "[1,1]");
    test_probe_nothing_left(session);
}

static void test_writers_run_alone(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    (void)test_probe_submit(session, OSM_OP_READS, 1);
    (void)test_probe_submit(session, OSM_OP_READS, 2);
    (void)test_probe_submit(session, 0, 3);
    (void)test_probe_submit(session, 0, 4);
    (void)test_probe_submit(session, OSM_OP_READS, 5); /* may not overtake the writers */
    (void)test_probe_submit(session, OSM_OP_READS, 6);
    test_probe_asked_is(world, "1 2");
    test_probe_running(session, 2, 4);
    test_probe_answer(world, test_call(world, 0));
    test_probe_asked_is(world, "1 2");
    test_probe_answer(world, test_call(world, 1));
    test_probe_asked_is(world, "1 2 3");
    test_probe_answer(world, test_call(world, 2));
    test_probe_asked_is(world, "1 2 3 4");
    test_probe_running(session, 1, 2);
    test_probe_answer(world, test_call(world, 3));
    test_probe_asked_is(world, "1 2 3 4 5 6");
    test_probe_answer_all(world);
    test_probe_nothing_left(session);
}

static void local_start(struct osm_op *op)
{
    test_finish_null(op);
}

static void test_memory_answers_at_once(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *local;

    (void)test_probe_submit(session, 0, 1);
    (void)test_probe_submit(session, 0, 2);
    local = test_probe_submit_as(session, OSM_OP_READS | OSM_OP_LOCAL, 0, false, local_start);
    test_data_is(local, "null");
    test_probe_running(session, 1, 1);
    test_probe_answer_all(world);
}

/* What needs no server is not paused, also when it has to wait for what was sent before. */
static void test_a_pause_and_what_needs_no_server(void **state)
{
    static const enum osm_op_pause pauses[] = {OSM_OP_PAUSE_FAIL, OSM_OP_PAUSE_WAIT};
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(pauses); i++) {
        struct test_request *local;

        (void)test_probe_submit(session, 0, 1);
        osm_op_queue_pause(osm_session_ops(session), pauses[i]);
        local = test_probe_submit_as(session, OSM_OP_LOCAL, 0, false, local_start);
        test_turn(world);
        assert_null(local->reply);
        test_probe_answer_all(world);
        test_data_is(local, "null");
        osm_op_queue_pause(osm_session_ops(session), OSM_OP_PAUSE_NONE);
    }
    test_probe_nothing_left(session);
}

/* An operation that is over inside start: the next one begins in the same pump. */
static void test_writers_that_end_at_once(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *writers[50];

    (void)test_probe_submit(session, 0, 1);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(writers); i++)
        writers[i] = test_probe_submit_as(session, 0, 0, false, local_start);
    test_probe_running(session, 1, OSM_ARRAY_SIZE(writers));
    test_probe_answer_all(world);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(writers); i++) {
        test_data_is(writers[i], "null");
        assert_int_equal(writers[i]->order, i + 3);
    }
    test_probe_nothing_left(session);
}

/* Whoever comes last is not compared with everybody: a full queue costs each newcomer the same as
 * an empty one. */
static void test_the_last_is_found_at_once(void **state)
{
    struct osm_op ops[100] = {{0}}, late = {.sequence = 49}, *list = NULL, *op;
    uint64_t previous = 0;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(ops); i++) {
        ops[i].sequence = 2 * i;
        assert_int_equal(osm_op_list_insert(&list, &ops[i]), i > 0);
    }
    assert_int_equal(osm_op_list_insert(&list, &late), OSM_ARRAY_SIZE(ops) - 24);
    DL_FOREACH (list, op) {
        assert_true(op == list || op->sequence > previous);
        previous = op->sequence;
    }
    DL_DELETE(list, &ops[0]);
    assert_int_equal(osm_op_list_insert(&list, &ops[0]), OSM_ARRAY_SIZE(ops));
    assert_ptr_equal(list, &ops[0]);
}

/* --- bounds -------------------------------------------------------------------------------- */

static void test_at_most_256_outstanding(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    for (uint32_t i = 0; i < OSM_OPS_RUNNING + 10; i++)
        (void)test_probe_submit(session, OSM_OP_READS, i);
    assert_int_equal(test_calls(world), OSM_OPS_RUNNING);
    test_probe_running(session, OSM_OPS_RUNNING, 10);
    test_probe_answer(world, test_call(world, 77));
    assert_int_equal(test_calls(world), OSM_OPS_RUNNING + 1);
    assert_int_equal(test_probe_id(test_call(world, OSM_OPS_RUNNING)), OSM_OPS_RUNNING);
    test_probe_answer_all(world);
    test_probe_nothing_left(session);
}

static void test_at_most_4096_waiting(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *last = NULL, *local;

    (void)test_probe_submit(session, 0, 0);
    for (uint32_t i = 0; i < OSM_OPS_WAITING; i++)
        last = test_probe_submit(session, 0, i);
    assert_null(last->reply);
    test_probe_running(session, 1, OSM_OPS_WAITING);
    last = test_probe_submit(session, 0, 0);
    test_fault_is(last, "ConnectionException",
                  "Too many requests are waiting for this session (4096): the server does not "
                  "keep up");
    local = test_probe_submit_as(session, OSM_OP_READS | OSM_OP_LOCAL, 0, false, local_start);
    test_data_is(local, "null"); /* waits for nobody, so there is room */
    test_probe_running(session, 1, OSM_OPS_WAITING);
    osm_session_close(session, 0, NULL, NULL);
    test_turn(world);
}

/* --- answers ------------------------------------------------------------------------------- */

static void test_service_faults_end_an_operation(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_probe_submit(session, 0, 1),
                        *next = test_probe_submit(session, 0, 2);

    test_answer_fault(test_call(world, 0), 0x800F0000);
    test_turn(world);
    test_fault_is(test, "ServiceException",
                  "Server returned ServiceFault: 0x800F0000 BadNothingToDo");
    test_probe_answer(world, test_call(world, 1));
    test_data_is(next, "[2,1]");
    test_probe_nothing_left(session);
    assert_int_equal(osm_session_link(session)->conn->connects, 1);
}

/* R4: the session is gone on the server; a new connection, then again. */
static void test_losses_told_by_service_result(void **state)
{
    static const UA_StatusCode losses[] = {UA_STATUSCODE_BADSESSIONIDINVALID,
                                           UA_STATUSCODE_BADSESSIONCLOSED,
                                           UA_STATUSCODE_BADSECURECHANNELTOKENUNKNOWN};
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    for (unsigned i = 0; i < OSM_ARRAY_SIZE(losses); i++) {
        struct test_request *test = test_probe_submit_as(session, 0, 1, true, test_probe_start);

        test_answer_fault(test_call(world, 2 * i), losses[i]);
        test_turn(world);
        assert_null(test->reply);
        assert_int_equal(osm_session_link(session)->conn->connects, i + 2);
        test_probe_answer(world, test_call(world, 2 * i + 1));
        test_data_is(test, "[1,2]"); /* it was refused, so even this one may be repeated */
    }
}

static void test_a_loss_told_twice_is_reported(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_probe_submit(session, OSM_OP_READS, 1);

    test_answer_fault(test_call(world, 0), UA_STATUSCODE_BADSESSIONIDINVALID);
    test_turn(world);
    test_answer_fault(test_call(world, 1), UA_STATUSCODE_BADSESSIONIDINVALID);
    test_turn(world);
    test_fault_is(test, "ServiceException",
                  "Server returned ServiceFault: 0x80250000 BadSessionIdInvalid");
    test_probe_nothing_left(session);
}

/* --- deadlines ----------------------------------------------------------------------------- */

static void test_silence_drops_the_connection(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'opcuaTimeout':1.5}");
    struct test_request *test;

    test_advance(world, 4000); /* whatever was due since the session was made is over */
    test = test_probe_submit(session, 0, 1);
    test_advance(world, 1499);
    test_probe_asked_is(world, "1");
    assert_int_equal(osm_session_link(session)->conn->connects, 1);
    test_advance(world, 1);
    test_probe_asked_is(world, "1 1"); /* recovered and repeated */
    assert_int_equal(osm_session_link(session)->conn->connects, 2);
    test_advance(world, 1499);
    assert_null(test->reply);
    test_advance(world, 1);
    test_fault_is(test, "ConnectionException", "Read timeout");
    assert_int_equal(osm_session_link(session)->conn->connects, 2);
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
}

/* It may stop working on what nobody waits for any more (differences.md R25). */
static void test_the_server_is_told_how_long_we_wait(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'opcuaTimeout':1.5}");
    const UA_RequestHeader *header;
    struct test_request *test = test_probe_submit(session, 0, 1);

    header = test_call(world, 0)->request;
    assert_int_equal(header->timeoutHint, 1500 + OSM_HINT_GRACE_MS);
    assert_null(test->reply);
    test_advance(world, 3000);
    assert_non_null(test->reply);
}

/* The server answers others: it is slow, not dead. */
static void test_a_late_answer_costs_only_its_operation(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'opcuaTimeout':1}");
    struct test_request *slow = test_probe_submit(session, OSM_OP_READS, 1), *quick;

    test_advance(world, 500);
    quick = test_probe_submit(session, OSM_OP_READS, 2);
    test_probe_answer(world, test_call(world, 1));
    test_data_is(quick, "[2,1]");
    test_advance(world, 499);
    assert_null(slow->reply);
    test_advance(world, 1);
    test_fault_is(slow, "ConnectionException", "Read timeout");
    assert_true(test_call(world, 0)->abandoned);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    test_probe_answer(world, test_call(world, 0)); /* late: nobody waits, nobody is harmed */
    quick = test_probe_submit(session, OSM_OP_READS, 3);
    test_probe_answer(world, test_call(world, 2));
    test_data_is(quick, "[3,1]");
    assert_int_equal(osm_session_link(session)->conn->connects, 1);
    test_probe_nothing_left(session);
}

/* Each answer has its own deadline, and waiting in the queue costs nothing. */
static void test_deadlines_begin_when_a_request_is_sent(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'opcuaTimeout':1}");
    struct test_request *second;

    (void)test_probe_submit(session, 0, 1);
    second = test_probe_submit(session, 0, 2);
    test_advance(world, 900);
    test_probe_answer(world, test_call(world, 0));
    test_advance(world, 999);
    assert_null(second->reply);
    test_probe_answer(world, test_call(world, 1));
    test_data_is(second, "[2,1]");
}

static void test_many_deadlines_at_once(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'opcuaTimeout':1}");
    struct test_request *tests[20], *quick;

    for (uint32_t i = 0; i < OSM_ARRAY_SIZE(tests); i++)
        tests[i] = test_probe_submit(session, OSM_OP_READS, i);
    quick = test_probe_submit(session, OSM_OP_READS, 99);
    test_probe_answer(world, test_call(world, OSM_ARRAY_SIZE(tests)));
    test_data_is(quick, "[99,1]");
    (void)test_probe_submit(session, 0, 100); /* starts when all of them have failed */
    test_advance(world, 1000);
    for (uint32_t i = 0; i < OSM_ARRAY_SIZE(tests); i++)
        test_fault_is(tests[i], "ConnectionException", "Read timeout");
    assert_int_equal(test_probe_id(test_call(world, OSM_ARRAY_SIZE(tests) + 1)), 100);
    test_probe_answer_all(world);
    test_probe_nothing_left(session);
}

/* --- callers that go away ------------------------------------------------------------------ */

static void leave(struct test_request *test)
{
    osm_request_abandon(&test->request);
    osm_op_leave(&test->request.caller);
}

/* A change of which nothing has been sent is none: its caller does not know of it, and will ask
 * for it again. What has been sent goes on. */
static void test_abandoned_ones_are_not_begun(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *reader, *writer, *going;

    going = test_probe_submit(session, 0, 1);
    reader = test_probe_submit(session, OSM_OP_READS, 2);
    writer = test_probe_submit(session, 0, 3);
    leave(going);
    leave(reader);
    leave(writer);
    test_fault_is(reader, "ConnectionException", "The caller has gone");
    test_fault_is(writer, "ConnectionException", "The caller has gone");
    assert_null(going->reply);
    test_probe_answer(world, test_call(world, 0));
    test_data_is(going, "[1,1]"); /* it was at work: done is called all the same */
    test_probe_asked_is(world, "1");
    test_probe_nothing_left(session);
}

/* A Read for a change (which type does the node have?) is no change yet. */
static void test_abandoned_changes_that_only_asked(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *asking = test_probe_submit_as(session, 0, 1, false, test_probe_read),
                        *next;

    next = test_probe_submit(session, 0, 2);
    leave(asking);
    test_fault_is(asking, "ConnectionException", "The caller has gone");
    test_probe_asked_is(world, "1 2");
    test_probe_answer(world, test_call(world, 1));
    test_data_is(next, "[2,1]");
    test_probe_nothing_left(session);
}

/* While the connection is lost, too; one that was sent is repeated as far as a recovery goes. */
static void test_abandoned_while_the_connection_is_lost(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *sent = test_probe_submit(session, 0, 1), *later;

    world->server.hold_connect = true;
    test_lose_now(world, session);
    later = test_probe_submit(session, 0, 2);
    leave(sent);
    leave(later);
    test_fault_is(later, "ConnectionException", "The caller has gone");
    assert_null(sent->reply);
    osm_session_close(session, 1000, NULL, NULL);
    test_fault_is(sent, "ConnectionException", "Not connected");
    test_turn(world);
}

static void test_abandoned_reads_are_not_repeated(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *reader = test_probe_submit(session, OSM_OP_READS, 1);

    osm_request_abandon(&reader->request);
    test_lose_now(world, session);
    test_fault_is(reader, "ConnectionException", "The caller has gone");
    test_probe_asked_is(world, "1");
}

/* --- the end ------------------------------------------------------------------------------- */

static void test_closing_fails_everything_in_order(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *tests[6];

    for (uint32_t i = 0; i < OSM_ARRAY_SIZE(tests); i++)
        tests[i] = test_probe_submit(session, i < 3 ? OSM_OP_READS : 0, i);
    osm_session_close(session, 1000, NULL, NULL);
    for (uint32_t i = 0; i < OSM_ARRAY_SIZE(tests); i++) {
        test_fault_is(tests[i], "ConnectionException", "Not connected");
        assert_int_equal(tests[i]->order, i + 2); /* opening was the first reply */
    }
    test_probe_asked_is(world, "0 1 2");
    assert_true(test_call(world, 0)->abandoned);
    test_turn(world);
}

static void test_closing_fails_stranded_ones_first(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *stranded = test_probe_submit(session, 0, 1), *later;

    world->server.hold_connect = true;
    test_lose_now(world, session);
    later = test_probe_submit(session, 0, 2);
    osm_session_close(session, 1000, NULL, NULL);
    test_fault_is(stranded, "ConnectionException", "Not connected");
    test_fault_is(later, "ConnectionException", "Not connected");
    assert_true(stranded->order < later->order);
    test_turn(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_readers_run_beside_each_other),
        test_in_world(test_writers_run_alone),
        test_in_world(test_memory_answers_at_once),
        test_in_world(test_a_pause_and_what_needs_no_server),
        test_in_world(test_writers_that_end_at_once),
        cmocka_unit_test(test_the_last_is_found_at_once),
        test_in_world(test_at_most_256_outstanding),
        test_in_world(test_at_most_4096_waiting),
        test_in_world(test_service_faults_end_an_operation),
        test_in_world(test_losses_told_by_service_result),
        test_in_world(test_a_loss_told_twice_is_reported),
        test_in_world(test_silence_drops_the_connection),
        test_in_world(test_the_server_is_told_how_long_we_wait),
        test_in_world(test_a_late_answer_costs_only_its_operation),
        test_in_world(test_deadlines_begin_when_a_request_is_sent),
        test_in_world(test_many_deadlines_at_once),
        test_in_world(test_abandoned_ones_are_not_begun),
        test_in_world(test_abandoned_changes_that_only_asked),
        test_in_world(test_abandoned_while_the_connection_is_lost),
        test_in_world(test_abandoned_reads_are_not_repeated),
        test_in_world(test_closing_fails_everything_in_order),
        test_in_world(test_closing_fails_stranded_ones_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
