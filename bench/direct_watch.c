/* SPDX-License-Identifier: MIT */
/*
 * What a program gets that subscribes without the daemon: open62541's own client, its own publish
 * cycle, a callback per value that does nothing but count.
 */
#include <open62541/client_subscriptions.h>

#include <stdlib.h>

#include "direct.h"
#include "histogram.h"

struct watch {
    struct bench_run *run;
    bool running;
};

static void on_value(UA_Client *client, UA_UInt32 subscription_id, void *subscription,
                     UA_UInt32 item_id, void *item, UA_DataValue *value)
{
    struct watch *watch = subscription;

    (void)client, (void)subscription_id, (void)item_id, (void)item;
    if (value->hasValue && watch->running)
        watch->running = bench_run_count(watch->run, bench_now());
}

static void monitor(UA_Client *client, UA_UInt32 subscription, const UA_ReadValueId *nodes,
                    size_t count)
{
    UA_Client_DataChangeNotificationCallback *callbacks = calloc(count, sizeof(*callbacks));
    UA_MonitoredItemCreateRequest *items = calloc(count, sizeof(*items));
    UA_CreateMonitoredItemsRequest request;
    UA_CreateMonitoredItemsResponse response;

    if (!callbacks || !items)
        bench_direct_die("items", UA_STATUSCODE_BADOUTOFMEMORY);
    for (size_t i = 0; i < count; i++) {
        items[i] = UA_MonitoredItemCreateRequest_default(nodes[i].nodeId);
        items[i].requestedParameters.samplingInterval = 0;
        items[i].requestedParameters.queueSize = BENCH_WATCH_QUEUE;
        callbacks[i] = on_value;
    }
    UA_CreateMonitoredItemsRequest_init(&request);
    request.subscriptionId = subscription;
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH;
    request.itemsToCreate = items;
    request.itemsToCreateSize = count;
    response = UA_Client_MonitoredItems_createDataChanges(client, request, NULL, callbacks, NULL);
    bench_direct_must("create items", response.responseHeader.serviceResult);
    for (size_t i = 0; i < response.resultsSize; i++)
        bench_direct_must("create an item", response.results[i].statusCode);
    UA_CreateMonitoredItemsResponse_clear(&response);
    free(items);
    free(callbacks);
}

void bench_direct_watch(UA_Client *client, struct bench_run *run, const UA_ReadValueId *nodes,
                        size_t count, double seconds)
{
    UA_CreateSubscriptionRequest request = UA_CreateSubscriptionRequest_default();
    UA_CreateSubscriptionResponse response;
    struct watch watch = {run, true};

    request.requestedPublishingInterval = BENCH_WATCH_INTERVAL;
    response = UA_Client_Subscriptions_create(client, request, &watch, NULL, NULL);
    bench_direct_must("subscribe", response.responseHeader.serviceResult);
    monitor(client, response.subscriptionId, nodes, count);
    bench_run_start(run, seconds);
    while (watch.running)
        bench_direct_must("publish", UA_Client_run_iterate(client, 100));
    (void)UA_Client_Subscriptions_deleteSingle(client, response.subscriptionId);
}
