/* SPDX-License-Identifier: MIT */
/* What the subscription methods send and remember (methods.md §2.14–2.23; M1–M3, R11, R12). */
#include "serve/method/methods.h"
#include "serve/method/run.h"
#include "testing/testing.h"
#include "testing/testing_publish.h"
#include "wire/value/styles.h"

/* Runs a method with parameters as text; single quotes stand for double ones. */
static struct test_request *run_as(struct osm_session *session, const struct osm_method *method,
                                   const char *params, bool tagged)
{
    struct test_world *world =
        osm_container_of(osm_session_link(session)->env->ua, struct test_world, server);
    struct test_request *test = test_request_parse(world, params);

    if (tagged)
        test->request.style = &osm_tagged_style;
    osm_method_run(method, session, &test->request, test->request.root, tagged);
    return test;
}

static struct test_request *run(struct osm_session *session, const struct osm_method *method,
                                const char *params)
{
    return run_as(session, method, params, false);
}

static struct test_request *invoke(struct osm_session *session, const struct osm_method *method,
                                   const char *params)
{
    return run_as(session, method, params, true);
}

/* The request of that service which has arrived last. */
static void *last_request(struct test_world *world, const struct osm_ua_service *service)
{
    struct osm_ua_call *call = world->server.calls->prev;

    assert_ptr_equal(call->service, service);
    return call->request;
}

static void answer_last(struct test_world *world, void *response)
{
    test_answer(world->server.calls->prev, response);
    test_turn(world);
}

static void reply_has(const struct test_request *test, const char *expected)
{
    char *copy = test_quotes(expected);

    if (!test->reply || !strstr(test->reply, copy))
        fail_msg("%s: not in %s", copy, test->reply ? test->reply : "no reply");
    free(copy);
}

static struct osm_session *open_subscribed(struct test_world *world)
{
    struct osm_session *session = test_session_open(world, "{}");
    UA_CreateSubscriptionResponse *response = UA_CreateSubscriptionResponse_new();
    struct test_request *test = run(session, &osm_method_createSubscription, "[]");

    response->subscriptionId = 7;
    response->revisedPublishingInterval = 500;
    response->revisedLifetimeCount = 2400;
    response->revisedMaxKeepAliveCount = 10;
    answer_last(world, response);
    test_data_is(test, "{'subscriptionId':7,'revisedPublishingInterval':500.0,"
                       "'revisedLifetimeCount':2400,'revisedMaxKeepAliveCount':10}");
    return session;
}

/* Items with ids from `first` on, all Good. */
static void answer_created(struct test_world *world, uint32_t first, size_t size)
{
    UA_CreateMonitoredItemsResponse *response = UA_CreateMonitoredItemsResponse_new();

    response->results = UA_Array_new(size, &UA_TYPES[UA_TYPES_MONITOREDITEMCREATERESULT]);
    response->resultsSize = size;
    for (size_t i = 0; i < size; i++)
        response->results[i].monitoredItemId = first + (uint32_t)i;
    answer_last(world, response);
}

static const UA_MonitoredItemCreateRequest *created(struct test_world *world, size_t index)
{
    const UA_CreateMonitoredItemsRequest *request =
        last_request(world, &osm_service_create_monitored_items);

    assert_true(index < request->itemsToCreateSize);
    return &request->itemsToCreate[index];
}

static const UA_MonitoringParameters *modified(struct test_world *world, size_t index)
{
    const UA_ModifyMonitoredItemsRequest *request =
        last_request(world, &osm_service_modify_monitored_items);

    assert_true(index < request->itemsToModifySize);
    return &request->itemsToModify[index].requestedParameters;
}

