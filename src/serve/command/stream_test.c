/* SPDX-License-Identifier: MIT */
/* stream, credit, unstream on a channel whose room is set by hand; extensions.md §2. */
#include "core/event/event_bus.h"
#include "core/event/events.h"
#include "core/subscription/publisher.h"
#include "serve/request/push.h"
#include "testing/testing_command.h"

/* The caller's connection. */
static struct caller {
    struct osm_push channel;
    bool full;
    struct osm_buf lines;
    unsigned count;
} caller;

static bool has_room(struct osm_push *channel)
{
    (void)channel;
    return !caller.full;
}

static void push(struct osm_push *channel, const struct osm_rope_part *parts, size_t count)
{
    assert_ptr_equal(channel, &caller.channel);
    assert_false(caller.full);
    for (size_t i = 0; i < count; i++)
        osm_buf_add(&caller.lines, parts[i].data, parts[i].length);
    caller.count++;
}

static const struct osm_push_ops channel_ops = {.has_room = has_room, .push = push, .bytes = 2000};

static int setup(void **state)
{
    const struct osm_manager_config config = {
        .session_timeout = 600, .cleanup_interval = 30, .max_sessions = 100, .event_buffer = 8};

    caller = (struct caller){.channel.ops = &channel_ops};
    *state = test_world_new_with(&config);
    return 0;
}

static int teardown(void **state)
{
    osm_push_tell_gone(&caller.channel);
    osm_buf_deinit(&caller.lines);
    return test_teardown(state);
}

static struct test_request *ask(struct test_world *world, const char *text)
{
    struct test_request *test = test_request_parse(world, text);

    test->request.channel = &caller.channel;
    osm_command_dispatch(world->manager, &test->request);
    test_recycle(world);
    return test;
}

static unsigned long long position(const struct test_world *world)
{
    return osm_bus_last(osm_manager_bus(world->manager)) + 1;
}

static void cursor_is(const struct test_request *test, const char *id, unsigned long long cursor)
{
    char *expected = osm_printf("{'id':%s,'success':true,'data':{'cursor':%llu}}", id, cursor);

    test_reply_is(test, expected);
    free(expected);
}

static void refused(struct test_world *world, const char *text, const char *type,
                    const char *message)
{
    char *expected =
        osm_printf("{\"id\":9,\"success\":false,\"error\":{\"type\":\"%s\",\"message\":\"%s\"}}",
                   type, message);
    const struct test_request *test = ask(world, text);

    assert_non_null(test->reply);
    assert_string_equal(test->reply, expected);
    free(expected);
}

/* The lines that came since; each expected one is a part of its line, in order. */
static void lines_are(struct test_world *world, const char *const *expected)
{
    char *text, *line, *rest;

    test_turn(world);
    text = osm_strdup(osm_buf_text(&caller.lines));
    rest = text;
    while (*expected && (line = strsep(&rest, "\n"))) {
        char *part = test_quotes(*expected++);

        if (!strstr(line, part))
            fail_msg("%s is not in %s", part, line);
        assert_int_equal(line[strlen(line) - 1], '}');
        free(part);
    }
    assert_null(*expected);
    assert_string_equal(rest ? rest : "", "");
    free(text);
    osm_buf_truncate(&caller.lines, 0);
}

#define TEST_NO_VALUE                                                                              \
    "{'value':null,'type':null,'dimensions':null,'statusCode':0,'sourceTimestamp':null,"           \
    "'serverTimestamp':null}"
#define LINES(...) lines_are(world, (const char *const[]){__VA_ARGS__, NULL})
#define NO_LINES() lines_are(world, (const char *const[]){NULL})

static void emit(struct osm_session *session, uint32_t number)
{
    osm_event_subscription_lost(session, number, "test");
}

/* --- lines --------------------------------------------------------------------------------- */

