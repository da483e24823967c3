/* SPDX-License-Identifier: MIT */
/*
 * Service calls. The library cannot forget a request it has sent: an answer it does not expect
 * makes it close the channel. So its own time-out is far away, deadlines are the core's, and a
 * call nobody waits for any more stays on the books ("abandoned") until its answer comes or the
 * channel ends.
 */
#include <open62541/client_highlevel_async.h>
#include <utlist.h>

#include "rim/ua/ua_internal.h"
#include "util/alloc.h"

/* Timeout hint of a request and, in the library, its own time-out: one value for both. After it
 * an answer would cost the channel, so it lies far beyond every deadline of the core. */
#define OSM_TIMEOUT_HINT_MS (60 * 60 * 1000)
/* Requests the server has swallowed: more than these and the channel is worth nothing. */
#define OSM_ABANDONED_LIMIT 1000

struct osm_ua_call {
    struct osm_ua_conn *conn;
    osm_ua_call_fn *done; /* NULL once abandoned */
    void *context;
    uint64_t sent_at; /* bytes queued on the connection when the request was complete */
    struct osm_ua_call *prev, *next;
};

/* The library answers by itself when the channel goes or the client is deleted: with one of these
 * in an empty header. The same from a server is an answer like any other. */
static bool is_loss(const UA_ResponseHeader *header)
{
    if (header->requestHandle || header->timestamp)
        return false;
    switch (header->serviceResult) {
    case UA_STATUSCODE_BADSECURECHANNELCLOSED:
    case UA_STATUSCODE_BADSESSIONCLOSED:
    case UA_STATUSCODE_BADSHUTDOWN:
    case UA_STATUSCODE_BADCONNECTIONCLOSED:
    case UA_STATUSCODE_BADSERVERNOTCONNECTED:
        return true;
    default:
        return false;
    }
}

static void answered(UA_Client *client, void *userdata, UA_UInt32 id, void *response)
{
    struct osm_ua_call *call = userdata;
    const UA_ResponseHeader *header = response;
    struct osm_ua_result result = {.outcome = OSM_UA_ANSWERED,
                                   .service_result = header->serviceResult,
                                   .response = response,
                                   .sent = call->conn->bytes_written >= call->sent_at};

    DL_DELETE(call->conn->calls, call);
    if (!call->done)
        call->conn->abandoned--;
    if (is_loss(header)) {
        result.outcome = OSM_UA_LOST;
        call->conn->calls_lost = true;
        osm_conn_look(call->conn);
    }
    if (result.service_result != UA_STATUSCODE_GOOD)
        result.response = NULL;
    if (call->done)
        call->done(call->context, &result);
    free(call);
}

struct osm_ua_call *osm_call_start(struct osm_ua_conn *conn, const struct osm_ua_service *service,
                                   void *request, osm_ua_call_fn *done, void *context)
{
    struct osm_ua_call *call;
    UA_RequestHeader *header = request;
    UA_StatusCode status;

    if (conn->phase != OSM_CONN_CONNECTED)
        return NULL;
    call = osm_alloc(sizeof(*call));
    call->conn = conn;
    call->done = done;
    call->context = context;
    header->requestHandle = 0; /* the library numbers requests; a reused struct has the old one */
    header->timeoutHint = OSM_TIMEOUT_HINT_MS;
    status = __UA_Client_AsyncService(conn->client, request, service->request, answered,
                                      service->response, call, NULL);
    if (status != UA_STATUSCODE_GOOD) {
        free(call);
        osm_conn_look(conn);
        return NULL;
    }
    call->sent_at = conn->bytes_queued;
    DL_PREPEND(conn->calls, call);
    return call;
}

void osm_call_abandon(struct osm_ua_call *call)
{
    static const struct osm_fault swallowed = {
        OSM_FAULT_CONNECTION, "Read timeout: the server has left too many requests unanswered"};

    if (!call || !call->done)
        return;
    call->done = NULL;
    if (++call->conn->abandoned > OSM_ABANDONED_LIMIT)
        osm_conn_drop(call->conn, &swallowed);
}

void osm_call_detach_all(struct osm_ua_conn *conn)
{
    struct osm_ua_call *call;

    DL_FOREACH (conn->calls, call) {
        if (call->done)
            conn->abandoned++;
        call->done = NULL;
    }
}
