/* SPDX-License-Identifier: MIT */
/*
 * Responses so large that their events are made off the loop: what may happen meanwhile. That all
 * else is as with small ones, the tests of the publisher show, which run once more with large ones.
 */
#include "testing/testing.h"

#include "core/subscription/publisher_internal.h"
#include "testing/testing_events.h"
#include "testing/testing_publish.h"

#define LARGE_TEXT 10000

static struct test_ear ear;

static int setup(void **state)
{
    struct test_world *world = test_world_new();

    world->server.large = true;
    test_ear_begin(&ear, world);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    test_ear_end(&ear);
    return test_teardown(state);
}

/* A message with one text of so many bytes; it has arrived, and nothing has been done with it. */
static void say(struct test_world *world, uint32_t number, size_t bytes)
{
    UA_PublishResponse *response = UA_PublishResponse_new();
    UA_DataChangeNotification *changes = UA_DataChangeNotification_new();
    char *text = osm_alloc(bytes + 1);

    memset(text, 'a' + (int)number, bytes);
    response->subscriptionId = 7;
    response->notificationMessage.sequenceNumber = number;
    response->notificationMessage.notificationData = UA_ExtensionObject_new();
    response->notificationMessage.notificationDataSize = 1;
    changes->monitoredItems = UA_MonitoredItemNotification_new();
    changes->monitoredItemsSize = 1;
    changes->monitoredItems->clientHandle = 1;
    changes->monitoredItems->value.hasValue = true;
    changes->monitoredItems->value.value.type = &UA_TYPES[UA_TYPES_STRING];
    changes->monitoredItems->value.value.data = UA_String_new();
    *(UA_String *)changes->monitoredItems->value.value.data = UA_STRING_ALLOC(text);
    UA_ExtensionObject_setValue(response->notificationMessage.notificationData, changes,
                                &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]);
    test_publish_answer(world, response);
    free(text);
}

/* It has been told, and is at work. */
static void say_and_begin(struct test_world *world, uint32_t number)
{
    say(world, number, LARGE_TEXT);
    assert_true(test_server_step(&world->server));
    assert_non_null(world->server.events);
    assert_int_equal(world->server.events->kind, TEST_WORK);
}

/* The numbers of the values that have been told since. */
static void assert_heard(const char *expected)
{
    static const char key[] = "DataChangeReceived {\"subscriptionId\":7,\"sequenceNumber\":";
    char numbers[64] = "";

    for (const char *at = test_ear_hears(&ear); (at = strstr(at, key)); at++)
        (void)snprintf(numbers + strlen(numbers), sizeof(numbers) - strlen(numbers), "%ld ",
                       strtol(at + strlen(key), NULL, 10));
    assert_string_equal(numbers, expected);
}

static struct osm_session *open_session(struct test_world *world)
{
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    return session;
}

/* Nothing overtakes it, and it is not acknowledged before its events are there. */
static void test_order(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_session(world);

    say_and_begin(world, 1);
    world->server.large = false;
    say(world, 2, 5);
    assert_heard("");
    assert_int_equal(osm_session_publisher(session)->acks.ready_size, 0);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 2);
    test_turn(world);
    assert_heard("1 2 ");
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 2);
    assert_null(world->server.taken);
}

/* All readers get the same text, and it goes with the last of them. */
static void test_readers_share_it(void **state)
{
    struct test_world *world = *state;
    struct osm_bus *bus = osm_manager_bus(world->manager);
    struct osm_bus_reader *readers[2];
    const struct osm_rope_piece *pieces[2];
    struct test_ear other = {0};
    struct osm_bus_gap gap;

    (void)open_session(world);
    test_ear_begin(&other, world);
    say_and_begin(world, 1);
    test_turn(world);
    readers[0] = &ear.reader;
    readers[1] = &other.reader;
    for (size_t i = 0; i < 2; i++) {
        const struct osm_event *event;

        do
            event = osm_bus_next(readers[i], &gap);
        while (event && event->type != OSM_EVENT_DATA_CHANGE_RECEIVED);
        osm_assert(event);
        assert_int_equal(event->members.count, 1);
        assert_int_equal(event->length,
                         event->members.text_length + event->members.pieces[0].text->bytes.length);
        pieces[i] = event->members.pieces;
    }
    assert_ptr_equal(pieces[0]->text, pieces[1]->text);
    assert_int_equal(pieces[0]->text->references, 1); /* the ring's */
    assert_true(osm_bus_stats(bus).bytes > LARGE_TEXT);
    test_ear_end(&other);
}

