/* SPDX-License-Identifier: MIT */
/* The server that keeps subscriptions and items (testing_plant.h). */
#include "testing/testing_plant.h"

void *test_transferred(size_t size, UA_StatusCode status)
{
    UA_TransferSubscriptionsResponse *response = UA_TransferSubscriptionsResponse_new();

    response->results = UA_Array_new(size, &UA_TYPES[UA_TYPES_TRANSFERRESULT]);
    response->resultsSize = size;
    for (size_t i = 0; i < size; i++)
        response->results[i].statusCode = status;
    return response;
}

static void test_plant_transfer(struct test_plant *plant, struct osm_ua_call *call)
{
    const UA_TransferSubscriptionsRequest *request = call->request;

    assert_true(request->sendInitialValues);
    if (plant->transfer_fault)
        test_answer_fault(call, plant->transfer_fault);
    else
        test_answer(call, test_transferred(request->subscriptionIdsSize, plant->transfer_status));
}

void test_plant_create(struct test_plant *plant, struct osm_ua_call *call)
{
    const UA_CreateSubscriptionRequest *request = call->request;
    UA_CreateSubscriptionResponse *response;

    if (plant->create_fault) {
        test_answer_fault(call, plant->create_fault);
        return;
    }
    response = UA_CreateSubscriptionResponse_new();
    response->subscriptionId = ++plant->last_subscription;
    response->revisedPublishingInterval = request->requestedPublishingInterval;
    response->revisedLifetimeCount = request->requestedLifetimeCount;
    response->revisedMaxKeepAliveCount = request->requestedMaxKeepAliveCount;
    plant->subscriptions++;
    test_answer(call, response);
}

static bool test_plant_has(const struct test_plant *plant, const UA_NodeId *node)
{
    return !plant->unknown || node->identifierType != UA_NODEIDTYPE_NUMERIC ||
           node->identifier.numeric != plant->unknown;
}

void test_plant_items(struct test_plant *plant, struct osm_ua_call *call)
{
    UA_CreateMonitoredItemsRequest *request = call->request;
    UA_CreateMonitoredItemsResponse *response;
    size_t size = request->itemsToCreateSize;

    plant->last_items = request;
    if (plant->items_fault || (plant->items_most && size > plant->items_most)) {
        test_answer_fault(call, plant->items_fault ? plant->items_fault
                                                   : UA_STATUSCODE_BADTOOMANYOPERATIONS);
        return;
    }
    response = UA_CreateMonitoredItemsResponse_new();
    response->results = UA_Array_new(size, &UA_TYPES[UA_TYPES_MONITOREDITEMCREATERESULT]);
    response->resultsSize = size;
    for (size_t i = 0; i < size; i++) {
        if (!test_plant_has(plant, &request->itemsToCreate[i].itemToMonitor.nodeId)) {
            response->results[i].statusCode = UA_STATUSCODE_BADNODEIDUNKNOWN;
            continue;
        }
        response->results[i].monitoredItemId = ++plant->last_item;
        plant->items++;
    }
    if (plant->items_short && plant->items_short--)
        response->resultsSize--;
    test_answer(call, response);
}

static void test_plant_links(struct test_plant *plant, struct osm_ua_call *call)
{
    UA_SetTriggeringRequest *request = call->request;
    UA_SetTriggeringResponse *response = UA_SetTriggeringResponse_new();

    plant->last_links = request;
    response->addResultsSize = request->linksToAddSize;
    response->addResults = UA_Array_new(request->linksToAddSize, &UA_TYPES[UA_TYPES_STATUSCODE]);
    response->removeResultsSize = request->linksToRemoveSize;
    response->removeResults =
        UA_Array_new(request->linksToRemoveSize, &UA_TYPES[UA_TYPES_STATUSCODE]);
    test_answer(call, response);
}

static void test_plant_delete(struct test_plant *plant, struct osm_ua_call *call)
{
    const UA_DeleteSubscriptionsRequest *request = call->request;
    UA_DeleteSubscriptionsResponse *response = UA_DeleteSubscriptionsResponse_new();

    response->resultsSize = request->subscriptionIdsSize;
    response->results = UA_Array_new(request->subscriptionIdsSize, &UA_TYPES[UA_TYPES_STATUSCODE]);
    plant->subscriptions -= (unsigned)request->subscriptionIdsSize;
    test_answer(call, response);
}

