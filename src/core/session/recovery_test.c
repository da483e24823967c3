/* SPDX-License-Identifier: MIT */
/* What follows a loss: attempts, and every step that puts subscriptions right (recovery.h). */
#include "testing/testing_plant.h"

#include "core/session/session_internal.h"
#include "core/subscription/publisher.h"

#define LOST "Connection closed by remote"

struct test_site {
    struct test_world *world;
    struct test_plant plant;
    struct osm_session *session;
    struct osm_subscription *subscription; /* 7, with items */
};

static int site_setup(void **state)
{
    struct test_site *site = osm_alloc(sizeof(*site));

    site->world = test_world_new();
    site->world->server.serve = test_plant_serve;
    site->world->server.serve_context = &site->plant;
    site->plant = (struct test_plant){.last_subscription = 100,
                                      .last_item = 1000,
                                      .transfer_status = UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID};
    site->session = test_session_open(site->world, "{}");
    test_advance(site->world, 10000); /* steady: a loss is the first one */
    *state = site;
    return 0;
}

static int site_teardown(void **state)
{
    struct test_site *site = *state;

    test_world_free(site->world);
    free(site);
    return 0;
}

#define on_site(test) cmocka_unit_test_setup_teardown(test, site_setup, site_teardown)

static struct osm_subscription *subscribe(struct test_site *site, uint32_t id)
{
    const struct osm_subscription_params params = {.publishing_interval = 250,
                                                   .lifetime_count = 90,
                                                   .keep_alive_count = 30,
                                                   .max_notifications = 5,
                                                   .publishing_enabled = true,
                                                   .priority = 9};
    UA_CreateSubscriptionResponse created;

    UA_CreateSubscriptionResponse_init(&created);
    created.subscriptionId = id;
    return osm_subscription_add(osm_session_subscriptions(site->session), &params, &created);
}

static struct osm_monitored_item *
watch(struct test_site *site, struct osm_subscription *subscription, uint32_t node, uint32_t id)
{
    const struct osm_monitored_item_params params = {.node_id = UA_NODEID_NUMERIC(2, node),
                                                     .attribute_id = UA_ATTRIBUTEID_VALUE,
                                                     .mode = UA_MONITORINGMODE_REPORTING,
                                                     .client_handle = node,
                                                     .sampling_interval = 50,
                                                     .queue_size = 3};

    return osm_monitored_item_add(osm_session_subscriptions(site->session), subscription, &params,
                                  node, id);
}

/* Subscription 7 with the items 1 … n (nodes 1 … n). */
static void subscribed(struct test_site *site, unsigned items)
{
    site->subscription = subscribe(site, 7);
    for (unsigned i = 1; i <= items; i++)
        (void)watch(site, site->subscription, i, i);
    site->plant.subscriptions = 1;
    site->plant.items = items;
}

/* Time passes in which the session is used. */
static void pass(struct test_site *site, osm_msec milliseconds)
{
    for (; milliseconds > 60000; milliseconds -= 60000) {
        test_advance(site->world, 60000);
        osm_session_touch(site->session);
    }
    test_advance(site->world, milliseconds);
    osm_session_touch(site->session);
}

/* The connection goes, and comes back by itself. */
static void lose_and_recover(struct test_site *site)
{
    test_lose_now(site->world, site->session);
    test_advance(site->world, 500);
}

/* Everything is as it is meant to be, under the ids callers know. */
static void all_is_right(struct test_site *site, unsigned items)
{
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_ACTIVE);
    assert_false(osm_session_is_degraded(site->session));
    assert_ptr_equal(osm_subscription_find(osm_session_subscriptions(site->session), 7),
                     site->subscription);
    assert_int_equal(site->subscription->item_count, items);
    for (unsigned i = 1; i <= items; i++) {
        const struct osm_monitored_item *item = osm_monitored_item_find(site->subscription, i);

        assert_int_equal(item->place, OSM_MONITORED_ITEM_ON_SERVER);
        assert_int_not_equal(item->server_id, 0);
        assert_int_equal(osm_monitored_item_client_handle(site->subscription, item->handle), i);
    }
}

/* --- the way of a new server session ------------------------------------------------------- */

