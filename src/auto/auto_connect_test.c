/* SPDX-License-Identifier: MIT */
/* Auto-connect with the real commands, on a scripted server and a clock turned by hand. */
#include "auto/auto_internal.h"
#include "serve/request/config.h"
#include "testing/testing_command.h"
#include "testing/testing_plant.h"

#define PLANT "opc.tcp://plant:4840"

struct site {
    struct test_world *world;
    struct test_plant plant;
    struct osm_auto_connect *connect;
};

static int setup(void **state)
{
    struct site *site = osm_alloc(sizeof(*site));

    site->world = test_world_new();
    site->world->server.serve = test_plant_serve;
    site->world->server.serve_context = &site->plant;
    site->connect = osm_auto_connect_new(site->world->manager);
    *state = site;
    return 0;
}

static int teardown(void **state)
{
    struct site *site = *state;

    osm_auto_connect_stop(site->connect);
    site->world->manager = osm_manager_free(site->world->manager);
    site->connect = osm_auto_connect_free(site->connect);
    test_world_free(site->world);
    free(site);
    return 0;
}

#define on_site(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* --- what is wanted ------------------------------------------------------------------------ */

static struct osm_desired_connection *want(struct osm_desired *wanted, const char *label,
                                           const char *config, size_t subscriptions)
{
    struct osm_desired_connection *one;
    struct osm_fault fault = {0};
    yyjson_doc *doc;

    if (!wanted->connections)
        wanted->connections = osm_arena_array(&wanted->arena, 200, sizeof(*one));
    one = &wanted->connections[wanted->size++];
    one->label = osm_arena_text(&wanted->arena, label, strlen(label));
    one->endpoint = PLANT;
    doc = yyjson_read(config, strlen(config), 0);
    assert_true(osm_config_parse(&one->config, yyjson_doc_get_root(doc), &wanted->arena, &fault));
    yyjson_doc_free(doc);
    one->subscriptions_size = subscriptions;
    one->subscriptions =
        osm_arena_array(&wanted->arena, subscriptions, sizeof(*one->subscriptions));
    for (size_t i = 0; i < subscriptions; i++) {
        one->subscriptions[i].params =
            (struct osm_subscription_params){.publishing_interval = 500.0,
                                             .lifetime_count = 2400,
                                             .keep_alive_count = 10,
                                             .publishing_enabled = true};
        one->subscriptions[i].items =
            osm_arena_array(&wanted->arena, 3000, sizeof(*one->subscriptions->items));
    }
    return one;
}

static struct osm_desired_item *watch(struct osm_desired *wanted,
                                      struct osm_desired_subscription *subscription, unsigned node)
{
    struct osm_desired_item *item = &subscription->items[subscription->items_size++];

    item->node = osm_arena_printf(&wanted->arena, "ns=1;i=%u", node);
    item->params = (struct osm_monitored_item_params){.node_id = UA_NODEID_NUMERIC(1, node),
                                                      .attribute_id = UA_ATTRIBUTEID_VALUE,
                                                      .mode = UA_MONITORINGMODE_REPORTING,
                                                      .sampling_interval = 250.0,
                                                      .queue_size = 1,
                                                      .client_handle = node};
    return item;
}

/* One connection, one subscription, items 1 … n. */
static struct osm_desired *usual(unsigned items)
{
    struct osm_desired *wanted = osm_desired_new();
    struct osm_desired_connection *one = want(wanted, "plant", "{}", 1);

    for (unsigned i = 1; i <= items; i++)
        (void)watch(wanted, &one->subscriptions[0], i);
    return wanted;
}

static void apply(struct site *site, struct osm_desired *wanted)
{
    osm_auto_connect_apply(site->connect, wanted);
    test_turn(site->world);
}

/* --- what is ------------------------------------------------------------------------------- */

static const struct osm_auto_entry *entry(const struct site *site)
{
    return site->connect->entries;
}

static struct osm_session *session_of(const struct site *site)
{
    return osm_registry_get(site->world->manager, entry(site)->session_id, OSM_SESSION_ID_LENGTH);
}

static void state_is(const struct site *site, const char *state)
{
    assert_string_equal(osm_auto_state_name(osm_auto_entry_state(entry(site))), state);
}

