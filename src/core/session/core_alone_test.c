/* SPDX-License-Identifier: MIT */
/*
 * The core by itself: a session between a rim of a few lines and a caller who is no request. It
 * opens, reads, subscribes, loses its connection and recovers. The program links the core and what
 * lies below it (cmake/module.cmake); cmake/alone.cmake looks that neither JSON nor libuv, nor a
 * request or a file, has come along.
 */
#include <open62541/nodeids.h>
#include <open62541/types_generated_handling.h>

#include "core/cache/value_cache.h"
#include "core/session/session.h"
#include "core/subscription/wish.h"
#include "port/service.h"
#include "testing/testing_loop.h"
#include "util/buf.h"
#include "util/log.h"

/* --- the rim: one connection, calls answered in order -------------------------------------- */

struct osm_ua_call {
    const struct osm_ua_service *service;
    void *request; /* a copy, owned */
    osm_ua_call_fn *done;
    void *context;
    struct osm_ua_call *prev, *next;
};

struct osm_ua_conn {
    struct osm_ua *rim;
    const struct osm_ua_events *events;
    void *context;
    bool connecting, up, lost, closing; /* what is to be told, but for up */
    unsigned messages;
};

struct osm_ua {
    struct osm_ua_conn *conn;
    struct osm_ua_call *calls;
    bool hold_values;                      /* Reads of the plant are not answered */
    bool down;                             /* nobody can connect */
    double value;                          /* of every node of the plant */
    uint32_t last_id;                      /* of subscriptions and items */
    uint32_t subscription, handle, number; /* the latest; of the next message */
    struct osm_buf log;                    /* services called, but for Read and Publish */
};

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
    *out = (struct osm_ua_channel){7, UA_MESSAGESECURITYMODE_NONE, "None"};
}

static struct osm_ua_call *rim_call(struct osm_ua_conn *conn, const struct osm_ua_service *service,
                                    void *request, osm_ua_call_fn *done, void *context)
{
    struct osm_ua_call *call;

    if (!conn->up || conn->lost)
        return NULL;
    call = osm_alloc(sizeof(*call));
    *call = (struct osm_ua_call){service, UA_new(service->request), done, context, NULL, NULL};
    assert_int_equal(UA_copy(request, call->request, service->request), UA_STATUSCODE_GOOD);
    DL_APPEND(conn->rim->calls, call);
    if (service != &osm_service_read && service != &osm_service_publish)
        osm_buf_printf(&conn->rim->log, "%s ", service->name);
    return call;
}

/* Knows the rim from its one connection: a call does not say whose it is. */
static struct osm_ua *the_rim;

static void rim_call_abandon(struct osm_ua_call *call)
{
    if (!call)
        return;
    DL_DELETE(the_rim->calls, call);
    call_free(call);
}

static const struct osm_ua_ops rim_ops = {.conn_new = rim_conn_new,
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

static void answer(struct osm_ua *rim, struct osm_ua_call *call)
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

/* The next thing that happens; false when nothing does. A Publish is held back. */
static bool step(struct osm_ua *rim)
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
            answer(rim, call);
            return true;
        }
    return false;
}

/* --- the site: rim, loop, and who keeps the session ---------------------------------------- */

struct site {
    struct test_loop loop;
    struct osm_ua rim;
    struct osm_env env;
    struct osm_session_owner owner;
    struct osm_session *session;
    struct osm_subscription *subscription; /* wished */
    struct osm_monitored_item *item;       /* the same */
    struct osm_buf told;                   /* what the observer was told */
    double seen;                           /* the last value it was told of */
    unsigned closed, gone;
};

static void moved(struct osm_session_owner *owner, struct osm_session *session,
                  enum osm_session_state from, enum osm_session_state to)
{
    if (to == OSM_SESSION_NOWHERE)
        osm_container_of(owner, struct site, owner)->session = NULL;
}

static void gone(struct osm_session_owner *owner)
{
    osm_container_of(owner, struct site, owner)->gone++;
}

static struct site *site_of(const struct osm_session *session)
{
    return osm_container_of(osm_session_owner(session), struct site, owner);
}