static void answer_modified(struct test_world *world, UA_StatusCode status, size_t size)
{
    UA_ModifyMonitoredItemsResponse *response = UA_ModifyMonitoredItemsResponse_new();

    response->results = UA_Array_new(size, &UA_TYPES[UA_TYPES_MONITOREDITEMMODIFYRESULT]);
    response->resultsSize = size;
    for (size_t i = 0; i < size; i++)
        response->results[i].statusCode = status;
    answer_last(world, response);
}

/* A Publish answer with one data change. */
static void answer_published(struct test_world *world, uint32_t handle)
{
    UA_PublishResponse *response = UA_PublishResponse_new();
    UA_DataChangeNotification *change = UA_DataChangeNotification_new();

    change->monitoredItems = UA_Array_new(1, &UA_TYPES[UA_TYPES_MONITOREDITEMNOTIFICATION]);
    change->monitoredItemsSize = 1;
    change->monitoredItems[0].clientHandle = handle;
    response->subscriptionId = 7;
    response->notificationMessage.sequenceNumber = 1;
    response->notificationMessage.notificationData = UA_ExtensionObject_new();
    response->notificationMessage.notificationDataSize = 1;
    UA_ExtensionObject_setValue(response->notificationMessage.notificationData, change,
                                &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]);
    answer_last(world, response);
}

#define EMPTY_VALUE                                                                                \
    "{'value':null,'type':null,'dimensions':null,'statusCode':0,'sourceTimestamp':null,"           \
    "'serverTimestamp':null}"

/* --- createSubscription --------------------------------------------------------------------- */

static void test_create_casts_and_defaults(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    const UA_CreateSubscriptionRequest *request;

    (void)run(session, &osm_method_createSubscription, "[]");
    request = last_request(world, &osm_service_create_subscription);
    assert_true(request->requestedPublishingInterval == 500.0 && request->publishingEnabled);
    assert_int_equal(request->requestedLifetimeCount, 2400);
    assert_int_equal(request->requestedMaxKeepAliveCount, 10);
    assert_int_equal(request->maxNotificationsPerPublish, 0);
    assert_int_equal(request->priority, 0);
    answer_last(world, UA_CreateSubscriptionResponse_new());

    (void)run(session, &osm_method_createSubscription, "['abc','30',3.9,1,'0',260]");
    request = last_request(world, &osm_service_create_subscription);
    assert_true(request->requestedPublishingInterval == 0.0 && !request->publishingEnabled);
    assert_int_equal(request->requestedLifetimeCount, 30);
    assert_int_equal(request->requestedMaxKeepAliveCount, 3);
    assert_int_equal(request->maxNotificationsPerPublish, 1);
    assert_int_equal(request->priority, 4);
    answer_last(world, UA_CreateSubscriptionResponse_new());
}

static void test_create_is_not_repeated(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = run(session, &osm_method_createSubscription, "[]");

    test_lose_now(world, session);
    test_fault_is(test, "ConnectionException", "Connection closed by remote");
    assert_int_equal(test_calls(world), 1);
}

static void delete_subscription(struct test_world *world, struct osm_session *session,
                                UA_StatusCode status, const char *reply)
{
    UA_DeleteSubscriptionsResponse *response = UA_DeleteSubscriptionsResponse_new();
    struct test_request *test = run(session, &osm_method_deleteSubscription, "['7']");

    response->results = UA_Array_new(1, &UA_TYPES[UA_TYPES_STATUSCODE]);
    response->results[0] = status;
    response->resultsSize = 1;
    answer_last(world, response);
    test_reply_is(test, reply);
}

static void test_only_good_untracks(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);

    delete_subscription(world, session, UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID,
                        "{'success':true,'data':2150105088}");
    assert_non_null(osm_subscription_find(osm_session_subscriptions(session), 7));
    delete_subscription(world, session, UA_STATUSCODE_GOOD, "{'success':true,'data':0}");
    assert_null(osm_subscription_find(osm_session_subscriptions(session), 7));
}

/* --- items ---------------------------------------------------------------------------------- */

