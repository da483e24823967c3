/* SPDX-License-Identifier: MIT */
/* A session at a plant; see testing_site.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "testing/testing_site.h"

#include "util/alloc.h"

int test_site_setup(void **state)
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

int test_site_teardown(void **state)
{
    struct test_site *site = *state;

    test_world_free(site->world);
    free(site);
    return 0;
}

struct osm_subscription *test_site_subscribe(struct test_site *site, uint32_t id)
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

struct osm_monitored_item *test_site_watch(struct test_site *site,
                                           struct osm_subscription *subscription, uint32_t node,
                                           uint32_t id)
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
void test_site_subscribed(struct test_site *site, unsigned items)
{
    site->subscription = test_site_subscribe(site, 7);
    for (unsigned i = 1; i <= items; i++)
        (void)test_site_watch(site, site->subscription, i, i);
    site->plant.subscriptions = 1;
    site->plant.items = items;
}

/* Time passes in which the session is used. */
void test_site_pass(struct test_site *site, osm_msec milliseconds)
{
    for (; milliseconds > 60000; milliseconds -= 60000) {
        test_advance(site->world, 60000);
        osm_session_touch(site->session);
    }
    test_advance(site->world, milliseconds);
    osm_session_touch(site->session);
}

/* The connection goes, and comes back by itself. */
void test_site_lose_and_recover(struct test_site *site)
{
    test_lose_now(site->world, site->session);
    test_advance(site->world, 500);
}

/* Everything is as it is meant to be, under the ids callers know. */
void test_site_is_right(struct test_site *site, unsigned items)
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