/* The log without what publishing asks for by itself. */
static void did(struct site *site, const char *expected)
{
    struct test_plant *plant = &site->plant;
    size_t kept = 0;

    for (size_t i = 0; i < plant->log_size; i++)
        if (strcmp(plant->log[i], "Publish") != 0 && strcmp(plant->log[i], "Republish") != 0)
            plant->log[kept++] = plant->log[i];
    plant->log_size = kept;
    test_plant_log_is(plant, expected);
}

/* --- building ------------------------------------------------------------------------------ */

static void test_a_connection(void **state)
{
    struct site *site = *state;
    struct osm_subscription *subscription;

    apply(site, usual(3));
    state_is(site, "kept");
    did(site, "CreateSubscription CreateMonitoredItems");
    assert_true(osm_session_view(session_of(site)).persistent);
    assert_true(osm_publisher_is_on(osm_session_publisher(session_of(site))));
    subscription = osm_subscription_find(osm_session_subscriptions(session_of(site)), 1);
    assert_int_equal(subscription->item_count, 3);
    assert_true(subscription->params.publishing_interval == 500.0);
    test_advance(site->world, 1800 * 1000);
    assert_non_null(session_of(site)); /* it does not expire */
    did(site, "");
}

static void test_without_subscriptions_nothing_is_published(void **state)
{
    struct site *site = *state;
    struct osm_desired *wanted = osm_desired_new();

    want(wanted, "plant", "{}", 0);
    apply(site, wanted);
    state_is(site, "kept");
    assert_false(osm_publisher_is_on(osm_session_publisher(session_of(site))));
}

static void test_many_items_in_batches(void **state)
{
    struct site *site = *state;

    apply(site, usual(2500));
    did(site, "CreateSubscription CreateMonitoredItems CreateMonitoredItems CreateMonitoredItems");
    assert_int_equal(site->plant.items, 2500);
}

static void test_callers_share_the_session(void **state)
{
    struct site *site = *state;
    struct test_request *open;
    char *expected;

    apply(site, usual(1));
    open = test_ask(site->world, "{'command':'open','endpointUrl':'" PLANT "','config':{}}");
    expected = osm_printf("{'success':true,'data':{'sessionId':'%s','reused':true}}",
                          osm_session_id(session_of(site)));
    test_reply_is(open, expected);
    free(expected);
}

static void test_an_event_item_with_its_conditions(void **state)
{
    struct site *site = *state;
    struct osm_desired *wanted = usual(0);
    struct osm_desired_item *item = watch(wanted, &wanted->connections->subscriptions[0], 5);

    item->params.event = true;
    item->params.attribute_id = UA_ATTRIBUTEID_EVENTNOTIFIER;
    item->params.refresh = true;
    apply(site, wanted);
    did(site, "CreateSubscription CreateMonitoredItems Call");
    state_is(site, "kept");
    test_lose_now(site->world, session_of(site)); /* the server forgets the session … */
    site->world->server.new_session = true;
    site->plant.transfer_status = UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID;
    test_advance(site->world, 60000);
    /* … so the conditions are to be asked for once more. */
    did(site, "TransferSubscriptions CreateSubscription CreateMonitoredItems Call");
}

/* --- failing ------------------------------------------------------------------------------- */

static void test_a_server_that_appears_later(void **state)
{
    struct site *site = *state;
    unsigned attempts;

    site->world->server.down = true;
    apply(site, usual(1));
    state_is(site, "waiting");
    assert_int_equal(entry(site)->failures, 1);
    assert_string_equal(entry(site)->failure,
                        "Failed to connect to plant:4840: [111] Connection refused");
    test_advance(site->world, 3600 * 1000);
    attempts = entry(site)->failures;
    assert_in_range(attempts, 60, 130); /* at least each minute, never in a hurry */
    site->world->server.down = false;
    test_advance(site->world, OSM_AUTO_OPEN_MOST);
    state_is(site, "kept");
    assert_int_equal(entry(site)->failures, 0);
    assert_null(entry(site)->failure);
    did(site, "CreateSubscription CreateMonitoredItems");
}