static void test_the_same_session_needs_nothing(void **state)
{
    struct test_site *site = *state;

    subscribed(site, 2);
    site->world->server.new_session = false;
    lose_and_recover(site);
    test_plant_log_is(&site->plant, "");
    all_is_right(site, 2);
    assert_int_equal(site->subscription->server_id, 7);
}

static void test_transfer(void **state)
{
    struct test_site *site = *state;

    subscribed(site, 2);
    site->plant.transfer_status = UA_STATUSCODE_GOOD;
    lose_and_recover(site);
    test_plant_log_is(&site->plant, "TransferSubscriptions");
    all_is_right(site, 2);
    assert_int_equal(site->subscription->server_id, 7);
    assert_int_equal(osm_monitored_item_server_id(site->subscription, 2), 2);
}

static void test_made_anew(void **state)
{
    struct test_site *site = *state;
    const UA_CreateSubscriptionRequest *create;
    const UA_MonitoredItemCreateRequest *item;

    subscribed(site, 3);
    osm_monitored_item_set_link(site->subscription, 1, 2, true);
    osm_monitored_item_set_link(site->subscription, 1, 3, true);
    lose_and_recover(site);
    test_plant_log_is(&site->plant, "TransferSubscriptions CreateSubscription "
                                    "CreateMonitoredItems SetTriggering");
    all_is_right(site, 3);
    create = test_call(site->world, 1)->request;
    assert_true(create->requestedPublishingInterval == 250 && create->priority == 9 &&
                create->requestedLifetimeCount == 90 && create->requestedMaxKeepAliveCount == 30 &&
                create->maxNotificationsPerPublish == 5 && create->publishingEnabled);
    assert_int_equal(site->subscription->server_id, 101);
    assert_int_equal(site->plant.last_items->subscriptionId, 101);
    item = &site->plant.last_items->itemsToCreate[2];
    assert_int_equal(item->itemToMonitor.nodeId.identifier.numeric, 3);
    assert_int_equal(item->requestedParameters.clientHandle, 3);
    assert_int_equal(item->requestedParameters.queueSize, 3);
    assert_int_equal(osm_monitored_item_server_id(site->subscription, 3), 1003);
    assert_int_equal(site->plant.last_links->subscriptionId, 101);
    assert_int_equal(site->plant.last_links->triggeringItemId, 1001);
    assert_int_equal(site->plant.last_links->linksToAddSize, 2);
    assert_int_equal(site->plant.last_links->linksToAdd[1], 1003);
    /* numbers of before mean nothing to the server now */
    assert_int_equal(osm_subscription_server_id(osm_session_subscriptions(site->session), 7), 101);
    assert_int_equal(osm_subscription_server_id(osm_session_subscriptions(site->session), 101), 0);
    assert_int_equal(osm_monitored_item_server_id(site->subscription, 1001), 0);
}

/* A restarted server gives numbers that callers know for others. */
static void test_numbers_cross(void **state)
{
    struct test_site *site = *state;
    struct osm_subscriptions *all = osm_session_subscriptions(site->session);
    struct osm_subscription *other;

    subscribed(site, 1);
    other = subscribe(site, 8);
    site->plant.last_subscription = 7; /* 7 will be 8, 8 will be 9 */
    lose_and_recover(site);
    all_is_right(site, 1);
    assert_int_equal(osm_subscription_server_id(all, 7), 8);
    assert_int_equal(osm_subscription_server_id(all, 8), 9);
    assert_ptr_equal(osm_subscription_find_server(all, 8), site->subscription);
    assert_ptr_equal(osm_subscription_find_server(all, 9), other);
    assert_null(osm_subscription_find_server(all, 7));
}

static void test_transfer_is_not_offered(void **state)
{
    struct test_site *site = *state;

    subscribed(site, 1);
    site->plant.transfer_fault = UA_STATUSCODE_BADSERVICEUNSUPPORTED;
    lose_and_recover(site);
    test_plant_log_is(&site->plant,
                      "TransferSubscriptions CreateSubscription CreateMonitoredItems");
    all_is_right(site, 1);
}

