/* SPDX-License-Identifier: MIT */
/*
 * Messages that are told in turns of the loop, or only when they have been written off it: in
 * order, each once, and what may happen meanwhile.
 */
#include "testing/testing.h"

#include "core/subscription/publisher_internal.h"
#include "testing/testing_events.h"
#include "testing/testing_publish.h"

#define VERY_MANY 1200
#define LARGE_TEXT 10000

static struct test_ear ear;

static int setup(void **state)
{
    struct test_world *world = test_world_new();

    world->server.large = true;
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    if (ear.reader.bus)
        test_ear_end(&ear);
    return test_teardown(state);
}

/* --- callers who publish themselves -------------------------------------------------------- */

static void caller_step(struct osm_op *op, void *response)
{
    const UA_PublishResponse *answer = response;

    osm_json_uint(test_reply(op), answer->notificationMessage.sequenceNumber);
    osm_op_finish(op);
}

static void caller_start(struct osm_op *op)
{
    osm_publisher_next(osm_session_publisher(osm_session_of(op->link)), op, NULL, 0, caller_step);
}

static struct test_request *publish(struct test_world *world, struct osm_session *session)
{
    struct test_request *test = test_request_parse(world, "{}");

    osm_op_submit(osm_session_ops(session), &test->request.caller, "publish", OSM_OP_ASIDE,
                  caller_start, NULL);
    test_recycle(world);
    return test;
}

static bool is_away(const struct osm_request *request)
{
    return false;
}

static void leave(struct test_request *test)
{
    test->request.is_there = is_away;
}

/* --- what is heard ------------------------------------------------------------------------- */

/* The messages values have been told of since, and how many: "1x1200 2x1 ". */
static void assert_hears(const char *expected)
{
    static const char name[] = "DataChangeReceived", key[] = "\"sequenceNumber\":";
    char heard[200] = "";
    long number = 0, count = 0;

    for (const char *at = test_ear_hears(&ear); at; count++) {
        const char *found = strstr(at, name);
        long next = found ? strtol(strstr(found, key) + strlen(key), NULL, 10) : 0;

        if (count && next != number) {
            (void)snprintf(heard + strlen(heard), sizeof(heard) - strlen(heard), "%ldx%ld ", number,
                           count);
            count = 0;
        }
        number = next;
        at = found ? found + 1 : NULL;
    }
    assert_string_equal(heard, expected);
}

static void text_of(UA_PublishResponse *response, size_t bytes)
{
    UA_DataChangeNotification *changes =
        response->notificationMessage.notificationData->content.decoded.data;
    UA_Variant *value = &changes->monitoredItems->value.value;
    char *text = osm_alloc(bytes + 1);

    memset(text, 'x', bytes);
    UA_Variant_clear(value);
    value->type = &UA_TYPES[UA_TYPES_STRING];
    value->data = UA_String_new();
    *(UA_String *)value->data = UA_STRING_ALLOC(text);
    free(text);
}

/* Answered with one text of that size. */
static void say(struct test_world *world, uint32_t number, size_t bytes)
{
    UA_PublishResponse *response = test_publish_response(7, number, 1);

    text_of(response, bytes);
    test_publish_answer(world, response);
}

/* Until one is being told; nothing of it has been yet, or its first ones. */
static void until_telling(struct test_world *world, struct osm_session *session)
{
    while (!osm_session_publisher(session)->tellings)
        assert_true(test_server_step(&world->server));
}

static void assert_nothing_is_left(struct test_world *world, struct osm_session *session)
{
    const struct osm_publisher *publisher = osm_session_publisher(session);

    assert_null(publisher->tellings);
    assert_null(publisher->endings);
    assert_null(publisher->kept);
    assert_int_equal(publisher->tellings_for_callers, 0);
    assert_int_equal(publisher->all->budget->bytes, 0);
    assert_null(world->server.taken);
}

/* --- kept when nobody wanted events -------------------------------------------------------- */

static struct osm_session *keep(struct test_world *world, UA_PublishResponse *response)
{
    struct osm_session *session = test_session_open(world, "{}");

    test_subscribe(session, 7);
    leave(publish(world, session));
    test_publish_answer(world, response);
    test_turn(world);
    assert_int_equal(osm_session_publisher(session)->kept_count, 1);
    return session;
}

