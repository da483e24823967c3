/* SPDX-License-Identifier: MIT */
/* Notifications, one after another: what belongs to a list, and whose the fields of events are. */
#include "core/subscription/notification.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <open62541/types_generated_handling.h>

#include "core/subscription/event_filter.h"

struct fixture {
    struct osm_arena arena;
    struct osm_subscriptions all;
    struct osm_subscription *subscription;
    UA_MonitoredItemNotification changes[3];
    UA_EventFieldList events[3];
    UA_Variant fields[4];
    UA_DataChangeNotification data;
    UA_EventNotificationList list;
    UA_ExtensionObject parts[4];
    UA_NotificationMessage message;
};

/* Item 1 tells events of which a caller has asked for one field, item 2 values. Behind each list,
 * and behind the parts, stands one more that does not belong to it. */
static int setup(void **state)
{
    static const struct osm_subscription_params asked = {.publishing_interval = 500};
    UA_CreateSubscriptionResponse created = {.subscriptionId = 7};
    struct osm_monitored_item_params params = {.client_handle = 11};
    struct fixture *fixture = test_calloc(1, sizeof(*fixture));

    osm_arena_init(&fixture->arena);
    fixture->subscription = osm_subscription_add(&fixture->all, &asked, &created);
    params.event = osm_event_filter_make(osm_event_filter_fields, 3, &fixture->arena);
    params.selected = 1;
    (void)osm_monitored_item_add(&fixture->all, fixture->subscription, &params, 1, 1);
    params = (struct osm_monitored_item_params){.client_handle = 12};
    (void)osm_monitored_item_add(&fixture->all, fixture->subscription, &params, 2, 2);
    for (uint32_t i = 0; i < 3; i++) {
        fixture->changes[i].clientHandle = i + 1;
        fixture->events[i] = (UA_EventFieldList){
            .clientHandle = i + 1, .eventFields = fixture->fields, .eventFieldsSize = 3};
    }
    fixture->data =
        (UA_DataChangeNotification){.monitoredItems = fixture->changes, .monitoredItemsSize = 2};
    fixture->list = (UA_EventNotificationList){.events = fixture->events, .eventsSize = 2};
    UA_ExtensionObject_setValueNoDelete(&fixture->parts[0], &fixture->data,
                                        &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]);
    UA_ExtensionObject_setValueNoDelete(&fixture->parts[2], &fixture->list,
                                        &UA_TYPES[UA_TYPES_EVENTNOTIFICATIONLIST]);
    fixture->parts[3] = fixture->parts[0];
    fixture->message =
        (UA_NotificationMessage){.notificationData = fixture->parts, .notificationDataSize = 3};
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    osm_subscriptions_clear(&fixture->all);
    osm_arena_deinit(&fixture->arena);
    test_free(fixture);
    return 0;
}

/* Two values, two events: only an item of events knows how many fields are its caller's. */
static void are_right(const struct osm_notification *list, size_t size)
{
    assert_int_equal(size, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(list[i].kind,
                         i < 2 ? OSM_NOTIFICATION_DATA_CHANGE : OSM_NOTIFICATION_EVENT);
        assert_int_equal(list[i].server_handle, i % 2 + 1);
        assert_int_equal(list[i].client_handle, i % 2 + 11);
    }
    assert_int_equal(list[2].event_fields_size, 1);
    assert_int_equal(list[3].event_fields_size, 3);
    assert_int_equal(list[2].all_fields_size, 3);
}

static void test_each_is_read_once_and_no_more(void **state)
{
    struct fixture *fixture = *state;
    struct osm_notification *list;
    size_t size;

    list = osm_notifications_read(fixture->subscription, &fixture->message, &fixture->arena, &size);
    are_right(list, size);
}

static void test_names_can_be_given_later(void **state)
{
    struct fixture *fixture = *state;
    struct osm_notification *list, untouched;
    struct osm_notification_names names =
        osm_notification_names(fixture->subscription, &fixture->arena);
    size_t size;

    fixture->data.monitoredItemsSize = 3; /* of an item nobody knows */
    list = osm_notifications_read(NULL, &fixture->message, &fixture->arena, &size);
    assert_int_equal(size, 5);
    untouched = list[4];
    osm_notifications_rename(&names, list, 4); /* the last one is not to be renamed */
    assert_int_equal(list[2].client_handle, 3);
    assert_int_equal(list[4].client_handle, untouched.client_handle);
    list[2] = list[3];
    list[3] = list[4];
    osm_notifications_rename(&names, list, 4);
    are_right(list, 4);
}

static void test_a_place_stands_between_two(void **state)
{
    struct fixture *fixture = *state;
    struct osm_notification_place place = {0};
    struct osm_notification one;

    for (unsigned i = 0; i < 4; i++)
        assert_true(osm_notifications_next(fixture->subscription, &fixture->message, &place, &one));
    assert_int_equal(one.kind, OSM_NOTIFICATION_EVENT);
    assert_int_equal(one.client_handle, 12);
    assert_false(osm_notifications_next(fixture->subscription, &fixture->message, &place, &one));
    assert_false(osm_notifications_next(fixture->subscription, &fixture->message, &place, &one));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_is_read_once_and_no_more),
        TEST(test_names_can_be_given_later),
        TEST(test_a_place_stands_between_two),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
