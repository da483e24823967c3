/* SPDX-License-Identifier: MIT */
/* Auto-connect with the real commands, on a scripted server and a clock turned by hand. */
#include "core/manager/connection_source.h"
#include "serve/command/walk.h"
#include "testing/testing_auto.h"

/* --- building ------------------------------------------------------------------------------ */

static void test_a_connection(void **state)
{
    struct test_auto *site = *state;
    struct osm_subscription *subscription;

    test_apply(site, test_usual(3));
    test_entry_is(site, "kept");
    test_auto_did(site, "CreateSubscription CreateMonitoredItems");
    assert_true(osm_session_view(test_entry_session(site)).persistent);
    assert_true(osm_publisher_is_on(osm_session_publisher(test_entry_session(site))));
    subscription = osm_subscription_find(osm_session_subscriptions(test_entry_session(site)), 1);
    assert_int_equal(subscription->item_count, 3);
    assert_true(subscription->params.publishing_interval == 500.0);
    test_advance(site->world, 1800 * 1000);
    assert_non_null(test_entry_session(site)); /* it does not expire */
    test_auto_did(site, "");
}

static void test_without_subscriptions_nothing_is_published(void **state)
{
    struct test_auto *site = *state;
    struct osm_desired *wanted = osm_desired_new();

    test_want(wanted, "plant", "{}", 0);
    test_apply(site, wanted);
    test_entry_is(site, "kept");
    assert_false(osm_publisher_is_on(osm_session_publisher(test_entry_session(site))));
}

static void test_many_items_in_batches(void **state)
{
    struct test_auto *site = *state;

    test_apply(site, test_usual(2500));
    test_auto_did(
        site, "CreateSubscription CreateMonitoredItems CreateMonitoredItems CreateMonitoredItems");
    assert_int_equal(site->plant.items, 2500);
}

static void test_callers_share_the_session(void **state)
{
    struct test_auto *site = *state;
    struct test_request *open;
    char *expected;

    test_apply(site, test_usual(1));
    open =
        test_ask(site->world, "{'command':'open','endpointUrl':'" TEST_PLANT_URL "','config':{}}");
    expected = osm_printf("{'success':true,'data':{'sessionId':'%s','reused':true}}",
                          osm_session_id(test_entry_session(site)));
    test_reply_is(open, expected);
    free(expected);
}

static void test_an_event_item_with_its_conditions(void **state)
{
    struct test_auto *site = *state;
    struct osm_desired *wanted = test_usual(0);
    struct osm_desired_item *item =
        test_want_item(wanted, &wanted->connections->subscriptions[0], 5);

    item->params.event = osm_arena_alloc(&wanted->arena, sizeof(UA_EventFilter));
    item->params.attribute_id = UA_ATTRIBUTEID_EVENTNOTIFIER;
    item->params.refresh = true;
    test_apply(site, wanted);
    test_auto_did(site, "CreateSubscription CreateMonitoredItems Call");
    test_entry_is(site, "kept");
    test_lose_now(site->world, test_entry_session(site)); /* the server forgets the session … */
    site->world->server.new_session = true;
    site->plant.transfer_status = UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID;
    test_advance(site->world, 60000);
    /* … so the conditions are to be asked for once more. */
    test_auto_did(site, "TransferSubscriptions CreateSubscription CreateMonitoredItems Call");
}

/* --- failing ------------------------------------------------------------------------------- */

static void test_a_server_that_appears_later(void **state)
{
    struct test_auto *site = *state;
    unsigned attempts;

    site->world->server.down = true;
    test_apply(site, test_usual(1));
    test_entry_is(site, "waiting");
    assert_int_equal(test_entry(site)->failures, 1);
    assert_string_equal(test_entry(site)->failure,
                        "Failed to connect to plant:4840: [111] Connection refused");
    test_advance(site->world, 3600 * 1000);
    attempts = test_entry(site)->failures;
    assert_in_range(attempts, 60, 130); /* at least each minute, never in a hurry */
    site->world->server.down = false;
    test_advance(site->world, OSM_AUTO_OPEN_MOST);
    assert_int_equal(test_entry(site)->state, OSM_AUTO_KEPT);
    assert_int_equal(test_entry(site)->failures, 0);
    assert_null(test_entry(site)->failure);
    test_auto_did(site, "CreateSubscription CreateMonitoredItems");
}