static void test_every_event_is_a_line(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    unsigned long long next = position(world);
    char *expected;

    cursor_is(ask(world, "{'command':'stream','id':1}"), "1", next);
    NO_LINES();
    emit(session, 5);
    test_turn(world);
    expected = osm_printf("{\"id\":1,\"event\":\"SubscriptionLost\",\"cursor\":%llu,"
                          "\"time\":1700000000.250000,\"sessionId\":\"%s\",\"endpointUrl\":"
                          "\"" TEST_URL "\",\"subscriptionId\":5,\"reason\":\"test\"}\n",
                          next, osm_session_id(session));
    assert_string_equal(osm_buf_text(&caller.lines), expected);
    free(expected);
}

static void other_has_room(struct osm_push_user *user)
{
    (void)user;
}

static void other_is_gone(struct osm_push_user *user)
{
    (void)user;
}

/* Who else pushes on the connection is no stream: neither looked into nor counted. */
static void test_others_on_the_connection(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct osm_push_user *others[40];

    for (size_t i = 0; i < OSM_ARRAY_SIZE(others); i++) {
        others[i] = osm_alloc(sizeof(*others[i])); /* alone: reading beside it is noticed */
        others[i]->room = other_has_room;
        others[i]->gone = other_is_gone;
        osm_push_join(&caller.channel, others[i]);
    }
    cursor_is(ask(world, "{'command':'stream','id':9}"), "9", position(world));
    refused(world, "{'command':'stream','id':9}", "invalid_argument",
            "A stream with this id is open on this connection already");
    emit(session, 5);
    LINES("'subscriptionId':5");
    for (size_t i = 0; i < OSM_ARRAY_SIZE(others); i++) {
        osm_push_leave(others[i]);
        free(others[i]);
    }
}

static void test_filters(void **state)
{
    struct test_world *world = *state;
    struct osm_session *one = test_open(world, "{}"), *two = test_open(world, "{}");
    char *text = osm_printf("{'command':'stream','id':'a','sessionId':'%s','events':"
                            "['SubscriptionLost','CacheHit']}",
                            osm_session_id(one));

    ask(world, text);
    free(text);
    ask(world, "{'command':'stream','id':2,'events':['SubscriptionRecreated']}");
    emit(one, 1);
    emit(two, 2);
    osm_event_subscription_recreated(two, 3, "test");
    LINES("{'id':'a','event':'SubscriptionLost'", "{'id':2,'event':'SubscriptionRecreated'");
    assert_false(
        osm_publisher_is_on(osm_session_publisher(one))); /* nothing of this is published */
}

static void test_resuming(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    unsigned long long first = position(world);
    char *text;

    ask(world, "{'command':'stream','id':1,'events':['SubscriptionLost']}");
    for (uint32_t i = 1; i <= 3; i++)
        emit(session, i);
    LINES("'subscriptionId':1", "'subscriptionId':2", "'subscriptionId':3");
    cursor_is(ask(world, "{'command':'unstream','id':2,'stream':1}"), "2", first + 3);
    emit(session, 4);
    NO_LINES();
    text = osm_printf("{'command':'stream','id':1,'cursor':%llu}", first + 1);
    cursor_is(ask(world, text), "1", first + 2);
    free(text);
    LINES("'subscriptionId':3", "'subscriptionId':4");
}

/* --- slow callers -------------------------------------------------------------------------- */

static void test_credits(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    ask(world, "{'command':'stream','id':1,'credits':2}");
    for (uint32_t i = 1; i <= 4; i++)
        emit(session, i);
    LINES("'subscriptionId':1", "'subscriptionId':2");
    test_reply_is(ask(world, "{'command':'credit','id':1,'credits':1}"),
                  "{'id':1,'success':true,'data':{'credits':1}}");
    LINES("'subscriptionId':3");
    test_reply_is(ask(world, "{'command':'credit','id':7,'stream':1,'credits':5}"),
                  "{'id':7,'success':true,'data':{'credits':5}}");
    LINES("'subscriptionId':4");
    for (uint32_t i = 5; i <= 9; i++)
        emit(session, i);
    LINES("'subscriptionId':5", "'subscriptionId':6", "'subscriptionId':7", "'subscriptionId':8");
}

