/* SPDX-License-Identifier: MIT */
/*
 * What published messages bring as events, alarms above all (daemon.md §11, M15). An event is
 * written as its fields: `'text'` String, `"text"` LocalizedText, `+` true, `-` false, a number
 * Severity, `i=…` NodeId, `@` a time, `#text` a ByteString, `0` an empty Variant.
 */
#include <string.h>

#include "core/event/events.h"
#include "core/subscription/event_filter.h"
#include "testing/testing_events.h"

#define DEFAULT "EventId EventType SourceName Time Message Severity"

static struct test_ear ear;

static int teardown(void **state)
{
    test_ear_end(&ear);
    return test_teardown(state);
}

/* An event item; callers call it 10 + handle. */
static void add_item(const struct test_source *plant, uint32_t handle, const char *fields)
{
    struct osm_monitored_item_params params = {.client_handle = 10 + handle};
    UA_String list[16];
    char *copy = osm_strdup(fields), *rest = copy, *name;
    struct osm_arena arena;

    osm_arena_init(&arena);
    while ((name = strsep(&rest, " ")))
        list[params.selected++] = UA_STRING(name);
    params.event = osm_event_filter_make(list, params.selected, &arena);
    osm_event_filter_complete(params.event, &arena);
    osm_monitored_item_add(osm_session_subscriptions(plant->session), plant->subscription, &params,
                           handle, handle);
    osm_arena_deinit(&arena);
    free(copy);
}

static void set(UA_Variant *out, const void *value, size_t type)
{
    assert_int_equal(UA_Variant_setScalarCopy(out, value, &UA_TYPES[type]), 0);
}

static void set_field(UA_Variant *out, char *text)
{
    const UA_Boolean flag = *text == '+';
    const UA_UInt16 severity = (UA_UInt16)strtoul(text, NULL, 10);
    const UA_DateTime time = UA_DATETIME_UNIX_EPOCH;
    UA_NodeId id = UA_NODEID_NULL;
    size_t length = strlen(text);

    if (*text == '\'') {
        const UA_String string = {length - 2, (UA_Byte *)text + 1};

        set(out, &string, UA_TYPES_STRING);
    } else if (*text == '"') {
        const UA_LocalizedText localized = {.text = {length - 2, (UA_Byte *)text + 1}};

        set(out, &localized, UA_TYPES_LOCALIZEDTEXT);
    } else if (*text == '+' || *text == '-') {
        set(out, &flag, UA_TYPES_BOOLEAN);
    } else if (*text == 'i') {
        assert_int_equal(UA_NodeId_parse(&id, UA_STRING(text)), 0);
        set(out, &id, UA_TYPES_NODEID);
    } else if (*text == '#') {
        const UA_ByteString bytes = {length - 1, (UA_Byte *)text + 1};

        set(out, &bytes, UA_TYPES_BYTESTRING);
    } else if (*text == '@') {
        set(out, &time, UA_TYPES_DATETIME);
    } else if (severity) {
        set(out, &severity, UA_TYPES_UINT16);
    }
}

static void tell_message(const struct test_source *plant, uint32_t sequence,
                         UA_ExtensionObject *data, size_t size, bool more)
{
    const UA_NotificationMessage message = {
        .sequenceNumber = sequence, .notificationData = data, .notificationDataSize = size};

    osm_events_of_publish(plant->session, plant->subscription, &message, more, false);
}

static void tell_event(const struct test_source *plant, uint32_t handle, const char *fields)
{
    UA_Variant values[16] = {0};
    UA_EventFieldList event = {.clientHandle = handle, .eventFields = values};
    UA_EventNotificationList list = {.events = &event, .eventsSize = 1};
    UA_ExtensionObject data = {
        .encoding = UA_EXTENSIONOBJECT_DECODED_NODELETE,
        .content.decoded = {&UA_TYPES[UA_TYPES_EVENTNOTIFICATIONLIST], &list}};
    char *copy = osm_strdup(fields), *rest = copy, *field;

    while ((field = strsep(&rest, " ")))
        set_field(&values[event.eventFieldsSize++], field);
    tell_message(plant, 1, &data, 1, false);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(values); i++)
        UA_Variant_clear(&values[i]);
    free(copy);
}

