/* SPDX-License-Identifier: MIT */
/*
 * Service calls of a connection (calls.h) as the core knows them. Deadlines are the core's; an
 * answer that comes after its caller has left is dropped.
 */
#include <utlist.h>

#include "rim/ua/ua_internal.h"
#include "util/alloc.h"

/* Of requests that may wait as long as the server likes: Publish. */
#define OSM_TIMEOUT_HINT_MS ((uint32_t)60 * 60 * 1000)
/* Requests the server has swallowed: more than these and the channel is worth nothing. */
#define OSM_ABANDONED_LIMIT ((size_t)1000)

struct osm_ua_call {
    struct osm_ua_conn *conn;
    struct osm_call *call;
    osm_ua_call_fn *done;
    void *context;
    bool adopted; /* nobody waits for it: counted in conn->abandoned */
    struct osm_ua_call *prev, *next;
};

/* The server does not know the session any more: the connection is of no use. */
static void fail_unknown(struct osm_ua_conn *conn, UA_StatusCode status)
{
    struct osm_stack_error error = {0};

    osm_stack_error_set(&error, OSM_ORIGIN_SERVER, OSM_FAULT_CONNECTION, status,
                        "Connection closed by remote");
    osm_conn_fail(conn, &error);
}

static void answered(void *context, const struct osm_call_result *result)
{
    struct osm_ua_call *call = context;
    struct osm_ua_conn *conn = call->conn;
    struct osm_fault fault = {0};
    struct osm_ua_result told = {
        .outcome = result->outcome == OSM_CALL_LOST ? OSM_UA_LOST : OSM_UA_ANSWERED,
        .service_result = result->status,
        .response = result->outcome == OSM_CALL_ANSWERED ? result->response : NULL,
        .sent = result->sent,
    };

    if (result->outcome == OSM_CALL_FAILED) {
        fault = osm_stack_error_fault(result->error);
        told.fault = &fault;
    }
    DL_DELETE(conn->outstanding, call);
    conn->abandoned -= call->adopted;
    call->done(call->context, &told);
    free(call);
    if (result->outcome == OSM_CALL_ANSWERED && !conn->freed &&
        result->status == UA_STATUSCODE_BADSESSIONIDINVALID && conn->phase == OSM_CONN_CONNECTED)
        fail_unknown(conn, result->status);
}

struct osm_ua_call *osm_conn_call(struct osm_ua_conn *conn, const struct osm_ua_service *service,
                                  void *request, osm_ua_call_fn *done, void *context)
{
    UA_RequestHeader *header = request;
    const struct osm_call_time time = {.hint = header->timeoutHint ? header->timeoutHint
                                                                   : OSM_TIMEOUT_HINT_MS};
    struct osm_ua_call *call;

    if (conn->phase != OSM_CONN_CONNECTED)
        return NULL;
    call = osm_alloc_raw(sizeof(*call));
    *call = (struct osm_ua_call){.conn = conn, .done = done, .context = context};
    header->authenticationToken = conn->session.token; /* borrowed */
    call->call = osm_calls_start(&conn->calls, service->request, request, service->response, &time,
                                 answered, call);
    UA_NodeId_init(&header->authenticationToken);
    if (!call->call) {
        free(call);
        return NULL;
    }
    DL_PREPEND(conn->outstanding, call);
    return call;
}

static void abandon(struct osm_ua_call *call)
{
    osm_calls_abandon(call->call);
    DL_DELETE(call->conn->outstanding, call);
    free(call);
}

static void count_abandoned(struct osm_ua_conn *conn)
{
    static const struct osm_fault swallowed = {
        OSM_FAULT_CONNECTION, "Read timeout: the server has left too many requests unanswered"};

    if (++conn->abandoned > conn->calls.late + OSM_ABANDONED_LIMIT)
        osm_conn_drop(conn, &swallowed);
}

void osm_conn_call_abandon(struct osm_ua_call *call)
{
    struct osm_ua_conn *conn;
    bool counted;

    if (!call)
        return;
    conn = call->conn;
    counted = call->adopted;
    abandon(call);
    if (!counted)
        count_abandoned(conn);
}

void osm_conn_call_adopt(struct osm_ua_call *call, osm_ua_call_fn *done, void *context)
{
    call->done = done;
    call->context = context;
    if (call->adopted)
        return;
    call->adopted = true;
    count_abandoned(call->conn);
}

void osm_conn_calls_detach(struct osm_ua_conn *conn)
{
    while (conn->outstanding)
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyser cannot follow utlist */
        abandon(conn->outstanding);
}