#define NOTE(what_, ...)                                                                           \
    static void on_##what_(struct osm_session *session, ##__VA_ARGS__)                             \
    {                                                                                              \
        osm_buf_printf(&site_of(session)->told, "%s ", #what_);                                    \
    }

NOTE(connecting)
NOTE(activated, const struct osm_ua_channel *channel, bool new_session)
NOTE(judged, const struct osm_ua_judgement *judgement)
NOTE(connected)
NOTE(failed, const struct osm_fault *fault)
NOTE(reconnecting)
NOTE(leaving, uint32_t channel)
NOTE(disconnected)
NOTE(freed)
NOTE(retried, int64_t attempt, int64_t most, const struct osm_fault *fault)
NOTE(retries_exhausted, int64_t attempts, const struct osm_fault *fault)
NOTE(notifications_lost, uint32_t id, uint32_t from, uint32_t to, uint32_t dropped,
     const char *reason)
NOTE(subscription_transferred, uint32_t id, UA_StatusCode status)
NOTE(subscription_made, const struct osm_subscription *subscription)
NOTE(subscription_deleted, uint32_t id, UA_StatusCode status)
NOTE(item_made, uint32_t subscription, uint32_t item, const UA_NodeId *node, UA_StatusCode status)
NOTE(item_modified, uint32_t subscription, uint32_t item, UA_StatusCode status)
NOTE(item_deleted, uint32_t subscription, uint32_t item, UA_StatusCode status)
NOTE(subscription_recreated, uint32_t id, const char *reason)
NOTE(subscription_lost, uint32_t id, const char *reason)

static void on_published(struct osm_session *session, struct osm_subscription *subscription,
                         const UA_NotificationMessage *message, bool more_notifications)
{
    const UA_DataChangeNotification *changes = message->notificationData[0].content.decoded.data;
    struct site *site = site_of(session);

    assert_ptr_equal(subscription, site->subscription);
    assert_int_equal(changes->monitoredItems[0].clientHandle, site->item->handle);
    site->seen = *(const UA_Double *)changes->monitoredItems[0].value.value.data;
    osm_buf_printf(&site->told, "published ");
}

#define TOLD(what_) .what_ = on_##what_

static const struct osm_observer_ops observer = {TOLD(connecting),
                                                 TOLD(activated),
                                                 TOLD(judged),
                                                 TOLD(connected),
                                                 TOLD(failed),
                                                 TOLD(reconnecting),
                                                 TOLD(leaving),
                                                 TOLD(disconnected),
                                                 TOLD(freed),
                                                 TOLD(retried),
                                                 TOLD(retries_exhausted),
                                                 TOLD(published),
                                                 TOLD(item_made),
                                                 TOLD(item_modified),
                                                 TOLD(item_deleted),
                                                 TOLD(subscription_transferred),
                                                 TOLD(subscription_made),
                                                 TOLD(subscription_deleted),
                                                 TOLD(subscription_recreated),
                                                 TOLD(subscription_lost),
                                                 TOLD(notifications_lost)};

/* Everything that has happened since the last look. */
static void log_is(struct osm_buf *log, const char *expected)
{
    assert_string_equal(osm_buf_text(log), expected);
    osm_buf_deinit(log);
    *log = (struct osm_buf){0};
}

static void turn(struct site *site)
{
    while (step(&site->rim) || test_loop_fire(&site->loop, site->loop.now))
        ;
}

static void advance(struct site *site, osm_msec milliseconds)
{
    osm_msec until = site->loop.now + milliseconds;

    turn(site);
    while (test_loop_fire(&site->loop, until))
        turn(site);
    site->loop.now = until;
}

static void site_open(struct site *site)
{
    struct osm_config config = {0};
    struct osm_fault fault = {0};
    struct osm_arena arena;

    osm_arena_init(&arena);
    site->session = osm_session_new(&site->owner, "opc.tcp://plant:4840", &config, &arena, &fault);
    osm_arena_deinit(&arena);
    assert_non_null(site->session);
    osm_session_connect(site->session);
    turn(site);
}

static int setup(void **state)
{
    struct site *site = osm_alloc(sizeof(*site));

    osm_log_threshold = OSM_LOG_EMERGENCY;
    test_loop_init(&site->loop);
    the_rim = &site->rim;
    site->env = (struct osm_env){.loop = site->loop.loop,
                                 .ua_ops = &rim_ops,
                                 .ua = &site->rim,
                                 .values = osm_value_cache_new(&site->loop.clock),
                                 .identities = osm_identities_new()};
    site->owner = (struct osm_session_owner){
        .env = &site->env, .observer = &observer, .moved = moved, .gone = gone};
    *state = site;
    return 0;
}

static void closed(void *context)
{
    ((struct site *)context)->closed++;
}

static int teardown(void **state)
{
    struct site *site = *state;

    if (site->session) {
        osm_session_close(site->session, 1000, closed, site);
        turn(site);
        assert_int_equal(site->closed, 1);
    }
    assert_int_equal(site->gone, 1);
    assert_null(site->session);
    assert_null(site->subscription);
    assert_null(site->item);
    assert_null(site->rim.conn);
    assert_null(site->loop.timers);
    assert_int_equal(osm_identities_count(site->env.identities), 0);
    osm_identities_free(site->env.identities);
    osm_value_cache_free(site->env.values);
    osm_buf_deinit(&site->told);
    osm_buf_deinit(&site->rim.log);
    free(site);
    return 0;
}

/* --- a caller who reads -------------------------------------------------------------------- */

struct reader {
    struct osm_caller caller;
    struct osm_arena arena;
    double value;
    unsigned ends, faults;
};

static void reader_fail(struct osm_caller *caller, const struct osm_fault *fault)
{
    osm_container_of(caller, struct reader, caller)->faults++;
}

static void reader_end(struct osm_caller *caller)
{
    osm_container_of(caller, struct reader, caller)->ends++;
}

static void read_step(struct osm_op *op, void *response)
{
    const UA_ReadResponse *read = response;
    struct reader *reader = op->state;

    reader->value = *(const UA_Double *)read->results[0].value.data;
    osm_op_finish(op);
}

static void read_start(struct osm_op *op)
{
    UA_ReadValueId node = {.nodeId = UA_NODEID_NUMERIC(2, 1), .attributeId = UA_ATTRIBUTEID_VALUE};
    UA_ReadRequest request;

    UA_ReadRequest_init(&request);
    request.nodesToRead = &node;
    request.nodesToReadSize = 1;
    osm_op_send(op, &osm_service_read, &request, read_step);
}

static void read_begin(struct site *site, struct reader *reader)
{
    static const struct osm_caller_ops ops = {.fail = reader_fail, .end = reader_end};

    *reader = (struct reader){.caller = {.ops = &ops, .arena = &reader->arena}};
    osm_arena_init(&reader->arena);
    osm_op_submit(osm_session_ops(site->session), &reader->caller, "read", OSM_OP_READS, read_start,
                  reader);
}

static void reader_has(struct reader *reader, double value)
{
    assert_int_equal(reader->faults, 0);
    assert_int_equal(reader->ends, 1);
    assert_true(reader->value == value);
    osm_arena_deinit(&reader->arena);
}

static void reads(struct site *site, double value)
{
    struct reader reader;

    site->rim.value = value;
    read_begin(site, &reader);
    turn(site);
    reader_has(&reader, value);
}

/* --- tests --------------------------------------------------------------------------------- */

static void wish(struct site *site)
{
    const struct osm_subscription_params params = {.publishing_interval = 250,
                                                   .lifetime_count = 3000,
                                                   .keep_alive_count = 1000,
                                                   .publishing_enabled = true};
    const struct osm_monitored_item_params item = {.node_id = UA_NODEID_NUMERIC(2, 1),
                                                   .attribute_id = UA_ATTRIBUTEID_VALUE,
                                                   .mode = UA_MONITORINGMODE_REPORTING,
                                                   .queue_size = 1};
    struct osm_subscriptions *all = osm_session_subscriptions(site->session);

    osm_publisher_switch_on(osm_session_publisher(site->session));
    assert_non_null(osm_subscription_wish(all, &params, &site->subscription));
    assert_non_null(osm_subscription_wish_item(all, site->subscription, &item, &site->item));
    osm_recovery_repair(site->session);
    turn(site);
}

/* The server answers the oldest Publish. */
static void publishes(struct site *site, double value)
{
    struct osm_ua_call *call;

    DL_FOREACH (site->rim.calls, call)
        if (call->service == &osm_service_publish)
            break;
    assert_non_null(call);
    site->rim.value = value;
    answer(&site->rim, call);
    turn(site);
    assert_true(site->seen == value);
}

static void test_opens_and_reads(void **state)
{
    struct site *site = *state;

    site_open(site);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_ACTIVE);
    assert_int_equal(osm_session_link(site->session)->namespaces_size, 3);
    log_is(&site->told, "connecting activated connected ");
    reads(site, 21.5);
    log_is(&site->rim.log, "");
}

