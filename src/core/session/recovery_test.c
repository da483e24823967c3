/* SPDX-License-Identifier: MIT */
/* What follows a loss: attempts, and every step that puts subscriptions right (recovery.h). */
#include "testing/testing_site.h"

#include "core/session/session_internal.h"
#include "core/subscription/publisher.h"
#include "core/subscription/wish.h"

#define LOST "Connection closed by remote"

/* --- the way of a new server session ------------------------------------------------------- */

static void test_the_same_session_needs_nothing(void **state)
{
    struct test_site *site = *state;

    test_site_subscribed(site, 2);
    site->world->server.new_session = false;
    test_site_lose_and_recover(site);
    test_plant_log_is(&site->plant, "");
    test_site_is_right(site, 2);
    assert_int_equal(site->subscription->server_id, 7);
}

static void test_transfer(void **state)
{
    struct test_site *site = *state;

    test_site_subscribed(site, 2);
    site->plant.transfer_status = UA_STATUSCODE_GOOD;
    test_site_lose_and_recover(site);
    test_plant_log_is(&site->plant, "TransferSubscriptions");
    test_site_is_right(site, 2);
    assert_int_equal(site->subscription->server_id, 7);
    assert_int_equal(osm_monitored_item_server_id(site->subscription, 2), 2);
}

static void test_made_anew(void **state)
{
    struct test_site *site = *state;
    const UA_CreateSubscriptionRequest *create;
    const UA_MonitoredItemCreateRequest *item;

    test_site_subscribed(site, 3);
    osm_monitored_item_set_link(site->subscription, 1, 2, true);
    osm_monitored_item_set_link(site->subscription, 1, 3, true);
    assert_int_equal(osm_session_view(site->session).losses, 0);
    assert_int_equal(osm_session_view(site->session).reconnects, 0);
    test_site_lose_and_recover(site);
    assert_int_equal(osm_session_view(site->session).losses, 1);
    assert_int_equal(osm_session_view(site->session).reconnects, 1);
    test_plant_log_is(&site->plant, "TransferSubscriptions CreateSubscription "
                                    "CreateMonitoredItems SetTriggering");
    test_site_is_right(site, 3);
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

    test_site_subscribed(site, 1);
    other = test_site_subscribe(site, 8);
    site->plant.last_subscription = 7; /* 7 will be 8, 8 will be 9 */
    test_site_lose_and_recover(site);
    test_site_is_right(site, 1);
    assert_int_equal(osm_subscription_server_id(all, 7), 8);
    assert_int_equal(osm_subscription_server_id(all, 8), 9);
    assert_ptr_equal(osm_subscription_find_server(all, 8), site->subscription);
    assert_ptr_equal(osm_subscription_find_server(all, 9), other);
    assert_null(osm_subscription_find_server(all, 7));
}

static void test_transfer_is_not_offered(void **state)
{
    struct test_site *site = *state;

    test_site_subscribed(site, 1);
    site->plant.transfer_fault = UA_STATUSCODE_BADSERVICEUNSUPPORTED;
    test_site_lose_and_recover(site);
    test_plant_log_is(&site->plant,
                      "TransferSubscriptions CreateSubscription CreateMonitoredItems");
    test_site_is_right(site, 1);
}

static void test_what_is_not_known_cannot_be_made_anew(void **state)
{
    struct test_site *site = *state;

    (void)osm_subscription_adopt(osm_session_subscriptions(site->session), 5, 5);
    test_site_subscribed(site, 1);
    test_site_lose_and_recover(site);
    assert_null(osm_subscription_find(osm_session_subscriptions(site->session), 5));
    test_site_is_right(site, 1);
}

static void test_many_items_go_in_batches(void **state)
{
    struct test_site *site = *state;

    test_site_subscribed(site, 2 * OSM_RECOVERY_ITEMS + 1);
    test_site_lose_and_recover(site);
    test_plant_log_is(&site->plant, "TransferSubscriptions CreateSubscription CreateMonitoredItems "
                                    "CreateMonitoredItems CreateMonitoredItems");
    test_site_is_right(site, 2 * OSM_RECOVERY_ITEMS + 1);
    assert_int_equal(site->plant.items, 2 * (2 * OSM_RECOVERY_ITEMS + 1));
}