static void test_what_is_not_known_cannot_be_made_anew(void **state)
{
    struct test_site *site = *state;

    (void)osm_subscription_adopt(osm_session_subscriptions(site->session), 5, 5);
    subscribed(site, 1);
    lose_and_recover(site);
    assert_null(osm_subscription_find(osm_session_subscriptions(site->session), 5));
    all_is_right(site, 1);
}

static void test_many_items_go_in_batches(void **state)
{
    struct test_site *site = *state;

    subscribed(site, 2 * OSM_RECOVERY_ITEMS + 1);
    lose_and_recover(site);
    test_plant_log_is(&site->plant, "TransferSubscriptions CreateSubscription CreateMonitoredItems "
                                    "CreateMonitoredItems CreateMonitoredItems");
    all_is_right(site, 2 * OSM_RECOVERY_ITEMS + 1);
    assert_int_equal(site->plant.items, 2 * (2 * OSM_RECOVERY_ITEMS + 1));
}

static void test_the_server_takes_fewer(void **state)
{
    struct test_site *site = *state;

    subscribed(site, 7);
    site->plant.items = 0;
    site->plant.items_most = 3;
    lose_and_recover(site);
    all_is_right(site, 7);
    assert_int_equal(site->plant.items, 7);
    assert_int_equal(osm_session_link(site->session)->limits.learnt[OSM_LIMIT_MONITORED_ITEMS], 3);
}

/* --- refusals ------------------------------------------------------------------------------ */

static void test_a_node_that_is_gone(void **state)
{
    struct test_site *site = *state;
    const struct osm_monitored_item *item;

    subscribed(site, 3);
    site->plant.unknown = 2;
    lose_and_recover(site);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_ACTIVE);
    assert_true(osm_session_is_degraded(site->session));
    item = osm_monitored_item_find(site->subscription, 2);
    assert_int_equal(item->place, OSM_MONITORED_ITEM_REFUSED);
    assert_int_equal(item->refusal.status, UA_STATUSCODE_BADNODEIDUNKNOWN);
    assert_int_equal(osm_monitored_item_server_id(site->subscription, 2), 0);
    assert_int_equal(osm_session_subscriptions(site->session)->unmet_items, 1);
    site->plant.unknown = 0;
    site->plant.log_size = 0;
    test_advance(site->world, OSM_REFUSED_FIRST);
    all_is_right(site, 3);
    test_plant_log_is(&site->plant, "CreateMonitoredItems");
    pass(site, 60 * 60000);
    test_plant_log_is(&site->plant, "");
}

/* What is asked for next is never asked for early, nor late. */
static void asked_after(struct test_site *site, osm_msec longest)
{
    osm_msec waited = 0;

    for (site->plant.log_size = 0; !site->plant.log_size && waited <= longest; waited += 100) {
        test_advance(site->world, 100);
        osm_session_touch(site->session);
    }
    assert_in_range(waited, longest / 2 - 600, longest + 100); /* a look may come late: 500 + 100 */
    test_plant_log_is(&site->plant, "CreateMonitoredItems");
}

/* After 5, 10, 20, 40 … 300 s, each at random up to half shorter; from the start after a loss. */
static void test_the_pauses_grow(void **state)
{
    static const osm_msec pauses[] = {5000, 10000, 20000, 40000, 80000, 160000, 300000, 300000};
    struct test_site *site = *state;

    subscribed(site, 3);
    site->plant.unknown = 2;
    for (int round = 0; round < 2; round++) {
        site->world->server.new_session = true;
        lose_and_recover(site);
        assert_int_equal(osm_session_subscriptions(site->session)->unmet_items, 1);
        for (size_t i = 0; i < OSM_ARRAY_SIZE(pauses); i++)
            asked_after(site, pauses[i]);
    }
}

