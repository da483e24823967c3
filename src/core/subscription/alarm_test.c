/* SPDX-License-Identifier: MIT */
/* What fields of events say about alarms, by name and by place, and what is new in it. */
#include "core/subscription/alarm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <open62541/nodeids.h>
#include <open62541/types_generated_handling.h>

#include "core/subscription/event_filter.h"

#define NAMED 6 /* fields of the default list */

struct fixture {
    struct osm_arena arena;
    struct osm_subscriptions all;
    struct osm_subscription *subscription;
};

static int setup(void **state)
{
    static const struct osm_subscription_params asked = {.publishing_interval = 500};
    UA_CreateSubscriptionResponse created = {.subscriptionId = 7};
    struct fixture *fixture = test_calloc(1, sizeof(*fixture));

    osm_arena_init(&fixture->arena);
    fixture->subscription = osm_subscription_add(&fixture->all, &asked, &created);
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

/* An item that selects these fields. */
static struct osm_monitored_item *watch(struct fixture *fixture, const char *const *names,
                                        size_t size)
{
    uint32_t id = fixture->subscription->item_count + 1;
    struct osm_monitored_item_params params = {.selected = size};
    UA_String fields[8];

    for (size_t i = 0; i < size; i++)
        fields[i] = UA_STRING((char *)(uintptr_t)names[i]);
    params.event = osm_event_filter_make(fields, size, &fixture->arena);
    return osm_monitored_item_add(&fixture->all, fixture->subscription, &params, id, id);
}

static UA_Variant of(const void *value, size_t type)
{
    UA_Variant out;

    UA_Variant_setScalar(&out, (void *)(uintptr_t)value, &UA_TYPES[type]);
    return out;
}

static UA_Variant text(UA_String *keep, const char *value)
{
    *keep = UA_STRING((char *)(uintptr_t)value);
    return of(keep, UA_TYPES_STRING);
}

/* --- by name ------------------------------------------------------------------------------- */

/* What an item with that one field has been told. */
static struct osm_alarm told(struct fixture *fixture, const char *name, UA_Variant field)
{
    struct osm_alarm alarm;

    osm_alarm_read(watch(fixture, &name, 1), &field, 1, &alarm);
    return alarm;
}

static void test_severities_are_integers(void **state)
{
    static const UA_Byte byte = 200;
    static const UA_Int16 int16 = -2;
    static const UA_UInt16 uint16 = 60000;
    static const UA_Int32 int32 = -3;
    static const UA_UInt32 uint32 = 4000000000;
    static const UA_Int64 int64 = -4;
    static const UA_Double real = 5;
    static const struct {
        const void *value;
        size_t type;
        bool is;
        int64_t expected;
    } rows[] = {
        {&byte, UA_TYPES_BYTE, true, 200},
        {&int16, UA_TYPES_INT16, true, -2},
        {&uint16, UA_TYPES_UINT16, true, 60000},
        {&int32, UA_TYPES_INT32, true, -3},
        {&uint32, UA_TYPES_UINT32, true, 4000000000},
        {&int64, UA_TYPES_INT64, true, -4},
        {&real, UA_TYPES_DOUBLE, false, 0},
    };
    UA_UInt16 list[] = {1, 2};
    UA_Variant several = {0};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++) {
        struct osm_alarm alarm = told(*state, "Severity", of(rows[i].value, rows[i].type));

        assert_int_equal(alarm.has_severity, rows[i].is);
        assert_int_equal(alarm.severity, rows[i].expected);
    }
    assert_false(told(*state, "Severity", several).has_severity);
    UA_Variant_setArray(&several, list, 2, &UA_TYPES[UA_TYPES_UINT16]);
    assert_false(told(*state, "Severity", several).has_severity);
}