static void test_gap(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    unsigned long long first = position(world);
    char *gap;

    ask(world, "{'command':'stream','id':1,'credits':1}");
    for (uint32_t i = 1; i <= 12; i++)
        emit(session, i);
    gap = osm_printf("{'id':1,'event':'StreamGap','from':%llu,'to':%llu,'dropped':4}", first,
                     first + 3);
    LINES(gap); /* a gap is a line, too */
    free(gap);
    ask(world, "{'command':'credit','id':1,'credits':1}");
    LINES("'subscriptionId':5");
}

static void test_cursor_of_an_earlier_life(void **state)
{
    struct test_world *world = *state;

    test_open(world, "{}");
    ask(world, "{'command':'stream','id':1,'cursor':7}");
    LINES("'event':'StreamGap','from':8,'to':1700000000249999,'dropped':null}");
}

static void test_a_full_channel_is_waited_for(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    ask(world, "{'command':'stream','id':1}");
    caller.full = true;
    emit(session, 1);
    NO_LINES();
    assert_true(caller.channel.awaited);
    emit(session, 2);
    NO_LINES();
    caller.full = false;
    osm_push_tell_room(&caller.channel);
    assert_int_equal(caller.count, 0); /* not from inside */
    LINES("'subscriptionId':1", "'subscriptionId':2");
}

/* --- the end ------------------------------------------------------------------------------- */

static void test_connection_ends(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    ask(world, "{'command':'stream','id':1}");
    ask(world, "{'command':'stream','id':2}");
    assert_int_equal(osm_bus_stats(osm_manager_bus(world->manager)).readers, 2);
    emit(session, 1);
    osm_push_tell_gone(&caller.channel);
    assert_int_equal(osm_bus_stats(osm_manager_bus(world->manager)).readers, 0);
    NO_LINES();
}

static void test_session_ends(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}"), *other = test_open(world, "{}");
    char *text = osm_printf("{'command':'stream','id':1,'sessionId':'%s','events':"
                            "['SubscriptionLost']}",
                            osm_session_id(session));

    ask(world, text);
    free(text);
    emit(session, 1);
    osm_session_close(session, 100, NULL, NULL);
    test_advance(world, 200);
    LINES("'subscriptionId':1");
    emit(other, 2);
    NO_LINES();
}

/* --- publishing ---------------------------------------------------------------------------- */

static void test_streams_of_published_events_switch_publishing_on(void **state)
{
    struct test_world *world = *state;
    struct osm_session *one = test_open(world, "{}"), *two = test_open(world, "{}");
    char *text = osm_printf("{'command':'stream','id':1,'sessionId':'%s'}", osm_session_id(one));

    ask(world, text);
    free(text);
    assert_true(osm_publisher_is_on(osm_session_publisher(one)));
    assert_false(osm_publisher_is_on(osm_session_publisher(two)));
    ask(world, "{'command':'stream','id':2,'events':['DataChangeReceived']}");
    assert_true(osm_publisher_is_on(osm_session_publisher(two)));
}

/* Who listens passively leaves publishing to the callers. */
static void test_passive_streams_switch_nothing_on(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    char *text = osm_printf("{'command':'stream','id':1,'sessionId':'%s','passive':true}",
                            osm_session_id(session));

    ask(world, text);
    free(text);
    ask(world, "{'command':'stream','id':2,'events':['DataChangeReceived'],'passive':true}");
    assert_false(osm_publisher_is_on(osm_session_publisher(session)));
    assert_false(osm_session_owner(session)->auto_publish);
    emit(session, 3);
    LINES("{'id':1,'event':'SubscriptionLost'");
}