static UA_PublishResponse *large_text(void)
{
    UA_PublishResponse *response = test_publish_response(7, 1, 1);

    text_of(response, LARGE_TEXT);
    return response;
}

/* It is written off the loop; what has come since waits behind it. */
static void test_kept_before_anybody_wanted_it(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = keep(world, large_text());

    test_ear_begin(&ear, world);
    osm_publisher_switch_on(osm_session_publisher(session));
    assert_hears("");
    assert_non_null(osm_session_publisher(session)->tellings);
    world->server.large = false;
    say(world, 2, 5);
    test_turn(world);
    assert_hears("1x1 2x1 ");
    test_newest_acks_are(world, "7:1 7:2");
    assert_nothing_is_left(world, session);
}

/* In turns, and nothing overtakes it. */
static void test_kept_and_very_many(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = keep(world, test_publish_response(7, 1, VERY_MANY));

    test_ear_begin(&ear, world);
    osm_publisher_switch_on(osm_session_publisher(session));
    say(world, 2, LARGE_TEXT);
    assert_true(test_server_step(&world->server)); /* begins */
    assert_hears("");
    test_turn(world);
    assert_hears("1x1200 2x1 ");
    assert_nothing_is_left(world, session);
}

/* Two of the same subscription, and a loss meanwhile: the order stays. */
static void test_two_are_kept(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *one, *two;

    test_subscribe(session, 7);
    one = publish(world, session);
    two = publish(world, session);
    leave(one);
    leave(two);
    say(world, 1, LARGE_TEXT);
    test_turn(world);
    say(world, 2, LARGE_TEXT);
    test_turn(world);
    assert_int_equal(osm_session_publisher(session)->kept_count, 2);
    test_ear_begin(&ear, world);
    osm_publisher_switch_on(osm_session_publisher(session));
    test_lose_and_resume(world, session);
    assert_hears("1x1 2x1 ");
    assert_nothing_is_left(world, session);
}

static void test_closing_while_kept_ones_are_written(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = keep(world, large_text());

    test_ear_begin(&ear, world);
    osm_publisher_switch_on(osm_session_publisher(session));
    assert_true(test_server_step(&world->server));
    osm_session_free(session);
    test_turn(world);
    assert_hears("");
    assert_null(world->server.taken);
}

static void test_unsubscribing_while_kept_ones_are_written(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = keep(world, large_text());

    test_ear_begin(&ear, world);
    osm_publisher_switch_on(osm_session_publisher(session));
    test_unsubscribe(session, 7);
    test_turn(world);
    assert_hears("");
    assert_nothing_is_left(world, session);
}

/* Nobody wants it any more when it has been written. */
static void test_the_ear_goes_while_kept_ones_are_written(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = keep(world, large_text());

    test_ear_begin(&ear, world);
    osm_publisher_switch_on(osm_session_publisher(session));
    test_ear_end(&ear);
    test_turn(world);
    assert_int_equal(osm_session_publisher(session)->acks.ready_size, 1);
    assert_nothing_is_left(world, session);
}

/* --- callers publish, and others listen ---------------------------------------------------- */

static struct osm_session *listen_to_callers(struct test_world *world)
{
    struct osm_session *session = test_session_open(world, "{}");

    test_subscribe(session, 7);
    test_ear_begin(&ear, world);
    return session;
}

/* All of it is told, in turns, before the caller has it; his next one comes after it. */
static void test_very_many_for_a_caller(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = listen_to_callers(world);
    struct test_request *one = publish(world, session), *two = publish(world, session);

    test_publish_answer(world, test_publish_response(7, 1, VERY_MANY));
    until_telling(world, session);
    test_publish_answer(world, test_publish_response(7, 2, 1));
    assert_true(test_server_step(&world->server));
    assert_null(one->reply);
    test_turn(world);
    test_data_is(one, "1");
    test_data_is(two, "2");
    assert_hears("1x1200 2x1 ");
    assert_nothing_is_left(world, session);
}

/* He has gone before it is told: the next one gets it, and it is not told again. */
static void test_the_caller_goes_meanwhile(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = listen_to_callers(world);
    struct test_request *one = publish(world, session);

    test_publish_answer(world, test_publish_response(7, 1, VERY_MANY));
    until_telling(world, session);
    leave(one);
    test_turn(world);
    assert_int_equal(osm_session_publisher(session)->kept_count, 1);
    one = publish(world, session);
    test_turn(world);
    test_data_is(one, "1");
    assert_hears("1x1200 ");
    assert_nothing_is_left(world, session);
}

