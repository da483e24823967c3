/* SPDX-License-Identifier: MIT */
/* A rim of a few lines; see testing_rim.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "testing/testing_rim.h"

#include <open62541/nodeids.h>
#include <open62541/types_generated_handling.h>

#include "util/alloc.h"

static struct osm_ua_conn *rim_conn_new(struct osm_ua *rim, const struct osm_ua_params *params,
                                        const struct osm_ua_events *events, void *context,
                                        struct osm_arena *arena, struct osm_fault *fault)
{
    assert_string_equal(params->endpoint_url, "opc.tcp://plant:4840");
    assert_null(rim->conn);
    rim->conn = osm_alloc(sizeof(*rim->conn));
    *rim->conn = (struct osm_ua_conn){.rim = rim, .events = events, .context = context};
    return rim->conn;
}

static void rim_conn_connect(struct osm_ua_conn *conn)
{
    assert_false(conn->connecting || conn->up || conn->closing);
    conn->connecting = true;
}

static void rim_conn_drop(struct osm_ua_conn *conn, const struct osm_fault *reason)
{
    conn->lost = true;
}

static void rim_conn_close(struct osm_ua_conn *conn, osm_msec limit)
{
    conn->connecting = conn->lost = false;
    conn->closing = true;
}

static void call_free(struct osm_ua_call *call)
{
    UA_delete(call->request, call->service->request);
    free(call);
}

static void rim_conn_free(struct osm_ua_conn *conn)
{
    struct osm_ua_call *call, *next;

    if (!conn)
        return;
    DL_FOREACH_SAFE (conn->rim->calls, call, next)
        call_free(call);
    conn->rim->calls = NULL;
    conn->rim->conn = NULL;
    free(conn);
}

static uint32_t rim_conn_session_timeout(const struct osm_ua_conn *conn)
{
    return 120000;
}

static unsigned rim_conn_messages(const struct osm_ua_conn *conn)
{
    return conn->messages;
}

static void rim_conn_channel(struct osm_ua_conn *conn, struct osm_ua_channel *out)
{
    *out = (struct osm_ua_channel){.id = 7, .mode = UA_MESSAGESECURITYMODE_NONE, .policy = "None"};
}

static struct osm_ua_call *rim_call(struct osm_ua_conn *conn, const struct osm_ua_service *service,
                                    void *request, osm_ua_call_fn *done, void *context)
{
    struct osm_ua_call *call;

    if (!conn->up || conn->lost)
        return NULL;
    call = osm_alloc(sizeof(*call));
    *call = (struct osm_ua_call){.rim = conn->rim,
                                 .service = service,
                                 .request = UA_new(service->request),
                                 .done = done,
                                 .context = context};
    assert_int_equal(UA_copy(request, call->request, service->request), UA_STATUSCODE_GOOD);
    DL_APPEND(conn->rim->calls, call);
    if (service != &osm_service_read && service != &osm_service_publish)
        osm_buf_printf(&conn->rim->log, "%s ", service->name);
    return call;
}

static void rim_call_abandon(struct osm_ua_call *call)
{
    if (!call)
        return;
    DL_DELETE(call->rim->calls, call);
    call_free(call);
}

const struct osm_ua_ops test_rim_ops = {.conn_new = rim_conn_new,
                                        .conn_connect = rim_conn_connect,
                                        .conn_drop = rim_conn_drop,
                                        .conn_close = rim_conn_close,
                                        .conn_free = rim_conn_free,
                                        .conn_session_timeout = rim_conn_session_timeout,
                                        .conn_messages = rim_conn_messages,
                                        .conn_channel = rim_conn_channel,
                                        .call = rim_call,
                                        .call_abandon = rim_call_abandon};

/* --- what it answers ----------------------------------------------------------------------- */

static bool is_of_plant(const struct osm_ua_call *call)
{
    const UA_ReadRequest *request = call->request;

    return call->service == &osm_service_read && request->nodesToRead[0].nodeId.namespaceIndex == 2;
}

static void read_one(const struct osm_ua *rim, const UA_NodeId *node, UA_DataValue *result)
{
    UA_String names[] = {UA_STRING_STATIC("http://opcfoundation.org/UA/"),
                         UA_STRING_STATIC("urn:plant"), UA_STRING_STATIC("urn:line")};

    result->hasValue = true;
    if (node->namespaceIndex == 2) {
        (void)UA_Variant_setScalarCopy(&result->value, &rim->value, &UA_TYPES[UA_TYPES_DOUBLE]);
    } else if (node->identifier.numeric == UA_NS0ID_SERVER_NAMESPACEARRAY) {
        (void)UA_Variant_setArrayCopy(&result->value, names, OSM_ARRAY_SIZE(names),
                                      &UA_TYPES[UA_TYPES_STRING]);
    } else {
        result->hasValue = false;
        result->hasStatus = true;
        result->status = UA_STATUSCODE_BADNODEIDUNKNOWN;
    }
}

static void answer_read(struct osm_ua *rim, const void *message, void *answer)
{
    const UA_ReadRequest *request = message;
    UA_ReadResponse *response = answer;

    response->resultsSize = request->nodesToReadSize;
    response->results = UA_Array_new(response->resultsSize, &UA_TYPES[UA_TYPES_DATAVALUE]);
    for (size_t i = 0; i < response->resultsSize; i++)
        read_one(rim, &request->nodesToRead[i].nodeId, &response->results[i]);
}