static void test_words_of_states(void **state)
{
    static const struct {
        const char *name, *text;
        enum osm_alarm_aspect aspect;
        enum osm_alarm_state expected;
    } rows[] = {
        {"ActiveState", "Active", OSM_ALARM_ACTIVE, OSM_ALARM_YES},
        {"ActiveState", "is now ACTIVE!", OSM_ALARM_ACTIVE, OSM_ALARM_YES},
        {"ActiveState", "Inactive", OSM_ALARM_ACTIVE, OSM_ALARM_NO},
        {"ActiveState", "Not active", OSM_ALARM_ACTIVE, OSM_ALARM_NO},
        {"ActiveState", "not  active", OSM_ALARM_ACTIVE, OSM_ALARM_YES},
        {"ActiveState", "Activ", OSM_ALARM_ACTIVE, OSM_ALARM_UNKNOWN},
        {"ActiveState", "", OSM_ALARM_ACTIVE, OSM_ALARM_UNKNOWN},
        {"ActiveState", "acked", OSM_ALARM_ACTIVE, OSM_ALARM_UNKNOWN},
        {"AckedState", "Acked", OSM_ALARM_ACKED, OSM_ALARM_YES},
        {"AckedState", "Unacked", OSM_ALARM_ACKED, OSM_ALARM_NO},
        {"AckedState", "acked, not acknowledged", OSM_ALARM_ACKED, OSM_ALARM_NO},
        {"ConfirmedState", "Unconfirmed", OSM_ALARM_CONFIRMED, OSM_ALARM_NO},
        {"ShelvingState/CurrentState", "TimedShelved", OSM_ALARM_SHELVED, OSM_ALARM_YES},
        {"ShelvingState/CurrentState", "Unshelved", OSM_ALARM_SHELVED, OSM_ALARM_NO},
    };
    UA_String keep;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++)
        assert_int_equal(
            told(*state, rows[i].name, text(&keep, rows[i].text)).states[rows[i].aspect],
            rows[i].expected);
}

/* Words are looked for in the first KiB. */
static void test_a_text_that_is_none(void **state)
{
    char long_one[1026];
    UA_String keep;

    memset(long_one, ' ', sizeof(long_one));
    long_one[sizeof(long_one) - 1] = '\0';
    memcpy(long_one + 1018, "active", 6);
    assert_int_equal(told(*state, "ActiveState", text(&keep, long_one)).states[OSM_ALARM_ACTIVE],
                     OSM_ALARM_YES);
    memcpy(long_one + 1018, " active", 7);
    assert_int_equal(told(*state, "ActiveState", text(&keep, long_one)).states[OSM_ALARM_ACTIVE],
                     OSM_ALARM_UNKNOWN);
}

static void test_shelving_is_a_node(void **state)
{
    const UA_NodeId nodes[] = {UA_NODEID_NULL,
                               UA_NODEID_NUMERIC(0, UA_NS0ID_SHELVEDSTATEMACHINETYPE_UNSHELVED),
                               UA_NODEID_NUMERIC(0, UA_NS0ID_SHELVEDSTATEMACHINETYPE_TIMEDSHELVED)};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(nodes); i++)
        assert_int_equal(
            told(*state, "ShelvingState/CurrentState/Id", of(&nodes[i], UA_TYPES_NODEID))
                .states[OSM_ALARM_SHELVED],
            i); /* unknown, no, yes */
}

/* The outer limit counts, in whatever order; one that is not exceeded is none. */
static void test_limits(void **state)
{
    static const char *const names[] = {"LowState/Id", "LowLowState/Id", "HighState/Id"};
    static const char *const expected[] = {"", "Low", "LowLow", "LowLow", "High", "High"};
    static const UA_Boolean flags[][3] = {{false, false, false}, {true, false, false},
                                          {true, true, false},   {false, true, false},
                                          {false, false, true},  {true, false, true}};
    const struct osm_monitored_item *item = watch(*state, names, 3);
    struct osm_alarm alarm;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(expected); i++) {
        const UA_Variant fields[] = {of(&flags[i][0], UA_TYPES_BOOLEAN),
                                     of(&flags[i][1], UA_TYPES_BOOLEAN),
                                     of(&flags[i][2], UA_TYPES_BOOLEAN)};

        osm_alarm_read(item, fields, 3, &alarm);
        assert_int_equal(alarm.limit_state.length, strlen(expected[i]));
        if (alarm.limit_state.length)
            assert_memory_equal(alarm.limit_state.data, expected[i], strlen(expected[i]));
    }
}