/* Kept before anybody listened: told first, then he has it; who asks meanwhile gets the next. */
static void test_kept_for_a_caller(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = keep(world, large_text());
    struct test_request *one, *two;

    test_ear_begin(&ear, world);
    one = publish(world, session);
    two = publish(world, session);
    assert_null(one->reply);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 1);
    world->server.large = false;
    test_bring(world, 7, 2, 1);
    test_data_is(one, "1");
    test_data_is(two, "2");
    assert_hears("1x1 2x1 ");
    assert_nothing_is_left(world, session);
}

/* Its subscription goes: who waited for it asks the server. */
static void test_unsubscribing_meanwhile(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = keep(world, large_text());
    struct test_request *one;

    test_ear_begin(&ear, world);
    one = publish(world, session);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 0);
    test_unsubscribe(session, 7);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 1);
    test_turn(world);
    assert_null(one->reply);
    assert_hears("");
    assert_nothing_is_left(world, session);
}

/* Automatic publishing begins: he is refused, and what was told as his is acknowledged. */
static void test_automatic_publishing_begins_meanwhile(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = listen_to_callers(world);
    struct test_request *one = publish(world, session);

    test_publish_answer(world, test_publish_response(7, 1, VERY_MANY));
    until_telling(world, session);
    osm_publisher_switch_on(osm_session_publisher(session));
    test_turn(world);
    assert_non_null(strstr(one->reply, "auto_publish_active"));
    assert_hears("1x1200 ");
    assert_int_equal(osm_session_publisher(session)->acks.ready_size, 1);
    assert_nothing_is_left(world, session);
}

static void test_closing_meanwhile(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = listen_to_callers(world);
    struct test_request *one = publish(world, session);

    test_publish_answer(world, test_publish_response(7, 1, VERY_MANY));
    until_telling(world, session);
    osm_session_close(session, 1000, NULL, NULL);
    test_turn(world);
    assert_non_null(one->reply);
    assert_null(world->server.taken);
}

/* --- much that has waited ------------------------------------------------------------------ */

#define HELD_BYTES ((size_t)200 * 1024)

/* Four messages behind a gap: not all of them in the turn in which that is known to be lost. */
static struct osm_session *hold_four(struct test_world *world)
{
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    world->server.large = false;
    for (uint32_t number = 2; number <= 5; number++) {
        say(world, number, HELD_BYTES);
        test_turn(world);
    }
    test_ear_begin(&ear, world);
    test_republish_is(world, 7, 1);
    return session;
}

static void refuse(struct test_world *world)
{
    struct osm_ua_call *call;

    DL_FOREACH (world->server.calls, call)
        if (!call->over && call->service->request == &UA_TYPES[UA_TYPES_REPUBLISHREQUEST])
            test_answer_fault(call, UA_STATUSCODE_BADMESSAGENOTAVAILABLE);
    assert_true(test_server_step(&world->server));
}

static void test_held_ones_go_out_in_turns(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = hold_four(world);

    refuse(world);
    assert_hears("2x1 3x1 ");
    assert_true(osm_session_publisher(session)->tired);
    say(world, 6, 5);
    assert_true(test_server_step(&world->server));
    assert_hears("");
    test_turn(world);
    assert_hears("4x1 5x1 6x1 ");
    assert_nothing_is_left(world, session);
}

/* The server has it no more: what is held goes out all the same. */
static void test_gone_while_held_ones_go_out(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = hold_four(world);

    refuse(world);
    osm_publisher_gone(osm_session_publisher(session),
                       osm_subscription_find(osm_session_subscriptions(session), 7), "test");
    assert_hears("2x1 3x1 ");
    test_turn(world);
    assert_hears("4x1 5x1 ");
    assert_nothing_is_left(world, session);
}

static void test_closing_while_held_ones_go_out(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = hold_four(world);

    refuse(world);
    osm_session_close(session, 1000, NULL, NULL);
    test_turn(world);
    assert_hears("2x1 3x1 ");
}

/* --- made anew meanwhile ------------------------------------------------------------------- */