/* A thing that is refused anew waits for its own pause, not for that of what is long refused. */
static void test_each_has_its_own_pause(void **state)
{
    struct test_site *site = *state;

    subscribed(site, 3);
    site->plant.unknown = 2;
    lose_and_recover(site);
    pass(site, 3600000);
    site->plant.items_fault = UA_STATUSCODE_BADOUTOFMEMORY;
    osm_monitored_item_lose(osm_session_subscriptions(site->session), site->subscription,
                            osm_monitored_item_find(site->subscription, 3));
    osm_recovery_repair(site->session);
    test_turn(site->world);
    assert_int_equal(osm_session_subscriptions(site->session)->unmet_items, 2);
    site->plant.items_fault = UA_STATUSCODE_GOOD;
    test_advance(site->world, OSM_REFUSED_FIRST);
    assert_int_equal(osm_session_subscriptions(site->session)->unmet_items, 1);
}

static void test_retries_do_not_end(void **state)
{
    struct test_site *site = *state;

    subscribed(site, 1);
    site->plant.unknown = 1;
    lose_and_recover(site);
    pass(site, 2 * 3600000);
    site->plant.log_size = 0;
    pass(site, 3600000);
    assert_in_range(site->plant.log_size, 12, 25);
}

static void test_the_server_wants_no_more_subscriptions(void **state)
{
    struct test_site *site = *state;

    subscribed(site, 1);
    site->plant.create_fault = UA_STATUSCODE_BADTOOMANYSUBSCRIPTIONS;
    lose_and_recover(site);
    assert_true(osm_session_is_degraded(site->session));
    assert_int_equal(site->subscription->refusal.status, UA_STATUSCODE_BADTOOMANYSUBSCRIPTIONS);
    site->plant.create_fault = UA_STATUSCODE_GOOD;
    test_advance(site->world, 60000);
    all_is_right(site, 1);
}

static void test_all_items_are_refused_at_once(void **state)
{
    struct test_site *site = *state;

    subscribed(site, 2);
    site->plant.items_fault = UA_STATUSCODE_BADOUTOFMEMORY;
    lose_and_recover(site);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_ACTIVE);
    assert_int_equal(osm_monitored_item_find(site->subscription, 1)->refusal.status,
                     UA_STATUSCODE_BADOUTOFMEMORY);
    site->plant.items_fault = UA_STATUSCODE_GOOD;
    test_advance(site->world, 60000);
    all_is_right(site, 2);
}

/* --- a subscription alone ------------------------------------------------------------------ */

static void test_one_subscription_is_lost(void **state)
{
    struct test_site *site = *state;
    struct osm_subscription *other;

    subscribed(site, 2);
    other = subscribe(site, 8);
    osm_publisher_gone(osm_session_publisher(site->session), site->subscription, "BadTimeout");
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_ACTIVE);
    assert_true(osm_session_is_degraded(site->session));
    test_turn(site->world);
    test_plant_log_is(&site->plant, "CreateSubscription CreateMonitoredItems");
    all_is_right(site, 2);
    assert_int_equal(other->server_id, 8);
    /* again at once: the server does not like it, so it waits */
    osm_publisher_gone(osm_session_publisher(site->session), site->subscription, "BadTimeout");
    test_turn(site->world);
    test_plant_log_is(&site->plant, "");
    assert_int_equal(site->subscription->refusal.status, UA_STATUSCODE_BADNOSUBSCRIPTION);
    test_advance(site->world, 60000);
    all_is_right(site, 2);
}

static void test_both_are_lost_at_once(void **state)
{
    struct test_site *site = *state;
    struct osm_subscription *other;

    subscribed(site, 1);
    other = subscribe(site, 8);
    osm_publisher_gone(osm_session_publisher(site->session), site->subscription, "BadTimeout");
    osm_publisher_gone(osm_session_publisher(site->session), other, "BadTimeout");
    test_turn(site->world);
    test_plant_log_is(&site->plant, "CreateSubscription CreateSubscription CreateMonitoredItems");
    all_is_right(site, 1);
}

static void test_an_adopted_one_is_lost(void **state)
{
    struct test_site *site = *state;
    struct osm_subscription *adopted =
        osm_subscription_adopt(osm_session_subscriptions(site->session), 5, 5);

    osm_publisher_gone(osm_session_publisher(site->session), adopted, "BadTimeout");
    test_turn(site->world);
    assert_null(osm_subscription_find(osm_session_subscriptions(site->session), 5));
    test_plant_log_is(&site->plant, "");
}