static void test_items_of_query_report(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    const UA_MonitoredItemCreateRequest *item;
    struct test_request *test =
        run(session, &osm_method_createMonitoredItems,
            "[7,[{'nodeId':'i=1'},{'nodeId':'i=1','monitoringMode':0},"
            "{'nodeId':'i=1','monitoringMode':1,'clientHandle':9,'queueSize':5,"
            "'samplingInterval':100,'attributeId':4}]]");

    item = created(world, 0);
    assert_int_equal(item->monitoringMode, UA_MONITORINGMODE_REPORTING);
    assert_int_equal(item->itemToMonitor.attributeId, UA_ATTRIBUTEID_VALUE);
    assert_true(item->requestedParameters.samplingInterval == 250.0);
    assert_int_equal(item->requestedParameters.queueSize, 1);
    assert_true(item->requestedParameters.discardOldest);
    assert_int_equal(created(world, 1)->monitoringMode, UA_MONITORINGMODE_REPORTING);
    assert_int_not_equal(item->requestedParameters.clientHandle,
                         created(world, 1)->requestedParameters.clientHandle);
    item = created(world, 2);
    assert_int_equal(item->monitoringMode, UA_MONITORINGMODE_SAMPLING);
    assert_int_equal(item->itemToMonitor.attributeId, 4);
    assert_true(item->requestedParameters.samplingInterval == 100.0);
    assert_int_equal(item->requestedParameters.clientHandle, 9);
    answer_created(world, 50, 3);
    test_data_is(test, "[{'statusCode':0,'monitoredItemId':50,'revisedSamplingInterval':0.0,"
                       "'revisedQueueSize':0},{'statusCode':0,'monitoredItemId':51,"
                       "'revisedSamplingInterval':0.0,'revisedQueueSize':0},{'statusCode':0,"
                       "'monitoredItemId':52,'revisedSamplingInterval':0.0,"
                       "'revisedQueueSize':0}]");
}

static void test_items_of_invoke_have_other_defaults(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    const UA_MonitoredItemCreateRequest *item;

    (void)invoke(session, &osm_method_createMonitoredItems,
                 "[7,[{'nodeId':'i=1'},{'nodeId':{'__t':'NodeId','v':'i=2'}}]]");
    item = created(world, 1);
    assert_int_equal(item->monitoringMode, UA_MONITORINGMODE_REPORTING);
    assert_true(item->requestedParameters.samplingInterval == -1.0);
    assert_int_equal(item->requestedParameters.clientHandle, 2);
    answer_created(world, 50, 2);
    assert_int_equal(osm_session_subscriptions(session)->item_count, 2);
}

static void test_handles_are_mapped_back(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *test;
    uint32_t handle;

    (void)run(session, &osm_method_createMonitoredItems,
              "[7,[{'nodeId':'i=1','clientHandle':3},{'nodeId':'i=2','clientHandle':3}]]");
    handle = created(world, 1)->requestedParameters.clientHandle;
    assert_int_not_equal(handle, 3);
    answer_created(world, 50, 2);
    test = run(session, &osm_method_publish, "[]");
    answer_published(world, handle);
    test_data_is(test, "{'subscriptionId':7,'sequenceNumber':1,'moreNotifications':false,"
                       "'notifications':[{'type':'DataChange','clientHandle':3,"
                       "'dataValue':" EMPTY_VALUE "}],'availableSequenceNumbers':[]}");
}

static void test_items_are_split_as_the_server_asks(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *test;

    osm_session_link(session)->limits.learnt[OSM_LIMIT_MONITORED_ITEMS] = 2;
    test = run(session, &osm_method_createMonitoredItems,
               "[7,[{'nodeId':'i=1'},{'nodeId':'i=2'},{'nodeId':'i=3'}]]");
    answer_created(world, 50, 2);
    assert_null(test->reply);
    /* a loss before the rest has left: only the rest is sent again */
    world->server.calls->prev->sent = false;
    world->server.new_session = false;
    test_lose_now(world, session);
    assert_int_equal(created(world, 0)->itemToMonitor.nodeId.identifier.numeric, 3);
    answer_created(world, 52, 1);
    reply_has(test, "'monitoredItemId':52");
    assert_int_equal(osm_session_subscriptions(session)->item_count, 3);
}

