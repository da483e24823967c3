/* SPDX-License-Identifier: MIT */
/* Events of large messages, made ready beforehand: they read as if nothing had been. */
#include "core/event/events_prepare.h"

#include <string.h>

#include "core/event/events.h"
#include "testing/testing_events.h"

#define LARGE 5000

static struct test_ear ear, reader;
static char letters[LARGE + 1];
static double numbers[LARGE];

static int setup(void **state)
{
    memset(letters, 'x', LARGE);
    memcpy(letters + 100, "\"\\\n\xc3\xa4", 5); /* to be escaped, or not */
    for (size_t i = 0; i < LARGE; i++)
        numbers[i] = (double)i / 3;
    return test_setup(state);
}

static int teardown(void **state)
{
    test_ear_end(&ear);
    test_ear_end(&reader);
    return test_teardown(state);
}

static struct test_source begin(void **state)
{
    struct test_source plant = test_source_begin(state, &ear);

    test_ear_begin(&reader, plant.world);
    return plant;
}

static UA_NotificationMessage message_of(UA_ExtensionObject *data, void *content, size_t type)
{
    UA_ExtensionObject_setValueNoDelete(data, content, &UA_TYPES[type]);
    return (UA_NotificationMessage){
        .sequenceNumber = 1, .notificationData = data, .notificationDataSize = 1};
}

/* Its events, told with and without, are the same, and none has much text of its own. */
static void assert_same(const struct test_source *plant, const UA_NotificationMessage *message,
                        size_t shared)
{
    struct osm_prepared_events *prepared;
    const struct osm_event *event;
    struct osm_bus_gap gap;
    size_t pieces = 0;
    char *plain;

    osm_events_of_publish(plant->session, plant->subscription, message, false, false);
    plain = osm_strdup(test_ear_hears(&ear));
    while (osm_bus_next(&reader.reader, &gap))
        ;
    prepared = osm_events_prepare(plant->session, message);
    assert_non_null(prepared);
    assert_true(osm_prepared_events_write(prepared) > LARGE);
    assert_ptr_equal(osm_prepared_events_of(plant->session, message), prepared);
    osm_events_of_publish(plant->session, plant->subscription, message, false, false);
    osm_prepared_events_free(prepared); /* events have what they need */
    assert_null(osm_prepared_events_of(plant->session, message));
    assert_string_equal(test_ear_hears(&ear), plain);
    while ((event = osm_bus_next(&reader.reader, &gap))) {
        assert_true(event->members.text_length < 1000);
        pieces += event->members.count;
    }
    assert_int_equal(pieces, shared);
    free(plain);
}

static void test_values(void **state)
{
    const struct test_source plant = begin(state);
    UA_String text = {LARGE, (UA_Byte *)letters};
    UA_ByteString bytes = {sizeof(numbers), (UA_Byte *)numbers};
    UA_ExtensionObject body = {.encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING,
                               .content.encoded = {{1, UA_NODEIDTYPE_NUMERIC, {9}}, bytes}};
    UA_Double small = 1.5;
    UA_MonitoredItemNotification items[6] = {{0}};
    UA_DataChangeNotification changes = {.monitoredItems = items, .monitoredItemsSize = 6};
    UA_ExtensionObject data;
    UA_NotificationMessage message;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(items); i++)
        items[i].value.hasValue = i != 5;
    UA_Variant_setArray(&items[0].value.value, numbers, LARGE, &UA_TYPES[UA_TYPES_DOUBLE]);
    UA_Variant_setScalar(&items[1].value.value, &small, &UA_TYPES[UA_TYPES_DOUBLE]);
    UA_Variant_setScalar(&items[2].value.value, &text, &UA_TYPES[UA_TYPES_STRING]);
    UA_Variant_setScalar(&items[3].value.value, &bytes, &UA_TYPES[UA_TYPES_BYTESTRING]);
    UA_Variant_setScalar(&items[4].value.value, &body, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
    items[2].value.hasStatus = true;
    items[2].value.status = UA_STATUSCODE_UNCERTAINDATASUBNORMAL | 0x480; /* QueueOverflow, too */
    message = message_of(&data, &changes, UA_TYPES_DATACHANGENOTIFICATION);
    assert_same(&plant, &message, 4);
}

