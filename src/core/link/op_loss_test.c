/* SPDX-License-Identifier: MIT */
/* Lost connections: what is repeated, what reported (daemon.md §9, extensions.md §1). */
#include "testing/testing_probe.h"

#include "core/link/op_internal.h"
#include "port/service.h"

/* --- losses -------------------------------------------------------------------------------- */

/* The rim tells losses newest first; what was running runs again in order of arrival, before
 * what was waiting. */
static void test_order_survives_a_recovery(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *last = NULL;

    for (uint32_t i = 1; i <= 4; i++)
        (void)test_probe_submit(session, OSM_OP_READS, i);
    (void)test_probe_submit(session, 0, 5);
    (void)test_probe_submit(session, OSM_OP_READS, 6);
    world->server.hold_connect = true;
    test_lose_now(world, session);
    assert_int_equal(osm_session_state(session), OSM_SESSION_RECOVERING);
    last = test_probe_submit(session, OSM_OP_READS, 7);
    world->server.hold_connect = false;
    test_server_connect(osm_session_link(session)->conn);
    test_turn(world);
    test_probe_asked_is(world, "1 2 3 4 1 2 3 4");
    test_probe_answer_all(world);
    test_probe_asked_is(world, "1 2 3 4 1 2 3 4 5 6 7");
    test_data_is(last, "[7,1]");
    test_probe_nothing_left(session);
}

static void test_a_lost_operation_is_repeated_once(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_probe_submit(session, 0, 1);

    test_lose_now(world, session);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    test_probe_asked_is(world, "1 1");
    test_lose_as(osm_session_link(session)->conn, OSM_FAULT_SERVICE,
                 "Server error 0x80020000: ill");
    test_turn(world);
    test_fault_is(test, "ServiceException", "Server error 0x80020000: ill");
    test_probe_asked_is(world, "1 1");
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
    test_probe_nothing_left(session);
}

static void losses_until_reply(struct test_world *world, const char *config, unsigned repeats)
{
    struct osm_session *session = test_session_open(world, config);
    struct test_request *test = test_probe_submit(session, 0, 1);
    size_t before = test_calls(world);

    for (unsigned i = 0; i < repeats; i++) {
        assert_null(test->reply);
        test_lose_now(world, session);
    }
    assert_null(test->reply);
    assert_int_equal(test_calls(world) - before, repeats);
    test_lose_now(world, session);
    test_fault_is(test, "ConnectionException", "Connection closed by remote");
}

static void test_auto_retry(void **state)
{
    losses_until_reply(*state, "{}", 1);
    losses_until_reply(*state, "{'autoRetry':0}", 1);
    losses_until_reply(*state, "{'autoRetry':3}", 4);
    losses_until_reply(*state, "{'autoRetry':-5}", 1);
}

static void test_endless_auto_retry_does_not_overflow(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'autoRetry':9223372036854775807}");
    struct test_request *test = test_probe_submit(session, 0, 1);

    test_lose_now(world, session);
    test_lose_now(world, session);
    assert_null(test->reply);
    test_probe_answer_all(world);
    test_data_is(test, "[1,3]");
}

/* Connecting fails as often as it may, then the operation reports its own loss. */
static void test_failed_recoveries_are_counted(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'autoRetry':2}");
    struct test_request *test = test_probe_submit(session, 0, 1),
                        *waiting = test_probe_submit(session, 0, 2);

    world->server.down = true;
    test_lose_now(world, session);
    assert_int_equal(osm_session_link(session)->conn->connects, 1 + 3);
    test_fault_is(test, "ConnectionException", "Connection closed by remote");
    test_fault_is(waiting, "ConnectionException",
                  "Connection lost: call reconnect() or connect() to re-establish");
    assert_true(test->order < waiting->order);
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
    test_probe_nothing_left(session);
}

static char logged[1024];

static void note_log(struct osm_log_target *target, enum osm_log_level level, const char *text)
{
    if (strstr(text, "retrying") || strstr(text, "Operation failed") || strstr(text, " ms"))
        (void)snprintf(logged + strlen(logged), sizeof(logged) - strlen(logged), "%s: %s\n",
                       osm_log_level_name(level), text);
}

