/* SPDX-License-Identifier: MIT */
/* Values that subscriptions bring, kept for callers with maxAge (extensions.md §4). */
#include "core/subscription/published_values.h"

#include <open62541/types_generated_handling.h>

#include "core/subscription/event_filter.h"
#include "testing/testing_loop.h"
#include "util/digest.h"

#define SUBSCRIPTION 7
#define MOST 2000 /* of one message */

struct fixture {
    struct test_loop loop;
    struct osm_arena arena;
    struct osm_identities *identities;
    struct osm_identity *identity;
    struct osm_published_values out;
    struct osm_subscriptions all;
    UA_MonitoredItemNotification changes[MOST + 2];
    UA_DataChangeNotification data;
    UA_ExtensionObject objects[3];
    UA_PublishResponse response;
};

static const uint8_t numbering[OSM_SHA1_BYTES];

/* An item of node i=handle. */
static void watch(struct fixture *fixture, UA_UInt32 handle, const char *range, bool event)
{
    struct osm_monitored_item_params params = {.node_id = UA_NODEID_NUMERIC(0, handle),
                                               .attribute_id = UA_ATTRIBUTEID_VALUE,
                                               .index_range = UA_STRING((char *)(uintptr_t)range)};

    if (event)
        params.event = osm_event_filter_make(osm_event_filter_fields, 1, &fixture->arena);
    (void)osm_monitored_item_add(&fixture->all, osm_subscription_find(&fixture->all, SUBSCRIPTION),
                                 &params, handle, handle);
}

static int setup(void **state)
{
    static const struct osm_subscription_params asked = {.publishing_interval = 500};
    const struct osm_identity_texts texts = {.endpoint_url = "opc.tcp://plant:4840"};
    UA_CreateSubscriptionResponse created = {.subscriptionId = SUBSCRIPTION};
    struct fixture *fixture = osm_alloc(sizeof(*fixture));

    test_loop_init(&fixture->loop);
    fixture->loop.now = 100000;
    osm_arena_init(&fixture->arena);
    fixture->identities = osm_identities_new();
    fixture->identity = osm_identity_join(fixture->identities, &texts);
    fixture->out =
        (struct osm_published_values){.values = osm_value_cache_new(&fixture->loop.clock),
                                      .scope = {fixture->identity, numbering},
                                      .clock = &fixture->loop.clock};
    osm_value_cache_want(fixture->out.values, fixture->identity);
    (void)osm_subscription_add(&fixture->all, &asked, &created);
    fixture->data = (UA_DataChangeNotification){.monitoredItems = fixture->changes};
    UA_ExtensionObject_setValueNoDelete(&fixture->objects[1], &fixture->data,
                                        &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]);
    fixture->objects[2] = fixture->objects[1];
    fixture->response = (UA_PublishResponse){
        .subscriptionId = SUBSCRIPTION,
        .notificationMessage = {.publishTime = 50 * UA_DATETIME_SEC,
                                .notificationData = fixture->objects, /* the first is of no type */
                                .notificationDataSize = 2}};
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    osm_subscriptions_clear(&fixture->all);
    fixture->out.values = osm_value_cache_free(fixture->out.values);
    fixture->identity = osm_identity_leave(fixture->identity);
    fixture->identities = osm_identities_free(fixture->identities);
    osm_arena_deinit(&fixture->arena);
    free(fixture);
    return 0;
}

/* One more change, of a value so many milliseconds old when the message was sent. */
static void change(struct fixture *fixture, UA_UInt32 handle, osm_msec age)
{
    fixture->changes[fixture->data.monitoredItemsSize++] = (UA_MonitoredItemNotification){
        .clientHandle = handle,
        .value = {.hasServerTimestamp = true,
                  .serverTimestamp = 50 * UA_DATETIME_SEC - age * UA_DATETIME_MSEC}};
}

static uint64_t kept(struct fixture *fixture)
{
    uint64_t before = osm_value_cache_counters(fixture->out.values)->stores;

    osm_published_values_keep(&fixture->out, &fixture->all, &fixture->response);
    return osm_value_cache_counters(fixture->out.values)->stores - before;
}

