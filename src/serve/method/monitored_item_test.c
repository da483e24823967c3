/* SPDX-License-Identifier: MIT */
/* What the methods about monitored items send and remember (methods.md §2.15–2.18; M1–M3). */
#include "serve/method/run.h"
#include "testing/testing_item.h"
#include "wire/value/styles.h"

/* --- items ---------------------------------------------------------------------------------- */

static void test_items_of_query_report(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);
    const UA_MonitoredItemCreateRequest *item;
    struct test_request *test =
        test_run_query(session, &osm_method_createMonitoredItems,
                       "[7,[{'nodeId':'i=1'},{'nodeId':'i=1','monitoringMode':0},"
                       "{'nodeId':'i=1','monitoringMode':1,'clientHandle':9,'queueSize':5,"
                       "'samplingInterval':100,'attributeId':4}]]");

    item = test_created(world, 0);
    assert_int_equal(item->monitoringMode, UA_MONITORINGMODE_REPORTING);
    assert_int_equal(item->itemToMonitor.attributeId, UA_ATTRIBUTEID_VALUE);
    assert_true(item->requestedParameters.samplingInterval == 250.0);
    assert_int_equal(item->requestedParameters.queueSize, 1);
    assert_true(item->requestedParameters.discardOldest);
    assert_int_equal(test_created(world, 1)->monitoringMode, UA_MONITORINGMODE_REPORTING);
    assert_int_not_equal(item->requestedParameters.clientHandle,
                         test_created(world, 1)->requestedParameters.clientHandle);
    item = test_created(world, 2);
    assert_int_equal(item->monitoringMode, UA_MONITORINGMODE_SAMPLING);
    assert_int_equal(item->itemToMonitor.attributeId, 4);
    assert_true(item->requestedParameters.samplingInterval == 100.0);
    assert_int_equal(item->requestedParameters.clientHandle, 9);
    test_answer_created(world, 50, 3);
    test_data_is(test, "[{'statusCode':0,'monitoredItemId':50,'revisedSamplingInterval':0.0,"
                       "'revisedQueueSize':0},{'statusCode':0,'monitoredItemId':51,"
                       "'revisedSamplingInterval':0.0,'revisedQueueSize':0},{'statusCode':0,"
                       "'monitoredItemId':52,'revisedSamplingInterval':0.0,"
                       "'revisedQueueSize':0}]");
}

static void test_items_of_invoke_have_other_defaults(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);
    const UA_MonitoredItemCreateRequest *item;

    (void)test_run_invoke(session, &osm_method_createMonitoredItems,
                          "[7,[{'nodeId':'i=1'},{'nodeId':{'__t':'NodeId','v':'i=2'}}]]");
    item = test_created(world, 1);
    assert_int_equal(item->monitoringMode, UA_MONITORINGMODE_REPORTING);
    assert_true(item->requestedParameters.samplingInterval == -1.0);
    assert_int_equal(item->requestedParameters.clientHandle, 2);
    test_answer_created(world, 50, 2);
    assert_int_equal(osm_session_subscriptions(session)->item_count, 2);
}

static void test_handles_are_mapped_back(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);
    struct test_request *test;
    uint32_t handle;

    (void)test_run_query(
        session, &osm_method_createMonitoredItems,
        "[7,[{'nodeId':'i=1','clientHandle':3},{'nodeId':'i=2','clientHandle':3}]]");
    handle = test_created(world, 1)->requestedParameters.clientHandle;
    assert_int_not_equal(handle, 3);
    test_answer_created(world, 50, 2);
    test = test_run_query(session, &osm_method_publish, "[]");
    test_answer_published(world, handle);
    test_data_is(test, "{'subscriptionId':7,'sequenceNumber':1,'moreNotifications':false,"
                       "'notifications':[{'type':'DataChange','clientHandle':3,"
                       "'dataValue':" TEST_EMPTY_VALUE "}],'availableSequenceNumbers':[]}");
}