/* Fewer fields than were asked for, or more: only what is both asked for and there counts. */
static void test_fields_and_names_need_not_be_as_many(void **state)
{
    static const char *const names[] = {"Severity", "ActiveState/Id"};
    const struct osm_monitored_item *item = watch(*state, names, 2);
    const UA_UInt16 severity = 7;
    const UA_Boolean active = true;
    const UA_Variant fields[] = {of(&severity, UA_TYPES_UINT16), of(&active, UA_TYPES_BOOLEAN),
                                 of(&severity, UA_TYPES_UINT16)};
    struct osm_alarm alarm;

    osm_alarm_read(item, fields, 1, &alarm);
    assert_int_equal(alarm.severity, 7);
    assert_int_equal(alarm.states[OSM_ALARM_ACTIVE], OSM_ALARM_UNKNOWN);
    osm_alarm_read(item, fields, 3, &alarm);
    assert_int_equal(alarm.states[OSM_ALARM_ACTIVE], OSM_ALARM_YES);
}

/* --- by place ------------------------------------------------------------------------------ */

static void test_the_default_list_and_what_stands_behind(void **state)
{
    const UA_NodeId type = UA_NODEID_NUMERIC(0, 2955);
    const UA_ByteString id = UA_STRING_STATIC("id");
    const UA_DateTime time = 9;
    const UA_UInt16 severity = 7;
    const UA_Boolean active = false;
    UA_String source, message, limit, acked;
    const UA_Variant fields[] = {
        of(&id, UA_TYPES_BYTESTRING), of(&type, UA_TYPES_NODEID),    text(&source, "S"),
        of(&time, UA_TYPES_DATETIME), text(&message, "M"),           of(&severity, UA_TYPES_UINT16),
        text(&limit, "High"),         of(&active, UA_TYPES_BOOLEAN), text(&acked, "Acked")};
    struct osm_alarm alarm;

    (void)state;
    osm_alarm_read(NULL, fields, NAMED - 1, &alarm);
    assert_ptr_equal(alarm.event_id, &id);
    assert_ptr_equal(alarm.event_type, &type);
    assert_ptr_equal(alarm.time, &time);
    assert_int_equal(alarm.message.length, 1);
    assert_false(alarm.has_severity);
    osm_alarm_read(NULL, fields, NAMED, &alarm);
    assert_int_equal(alarm.severity, 7);
    assert_int_equal(alarm.limit_state.length, 0);
    osm_alarm_read(NULL, fields, NAMED + 1, &alarm);
    assert_int_equal(alarm.limit_state.length, 4);
    assert_int_equal(alarm.states[OSM_ALARM_ACTIVE], OSM_ALARM_UNKNOWN);
    osm_alarm_read(NULL, fields, NAMED + 3, &alarm); /* the first that decides does */
    assert_int_equal(alarm.states[OSM_ALARM_ACTIVE], OSM_ALARM_NO);
    assert_int_equal(alarm.states[OSM_ALARM_ACKED], OSM_ALARM_UNKNOWN);
}

/* An item whose fields are not known is read like none. */
static void test_items_without_fields(void **state)
{
    struct fixture *fixture = *state;
    struct osm_monitored_item_params params = {.client_handle = 1};
    const UA_ByteString id = UA_STRING_STATIC("id");
    const UA_Variant field = of(&id, UA_TYPES_BYTESTRING);
    struct osm_alarm alarm;

    osm_alarm_read(osm_monitored_item_add(&fixture->all, fixture->subscription, &params, 1, 1),
                   &field, 1, &alarm);
    assert_ptr_equal(alarm.event_id, &id);
    osm_alarm_read(watch(fixture, NULL, 0), &field, 1, &alarm);
    assert_ptr_equal(alarm.event_id, &id);
}