/* The names of what came behind EventNotificationReceived, without AlarmEventReceived. */
static void brings(const struct test_source *plant, uint32_t handle, const char *fields,
                   const char *expected)
{
    char *heard, *rest, *line, *space;
    struct osm_buf names;

    tell_event(plant, handle, fields);
    osm_buf_init(&names);
    heard = rest = osm_strdup(test_ear_hears(&ear));
    while ((line = strsep(&rest, "\n")) && *line) {
        space = strchr(line, ' ');
        assert_non_null(space);
        *space = '\0';
        if (strcmp(line, "PublishResponseReceived") == 0 ||
            strcmp(line, "AlarmEventReceived") == 0 ||
            strcmp(line, "EventNotificationReceived") == 0)
            continue;
        osm_buf_printf(&names, names.length ? " %s" : "%s", line);
    }
    assert_string_equal(osm_buf_text(&names), expected);
    osm_buf_deinit(&names);
    free(heard);
}

/* Behind the fields that were asked for come ours: EventId, ConditionId. */
static void test_a_condition_can_be_answered(void **state)
{
    const struct test_source plant = test_source_begin(state, &ear);
    const char *heard;

    add_item(&plant, 1, "Severity ActiveState/Id");
    tell_event(&plant, 1, "700 + #ab i=77");
    heard = test_ear_hears(&ear);
    assert_non_null(strstr(heard, "\"eventFields\":[{\"type\":5,\"value\":700,\"dimensions\":null},"
                                  "{\"type\":1,\"value\":true,\"dimensions\":null}]"));
    heard = strstr(heard, "AlarmActivated {");
    assert_non_null(heard);
    assert_non_null(strstr(heard, "\"conditionId\":{\"ns\":0,\"id\":77,\"type\":\"numeric\"},"
                                  "\"eventId\":\"YWI=\"}"));
    tell_event(&plant, 1, "600 - #ab 0"); /* no condition */
    assert_null(strstr(test_ear_hears(&ear), "conditionId"));
}

/* The name tells conditions of one source apart that have no number; others do without. */
static void test_a_condition_without_a_number_has_its_name(void **state)
{
    const struct test_source plant = test_source_begin(state, &ear);
    const char *heard, *name;

    add_item(&plant, 1, "Severity ConditionName ActiveState/Id");
    tell_event(&plant, 1, "700 'North' + #ab 0");
    heard = strstr(test_ear_hears(&ear), "AlarmEventReceived {");
    assert_non_null(heard);
    name = strstr(heard, ",\"conditionName\":\"North\"}");
    assert_non_null(name);
    assert_null(strstr(name + 3, "conditionName")); /* what upstream's states have, and no more */
    assert_null(strstr(heard, "eventId"));
    tell_event(&plant, 1, "700 'North' - #ab i=77");
    assert_null(strstr(test_ear_hears(&ear), "conditionName"));
    tell_event(&plant, 1, "600 0 + #ab 0"); /* neither */
    assert_null(strstr(test_ear_hears(&ear), "condition"));
}

/* --- messages ------------------------------------------------------------------------------ */

static void test_keep_alive(void **state)
{
    const struct test_source plant = test_source_begin(state, &ear);

    tell_message(&plant, 7, NULL, 0, false);
    assert_string_equal(test_ear_hears(&ear),
                        "PublishResponseReceived {\"subscriptionId\":4,\"sequenceNumber\":7,"
                        "\"notificationCount\":0,\"moreNotifications\":false}\n"
                        "SubscriptionKeepAlive {\"subscriptionId\":4,\"sequenceNumber\":7}\n");
}

