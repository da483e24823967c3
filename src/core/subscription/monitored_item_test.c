/* SPDX-License-Identifier: MIT */
/* Items: what servers have cut of them, links between them, when what was refused is due. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <open62541/types_generated_handling.h>

#include "core/subscription/subscription.h"
#include "core/subscription/wish.h"

struct fixture {
    struct osm_subscriptions all;
    struct osm_subscription *subscription; /* publishes each 500 ms */
};

static int setup(void **state)
{
    static const struct osm_subscription_params asked = {.publishing_interval = 500};
    UA_CreateSubscriptionResponse created = {
        .subscriptionId = 7, .revisedPublishingInterval = 500, .revisedMaxKeepAliveCount = 10};
    struct fixture *fixture = test_calloc(1, sizeof(*fixture));

    fixture->subscription = osm_subscription_add(&fixture->all, &asked, &created);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    osm_subscriptions_clear(&fixture->all);
    test_free(fixture);
    return 0;
}

static struct osm_monitored_item *watch(struct fixture *fixture, double sampling, uint32_t queue,
                                        UA_EventFilter *event)
{
    const uint32_t id = fixture->subscription->item_count + 1;
    const struct osm_monitored_item_params params = {
        .sampling_interval = sampling, .queue_size = queue, .event = event};

    return osm_monitored_item_add(&fixture->all, fixture->subscription, &params, id, id);
}

/* --- what servers have cut ----------------------------------------------------------------- */

static void test_less_than_half_of_what_was_asked_for_is_cut(void **state)
{
    static UA_EventFilter events;
    static const struct {
        double asked;
        uint32_t queue;
        UA_EventFilter *event;
        double given;
        uint32_t given_queue;
        bool slowed, shortened;
    } rows[] = {
        {100, 10, NULL, 200, 5, false, false}, {100, 10, NULL, 201, 5, true, false},
        {100, 10, NULL, 200, 4, false, true},  {0, 1, NULL, 1000, 0, false, false},
        {1, 2, NULL, 3, 0, true, true},        {-1, 1, NULL, 1000, 1, false, false},
        {-1, 1, NULL, 1001, 1, true, false},   {0, 1000, &events, 0, 1, false, false},
    };
    struct fixture *fixture = *state;
    struct osm_subscription *subscription = fixture->subscription;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++) {
        struct osm_monitored_item *item =
            watch(fixture, rows[i].asked, rows[i].queue, rows[i].event);

        osm_monitored_item_revised(subscription, item, rows[i].given, rows[i].given_queue);
        assert_int_equal(subscription->sampling.items, rows[i].slowed);
        assert_int_equal(subscription->queue.items, rows[i].shortened);
        if (rows[i].slowed)
            assert_true(subscription->sampling.given == rows[i].given);
        osm_monitored_item_remove(&fixture->all, subscription, item);
        assert_int_equal(subscription->sampling.items + subscription->queue.items, 0);
    }
}

/* Each item counts once, until it is given what it was asked for. */
static void test_cut_items_are_counted(void **state)
{
    struct fixture *fixture = *state;
    struct osm_subscription *subscription = fixture->subscription;
    struct osm_monitored_item *one = watch(fixture, 100, 1, NULL);
    struct osm_monitored_item *other = watch(fixture, 100, 1, NULL);

    osm_monitored_item_revised(subscription, one, 1000, 1);
    osm_monitored_item_revised(subscription, one, 1000, 1);
    osm_monitored_item_revised(subscription, other, 1000, 1);
    assert_int_equal(subscription->sampling.items, 2);
    osm_monitored_item_revised(subscription, one, 100, 1);
    assert_int_equal(subscription->sampling.items, 1);
    osm_monitored_item_lose(&fixture->all, subscription, other);
    assert_int_equal(subscription->sampling.items, 0);
}

/* --- links --------------------------------------------------------------------------------- */

