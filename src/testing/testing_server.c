/* SPDX-License-Identifier: MIT */
/* The scripted server: events, connections, calls (testing_server.h). */
#include "testing/testing_server.h"

#include "testing/testing_wall.h"

/* --- events -------------------------------------------------------------------------------- */

static struct test_event *test_event_add(enum test_event_kind kind, struct osm_ua_conn *conn)
{
    struct test_event *event = osm_alloc(sizeof(*event));

    event->kind = kind;
    event->server = conn->server;
    event->conn = conn;
    DL_APPEND(conn->server->events, event);
    return event;
}

static void test_event_free(struct test_event *event)
{
    if (event->response)
        UA_delete(event->response, event->call->service->response);
    free((void *)(uintptr_t)event->fault.message);
    free(event);
}

/* The conn's events of that kind (or all) that have not been delivered are called off. */
static void test_events_cancel(struct osm_ua_conn *conn, bool all, enum test_event_kind kind)
{
    struct test_event *event, *next;

    DL_FOREACH_SAFE (conn->server->events, event, next)
        if (event->conn == conn && (all || event->kind == kind)) {
            /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it cannot follow utlist */
            DL_DELETE(conn->server->events, event);
            test_event_free(event);
        }
}

static void test_call_finish(struct osm_ua_call *call, const struct osm_ua_result *result)
{
    if (call->over)
        return;
    call->over = true;
    call->done(call->context, result);
}

static void test_lose_calls(struct osm_ua_conn *conn, struct osm_ua_call *list)
{
    struct osm_ua_call *newest = NULL, *call;

    do {
        newest = NULL;
        DL_FOREACH (list, call)
            if (call->conn == conn && !call->over)
                newest = call;
        if (newest)
            test_call_finish(newest,
                             &(struct osm_ua_result){.outcome = OSM_UA_LOST, .sent = newest->sent});
    } while (newest);
}

static void test_deliver_connect(struct osm_ua_conn *conn)
{
    static const struct osm_fault refused = {
        OSM_FAULT_CONNECTION, "Failed to connect to plant:4840: [111] Connection refused"};
    struct osm_ua *server = conn->server;

    assert_int_equal(conn->phase, TEST_CONNECTING);
    if (server->down) {
        conn->phase = TEST_IDLE;
        conn->events->failed(conn->context, &refused);
        return;
    }
    conn->phase = TEST_CONNECTED;
    conn->messages = 4;
    conn->deaf = server->deaf;
    conn->events->connected(conn->context, server->new_session);
}

static void test_deliver_answer(struct test_event *event)
{
    struct osm_ua_conn *conn = event->conn;
    const struct osm_ua_result result = {.outcome = OSM_UA_ANSWERED,
                                         .service_result = event->status,
                                         .response = event->response,
                                         .fault = event->fault.message ? &event->fault : NULL,
                                         .sent = true};

    if (conn->phase != TEST_CONNECTED && conn->phase != TEST_DROPPING)
        return; /* of a channel that is gone */
    conn->messages++;
    test_call_finish(event->call, &result);
}

/* That one, if it has no work. */
static struct test_event *test_answer_find(const struct osm_ua *server, const void *response)
{
    struct test_event *event = server->told;

    if (!event || event->as != response)
        DL_SEARCH_SCALAR2(server->taken, event, as, response, next);
    return event && !event->work ? event : NULL;
}

static bool test_answer_is_large(struct osm_ua *server, const void *response)
{
    return server->large && test_answer_find(server, response);
}

static void test_answer_keep(struct osm_ua *server, const void *response, struct osm_ua_work *work)
{
    struct test_event *event = test_answer_find(server, response);

    assert_non_null(event);
    event->work = work;
    server->works++;
    if (event != server->told) { /* begins when this turn is over */
        DL_DELETE(server->taken, event);
        event->kind = TEST_BEGIN;
        DL_PREPEND(server->events, event);
    }
}

static struct osm_ua_answer *test_answer_take(struct osm_ua *server, const void *as)
{
    assert_true(server->told && !server->told->taken);
    server->told->taken = true;
    server->told->as = as;
    return (struct osm_ua_answer *)server->told;
}

static void test_answer_free(struct osm_ua_answer *answer)
{
    struct test_event *event = (struct test_event *)answer;

    assert_true(event->taken);
    event->taken = false;
    event->as = NULL;
    if (event->server->told == event || event->work)
        return;
    DL_DELETE(event->server->taken, event);
    test_event_free(event);
}