static void test_items_are_split_as_the_server_asks(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);
    struct test_request *test;

    osm_operation_limits_set_learnt(&osm_session_link(session)->limits, OSM_LIMIT_MONITORED_ITEMS,
                                    2);
    test = test_run_query(session, &osm_method_createMonitoredItems,
                          "[7,[{'nodeId':'i=1'},{'nodeId':'i=2'},{'nodeId':'i=3'}]]");
    test_answer_created(world, 50, 2);
    assert_null(test->reply);
    /* a loss before the rest has left: only the rest is sent again */
    world->server.calls->prev->sent = false;
    world->server.new_session = false;
    test_lose_now(world, session);
    assert_int_equal(test_created(world, 0)->itemToMonitor.nodeId.identifier.numeric, 3);
    test_answer_created(world, 52, 1);
    test_reply_has(test, "'monitoredItemId':52");
    assert_int_equal(osm_session_subscriptions(session)->item_count, 3);
}

static void answer_deleted(struct test_world *world, uint32_t server_id)
{
    const UA_DeleteSubscriptionsRequest *request =
        test_last_request(world, &osm_service_delete_subscriptions);
    UA_DeleteSubscriptionsResponse *response = UA_DeleteSubscriptionsResponse_new();

    assert_int_equal(request->subscriptionIdsSize, 1);
    assert_int_equal(request->subscriptionIds[0], server_id);
    response->results = UA_Array_new(1, &UA_TYPES[UA_TYPES_STATUSCODE]);
    response->resultsSize = 1;
    test_answer_last(world, response);
}

static void answer_subscription(struct test_world *world, uint32_t server_id)
{
    UA_CreateSubscriptionResponse *response = UA_CreateSubscriptionResponse_new();

    (void)test_last_request(world, &osm_service_create_subscription);
    response->subscriptionId = server_id;
    response->revisedPublishingInterval = 500;
    test_answer_last(world, response);
}

/* An item for node 1, and a request for one more that the server has not answered. */
static struct test_request *ask_for_another(struct test_world *world, struct osm_session *session)
{
    struct test_request *test;

    (void)test_run_query(session, &osm_method_createMonitoredItems, "[7,[{'nodeId':'i=1'}]]");
    test_answer_created(world, 50, 1);
    test = test_run_query(session, &osm_method_createMonitoredItems, "[7,[{'nodeId':'i=2'}]]");
    assert_int_equal(test_created(world, 0)->itemToMonitor.nodeId.identifier.numeric, 2);
    return test;
}

/* The server deletes the subscription and makes it anew with the one item that is known. */
static void made_anew(struct test_world *world, struct osm_session *session)
{
    const UA_CreateMonitoredItemsRequest *request;

    answer_deleted(world, 7);
    answer_subscription(world, 8);
    request = test_last_request(world, &osm_service_create_monitored_items);
    assert_int_equal(request->itemsToCreateSize, 1);
    assert_int_equal(request->itemsToCreate->itemToMonitor.nodeId.identifier.numeric, 1);
    test_answer_created(world, 60, 1);
    assert_int_equal(osm_session_subscriptions(session)->item_count, 1);
    assert_int_equal(osm_subscription_find(osm_session_subscriptions(session), 7)->server_id, 8);
    assert_false(osm_session_is_degraded(session));
}

/* Items the server may have made and nobody knows would tell everything twice. */
static void test_items_of_a_lost_answer_do_not_stay(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);
    struct test_request *test = ask_for_another(world, session);

    world->server.new_session = false;
    test_lose_now(world, session);
    made_anew(world, session);
    test_fault_is(test, "ConnectionException", "Connection closed by remote");
}

static void test_items_of_a_late_answer_do_not_stay(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);
    struct test_request *test = ask_for_another(world, session);

    osm_session_link(session)->conn->messages++; /* the channel is alive */
    test_advance(world, 5000);
    test_fault_is(test, "ConnectionException", "Read timeout");
    made_anew(world, session);
}