/* daemon.md §6.2 */
static void test_retries_are_logged(void **state)
{
    struct osm_log_target target = {OSM_LOG_DEBUG, note_log}, *before;
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'autoRetry':2}");

    *logged = '\0';
    (void)test_probe_submit(session, 0, 1);
    world->server.down = true;
    before = osm_log_here(&target);
    test_lose_now(world, session);
    (void)osm_log_here(before);
    assert_string_equal(
        logged, "warning: Connection lost, retrying (1/2)\n"
                "warning: Connection lost, retrying (2/2)\n"
                "error: Operation failed after 3 attempt(s): Connection closed by remote\n");
}

/* How long it was waited for, also by the log of what broke it off. */
static void test_the_time_of_a_late_answer_is_logged(void **state)
{
    struct osm_log_target target = {OSM_LOG_DEBUG, note_log}, *before;
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'timeout':5}");
    struct test_request *test;

    *logged = '\0';
    before = osm_log_here(&target);
    test = test_probe_submit(session, 0, 1);
    world->server.down = true;
    test_advance(world, 5000);
    (void)osm_log_here(before);
    assert_non_null(test->reply);
    assert_string_equal(logged, "debug: probe: Write of ns=1;i=1: the connection was lost after "
                                "5000 ms\n");
}

/* A caller who wants to go on for ever costs an attempt now and then, not the whole daemon. */
static void test_retries_pause(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'autoRetry':1000000}");
    struct test_request *test = test_probe_submit(session, 0, 1), *later;
    unsigned before;

    world->server.down = true;
    test_lose_now(world, session);
    assert_in_range(osm_session_link(session)->conn->connects, 10, 13);
    before = osm_session_link(session)->conn->connects;
    test_advance(world, 60000);
    assert_in_range(osm_session_link(session)->conn->connects - before, 10, 60);
    before = osm_session_link(session)->conn->connects;
    later =
        test_probe_submit(session, 0, 2); /* whoever comes has an attempt of their own, at once */
    test_turn(world);
    assert_int_equal(osm_session_link(session)->conn->connects, before + 1);
    assert_null(test->reply);
    world->server.down = false;
    test_advance(world, 6000);
    test_probe_answer_all(world);
    assert_non_null(test->reply);
    assert_non_null(later->reply);
}

static void test_sent_completely_is_not_repeated(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'autoRetry':5}");
    struct test_request *test = test_probe_submit_as(session, 0, 1, true, test_probe_start);

    world->server.hold_connect = true;
    test_lose_now(world, session);
    assert_null(test->reply); /* first the session is recovered */
    test_server_connect(osm_session_link(session)->conn);
    test_turn(world);
    test_fault_is(test, "ConnectionException", "Connection closed by remote");
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    test_probe_asked_is(world, "1");
    test_probe_nothing_left(session);
}

static void test_not_sent_completely_is_repeated(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test;

    world->server.sent = false;
    test = test_probe_submit_as(session, 0, 1, true, test_probe_start);
    test_lose_now(world, session);
    test_probe_answer(world, test_call(world, 1));
    test_data_is(test, "[1,2]");
}

/* What has been done is not done again because something behind it was lost. */
static void second_step(struct osm_op *op, void *response)
{
    struct test_probe *probe = op->state;

    if (probe->id == 2) {
        test_probe_step(op, response);
        return;
    }
    probe->id = 2;
    probe->once = false;
    test_probe_start(op);
}

static void first_once(struct osm_op *op)
{
    struct test_probe *probe = op->state;
    UA_ReadRequest request;

    probe->id = 1;
    UA_ReadRequest_init(&request);
    request.nodesToRead = &(UA_ReadValueId){.nodeId = UA_NODEID_NUMERIC(1, 1)};
    request.nodesToReadSize = 1;
    osm_op_send_once(op, &osm_service_read, &request, second_step);
}

static void test_a_loss_behind_what_was_done(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_probe_submit_as(session, 0, 1, false, first_once);

    world->server.sent = false; /* what follows does not even leave */
    test_probe_answer(world, test_call(world, 0));
    test_probe_asked_is(world, "1 2");
    test_lose_now(world, session);
    test_fault_is(test, "ConnectionException", "Connection closed by remote");
    test_probe_asked_is(world, "1 2");
}