static void test_data_changes(void **state)
{
    const struct test_source plant = test_source_begin(state, &ear);
    struct osm_monitored_item_params params = {.client_handle = 70};
    UA_Int32 number = 5;
    UA_MonitoredItemNotification items[2] = {{.clientHandle = 1}, {.clientHandle = 2}};
    UA_DataChangeNotification list = {.monitoredItems = items, .monitoredItemsSize = 2};
    UA_ExtensionObject data = {
        .encoding = UA_EXTENSIONOBJECT_DECODED_NODELETE,
        .content.decoded = {&UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION], &list}};

    osm_monitored_item_add(osm_session_subscriptions(plant.session), plant.subscription, &params, 1,
                           1);
    UA_Variant_setScalar(&items[0].value.value, &number, &UA_TYPES[UA_TYPES_INT32]);
    items[0].value.hasValue = true;
    items[1].value.hasStatus = true;
    items[1].value.status = 0x00000480; /* Good, DataValue info bits, Overflow */
    tell_message(&plant, 8, &data, 1, true);
    assert_string_equal(
        test_ear_hears(&ear),
        "PublishResponseReceived {\"subscriptionId\":4,\"sequenceNumber\":8,"
        "\"notificationCount\":2,\"moreNotifications\":true}\n"
        "DataChangeReceived {\"subscriptionId\":4,\"sequenceNumber\":8,\"clientHandle\":70,"
        "\"dataValue\":{\"value\":5,\"type\":6,\"dimensions\":null,\"statusCode\":0,"
        "\"sourceTimestamp\":null,\"serverTimestamp\":null},\"republished\":false}\n"
        "DataChangeReceived {\"subscriptionId\":4,\"sequenceNumber\":8,\"clientHandle\":2,"
        "\"dataValue\":{\"value\":null,\"type\":null,\"dimensions\":null,\"statusCode\":1152,"
        "\"sourceTimestamp\":null,\"serverTimestamp\":null},\"republished\":false}\n"
        "QueueOverflow {\"subscriptionId\":4,\"clientHandle\":2}\n");
}

#define VARIANT(value, type) "{\"type\":" type ",\"value\":" value ",\"dimensions\":null}"
#define LOCALIZED(text) VARIANT("{\"locale\":null,\"text\":\"" text "\"}", "21")
#define NODE_ID "{\"ns\":0,\"id\":9341,\"type\":\"numeric\"}"
#define TIME "\"1970-01-01T00:00:00+00:00\""
#define FIELDS                                                                                          \
    "[" VARIANT("\"id\"", "12") "," VARIANT(NODE_ID, "17") "," VARIANT("\"Boiler\"", "12") "," VARIANT( \
        TIME,                                                                                           \
        "13") "," LOCALIZED("Hot") "," VARIANT("700",                                                   \
                                               "5") "," LOCALIZED("High") "," VARIANT("true",           \
                                                                                      "1") "]"
#define PLACE "\"subscriptionId\":4,\"clientHandle\":11"

/* Everything an event can bring, in order and with all fields. */
static void test_order_and_fields(void **state)
{
    const struct test_source plant = test_source_begin(state, &ear);

    add_item(&plant, 1, DEFAULT " LimitState/CurrentState ActiveState/Id");
    tell_event(&plant, 1, "'id' i=9341 'Boiler' @ \"Hot\" 700 \"High\" +");
    assert_string_equal(test_ear_hears(&ear),
                        "PublishResponseReceived {\"subscriptionId\":4,\"sequenceNumber\":1,"
                        "\"notificationCount\":1,\"moreNotifications\":false}\n"
                        "EventNotificationReceived {\"subscriptionId\":4,\"sequenceNumber\":1,"
                        "\"clientHandle\":11,\"eventFields\":" FIELDS ",\"republished\":false}\n"
                        "AlarmEventReceived {" PLACE ",\"eventFields\":" FIELDS ",\"severity\":700,"
                        "\"sourceName\":\"Boiler\",\"message\":\"Hot\",\"eventType\":" NODE_ID ","
                        "\"eventTime\":" TIME ",\"republished\":false}\n"
                        "AlarmSeverityChanged {" PLACE
                        ",\"severity\":700,\"sourceName\":\"Boiler\",\"republished\":false}\n"
                        "LimitAlarmExceeded {" PLACE ",\"limitState\":\"High\",\"severity\":700,"
                        "\"sourceName\":\"Boiler\",\"republished\":false}\n"
                        "AlarmActivated {" PLACE ",\"severity\":700,\"sourceName\":\"Boiler\","
                        "\"message\":\"Hot\",\"republished\":false}\n");
}