static const char *after(const char *text, const char *what)
{
    const char *at = text ? strstr(text, what) : NULL;

    return at ? at + strlen(what) : NULL;
}

/* The rest is told first, then that something may be lost, then what the new one has brought. */
static void test_made_anew_while_held_ones_go_out(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = hold_four(world);
    struct osm_publisher *publisher = osm_session_publisher(session);
    const char *heard;

    refuse(world);
    assert_hears("2x1 3x1 ");
    osm_publisher_recreated(publisher, osm_subscription_find(osm_session_subscriptions(session), 7),
                            "test");
    assert_non_null(publisher->endings);
    say(world, 1, 5);
    assert_true(test_server_step(&world->server));
    assert_int_equal(publisher->engine.parked_count, 1);
    test_turn(world);
    heard = test_ear_hears(&ear);
    heard = after(heard, "\"sequenceNumber\":4");
    heard = after(heard, "\"sequenceNumber\":5");
    heard = after(heard, "NotificationsLost");
    heard = after(heard, "\"sequenceNumber\":1,\"clientHandle\"");
    assert_non_null(heard);
    assert_null(after(heard, "DataChangeReceived"));
    assert_int_equal(publisher->acks.ready_size, 1); /* of the new one */
    assert_nothing_is_left(world, session);
}

/* Twice, with a loss in between: it begins anew once. */
static void test_made_anew_twice(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = hold_four(world);
    struct osm_publisher *publisher = osm_session_publisher(session);
    struct osm_subscription *subscription =
        osm_subscription_find(osm_session_subscriptions(session), 7);
    const char *heard;

    refuse(world);
    assert_hears("2x1 3x1 ");
    osm_publisher_recreated(publisher, subscription, "test");
    osm_publisher_recreated(publisher, subscription, "test");
    test_turn(world);
    heard = after(test_ear_hears(&ear), "NotificationsLost");
    assert_non_null(heard);
    assert_null(after(heard, "NotificationsLost"));
    test_bring(world, 7, 1, 1);
    assert_hears("1x1 ");
    assert_nothing_is_left(world, session);
}

/* --- no room ------------------------------------------------------------------------------- */

/* What is told keeps its room; nothing more is asked for until it is out. */
static void test_nothing_is_asked_for_without_room(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = keep(world, test_publish_response(7, 1, VERY_MANY));
    struct osm_publisher *publisher = osm_session_publisher(session);
    struct test_event *work;

    test_ear_begin(&ear, world);
    osm_publisher_switch_on(publisher);
    assert_true(test_server_step(&world->server)); /* begins … */
    work = world->server.events;                   /* … and takes a while */
    DL_DELETE(world->server.events, work);
    osm_publish_budget_take(publisher->all->budget, OSM_PUBLISH_BUDGET);
    world->server.large = false;
    for (uint32_t number = 2; publisher->outstanding_count; number++)
        test_bring(world, 7, number, 1);
    assert_true(osm_publish_is_full(publisher));
    assert_hears("");
    DL_PREPEND(world->server.events, work);
    test_turn(world);
    osm_publish_budget_return(publisher->all->budget, OSM_PUBLISH_BUDGET);
    assert_hears("1x1200 2x1 3x1 ");
    assert_int_equal(publisher->engine.counters.lost, 0);
    assert_true(publisher->outstanding_count > 0);
    assert_nothing_is_left(world, session);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    static const struct CMUnitTest tests[] = {
        TEST(test_kept_before_anybody_wanted_it),
        TEST(test_kept_and_very_many),
        TEST(test_two_are_kept),
        TEST(test_closing_while_kept_ones_are_written),
        TEST(test_unsubscribing_while_kept_ones_are_written),
        TEST(test_the_ear_goes_while_kept_ones_are_written),
        TEST(test_very_many_for_a_caller),
        TEST(test_the_caller_goes_meanwhile),
        TEST(test_kept_for_a_caller),
        TEST(test_unsubscribing_meanwhile),
        TEST(test_automatic_publishing_begins_meanwhile),
        TEST(test_closing_meanwhile),
        TEST(test_held_ones_go_out_in_turns),
        TEST(test_gone_while_held_ones_go_out),
        TEST(test_closing_while_held_ones_go_out),
        TEST(test_made_anew_while_held_ones_go_out),
        TEST(test_made_anew_twice),
        TEST(test_nothing_is_asked_for_without_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
