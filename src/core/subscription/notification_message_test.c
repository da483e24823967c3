/* SPDX-License-Identifier: MIT */
/* What is said of a NotificationMessage by itself: how much is in it, whether it tells an end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <open62541/types_generated_handling.h>

#include "core/subscription/notification_message.h"

#define OVERFLOW UINT32_C(0x480) /* OPC 10000-4 §7.39.1: DataValue info, Overflow */

struct fixture {
    UA_MonitoredItemNotification changes[4];
    UA_EventFieldList events[3];
    UA_Variant fields[5];
    UA_DataChangeNotification data;
    UA_EventNotificationList list;
    UA_StatusChangeNotification ends[2];
    UA_ExtensionObject all[6];
    UA_PublishResponse response; /* of the first four */
};

static void set(UA_ExtensionObject *out, void *data, size_t type)
{
    UA_ExtensionObject_setValueNoDelete(out, data, &UA_TYPES[type]);
}

/* Behind each list lies one entry more than belongs to it. */
static int setup(void **state)
{
    struct fixture *fixture = test_calloc(1, sizeof(*fixture));

    fixture->data =
        (UA_DataChangeNotification){.monitoredItems = fixture->changes, .monitoredItemsSize = 3};
    fixture->list = (UA_EventNotificationList){.events = fixture->events, .eventsSize = 2};
    for (size_t i = 0; i < 3; i++)
        fixture->events[i].eventFields = fixture->fields;
    fixture->ends[0].status = UA_STATUSCODE_BADTIMEOUT;
    fixture->ends[1].status = UA_STATUSCODE_GOODSUBSCRIPTIONTRANSFERRED;
    set(&fixture->all[0], &fixture->data, UA_TYPES_DATACHANGENOTIFICATION);
    set(&fixture->all[1], &fixture->list, UA_TYPES_EVENTNOTIFICATIONLIST);
    fixture->all[2].encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING; /* of a type nobody knows */
    set(&fixture->all[3], &fixture->data, UA_TYPES_DATACHANGENOTIFICATION);
    set(&fixture->all[4], &fixture->ends[0], UA_TYPES_STATUSCHANGENOTIFICATION);
    set(&fixture->all[5], &fixture->ends[1], UA_TYPES_STATUSCHANGENOTIFICATION);
    fixture->response.notificationMessage.notificationData = fixture->all;
    fixture->response.notificationMessage.notificationDataSize = 3;
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    test_free(*state);
    return 0;
}

static void test_what_is_in_a_message_is_counted(void **state)
{
    struct fixture *fixture = *state;
    const UA_NotificationMessage *message = &fixture->response.notificationMessage;
    uint64_t values = 10, events = 20, overflows = 30;

    assert_int_equal(osm_notification_message_size(message), 3 + 2);
    osm_notification_message_count(message, &values, &events, &overflows);
    assert_int_equal(values, 10 + 3);
    assert_int_equal(events, 20 + 2);
    assert_int_equal(overflows, 30);
}

/* Both info bits say so, and only a status that is there. */
static void test_values_that_are_missing_are_counted(void **state)
{
    struct fixture *fixture = *state;
    uint64_t values = 0, events = 0, overflows = 0;

    for (size_t i = 0; i < 4; i++)
        fixture->changes[i].value =
            (UA_DataValue){.hasStatus = true, .status = UA_STATUSCODE_UNCERTAIN | OVERFLOW};
    fixture->changes[1].value.hasStatus = false;
    fixture->changes[2].value.status = 0x80; /* says nothing of data values */
    osm_notification_message_count(&fixture->response.notificationMessage, &values, &events,
                                   &overflows);
    assert_int_equal(overflows, 1);
}

static void test_data_is_had_by_its_type_and_only_decoded(void **state)
{
    struct fixture *fixture = *state;
    const UA_DataType *changes = &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION];
    UA_ExtensionObject data = fixture->all[0];

    assert_ptr_equal(osm_notification_message_data(&data, changes), &fixture->data);
    assert_null(osm_notification_message_data(&data, &UA_TYPES[UA_TYPES_EVENTNOTIFICATIONLIST]));
    data.encoding = UA_EXTENSIONOBJECT_DECODED;
    assert_ptr_equal(osm_notification_message_data(&data, changes), &fixture->data);
    data.encoding = UA_EXTENSIONOBJECT_ENCODED_XML;
    assert_null(osm_notification_message_data(&data, changes));
}

static void test_the_first_status_counts(void **state)
{
    struct fixture *fixture = *state;
    UA_NotificationMessage *message = &fixture->response.notificationMessage;
    UA_StatusCode status = 1;

    message->notificationDataSize = 4; /* the ends lie behind them */
    assert_false(osm_notification_message_status(message, &status));
    assert_int_equal(status, 1);
    message->notificationDataSize = 6;
    assert_true(osm_notification_message_status(message, &status));
    assert_int_equal(status, UA_STATUSCODE_BADTIMEOUT);
}

/* Each entry costs what it takes in memory, on top of what it takes on the wire. */
static void test_bytes_grow_with_what_is_in_it(void **state)
{
    struct fixture *fixture = *state;
    UA_PublishResponse *response = &fixture->response;
    const UA_DataType *type = &UA_TYPES[UA_TYPES_PUBLISHRESPONSE];
    size_t wire;

    fixture->events[0].eventFieldsSize = 2;
    fixture->events[1].eventFieldsSize = 3;
    fixture->events[2].eventFieldsSize = 5; /* not in the list */
    wire = UA_calcSizeBinary(response, type);
    assert_int_equal(osm_notification_message_bytes(response),
                     sizeof(*response) + wire + 3 * sizeof(*fixture->changes) +
                         2 * sizeof(*fixture->events) + 5 * sizeof(*fixture->fields));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_in_a_message_is_counted),
        TEST(test_values_that_are_missing_are_counted),
        TEST(test_data_is_had_by_its_type_and_only_decoded),
        TEST(test_the_first_status_counts),
        TEST(test_bytes_grow_with_what_is_in_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