/* What was under way has not come: it is asked for, and told once. */
static void test_loss_meanwhile(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_session(world);
    struct test_event *work;

    say_and_begin(world, 1);
    work = world->server.events;
    DL_DELETE(world->server.events, work);
    test_lose_and_resume(world, session);
    assert_heard("");
    DL_PREPEND(world->server.events, work); /* only now it has been done */
    test_turn(world);
    assert_heard("");
    assert_null(world->server.taken);
    assert_int_equal(osm_session_publisher(session)->acks.ready_size, 0);
    test_republish_is(world, 7, 1);
    test_republish(world, 1);
    test_refuse_republish(world, UA_STATUSCODE_BADMESSAGENOTAVAILABLE);
    assert_heard("1 ");
    assert_int_equal(osm_session_publisher(session)->engine.counters.lost, 0);
}

static void test_closing_meanwhile(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_session(world);

    say_and_begin(world, 1);
    osm_session_free(session);
    test_turn(world);
    assert_heard("");
    assert_null(world->server.taken);
}

/* Its subscription is not known any more when it arrives: it is parked as it is. */
static void test_no_subscription_any_more(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_session(world);

    say_and_begin(world, 1);
    test_unsubscribe(session, 7);
    test_turn(world);
    assert_heard("");
    assert_non_null(world->server.taken);
    assert_true(osm_session_publisher(session)->all->budget->bytes >= LARGE_TEXT);
    test_subscribe(session, 7);
    test_turn(world);
    assert_heard("1 ");
    assert_null(world->server.taken);
    assert_int_equal(osm_session_publisher(session)->all->budget->bytes, 0);
}

/* Behind a missing one it waits as it is. */
static void test_held_behind_a_gap(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_session(world);

    say_and_begin(world, 2);
    test_turn(world);
    assert_non_null(world->server.taken);
    assert_true(osm_session_publisher(session)->all->budget->bytes >= 2 * LARGE_TEXT);
    test_republish_is(world, 7, 1);
    test_republish(world, 1);
    assert_heard("1 2 ");
    assert_null(world->server.taken);
    assert_int_equal(osm_session_publisher(session)->all->budget->bytes, 0);
}

/* A Republish is answered, and the subscription goes before that has arrived. */
static void test_nobody_waits_for_a_republish(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_session(world);

    say_and_begin(world, 2);
    test_turn(world);
    test_republish_answer(world, 1);
    assert_true(test_server_step(&world->server));
    test_unsubscribe(session, 7);
    test_turn(world);
    assert_heard("");
    assert_null(world->server.taken);
}

/* --- very many notifications --------------------------------------------------------------- */

#define VERY_MANY 1200

/* It has come, and the first of them have been told; the second message waits behind. */
static struct osm_session *say_very_many(struct test_world *world)
{
    struct osm_session *session = open_session(world);
    UA_PublishResponse *response = test_publish_response(7, 1, VERY_MANY);

    test_publish_answer(world, response);
    while (!osm_session_publisher(session)->tellings)
        assert_true(test_server_step(&world->server));
    assert_true(test_server_step(&world->server));
    assert_non_null(osm_session_publisher(session)->tellings);
    return session;
}

static size_t count_heard(const char *what)
{
    size_t count = 0;

    for (const char *at = test_ear_hears(&ear); (at = strstr(at, what)); at++)
        count++;
    return count;
}

