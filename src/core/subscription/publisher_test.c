/* SPDX-License-Identifier: MIT */
/*
 * Automatic publishing against a scripted server: states, how many requests are outstanding,
 * acknowledgements, refusals, events (daemon.md §10). What goes missing: publisher_gap_test.c.
 */
#include "testing/testing.h"

#include "core/subscription/publisher_internal.h"
#include "core/subscription/wish.h"
#include "testing/testing_events.h"
#include "testing/testing_publish.h"

#define KEEP_ALIVE 0 /* as a count of values */

/* --- how many are outstanding --------------------------------------------------------------- */

static void test_one_more_than_subscriptions(void **state)
{
    static const struct {
        unsigned subscriptions, outstanding;
    } rows[] = {{0, 0}, {1, 2}, {2, 3}, {15, 16}, {16, 16}, {40, 16}};
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++) {
        while (HASH_COUNT(osm_session_subscriptions(session)->by_id) < rows[i].subscriptions)
            test_subscribe(session, 100 + HASH_COUNT(osm_session_subscriptions(session)->by_id));
        assert_int_equal(osm_session_publisher(session)->outstanding_count, rows[i].outstanding);
    }
}

static void test_nothing_without_the_switch(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    test_subscribe(session, 7);
    assert_int_equal(test_calls(world), 0);
    assert_false(osm_publisher_is_publishing(osm_session_publisher(session)));
    osm_publisher_switch_on(osm_session_publisher(session));
    assert_true(osm_publisher_is_publishing(osm_session_publisher(session)));
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 2);
}

static void test_the_switch_of_all_sessions(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    test_subscribe(session, 7);
    osm_manager_auto_publish_on(world->manager);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 2);
}

/* The next goes out at once, with the acknowledgement. */
static void test_an_answer_is_followed_by_a_request(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring(world, 7, 1, 3);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 2);
    test_newest_acks_are(world, "7:1");
    assert_int_equal(osm_session_publisher(session)->engine.counters.values, 3);
}

static void test_keep_alives_are_not_acknowledged(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring(world, 7, 1, KEEP_ALIVE);
    test_newest_acks_are(world, "");
    test_bring(world, 7, 1, 1);
    test_newest_acks_are(world, "7:1");
    assert_int_equal(osm_session_publisher(session)->engine.counters.gaps, 0);
    assert_int_equal(osm_session_publisher(session)->engine.counters.keep_alives, 1);
}

static void test_an_answer_touches_the_session(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    for (unsigned i = 0; i < 10; i++) {
        test_advance(world, 100000); /* the silence is of the subscription, not of the server */
        test_bring(world, 7, 1, KEEP_ALIVE);
    }
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    assert_non_null(
        osm_registry_get(world->manager, osm_session_id(session), OSM_SESSION_ID_LENGTH));
}

static void test_the_last_subscription_ends_it(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_unsubscribe(session, 7);
    assert_int_equal(osm_session_publisher(session)->engine.state, OSM_PUBLISH_IDLE);
    test_refuse(world, UA_STATUSCODE_BADNOSUBSCRIPTION);
    test_refuse(world, UA_STATUSCODE_BADNOSUBSCRIPTION);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 0);
    test_advance(world, 120000);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 0);
    test_subscribe(session, 8);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 2);
}

static char logged[1024];

static void note_log(struct osm_log_target *target, enum osm_log_level level, const char *text)
{
    const char *what = strstr(text, "publishing ");

    (void)target, (void)level;
    if (what)
        (void)snprintf(logged + strlen(logged), sizeof(logged) - strlen(logged), "%s\n", what);
}

/* Each change of state is logged, and a state that stays is not. */
static void test_states_are_logged(void **state)
{
    struct osm_log_target target = {OSM_LOG_DEBUG, note_log}, *before = osm_log_here(&target);
    struct osm_session *session = test_publishing(*state);

    *logged = '\0';
    test_subscribe(session, 7);
    test_subscribe(session, 8);
    test_unsubscribe(session, 7);
    test_unsubscribe(session, 8);
    (void)osm_log_here(before);
    assert_string_equal(logged, "publishing idle -> running\npublishing running -> idle\n");
}