/* Items with ids from 1 on, all with the client handle 0, as configuration files make them. */
static struct osm_subscription *add_items(struct osm_session *session, uint32_t id, uint32_t count)
{
    const struct osm_subscription_params asked = {.publishing_interval = 100};
    const UA_CreateSubscriptionResponse created = {.subscriptionId = id};
    struct osm_subscriptions *all = osm_session_subscriptions(session);
    struct osm_subscription *subscription = osm_subscription_add(all, &asked, &created);

    for (uint32_t i = 1; i <= count; i++) {
        struct osm_monitored_item_params params = {.attribute_id = UA_ATTRIBUTEID_VALUE};

        (void)osm_monitored_item_add(all, subscription, &params, i, i);
    }
    return subscription;
}

/* A message with a value of each of the items. */
static void publish(struct osm_session *session, struct osm_subscription *subscription)
{
    UA_MonitoredItemNotification values[3] = {{0}};
    UA_DataChangeNotification changes = {.monitoredItems = values, .monitoredItemsSize = 3};
    UA_ExtensionObject data;
    const UA_NotificationMessage message = {
        .sequenceNumber = 1, .notificationData = &data, .notificationDataSize = 1};

    for (uint32_t i = 0; i < 3; i++)
        values[i].clientHandle = i + 1;
    UA_ExtensionObject_setValueNoDelete(&data, &changes,
                                        &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]);
    osm_events_of_publish(session, subscription, &message, false, false);
}

static void test_only_the_items_asked_for(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct osm_subscription *seven = add_items(session, 7, 3), *eight = add_items(session, 8, 3);
    char *text = osm_printf("{'command':'stream','id':1,'sessionId':'%s','items':[[7,3],[7,1]],"
                            "'events':['DataChangeReceived','SubscriptionLost'],'passive':true}",
                            osm_session_id(session));

    ask(world, text);
    free(text);
    ask(world, "{'command':'stream','id':2,'events':['DataChangeReceived'],'passive':true}");
    publish(session, seven);
    emit(session, 7);
    publish(session, eight);
    /* NOLINTNEXTLINE(bugprone-suspicious-missing-comma) – one line, of three literals */
    LINES("'subscriptionId':7,'sequenceNumber':1,'clientHandle':0,'dataValue':" TEST_NO_VALUE
          ",'republished':false,'monitoredItemId':1}",
          "'republished':false,'monitoredItemId':3}", "{'id':2,", "{'id':2,",
          "'republished':false}", "{'id':2,'event':'DataChangeReceived'", "{'id':2,", "{'id':2,");
}

static void test_wrong_items(void **state)
{
    static const char *const lists[] = {
        "{}", "[]", "[7]", "[[7]]", "[[7,1,1]]", "[[7,1],[7,-1]]", "[[4294967296,1]]", "[['7',1]]"};
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    refused(world, "{'id':9,'command':'stream','items':[[1,1]]}", "invalid_argument",
            "items belong to a session: name it by sessionId");
    for (size_t i = 0; i < OSM_ARRAY_SIZE(lists); i++) {
        char *text = osm_printf("{'id':9,'command':'stream','sessionId':'%s','items':%s}",
                                osm_session_id(session), lists[i]);

        refused(world, text, "invalid_argument",
                "items must be a list of at most 1000 pairs of subscriptionId and monitored item "
                "id, as in [[1,7],[1,8]]");
        free(text);
    }
}

/* A token for some servers: what happens on others does not exist. */
static void test_other_servers_are_not_seen(void **state)
{
    static const char *const servers[] = {"elsewhere:*", "plant:4840"};
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(servers); i++) {
        char **list = osm_alloc(2 * sizeof(char *)), *text;
        struct test_request *test;

        text = osm_printf("{'command':'stream','id':%zu,'credits':1}", i);
        test = test_request_parse(world, text);
        list[0] = osm_strdup(servers[i]);
        test->request.channel = &caller.channel;
        test->request.grant =
            osm_grant_new(1, &(struct osm_grant_terms){.role = OSM_ROLE_WRITE, .endpoints = list});
        osm_command_dispatch(world->manager, &test->request);
        assert_int_equal(osm_publisher_is_on(osm_session_publisher(session)), i);
        test_recycle(world);
        free(text);
    }
    assert_false(osm_session_owner(session)->auto_publish);
    emit(session, 1);
    emit(session, 2);
    LINES("{'id':1,'event':'SubscriptionLost'");
}