static bool is_younger(struct fixture *fixture, UA_UInt32 node, osm_msec max_age)
{
    const UA_ReadValueId what = {.nodeId = UA_NODEID_NUMERIC(0, node),
                                 .attributeId = UA_ATTRIBUTEID_VALUE};

    return osm_value_cache_get(fixture->out.values, &fixture->out.scope, &what, max_age,
                               &fixture->arena)
               .length != 0;
}

static void test_the_age_is_the_servers(void **state)
{
    struct fixture *fixture = *state;

    watch(fixture, 1, NULL, false);
    watch(fixture, 2, NULL, false);
    watch(fixture, 3, NULL, false);
    change(fixture, 1, 0);
    change(fixture, 2, 300);
    change(fixture, 3, -300); /* from its future: as old as the message */
    change(fixture, 1, 0);    /* behind the list */
    fixture->data.monitoredItemsSize = 3;
    assert_int_equal(kept(fixture), 3);
    assert_true(is_younger(fixture, 1, 0));
    assert_true(is_younger(fixture, 2, 300));
    assert_false(is_younger(fixture, 2, 299));
    assert_true(is_younger(fixture, 3, 0));
}

static void test_values_of_unknown_age_are_not_kept(void **state)
{
    struct fixture *fixture = *state;

    watch(fixture, 1, NULL, false);
    change(fixture, 1, 0);
    fixture->changes[0].value.hasServerTimestamp = false;
    assert_int_equal(kept(fixture), 0);
    fixture->changes[0].value.hasServerTimestamp = true;
    fixture->changes[0].value.serverTimestamp = 0;
    assert_int_equal(kept(fixture), 0);
    fixture->changes[0].value.serverTimestamp = 1; /* older than our clock */
    fixture->response.notificationMessage.publishTime =
        1 + (fixture->loop.now + 1) * UA_DATETIME_MSEC;
    assert_int_equal(kept(fixture), 0);
    fixture->response.notificationMessage.publishTime = 1 + fixture->loop.now * UA_DATETIME_MSEC;
    assert_int_equal(kept(fixture), 1);
    fixture->response.notificationMessage.publishTime = 0;
    fixture->changes[0].value.serverTimestamp = 1;
    assert_int_equal(kept(fixture), 0);
}

/* Parts of values, events, and what belongs to no item or subscription are not values of nodes. */
static void test_only_whole_values_of_known_items_are_kept(void **state)
{
    struct fixture *fixture = *state;

    watch(fixture, 1, NULL, false);
    watch(fixture, 2, "0:1", false);
    watch(fixture, 3, NULL, true);
    for (UA_UInt32 handle = 1; handle <= 4; handle++)
        change(fixture, handle, 0);
    assert_int_equal(kept(fixture), 1);
    fixture->response.notificationMessage.notificationDataSize = 1;
    assert_int_equal(kept(fixture), 0);
    fixture->response.notificationMessage.notificationDataSize = 2;
    fixture->objects[1].encoding = UA_EXTENSIONOBJECT_DECODED;
    assert_int_equal(kept(fixture), 1);
    fixture->objects[1].content.decoded.type = &UA_TYPES[UA_TYPES_EVENTNOTIFICATIONLIST];
    assert_int_equal(kept(fixture), 0);
    fixture->objects[1].content.decoded.type = &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION];
    fixture->response.subscriptionId = SUBSCRIPTION + 1;
    assert_int_equal(kept(fixture), 0);
    fixture->response.subscriptionId = SUBSCRIPTION;
    fixture->loop.now += 3600000; /* nobody has asked for an hour */
    assert_int_equal(kept(fixture), 0);
}

static void test_no_more_of_one_message_than_the_loop_can_take(void **state)
{
    struct fixture *fixture = *state;

    watch(fixture, 1, NULL, false);
    for (size_t i = 0; i < MOST + 1; i++)
        change(fixture, 1, 0);
    assert_int_equal(kept(fixture), MOST);
    fixture->response.notificationMessage.notificationDataSize = 3; /* in two parts */
    fixture->data.monitoredItemsSize = MOST / 2 + 1;
    assert_int_equal(kept(fixture), MOST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_age_is_the_servers),
        TEST(test_values_of_unknown_age_are_not_kept),
        TEST(test_only_whole_values_of_known_items_are_kept),
        TEST(test_no_more_of_one_message_than_the_loop_can_take),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