static void test_deleted_while_it_is_made(void **state)
{
    static const struct osm_ua_service *const services[] = {&osm_service_create_subscription,
                                                            &osm_service_create_monitored_items,
                                                            &osm_service_set_triggering};
    struct test_site *site = *state;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(services); i++) {
        subscribed(site, 2);
        osm_monitored_item_set_link(site->subscription, 1, 2, true);
        site->plant.hold = true;
        site->plant.hold_service = services[i];
        osm_publisher_gone(osm_session_publisher(site->session), site->subscription, "BadTimeout");
        test_turn(site->world);
        assert_false(site->plant.hold);
        osm_subscription_remove(osm_session_subscriptions(site->session), site->subscription);
        test_plant_serve(&site->world->server, site->world->server.calls->prev);
        test_turn(site->world);
        assert_false(osm_session_is_degraded(site->session));
        assert_null(site->session->recovery.step);
    }
}

/* --- losses on the way --------------------------------------------------------------------- */

static const struct osm_ua_service *const steps[] = {
    &osm_service_transfer_subscriptions, &osm_service_create_subscription,
    &osm_service_create_monitored_items, &osm_service_set_triggering,
    &osm_service_delete_subscriptions};

/* Cut at each step, its request sent or not, by a server that keeps the session or not. */
static void cut_at(struct test_site *site, const struct osm_ua_service *service, bool sent,
                   bool new_session)
{
    subscribed(site, 3);
    osm_monitored_item_set_link(site->subscription, 1, 3, true);
    site->plant.hold = true;
    site->plant.hold_service = service;
    site->world->server.new_session = true;
    site->world->server.sent = sent;
    lose_and_recover(site);
    site->world->server.new_session = new_session;
    lose_and_recover(site);
    test_advance(site->world, 5000);
    site->plant.hold = false;
    all_is_right(site, 3);
    osm_subscription_remove(osm_session_subscriptions(site->session), site->subscription);
    pass(site, 60000); /* the back-off is forgotten */
}

static void test_cut_at_each_step(void **state)
{
    struct test_site *site = *state;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(steps); i++)
        for (unsigned how = 0; how < 4; how++)
            cut_at(site, steps[i], how & 1, how & 2);
}

/* Items that may have been made are not made twice: their subscription goes first. */
static void test_what_is_in_doubt_is_deleted(void **state)
{
    struct test_site *site = *state;

    subscribed(site, 2);
    site->plant.hold = true;
    site->plant.hold_service = &osm_service_create_monitored_items;
    lose_and_recover(site);
    site->plant.log_size = 0;
    site->world->server.new_session = false;
    lose_and_recover(site);
    test_advance(site->world, 1000);
    test_plant_log_is(&site->plant, "DeleteSubscriptions CreateSubscription CreateMonitoredItems");
    all_is_right(site, 2);
}

/* The server has made what it does not tell of: all is made anew, once at once, then with pauses.
 */
static void test_a_count_that_is_wrong(void **state)
{
    struct test_site *site = *state;

    subscribed(site, 2);
    site->plant.transfer_status = UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID;
    site->plant.items_short = 1;
    lose_and_recover(site);
    test_plant_log_is(&site->plant, "TransferSubscriptions CreateSubscription CreateMonitoredItems "
                                    "DeleteSubscriptions");
    assert_true(osm_session_is_degraded(site->session));
    pass(site, 6000);
    test_plant_log_is(&site->plant, "CreateSubscription CreateMonitoredItems");
    all_is_right(site, 2);
}

/* Whose id it was is not forgotten: it is made anew, too, and callers keep their ids. */
static void test_an_id_the_server_gives_twice(void **state)
{
    struct test_site *site = *state;
    struct osm_subscriptions *all = osm_session_subscriptions(site->session);
    struct osm_subscription *other;

    subscribed(site, 1);
    site->plant.last_subscription = 100;
    osm_recovery_displace(site->session, 8);
    assert_int_equal(site->subscription->server_id, 7);
    osm_recovery_displace(site->session, 7);
    other = subscribe(site, 7);
    pass(site, 1000);
    test_plant_log_is(&site->plant, "CreateSubscription CreateMonitoredItems");
    all_is_right(site, 1);
    assert_int_equal(site->subscription->server_id, 101);
    assert_ptr_equal(osm_subscription_find_server(all, 7), other);
    assert_int_not_equal(other->id, 7);
}