static void note_announcement(struct osm_log_target *target, enum osm_log_level level,
                              const char *text)
{
    (void)target, (void)level;
    if (strstr(text, "Auto-publish"))
        (void)snprintf(logged + strlen(logged), sizeof(logged) - strlen(logged), "%.20s\n", text);
}

/* Operators hear of the beginning and the end, and of what comes in between as such. */
static void test_it_is_announced_once(void **state)
{
    struct osm_log_target target = {OSM_LOG_INFO, note_announcement};
    struct osm_log_target *before = osm_log_here(&target);
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    *logged = '\0';
    osm_publisher_go(osm_session_publisher(session)); /* nothing to publish: nothing to say */
    test_subscribe(session, 7);
    test_refuse(world, UA_STATUSCODE_BADINTERNALERROR);
    test_advance(world, 1001);
    test_lose_and_resume(world, session);
    test_unsubscribe(session, 7);
    test_lose_now(world, session); /* of no interest any more */
    (void)osm_log_here(before);
    assert_string_equal(logged, "Auto-publish started\nAuto-publish error f\n"
                                "Auto-publish connect\nAuto-publish stopped\n");
}

/* Which was sent before there was this subscription says nothing about it. */
static void test_an_old_refusal_is_no_loss(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_unsubscribe(session, 7);
    test_subscribe(session, 8);
    test_refuse(world, UA_STATUSCODE_BADNOSUBSCRIPTION);
    assert_false(osm_subscription_find(osm_session_subscriptions(session), 8)->track.gone);
    assert_int_equal(osm_session_publisher(session)->engine.refusal, UA_STATUSCODE_GOOD);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 2);
    test_refuse(world, UA_STATUSCODE_BADNOSUBSCRIPTION);
    test_refuse(world, UA_STATUSCODE_BADNOSUBSCRIPTION); /* this one was sent behind it */
    assert_true(osm_subscription_find(osm_session_subscriptions(session), 8)->track.gone);
}

/* --- states --------------------------------------------------------------------------------- */

enum { NEED, NO_NEED, GOOD, REFUSED, DUE, LOSS, RECOVERED };

/* A session in that state, with one subscription unless it is idle. */
static struct osm_session *in_state(struct test_world *world, enum osm_publish_state publishing)
{
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    if (publishing == OSM_PUBLISH_IDLE)
        test_unsubscribe(session, 7);
    if (publishing == OSM_PUBLISH_PAUSED)
        test_refuse(world, UA_STATUSCODE_BADINTERNALERROR);
    if (publishing == OSM_PUBLISH_OFFLINE) {
        world->server.down = true;
        test_lose_now(world, session);
    }
    assert_int_equal(osm_session_publisher(session)->engine.state, publishing);
    return session;
}

static void fire(struct test_world *world, struct osm_session *session, int event)
{
    switch (event) {
    case NEED:
        test_subscribe(session, 8);
        break;
    case NO_NEED:
        if (osm_subscription_find(osm_session_subscriptions(session), 7))
            test_unsubscribe(session, 7);
        osm_publisher_go(osm_session_publisher(session));
        break;
    case GOOD:
        test_bring(world, 7, 1, 1);
        break;
    case REFUSED:
        test_refuse(world, UA_STATUSCODE_BADINTERNALERROR);
        break;
    case DUE:
        test_advance(world, 1001);
        break;
    case LOSS:
        world->server.down = true;
        test_lose_now(world, session);
        break;
    default:
        world->server.down = false;
        world->server.new_session = false;
        if (osm_session_state(session) == OSM_SESSION_FAILED)
            test_recover(world, session);
        osm_publisher_go(osm_session_publisher(session));
    }
}