static void test_the_server_takes_fewer(void **state)
{
    struct test_site *site = *state;

    test_site_subscribed(site, 7);
    site->plant.items = 0;
    site->plant.items_most = 3;
    test_site_lose_and_recover(site);
    test_site_is_right(site, 7);
    assert_int_equal(site->plant.items, 7);
    assert_int_equal(osm_operation_limits_server(&osm_session_link(site->session)->limits)
                         ->learnt[OSM_LIMIT_MONITORED_ITEMS],
                     3);
}

/* --- refusals ------------------------------------------------------------------------------ */

static void test_a_node_that_is_gone(void **state)
{
    struct test_site *site = *state;
    const struct osm_monitored_item *item;

    test_site_subscribed(site, 3);
    site->plant.unknown = 2;
    test_site_lose_and_recover(site);
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
    test_site_is_right(site, 3);
    test_plant_log_is(&site->plant, "CreateMonitoredItems");
    test_site_pass(site, 60 * 60000);
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

    test_site_subscribed(site, 3);
    site->plant.unknown = 2;
    for (int round = 0; round < 2; round++) {
        site->world->server.new_session = true;
        test_site_lose_and_recover(site);
        assert_int_equal(osm_session_subscriptions(site->session)->unmet_items, 1);
        for (size_t i = 0; i < OSM_ARRAY_SIZE(pauses); i++)
            asked_after(site, pauses[i]);
    }
}

/* A thing that is refused anew waits for its own pause, not for that of what is long refused. */
static void test_each_has_its_own_pause(void **state)
{
    struct test_site *site = *state;

    test_site_subscribed(site, 3);
    site->plant.unknown = 2;
    test_site_lose_and_recover(site);
    test_site_pass(site, 3600000);
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

    test_site_subscribed(site, 1);
    site->plant.unknown = 1;
    test_site_lose_and_recover(site);
    test_site_pass(site, 2 * 3600000);
    site->plant.log_size = 0;
    test_site_pass(site, 3600000);
    assert_in_range(site->plant.log_size, 12, 25);
}

static void test_the_server_wants_no_more_subscriptions(void **state)
{
    struct test_site *site = *state;

    test_site_subscribed(site, 1);
    site->plant.create_fault = UA_STATUSCODE_BADTOOMANYSUBSCRIPTIONS;
    test_site_lose_and_recover(site);
    assert_true(osm_session_is_degraded(site->session));
    assert_int_equal(site->subscription->refusal.status, UA_STATUSCODE_BADTOOMANYSUBSCRIPTIONS);
    site->plant.create_fault = UA_STATUSCODE_GOOD;
    test_advance(site->world, 60000);
    test_site_is_right(site, 1);
}

static void test_all_items_are_refused_at_once(void **state)
{
    struct test_site *site = *state;

    test_site_subscribed(site, 2);
    site->plant.items_fault = UA_STATUSCODE_BADOUTOFMEMORY;
    test_site_lose_and_recover(site);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_ACTIVE);
    assert_int_equal(osm_monitored_item_find(site->subscription, 1)->refusal.status,
                     UA_STATUSCODE_BADOUTOFMEMORY);
    site->plant.items_fault = UA_STATUSCODE_GOOD;
    test_advance(site->world, 60000);
    test_site_is_right(site, 2);
}

/* Nobody waits: a server that is down for long is asked once a minute, not each few seconds. */
static void test_attempts_without_callers(void **state)
{
    struct test_site *site = *state;
    const unsigned *connects;
    unsigned before;

    test_site_subscribed(site, 1);
    site->world->server.down = true;
    test_lose_now(site->world, site->session);
    connects = &osm_session_link(site->session)->conn->connects;
    test_site_pass(site, 1800000);
    before = *connects;
    test_site_pass(site, 600000);
    assert_in_range(*connects - before, 9, 21);
    site->world->server.down = false;
    test_site_pass(site, 60000);
    test_site_is_right(site, 1);
}

/* --- a subscription alone ------------------------------------------------------------------ */