static void answer_deleted(struct test_world *world, uint32_t server_id)
{
    const UA_DeleteSubscriptionsRequest *request =
        last_request(world, &osm_service_delete_subscriptions);
    UA_DeleteSubscriptionsResponse *response = UA_DeleteSubscriptionsResponse_new();

    assert_int_equal(request->subscriptionIdsSize, 1);
    assert_int_equal(request->subscriptionIds[0], server_id);
    response->results = UA_Array_new(1, &UA_TYPES[UA_TYPES_STATUSCODE]);
    response->resultsSize = 1;
    answer_last(world, response);
}

static void answer_subscription(struct test_world *world, uint32_t server_id)
{
    UA_CreateSubscriptionResponse *response = UA_CreateSubscriptionResponse_new();

    (void)last_request(world, &osm_service_create_subscription);
    response->subscriptionId = server_id;
    response->revisedPublishingInterval = 500;
    answer_last(world, response);
}

/* An item for node 1, and a request for one more that the server has not answered. */
static struct test_request *ask_for_another(struct test_world *world, struct osm_session *session)
{
    struct test_request *test;

    (void)run(session, &osm_method_createMonitoredItems, "[7,[{'nodeId':'i=1'}]]");
    answer_created(world, 50, 1);
    test = run(session, &osm_method_createMonitoredItems, "[7,[{'nodeId':'i=2'}]]");
    assert_int_equal(created(world, 0)->itemToMonitor.nodeId.identifier.numeric, 2);
    return test;
}

/* The server deletes the subscription and makes it anew with the one item that is known. */
static void made_anew(struct test_world *world, struct osm_session *session)
{
    const UA_CreateMonitoredItemsRequest *request;

    answer_deleted(world, 7);
    answer_subscription(world, 8);
    request = last_request(world, &osm_service_create_monitored_items);
    assert_int_equal(request->itemsToCreateSize, 1);
    assert_int_equal(request->itemsToCreate->itemToMonitor.nodeId.identifier.numeric, 1);
    answer_created(world, 60, 1);
    assert_int_equal(osm_session_subscriptions(session)->item_count, 1);
    assert_int_equal(osm_subscription_find(osm_session_subscriptions(session), 7)->server_id, 8);
    assert_false(osm_session_is_degraded(session));
}

/* Items the server may have made and nobody knows would tell everything twice. */
static void test_items_of_a_lost_answer_do_not_stay(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *test = ask_for_another(world, session);

    world->server.new_session = false;
    test_lose_now(world, session);
    made_anew(world, session);
    test_fault_is(test, "ConnectionException", "Connection closed by remote");
}

static void test_items_of_a_late_answer_do_not_stay(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *test = ask_for_another(world, session);

    osm_session_link(session)->conn->messages++; /* the channel is alive */
    test_advance(world, 5000);
    test_fault_is(test, "ConnectionException", "Read timeout");
    made_anew(world, session);
}

