/* SPDX-License-Identifier: MIT */
/* The methods that change a history (methods.md §4.2). */
#include "testing/testing_history.h"

#define DOUBLE(number)                                                                             \
    "{'__t':'Variant','type':{'__t':'BuiltinType','v':11},'value':" number                         \
    ",'dims':null,'bytesB64':null}"
#define VALUE(minute, number)                                                                      \
    "{'__t':'DataValue','variant':" DOUBLE(number) ",'status':0,'sourceTs':" TEST_TIME(            \
        minute) ",'serverTs':null}"

static const UA_DataType *const data_type = &UA_TYPES[UA_TYPES_UPDATEDATADETAILS];
static const UA_DataType *const event_type = &UA_TYPES[UA_TYPES_UPDATEEVENTDETAILS];

/* --- values -------------------------------------------------------------------------------- */

static void test_update_data(void **state)
{
    static const struct {
        const char *method;
        UA_PerformUpdateType perform;
    } cases[] = {{"historyInsertData", UA_PERFORMUPDATETYPE_INSERT},
                 {"historyReplaceData", UA_PERFORMUPDATETYPE_REPLACE},
                 {"historyUpdateData", UA_PERFORMUPDATETYPE_UPDATE}};
    static const UA_StatusCode results[] = {UA_STATUSCODE_GOODENTRYINSERTED,
                                            UA_STATUSCODE_BADENTRYEXISTS};
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct test_request *test =
            test_invoke(world, session, cases[i].method,
                        "['ns=1;s=H',[" VALUE("1", "1.5") "," VALUE("2", "2") "]]");
        const UA_UpdateDataDetails *details = test_history_update(world, i, data_type);

        test_node_is(&details->nodeId, "ns=1;s=H");
        assert_int_equal(details->performInsertReplace, cases[i].perform);
        assert_int_equal(details->updateValuesSize, 2);
        assert_int_equal(details->updateValues[1].sourceTimestamp,
                         TEST_2024 + 120 * UA_DATETIME_SEC);
        assert_true(*(UA_Double *)details->updateValues[0].value.data == 1.5);
        test_answer_update(test_call(world, i), 0, results, 2);
        test_turn(world);
        test_invoke_is(test, "[10616832,2157903872]");
    }
}

/* What the server leaves out is nothing. */
static void test_empty_results(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_invoke(world, session, "historyInsertData", "['i=1',[]]");
    const UA_UpdateDataDetails *details = test_history_update(world, 0, data_type);

    assert_int_equal(details->updateValuesSize, 0);
    test_answer_each(test_call(world, 0));
    test_turn(world);
    test_invoke_is(test, "[]");
    test = test_invoke(world, session, "historyInsertData", "['i=1',[]]");
    test_answer_update(test_call(world, 1), UA_STATUSCODE_BADUSERACCESSDENIED, NULL, 0);
    test_turn(world);
    test_invoke_is(test, "[]");
    test = test_invoke(world, session, "historyDeleteRawModified",
                       "['i=1'," TEST_TIME("0") "," TEST_TIME("1") "]");
    test_answer_each(test_call(world, 2));
    test_turn(world);
    test_invoke_is(test, "0");
}

static void test_delete_raw_modified(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_invoke(world, session, "historyDeleteRawModified",
                                            "['i=1'," TEST_TIME("1") "," TEST_TIME("2") ",true]");
    const UA_DeleteRawModifiedDetails *details =
        test_history_update(world, 0, &UA_TYPES[UA_TYPES_DELETERAWMODIFIEDDETAILS]);

    test_node_is(&details->nodeId, "i=1");
    assert_int_equal(details->startTime, TEST_2024 + 60 * UA_DATETIME_SEC);
    assert_int_equal(details->endTime, TEST_2024 + 120 * UA_DATETIME_SEC);
    assert_true(details->isDeleteModified);
    test_answer_update(test_call(world, 0), UA_STATUSCODE_BADNODATA, NULL, 0);
    test_turn(world);
    test_invoke_is(test, "2157641728");
}

