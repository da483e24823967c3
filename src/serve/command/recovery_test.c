/* SPDX-License-Identifier: MIT */
/* Losses and recoveries as callers see them (daemon.md §9, methods.md §2.28). */
#include "testing/testing_command.h"

#define NODE(n) "{'ns':1,'id':" #n ",'type':'numeric'}"
#define REFUSED "Failed to connect to plant:4840: [111] Connection refused"
#define LOST "Connection closed by remote"
#define STILL_LOST "Connection lost: call reconnect() or connect() to re-establish"

static struct test_request *reading(struct test_world *world, struct osm_session *session)
{
    return test_query(world, session, "read", "[" NODE(1) "]");
}

static struct test_request *calling(struct test_world *world, struct osm_session *session)
{
    return test_query(world, session, "call", "[" NODE(1) "," NODE(2) "]");
}

#define NO_VALUE                                                                                   \
    "{'value':null,'type':null,'dimensions':null,'statusCode':0,'sourceTimestamp':null,"           \
    "'serverTimestamp':null}"

static void answer(struct test_world *world, struct osm_ua_call *call)
{
    test_answer_each(call);
    test_turn(world);
}

static void state_is(struct test_world *world, struct osm_session *session, const char *connected,
                     const char *state)
{
    struct test_request *test = test_query(world, session, "isConnected", "[]");
    char *expected = osm_printf("{'success':true,'data':%s}", connected);

    test_reply_is(test, expected);
    free(expected);
    test = test_query(world, session, "getConnectionState", "[]");
    expected = osm_printf("{'success':true,'data':'%s'}", state);
    test_reply_is(test, expected);
    free(expected);
}

static void test_states(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *read;

    state_is(world, session, "true", "Connected");
    test_lose_now(world, session);
    state_is(world, session, "false", "Broken");
    assert_int_equal(osm_session_link(session)->conn->connects,
                     1); /* asking is no reason to recover */
    world->server.hold_connect = true;
    read = reading(world, session);
    state_is(world, session, "false", "Broken");
    test_server_connect(osm_session_link(session)->conn);
    test_turn(world);
    state_is(world, session, "true", "Connected");
    answer(world, test_call(world, 0));
    assert_non_null(read->reply);
}

/* --- reconnect ----------------------------------------------------------------------------- */

static void test_reconnect(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    test_data_is(test_query(world, session, "reconnect", "[]"), "null");
    assert_int_equal(osm_session_link(session)->conn->connects, 2);
    test_lose_now(world, session);
    test_data_is(test_query(world, session, "reconnect", "[]"), "null");
    assert_int_equal(osm_session_link(session)->conn->connects, 3);
    state_is(world, session, "true", "Connected");
}

/* It reports why connecting failed; the session stays. */
static void test_reconnect_fails(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    world->server.down = true;
    test_fault_is(test_query(world, session, "reconnect", "[]"), "ConnectionException", REFUSED);
    state_is(world, session, "false", "Broken");
    test_fault_is(reading(world, session), "ConnectionException", STILL_LOST);
    world->server.down = false;
    test_data_is(test_query(world, session, "reconnect", "[]"), "null");
}

/* After a loss nobody saw, reconnect does not take away the words of the first operation. */
static void test_reconnect_fails_before_the_loss_was_told(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    test_lose_now(world, session);
    world->server.down = true;
    test_fault_is(test_query(world, session, "reconnect", "[]"), "ConnectionException", REFUSED);
    test_fault_is(reading(world, session), "ConnectionException", LOST);
    test_fault_is(reading(world, session), "ConnectionException", STILL_LOST);
}

/* It waits for what is running, and what came later waits for it. */
static void test_reconnect_keeps_its_place(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *before = reading(world, session);
    struct test_request *reconnect = test_query(world, session, "reconnect", "[]");
    struct test_request *after = reading(world, session);

    assert_int_equal(osm_session_link(session)->conn->connects, 1);
    answer(world, test_call(world, 0));
    assert_non_null(before->reply);
    test_data_is(reconnect, "null");
    assert_int_equal(osm_session_link(session)->conn->connects, 2);
    answer(world, test_call(world, 1));
    assert_non_null(after->reply);
}

/* A connection turns out dead while a reconnect is asked for, and nobody can be reached: what was
 * at work has a reason to report. */
static void test_reconnect_while_the_loss_is_on_its_way(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *read, *reconnect;

    osm_session_link(session)->conn->deaf = true;
    read = reading(world, session);
    world->server.down = true;
    reconnect = test_query(world, session, "reconnect", "[]");
    test_fault_is(reconnect, "ConnectionException", REFUSED);
    test_fault_is(read, "ConnectionException", "Connection closed to reconnect");
}