static void test_modify_keeps_what_is_left_out(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    const UA_MonitoringParameters *params;
    const struct osm_monitored_item *item;

    (void)run(session, &osm_method_createMonitoredItems,
              "[7,[{'nodeId':'i=1','clientHandle':3,'samplingInterval':100,'queueSize':5}]]");
    answer_created(world, 50, 1);
    (void)run(session, &osm_method_modifyMonitoredItems,
              "[7,[{'monitoredItemId':50,'clientHandle':20,'discardOldest':false},"
              "{'monitoredItemId':99}]]");
    params = modified(world, 0);
    assert_int_equal(params->clientHandle, 3);
    assert_int_equal(params->queueSize, 5);
    assert_true(params->samplingInterval == 100.0 && !params->discardOldest);
    params = modified(world, 1);
    assert_int_equal(params->clientHandle, 0);
    assert_int_equal(params->queueSize, 0);
    assert_true(params->samplingInterval == -1.0 && params->discardOldest);
    answer_modified(world, UA_STATUSCODE_GOOD, 2);
    item =
        osm_monitored_item_find(osm_subscription_find(osm_session_subscriptions(session), 7), 50);
    assert_int_equal(item->params.client_handle, 20);
    assert_false(item->params.discard_oldest);
    (void)run(session, &osm_method_modifyMonitoredItems,
              "[7,[{'monitoredItemId':50,'queueSize':'8'}]]");
    assert_int_equal(modified(world, 0)->queueSize, 8);
    answer_modified(world, UA_STATUSCODE_BADMONITOREDITEMIDINVALID, 1);
    assert_int_equal(item->params.queue_size, 5);
}

static void test_filters_of_data_changes(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    const UA_MonitoringParameters *params;
    const UA_DataChangeFilter *filter;

    (void)run(session, &osm_method_createMonitoredItems,
              "[7,[{'nodeId':'i=1'},{'nodeId':'i=2','discardOldest':false,"
              "'filter':{'deadbandType':2,'deadbandValue':7.5}}]]");
    assert_int_equal(created(world, 0)->requestedParameters.filter.encoding,
                     UA_EXTENSIONOBJECT_ENCODED_NOBODY);
    params = &created(world, 1)->requestedParameters;
    assert_false(params->discardOldest);
    assert_ptr_equal(params->filter.content.decoded.type, &UA_TYPES[UA_TYPES_DATACHANGEFILTER]);
    filter = params->filter.content.decoded.data;
    assert_int_equal(filter->trigger, UA_DATACHANGETRIGGER_STATUSVALUE);
    assert_int_equal(filter->deadbandType, UA_DEADBANDTYPE_PERCENT);
    assert_true(filter->deadbandValue == 7.5);
    answer_created(world, 50, 2);
    (void)run(session, &osm_method_modifyMonitoredItems,
              "[7,[{'monitoredItemId':50,'filter':{'trigger':0}},"
              "{'monitoredItemId':51,'queueSize':3}]]");
    filter = modified(world, 0)->filter.content.decoded.data;
    assert_int_equal(filter->trigger, UA_DATACHANGETRIGGER_STATUS);
    filter = modified(world, 1)->filter.content.decoded.data;
    assert_true(filter->deadbandValue == 7.5);
    answer_modified(world, UA_STATUSCODE_BADFILTERNOTALLOWED, 2);
    (void)run(session, &osm_method_modifyMonitoredItems, "[7,[{'monitoredItemId':50}]]");
    assert_int_equal(modified(world, 0)->filter.encoding, UA_EXTENSIONOBJECT_ENCODED_NOBODY);
    answer_modified(world, UA_STATUSCODE_GOOD, 1);
}

static void test_modify_keeps_the_event_filter(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    const UA_EventFilter *filter;

    (void)run(session, &osm_method_createEventMonitoredItem,
              "[7,'i=2253',['Message','ActiveState/Id']]");
    assert_int_equal(created(world, 0)->itemToMonitor.attributeId, UA_ATTRIBUTEID_EVENTNOTIFIER);
    assert_int_equal(created(world, 0)->requestedParameters.clientHandle, 1);
    answer_created(world, 50, 1);
    (void)run(session, &osm_method_modifyMonitoredItems, "[7,[{'monitoredItemId':50}]]");
    filter = modified(world, 0)->filter.content.decoded.data;
    assert_int_equal(filter->selectClausesSize, 2);
    assert_int_equal(filter->selectClauses[1].browsePathSize, 2);
    answer_modified(world, UA_STATUSCODE_GOOD, 1);
}