static void answer_create(struct osm_ua *rim, const void *message, void *answer)
{
    const UA_CreateSubscriptionRequest *request = message;
    UA_CreateSubscriptionResponse *response = answer;

    response->subscriptionId = rim->subscription = ++rim->last_id;
    response->revisedPublishingInterval = request->requestedPublishingInterval;
    response->revisedLifetimeCount = request->requestedLifetimeCount;
    response->revisedMaxKeepAliveCount = request->requestedMaxKeepAliveCount;
    rim->number = 1;
}

static void answer_items(struct osm_ua *rim, const void *message, void *answer)
{
    const UA_CreateMonitoredItemsRequest *request = message;
    UA_CreateMonitoredItemsResponse *response = answer;

    assert_int_equal(request->itemsToCreateSize, 1);
    assert_int_equal(request->subscriptionId, rim->subscription);
    rim->handle = request->itemsToCreate[0].requestedParameters.clientHandle;
    response->results = UA_Array_new(1, &UA_TYPES[UA_TYPES_MONITOREDITEMCREATERESULT]);
    response->resultsSize = 1;
    response->results[0].monitoredItemId = ++rim->last_id;
}

/* The server has restarted: it knows none of them. */
static void answer_transfer(struct osm_ua *rim, const void *message, void *answer)
{
    const UA_TransferSubscriptionsRequest *request = message;
    UA_TransferSubscriptionsResponse *response = answer;

    response->resultsSize = request->subscriptionIdsSize;
    response->results = UA_Array_new(response->resultsSize, &UA_TYPES[UA_TYPES_TRANSFERRESULT]);
    for (size_t i = 0; i < response->resultsSize; i++)
        response->results[i].statusCode = UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID;
}

/* The next message: the plant's value has changed. */
static void answer_publish(struct osm_ua *rim, const void *message, void *answer)
{
    UA_PublishResponse *response = answer;
    UA_DataChangeNotification *changes = UA_DataChangeNotification_new();

    changes->monitoredItems = UA_MonitoredItemNotification_new();
    changes->monitoredItemsSize = 1;
    changes->monitoredItems->clientHandle = rim->handle;
    changes->monitoredItems->value.hasValue = true;
    (void)UA_Variant_setScalarCopy(&changes->monitoredItems->value.value, &rim->value,
                                   &UA_TYPES[UA_TYPES_DOUBLE]);
    response->subscriptionId = rim->subscription;
    response->notificationMessage.sequenceNumber = rim->number++;
    response->notificationMessage.notificationData = UA_ExtensionObject_new();
    response->notificationMessage.notificationDataSize = 1;
    UA_ExtensionObject_setValue(response->notificationMessage.notificationData, changes,
                                &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]);
}

void test_rim_answer(struct osm_ua *rim, struct osm_ua_call *call)
{
    static const struct {
        const struct osm_ua_service *service;
        void (*answer)(struct osm_ua *rim, const void *message, void *answer);
    } table[] = {{&osm_service_read, answer_read},
                 {&osm_service_create_subscription, answer_create},
                 {&osm_service_create_monitored_items, answer_items},
                 {&osm_service_transfer_subscriptions, answer_transfer},
                 {&osm_service_publish, answer_publish}};
    void *response = UA_new(call->service->response);
    size_t i = 0;

    while (i < OSM_ARRAY_SIZE(table) - 1 && table[i].service != call->service)
        i++;
    assert_ptr_equal(table[i].service, call->service);
    table[i].answer(rim, call->request, response);
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): whoever calls has a connection */
    rim->conn->messages++;
    DL_DELETE(rim->calls, call);
    call->done(call->context, &(struct osm_ua_result){
                                  .outcome = OSM_UA_ANSWERED, .response = response, .sent = true});
    UA_delete(response, call->service->response);
    call_free(call);
}

/* --- its turns ----------------------------------------------------------------------------- */

static void tell_connected(struct osm_ua_conn *conn)
{
    static const struct osm_fault refused = {OSM_FAULT_CONNECTION, "Connection refused"};

    conn->connecting = false;
    conn->up = !conn->rim->down;
    if (conn->up)
        conn->events->connected(conn->context, true);
    else
        conn->events->failed(conn->context, &refused);
}

/* Newest first, as port/ua_ops.h has it: calls, then the loss. */
static void tell_lost(struct osm_ua_conn *conn)
{
    static const struct osm_fault closed = {OSM_FAULT_CONNECTION, "Connection closed by remote"};
    struct osm_ua *rim = conn->rim;

    while (rim->calls) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyser cannot follow utlist */
        struct osm_ua_call *call = rim->calls->prev;

        /* NOLINTNEXTLINE(clang-analyzer-*): … nor here */
        DL_DELETE(rim->calls, call);
        call->done(call->context, &(struct osm_ua_result){.outcome = OSM_UA_LOST, .sent = true});
        call_free(call);
    }
    conn->up = conn->lost = false;
    conn->events->lost(conn->context, &closed);
}

bool test_rim_step(struct osm_ua *rim)
{
    struct osm_ua_call *call;

    if (rim->conn && rim->conn->closing) {
        rim->conn->closing = false;
        rim->conn->events->closed(rim->conn->context);
        return true;
    }
    if (rim->conn && rim->conn->lost) {
        tell_lost(rim->conn);
        return true;
    }
    if (rim->conn && rim->conn->connecting) {
        tell_connected(rim->conn);
        return true;
    }
    DL_FOREACH (rim->calls, call)
        if (call->service != &osm_service_publish && !(rim->hold_values && is_of_plant(call))) {
            test_rim_answer(rim, call);
            return true;
        }
    return false;
}