static void test_delete_at_time(void **state)
{
    static const UA_StatusCode results[] = {0, UA_STATUSCODE_BADNOENTRYEXISTS};
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_invoke(world, session, "historyDeleteAtTime",
                                            "['i=1',[" TEST_TIME("0") "," TEST_TIME("2") "]]");
    const UA_DeleteAtTimeDetails *details =
        test_history_update(world, 0, &UA_TYPES[UA_TYPES_DELETEATTIMEDETAILS]);

    assert_int_equal(details->reqTimesSize, 2);
    assert_int_equal(details->reqTimes[1], TEST_2024 + 120 * UA_DATETIME_SEC);
    test_answer_update(test_call(world, 0), 0, results, 2);
    test_turn(world);
    test_invoke_is(test, "[0,2157969408]");
}

/* R10: it may have been done already. */
static void test_a_change_is_not_made_twice(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test =
        test_invoke(world, session, "historyInsertData", "['i=1',[" VALUE("1", "1") "]]");

    test_lose_now(world, session);
    test_fault_is(test, "ConnectionException", "Connection closed by remote");
    assert_int_equal(test_calls(world), 1);
}

/* A long list goes in parts; a status for all of a part is one for each of it. */
static void test_a_long_list(void **state)
{
    static const UA_StatusCode results[] = {UA_STATUSCODE_GOODENTRYINSERTED};
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test =
        test_invoke(world, session, "historyInsertData",
                    "['i=1',[" VALUE("1", "1") "," VALUE("2", "2") "," VALUE("3", "3") "]]");
    const UA_UpdateDataDetails *details = test_history_update(world, 0, data_type);

    assert_int_equal(details->updateValuesSize, 3);
    test_answer_fault(test_call(world, 0), UA_STATUSCODE_BADTOOMANYOPERATIONS);
    test_turn(world);
    for (size_t i = 1; i < 4; i++) {
        details = test_history_update(world, i, data_type);
        assert_int_equal(details->updateValuesSize, 1);
        assert_true(*(UA_Double *)details->updateValues[0].value.data == (double)i);
        if (i == 2)
            test_answer_update(test_call(world, i), UA_STATUSCODE_BADUSERACCESSDENIED, NULL, 0);
        else
            test_answer_update(test_call(world, i), 0, results, 1);
        test_turn(world);
    }
    test_invoke_is(test, "[10616832,2149515264,10616832]");
    test = test_invoke(world, session, "historyDeleteAtTime",
                       "['i=1',[" TEST_TIME("0") "," TEST_TIME("2") "]]");
    for (size_t i = 4; i < 6; i++) {
        const UA_DeleteAtTimeDetails *times =
            test_history_update(world, i, &UA_TYPES[UA_TYPES_DELETEATTIMEDETAILS]);

        assert_int_equal(times->reqTimesSize, 1);
        assert_int_equal(times->reqTimes[0], TEST_2024 + (i == 4 ? 0 : 120) * UA_DATETIME_SEC);
        test_answer_update(test_call(world, i), 0, NULL, 0);
        test_turn(world);
    }
    test_invoke_is(test, "[0,0]");
}

/* --- events -------------------------------------------------------------------------------- */

static void name_is(const UA_QualifiedName *name, uint16_t index, const char *text)
{
    assert_int_equal(name->namespaceIndex, index);
    test_text_is(&name->name, text);
}

static void test_update_event(void **state)
{
    static const struct {
        const char *method;
        UA_PerformUpdateType perform;
    } cases[] = {{"historyInsertEvent", UA_PERFORMUPDATETYPE_INSERT},
                 {"historyReplaceEvent", UA_PERFORMUPDATETYPE_REPLACE},
                 {"historyUpdateEvent", UA_PERFORMUPDATETYPE_UPDATE}};
    static const UA_StatusCode results[] = {UA_STATUSCODE_GOODENTRYREPLACED};
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct test_request *test = test_invoke(
            world, session, cases[i].method,
            "['i=2253',['Message','2:Alarm/Id'],[[" DOUBLE("1") "," DOUBLE("2.5") "],[]]]");
        const UA_UpdateEventDetails *details = test_history_update(world, i, event_type);
        const UA_EventFilter *filter = &details->filter;

        test_node_is(&details->nodeId, "i=2253");
        assert_int_equal(details->performInsertReplace, cases[i].perform);
        assert_int_equal(filter->selectClausesSize, 2);
        assert_int_equal(filter->whereClause.elementsSize, 0);
        test_node_is(&filter->selectClauses[1].typeDefinitionId, "i=2041");
        assert_int_equal(filter->selectClauses[1].attributeId, UA_ATTRIBUTEID_VALUE);
        assert_int_equal(filter->selectClauses[0].browsePathSize, 1);
        name_is(&filter->selectClauses[0].browsePath[0], 0, "Message");
        assert_int_equal(filter->selectClauses[1].browsePathSize, 2);
        name_is(&filter->selectClauses[1].browsePath[0], 2, "Alarm");
        name_is(&filter->selectClauses[1].browsePath[1], 0, "Id");
        assert_int_equal(details->eventDataSize, 2);
        assert_int_equal(details->eventData[0].eventFieldsSize, 2);
        assert_true(*(UA_Double *)details->eventData[0].eventFields[1].data == 2.5);
        assert_int_equal(details->eventData[1].eventFieldsSize, 0);
        test_answer_update(test_call(world, i), 0, results, 1);
        test_turn(world);
        test_invoke_is(test, "[10682368]");
    }
}