static void hurry(void *arg, const struct osm_connection_status *connection)
{
    const struct test_auto *site = arg;

    osm_manager_connections(site->world->manager)->hurry(connection);
}

static void look_for_opening(void *arg, const struct osm_connection_status *connection)
{
    const struct osm_session **opening = arg;

    *opening = connection->opening;
}

/* An operator knows that it is there now, and does not wait for its next attempt. */
static void test_an_attempt_that_is_asked_for(void **state)
{
    struct test_auto *site = *state;
    const struct osm_connection_source *source;
    const struct osm_session *opening = NULL;

    site->world->server.down = true;
    test_apply(site, test_usual(1));
    test_entry_is(site, "waiting");
    site->world->server.down = false;
    site->world->server.hold_connect = true;
    source = osm_manager_connections(site->world->manager);
    osm_connections_each(source, hurry, site);
    test_turn(site->world);
    test_entry_is(site, "opening");
    osm_connections_each(source, look_for_opening, &opening);
    assert_non_null(opening);
    osm_connections_each(source, hurry, site); /* it is at it */
    test_turn(site->world);
    test_server_connect(
        osm_session_link(osm_registry_first(site->world->manager, OSM_REGISTRY_OPENING))->conn);
    test_turn(site->world);
    test_entry_is(site, "kept");
}

static void note_label(void *arg, const struct osm_connection_status *connection)
{
    (void)snprintf(arg, 32, "%s", connection->label);
}

/* Who looks at the connections bit by bit meets those that stay, each once. */
static void test_a_list_that_changes_meanwhile(void **state)
{
    struct test_auto *site = *state;
    const struct osm_connection_source *source = osm_manager_connections(site->world->manager);
    struct osm_desired *wanted = osm_desired_new(), *fewer = osm_desired_new();
    struct osm_connection_cursor cursor, other;
    char label[32] = "";

    test_want(wanted, "one", "{\"opcuaTimeout\":1}", 0);
    test_want(wanted, "two", "{\"opcuaTimeout\":2}", 0);
    test_want(wanted, "three", "{\"opcuaTimeout\":3}", 0);
    test_apply(site, wanted);
    source->begin(source->context, &cursor);
    assert_true(source->next(&cursor, note_label, label));
    assert_string_equal(label, "one");
    source->begin(source->context, &other);
    test_want(fewer, "three", "{\"opcuaTimeout\":3}", 0);
    test_apply(site, fewer);
    test_advance(site->world, 60000);
    assert_true(source->next(&cursor, note_label, label));
    assert_string_equal(label, "three");
    assert_false(source->next(&cursor, note_label, label));
    source->end(&cursor);
    assert_true(source->next(&other, note_label, label)); /* it stood at the first one */
    assert_string_equal(label, "three");
    site->connect = osm_auto_connect_free(site->connect);
    assert_null(other.list);
    site->connect = osm_auto_connect_new(site->world->manager);
}

/* A reply that takes many turns says what one of a single turn says. */
static void test_status_in_pieces(void **state)
{
    struct test_auto *site = *state;
    static const char ask[] =
        "{'command':'status','filter':{'members':['ready','reasons','connections']}}";
    struct osm_desired *wanted = osm_desired_new();
    struct test_request *whole, *pieces;

    site->world->server.down = true;
    test_want(wanted, "one", "{\"opcuaTimeout\":1}", 1);
    test_want(wanted, "two", "{\"opcuaTimeout\":2}", 2);
    test_apply(site, wanted);
    whole = test_ask(site->world, ask);
    assert_non_null(strstr(whole->reply, "{\"connection\":\"two\",\"state\":\"waiting\""));
    assert_non_null(strstr(whole->reply, "\"data\":{\"ready\":false,"));
    osm_walk_piece = 0;
    pieces = test_request_parse(site->world, ask);
    osm_command_dispatch(site->world->manager, &pieces->request);
    assert_null(pieces->reply);
    for (unsigned turns = 0; !pieces->reply; turns++) {
        assert_true(turns < 100);
        assert_true(test_loop_fire(&site->world->loop, site->world->loop.now + 1));
    }
    osm_walk_piece = 4000;
    assert_string_equal(pieces->reply, whole->reply);
}

