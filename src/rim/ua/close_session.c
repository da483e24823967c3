/* SPDX-License-Identifier: MIT */
/*
 * A goodbye to a server session that cannot be activated (differences.md R9, R19): one that was
 * just created and whose activation was refused, or an old one the server will not give back. The
 * library closes the channel upon the refusal and forgets the session, so its authentication token
 * is kept here, a channel is opened for nothing but CloseSession, and only then the connection
 * fails or goes on to make a new session. Subscriptions are not deleted: they can be transferred.
 *
 * An old session whose activation was not answered is not lost: on a channel without security it is
 * activated again by its token (conn.c). With security that would take the nonce the answer had
 * brought, so it is said goodbye to before a new one is made.
 *
 * Servers differ (measured): node-opcua closes the session; open62541 takes CloseSession only on
 * the channel the session belongs to, forgets sessions that never were active with their channel,
 * and keeps an old one until its time-out. Nothing more can be done there.
 */
#include <open62541/client_highlevel_async.h>

#include "rim/ua/ua_internal.h"
#include "util/log.h"

/* A server that does not answer is not waited for any longer. */
#define OSM_CLOSE_SESSION_MS 3000

void osm_close_session_note_session(struct osm_ua_conn *conn)
{
    UA_NodeId token = UA_NODEID_NULL;
    UA_ByteString nonce = UA_BYTESTRING_NULL;

    if (UA_Client_getSessionAuthenticationToken(conn->client, &token, &nonce) ==
        UA_STATUSCODE_GOOD) {
        UA_NodeId_clear(&conn->token);
        UA_ByteString_clear(&conn->nonce);
        conn->token = token;
        conn->nonce = nonce;
    } else {
        UA_NodeId_clear(&token);
        UA_ByteString_clear(&nonce);
    }
}

bool osm_close_session_is_unsure(const struct osm_ua_conn *conn)
{
    return conn->phase == OSM_CONN_CONNECTING && conn->stage == OSM_STAGE_ACTIVATE_SESSION &&
           !conn->session_created && !osm_close_session_is_due(conn) &&
           !UA_NodeId_isNull(&conn->token);
}

bool osm_close_session_is_due(const struct osm_ua_conn *conn)
{
    return conn->phase == OSM_CONN_CONNECTING && conn->stage == OSM_STAGE_ACTIVATE_SESSION &&
           !conn->eof && !conn->tcp_error && !conn->peek.error_seen &&
           !osm_fault_is_set(&conn->reason) && !UA_NodeId_isNull(&conn->token);
}

/* The library puts its own token, of no session, into what it knows as CloseSessionRequest: this
 * is the same type by another address. */
static const UA_DataType *request_type(void)
{
    static UA_DataType type;

    type = UA_TYPES[UA_TYPES_CLOSESESSIONREQUEST];
    return &type;
}

static void answered(UA_Client *client, void *userdata, UA_UInt32 id, void *response)
{
    const UA_ResponseHeader *header = response;
    struct osm_ua_conn *conn = userdata;

    osm_log_debug("CloseSession of a session that could not be activated: %s",
                  UA_StatusCode_name(header->serviceResult));
    conn->farewell_over = true;
    osm_conn_look(conn);
}

static void send_close(struct osm_ua_conn *conn)
{
    UA_CloseSessionRequest request;

    UA_CloseSessionRequest_init(&request);
    request.requestHeader.authenticationToken = conn->token; /* borrowed */
    request.requestHeader.timeoutHint = OSM_CLOSE_SESSION_MS;
    request.deleteSubscriptions = false;
    conn->farewell_sent = true;
    if (__UA_Client_AsyncService(conn->client, &request, request_type(), answered,
                                 &UA_TYPES[UA_TYPES_CLOSESESSIONRESPONSE], conn,
                                 NULL) != UA_STATUSCODE_GOOD)
        conn->farewell_over = true;
}

osm_msec osm_close_session_begin(struct osm_ua_conn *conn)
{
    UA_ClientConfig *config = UA_Client_getConfig(conn->client);

    conn->farewell_sent = false;
    conn->farewell_over = false;
    conn->opens_left = 1;
    config->noReconnect = false;
    (void)UA_Client_connectSecureChannelAsync(conn->client, conn->url);
    return OSM_MIN(conn->timeout, OSM_CLOSE_SESSION_MS);
}

bool osm_close_session_look(struct osm_ua_conn *conn, UA_SecureChannelState channel,
                            UA_StatusCode status)
{
    if (status != UA_STATUSCODE_GOOD)
        conn->farewell_over = true;
    else if (channel == UA_SECURECHANNELSTATE_OPEN && !conn->farewell_sent)
        send_close(conn);
    return conn->farewell_over;
}