static void test_a_server_that_falls_silent(void **state)
{
    struct test_site *site = *state;

    for (size_t i = 0; i < 4; i++) {
        subscribed(site, 2);
        osm_monitored_item_set_link(site->subscription, 1, 2, true);
        site->plant.hold = true;
        site->plant.hold_service = steps[i];
        site->world->server.new_session = true;
        lose_and_recover(site);
        assert_int_equal(osm_session_state(site->session), OSM_SESSION_RECOVERING);
        test_advance(site->world, 5000); /* opcuaTimeout */
        assert_int_not_equal(osm_session_state(site->session), OSM_SESSION_RECOVERING);
        test_advance(site->world, 5000);
        all_is_right(site, 2);
        osm_subscription_remove(osm_session_subscriptions(site->session), site->subscription);
        pass(site, 60000);
    }
}

static void test_the_server_forgets_again(void **state)
{
    struct test_site *site = *state;

    subscribed(site, 1);
    site->plant.hold = true;
    site->plant.hold_service = &osm_service_create_monitored_items;
    lose_and_recover(site);
    test_answer_fault(site->world->server.calls->prev, UA_STATUSCODE_BADSESSIONIDINVALID);
    test_advance(site->world, 5000);
    all_is_right(site, 1);
}

static void test_closed_on_the_way(void **state)
{
    struct test_site *site = *state;

    subscribed(site, 1);
    site->plant.hold = true;
    site->plant.hold_service = &osm_service_create_subscription;
    lose_and_recover(site);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_RECOVERING);
    osm_session_close(site->session, 0, NULL, NULL);
    test_turn(site->world);
    assert_true(site->world->server.calls->prev->abandoned);
}

/* --- attempts ------------------------------------------------------------------------------ */

static void test_attempts_of_its_own(void **state)
{
    static const struct {
        osm_msec least, most;
    } pauses[] = {{250, 500},    {500, 1000},    {1000, 2000},   {2000, 4000},  {4000, 8000},
                  {8000, 16000}, {16000, 32000}, {30000, 60000}, {30000, 60000}};
    struct test_site *site = *state;

    subscribed(site, 0);
    test_advance(site->world, 10000);
    site->world->server.down = true;
    test_lose_now(site->world, site->session);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(pauses); i++) {
        unsigned before = osm_session_link(site->session)->conn->connects;
        osm_msec since = site->world->loop.now;

        while (osm_session_link(site->session)->conn->connects == before)
            test_advance(site->world, 1);
        assert_in_range(site->world->loop.now - since, pauses[i].least, pauses[i].most);
        assert_int_equal(osm_session_state(site->session), OSM_SESSION_FAILED);
    }
    site->world->server.down = false;
    test_advance(site->world, 60000);
    all_is_right(site, 0);
}

static void test_sessions_without_subscriptions_wait_for_callers(void **state)
{
    struct test_site *site = *state;

    test_lose_now(site->world, site->session);
    test_advance(site->world, 100000);
    assert_int_equal(osm_session_link(site->session)->conn->connects, 1);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_FAILED);
    osm_session_set_persistent(site->session, true); /* of a configuration file */
    test_turn(site->world);
}

static void test_persistent_sessions_do_not(void **state)
{
    struct test_site *site = *state;

    osm_session_set_persistent(site->session, true);
    lose_and_recover(site);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_ACTIVE);
    test_plant_log_is(&site->plant, "");
}

/* A server that takes every connection and drops it is not asked all the time. */
static void test_short_connections_are_no_success(void **state)
{
    struct test_site *site = *state;
    unsigned before;

    subscribed(site, 0);
    site->world->server.new_session = false;
    for (unsigned i = 0; i < 10; i++) {
        test_lose_now(site->world, site->session);
        while (osm_session_state(site->session) != OSM_SESSION_ACTIVE)
            test_advance(site->world, 10);
    }
    before = osm_session_link(site->session)->conn->connects;
    test_lose_now(site->world, site->session);
    test_advance(site->world, 29000);
    assert_int_equal(osm_session_link(site->session)->conn->connects, before);
    test_advance(site->world, 31000);
    assert_int_equal(osm_session_link(site->session)->conn->connects, before + 1);
    test_advance(site->world, 10000);
    lose_and_recover(site);
    assert_int_equal(osm_session_link(site->session)->conn->connects, before + 2);
}