static void test_an_item_that_appears_later(void **state)
{
    struct test_auto *site = *state;
    const struct osm_monitored_item *item;

    site->plant.unknown = 2;
    test_apply(site, test_usual(3));
    test_entry_is(site, "degraded");
    assert_int_equal(site->plant.items, 2);
    item = test_entry(site)->subscriptions->items[1];
    assert_int_equal(item->refusal.status, UA_STATUSCODE_BADNODEIDUNKNOWN);
    test_advance(site->world, 3600 * 1000);
    assert_in_range(item->refusal.failures, 10, 40); /* rarely in the end */
    assert_int_equal(site->plant.items, 2);
    site->plant.unknown = 0;
    test_advance(site->world, OSM_REFUSED_MOST);
    assert_int_equal(site->plant.items, 3);
    assert_int_equal(item->place, OSM_MONITORED_ITEM_ON_SERVER);
}

/* What a server refuses does not hold up the rest. */
static void test_a_subscription_that_is_refused(void **state)
{
    struct test_auto *site = *state;

    site->plant.create_fault = UA_STATUSCODE_BADTOOMANYSUBSCRIPTIONS;
    test_apply(site, test_usual(1));
    test_entry_is(site, "degraded");
    assert_int_equal(test_entry(site)->subscriptions->kept->refusal.status,
                     UA_STATUSCODE_BADTOOMANYSUBSCRIPTIONS);
    site->plant.create_fault = UA_STATUSCODE_GOOD;
    test_advance(site->world, OSM_REFUSED_FIRST);
    test_auto_did(site, "CreateSubscription CreateSubscription CreateMonitoredItems");
}

/* Dead servers hold the slots, live ones get their turn all the same. */
static void test_entries_do_not_wait_for_each_other(void **state)
{
    struct test_auto *site = *state;
    struct osm_desired *wanted = osm_desired_new();
    unsigned connecting = 0, kept = 0;
    const struct osm_auto_entry *one;
    struct osm_ua_conn *conn;

    for (int i = 0; i < 100; i++) {
        char label[16], config[32];

        snprintf(label, sizeof(label), "%d", i);
        snprintf(config, sizeof(config), "{\"autoRetry\":%d}", i);
        test_want(wanted, label, config, 0);
    }
    site->world->server.hold_connect = true;
    test_apply(site, wanted);
    DL_FOREACH (site->world->server.conns, conn)
        connecting += conn->phase == TEST_CONNECTING;
    assert_int_equal(connecting, OSM_AUTO_SLOTS);
    site->world->server.hold_connect = false;
    for (conn = site->world->server.conns; conn; conn = conn->next)
        if (conn->phase == TEST_CONNECTING)
            test_server_connect(conn);
    test_turn(site->world);
    DL_FOREACH (site->connect->entries, one)
        kept += one->state == OSM_AUTO_KEPT;
    assert_int_equal(kept, 100);
}

static void test_a_session_a_caller_closes(void **state)
{
    struct test_auto *site = *state;
    char *id;

    test_apply(site, test_usual(2));
    test_auto_did(site, "CreateSubscription CreateMonitoredItems");
    id = osm_strdup(osm_session_id(test_entry_session(site)));
    test_data_is(test_ask_format(site->world, "{'command':'close','sessionId':'%s'}", id), "null");
    test_advance(site->world, 3 * OSM_AUTO_AUDIT);
    test_entry_is(site, "kept");
    assert_string_not_equal(test_entry(site)->session_id, id);
    test_auto_did(site, "CreateSubscription CreateMonitoredItems");
    free(id);
}

static void test_a_subscription_a_caller_deletes(void **state)
{
    struct test_auto *site = *state;

    test_apply(site, test_usual(2));
    (void)test_query(site->world, test_entry_session(site), "deleteSubscription", "[1]");
    test_auto_did(site, "CreateSubscription CreateMonitoredItems DeleteSubscriptions");
    test_advance(site->world, OSM_AUTO_AUDIT + 1000);
    test_auto_did(site, "CreateSubscription CreateMonitoredItems");
}

static void test_a_loss_is_the_sessions_business(void **state)
{
    struct test_auto *site = *state;

    test_apply(site, test_usual(2));
    test_auto_did(site, "CreateSubscription CreateMonitoredItems");
    site->world->server.new_session = true;
    site->plant.transfer_status = UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID;
    test_lose_now(site->world, test_entry_session(site));
    test_advance(site->world, 5000);
    test_auto_did(site, "TransferSubscriptions CreateSubscription CreateMonitoredItems");
    test_entry_is(site, "kept");
    assert_int_equal(osm_session_state(test_entry_session(site)), OSM_SESSION_ACTIVE);
}