static void test_deliver_loss(struct osm_ua_conn *conn, const struct osm_fault *fault)
{
    bool was_connected = conn->was_connected;

    test_lose_calls(conn, conn->server->calls);
    test_lose_calls(conn, conn->server->own);
    conn->phase = TEST_IDLE;
    if (was_connected)
        conn->events->lost(conn->context, fault);
    else
        conn->events->failed(conn->context, fault);
}

/* Its own step, before anything else of the server, because the connection waits for it; which may
 * have gone meanwhile. */
static void test_keep_event(struct osm_ua *server, struct test_event *event)
{
    if (event->work->begin)
        event->work->begin(event->work);
    event->kind = TEST_WORK;
    event->conn = NULL;
    DL_PREPEND(server->events, event);
}

bool test_server_step(struct osm_ua *server)
{
    struct test_event *event = server->events;

    if (!event)
        return false;
    assert_false(server->delivering);
    DL_DELETE(server->events, event);
    server->delivering = true;
    server->told = event;
    event->as = event->as ? event->as : event->response;
    switch (event->kind) {
    case TEST_CONNECT:
        test_deliver_connect(event->conn);
        break;
    case TEST_ANSWER:
        test_deliver_answer(event);
        break;
    case TEST_BEGIN: /* its work is still there */
        break;
    case TEST_WORK:
        if (event->work->run)
            event->work->run(event->work);
        event->work->done(osm_steal(event->work));
        break;
    case TEST_LOSE:
        test_deliver_loss(event->conn, &event->fault);
        break;
    case TEST_END:
        event->conn->phase = TEST_CLOSED;
        event->conn->events->closed(event->conn->context);
        break;
    }
    server->delivering = false;
    server->told = NULL;
    if (event->work)
        test_keep_event(server, event);
    else if (event->taken)
        DL_APPEND(server->taken, event);
    else
        test_event_free(event);
    return true;
}

/* --- what tests do ------------------------------------------------------------------------- */

void test_server_connect(struct osm_ua_conn *conn)
{
    assert_int_equal(conn->phase, TEST_CONNECTING);
    (void)test_event_add(TEST_CONNECT, conn);
}

void test_answer(struct osm_ua_call *call, void *response)
{
    struct test_event *event = test_event_add(TEST_ANSWER, call->conn);

    test_wall(response, call->service->response);
    event->call = call;
    event->response = response;
}

/* The type of the elements of the list whose size stands at `offset` of a message. */
static const UA_DataType *test_list_type(const UA_DataType *message, size_t offset)
{
    size_t at = 0;

    for (size_t i = 0; i < message->membersSize; i++) {
        const UA_DataTypeMember *member = &message->members[i];

        at += member->padding;
        if (member->isArray && at == offset)
            return member->memberType;
        at += member->isArray ? sizeof(size_t) + sizeof(void *) : member->memberType->memSize;
    }
    return NULL;
}

void test_answer_each(struct osm_ua_call *call)
{
    const struct osm_ua_service *service = call->service;
    char *response = UA_new(service->response);

    for (size_t i = 0; i < OSM_UA_LISTS && service->lists[i].asked; i++) {
        size_t answered = service->lists[i].answered, size;
        void *list;

        memcpy(&size, (const char *)call->request + service->lists[i].asked, sizeof(size));
        list = UA_Array_new(size, test_list_type(service->response, answered));
        memcpy(response + answered, &size, sizeof(size));
        memcpy(response + answered + sizeof(size), &list, sizeof(list));
    }
    test_answer(call, response);
}

void test_answer_fault(struct osm_ua_call *call, UA_StatusCode status)
{
    struct test_event *event = test_event_add(TEST_ANSWER, call->conn);

    event->call = call;
    event->status = status;
}

void test_answer_unreadable(struct osm_ua_call *call)
{
    struct test_event *event = test_event_add(TEST_ANSWER, call->conn);

    event->call = call;
    event->status = UA_STATUSCODE_BADDECODINGERROR;
    event->fault = (struct osm_fault){OSM_FAULT_SERVICE, osm_strdup("It cannot be decoded")};
}

void test_lose_as(struct osm_ua_conn *conn, enum osm_fault_type type, const char *message)
{
    struct test_event *event;

    if (conn->phase != TEST_CONNECTED && conn->phase != TEST_CONNECTING)
        return;
    conn->was_connected = conn->phase == TEST_CONNECTED;
    conn->phase = TEST_DROPPING;
    test_events_cancel(conn, false, TEST_CONNECT);
    event = test_event_add(TEST_LOSE, conn);
    event->fault = (struct osm_fault){type, osm_strdup(message)};
}

void test_lose(struct osm_ua_conn *conn)
{
    test_lose_as(conn, OSM_FAULT_CONNECTION, "Connection closed by remote");
}

