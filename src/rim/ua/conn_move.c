/* SPDX-License-Identifier: MIT */
/*
 * A session on its way: to another process (export, import), or to another server of the same set
 * (go to). Either way it is the next attempt to connect that activates it on a new channel, as
 * after a loss; a server that does not know it gets a new one, and the owner is told so.
 */
#include <open62541/types_generated_handling.h>

#include "port/policy_name.h"
#include "rim/ua/session_state.h"
#include "rim/ua/ua_internal.h"
#include "util/alloc.h"
#include "wire/text/url.h"

static const char *uri_of(const struct osm_ua_conn *conn)
{
    return conn->policy ? conn->policy->uri : OSM_POLICY_NONE;
}

static UA_String text_of(const char *text)
{
    return (UA_String){strlen(text), (UA_Byte *)(uintptr_t)text};
}

bool osm_conn_export(const struct osm_ua_conn *conn, struct osm_buf *out)
{
    const struct osm_ua_session *session = &conn->session;
    const struct osm_session_state state = {
        .policy_uri = text_of(uri_of(conn)),
        .mode = (uint32_t)conn->mode,
        .id = session->id,
        .token = session->token,
        .nonce = session->server_nonce,
        .leaf = session->server_leaf,
        .ephemeral = session->ephemeral.publicKey,
        .ephemeral_signature = session->ephemeral.signature,
        .timeout = session->timeout,
        .unsure = session->unsure,
    };

    if (!osm_ua_session_exists(session) || !session->told)
        return false;
    osm_session_state_write(&state, out);
    return true;
}

static void copy_bytes(const UA_ByteString *from, UA_ByteString *to)
{
    osm_assert(UA_ByteString_copy(from, to) == UA_STATUSCODE_GOOD);
}

static void take(struct osm_ua_session *session, struct osm_shared_table *shared,
                 const struct osm_session_state *state)
{
    osm_ua_session_forget(session);
    osm_assert(UA_NodeId_copy(&state->id, &session->id) == UA_STATUSCODE_GOOD &&
               UA_NodeId_copy(&state->token, &session->token) == UA_STATUSCODE_GOOD);
    copy_bytes(&state->nonce, &session->server_nonce);
    session->server_leaf = osm_shared_bytes_keep(shared, &state->leaf);
    copy_bytes(&state->ephemeral, &session->ephemeral.publicKey);
    copy_bytes(&state->ephemeral_signature, &session->ephemeral.signature);
    session->timeout = state->timeout;
    session->unsure = state->unsure;
    session->told = true; /* it is no new one when it is activated */
}

bool osm_conn_import(struct osm_ua_conn *conn, const void *bytes, size_t length)
{
    const UA_String uri = text_of(uri_of(conn));
    struct osm_session_state state;
    struct osm_arena arena;
    bool fits;

    osm_assert(conn->phase == OSM_CONN_IDLE && !conn->freed);
    osm_arena_init(&arena);
    fits = osm_session_state_read(bytes, length, &arena, &state) &&
           UA_String_equal(&state.policy_uri, &uri) && state.mode == (uint32_t)conn->mode;
    if (fits)
        take(&conn->session, &conn->ua->stack.shared, &state);
    osm_arena_deinit(&arena);
    return fits;
}

bool osm_conn_go_to(struct osm_ua_conn *conn, const char *endpoint_url)
{
    char *host, *url;
    uint16_t port;

    osm_assert(conn->phase == OSM_CONN_IDLE && !conn->freed);
    if (!osm_url_parse(endpoint_url, &host, &port, &url))
        return false;
    osm_conn_set_urls(conn, endpoint_url, url);
    free(host);
    free(url);
    return true;
}