static void test_an_item_that_appears_later(void **state)
{
    struct site *site = *state;
    const struct osm_monitored_item *item;

    site->plant.unknown = 2;
    apply(site, usual(3));
    state_is(site, "kept");
    assert_int_equal(site->plant.items, 2);
    item = entry(site)->subscriptions->items[1];
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
    struct site *site = *state;

    site->plant.create_fault = UA_STATUSCODE_BADTOOMANYSUBSCRIPTIONS;
    apply(site, usual(1));
    state_is(site, "kept");
    assert_int_equal(entry(site)->subscriptions->kept->refusal.status,
                     UA_STATUSCODE_BADTOOMANYSUBSCRIPTIONS);
    site->plant.create_fault = UA_STATUSCODE_GOOD;
    test_advance(site->world, OSM_REFUSED_FIRST);
    did(site, "CreateSubscription CreateSubscription CreateMonitoredItems");
}

/* Dead servers hold the slots, live ones get their turn all the same. */
static void test_entries_do_not_wait_for_each_other(void **state)
{
    struct site *site = *state;
    struct osm_desired *wanted = osm_desired_new();
    unsigned connecting = 0, kept = 0;
    const struct osm_auto_entry *one;
    struct osm_ua_conn *conn;

    for (int i = 0; i < 100; i++) {
        char label[16], config[32];

        snprintf(label, sizeof(label), "%d", i);
        snprintf(config, sizeof(config), "{\"autoRetry\":%d}", i);
        want(wanted, label, config, 0);
    }
    site->world->server.hold_connect = true;
    apply(site, wanted);
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
    struct site *site = *state;
    char *id;

    apply(site, usual(2));
    did(site, "CreateSubscription CreateMonitoredItems");
    id = osm_strdup(osm_session_id(session_of(site)));
    test_data_is(test_ask_format(site->world, "{'command':'close','sessionId':'%s'}", id), "null");
    test_advance(site->world, 3 * OSM_AUTO_AUDIT);
    state_is(site, "kept");
    assert_string_not_equal(entry(site)->session_id, id);
    did(site, "CreateSubscription CreateMonitoredItems");
    free(id);
}

static void test_a_subscription_a_caller_deletes(void **state)
{
    struct site *site = *state;

    apply(site, usual(2));
    (void)test_query(site->world, session_of(site), "deleteSubscription", "[1]");
    did(site, "CreateSubscription CreateMonitoredItems DeleteSubscriptions");
    test_advance(site->world, OSM_AUTO_AUDIT + 1000);
    did(site, "CreateSubscription CreateMonitoredItems");
}

static void test_a_loss_is_the_sessions_business(void **state)
{
    struct site *site = *state;

    apply(site, usual(2));
    did(site, "CreateSubscription CreateMonitoredItems");
    site->world->server.new_session = true;
    site->plant.transfer_status = UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID;
    test_lose_now(site->world, session_of(site));
    test_advance(site->world, 30000);
    did(site, "TransferSubscriptions CreateSubscription CreateMonitoredItems");
    state_is(site, "kept");
    assert_int_equal(osm_session_state(session_of(site)), OSM_SESSION_ACTIVE);
}

/* --- changing ------------------------------------------------------------------------------ */

static void test_the_same_again_does_nothing(void **state)
{
    struct site *site = *state;

    apply(site, usual(3));
    did(site, "CreateSubscription CreateMonitoredItems");
    apply(site, usual(3));
    test_advance(site->world, 60000);
    did(site, "");
}

static void test_items_come_and_go(void **state)
{
    struct site *site = *state;
    struct osm_desired *wanted = usual(0);
    struct osm_desired_subscription *subscription = &wanted->connections->subscriptions[0];
    const struct osm_monitored_item *kept;

    apply(site, usual(3));
    kept = entry(site)->subscriptions->items[1]; /* 2 */
    did(site, "CreateSubscription CreateMonitoredItems");
    (void)watch(wanted, subscription, 4);
    (void)watch(wanted, subscription, 2);
    watch(wanted, subscription, 3)->params.queue_size = 7;
    apply(site, wanted);
    did(site, "DeleteMonitoredItems CreateMonitoredItems ModifyMonitoredItems");
    assert_int_equal(site->plant.items, 3);
    assert_ptr_equal(entry(site)->subscriptions->items[1], kept);
    assert_int_equal(kept->id, 2);
    assert_int_equal(
        osm_subscription_find(osm_session_subscriptions(session_of(site)), 1)->item_count, 3);
}