/* Of an alarm each field may be shown by itself. */
static void test_alarms(void **state)
{
    const struct test_source plant = begin(state);
    UA_String text = {LARGE, (UA_Byte *)letters}, source = text; /* no two lie at one address */
    UA_LocalizedText localized = {.text = text};
    UA_NodeId type = {2, UA_NODEIDTYPE_STRING, {.string = text}};
    UA_UInt16 severity = 700;
    UA_DateTime time = UA_DATETIME_UNIX_EPOCH;
    UA_Variant fields[6] = {{0}};
    UA_EventFieldList event = {1, OSM_ARRAY_SIZE(fields), fields};
    UA_EventNotificationList list = {.events = &event, .eventsSize = 1};
    UA_ExtensionObject data;
    UA_NotificationMessage message = message_of(&data, &list, UA_TYPES_EVENTNOTIFICATIONLIST);

    UA_Variant_setScalar(&fields[0], &text, &UA_TYPES[UA_TYPES_BYTESTRING]);
    UA_Variant_setScalar(&fields[1], &type, &UA_TYPES[UA_TYPES_NODEID]);
    UA_Variant_setScalar(&fields[2], &source, &UA_TYPES[UA_TYPES_STRING]);
    UA_Variant_setScalar(&fields[3], &time, &UA_TYPES[UA_TYPES_DATETIME]);
    UA_Variant_setScalar(&fields[4], &localized, &UA_TYPES[UA_TYPES_LOCALIZEDTEXT]);
    UA_Variant_setScalar(&fields[5], &severity, &UA_TYPES[UA_TYPES_UINT16]);
    /* Four fields in EventNotificationReceived, the same and three of them by themselves in
     * AlarmEventReceived, its source in AlarmSeverityChanged. */
    assert_same(&plant, &message, 4 + 4 + 3 + 1);
}

/* A message without anything large, and one nobody wants to hear of. */
static void test_nothing_to_make_ready(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    const UA_NotificationMessage message = {.sequenceNumber = 1};
    struct osm_prepared_events *prepared;

    assert_null(osm_events_prepare(session, &message));
    test_ear_begin(&ear, world);
    prepared = osm_events_prepare(session, &message);
    assert_int_equal(osm_prepared_events_write(prepared), 0);
    assert_null(osm_prepared_events_find(prepared, OSM_PREPARED_VALUE, letters));
    assert_null(osm_prepared_events_find(NULL, OSM_PREPARED_VALUE, letters));
    osm_prepared_events_free(prepared);
    osm_prepared_events_free(NULL);
}

/* More than an event has room for is copied into it. */
static void test_many_large_fields(void **state)
{
    const struct test_source plant = begin(state);
    UA_String text = {LARGE, (UA_Byte *)letters}, texts[OSM_EVENT_PIECES + 3];
    UA_Variant fields[OSM_EVENT_PIECES + 3] = {{0}};
    UA_EventFieldList event = {1, OSM_ARRAY_SIZE(fields), fields};
    UA_EventNotificationList list = {.events = &event, .eventsSize = 1};
    UA_ExtensionObject data;
    UA_NotificationMessage message = message_of(&data, &list, UA_TYPES_EVENTNOTIFICATIONLIST);
    struct osm_prepared_events *prepared;
    char *plain;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(fields); i++) {
        texts[i] = text;
        UA_Variant_setScalar(&fields[i], &texts[i], &UA_TYPES[UA_TYPES_STRING]);
    }
    osm_events_of_publish(plant.session, plant.subscription, &message, false, false);
    plain = osm_strdup(test_ear_hears(&ear));
    prepared = osm_events_prepare(plant.session, &message);
    (void)osm_prepared_events_write(prepared);
    osm_events_of_publish(plant.session, plant.subscription, &message, false, false);
    assert_string_equal(test_ear_hears(&ear), plain);
    osm_prepared_events_free(prepared);
    free(plain);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_alarms, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_to_make_ready, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_large_fields, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