static void null_start(struct osm_op *op)
{
    test_finish_null(op);
}

static struct test_request *operate(struct test_site *site)
{
    struct test_request *test = test_request_parse(site->world, "{}");

    osm_op_submit(osm_session_ops(site->session), &test->request.caller, "read", OSM_OP_READS,
                  null_start, NULL);
    test_turn(site->world);
    return test;
}

/* The server has been away for so long, and nobody has asked for anything. */
static void in_back_off(struct test_site *site, unsigned items, osm_msec away)
{
    subscribed(site, items);
    site->world->server.down = true;
    test_lose_now(site->world, site->session);
    test_advance(site->world, away);
}

/* What nobody has been told of is still told to the first who asks. */
static void test_attempts_do_not_take_the_words_away(void **state)
{
    struct test_site *site = *state;
    struct test_request *first;

    in_back_off(site, 0, 20000);
    assert_true(osm_session_link(site->session)->conn->connects > 3);
    first = operate(site);
    test_fault_is(first, "ConnectionException", LOST);
    test_fault_is(operate(site), "ConnectionException",
                  "Connection lost: call reconnect() or connect() to re-establish");
}

static void test_an_operation_does_not_wait_for_the_back_off(void **state)
{
    struct test_site *site = *state;
    osm_msec since;

    in_back_off(site, 1, 200000);
    site->world->server.down = false;
    since = site->world->loop.now;
    test_data_is(operate(site), "null");
    assert_true(site->world->loop.now == since);
    all_is_right(site, 1);
}

/* Who comes while the session tries by itself is not told of that attempt's failure. */
static void test_an_operation_has_its_own_attempt(void **state)
{
    struct test_site *site = *state;
    struct test_request *read;

    subscribed(site, 0);
    site->world->server.hold_connect = true;
    lose_and_recover(site);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_RECOVERING);
    read = operate(site);
    site->world->server.hold_connect = false;
    test_lose(osm_session_link(site->session)->conn);
    test_turn(site->world);
    test_data_is(read, "null");
    site->world->server.down = true;
    site->world->server.hold_connect = true;
    test_advance(site->world, 20000);
    lose_and_recover(site);
    read = operate(site);
    test_lose(osm_session_link(site->session)->conn);
    test_turn(site->world);
    assert_null(read->reply);
    test_server_connect(osm_session_link(site->session)->conn);
    test_turn(site->world);
    test_fault_is(read, "ConnectionException", LOST);
}

/* An attempt that a caller has begun takes its time, past the moment of the next one by itself. */
static void test_a_long_attempt_is_waited_for_in_peace(void **state)
{
    struct test_site *site = *state;
    unsigned fired;

    in_back_off(site, 0, 20000);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_FAILED);
    site->world->server.down = false;
    site->world->server.hold_connect = true;
    (void)operate(site);
    (void)operate(site);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_RECOVERING);
    fired = site->world->loop.fired;
    test_advance(site->world, 4000);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_RECOVERING);
    assert_true(site->world->loop.fired - fired < 10);
    test_server_connect(osm_session_link(site->session)->conn);
    test_turn(site->world);
    all_is_right(site, 0);
}

static void test_no_attempts_at_the_end(void **state)
{
    struct test_site *site = *state;
    unsigned before;

    subscribed(site, 0);
    site->world->server.down = true;
    test_lose_now(site->world, site->session);
    osm_manager_shutdown(site->world->manager, 60000, 1000, test_shutdown_done, site->world);
    before = osm_session_link(site->session)->conn->connects;
    test_advance(site->world, 30000);
    assert_int_equal(site->world->ends, 1);
    assert_int_equal(site->world->server.conns->connects, before);
}

/* --- namespaces ---------------------------------------------------------------------------- */