/* Others who keep asking to reconnect do not keep an operation from its answer. */
static void test_reconnects_do_not_prolong_a_loss(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *read = reading(world, session), *reconnects[5];

    world->server.hold_connect = true;
    test_lose_now(world, session);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(reconnects); i++)
        reconnects[i] = test_query(world, session, "reconnect", "[]");
    world->server.down = true;
    test_server_connect(osm_session_link(session)->conn);
    test_turn(world);
    test_fault_is(read, "ConnectionException", LOST);
    assert_int_equal(read->order, 2); /* open, then this */
    world->server.hold_connect = false;
    if (osm_session_link(session)->conn->phase == TEST_CONNECTING)
        test_server_connect(osm_session_link(session)->conn);
    test_turn(world);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(reconnects); i++)
        test_fault_is(reconnects[i], "ConnectionException", REFUSED);
}

/* What was at work before the loss runs before what was waiting behind a reconnect. */
static void test_order_around_a_reconnect(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *first = calling(world, session), *second;

    world->server.sent = false;
    test_call(world, 0)->sent = false;
    world->server.hold_connect = true;
    test_lose_now(world, session);
    (void)test_query(world, session, "reconnect", "[]");
    (void)test_query(world, session, "reconnect", "[]");
    second = reading(world, session);
    world->server.hold_connect = false;
    test_server_connect(osm_session_link(session)->conn);
    test_turn(world);
    assert_int_equal(osm_session_link(session)->conn->connects,
                     2); /* the second reconnect has to wait */
    assert_ptr_equal(test_call(world, 1)->service->request, &UA_TYPES[UA_TYPES_CALLREQUEST]);
    assert_int_equal(test_calls(world), 2);
    answer(world, test_call(world, 1));
    assert_non_null(first->reply);
    assert_int_equal(osm_session_link(session)->conn->connects, 3);
    answer(world, test_call(world, 2));
    assert_non_null(second->reply);
}

/* --- which methods are repeated ------------------------------------------------------------ */

/* R10 */
static void test_only_call_is_never_repeated(void **state)
{
    static const struct {
        const char *method, *params;
        bool repeated;
    } cases[] = {
        {"read", "[" NODE(1) "]", true},
        {"readMulti", "[[{'nodeId':" NODE(1) "}]]", true},
        {"write", "[" NODE(1) ",5,6]", true},
        {"writeMulti", "[[{'nodeId':" NODE(1) ",'value':5,'type':6}]]", true},
        {"browse", "[" NODE(1) "]", true},
        {"browseAll", "[" NODE(1) "]", true},
        {"browseWithContinuation", "[" NODE(1) "]", true},
        {"browseNext", "['AAAA']", true},
        {"getEndpoints", "[]", true},
        {"call", "[" NODE(1) "," NODE(2) "]", false},
    };
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    size_t n = 0;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct test_request *test = test_query(world, session, cases[i].method, cases[i].params);

        assert_int_equal(test_calls(world), ++n);
        test_lose_now(world, session);
        assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
        if (cases[i].repeated) {
            assert_ptr_equal(test_call(world, n)->service, test_call(world, n - 1)->service);
            answer(world, test_call(world, n++));
            assert_non_null(strstr(test->reply, "\"success\":true"));
        } else {
            test_fault_is(test, "ConnectionException", LOST);
        }
        assert_int_equal(test_calls(world), n);
    }
}

/* A call that waited for the deadline in vain may have been executed. */
static void test_a_call_without_answer(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{'opcuaTimeout':1}");
    struct test_request *test = calling(world, session);

    test_advance(world, 1000);
    test_fault_is(test, "ConnectionException", "Read timeout");
    assert_int_equal(test_calls(world), 1);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE); /* recovered first */
    assert_int_equal(osm_session_link(session)->conn->connects, 2);
}

/* A repetition begins from the parameters, not from where the loss was. */
static void test_a_repetition_begins_at_the_beginning(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{'batchSize':1}");
    struct test_request *test = test_query(world, session, "readMulti",
                                           "[[{'nodeId':" NODE(1) "},{'nodeId':" NODE(2) "}]]");
    UA_ReadResponse *response = UA_ReadResponse_new();

    response->results = UA_Array_new(1, &UA_TYPES[UA_TYPES_DATAVALUE]);
    response->resultsSize = 1;
    response->results[0].hasStatus = true;
    response->results[0].status = UA_STATUSCODE_BADNOTREADABLE;
    test_answer(test_call(world, 0), response);
    test_turn(world);
    test_lose_now(world, session);
    for (size_t i = 2; i < 4; i++) {
        const UA_ReadRequest *request = test_call(world, i)->request;

        assert_int_equal(request->nodesToRead[0].nodeId.identifier.numeric, i - 1);
        answer(world, test_call(world, i));
    }
    /* Nothing of the first try is left. */
    test_data_is(test, "[" NO_VALUE "," NO_VALUE "]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_states),
        test_in_world(test_reconnect),
        test_in_world(test_reconnect_fails),
        test_in_world(test_reconnect_fails_before_the_loss_was_told),
        test_in_world(test_reconnect_keeps_its_place),
        test_in_world(test_reconnect_while_the_loss_is_on_its_way),
        test_in_world(test_reconnects_do_not_prolong_a_loss),
        test_in_world(test_order_around_a_reconnect),
        test_in_world(test_only_call_is_never_repeated),
        test_in_world(test_a_call_without_answer),
        test_in_world(test_a_repetition_begins_at_the_beginning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