static void test_delete_event(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test =
        test_invoke(world, session, "historyDeleteEvent", "['i=2253',['AP8=','no base64!']]");
    const UA_DeleteEventDetails *details =
        test_history_update(world, 0, &UA_TYPES[UA_TYPES_DELETEEVENTDETAILS]);

    assert_int_equal(details->eventIdsSize, 2);
    assert_int_equal(details->eventIds[0].length, 2);
    assert_memory_equal(details->eventIds[0].data, "\x00\xFF", 2);
    test_text_is(&details->eventIds[1], "no base64!");
    test_answer_update(test_call(world, 0), 0, (const UA_StatusCode[]){0, 0}, 2);
    test_turn(world);
    test_invoke_is(test, "[0,0]");
}

static void test_wrong_arguments(void **state)
{
    static const struct {
        const char *method;
        const char *args;
        const char *error;
    } cases[] = {
        {"historyInsertData", "['i=1']",
         "TypeError','message':'historyInsertData: args[1] must be a list"},
        {"historyInsertData", "['i=1',[1.5]]",
         "TypeError','message':'historyInsertData: args[1][0] must be a tagged DataValue"},
        {"historyInsertData", "['i=1',[{'__t':'Nothing'}]]",
         "EncodingException','message':'Unknown wire type id"},
        {"historyDeleteRawModified", "['i=1'," TEST_TIME("0") "]", "TypeError"},
        {"historyDeleteRawModified", "['i=1'," TEST_TIME("0") "," TEST_TIME("0") ",1]",
         "TypeError"},
        {"historyDeleteAtTime", "['i=1',['now']]", "TypeError"},
        {"historyDeleteAtTime", "['i=1',null]", "TypeError"},
        {"historyInsertEvent", "['i=1']", "TypeError"},
        {"historyInsertEvent", "['i=1',[1],[]]",
         "TypeError','message':'historyInsertEvent: args[1][0] must be a string"},
        {"historyInsertEvent", "['i=1',['Message'],[1]]",
         "TypeError','message':'historyInsertEvent: args[2][0] must be a list"},
        {"historyInsertEvent", "['i=1',['Message'],[[1]]]",
         "TypeError','message':'historyInsertEvent: args[2][0][0] must be a tagged Variant"},
        {"historyDeleteEvent", "['i=1',[5]]", "TypeError"},
    };
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct test_request *test = test_invoke(world, session, cases[i].method, cases[i].args);
        char *expected = test_quotes(cases[i].error);

        assert_non_null(test->reply);
        if (!strstr(test->reply, expected))
            fail_msg("%s%s: %s", cases[i].method, cases[i].args, test->reply);
        free(expected);
    }
    assert_int_equal(test_calls(world), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_update_data),
        test_in_world(test_empty_results),
        test_in_world(test_delete_raw_modified),
        test_in_world(test_delete_at_time),
        test_in_world(test_a_change_is_not_made_twice),
        test_in_world(test_a_long_list),
        test_in_world(test_update_event),
        test_in_world(test_delete_event),
        test_in_world(test_wrong_arguments),
    };

    return cmocka_run_group_tests_name("history update", tests, NULL, NULL);
}