void test_server_goodbye(struct osm_ua_conn *conn)
{
    assert_int_equal(conn->phase, TEST_CLOSING);
    (void)test_event_add(TEST_END, conn);
}

/* --- the operations ------------------------------------------------------------------------ */

static struct osm_ua_conn *test_conn_new(struct osm_ua *server, const struct osm_ua_params *params,
                                         const struct osm_ua_events *events, void *context,
                                         struct osm_arena *arena, struct osm_fault *fault)
{
    struct osm_ua_conn *conn;

    if (server->refuse_new) {
        osm_fault_set(fault, arena, OSM_FAULT_CONFIGURATION, "Invalid endpoint URL: %s",
                      params->endpoint_url);
        return NULL;
    }
    conn = osm_alloc(sizeof(*conn));
    conn->server = server;
    conn->events = events;
    conn->context = context;
    conn->endpoint_url = osm_strdup(params->endpoint_url);
    conn->timeout = params->timeout;
    DL_APPEND(server->conns, conn);
    return conn;
}

static void test_conn_connect(struct osm_ua_conn *conn)
{
    assert_false(conn->freed);
    assert_int_equal(conn->phase, TEST_IDLE);
    conn->phase = TEST_CONNECTING;
    conn->connects++;
    if (!conn->server->hold_connect)
        (void)test_event_add(TEST_CONNECT, conn);
}

static void test_conn_drop(struct osm_ua_conn *conn, const struct osm_fault *reason)
{
    assert_false(conn->freed);
    test_lose_as(conn, reason->type, reason->message);
}

static void test_conn_close(struct osm_ua_conn *conn, osm_msec limit)
{
    assert_false(conn->freed);
    assert_true(conn->phase != TEST_CLOSING && conn->phase != TEST_CLOSED);
    test_events_cancel(conn, true, TEST_END);
    conn->phase = TEST_CLOSING;
    conn->close_limit = limit;
    if (!conn->server->hold_close)
        (void)test_event_add(TEST_END, conn);
}

static void test_conn_free(struct osm_ua_conn *conn)
{
    if (!conn)
        return;
    assert_false(conn->freed);
    conn->freed = true;
    test_events_cancel(conn, true, TEST_END);
}

static uint32_t test_conn_session_timeout(const struct osm_ua_conn *conn)
{
    return conn->server->session_timeout;
}

static void test_conn_channel(struct osm_ua_conn *conn, struct osm_ua_channel *out)
{
    (void)conn;
    *out = (struct osm_ua_channel){.id = 7, .mode = UA_MESSAGESECURITYMODE_NONE, .policy = "None"};
}

static unsigned test_conn_messages(const struct osm_ua_conn *conn)
{
    assert_false(conn->freed);
    return conn->messages;
}

static void test_setup_value(UA_DataValue *result, const UA_Variant *value)
{
    result->hasValue = value->type != NULL;
    result->hasStatus = !result->hasValue;
    result->status = UA_STATUSCODE_BADNODEIDUNKNOWN;
    (void)UA_Variant_copy(value, &result->value);
}

static void test_setup_result(struct osm_ua *server, UA_UInt32 id, UA_DataValue *result)
{
    UA_String names[6] = {UA_STRING_STATIC("http://opcfoundation.org/UA/"),
                          UA_STRING_STATIC("urn:plant"), UA_STRING_STATIC("urn:line")};
    size_t count = server->namespaces[0] ? 2 : 3;

    for (; server->namespaces[0] && server->namespaces[count - 2]; count++)
        names[count] = UA_STRING((char *)(uintptr_t)server->namespaces[count - 2]);
    if (id == UA_NS0ID_SERVER_NAMESPACEARRAY) {
        result->hasValue = true;
        (void)UA_Variant_setArrayCopy(&result->value, names, count, &UA_TYPES[UA_TYPES_STRING]);
    } else if (id == UA_NS0ID_SERVER_SERVERCAPABILITIES_OPERATIONLIMITS_MAXNODESPERREAD) {
        test_setup_value(result, &server->max_read);
    } else if (id == UA_NS0ID_SERVER_SERVERCAPABILITIES_OPERATIONLIMITS_MAXNODESPERWRITE) {
        test_setup_value(result, &server->max_write);
    } else {
        test_setup_value(result, &server->max_others);
    }
}

void test_answer_setup(struct osm_ua *server, struct osm_ua_call *call, size_t size)
{
    const UA_ReadRequest *read = call->request;
    UA_ReadResponse *response;

    if (server->max_setup && size > server->max_setup) {
        test_answer_fault(call, UA_STATUSCODE_BADTOOMANYOPERATIONS);
        return;
    }
    response = UA_ReadResponse_new();

    response->results = UA_Array_new(size, &UA_TYPES[UA_TYPES_DATAVALUE]);
    response->resultsSize = size;
    for (size_t i = 0; i < size; i++)
        test_setup_result(server, read->nodesToRead[i].nodeId.identifier.numeric,
                          &response->results[i]);
    test_answer(call, response);
}