static void test_states(void **state)
{
    enum {
        I = OSM_PUBLISH_IDLE,
        R = OSM_PUBLISH_RUNNING,
        P = OSM_PUBLISH_PAUSED,
        O = OSM_PUBLISH_OFFLINE
    };
    static const struct {
        int from;
        const char *name;
        int to[RECOVERED + 1]; /* -1: cannot happen */
    } rows[] = {
        /*            NEED NO_NEED GOOD REFUSED DUE LOSS RECOVERED */
        {I, "idle", {R, I, I, I, I, O, I}},
        {R, "running", {R, I, R, P, R, O, R}},
        {P, "paused", {P, I, R, P, R, O, P}},
        {O, "offline", {O, O, -1, -1, O, O, R}},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++)
        for (int event = NEED; event <= RECOVERED; event++) {
            struct test_world *world = test_world_new();
            struct osm_session *session = in_state(world, (enum osm_publish_state)rows[i].from);

            if (rows[i].to[event] >= 0) {
                fire(world, session, event);
                if (osm_session_publisher(session)->engine.state != (unsigned)rows[i].to[event])
                    fail_msg("%s, event %d: %s", rows[i].name, event,
                             osm_publish_state_name(osm_session_publisher(session)->engine.state));
            }
            test_world_free(world);
        }
    (void)state;
}

/* --- refusals ------------------------------------------------------------------------------- */

static void test_back_off(void **state)
{
    static const osm_msec pauses[] = {1, 2, 5, 10, 20, 30, 60, 60, 60};
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(pauses); i++) {
        while (osm_session_publisher(session)->outstanding_count)
            test_refuse(world, UA_STATUSCODE_BADINTERNALERROR);
        test_advance(world, pauses[i] * 1000 - 1);
        assert_int_equal(osm_session_publisher(session)->outstanding_count, 0);
        test_advance(world, 2);
        assert_int_equal(osm_session_publisher(session)->outstanding_count, 2);
    }
    test_bring(world, 7, 1, 1);
    test_refuse(world, UA_STATUSCODE_BADINTERNALERROR);
    test_advance(world, 1001);
    assert_int_equal(osm_session_publisher(session)->engine.state, OSM_PUBLISH_RUNNING);
}

static void test_too_many_is_remembered(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    for (uint32_t id = 1; id <= 5; id++)
        test_subscribe(session, id);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 6);
    test_refuse(world, UA_STATUSCODE_BADTOOMANYPUBLISHREQUESTS);
    test_refuse(world, UA_STATUSCODE_BADTOOMANYPUBLISHREQUESTS);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 4);
    assert_int_equal(osm_session_publisher(session)->engine.state, OSM_PUBLISH_RUNNING);
    test_bring(world, 1, 1, 1);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 4);
    test_subscribe(session, 6);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 4);
    test_lose_and_resume(world, session);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 4);
}

static void test_not_even_one(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_refuse(world, UA_STATUSCODE_BADTOOMANYPUBLISHREQUESTS);
    test_refuse(world, UA_STATUSCODE_BADTOOMANYPUBLISHREQUESTS);
    assert_int_equal(osm_session_publisher(session)->engine.state, OSM_PUBLISH_PAUSED);
    test_advance(world, 1001);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 1);
}

/* The server has only kept it as long as its hint allowed. */
static void test_a_request_grows_old(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_advance(world, 60000);
    test_refuse(world, UA_STATUSCODE_BADTIMEOUT);
    assert_int_equal(osm_session_publisher(session)->engine.state, OSM_PUBLISH_RUNNING);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 2);
    assert_int_equal(osm_session_publisher(session)->engine.refusal, UA_STATUSCODE_GOOD);
    test_refuse(world, UA_STATUSCODE_BADTIMEOUT); /* sent long ago as well */
    test_advance(world, 59999);
    test_refuse(world, UA_STATUSCODE_BADTIMEOUT); /* that is too soon */
    assert_int_equal(osm_session_publisher(session)->engine.state, OSM_PUBLISH_PAUSED);
    assert_int_equal(osm_session_publisher(session)->engine.refusal, UA_STATUSCODE_BADTIMEOUT);
}