static void test_modify_keeps_what_is_left_out(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);
    const UA_MonitoringParameters *params;
    const struct osm_monitored_item *item;

    (void)test_run_query(
        session, &osm_method_createMonitoredItems,
        "[7,[{'nodeId':'i=1','clientHandle':3,'samplingInterval':100,'queueSize':5}]]");
    test_answer_created(world, 50, 1);
    (void)test_run_query(session, &osm_method_modifyMonitoredItems,
                         "[7,[{'monitoredItemId':50,'clientHandle':20,'discardOldest':false},"
                         "{'monitoredItemId':99}]]");
    params = test_modified(world, 0);
    assert_int_equal(params->clientHandle, 3);
    assert_int_equal(params->queueSize, 5);
    assert_true(params->samplingInterval == 100.0 && !params->discardOldest);
    params = test_modified(world, 1);
    assert_int_equal(params->clientHandle, 0);
    assert_int_equal(params->queueSize, 0);
    assert_true(params->samplingInterval == -1.0 && params->discardOldest);
    test_answer_modified(world, UA_STATUSCODE_GOOD, 2);
    item =
        osm_monitored_item_find(osm_subscription_find(osm_session_subscriptions(session), 7), 50);
    assert_int_equal(item->params.client_handle, 20);
    assert_false(item->params.discard_oldest);
    (void)test_run_query(session, &osm_method_modifyMonitoredItems,
                         "[7,[{'monitoredItemId':50,'queueSize':'8'}]]");
    assert_int_equal(test_modified(world, 0)->queueSize, 8);
    test_answer_modified(world, UA_STATUSCODE_BADMONITOREDITEMIDINVALID, 1);
    assert_int_equal(item->params.queue_size, 5);
}

static void test_filters_of_data_changes(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);
    const UA_MonitoringParameters *params;
    const UA_DataChangeFilter *filter;

    (void)test_run_query(session, &osm_method_createMonitoredItems,
                         "[7,[{'nodeId':'i=1'},{'nodeId':'i=2','discardOldest':false,"
                         "'filter':{'deadbandType':2,'deadbandValue':7.5}}]]");
    assert_int_equal(test_created(world, 0)->requestedParameters.filter.encoding,
                     UA_EXTENSIONOBJECT_ENCODED_NOBODY);
    params = &test_created(world, 1)->requestedParameters;
    assert_false(params->discardOldest);
    assert_ptr_equal(params->filter.content.decoded.type, &UA_TYPES[UA_TYPES_DATACHANGEFILTER]);
    filter = params->filter.content.decoded.data;
    assert_int_equal(filter->trigger, UA_DATACHANGETRIGGER_STATUSVALUE);
    assert_int_equal(filter->deadbandType, UA_DEADBANDTYPE_PERCENT);
    assert_true(filter->deadbandValue == 7.5);
    test_answer_created(world, 50, 2);
    (void)test_run_query(session, &osm_method_modifyMonitoredItems,
                         "[7,[{'monitoredItemId':50,'filter':{'trigger':0}},"
                         "{'monitoredItemId':51,'queueSize':3}]]");
    filter = test_modified(world, 0)->filter.content.decoded.data;
    assert_int_equal(filter->trigger, UA_DATACHANGETRIGGER_STATUS);
    filter = test_modified(world, 1)->filter.content.decoded.data;
    assert_true(filter->deadbandValue == 7.5);
    test_answer_modified(world, UA_STATUSCODE_BADFILTERNOTALLOWED, 2);
    (void)test_run_query(session, &osm_method_modifyMonitoredItems, "[7,[{'monitoredItemId':50}]]");
    assert_int_equal(test_modified(world, 0)->filter.encoding, UA_EXTENSIONOBJECT_ENCODED_NOBODY);
    test_answer_modified(world, UA_STATUSCODE_GOOD, 1);
}

static void test_modify_keeps_the_event_filter(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);
    const UA_EventFilter *filter;

    (void)test_run_query(session, &osm_method_createEventMonitoredItem,
                         "[7,'i=2253',['Message','ActiveState/Id']]");
    assert_int_equal(test_created(world, 0)->itemToMonitor.attributeId,
                     UA_ATTRIBUTEID_EVENTNOTIFIER);
    assert_int_equal(test_created(world, 0)->requestedParameters.clientHandle, 1);
    test_answer_created(world, 50, 1);
    (void)test_run_query(session, &osm_method_modifyMonitoredItems, "[7,[{'monitoredItemId':50}]]");
    filter = test_modified(world, 0)->filter.content.decoded.data;
    assert_int_equal(filter->selectClausesSize, 4); /* and ours: EventId, ConditionId */
    assert_int_equal(filter->selectClauses[1].browsePathSize, 2);
    test_answer_modified(world, UA_STATUSCODE_GOOD, 1);
}

