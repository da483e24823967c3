/* SPDX-License-Identifier: MIT */
/* See testing_item.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "testing/testing_item.h"

#include "serve/method/run.h"
#include "wire/value/styles.h"

struct test_request *test_run_as(struct osm_session *session, const struct osm_method *method,
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

struct test_request *test_run_query(struct osm_session *session, const struct osm_method *method,
                                    const char *params)
{
    return test_run_as(session, method, params, false);
}

struct test_request *test_run_invoke(struct osm_session *session, const struct osm_method *method,
                                     const char *params)
{
    return test_run_as(session, method, params, true);
}

void *test_last_request(struct test_world *world, const struct osm_ua_service *service)
{
    struct osm_ua_call *call = world->server.calls->prev;

    assert_ptr_equal(call->service, service);
    return call->request;
}

void test_answer_last(struct test_world *world, void *response)
{
    test_answer(world->server.calls->prev, response);
    test_turn(world);
}

void test_reply_has(const struct test_request *test, const char *expected)
{
    char *copy = test_quotes(expected);

    if (!test->reply || !strstr(test->reply, copy))
        fail_msg("%s: not in %s", copy, test->reply ? test->reply : "no reply");
    free(copy);
}

struct osm_session *test_open_subscribed(struct test_world *world)
{
    struct osm_session *session = test_session_open(world, "{}");
    UA_CreateSubscriptionResponse *response = UA_CreateSubscriptionResponse_new();
    struct test_request *test = test_run_query(session, &osm_method_createSubscription, "[]");

    response->subscriptionId = 7;
    response->revisedPublishingInterval = 500;
    response->revisedLifetimeCount = 2400;
    response->revisedMaxKeepAliveCount = 10;
    test_answer_last(world, response);
    test_data_is(test, "{'subscriptionId':7,'revisedPublishingInterval':500.0,"
                       "'revisedLifetimeCount':2400,'revisedMaxKeepAliveCount':10}");
    return session;
}

void test_answer_created(struct test_world *world, uint32_t first, size_t size)
{
    UA_CreateMonitoredItemsResponse *response = UA_CreateMonitoredItemsResponse_new();

    response->results = UA_Array_new(size, &UA_TYPES[UA_TYPES_MONITOREDITEMCREATERESULT]);
    response->resultsSize = size;
    for (size_t i = 0; i < size; i++)
        response->results[i].monitoredItemId = first + (uint32_t)i;
    test_answer_last(world, response);
}

const UA_MonitoredItemCreateRequest *test_created(struct test_world *world, size_t index)
{
    const UA_CreateMonitoredItemsRequest *request =
        test_last_request(world, &osm_service_create_monitored_items);

    assert_true(index < request->itemsToCreateSize);
    return &request->itemsToCreate[index];
}

const UA_MonitoringParameters *test_modified(struct test_world *world, size_t index)
{
    const UA_ModifyMonitoredItemsRequest *request =
        test_last_request(world, &osm_service_modify_monitored_items);

    assert_true(index < request->itemsToModifySize);
    return &request->itemsToModify[index].requestedParameters;
}

void test_answer_modified(struct test_world *world, UA_StatusCode status, size_t size)
{
    UA_ModifyMonitoredItemsResponse *response = UA_ModifyMonitoredItemsResponse_new();

    response->results = UA_Array_new(size, &UA_TYPES[UA_TYPES_MONITOREDITEMMODIFYRESULT]);
    response->resultsSize = size;
    for (size_t i = 0; i < size; i++)
        response->results[i].statusCode = status;
    test_answer_last(world, response);
}

void test_answer_published(struct test_world *world, uint32_t handle)
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
    test_answer_last(world, response);
}
