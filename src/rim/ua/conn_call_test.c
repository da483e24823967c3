/* SPDX-License-Identifier: MIT */
/* Calls over connections: answers, faults, losses in the middle, what is abandoned. */
#include <signal.h>

#include "testing/testing_conn.h"

/* --- calls --------------------------------------------------------------------------------- */

static const struct osm_ua_service read_service = {.name = "Read",
                                                   .request = &UA_TYPES[UA_TYPES_READREQUEST],
                                                   .response = &UA_TYPES[UA_TYPES_READRESPONSE]};

struct answer {
    struct test_watched watched;
    unsigned answers;
    enum osm_ua_outcome outcome;
    UA_StatusCode status;
    bool has_response;
    bool sent;
    unsigned events; /* of the connection, when it came */
};

static void on_answer(void *context, const struct osm_ua_result *result)
{
    struct answer *answer = context;

    assert_false(answer->watched.inside);
    answer->answers++;
    answer->outcome = result->outcome;
    answer->status = result->service_result;
    answer->has_response = result->response != NULL;
    answer->sent = result->sent;
    answer->events = answer->watched.events;
}

static struct osm_ua_call *ask(struct answer *answer)
{
    UA_ReadRequest request;
    struct osm_ua_call *call;

    UA_ReadRequest_init(&request);
    answer->watched.inside = true;
    call = osm_ua_ops()->call(answer->watched.conn, &read_service, &request, on_answer, answer);
    answer->watched.inside = false;
    return call;
}

static void run_until_answer(struct test_conn_world *world, struct answer *answer, unsigned wanted)
{
    (void)test_conn_run_while_below(world, &answer->answers, wanted, TEST_PATIENCE_MS);
    assert_int_equal(answer->answers, wanted);
}

static void test_calls(void **state)
{
    struct test_conn_world *world = *state;
    struct answer answer = {0};

    test_conn_connected(world, &answer.watched);
    assert_non_null(ask(&answer));
    run_until_answer(world, &answer, 1);
    assert_int_equal(answer.outcome, OSM_UA_ANSWERED);
    assert_true(answer.has_response);
    assert_true(answer.sent);
    test_conn_let_go(&answer.watched);
}

/* Service faults are answers, also those that mean that the session is gone, and those we
 * use ourselves for a connection that ends. */
static void faulty(struct test_conn_world *world, UA_StatusCode status, bool channel_goes)
{
    struct answer answer = {0};

    test_conn_connected(world, &answer.watched);
    world->peer.fault = status;
    assert_non_null(ask(&answer));
    run_until_answer(world, &answer, 1);
    assert_int_equal(answer.outcome, OSM_UA_ANSWERED);
    assert_int_equal(answer.status, status);
    assert_false(answer.has_response);
    if (channel_goes)
        test_conn_run_until(world, &answer.watched, 2);
    else
        test_conn_run_for(world, 20);
    assert_int_equal(answer.watched.told, channel_goes ? TOLD_LOST : TOLD_CONNECTED);
    world->peer.fault = 0;
    test_conn_let_go(&answer.watched);
}

static void test_service_faults(void **state)
{
    faulty(*state, UA_STATUSCODE_BADNOTHINGTODO, false);
    faulty(*state, UA_STATUSCODE_BADSHUTDOWN, false);
    faulty(*state, UA_STATUSCODE_BADSECURECHANNELCLOSED, false);
    faulty(*state, UA_STATUSCODE_BADSESSIONIDINVALID, true);
}

/* A careless server that fills in no header: its answer counts all the same. */
static void test_a_fault_without_header(void **state)
{
    struct test_conn_world *world = *state;
    struct answer answer = {0};

    test_conn_connected(world, &answer.watched);
    world->peer.anonymous_header = true;
    world->peer.fault = UA_STATUSCODE_BADSHUTDOWN;
    assert_non_null(ask(&answer));
    run_until_answer(world, &answer, 1);
    assert_int_equal(answer.outcome, OSM_UA_ANSWERED);
    assert_int_equal(answer.status, UA_STATUSCODE_BADSHUTDOWN);
    assert_int_equal(answer.watched.told, TOLD_CONNECTED);
    test_conn_let_go(&answer.watched);
}

static void test_losses_come_before_the_loss(void **state)
{
    struct test_conn_world *world = *state;
    struct answer answer = {0};

    test_conn_connected(world, &answer.watched);
    world->peer.mute = true;
    for (unsigned i = 0; i < 5; i++)
        assert_non_null(ask(&answer));
    assert_true(test_conn_run_while_below(world, &world->peer.requests, 5, TEST_PATIENCE_MS));
    test_peer_hang_up(&world->peer);
    test_conn_run_until(world, &answer.watched, 2);
    assert_int_equal(answer.answers, 5);
    assert_int_equal(answer.outcome, OSM_UA_LOST);
    assert_int_equal(answer.events, 1); /* lost was told afterwards */
    assert_true(answer.sent);
    test_conn_let_go(&answer.watched);
}

/* R10: a request that is given up in the turn it was made in still leaves with the goodbye. What
 * the server got must be known as sent, or it would be done twice. */
static void test_what_left_with_the_goodbye_was_sent(void **state)
{
    static const struct osm_fault reason = {OSM_FAULT_CONNECTION, "Read timeout"};
    struct test_conn_world *world = *state;
    struct answer answer = {0};

    test_conn_connected(world, &answer.watched);
    world->peer.mute = true;
    assert_non_null(ask(&answer));
    osm_ua_ops()->conn_drop(answer.watched.conn, &reason);
    test_conn_run_until(world, &answer.watched, 2);
    test_conn_run_for(world, 20);
    assert_int_equal(answer.answers, 1);
    assert_int_equal(answer.outcome, OSM_UA_LOST);
    assert_int_equal(answer.sent, world->peer.requests == 1);
    test_conn_let_go(&answer.watched);
}