/* … but what was only asked before it may be asked again. */
static void plain_step(struct osm_op *op, void *response)
{
    first_once(op);
}

static void plain_then_once(struct osm_op *op)
{
    UA_ReadRequest request;

    UA_ReadRequest_init(&request);
    request.nodesToRead = &(UA_ReadValueId){.nodeId = UA_NODEID_NUMERIC(1, 9)};
    request.nodesToReadSize = 1;
    osm_op_send(op, &osm_service_read, &request, plain_step);
}

static void test_a_loss_before_it_in_a_repetition(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'autoRetry':3}");
    struct test_request *test = test_probe_submit_as(session, 0, 1, false, plain_then_once);

    world->server.sent = false;
    test_probe_answer(world, test_call(world, 0));
    test_lose_now(world, session); /* the one for once did not leave: all over again */
    test_probe_asked_is(world, "9 1 9");
    test_call(world, 2)->sent = true;
    test_lose_now(world, session);
    test_probe_asked_is(world, "9 1 9 9");
    test_probe_answer_all(world);
    test_probe_asked_is(world, "9 1 9 9 1 2");
    assert_non_null(test->reply);
}

/* The connection is dead although nobody has said so yet. */
static void test_what_cannot_be_sent_waits_for_the_loss(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *first, *second;

    osm_session_link(session)->conn->deaf = true;
    first = test_probe_submit_as(session, 0, 1, true, test_probe_start);
    second = test_probe_submit(session, OSM_OP_READS, 2);
    test_turn(world);
    assert_null(first->reply);
    test_probe_asked_is(world, "");
    test_lose_now(world, session);
    test_probe_asked_is(world, "1");
    test_probe_answer_all(world);
    test_data_is(first, "[1,2]");
    test_data_is(second, "[2,2]");
    test_probe_nothing_left(session);
}

/* --- losses nobody saw --------------------------------------------------------------------- */

static void test_next_operation_recovers_an_idle_loss(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test;

    test_lose_now(world, session);
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
    assert_int_equal(osm_session_link(session)->conn->connects, 1); /* nobody needs it yet */
    test = test_probe_submit(session, 0, 1);
    test_turn(world);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    test_probe_answer_all(world);
    test_data_is(test, "[1,1]");
    assert_null(osm_ops_kept_loss(osm_session_ops(session)));
}

static void test_an_idle_loss_is_reported_in_its_own_words_once(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *first, *second, *third;

    test_lose_as(osm_session_link(session)->conn, OSM_FAULT_SERVICE,
                 "Server error 0x80130000: bye");
    test_turn(world);
    world->server.down = true;
    first = test_probe_submit(session, 0, 1);
    second = test_probe_submit(session, OSM_OP_READS, 2);
    test_turn(world);
    test_fault_is(first, "ServiceException", "Server error 0x80130000: bye");
    test_fault_is(second, "ConnectionException",
                  "Connection lost: call reconnect() or connect() to re-establish");
    third = test_probe_submit(session, OSM_OP_READS, 3);
    test_turn(world);
    test_fault_is(third, "ConnectionException",
                  "Connection lost: call reconnect() or connect() to re-establish");
    assert_int_equal(osm_session_link(session)->conn->connects, 3);
    test_probe_nothing_left(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_order_survives_a_recovery),
        test_in_world(test_a_lost_operation_is_repeated_once),
        test_in_world(test_auto_retry),
        test_in_world(test_endless_auto_retry_does_not_overflow),
        test_in_world(test_failed_recoveries_are_counted),
        test_in_world(test_retries_are_logged),
        test_in_world(test_the_time_of_a_late_answer_is_logged),
        test_in_world(test_retries_pause),
        test_in_world(test_sent_completely_is_not_repeated),
        test_in_world(test_not_sent_completely_is_repeated),
        test_in_world(test_a_loss_behind_what_was_done),
        test_in_world(test_a_loss_before_it_in_a_repetition),
        test_in_world(test_what_cannot_be_sent_waits_for_the_loss),
        test_in_world(test_next_operation_recovers_an_idle_loss),
        test_in_world(test_an_idle_loss_is_reported_in_its_own_words_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
