/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_SITE_H
#define OSM_TESTING_TESTING_SITE_H
/*
 * For tests of what follows a loss: a session at a server that knows about subscriptions
 * (testing_plant.h), connected for a while, so that a loss is its first one.
 */
#include "testing/testing_plant.h"

struct test_site {
    struct test_world *world;
    struct test_plant plant;
    struct osm_session *session;
    struct osm_subscription *subscription; /* 7, with items; or wished for … */
    struct osm_monitored_item *items[3];   /* … with these, of the nodes 1, 2, 3 */
};

int test_site_setup(void **state);
int test_site_teardown(void **state);
/* The server has made a subscription: 250 ms, keep-alive after 30. */
struct osm_subscription *test_site_subscribe(struct test_site *site, uint32_t id);
/* … and an item of node ns=2;i=<node>. */
struct osm_monitored_item *test_site_watch(struct test_site *site,
                                           struct osm_subscription *subscription, uint32_t node,
                                           uint32_t id);
/* Subscription 7 with the items 1 … n (nodes 1 … n). */
void test_site_subscribed(struct test_site *site, unsigned items);
/* Time passes in which the session is used. */
void test_site_pass(struct test_site *site, osm_msec milliseconds);
/* The connection goes, and comes back by itself. */
void test_site_lose_and_recover(struct test_site *site);
/* Everything is as it is meant to be, under the ids callers know. */
void test_site_is_right(struct test_site *site, unsigned items);

#define test_on_site(test)                                                                         \
    cmocka_unit_test_setup_teardown(test, test_site_setup, test_site_teardown)

#endif