static void test_links_of_an_item_are_doomed_with_it(void **state)
{
    struct fixture *fixture = *state;
    struct osm_subscription *subscription = fixture->subscription;
    struct osm_monitored_item *item = watch(fixture, 0, 1, NULL);
    const struct osm_trigger_link *link;

    osm_monitored_item_set_link(subscription, 2, 3, true);
    assert_false(osm_subscription_doom_links(subscription, item)); /* has none */
    osm_monitored_item_set_link(subscription, 2, item->id, true);
    assert_true(osm_subscription_doom_links(subscription, item));
    assert_false(osm_subscription_doom_links(subscription, item)); /* they are */
    link = subscription->links;
    assert_false(link->doomed); /* that of another item */
    link = link->next;
    assert_true(link->doomed);
    assert_false(link->tried);
    osm_monitored_item_set_link(subscription, 2, item->id, true); /* and is wanted again */
    assert_int_equal(subscription->link_count, 2);
    assert_false(link->doomed);
    assert_true(link->tried);
    osm_monitored_item_set_link(subscription, 2, 4, false); /* is not there */
    osm_monitored_item_set_link(subscription, 3, item->id, false);
    assert_int_equal(subscription->link_count, 2);
    osm_monitored_item_set_link(subscription, 2, 3, false);
    assert_int_equal(subscription->link_count, 1);
    assert_ptr_equal(subscription->links, link);
}

/* --- what was refused ---------------------------------------------------------------------- */

static void test_what_was_refused_is_asked_for_when_it_is_due(void **state)
{
    struct fixture *fixture = *state;
    struct osm_subscription *subscription = fixture->subscription;
    struct osm_monitored_item *item = watch(fixture, 0, 1, NULL);

    assert_true(osm_subscriptions_next_retry(&fixture->all) == OSM_MSEC_NEVER);
    osm_monitored_item_lose(&fixture->all, subscription, item);
    osm_monitored_item_refuse(&fixture->all, subscription, item, UA_STATUSCODE_BAD, 1000, 0);
    osm_subscription_refuse(subscription, UA_STATUSCODE_BAD, 2000, 0);
    item->refusal.retry_at = 5000;
    subscription->refusal.retry_at = 6000;
    assert_int_equal(osm_subscriptions_next_retry(&fixture->all), 5000);
    assert_false(osm_subscriptions_retry(&fixture->all, 4999));
    assert_true(osm_subscriptions_retry(&fixture->all, 5000));
    assert_int_equal(item->place, OSM_MONITORED_ITEM_MISSING);
    assert_int_equal(osm_subscriptions_next_retry(&fixture->all), 6000);
    assert_true(subscription->refused);
    assert_false(osm_subscriptions_retry(&fixture->all, 5999));
    assert_true(osm_subscriptions_retry(&fixture->all, 6000));
    assert_false(subscription->refused);
    assert_true(osm_subscriptions_next_retry(&fixture->all) == OSM_MSEC_NEVER);
}

/* A time that fits no clock is none. */
static void test_a_keep_alive_that_never_comes(void **state)
{
    struct fixture *fixture = *state;

    fixture->subscription->revised_interval = 1e12 - 1;
    fixture->subscription->revised_keep_alive = 1;
    assert_int_equal(osm_subscriptions_keep_alive(&fixture->all), 999999999999);
    fixture->subscription->revised_interval = 1e12;
    assert_true(osm_subscriptions_keep_alive(&fixture->all) == OSM_MSEC_NEVER);
}

/* An id that is somebody's now is not what a caller of before means by it. */
static void test_ids_of_before(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(osm_monitored_item_server_id(fixture->subscription, 9), 9);
    fixture->subscription->made_at = 1;
    assert_int_equal(osm_monitored_item_server_id(fixture->subscription, 9), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_less_than_half_of_what_was_asked_for_is_cut),
        TEST(test_cut_items_are_counted),
        TEST(test_links_of_an_item_are_doomed_with_it),
        TEST(test_what_was_refused_is_asked_for_when_it_is_due),
        TEST(test_a_keep_alive_that_never_comes),
        TEST(test_ids_of_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