static void test_parameters_of_a_subscription(void **state)
{
    struct site *site = *state;
    struct osm_desired *wanted = usual(2);

    apply(site, usual(2));
    did(site, "CreateSubscription CreateMonitoredItems");
    wanted->connections->subscriptions[0].params.publishing_interval = 100.0;
    apply(site, wanted);
    did(site, "ModifySubscription");
    assert_true(
        osm_subscription_find(osm_session_subscriptions(session_of(site)), 1)->revised_interval ==
        100.0);
}

static void test_subscriptions_come_and_go(void **state)
{
    struct site *site = *state;
    struct osm_desired *wanted = osm_desired_new(), *two = osm_desired_new();
    struct osm_desired_connection *one = want(two, "plant", "{}", 2);

    (void)watch(two, &one->subscriptions[0], 1);
    (void)watch(two, &one->subscriptions[1], 2);
    apply(site, two);
    did(site, "CreateSubscription CreateSubscription CreateMonitoredItems CreateMonitoredItems");
    one = want(wanted, "plant", "{}", 1);
    (void)watch(wanted, &one->subscriptions[0], 2);
    apply(site, wanted);
    did(site, "DeleteSubscriptions");
    assert_int_equal(entry(site)->subscriptions->kept->id, 2); /* the right one has stayed */
}

static void test_an_entry_that_is_not_wanted_any_more(void **state)
{
    struct site *site = *state;

    apply(site, usual(1));
    assert_int_equal(osm_registry_count(site->world->manager), 1);
    apply(site, NULL);
    assert_null(entry(site));
    assert_int_equal(osm_registry_count(site->world->manager), 0);
}

/* A caller uses it: it stays, without what was ours, and expires like any other. */
static void test_a_shared_session_stays(void **state)
{
    struct site *site = *state;
    struct osm_session *session;

    apply(site, usual(1));
    did(site, "CreateSubscription CreateMonitoredItems");
    session = session_of(site);
    (void)test_ask(site->world, "{'command':'open','endpointUrl':'" PLANT "','config':{}}");
    apply(site, NULL);
    did(site, "DeleteSubscriptions");
    assert_null(entry(site));
    assert_int_equal(osm_registry_count(site->world->manager), 1);
    assert_false(osm_session_view(session).persistent);
    test_advance(site->world, 700 * 1000);
    assert_int_equal(osm_registry_count(site->world->manager), 0);
}

static void test_another_config_is_another_session(void **state)
{
    struct site *site = *state;
    struct osm_desired *wanted = osm_desired_new();
    char *id;

    apply(site, usual(0));
    id = osm_strdup(osm_session_id(session_of(site)));
    want(wanted, "plant", "{\"autoRetry\":3}", 0);
    apply(site, wanted);
    state_is(site, "kept");
    assert_null(entry(site)->next);
    assert_string_not_equal(osm_session_id(session_of(site)), id);
    assert_int_equal(osm_registry_count(site->world->manager), 1);
    free(id);
}

static void test_a_new_label_changes_nothing_else(void **state)
{
    struct site *site = *state;
    struct osm_desired *wanted = usual(1);

    apply(site, usual(1));
    did(site, "CreateSubscription CreateMonitoredItems");
    wanted->connections->label = "renamed";
    apply(site, wanted);
    did(site, "");
    assert_string_equal(entry(site)->label, "renamed");
}

static struct osm_ua_call *held(struct site *site, const struct osm_ua_service *service)
{
    struct osm_ua_call *call;

    DL_FOREACH (site->world->server.calls, call)
        if (call->service == service && !call->over)
            break;
    assert_non_null(call);
    return call;
}

