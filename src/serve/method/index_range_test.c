/* SPDX-License-Identifier: MIT */
/* Parts of values: indexRange of read, write and monitored items (methods.md §2.9, M30). */
#include "port/service.h"
#include "testing/testing_method.h"

#define EXPECTED "an index range: n, or n:m with n < m, for each dimension, separated by commas"

static const UA_ReadValueId *asked(struct test_world *world, size_t n, size_t i)
{
    const UA_ReadRequest *request = test_call_of(world, n, &osm_service_read)->request;

    assert_true(i < request->nodesToReadSize);
    return &request->nodesToRead[i];
}

static const UA_WriteValue *written(struct test_world *world, size_t n, size_t i)
{
    const UA_WriteRequest *request = test_call_of(world, n, &osm_service_write)->request;

    assert_true(i < request->nodesToWriteSize);
    return &request->nodesToWrite[i];
}

static void test_reads(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    (void)test_query(world, session, "read", "['i=1',13,false,'1:2']");
    test_text_is(&asked(world, 0, 0)->indexRange, "1:2");
    (void)test_query(world, session, "read", "['i=1',13,false,'']");
    test_text_is(&asked(world, 1, 0)->indexRange, "");
    (void)test_invoke(world, session, "read", "{'nodeId':'i=1','indexRange':'0,2:3'}");
    test_text_is(&asked(world, 2, 0)->indexRange, "0,2:3");
    (void)test_query(world, session, "readMulti",
                     "[[{'nodeId':'i=1','indexRange':'5'},{'nodeId':'i=1'},"
                     "{'nodeId':'i=1','indexRange':null}]]");
    test_text_is(&asked(world, 3, 0)->indexRange, "5");
    test_text_is(&asked(world, 3, 1)->indexRange, "");
    test_text_is(&asked(world, 3, 2)->indexRange, "");
    for (size_t n = 0; n < 4; n++)
        test_answer_each(test_call(world, n));
    test_turn(world);
}

static void test_writes(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_query(world, session, "write", "['i=1',[7,8],6,'1:2']");
    UA_WriteResponse *response = UA_WriteResponse_new();

    test_text_is(&written(world, 0, 0)->indexRange, "1:2");
    response->results = UA_StatusCode_new();
    response->resultsSize = 1;
    response->results[0] = UA_STATUSCODE_BADINDEXRANGENODATA; /* is data, as any status */
    test_answer(test_call(world, 0), response);
    test_turn(world);
    test_reply_is(test, "{'success':true,'data':2151088128}");
    (void)test_query(world, session, "writeMulti",
                     "[[{'nodeId':'i=1','value':[1],'type':6,'indexRange':'0'},"
                     "{'nodeId':'i=1','value':1,'type':6}]]");
    test_text_is(&written(world, 1, 0)->indexRange, "0");
    test_text_is(&written(world, 1, 1)->indexRange, "");
    test_answer_each(test_call(world, 1));
    test_turn(world);
}

/* Nothing is sent. */
static void test_slips(void **state)
{
    static const char *const slips[] = {"2:1", "1:1", "a", "1,", "-1", " 1", "1:2:3"};
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    char params[128];

    for (size_t i = 0; i < OSM_ARRAY_SIZE(slips); i++) {
        (void)snprintf(params, sizeof(params), "['i=1',13,false,'%s']", slips[i]);
        test_fault_is(test_query(world, session, "read", params), "InvalidArgumentException",
                      "read: params[3] must be " EXPECTED);
        (void)snprintf(params, sizeof(params), "[[{'nodeId':'i=1','indexRange':'%s'}]]", slips[i]);
        test_fault_is(test_query(world, session, "readMulti", params), "InvalidArgumentException",
                      "readMulti: params[0][0].indexRange must be " EXPECTED);
        (void)snprintf(params, sizeof(params), "['i=1',1,6,'%s']", slips[i]);
        test_fault_is(test_query(world, session, "write", params), "InvalidArgumentException",
                      "write: params[3] must be " EXPECTED);
        (void)snprintf(params, sizeof(params), "[1,[{'nodeId':'i=1','indexRange':'%s'}]]",
                       slips[i]);
        test_fault_is(test_query(world, session, "createMonitoredItems", params),
                      "InvalidArgumentException",
                      "createMonitoredItems: params[1][0].indexRange must be " EXPECTED);
    }
    test_fault_is(test_query(world, session, "readMulti", "[[{'nodeId':'i=1','indexRange':5}]]"),
                  "TypeError", "readMulti: params[0][0].indexRange must be a string or null");
    assert_int_equal(test_calls(world), 0);
    (void)test_query(world, session, "read", "['i=1',13,false,5]"); /* a surplus one, as ever */
    test_text_is(&asked(world, 0, 0)->indexRange, "");
    test_answer_each(test_call(world, 0));
    test_turn(world);
}

/* --- monitored items ----------------------------------------------------------------------- */

static struct osm_monitored_item *make_item(struct test_world *world, struct osm_session *session)
{
    const struct osm_subscription_params params = {0};
    UA_CreateMonitoredItemsResponse *response = UA_CreateMonitoredItemsResponse_new();
    UA_CreateSubscriptionResponse created;
    const UA_CreateMonitoredItemsRequest *request;

    UA_CreateSubscriptionResponse_init(&created);
    created.subscriptionId = 7;
    (void)osm_subscription_add(osm_session_subscriptions(session), &params, &created);
    (void)test_query(world, session, "createMonitoredItems",
                     "[7,[{'nodeId':'i=1','indexRange':'0:1'}]]");
    request = test_call_of(world, 0, &osm_service_create_monitored_items)->request;
    test_text_is(&request->itemsToCreate[0].itemToMonitor.indexRange, "0:1");
    response->results = UA_MonitoredItemCreateResult_new();
    response->resultsSize = 1;
    response->results->monitoredItemId = 50;
    test_answer(test_call(world, 0), response);
    test_turn(world);
    return osm_monitored_item_find(osm_subscription_find(osm_session_subscriptions(session), 7),
                                   50);
}

static void test_items(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    const struct osm_monitored_item *item = make_item(world, session);
    struct test_request *test;

    assert_non_null(item);
    test_text_is(&item->params.index_range, "0:1"); /* when it is made anew, too */
    (void)test_query(world, session, "modifyMonitoredItems",
                     "[7,[{'monitoredItemId':50,'queueSize':3,'indexRange':'0:1'}]]");
    test_answer_each(test_call_of(world, 1, &osm_service_modify_monitored_items));
    test_turn(world);
    test = test_query(world, session, "modifyMonitoredItems",
                      "[7,[{'monitoredItemId':50,'indexRange':'2:3'}]]");
    test_fault_is(test, "InvalidArgumentException",
                  "modifyMonitoredItems: the indexRange of monitored item 50 cannot be changed: "
                  "delete it and make another one");
    assert_int_equal(test_calls(world), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_reads),
        test_in_world(test_writes),
        test_in_world(test_slips),
        test_in_world(test_items),
    };

    return cmocka_run_group_tests_name("indexRange", tests, NULL, NULL);
}
