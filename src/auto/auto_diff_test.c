/* SPDX-License-Identifier: MIT */
/* What a changed list of connections changes, and what it leaves alone (auto_diff.c). */
#include "testing/testing_auto.h"

static void test_the_same_again_does_nothing(void **state)
{
    struct test_auto *site = *state;

    test_apply(site, test_usual(3));
    test_auto_did(site, "CreateSubscription CreateMonitoredItems");
    test_apply(site, test_usual(3));
    test_advance(site->world, 60000);
    test_auto_did(site, "");
}

static void test_items_come_and_go(void **state)
{
    struct test_auto *site = *state;
    struct osm_desired *wanted = test_usual(0);
    struct osm_desired_subscription *subscription = &wanted->connections->subscriptions[0];
    const struct osm_monitored_item *kept;

    test_apply(site, test_usual(3));
    kept = test_entry(site)->subscriptions->items[1]; /* 2 */
    test_auto_did(site, "CreateSubscription CreateMonitoredItems");
    (void)test_want_item(wanted, subscription, 4);
    (void)test_want_item(wanted, subscription, 2);
    test_want_item(wanted, subscription, 3)->params.queue_size = 7;
    test_apply(site, wanted);
    test_auto_did(site, "DeleteMonitoredItems CreateMonitoredItems ModifyMonitoredItems");
    assert_int_equal(site->plant.items, 3);
    assert_ptr_equal(test_entry(site)->subscriptions->items[1], kept);
    assert_int_equal(kept->id, 2);
    assert_int_equal(
        osm_subscription_find(osm_session_subscriptions(test_entry_session(site)), 1)->item_count,
        3);
}

static void test_parameters_of_a_subscription(void **state)
{
    struct test_auto *site = *state;
    struct osm_desired *wanted = test_usual(2);

    test_apply(site, test_usual(2));
    test_auto_did(site, "CreateSubscription CreateMonitoredItems");
    wanted->connections->subscriptions[0].params.publishing_interval = 100.0;
    test_apply(site, wanted);
    test_auto_did(site, "ModifySubscription");
    assert_true(osm_subscription_find(osm_session_subscriptions(test_entry_session(site)), 1)
                    ->revised_interval == 100.0);
}

static void test_subscriptions_come_and_go(void **state)
{
    struct test_auto *site = *state;
    struct osm_desired *wanted = osm_desired_new(), *two = osm_desired_new();
    struct osm_desired_connection *one = test_want(two, "plant", "{}", 2);

    (void)test_want_item(two, &one->subscriptions[0], 1);
    (void)test_want_item(two, &one->subscriptions[1], 2);
    test_apply(site, two);
    test_auto_did(
        site, "CreateSubscription CreateSubscription CreateMonitoredItems CreateMonitoredItems");
    one = test_want(wanted, "plant", "{}", 1);
    (void)test_want_item(wanted, &one->subscriptions[0], 2);
    test_apply(site, wanted);
    test_auto_did(site, "DeleteSubscriptions");
    assert_int_equal(test_entry(site)->subscriptions->kept->id, 2); /* the right one has stayed */
}

static void test_an_entry_that_is_not_wanted_any_more(void **state)
{
    struct test_auto *site = *state;

    test_apply(site, test_usual(1));
    assert_int_equal(osm_registry_count(site->world->manager), 1);
    test_apply(site, NULL);
    assert_null(test_entry(site));
    assert_int_equal(osm_registry_count(site->world->manager), 0);
}

/* A caller uses it: it stays, without what was ours, and expires like any other. */
static void test_a_shared_session_stays(void **state)
{
    struct test_auto *site = *state;
    struct osm_session *session;

    test_apply(site, test_usual(1));
    test_auto_did(site, "CreateSubscription CreateMonitoredItems");
    session = test_entry_session(site);
    (void)test_ask(site->world,
                   "{'command':'open','endpointUrl':'" TEST_PLANT_URL "','config':{}}");
    test_apply(site, NULL);
    test_auto_did(site, "DeleteSubscriptions");
    assert_null(test_entry(site));
    assert_int_equal(osm_registry_count(site->world->manager), 1);
    assert_false(osm_session_view(session).persistent);
    test_advance(site->world, 700 * 1000);
    assert_int_equal(osm_registry_count(site->world->manager), 0);
}

static void test_another_config_is_another_session(void **state)
{
    struct test_auto *site = *state;
    struct osm_desired *wanted = osm_desired_new();
    char *id;

    test_apply(site, test_usual(0));
    id = osm_strdup(osm_session_id(test_entry_session(site)));
    test_want(wanted, "plant", "{\"autoRetry\":3}", 0);
    test_apply(site, wanted);
    test_entry_is(site, "kept");
    assert_null(test_entry(site)->next);
    assert_string_not_equal(osm_session_id(test_entry_session(site)), id);
    assert_int_equal(osm_registry_count(site->world->manager), 1);
    free(id);
}

static void test_a_new_label_changes_nothing_else(void **state)
{
    struct test_auto *site = *state;
    struct osm_desired *wanted = test_usual(1);

    test_apply(site, test_usual(1));
    test_auto_did(site, "CreateSubscription CreateMonitoredItems");
    wanted->connections->label = "renamed";
    test_apply(site, wanted);
    test_auto_did(site, "");
    assert_string_equal(test_entry(site)->label, "renamed");
}

/* Whatever is on its way when things change. */
static void test_changes_in_between(void **state)
{
    static const struct osm_ua_service *const services[] = {&osm_service_create_subscription,
                                                            &osm_service_create_monitored_items};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(services); i++) {
        struct test_auto *site = *state;
        struct osm_desired *wanted = test_usual(1);
        struct osm_ua_call *call;

        site->plant.hold = true;
        site->plant.hold_service = services[i];
        test_apply(site, test_usual(2));
        call = test_held(site, services[i]);
        wanted->connections->subscriptions[0].items[0].params.queue_size = 9;
        wanted->connections->subscriptions[0].params.publishing_interval = 50.0;
        test_apply(site, wanted);
        (i ? test_plant_items : test_plant_create)(&site->plant, call);
        test_turn(site->world);
        test_advance(site->world, 1000);
        test_entry_is(site, "kept");
        assert_int_equal(site->plant.subscriptions, 1);
        assert_int_equal(site->plant.items, 1);
        test_apply(site, NULL);
        site->plant.subscriptions = site->plant.items = 0;
    }
}

static void test_the_end_in_the_middle(void **state)
{
    struct test_auto *site = *state;

    site->plant.hold = true;
    site->plant.hold_service = &osm_service_create_subscription;
    test_apply(site, test_usual(1));
    test_entry_is(site, "building");
    /* teardown: the wishes go with the manager's sessions */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_auto(test_the_same_again_does_nothing),
        test_on_auto(test_items_come_and_go),
        test_on_auto(test_parameters_of_a_subscription),
        test_on_auto(test_subscriptions_come_and_go),
        test_on_auto(test_an_entry_that_is_not_wanted_any_more),
        test_on_auto(test_a_shared_session_stays),
        test_on_auto(test_another_config_is_another_session),
        test_on_auto(test_a_new_label_changes_nothing_else),
        test_on_auto(test_changes_in_between),
        test_on_auto(test_the_end_in_the_middle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
