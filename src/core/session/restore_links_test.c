/* SPDX-License-Identifier: MIT */
/* What is put right item by item: links between those the server has, paths in batches, and how
 * soon a subscription that was lost again is made anew (restore.c, recovery.c). */
#include "testing/testing_site.h"

#include "core/session/session_internal.h"
#include "core/subscription/publisher.h"
#include "core/subscription/wish.h"

/* --- links --------------------------------------------------------------------------------- */

static void asked_is(const UA_SetTriggeringRequest *request, uint32_t trigger, uint32_t item)
{
    assert_int_equal(request->triggeringItemId, trigger);
    assert_int_equal(request->linksToAddSize, 1);
    assert_int_equal(request->linksToAdd[0], item);
    assert_int_equal(request->linksToRemoveSize, 0);
}

/* A request for each trigger, with its own links only. */
static void test_each_trigger_is_asked_for_alone(void **state)
{
    struct test_site *site = *state;
    struct test_world *world;

    test_site_subscribed(site, 3);
    world = site->world;
    osm_monitored_item_set_link(site->subscription, 1, 2, true);
    osm_monitored_item_set_link(site->subscription, 2, 3, true);
    test_site_lose_and_recover(site);
    test_plant_log_is(&site->plant, "TransferSubscriptions CreateSubscription CreateMonitoredItems "
                                    "SetTriggering SetTriggering");
    asked_is(test_call(world, 3)->request, 1001, 1002);
    asked_is(test_call(world, 4)->request, 1002, 1003);
    test_site_is_right(site, 3);
}

/* Neither end may be missing; when it is made, the link follows. */
static void test_links_of_items_that_are_refused(void **state)
{
    struct test_site *site = *state;

    for (UA_UInt32 missing = 1; missing <= 2; missing++) {
        test_site_subscribed(site, 2);
        osm_monitored_item_set_link(site->subscription, 1, 2, true);
        site->plant.unknown = missing;
        site->world->server.new_session = true;
        site->plant.log_size = 0;
        test_site_lose_and_recover(site);
        test_plant_log_is(&site->plant, "TransferSubscriptions CreateSubscription "
                                        "CreateMonitoredItems");
        site->plant.unknown = 0;
        test_site_pass(site, 10000);
        test_plant_log_is(&site->plant, "CreateMonitoredItems SetTriggering");
        test_site_is_right(site, 2);
        osm_subscription_remove(osm_session_subscriptions(site->session), site->subscription);
        test_site_pass(site, 60000);
    }
}

/* Of several that are to go, those of one trigger; the others follow, and those that stay stay. */
static void test_links_that_go_and_stay(void **state)
{
    struct test_site *site = *state;

    test_site_subscribed(site, 3);
    osm_monitored_item_set_link(site->subscription, 1, 3, true);
    osm_monitored_item_set_link(site->subscription, 1, 2, true);
    osm_monitored_item_set_link(site->subscription, 2, 3, true);
    assert_true(osm_subscription_doom_links(site->subscription,
                                            osm_monitored_item_find(site->subscription, 3)));
    osm_recovery_repair(site->session);
    test_turn(site->world);
    test_plant_log_is(&site->plant, "SetTriggering SetTriggering");
    assert_int_equal(site->subscription->link_count, 1);
    assert_int_equal(site->subscription->links->item, 2);
}

/* --- paths --------------------------------------------------------------------------------- */

/* As many as one request may name, and the rest with the next. */
static void test_many_paths_go_in_batches(void **state)
{
    const struct osm_monitored_item_params params = {.path = UA_STRING_STATIC("Objects/Tank"),
                                                     .attribute_id = UA_ATTRIBUTEID_VALUE};
    struct test_site *site = *state;
    struct osm_subscriptions *all = osm_session_subscriptions(site->session);
    const UA_TranslateBrowsePathsToNodeIdsRequest *request;

    site->plant.path_target = 9;
    test_site_subscribed(site, 0);
    for (size_t i = 0; i <= OSM_RECOVERY_PATHS; i++)
        (void)osm_monitored_item_add_unborn(all, site->subscription, &params);
    osm_recovery_repair(site->session);
    test_turn(site->world);
    test_plant_log_is(&site->plant, "TranslateBrowsePathsToNodeIds TranslateBrowsePathsToNodeIds "
                                    "CreateMonitoredItems");
    request = test_call(site->world, 0)->request;
    assert_int_equal(request->browsePathsSize, OSM_RECOVERY_PATHS);
    request = test_call(site->world, 1)->request;
    assert_int_equal(request->browsePathsSize, 1);
    assert_false(osm_session_is_degraded(site->session));
}

/* --- lost again ---------------------------------------------------------------------------- */

/* Ten seconds are a life; what is lost sooner waits. */
static void test_a_short_life(void **state)
{
    static const struct {
        osm_msec lived;
        bool waits;
    } rows[] = {{10000, false}, {9999, true}};
    struct test_site *site = *state;

    test_site_subscribed(site, 1);
    osm_publisher_gone(osm_session_publisher(site->session), site->subscription, "BadTimeout");
    test_turn(site->world);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++) {
        test_advance(site->world, rows[i].lived);
        test_site_is_right(site, 1);
        site->plant.log_size = 0;
        osm_publisher_gone(osm_session_publisher(site->session), site->subscription, "BadTimeout");
        test_turn(site->world);
        test_plant_log_is(&site->plant,
                          rows[i].waits ? "" : "CreateSubscription CreateMonitoredItems");
    }
    test_site_pass(site, 6000);
    test_site_is_right(site, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_site(test_each_trigger_is_asked_for_alone),
        test_on_site(test_links_of_items_that_are_refused),
        test_on_site(test_links_that_go_and_stay),
        test_on_site(test_many_paths_go_in_batches),
        test_on_site(test_a_short_life),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