/* --- mistakes ------------------------------------------------------------------------------ */

#define ARGUMENT "invalid_argument"
#define LIST "events must be a list of event names; without it all are sent"
#define NUMBER " must be a whole number of at least 0"

static void test_mistakes(void **state)
{
    struct test_world *world = *state;
    static const struct {
        const char *members, *type, *message;
    } cases[] = {
        {"'command':'stream','sessionId':'x'", "session_not_found", "Session not found: x"},
        {"'command':'stream','events':['DataChange']", ARGUMENT, "Unknown event: DataChange"},
        {"'command':'stream','events':[1]", ARGUMENT, "events must be a list of event names"},
        {"'command':'stream','events':[]", ARGUMENT, LIST},
        {"'command':'stream','events':'CacheHit'", ARGUMENT, LIST},
        {"'command':'stream','cursor':-1", ARGUMENT, "cursor" NUMBER},
        {"'command':'stream','cursor':1.5", ARGUMENT, "cursor" NUMBER},
        {"'command':'stream','credits':'2'", ARGUMENT, "credits" NUMBER},
        {"'command':'stream'", NULL, NULL},
        {"'command':'stream'", ARGUMENT,
         "A stream with this id is open on this connection already"},
        {"'command':'credit'", ARGUMENT, "credits" NUMBER},
        {"'command':'credit','stream':'9'", ARGUMENT,
         "No stream of this connection has the id \\\"9\\\""},
        {"'command':'unstream'", ARGUMENT, "stream must be the id of a stream of this connection"},
        {"'command':'unstream','stream':8", ARGUMENT, "No stream of this connection has the id 8"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        char *text = osm_printf("{'id':9,%s}", cases[i].members);

        if (cases[i].type)
            refused(world, text, cases[i].type, cases[i].message);
        else
            ask(world, text);
        free(text);
    }
}

static void test_one_request_connections_have_no_streams(void **state)
{
    struct test_world *world = *state;
    static const char *const commands[] = {"stream", "credit", "unstream"};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(commands); i++)
        test_fault_is(test_ask_format(world, "{'command':'%s'}", commands[i]), "invalid_argument",
                      "Streams need a persistent connection: give the request an \\'id\\' (string "
                      "or integer) and keep the connection open");
}

static void test_too_many_streams(void **state)
{
    struct test_world *world = *state;

    for (unsigned i = 0; i < 32; i++) {
        char *text = osm_printf("{'command':'stream','id':'%u'}", i);

        ask(world, text);
        free(text);
    }
    refused(world, "{'command':'stream','id':9}", ARGUMENT,
            "This connection has 32 streams already: end one, or use another connection");
}

#define in_world(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_world(test_every_event_is_a_line),
        in_world(test_others_on_the_connection),
        in_world(test_filters),
        in_world(test_resuming),
        in_world(test_credits),
        in_world(test_gap),
        in_world(test_cursor_of_an_earlier_life),
        in_world(test_a_full_channel_is_waited_for),
        in_world(test_connection_ends),
        in_world(test_session_ends),
        in_world(test_streams_of_published_events_switch_publishing_on),
        in_world(test_passive_streams_switch_nothing_on),
        in_world(test_only_the_items_asked_for),
        in_world(test_wrong_items),
        in_world(test_other_servers_are_not_seen),
        in_world(test_mistakes),
        in_world(test_one_request_connections_have_no_streams),
        in_world(test_too_many_streams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