static void test_one_subscription_is_lost(void **state)
{
    struct test_site *site = *state;
    struct osm_subscription *other;

    test_site_subscribed(site, 2);
    other = test_site_subscribe(site, 8);
    osm_publisher_gone(osm_session_publisher(site->session), site->subscription, "BadTimeout");
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_ACTIVE);
    assert_true(osm_session_is_degraded(site->session));
    test_turn(site->world);
    test_plant_log_is(&site->plant, "CreateSubscription CreateMonitoredItems");
    test_site_is_right(site, 2);
    assert_int_equal(other->server_id, 8);
    /* again at once: the server does not like it, so it waits */
    osm_publisher_gone(osm_session_publisher(site->session), site->subscription, "BadTimeout");
    test_turn(site->world);
    test_plant_log_is(&site->plant, "");
    assert_int_equal(site->subscription->refusal.status, UA_STATUSCODE_BADNOSUBSCRIPTION);
    test_advance(site->world, 60000);
    test_site_is_right(site, 2);
}

static void test_both_are_lost_at_once(void **state)
{
    struct test_site *site = *state;
    struct osm_subscription *other;

    test_site_subscribed(site, 1);
    other = test_site_subscribe(site, 8);
    osm_publisher_gone(osm_session_publisher(site->session), site->subscription, "BadTimeout");
    osm_publisher_gone(osm_session_publisher(site->session), other, "BadTimeout");
    test_turn(site->world);
    test_plant_log_is(&site->plant, "CreateSubscription CreateSubscription CreateMonitoredItems");
    test_site_is_right(site, 1);
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

/* Links nobody wants are taken away, with a loss in between, too; once. */
static void test_doomed_links(void **state)
{
    struct test_site *site = *state;
    struct osm_monitored_item *item;

    test_site_subscribed(site, 3);
    osm_monitored_item_set_link(site->subscription, 1, 2, true);
    osm_monitored_item_set_link(site->subscription, 1, 3, true);
    item = osm_monitored_item_find(site->subscription, 2);
    assert_true(osm_subscription_doom_links(site->subscription, item));
    assert_false(osm_subscription_doom_links(site->subscription, item));
    osm_recovery_repair(site->session);
    test_turn(site->world);
    test_plant_log_is(&site->plant, "SetTriggering");
    assert_int_equal(site->plant.last_links->linksToAddSize, 0);
    assert_int_equal(site->plant.last_links->linksToRemoveSize, 1);
    assert_int_equal(site->plant.last_links->linksToRemove[0], item->server_id);
    assert_int_equal(site->subscription->link_count, 1);
    /* one that a caller makes again meanwhile is his */
    assert_true(osm_subscription_doom_links(site->subscription,
                                            osm_monitored_item_find(site->subscription, 3)));
    osm_monitored_item_set_link(site->subscription, 1, 3, true);
    site->plant.log_size = 0;
    osm_recovery_repair(site->session);
    test_turn(site->world);
    test_plant_log_is(&site->plant, "");
    assert_int_equal(site->subscription->link_count, 1);
}

static void test_deleted_while_it_is_made(void **state)
{
    static const struct osm_ua_service *const services[] = {&osm_service_create_subscription,
                                                            &osm_service_create_monitored_items,
                                                            &osm_service_set_triggering};
    struct test_site *site = *state;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(services); i++) {
        test_site_subscribed(site, 2);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_site(test_the_same_session_needs_nothing),
        test_on_site(test_transfer),
        test_on_site(test_made_anew),
        test_on_site(test_numbers_cross),
        test_on_site(test_transfer_is_not_offered),
        test_on_site(test_what_is_not_known_cannot_be_made_anew),
        test_on_site(test_many_items_go_in_batches),
        test_on_site(test_the_server_takes_fewer),
        test_on_site(test_a_node_that_is_gone),
        test_on_site(test_the_pauses_grow),
        test_on_site(test_each_has_its_own_pause),
        test_on_site(test_retries_do_not_end),
        test_on_site(test_the_server_wants_no_more_subscriptions),
        test_on_site(test_all_items_are_refused_at_once),
        test_on_site(test_attempts_without_callers),
        test_on_site(test_one_subscription_is_lost),
        test_on_site(test_both_are_lost_at_once),
        test_on_site(test_an_adopted_one_is_lost),
        test_on_site(test_doomed_links),
        test_on_site(test_deleted_while_it_is_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