/* --- types --------------------------------------------------------------------------------- */

static void test_types_are_numbers_of_the_standard(void **state)
{
    UA_NodeId type = UA_NODEID_NUMERIC(0, 2955);
    struct osm_alarm alarm = {.event_type = &type};

    (void)state;
    assert_true(osm_alarm_is_limit(&alarm));
    assert_false(osm_alarm_is_off_normal(&alarm));
    type.namespaceIndex = 1;
    assert_false(osm_alarm_is_limit(&alarm));
    type.namespaceIndex = 0;
    type.identifierType = UA_NODEIDTYPE_STRING;
    assert_false(osm_alarm_is_limit(&alarm));
    type = UA_NODEID_NUMERIC(0, 9623); /* the last of them */
    assert_true(osm_alarm_is_limit(&alarm));
    type.identifier.numeric = 10523;
    assert_true(osm_alarm_is_off_normal(&alarm));
    type.identifier.numeric = 0;
    assert_false(osm_alarm_is_limit(&alarm) || osm_alarm_is_off_normal(&alarm) ||
                 osm_alarm_is_queue_overflow(&alarm));
    alarm.event_type = NULL;
    assert_false(osm_alarm_is_limit(&alarm));
}

/* --- what is new --------------------------------------------------------------------------- */

static struct osm_alarm alarm_of(const char *source)
{
    return (struct osm_alarm){.source_name = UA_STRING((char *)(uintptr_t)source)};
}

static void test_severity_is_new_once(void **state)
{
    static const char *const name = "SourceName";
    struct osm_monitored_item *item = watch(*state, &name, 1);
    struct osm_alarm alarm = alarm_of("A");

    assert_false(osm_alarm_note(item, &alarm).severity);
    alarm.has_severity = true; /* 0, and told for the first time */
    assert_true(osm_alarm_note(item, &alarm).severity);
    assert_false(osm_alarm_note(item, &alarm).severity);
    alarm.severity = 5;
    assert_true(osm_alarm_note(item, &alarm).severity);
    alarm.has_severity = false;
    alarm.severity = 0;
    assert_false(osm_alarm_note(item, &alarm).severity);
    alarm.has_severity = true;
    alarm.severity = 5;
    assert_false(osm_alarm_note(item, &alarm).severity);
    assert_true(osm_alarm_note(NULL, &alarm).severity); /* nothing is known before */
}

/* Shelving of what is not active is the news only where nothing was known of the alarm. */
static void test_shelved_when_first_met(void **state)
{
    static const struct {
        enum osm_alarm_state active, shelved;
        enum osm_alarm_aspect expected;
    } rows[] = {
        {OSM_ALARM_NO, OSM_ALARM_YES, OSM_ALARM_SHELVED},
        {OSM_ALARM_NO, OSM_ALARM_NO, OSM_ALARM_ACTIVE},
        {OSM_ALARM_YES, OSM_ALARM_YES, OSM_ALARM_ACTIVE},
        {OSM_ALARM_UNKNOWN, OSM_ALARM_YES, OSM_ALARM_SHELVED},
        {OSM_ALARM_UNKNOWN, OSM_ALARM_NO, OSM_ALARM_ASPECT_COUNT_},
    };
    struct osm_monitored_item *item;
    static const char *const name = "SourceName";
    struct osm_alarm alarm = alarm_of("A");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++) {
        alarm.states[OSM_ALARM_ACTIVE] = rows[i].active;
        alarm.states[OSM_ALARM_SHELVED] = rows[i].shelved;
        assert_int_equal(osm_alarm_note(NULL, &alarm).aspect, rows[i].expected);
    }
    item = watch(*state, &name, 1);
    alarm.states[OSM_ALARM_ACTIVE] = OSM_ALARM_YES;
    alarm.states[OSM_ALARM_SHELVED] = OSM_ALARM_NO;
    assert_int_equal(osm_alarm_note(item, &alarm).state, OSM_ALARM_YES);
    alarm.states[OSM_ALARM_ACTIVE] = OSM_ALARM_NO;
    alarm.states[OSM_ALARM_SHELVED] = OSM_ALARM_YES;
    assert_int_equal(osm_alarm_note(item, &alarm).aspect, OSM_ALARM_ACTIVE);
}