static void test_event_fields(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    const UA_EventFilter *filter;
    struct test_request *test;

    (void)run(session, &osm_method_createEventMonitoredItem, "[7,'i=2253']");
    filter = created(world, 0)->requestedParameters.filter.content.decoded.data;
    assert_int_equal(filter->selectClausesSize, 6);
    answer_created(world, 50, 1);
    (void)run(session, &osm_method_createEventMonitoredItem, "[7,'i=2253',[]]");
    filter = created(world, 0)->requestedParameters.filter.content.decoded.data;
    assert_int_equal(filter->selectClausesSize, 0);
    answer_created(world, 51, 1);
    assert_int_equal(created(world, 0)->requestedParameters.queueSize, 0);
    (void)run(session, &osm_method_createEventMonitoredItem, "[7,'i=2253',null,3,500]");
    assert_int_equal(created(world, 0)->requestedParameters.queueSize, 500);
    answer_created(world, 52, 1);
    test = invoke(session, &osm_method_createEventMonitoredItem, "[7,'i=2253',[1]]");
    test_fault_is(test, "TypeError", "createEventMonitoredItem: args[2][0] must be a string");
}

static void test_deleted_items_are_forgotten(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    UA_DeleteMonitoredItemsResponse *response = UA_DeleteMonitoredItemsResponse_new();
    struct test_request *test;

    (void)run(session, &osm_method_createMonitoredItems, "[7,[{'nodeId':'i=1'}]]");
    answer_created(world, 50, 1);
    test = run(session, &osm_method_deleteMonitoredItems, "[7,[50,99]]");
    response->results = UA_Array_new(2, &UA_TYPES[UA_TYPES_STATUSCODE]);
    response->results[1] = UA_STATUSCODE_BADMONITOREDITEMIDINVALID;
    response->resultsSize = 2;
    answer_last(world, response);
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
        {&osm_method_deleteSubscription, "[]", true,
         "deleteSubscription: args[0] must be an integer"},
    };
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct test_request *test =
            run_as(session, cases[i].method, cases[i].params, cases[i].tagged);

        reply_has(test, cases[i].message);
    }
    assert_int_equal(test_calls(world), 0);
}

/* --- transfer, triggering, republish -------------------------------------------------------- */

static void answer_transferred(struct test_world *world, UA_StatusCode status)
{
    UA_TransferSubscriptionsResponse *response = UA_TransferSubscriptionsResponse_new();

    response->results = UA_Array_new(1, &UA_TYPES[UA_TYPES_TRANSFERRESULT]);
    response->results[0].statusCode = status;
    response->resultsSize = 1;
    answer_last(world, response);
}

static void test_transfer_takes_the_knowledge_along(void **state)
{
    struct test_world *world = *state;
    struct osm_session *one = open_subscribed(world), *two = test_session_open(world, "{}");
    struct test_request *test;

    (void)run(one, &osm_method_createMonitoredItems, "[7,[{'nodeId':'i=1'}]]");
    answer_created(world, 50, 1);
    test = run(two, &osm_method_transferSubscriptions, "[[7],true]");
    answer_transferred(world, UA_STATUSCODE_BADUSERACCESSDENIED);
    reply_has(test, "2149515264");
    assert_non_null(osm_subscription_find(osm_session_subscriptions(one), 7));
    test = run(two, &osm_method_transferSubscriptions, "[[7],true]");
    answer_transferred(world, UA_STATUSCODE_GOOD);
    test_data_is(test, "[{'statusCode':0,'availableSequenceNumbers':[]}]");
    assert_null(osm_subscription_find(osm_session_subscriptions(one), 7));
    assert_int_equal(osm_session_subscriptions(two)->item_count, 1);
}