/* --- acknowledgements ------------------------------------------------------------------------ */

static void test_acknowledgements_come_back(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring(world, 7, 1, 1);
    test_refuse(world, UA_STATUSCODE_BADINTERNALERROR); /* the oldest: without any */
    test_refuse(world, UA_STATUSCODE_BADINTERNALERROR);
    assert_int_equal(osm_session_publisher(session)->acks.ready_size, 1);
    test_advance(world, 1001);
    test_oldest_acks_are(world, "7:1");
}

static void test_acknowledgements_outlive_a_loss(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring(world, 7, 1, 1);
    test_lose_and_resume(world, session);
    test_oldest_acks_are(world, "7:1");
}

static void test_no_acknowledgement_of_what_is_anew(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);
    struct osm_subscription *subscription = test_subscribe(session, 7);

    test_bring(world, 7, 1, 1);
    test_lose_and_resume(world, session);
    osm_publisher_recreated(osm_session_publisher(session), subscription, "the test says so");
    test_refuse(world, UA_STATUSCODE_BADINTERNALERROR);
    assert_int_equal(subscription->track.expected, 1);
}

/* A sink that confirms when the test says so. */
static void no_news(struct osm_bus_reader *reader)
{
    struct osm_bus_gap gap;

    while (osm_bus_next(reader, &gap))
        ;
}

static void test_deferred_acknowledgements(void **state)
{
    static const struct osm_manager_config config = {
        .session_timeout = 600, .cleanup_interval = 30, .max_sessions = 100, .deferred_ack = true};
    struct test_world *world = test_world_new_with(&config);
    struct osm_bus *bus = osm_manager_bus(world->manager);
    struct osm_bus_reader sink = {
        .types = OSM_EVENT_BIT(OSM_EVENT_DATA_CHANGE_RECEIVED), .durable = true, .news = no_news};
    struct osm_session *session;
    uint64_t first;

    osm_bus_attach(bus, &sink, OSM_BUS_FROM_NOW);
    session = test_publishing(world);
    test_subscribe(session, 7);
    test_bring(world, 7, 1, 2);
    first = osm_bus_last(bus);
    test_bring(world, 7, 2, 1);
    test_newest_acks_are(world, "");
    assert_int_equal(osm_session_publisher(session)->acks.withheld_size, 2);
    osm_bus_confirm(&sink, first - 1); /* the first of its two events */
    test_turn(world);
    assert_int_equal(osm_session_publisher(session)->acks.withheld_size, 2);
    osm_bus_confirm(&sink, first);
    test_turn(world);
    assert_int_equal(osm_session_publisher(session)->acks.withheld_size, 1);
    test_bring(world, 7, 3, 1);
    test_newest_acks_are(world, "7:1");
    osm_bus_confirm(&sink, osm_bus_last(bus));
    test_turn(world);
    test_bring(world, 7, 4, KEEP_ALIVE);
    test_newest_acks_are(world, "7:2 7:3");
    osm_bus_detach(&sink);
    test_bring(world, 7, 4, 1); /* there is nobody to wait for */
    test_newest_acks_are(world, "7:4");
    test_world_free(world);
}

/* --- events ---------------------------------------------------------------------------------- */

/* What a reader of all sessions gets, by name and by what matters in it. */
struct listener {
    struct osm_bus_reader reader;
    struct osm_buf heard;
};

static void listen(struct osm_bus_reader *reader)
{
    struct listener *listener = osm_container_of(reader, struct listener, reader);
    const struct osm_event *event;
    struct osm_bus_gap gap;

    while ((event = osm_bus_next(reader, &gap))) {
        char *fields = osm_strndup(event->members.text + event->fields,
                                   event->members.text_length - event->fields);
        const char *value = strstr(fields, "\"sequenceNumber\":");

        osm_buf_printf(&listener->heard, "%s ", osm_event_name(event->type));
        if (value)
            osm_buf_printf(&listener->heard, "%ld ", strtol(value + 17, NULL, 10));
        free(fields);
    }
}