/* Whether the second is another alarm than the first: its severity is new again. */
static bool are_two(struct fixture *fixture, struct osm_alarm first, struct osm_alarm second)
{
    static const char *const name = "SourceName";
    struct osm_monitored_item *item = watch(fixture, &name, 1);

    first.has_severity = second.has_severity = true;
    (void)osm_alarm_note(item, &first);
    return osm_alarm_note(item, &second).severity;
}

/* Long names are told apart by their first KiB and their length. */
static void test_what_makes_it_another_alarm(void **state)
{
    char a[1027], b[1027], longer[1028];
    UA_NodeId left = UA_NODEID_NUMERIC(0, 1), right = UA_NODEID_NUMERIC(0, 2);
    struct osm_alarm first = alarm_of("A"), second = alarm_of("A");

    assert_false(are_two(*state, first, second));
    assert_true(are_two(*state, first, alarm_of("B")));
    assert_true(are_two(*state, first, alarm_of("AB")));
    first.condition_id = &left;
    second.condition_id = &right;
    assert_true(are_two(*state, first, second));
    second.condition_id = &left;
    assert_false(are_two(*state, first, second));
    first.event_type = &left;
    second.source_node = &left; /* the same text in another place */
    assert_true(are_two(*state, first, second));
    memset(a, 'x', sizeof(a));
    a[1024] = '\0';
    memcpy(b, a, sizeof(b));
    assert_false(are_two(*state, alarm_of(a), alarm_of(b)));
    b[1023] = 'y';
    assert_true(are_two(*state, alarm_of(a), alarm_of(b)));
    memset(longer, 'x', sizeof(longer));
    longer[1025] = '\0';
    assert_true(are_two(*state, alarm_of(a), alarm_of(longer)));
    memset(a, 'x', sizeof(a));
    a[1025] = '\0';
    a[1024] = 'y'; /* beyond what is looked at */
    assert_false(are_two(*state, alarm_of(a), alarm_of(longer)));
}

static void test_long_nodes_are_told_apart_by_their_beginning(void **state)
{
    char a[1100], b[1100];
    UA_NodeId left, right;
    struct osm_alarm first = alarm_of("A"), second = alarm_of("A");

    memset(a, 'x', sizeof(a));
    memset(b, 'x', sizeof(b));
    a[sizeof(a) - 1] = b[sizeof(b) - 1] = '\0';
    b[1050] = 'y';
    left = UA_NODEID_STRING(1, a);
    right = UA_NODEID_STRING(1, b);
    first.condition_id = &left;
    second.condition_id = &right;
    assert_false(are_two(*state, first, second));
    left = UA_NODEID_BYTESTRING(1, a);
    right = UA_NODEID_BYTESTRING(1, b);
    assert_false(are_two(*state, first, second));
    b[10] = 'y';
    assert_true(are_two(*state, first, second));
    left = right = UA_NODEID_NUMERIC(1, 4000000001);
    right.identifier.numeric = 4000000002;
    assert_true(are_two(*state, first, second));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_severities_are_integers),
        TEST(test_words_of_states),
        TEST(test_a_text_that_is_none),
        TEST(test_shelving_is_a_node),
        TEST(test_limits),
        TEST(test_fields_and_names_need_not_be_as_many),
        TEST(test_the_default_list_and_what_stands_behind),
        TEST(test_items_without_fields),
        TEST(test_types_are_numbers_of_the_standard),
        TEST(test_severity_is_new_once),
        TEST(test_shelved_when_first_met),
        TEST(test_what_makes_it_another_alarm),
        TEST(test_long_nodes_are_told_apart_by_their_beginning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