static void test_nobody_is_there(void **state)
{
    struct site *site = *state;

    site->rim.down = true;
    site_open(site);
    assert_null(site->session);
    log_is(&site->told, "connecting failed freed ");
}

static void test_subscribes_loses_and_recovers(void **state)
{
    struct site *site = *state;

    site_open(site);
    wish(site);
    log_is(&site->rim.log, "CreateSubscription CreateMonitoredItems ");
    publishes(site, 1.5);
    publishes(site, 2.5);
    log_is(&site->told, "connecting activated connected subscription_made item_made "
                        "published published ");
    advance(site, 10000); /* steady: a loss is the first one */

    site->rim.conn->lost = true;
    turn(site);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_FAILED);
    advance(site, 500);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_ACTIVE);
    log_is(&site->rim.log, "TransferSubscriptions CreateSubscription CreateMonitoredItems ");
    assert_int_equal(site->subscription->server_id, site->rim.subscription);
    osm_buf_deinit(&site->told);
    site->told = (struct osm_buf){0};

    publishes(site, 3.5);
    log_is(&site->told, "published ");
    reads(site, 4.5);
}

/* What was at work when the connection went is done on the next one. */
static void test_a_read_outlives_the_connection(void **state)
{
    struct site *site = *state;
    struct reader reader;

    site_open(site);
    advance(site, 10000);
    site->rim.hold_values = true;
    read_begin(site, &reader);
    turn(site);
    assert_int_equal(reader.ends, 0);
    site->rim.conn->lost = true;
    site->rim.hold_values = false;
    site->rim.value = 5.5;
    turn(site);
    reader_has(&reader, 5.5);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_ACTIVE);
}

#define on_site(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_site(test_opens_and_reads),
        on_site(test_nobody_is_there),
        on_site(test_subscribes_loses_and_recovers),
        on_site(test_a_read_outlives_the_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