/* The old session has been told of it out of order: that word is not for the new one. */
static void test_transfer_with_the_word_of_it_held_back(void **state)
{
    struct test_world *world = *state;
    struct osm_session *one = open_subscribed(world), *two = test_session_open(world, "{}");
    UA_TransferSubscriptionsResponse *response = UA_TransferSubscriptionsResponse_new();

    osm_manager_auto_publish_on(world->manager);
    test_bring_status(world, 7, 30, UA_STATUSCODE_GOODSUBSCRIPTIONTRANSFERRED);
    assert_int_equal(osm_subscription_find(osm_session_subscriptions(one), 7)->track.held_count, 1);
    (void)run(two, &osm_method_transferSubscriptions, "[[7],true]");
    response->results = UA_Array_new(1, &UA_TYPES[UA_TYPES_TRANSFERRESULT]);
    response->results[0].availableSequenceNumbers = UA_Array_new(1, &UA_TYPES[UA_TYPES_UINT32]);
    response->results[0].availableSequenceNumbers[0] = 31;
    response->results[0].availableSequenceNumbersSize = 1;
    response->resultsSize = 1;
    answer_last(world, response);
    assert_null(osm_subscription_find(osm_session_subscriptions(one), 7));
    assert_non_null(osm_subscription_find(osm_session_subscriptions(two), 7));
    assert_int_equal(osm_session_owner(one)->publish_budget.bytes, 0);
}

static void test_transfer_from_strangers(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    (void)run(session, &osm_method_transferSubscriptions, "[[8]]");
    answer_transferred(world, UA_STATUSCODE_GOOD);
    assert_true(osm_subscription_find(osm_session_subscriptions(session), 8)->adopted);
}

static void test_triggering_is_remembered(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    UA_SetTriggeringResponse *response = UA_SetTriggeringResponse_new();
    struct test_request *test = run(session, &osm_method_setTriggering, "[7,1,[2,3]]");

    response->addResults = UA_Array_new(2, &UA_TYPES[UA_TYPES_STATUSCODE]);
    response->addResults[1] = UA_STATUSCODE_BADMONITOREDITEMIDINVALID;
    response->addResultsSize = 2;
    answer_last(world, response);
    test_data_is(test, "{'addResults':[0,2151809024],'removeResults':[]}");
    assert_int_equal(osm_subscription_find(osm_session_subscriptions(session), 7)->link_count, 1);
}

static void test_republish_returns_the_notifications(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    UA_RepublishResponse *response = UA_RepublishResponse_new();
    UA_DataChangeNotification *change = UA_DataChangeNotification_new();
    struct test_request *test = run(session, &osm_method_republish, "[7,5]");

    change->monitoredItems = UA_Array_new(1, &UA_TYPES[UA_TYPES_MONITOREDITEMNOTIFICATION]);
    change->monitoredItemsSize = 1;
    change->monitoredItems[0].clientHandle = 4;
    response->notificationMessage.sequenceNumber = 5;
    response->notificationMessage.notificationData = UA_ExtensionObject_new();
    response->notificationMessage.notificationDataSize = 1;
    UA_ExtensionObject_setValue(response->notificationMessage.notificationData, change,
                                &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]);
    answer_last(world, response);
    test_data_is(test, "{'sequenceNumber':5,'publishTime':null,'notifications':[{'type':"
                       "'DataChange','clientHandle':4,'dataValue':" EMPTY_VALUE "}]}");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        test_in_world(test_create_casts_and_defaults),
        test_in_world(test_create_is_not_repeated),
        test_in_world(test_only_good_untracks),
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
        test_in_world(test_deleted_items_are_forgotten),
        test_in_world(test_refusals_name_the_place),
        test_in_world(test_transfer_takes_the_knowledge_along),
        test_in_world(test_transfer_with_the_word_of_it_held_back),
        test_in_world(test_transfer_from_strangers),
        test_in_world(test_triggering_is_remembered),
        test_in_world(test_republish_returns_the_notifications),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