static UA_UInt16 index_of_item(struct test_site *site, uint32_t id)
{
    return osm_monitored_item_find(site->subscription, id)->params.node_id.namespaceIndex;
}

static void test_namespaces_are_numbered_anew(void **state)
{
    struct test_site *site = *state;

    subscribed(site, 1); /* of urn:line */
    site->world->server.namespaces[0] = "urn:new";
    site->world->server.namespaces[1] = "urn:line";
    lose_and_recover(site);
    all_is_right(site, 1);
    assert_int_equal(index_of_item(site, 1), 3);
    assert_int_equal(site->plant.last_items->itemsToCreate[0].itemToMonitor.nodeId.namespaceIndex,
                     3);
}

/* A namespace that is no more is waited for; the same number may mean another one meanwhile. */
static void test_a_namespace_is_gone(void **state)
{
    struct test_site *site = *state;

    subscribed(site, 1);
    site->world->server.namespaces[0] = "urn:other";
    lose_and_recover(site);
    test_plant_log_is(&site->plant, "TransferSubscriptions CreateSubscription");
    assert_true(osm_session_is_degraded(site->session));
    assert_int_equal(osm_monitored_item_find(site->subscription, 1)->refusal.status,
                     UA_STATUSCODE_BADNODEIDUNKNOWN);
    site->world->server.namespaces[1] = "urn:more";
    test_advance(site->world, 10000);
    lose_and_recover(site);
    assert_true(osm_session_is_degraded(site->session));
    site->world->server.namespaces[2] = "urn:line";
    test_advance(site->world, 10000);
    lose_and_recover(site);
    all_is_right(site, 1);
    assert_int_equal(index_of_item(site, 1), 4);
}

/* A step that nobody has ended: a fault of ours. The session begins anew. */
static void test_a_broken_invariant_costs_one_connection(void **state)
{
    struct test_site *site = *state;
    struct osm_session *other = test_session_open(site->world, "{}");

    subscribed(site, 1);
    site->session->recovery.step = osm_recovery_steps[0];
    osm_recovery_begin(site->session);
    test_turn(site->world);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_FAILED);
    assert_int_equal(other->state, OSM_SESSION_ACTIVE);
    test_advance(site->world, 500);
    all_is_right(site, 1);
    assert_int_equal(osm_session_link(other)->conn->connects, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_site(test_a_broken_invariant_costs_one_connection),
        on_site(test_the_same_session_needs_nothing),
        on_site(test_transfer),
        on_site(test_made_anew),
        on_site(test_numbers_cross),
        on_site(test_transfer_is_not_offered),
        on_site(test_what_is_not_known_cannot_be_made_anew),
        on_site(test_many_items_go_in_batches),
        on_site(test_the_server_takes_fewer),
        on_site(test_a_node_that_is_gone),
        on_site(test_the_pauses_grow),
        on_site(test_each_has_its_own_pause),
        on_site(test_retries_do_not_end),
        on_site(test_the_server_wants_no_more_subscriptions),
        on_site(test_all_items_are_refused_at_once),
        on_site(test_one_subscription_is_lost),
        on_site(test_both_are_lost_at_once),
        on_site(test_an_adopted_one_is_lost),
        on_site(test_deleted_while_it_is_made),
        on_site(test_cut_at_each_step),
        on_site(test_what_is_in_doubt_is_deleted),
        on_site(test_a_server_that_falls_silent),
        on_site(test_the_server_forgets_again),
        on_site(test_closed_on_the_way),
        on_site(test_attempts_of_its_own),
        on_site(test_sessions_without_subscriptions_wait_for_callers),
        on_site(test_persistent_sessions_do_not),
        on_site(test_short_connections_are_no_success),
        on_site(test_attempts_do_not_take_the_words_away),
        on_site(test_an_operation_does_not_wait_for_the_back_off),
        on_site(test_an_operation_has_its_own_attempt),
        on_site(test_a_long_attempt_is_waited_for_in_peace),
        on_site(test_no_attempts_at_the_end),
        on_site(test_namespaces_are_numbered_anew),
        on_site(test_a_count_that_is_wrong),
        on_site(test_an_id_the_server_gives_twice),
        on_site(test_a_namespace_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