static void test_nothing_is_told_of_what_nobody_wants(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    osm_events_of_publish(session, NULL, NULL, false, false); /* is not even looked at */
    assert_int_equal(osm_bus_stats(osm_manager_bus(world->manager)).emitted, 0);
}

/* --- states -------------------------------------------------------------------------------- */

/* One alarm's life: each event tells all states, one of them is new. */
static void test_what_is_new_counts(void **state)
{
    const struct test_source plant = test_source_begin(state, &ear);

    add_item(&plant, 1,
             "EventType SourceName Severity ActiveState/Id AckedState/Id ConfirmedState/Id "
             "ShelvingState/CurrentState");
    brings(&plant, 1, "i=2915 'A' 500 + - - \"Unshelved\"", "AlarmSeverityChanged AlarmActivated");
    brings(&plant, 1, "i=2915 'A' 500 + - - \"Unshelved\"", "");
    brings(&plant, 1, "i=2915 'A' 500 + + - \"Unshelved\"", "AlarmAcknowledged");
    brings(&plant, 1, "i=2915 'A' 800 + + - \"Unshelved\"", "AlarmSeverityChanged");
    brings(&plant, 1, "i=2915 'B' 500 + - - \"Unshelved\"", "AlarmSeverityChanged AlarmActivated");
    brings(&plant, 1, "i=2915 'A' 800 + + + \"Unshelved\"", "AlarmConfirmed");
    brings(&plant, 1, "i=2915 'A' 800 + + + \"TimedShelved\"", "AlarmShelved");
    brings(&plant, 1, "i=2915 'A' 800 - + + \"Unshelved\"", "AlarmDeactivated");
    brings(&plant, 1, "i=2915 'A' 800 + - - \"Unshelved\"", "AlarmActivated");
    brings(&plant, 1, "i=2915 'A' 800 0 + 0 0", "AlarmAcknowledged");
    brings(&plant, 1, "i=2915 'C' 500 - + + \"OneShotShelved\"",
           "AlarmSeverityChanged AlarmShelved");
    brings(&plant, 1, "i=2915 'D' 500 - + + \"Unshelved\"",
           "AlarmSeverityChanged AlarmDeactivated");
}

static void test_names(void **state)
{
    const struct test_source plant = test_source_begin(state, &ear);

    add_item(&plant, 1, "SourceName 0:ActiveState/0:Id");
    brings(&plant, 1, "'A' +", "AlarmActivated");
    add_item(&plant, 2, "SourceName ActiveState");
    brings(&plant, 2, "'A' \"Inactive\"", "AlarmDeactivated");
    brings(&plant, 2, "'A' \"Active\"", "AlarmActivated");
    add_item(&plant, 3, "SourceName AckedState");
    brings(&plant, 3, "'A' \"Unacknowledged\"", "");
    brings(&plant, 3, "'A' \"Acknowledged\"", "AlarmAcknowledged");
    add_item(&plant, 4, "SourceName ConfirmedState");
    brings(&plant, 4, "'A' \"Unconfirmed\"", "");
    brings(&plant, 4, "'A' \"Confirmed\"", "AlarmConfirmed");
    add_item(&plant, 5, "SourceName ShelvingState/CurrentState/Id");
    brings(&plant, 5, "'A' i=2930", "");
    brings(&plant, 5, "'A' i=2933", "AlarmShelved");
    /* The flag counts more than the word beside it, wherever it stands. */
    add_item(&plant, 6, "SourceName ActiveState/Id ActiveState");
    brings(&plant, 6, "'A' + \"Inactive\"", "AlarmActivated");
    add_item(&plant, 7, "SourceName ActiveState ActiveState/Id");
    brings(&plant, 7, "'A' \"Inactive\" +", "AlarmActivated");
    /* Somebody else's states are none. */
    add_item(&plant, 8, "SourceName 2:ActiveState/Id MyState");
    brings(&plant, 8, "'A' + \"Acknowledged\"", "");
}