static void test_plant_delete_items(struct test_plant *plant, struct osm_ua_call *call)
{
    const UA_DeleteMonitoredItemsRequest *request = call->request;
    UA_DeleteMonitoredItemsResponse *response = UA_DeleteMonitoredItemsResponse_new();

    response->resultsSize = request->monitoredItemIdsSize;
    response->results = UA_Array_new(response->resultsSize, &UA_TYPES[UA_TYPES_STATUSCODE]);
    plant->items -= (unsigned)request->monitoredItemIdsSize;
    test_answer(call, response);
}

static void test_plant_modify_items(struct test_plant *plant, struct osm_ua_call *call)
{
    UA_ModifyMonitoredItemsRequest *request = call->request;
    UA_ModifyMonitoredItemsResponse *response = UA_ModifyMonitoredItemsResponse_new();

    response->resultsSize = request->itemsToModifySize;
    response->results =
        UA_Array_new(response->resultsSize, &UA_TYPES[UA_TYPES_MONITOREDITEMMODIFYRESULT]);
    for (size_t i = 0; i < response->resultsSize; i++)
        response->results[i].statusCode = plant->modify_item_status;
    test_answer(call, response);
}

static void test_plant_modify(struct test_plant *plant, struct osm_ua_call *call)
{
    const UA_ModifySubscriptionRequest *request = call->request;
    UA_ModifySubscriptionResponse *response = UA_ModifySubscriptionResponse_new();

    if (plant->modify_fault) {
        UA_ModifySubscriptionResponse_delete(response);
        test_answer_fault(call, plant->modify_fault);
        return;
    }
    response->revisedPublishingInterval = request->requestedPublishingInterval;
    test_answer(call, response);
}

static void test_plant_paths(struct test_plant *plant, struct osm_ua_call *call)
{
    const UA_TranslateBrowsePathsToNodeIdsRequest *request = call->request;
    UA_TranslateBrowsePathsToNodeIdsResponse *response =
        UA_TranslateBrowsePathsToNodeIdsResponse_new();

    response->resultsSize = request->browsePathsSize;
    response->results = UA_Array_new(response->resultsSize, &UA_TYPES[UA_TYPES_BROWSEPATHRESULT]);
    for (size_t i = 0; i < response->resultsSize; i++) {
        UA_BrowsePathResult *result = &response->results[i];

        result->statusCode = plant->path_status;
        if (plant->path_status)
            continue;
        result->targets = UA_Array_new(1, &UA_TYPES[UA_TYPES_BROWSEPATHTARGET]);
        result->targetsSize = 1;
        result->targets->targetId.nodeId = UA_NODEID_NUMERIC(1, plant->path_target);
        result->targets->targetId.serverIndex = plant->path_server;
    }
    test_answer(call, response);
}

static void test_plant_call(struct test_plant *plant, struct osm_ua_call *call)
{
    UA_CallResponse *response = UA_CallResponse_new();

    response->resultsSize = 1;
    response->results = UA_Array_new(1, &UA_TYPES[UA_TYPES_CALLMETHODRESULT]);
    response->results[0].statusCode = plant->call_status;
    test_answer(call, response);
}

void test_plant_serve(struct osm_ua *server, struct osm_ua_call *call)
{
    static const struct {
        const struct osm_ua_service *service;
        void (*serve)(struct test_plant *plant, struct osm_ua_call *call);
    } table[] = {
        {&osm_service_transfer_subscriptions, test_plant_transfer},
        {&osm_service_create_subscription, test_plant_create},
        {&osm_service_create_monitored_items, test_plant_items},
        {&osm_service_set_triggering, test_plant_links},
        {&osm_service_delete_subscriptions, test_plant_delete},
        {&osm_service_delete_monitored_items, test_plant_delete_items},
        {&osm_service_modify_monitored_items, test_plant_modify_items},
        {&osm_service_modify_subscription, test_plant_modify},
        {&osm_service_translate_browse_paths, test_plant_paths},
        {&osm_service_call, test_plant_call},
    };
    struct test_plant *plant = server->serve_context;

    assert_true(plant->log_size < TEST_PLANT_CALLS);
    plant->log[plant->log_size++] = call->service->name;
    if (plant->hold && plant->hold_service == call->service) {
        plant->hold = false;
        return;
    }
    for (size_t i = 0; i < OSM_ARRAY_SIZE(table); i++)
        if (table[i].service == call->service)
            table[i].serve(plant, call);
}

void test_plant_log_is(struct test_plant *plant, const char *expected)
{
    struct osm_buf text = {0};

    for (size_t i = 0; i < plant->log_size; i++)
        osm_buf_printf(&text, "%s%s", i ? " " : "", plant->log[i]);
    osm_buf_add_byte(&text, '\0');
    assert_string_equal(text.data, expected);
    osm_buf_deinit(&text);
    plant->log_size = 0;
}