/* What upstream does not know is for those who use what it does not know, or ask for it. */
static void test_replies_about_event_items(void **state)
{
    static const struct {
        const char *params;
        bool opcua, extended;
    } cases[] = {
        {"[7,'i=2253',['Message']]", false, false},
        {"[7,'i=2253',['Message']]", true, true},
        {"[7,'i=2253',[{'path':'Message'}]]", false, true},
        {"[7,'i=2253',['Message'],1,0,{'severity':1}]", false, true},
    };
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct test_request *test = test_request_parse(world, cases[i].params);

        if (cases[i].opcua)
            test->request.style = &osm_opcua_style;
        osm_method_run(&osm_method_createEventMonitoredItem, session, &test->request,
                       test->request.root, false);
        test_answer_created(world, 50 + (uint32_t)i, 1);
        test_reply_has(test, "'monitoredItemId':5");
        assert_int_equal(strstr(test->reply, "elect") != NULL, cases[i].extended);
    }
}

/* A field of a namespace the server has not got. */
static void test_fields_of_unknown_namespaces(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);
    size_t calls = test_calls(world);
    struct test_request *test = test_run_query(session, &osm_method_createEventMonitoredItem,
                                               "[7,'i=2253',['nsu=urn:no;Level']]");

    test_reply_has(test, "'success':false");
    test_reply_has(test, "urn:no");
    assert_int_equal(test_calls(world), calls);
}

static void test_event_fields(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);
    const UA_EventFilter *filter;
    struct test_request *test;

    (void)test_run_query(session, &osm_method_createEventMonitoredItem, "[7,'i=2253']");
    filter = test_created(world, 0)->requestedParameters.filter.content.decoded.data;
    assert_int_equal(filter->selectClausesSize, 7); /* and ours: ConditionId */
    test_answer_created(world, 50, 1);
    (void)test_run_query(session, &osm_method_createEventMonitoredItem, "[7,'i=2253',[]]");
    filter = test_created(world, 0)->requestedParameters.filter.content.decoded.data;
    assert_int_equal(filter->selectClausesSize, 0);
    test_answer_created(world, 51, 1);
    assert_int_equal(test_created(world, 0)->requestedParameters.queueSize, 0);
    (void)test_run_query(session, &osm_method_createEventMonitoredItem, "[7,'i=2253',null,3,500]");
    assert_int_equal(test_created(world, 0)->requestedParameters.queueSize, 500);
    test_answer_created(world, 52, 1);
    test = test_run_invoke(session, &osm_method_createEventMonitoredItem, "[7,'i=2253',[1]]");
    test_fault_is(test, "TypeError",
                  "createEventMonitoredItem: args[2][0] must be a string or an object");
}

static void test_deleted_items_are_forgotten(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);
    UA_DeleteMonitoredItemsResponse *response = UA_DeleteMonitoredItemsResponse_new();
    struct test_request *test;

    (void)test_run_query(session, &osm_method_createMonitoredItems, "[7,[{'nodeId':'i=1'}]]");
    test_answer_created(world, 50, 1);
    test = test_run_query(session, &osm_method_deleteMonitoredItems, "[7,[50,99]]");
    response->results = UA_Array_new(2, &UA_TYPES[UA_TYPES_STATUSCODE]);
    response->results[1] = UA_STATUSCODE_BADMONITOREDITEMIDINVALID;
    response->resultsSize = 2;
    test_answer_last(world, response);
    test_data_is(test, "[0,2151809024]");
    assert_int_equal(osm_session_subscriptions(session)->item_count, 0);
}

/* --- parameters ----------------------------------------------------------------------------- */