static void test_types(void **state)
{
    static const char *const limits[] = {"i=2955",  "i=9341", "i=9906",  "i=9482",
                                         "i=13225", "i=9764", "i=10368", "i=9623"};
    const struct test_source plant = test_source_begin(state, &ear);

    add_item(&plant, 1, "EventType HighState/Id HighHighState/Id");
    for (size_t i = 0; i < OSM_ARRAY_SIZE(limits); i++) {
        char *fields = osm_printf("%s + +", limits[i]);

        tell_event(&plant, 1, fields);
        assert_non_null(strstr(test_ear_hears(&ear),
                               "LimitAlarmExceeded {\"subscriptionId\":4,\"clientHandle\":11,"
                               "\"limitState\":\"HighHigh\",\"severity\":null,"
                               "\"sourceName\":null,\"republished\":false}\n"));
        free(fields);
    }
    brings(&plant, 1, "i=10637 0 0", "OffNormalAlarmTriggered");
    brings(&plant, 1, "i=10523 0 0", "OffNormalAlarmTriggered");
    brings(&plant, 1, "i=2041 0 0", "");
    brings(&plant, 1, "i=3035 0 0", "QueueOverflow");
}

/* Items nobody knows: the default list, and what stands behind it. */
static void test_by_place(void **state)
{
    static const struct {
        const char *more, *expected;
    } cases[] = {
        {"+", "AlarmActivated"},
        {"-", "AlarmDeactivated"},
        {"'x' +", "AlarmActivated"},
        {"'Acked'", "AlarmAcknowledged"},
        {"\"Unacknowledged\" 'Confirmed'", "AlarmConfirmed"},
        {"'Unshelved' 'inactive'", "AlarmDeactivated"},
        {"'OneShotShelved'", "AlarmShelved"},
        {"'Active'", "AlarmActivated"},
        {"'nothing'", ""},
    };
    const struct test_source plant = test_source_begin(state, &ear);

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        char *fields = osm_printf("'id' i=2041 'S' @ \"M\" 1 %s", cases[i].more);
        char *expected = osm_printf("AlarmSeverityChanged%s%s", *cases[i].expected ? " " : "",
                                    cases[i].expected);

        brings(&plant, 99, fields, expected);
        free(fields);
        free(expected);
    }
    tell_event(&plant, 99, "'id' i=9482 'S' @ 'M' 1 'HighHigh' +");
    assert_non_null(strstr(test_ear_hears(&ear), "\"limitState\":\"HighHigh\",\"severity\":1,"));
}

static void test_memory_is_bounded(void **state)
{
    const struct test_source plant = test_source_begin(state, &ear);

    add_item(&plant, 1, "SourceName Severity");
    brings(&plant, 1, "'0' 1", "AlarmSeverityChanged");
    for (unsigned i = 1; i <= 1000; i++) {
        char *fields = osm_printf("'%u' 1", i);

        brings(&plant, 1, fields, "AlarmSeverityChanged");
        free(fields);
    }
    brings(&plant, 1, "'1000' 1", "");
    brings(&plant, 1, "'0' 1", "AlarmSeverityChanged"); /* forgotten */
}

#define with_plant(test) cmocka_unit_test_setup_teardown(test, test_setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_plant(test_keep_alive),
        with_plant(test_a_condition_can_be_answered),
        with_plant(test_a_condition_without_a_number_has_its_name),
        with_plant(test_data_changes),
        with_plant(test_order_and_fields),
        with_plant(test_nothing_is_told_of_what_nobody_wants),
        with_plant(test_what_is_new_counts),
        with_plant(test_names),
        with_plant(test_types),
        with_plant(test_by_place),
        with_plant(test_memory_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