static void test_some_at_a_time(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = say_very_many(world);
    size_t told = count_heard("DataChangeReceived");

    assert_in_range(told, 1, VERY_MANY - 1);
    assert_int_equal(osm_session_publisher(session)->acks.ready_size, 0);
    assert_int_equal(osm_session_publisher(session)->engine.counters.values, VERY_MANY);
    assert_true(osm_session_publisher(session)->all->budget->bytes > 0);
    say(world, 2, 5);
    test_turn(world);
    assert_int_equal(told + count_heard("\"sequenceNumber\":1,\"clientHandle\""), VERY_MANY);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 2);
    test_newest_acks_are(world, "7:1 7:2");
    assert_null(osm_session_publisher(session)->tellings);
    assert_null(world->server.taken);
    assert_int_equal(osm_session_publisher(session)->all->budget->bytes, 0);
}

/* All of it has come: it is told to the end, and not asked for again. */
static void test_loss_while_some_are_told(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = say_very_many(world);
    size_t told = count_heard("DataChangeReceived");
    struct test_event *work = world->server.events;

    DL_DELETE(world->server.events, work);
    test_lose_and_resume(world, session);
    assert_int_equal(count_heard("DataChangeReceived"), 0);
    DL_PREPEND(world->server.events, work);
    test_turn(world);
    assert_int_equal(told + count_heard("DataChangeReceived"), VERY_MANY);
    test_republish_is(world, 7, 2);
    assert_null(world->server.taken);
}

static void test_closing_while_some_are_told(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = say_very_many(world);

    (void)count_heard("DataChangeReceived");
    osm_session_free(session);
    test_turn(world);
    assert_int_equal(count_heard("DataChangeReceived"), 0);
    assert_null(world->server.taken);
}

static void test_no_subscription_while_some_are_told(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = say_very_many(world);

    (void)count_heard("DataChangeReceived");
    test_unsubscribe(session, 7);
    test_turn(world);
    assert_int_equal(count_heard("DataChangeReceived"), 0);
    assert_null(world->server.taken);
    assert_int_equal(osm_session_publisher(session)->all->budget->bytes, 0);
}

/* A server that gives an id twice has forgotten the first one, and so have we. */
static void test_another_one_while_some_are_told(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = say_very_many(world);
    struct osm_subscriptions *all = osm_session_subscriptions(session);

    (void)count_heard("DataChangeReceived");
    osm_subscription_remove(all, osm_subscription_find(all, 7));
    test_turn(world);
    assert_int_equal(count_heard("DataChangeReceived"), 0);
    assert_null(osm_session_publisher(session)->tellings);
    assert_null(world->server.taken);
    assert_int_equal(all->budget->bytes, 0);
}

/* Made anew on the server: the rest is told first, in turns, and not acknowledged. */
static void test_anew_while_some_are_told(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = say_very_many(world);
    size_t told = count_heard("DataChangeReceived");

    osm_publisher_recreated(osm_session_publisher(session),
                            osm_subscription_find(osm_session_subscriptions(session), 7), "test");
    assert_int_equal(count_heard("DataChangeReceived"), 0);
    test_turn(world);
    assert_int_equal(told + count_heard("DataChangeReceived"), VERY_MANY);
    assert_int_equal(osm_session_publisher(session)->acks.ready_size, 0);
    assert_null(world->server.taken);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_readers_share_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_loss_meanwhile, setup, teardown),
        cmocka_unit_test_setup_teardown(test_closing_meanwhile, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_subscription_any_more, setup, teardown),
        cmocka_unit_test_setup_teardown(test_held_behind_a_gap, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nobody_waits_for_a_republish, setup, teardown),
        cmocka_unit_test_setup_teardown(test_some_at_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_loss_while_some_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_closing_while_some_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_subscription_while_some_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_one_while_some_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_anew_while_some_are_told, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