/* One value, and beside it what cannot be decoded. */
static void bring_unreadable(struct test_world *world, uint32_t id, uint32_t number)
{
    UA_PublishResponse *response = test_publish_response(id, number, 1);
    UA_NotificationMessage *message = &response->notificationMessage;
    UA_ExtensionObject *data = UA_Array_new(2, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);

    data[1] = message->notificationData[0];
    data[0].encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING;
    data[0].content.encoded.typeId = UA_NODEID_NUMERIC(0, 811);
    data[0].content.encoded.body = UA_BYTESTRING_ALLOC("odd");
    UA_free(message->notificationData);
    message->notificationData = data;
    message->notificationDataSize = 2;
    test_publish_answer(world, response);
    test_turn(world);
}

static void test_events_come_in_order(void **state)
{
    struct test_world *world = *state;
    struct listener listener = {
        .reader = {.types = OSM_EVENT_BIT(OSM_EVENT_DATA_CHANGE_RECEIVED) |
                            OSM_EVENT_BIT(OSM_EVENT_SUBSCRIPTION_KEEP_ALIVE) |
                            OSM_EVENT_BIT(OSM_EVENT_NOTIFICATIONS_LOST) |
                            OSM_EVENT_BIT(OSM_EVENT_SUBSCRIPTION_LOST),
                   .news = listen}};
    struct osm_session *session;

    osm_bus_attach(osm_manager_bus(world->manager), &listener.reader, OSM_BUS_FROM_NOW);
    session = test_publishing(world);
    test_subscribe(session, 7);
    test_bring(world, 7, 1, KEEP_ALIVE);
    test_bring(world, 7, 1, 2);
    test_bring(world, 7, 4, 1);
    test_refuse_republish(world, UA_STATUSCODE_BADMESSAGENOTAVAILABLE);
    test_republish(world, 3);
    bring_unreadable(world, 7, 5);
    test_bring_status(world, 7, 6, UA_STATUSCODE_GOODSUBSCRIPTIONTRANSFERRED);
    assert_string_equal(osm_buf_text(&listener.heard),
                        "SubscriptionKeepAlive 1 DataChangeReceived 1 DataChangeReceived 1 "
                        "NotificationsLost DataChangeReceived 3 DataChangeReceived 4 "
                        "NotificationsLost DataChangeReceived 5 "
                        "SubscriptionLost ");
    osm_bus_detach(&listener.reader);
    osm_buf_deinit(&listener.heard);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        test_in_world(test_one_more_than_subscriptions),
        test_in_world(test_nothing_without_the_switch),
        test_in_world(test_the_switch_of_all_sessions),
        test_in_world(test_an_answer_is_followed_by_a_request),
        test_in_world(test_keep_alives_are_not_acknowledged),
        test_in_world(test_an_answer_touches_the_session),
        test_in_world(test_the_last_subscription_ends_it),
        test_in_world(test_states_are_logged),
        test_in_world(test_it_is_announced_once),
        test_in_world(test_an_old_refusal_is_no_loss),
        cmocka_unit_test(test_states),
        test_in_world(test_back_off),
        test_in_world(test_too_many_is_remembered),
        test_in_world(test_not_even_one),
        test_in_world(test_a_request_grows_old),
        test_in_world(test_acknowledgements_come_back),
        test_in_world(test_acknowledgements_outlive_a_loss),
        test_in_world(test_no_acknowledgement_of_what_is_anew),
        cmocka_unit_test(test_deferred_acknowledgements),
        test_in_world(test_events_come_in_order),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    test_server_is_large = true; /* whatever the size of an answer, what follows is the same */
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