static void test_late_answers_harm_nobody(void **state)
{
    struct test_conn_world *world = *state;
    struct answer answer = {0};

    test_conn_connected(world, &answer.watched);
    world->peer.mute = true;
    osm_ua_ops()->call_abandon(ask(&answer));
    assert_true(test_conn_run_while_below(world, &world->peer.requests, 1, TEST_PATIENCE_MS));
    test_respond(world->peer.links, world->peer.last_request_id, UA_ReadResponse_new(),
                 &UA_TYPES[UA_TYPES_READRESPONSE]);
    world->peer.mute = false;
    assert_non_null(ask(&answer));
    run_until_answer(world, &answer, 1);
    assert_true(answer.has_response);
    assert_int_equal(answer.watched.events, 1);
    test_conn_let_go(&answer.watched);
}

static void nobody_minds(void *context, const struct osm_ua_result *result)
{
}

/* A server that swallows request after request is worth nothing. */
static void swallow(struct test_conn_world *world, bool adopted)
{
    struct answer answer = {0};
    unsigned asked = 0;

    test_conn_connected(world, &answer.watched);
    world->peer.mute = true;
    for (; answer.watched.events == 1 && asked < 3000; asked++) {
        struct osm_ua_call *call = ask(&answer);

        if (call && adopted)
            osm_ua_ops()->call_adopt(call, nobody_minds, NULL);
        else
            osm_ua_ops()->call_abandon(call);
        if (asked % 50 == 0)
            test_conn_run_for(world, 1);
    }
    test_conn_run_until(world, &answer.watched, 2);
    assert_int_equal(answer.watched.told, TOLD_LOST);
    assert_true(asked > 500);
    assert_int_equal(answer.answers, 0);
    test_conn_let_go(&answer.watched);
}

static void test_swallowed_requests_are_bounded(void **state)
{
    swallow(*state, false);
}

/* Those somebody looks after are no better. */
static void test_swallowed_adopted_requests_are_bounded(void **state)
{
    swallow(*state, true);
}

/* What is answered is not swallowed, however long nobody has waited for it. */
static void test_adopted_requests_that_are_answered(void **state)
{
    struct test_conn_world *world = *state;
    struct answer answer = {0};

    test_conn_connected(world, &answer.watched);
    for (unsigned i = 0; i < 1500; i++) {
        osm_ua_ops()->call_adopt(ask(&answer), nobody_minds, NULL);
        if (i % 100 == 99) {
            assert_non_null(ask(&answer));
            run_until_answer(world, &answer, i / 100 + 1);
        }
    }
    assert_int_equal(answer.watched.events, 1);
    test_conn_let_go(&answer.watched);
}

static void test_no_calls_without_a_session(void **state)
{
    struct test_conn_world *world = *state;
    struct answer answer = {0};

    test_conn_to_peer(world, TEST_PATIENCE_MS, &answer.watched);
    assert_null(ask(&answer));
    test_conn_begin(&answer.watched);
    assert_null(ask(&answer));
    test_conn_run_until(world, &answer.watched, 1);
    test_peer_hang_up(&world->peer);
    test_conn_run_until(world, &answer.watched, 2);
    assert_null(ask(&answer));
    test_conn_let_go(&answer.watched);
}

/* Closed with calls outstanding: each is told before, and none is left to be looked at. */
static void test_close_with_calls_outstanding(void **state)
{
    struct test_conn_world *world = *state;
    struct answer answer = {0};

    test_conn_connected(world, &answer.watched);
    world->peer.mute = true;
    for (unsigned i = 0; i < 5; i++)
        assert_non_null(ask(&answer));
    osm_ua_ops()->conn_close(answer.watched.conn, 1000);
    test_conn_run_until(world, &answer.watched, 2);
    assert_int_equal(answer.watched.told, TOLD_CLOSED);
    assert_int_equal(answer.answers, 5);
    assert_int_equal(answer.outcome, OSM_UA_LOST);
    assert_int_equal(answer.events, 1);
    test_conn_let_go(&answer.watched);
}

/* Freed with calls outstanding: nobody is called back. */
static void test_free_with_calls_outstanding(void **state)
{
    struct test_conn_world *world = *state;
    struct answer answer = {0};

    test_conn_connected(world, &answer.watched);
    world->peer.mute = true;
    for (unsigned i = 0; i < 10; i++)
        assert_non_null(ask(&answer));
    test_conn_run_for(world, 5);
    test_conn_let_go(&answer.watched);
    test_conn_run_for(world, 5);
    assert_int_equal(answer.answers, 0);
}

#define on_a_loop(test) cmocka_unit_test_setup_teardown(test, test_conn_setup, test_conn_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_a_loop(test_calls),
        on_a_loop(test_service_faults),
        on_a_loop(test_a_fault_without_header),
        on_a_loop(test_losses_come_before_the_loss),
        on_a_loop(test_what_left_with_the_goodbye_was_sent),
        on_a_loop(test_late_answers_harm_nobody),
        on_a_loop(test_swallowed_requests_are_bounded),
        on_a_loop(test_swallowed_adopted_requests_are_bounded),
        on_a_loop(test_adopted_requests_that_are_answered),
        on_a_loop(test_no_calls_without_a_session),
        on_a_loop(test_close_with_calls_outstanding),
        on_a_loop(test_free_with_calls_outstanding),
    };

    (void)signal(SIGPIPE, SIG_IGN); /* as the daemon does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