static void test_refusals_name_the_place(void **state)
{
    static const struct {
        const struct osm_method *method;
        const char *params;
        bool tagged;
        const char *message;
    } cases[] = {
        {&osm_method_createMonitoredItems, "[]", false,
         "createMonitoredItems: params[1] must be a list"},
        {&osm_method_createMonitoredItems, "[1,[{'nodeId':'i=1','queueSize':'2'}]]", false,
         "createMonitoredItems: params[1][0].queueSize must be an integer"},
        {&osm_method_createMonitoredItems, "[1,['x']]", false,
         "createMonitoredItems: params[1][0] must be an object"},
        {&osm_method_modifyMonitoredItems, "[1]", false,
         "modifyMonitoredItems: params[1] must be a list"},
        {&osm_method_modifyMonitoredItems, "[1,[{}]]", true,
         "modifyMonitoredItems: args[1][0].monitoredItemId must be an integer"},
        {&osm_method_modifyMonitoredItems, "[1,[{'monitoredItemId':1,'discardOldest':1}]]", true,
         "modifyMonitoredItems: args[1][0].discardOldest must be a bool"},
        {&osm_method_deleteMonitoredItems, "[1,null]", false,
         "deleteMonitoredItems: params[1] must be a list"},
        {&osm_method_transferSubscriptions, "['x']", false,
         "transferSubscriptions: params[0] must be a list"},
        {&osm_method_publish, "['x']", false, "publish: params[0] must be a list"},
        {&osm_method_publish, "[[{}]]", false,
         "publish: params[0][0].subscriptionId must be an integer"},
        {&osm_method_publish, "[[{'subscriptionId':1}]]", true,
         "publish: args[0][0].sequenceNumber must be an integer"},
        {&osm_method_createSubscription, "[500,1,1,1,true,'x']", true,
         "createSubscription: args[5] must be an integer"},
        {&osm_method_createMonitoredItems, "[1,[{'nodeId':'i=1','monitoringMode':'x'}]]", false,
         "createMonitoredItems: params[1][0].monitoringMode must be an integer"},
        {&osm_method_createMonitoredItems, "[1,[{'nodeId':'i=1','samplingInterval':'x'}]]", false,
         "createMonitoredItems: params[1][0].samplingInterval must be a number"},
        {&osm_method_createMonitoredItems, "[1,[{'nodeId':'i=1','clientHandle':'x'}]]", false,
         "createMonitoredItems: params[1][0].clientHandle must be an integer"},
        {&osm_method_createMonitoredItems, "[1,[{'nodeId':'i=1','filter':5}]]", false,
         "createMonitoredItems: params[1][0].filter must be an object"},
        {&osm_method_createMonitoredItems, "[1,[{'nodeId':'i=1','filter':{'trigger':3}}]]", false,
         "createMonitoredItems: params[1][0].filter.trigger must be 0, 1 or 2"},
        {&osm_method_createMonitoredItems, "[1,[{'nodeId':'i=1','filter':{'deadbandType':-1}}]]",
         false, "createMonitoredItems: params[1][0].filter.deadbandType must be 0, 1 or 2"},
        {&osm_method_createMonitoredItems, "[1,[{'nodeId':'i=1','filter':{'deadbandValue':'x'}}]]",
         false, "createMonitoredItems: params[1][0].filter.deadbandValue must be a number"},
        {&osm_method_createMonitoredItems,
         "[1,[{'nodeId':'i=1','filter':{'deadbandValue':1e999}}]]", false,
         "createMonitoredItems: params[1][0].filter.deadbandValue must be a number"},
        {&osm_method_modifyMonitoredItems, "[1,[{'monitoredItemId':1,'queueSize':'x'}]]", true,
         "modifyMonitoredItems: args[1][0].queueSize must be an integer"},
        {&osm_method_modifyMonitoredItems, "[1,[{'monitoredItemId':1,'samplingInterval':'x'}]]",
         true, "modifyMonitoredItems: args[1][0].samplingInterval must be a number"},
        {&osm_method_deleteSubscription, "[]", true,
         "deleteSubscription: args[0] must be an integer"},
    };
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct test_request *test =
            test_run_as(session, cases[i].method, cases[i].params, cases[i].tagged);

        test_reply_has(test, cases[i].message);
    }
    assert_int_equal(test_calls(world), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        test_in_world(test_items_of_query_report),
        test_in_world(test_items_of_invoke_have_other_defaults),
        test_in_world(test_handles_are_mapped_back),
        test_in_world(test_items_are_split_as_the_server_asks),
        test_in_world(test_items_of_a_lost_answer_do_not_stay),
        test_in_world(test_items_of_a_late_answer_do_not_stay),
        test_in_world(test_modify_keeps_what_is_left_out),
        test_in_world(test_modify_keeps_the_event_filter),
        test_in_world(test_filters_of_data_changes),
        test_in_world(test_event_fields),
        test_in_world(test_replies_about_event_items),
        test_in_world(test_fields_of_unknown_namespaces),
        test_in_world(test_deleted_items_are_forgotten),
        test_in_world(test_refusals_name_the_place),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    test_server_is_large = true; /* whatever the size of an answer, the reply is the same */
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