static bool test_is_setup_node(UA_UInt32 id)
{
    bool found = id == UA_NS0ID_SERVER_NAMESPACEARRAY;

#define X(kind, node) found = found || (id && id == (node));
    OSM_LIMIT_KINDS(X)
#undef X
    return found;
}

/* The core's own requests: true when this is one. */
static bool test_serve_own(struct osm_ua *server, struct osm_ua_call *call)
{
    const UA_ReadRequest *read = call->request;
    UA_UInt32 id;

    if (call->service->request != &UA_TYPES[UA_TYPES_READREQUEST] || !read->nodesToReadSize ||
        read->timestampsToReturn != UA_TIMESTAMPSTORETURN_NEITHER ||
        read->nodesToRead[0].nodeId.namespaceIndex != 0)
        return false;
    id = read->nodesToRead[0].nodeId.identifier.numeric;
    if (test_is_setup_node(id)) {
        server->setups++;
        if (server->setup_status)
            test_answer_fault(call, server->setup_status);
        else if (!server->hold_setup)
            test_answer_setup(server, call, read->nodesToReadSize);
        return true;
    }
    if (id != UA_NS0ID_SERVER_SERVERSTATUS_STATE)
        return false;
    server->keep_alives++;
    if (server->keep_alive_status)
        test_answer_fault(call, server->keep_alive_status);
    else if (!server->silent)
        test_answer(call, UA_ReadResponse_new());
    return true;
}

static struct osm_ua_call *test_call_start(struct osm_ua_conn *conn,
                                           const struct osm_ua_service *service, void *request,
                                           osm_ua_call_fn *done, void *context)
{
    struct osm_ua *server = conn->server;
    struct osm_ua_call *call;

    assert_false(conn->freed);
    if (conn->phase != TEST_CONNECTED || conn->deaf)
        return NULL;
    call = osm_alloc(sizeof(*call));
    call->conn = conn;
    call->service = service;
    call->request = UA_new(service->request);
    assert_int_equal(UA_copy(request, call->request, service->request), UA_STATUSCODE_GOOD);
    call->done = done;
    call->context = context;
    call->sent = server->sent;
    if (test_serve_own(server, call)) {
        DL_APPEND(server->own, call);
        return call;
    }
    DL_APPEND(server->calls, call);
    if (server->serve)
        server->serve(server, call);
    return call;
}

static void test_call_abandon(struct osm_ua_call *call)
{
    if (!call)
        return;
    assert_false(call->over);
    call->over = true;
    call->abandoned = true;
}

static void test_call_adopt(struct osm_ua_call *call, osm_ua_call_fn *done, void *context)
{
    assert_false(call->over);
    call->done = done;
    call->context = context;
}

const struct osm_ua_ops *test_server_ops(void)
{
    static const struct osm_ua_ops ops = {.conn_new = test_conn_new,
                                          .conn_connect = test_conn_connect,
                                          .conn_drop = test_conn_drop,
                                          .conn_close = test_conn_close,
                                          .conn_free = test_conn_free,
                                          .conn_session_timeout = test_conn_session_timeout,
                                          .conn_channel = test_conn_channel,
                                          .conn_messages = test_conn_messages,
                                          .call = test_call_start,
                                          .call_abandon = test_call_abandon,
                                          .call_adopt = test_call_adopt,
                                          .answer_is_large = test_answer_is_large,
                                          .answer_keep = test_answer_keep,
                                          .answer_take = test_answer_take,
                                          .answer_free = test_answer_free};

    return &ops;
}

/* --- its life ------------------------------------------------------------------------------ */

bool test_server_is_large;

void test_server_init(struct osm_ua *server)
{
    *server = (struct osm_ua){.sent = true,
                              .new_session = true,
                              .session_timeout = 120000,
                              .large = test_server_is_large};
}

static void test_calls_free(struct osm_ua_call *list)
{
    struct osm_ua_call *call, *next;

    DL_FOREACH_SAFE (list, call, next) {
        UA_delete(call->request, call->service->request);
        free(call);
    }
}

void test_server_deinit(struct osm_ua *server)
{
    struct osm_ua_conn *conn, *next;

    assert_null(server->events);
    test_calls_free(server->calls);
    test_calls_free(server->own);
    DL_FOREACH_SAFE (server->conns, conn, next) {
        assert_true(conn->freed);
        free(conn->endpoint_url);
        free(conn);
    }
}