/* Whatever is on its way when things change. */
static void test_changes_in_between(void **state)
{
    static const struct osm_ua_service *const services[] = {&osm_service_create_subscription,
                                                            &osm_service_create_monitored_items};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(services); i++) {
        struct site *site = *state;
        struct osm_desired *wanted = usual(1);
        struct osm_ua_call *call;

        site->plant.hold = true;
        site->plant.hold_service = services[i];
        apply(site, usual(2));
        call = held(site, services[i]);
        wanted->connections->subscriptions[0].items[0].params.queue_size = 9;
        wanted->connections->subscriptions[0].params.publishing_interval = 50.0;
        apply(site, wanted);
        (i ? test_plant_items : test_plant_create)(&site->plant, call);
        test_turn(site->world);
        test_advance(site->world, 1000);
        state_is(site, "kept");
        assert_int_equal(site->plant.subscriptions, 1);
        assert_int_equal(site->plant.items, 1);
        apply(site, NULL);
        site->plant.subscriptions = site->plant.items = 0;
    }
}

static void test_the_end_in_the_middle(void **state)
{
    struct site *site = *state;

    site->plant.hold = true;
    site->plant.hold_service = &osm_service_create_subscription;
    apply(site, usual(1));
    state_is(site, "building");
    /* teardown: the wishes go with the manager's sessions */
}

static void test_status_tells(void **state)
{
    struct site *site = *state;
    struct test_request *test;

    site->plant.unknown = 1;
    apply(site, usual(2));
    test = test_ask(site->world, "{'command':'status'}");
    assert_non_null(strstr(test->reply, "\"connections\":[{\"label\":\"plant\""));
    assert_non_null(strstr(test->reply, "\"state\":\"kept\""));
    assert_non_null(strstr(test->reply, "\"items\":{\"desired\":2,\"actual\":1,\"errors\":[{"
                                        "\"id\":null,\"nodeId\":\"ns=1;i=1\","
                                        "\"error\":\"BadNodeIdUnknown\""));
    assert_non_null(strstr(test->reply, "\"autoConnect\":[\"plant\"]"));
}

/* The object that begins with that key in the reply to status, up to the end of its list. */
static char *part(struct site *site, const char *from)
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

static void views_agree(struct site *site)
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
    struct site *site = *state;

    site->plant.hold = true;
    site->plant.hold_service = &osm_service_create_subscription;
    apply(site, usual(2));
    state_is(site, "building");
    views_agree(site); /* without ids yet */
    test_plant_create(&site->plant, held(site, &osm_service_create_subscription));
    test_turn(site->world);
    state_is(site, "kept");
    views_agree(site);
    site->plant.unknown = 2; /* the server comes back without the node */
    site->world->server.new_session = true;
    site->plant.transfer_status = UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID;
    test_lose_now(site->world, session_of(site));
    state_is(site, "building");
    views_agree(site);
    test_advance(site->world, 1500);
    state_is(site, "kept");
    assert_true(osm_session_is_degraded(session_of(site)));
    views_agree(site);
    item = entry(site)->subscriptions->items[1];
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
    assert_false(osm_session_is_degraded(session_of(site)));
    views_agree(site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_site(test_a_connection),
        on_site(test_without_subscriptions_nothing_is_published),
        on_site(test_many_items_in_batches),
        on_site(test_callers_share_the_session),
        on_site(test_an_event_item_with_its_conditions),
        on_site(test_a_server_that_appears_later),
        on_site(test_an_item_that_appears_later),
        on_site(test_a_subscription_that_is_refused),
        on_site(test_entries_do_not_wait_for_each_other),
        on_site(test_a_session_a_caller_closes),
        on_site(test_a_subscription_a_caller_deletes),
        on_site(test_a_loss_is_the_sessions_business),
        on_site(test_the_same_again_does_nothing),
        on_site(test_items_come_and_go),
        on_site(test_parameters_of_a_subscription),
        on_site(test_subscriptions_come_and_go),
        on_site(test_an_entry_that_is_not_wanted_any_more),
        on_site(test_a_shared_session_stays),
        on_site(test_another_config_is_another_session),
        on_site(test_a_new_label_changes_nothing_else),
        on_site(test_changes_in_between),
        on_site(test_the_end_in_the_middle),
        on_site(test_status_tells),
        on_site(test_both_views_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