/* --- status -------------------------------------------------------------------------------- */

static void test_status_tells(void **state)
{
    struct test_auto *site = *state;
    struct test_request *test;

    site->plant.unknown = 1;
    test_apply(site, test_usual(2));
    test = test_ask(site->world, "{'command':'status'}");
    assert_non_null(strstr(test->reply, "\"connections\":[{\"label\":\"plant\""));
    assert_non_null(strstr(test->reply, "\"state\":\"degraded\""));
    assert_non_null(strstr(test->reply, "\"items\":{\"desired\":2,\"actual\":1,\"errors\":[{"
                                        "\"id\":null,\"nodeId\":\"ns=1;i=1\","
                                        "\"error\":\"BadNodeIdUnknown\""));
    assert_non_null(strstr(test->reply, "\"autoConnect\":[\"plant\"]"));
}

/* The object that begins with that key in the reply to status, up to the end of its list. */
static char *part(struct test_auto *site, const char *from)
{
    struct test_request *test = test_ask(site->world, "{'command':'status'}");
    const char *start = strstr(test->reply, from);
    const char *end;

    assert_non_null(start);
    start = strstr(start, "\"subscriptions\":");
    assert_non_null(start);
    end = strstr(start, "}]}}]");
    if (!end)
        end = strstr(start, "}}]");
    assert_non_null(end);
    return osm_strndup(start, (size_t)(end - start));
}

static void views_agree(struct test_auto *site)
{
    char *connections = part(site, "\"connections\":[{");
    char *sessions = part(site, "\"sessions\":[{");

    assert_string_equal(connections, sessions);
    free(connections);
    free(sessions);
}

/* One set of numbers: what connections say of a subscription is what sessions say of it, from the
 * first request to a refusal after a recovery, which is asked for again as soon as any other. */
static void test_both_views_agree(void **state)
{
    static const osm_msec pauses[] = {5000, 10000, 20000, 40000};
    const struct osm_monitored_item *item;
    struct test_auto *site = *state;

    site->plant.hold = true;
    site->plant.hold_service = &osm_service_create_subscription;
    test_apply(site, test_usual(2));
    test_entry_is(site, "building");
    views_agree(site); /* without ids yet */
    test_plant_create(&site->plant, test_held(site, &osm_service_create_subscription));
    test_turn(site->world);
    test_entry_is(site, "kept");
    views_agree(site);
    site->plant.unknown = 2; /* the server comes back without the node */
    site->world->server.new_session = true;
    site->plant.transfer_status = UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID;
    test_lose_now(site->world, test_entry_session(site));
    test_entry_is(site, "building");
    views_agree(site);
    test_advance(site->world, 1500);
    test_entry_is(site, "degraded");
    assert_true(osm_session_is_degraded(test_entry_session(site)));
    views_agree(site);
    item = test_entry(site)->subscriptions->items[1];
    for (unsigned i = 0; i < OSM_ARRAY_SIZE(pauses); i++) {
        assert_int_equal(item->refusal.failures, i + 1);
        assert_in_range(item->refusal.retry_at - osm_clock_now(site->connect->loop.clock),
                        i ? pauses[i] / 2 - 1500 : 0, pauses[i]);
        while (item->refusal.failures == i + 1)
            test_advance(site->world, 100);
        views_agree(site);
    }
    site->plant.unknown = 0;
    test_advance(site->world, 80000);
    assert_false(osm_subscriptions_are_unmet(osm_session_subscriptions(test_entry_session(site))));
    views_agree(site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_auto(test_a_connection),
        test_on_auto(test_without_subscriptions_nothing_is_published),
        test_on_auto(test_many_items_in_batches),
        test_on_auto(test_callers_share_the_session),
        test_on_auto(test_an_event_item_with_its_conditions),
        test_on_auto(test_a_server_that_appears_later),
        test_on_auto(test_an_attempt_that_is_asked_for),
        test_on_auto(test_a_list_that_changes_meanwhile),
        test_on_auto(test_status_in_pieces),
        test_on_auto(test_an_item_that_appears_later),
        test_on_auto(test_a_subscription_that_is_refused),
        test_on_auto(test_entries_do_not_wait_for_each_other),
        test_on_auto(test_a_session_a_caller_closes),
        test_on_auto(test_a_subscription_a_caller_deletes),
        test_on_auto(test_a_loss_is_the_sessions_business),
        test_on_auto(test_status_tells),
        test_on_auto(test_both_views_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
