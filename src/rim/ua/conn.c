/* SPDX-License-Identifier: MIT */
/*
 * One connection to a server: connecting, being connected, losing, closing.
 *
 *                 connect            session active
 *   IDLE ───────▶ CONNECTING ───────────────▶ CONNECTED ──── close ───▶ CLOSING ─▶ CLOSED
 *    ▲             ▲      │ │ failure              │
 *    │   PREPARING ◀──────┘ │                      │ loss, drop
 *    │  (between the stages of a secured connect)  │
 *    └──────── failed / lost ◀── DROPPING ◀────────┘
 *                                 ▲    │ a session was refused its activation
 *                                 └ FAREWELL (close_session.c); then a new session is tried, if an
 *                                   old one was refused
 *
 * The library is asked for its state (look) only from the end of a loop turn, never from inside
 * one of its callbacks. Reconnecting is the core's decision: the library may open at most
 * OSM_OPENS connections while connecting (discovery may need a second one) and none afterwards.
 *
 * Every phase but IDLE, CONNECTED and CLOSED has the timer running.
 */
#include "rim/ua/endpoint_select.h"
#include "rim/ua/ua_internal.h"
#include "util/alloc.h"
#include "wire/text/url.h"

#define OSM_OPENS 3
/* Answers one attempt may take: HEL, OPN, FindServers, GetEndpoints, HEL, OPN, CreateSession,
 * ActivateSession, and some air. Bounds what a server can stretch by answering just in time. */
#define OSM_MAX_ANSWERS 12
/* The channel closes locally, nothing is waited for; this is a net for the impossible. */
#define OSM_DROP_LIMIT_MS 2000

static void on_timer(uv_timer_t *timer);

struct osm_ua_conn *osm_conn_of(UA_Client *client)
{
    return UA_Client_getContext(client);
}

void osm_conn_look(struct osm_ua_conn *conn)
{
    if (!conn->freed)
        osm_ua_defer(conn->ua, &conn->look);
}

static void arm(struct osm_ua_conn *conn, osm_msec delay)
{
    uv_timer_start(conn->timer, on_timer, delay, 0);
}

static void disarm(struct osm_ua_conn *conn)
{
    uv_timer_stop(conn->timer);
}

static void set_reason(struct osm_ua_conn *conn, const struct osm_fault *reason)
{
    if (osm_fault_is_set(&conn->reason))
        return;
    conn->reason.type = reason->type;
    conn->reason.message = osm_strdup(reason->message);
}

static void clear_reason(struct osm_ua_conn *conn)
{
    free((void *)(uintptr_t)conn->reason.message);
    conn->reason = (struct osm_fault){0};
}

/* --- connecting ---------------------------------------------------------------------------- */

static void connect_client(struct osm_ua_conn *conn)
{
    UA_ClientConfig *config = UA_Client_getConfig(conn->client);

    conn->phase = OSM_CONN_CONNECTING;
    conn->status = UA_STATUSCODE_GOOD;
    conn->stage = OSM_STAGE_RESOLVE;
    conn->tcp_error = 0;
    conn->eof = false;
    conn->session_created = false;
    conn->opens_left = OSM_OPENS;
    conn->progress = 0;
    config->noReconnect = false;
    config->noNewSession = false;
    arm(conn, conn->timeout);
    /* the result shows in its state */
    if (conn->unsure && !conn->secure)
        (void)UA_Client_connectSecureChannelAsync(conn->client, conn->url);
    else
        (void)UA_Client_connectAsync(conn->client, conn->url);
    osm_conn_look(conn);
}

static void start(struct osm_ua_conn *conn)
{
    clear_reason(conn);
    conn->was_connected = false;
    conn->prepared = false;
    conn->give_up_at = uv_now(conn->ua->loop) + OSM_MAX_ANSWERS * conn->timeout;
    if (conn->secure)
        osm_secure_begin(conn->secure);
    else
        osm_client_lend(UA_Client_getConfig(conn->client), conn->ua->plain);
    connect_client(conn);
}

static void begin_farewell(struct osm_ua_conn *conn);

/* With security the server's nonce would be needed that was lost with its answer: such a session
 * cannot be activated again. */
void osm_conn_connect(struct osm_ua_conn *conn)
{
    osm_assert(conn->phase == OSM_CONN_IDLE && !conn->freed);
    conn->again = conn->unsure && conn->secure;
    if (conn->again)
        begin_farewell(conn);
    else
        start(conn);
}

void osm_conn_prepared(struct osm_ua_conn *conn, const struct osm_fault *fault)
{
    if (conn->phase != OSM_CONN_PREPARING)
        return;
    if (fault)
        set_reason(conn, fault);
    else
        conn->prepared = true;
    osm_conn_look(conn);
}

static void begin_drop(struct osm_ua_conn *conn, UA_SecureChannelState channel)
{
    struct osm_arena arena;
    struct osm_fault fault = {0};

    conn->was_connected = conn->phase == OSM_CONN_CONNECTED;
    conn->farewell_due = osm_close_session_is_due(conn);
    conn->again = conn->farewell_due && !conn->session_created;
    conn->unsure = conn->unsure || osm_close_session_is_unsure(conn);
    if (conn->secure)
        osm_secure_cancel(conn->secure);
    osm_arena_init(&arena);
    osm_connect_error(conn, &arena, &fault);
    set_reason(conn, &fault);
    osm_arena_deinit(&arena);
    conn->phase = OSM_CONN_DROPPING;
    arm(conn, OSM_DROP_LIMIT_MS);
    if (channel != UA_SECURECHANNELSTATE_CLOSED)
        (void)UA_Client_disconnectSecureChannelAsync(conn->client);
    osm_conn_look(conn);
}

static void become_connected(struct osm_ua_conn *conn)
{
    UA_ClientConfig *config = UA_Client_getConfig(conn->client);

    disarm(conn);
    config->noReconnect = true;
    config->noNewSession = true;
    conn->peek.settled = true;
    conn->calls_lost = false;
    conn->unsure = false;
    osm_close_session_note_session(conn);
    if (conn->secure)
        osm_secure_connected(conn->secure);
    conn->phase = OSM_CONN_CONNECTED;
    conn->events->connected(conn->context, conn->session_created);
}

/* The work between the stages has no answers of the server that could move a deadline on. */
static void prepare(struct osm_ua_conn *conn)
{
    osm_msec now = uv_now(conn->ua->loop);

    conn->phase = OSM_CONN_PREPARING;
    arm(conn, conn->give_up_at > now ? conn->give_up_at - now : 0);
    osm_secure_decide(conn->secure);
}

static void look_preparing(struct osm_ua_conn *conn, UA_SecureChannelState channel)
{
    if (osm_fault_is_set(&conn->reason)) {
        begin_drop(conn, channel);
    } else if (conn->prepared && channel == UA_SECURECHANNELSTATE_CLOSED) {
        osm_secure_apply(conn->secure);
        connect_client(conn);
    }
}

/* The library has forgotten the session when it lost the answer, the server has not. */
static void activate_again(struct osm_ua_conn *conn)
{
    conn->unsure = false;
    (void)UA_Client_activateSessionAsync(conn->client, conn->token, conn->nonce);
    osm_conn_look(conn);
}

static void look_connecting(struct osm_ua_conn *conn, UA_SecureChannelState channel,
                            UA_SessionState session, UA_StatusCode status)
{
    if (osm_fault_is_set(&conn->reason)) {
        begin_drop(conn, channel);
    } else if (status != UA_STATUSCODE_GOOD) {
        if (conn->secure && osm_secure_take_over(conn->secure))
            prepare(conn);
        else
            begin_drop(conn, channel);
    } else if (session == UA_SESSIONSTATE_ACTIVATED) {
        become_connected(conn);
    } else if (conn->unsure && !conn->secure && channel == UA_SECURECHANNELSTATE_OPEN) {
        activate_again(conn);
    } else if (conn->peek.messages != conn->progress) {
        osm_msec now = uv_now(conn->ua->loop);

        conn->progress = conn->peek.messages;
        arm(conn, OSM_MIN(conn->timeout, conn->give_up_at > now ? conn->give_up_at - now : 0));
    }
}

/* --- the look ------------------------------------------------------------------------------ */

/* A session that could not be activated is not left behind (close_session.c). */
static void begin_farewell(struct osm_ua_conn *conn)
{
    conn->farewell_due = false;
    conn->phase = OSM_CONN_FAREWELL;
    arm(conn, osm_close_session_begin(conn));
    osm_conn_look(conn);
}

static void finish_drop(struct osm_ua_conn *conn)
{
    struct osm_fault reason = conn->reason;

    disarm(conn);
    if (conn->farewell_due) {
        begin_farewell(conn);
        return;
    }
    if (conn->again) {
        conn->again = false;
        start(conn);
        return;
    }
    conn->phase = OSM_CONN_IDLE;
    /* The owner may connect again, or free us, in the event. */
    conn->reason = (struct osm_fault){0};
    if (conn->was_connected)
        conn->events->lost(conn->context, &reason);
    else
        conn->events->failed(conn->context, &reason);
    free((void *)(uintptr_t)reason.message);
}

static void finish_farewell(struct osm_ua_conn *conn)
{
    conn->unsure = conn->unsure && !conn->farewell_sent; /* the server was not reached */
    if (!conn->unsure)
        UA_NodeId_clear(&conn->token);
    conn->phase = OSM_CONN_DROPPING;
    arm(conn, OSM_DROP_LIMIT_MS);
    (void)UA_Client_disconnectSecureChannelAsync(conn->client);
    osm_conn_look(conn);
}

static void finish_close(struct osm_ua_conn *conn)
{
    disarm(conn);
    conn->phase = OSM_CONN_CLOSED;
    conn->events->closed(conn->context);
}

static void run_look(struct osm_ua_deferred *deferred)
{
    struct osm_ua_conn *conn = osm_container_of(deferred, struct osm_ua_conn, look);
    UA_SecureChannelState channel;
    UA_SessionState session;
    UA_StatusCode status;

    UA_Client_getState(conn->client, &channel, &session, &status);
    switch (conn->phase) {
    case OSM_CONN_CONNECTING:
        look_connecting(conn, channel, session, status);
        break;
    case OSM_CONN_CONNECTED:
        if (session != UA_SESSIONSTATE_ACTIVATED || channel != UA_SECURECHANNELSTATE_OPEN ||
            conn->calls_lost || osm_fault_is_set(&conn->reason))
            begin_drop(conn, channel);
        break;
    case OSM_CONN_DROPPING:
        if (channel == UA_SECURECHANNELSTATE_CLOSED)
            finish_drop(conn);
        break;
    case OSM_CONN_FAREWELL:
        if (osm_close_session_look(conn, channel, status))
            finish_farewell(conn);
        break;
    case OSM_CONN_CLOSING:
        if (channel == UA_SECURECHANNELSTATE_CLOSED)
            finish_close(conn);
        break;
    case OSM_CONN_PREPARING:
        look_preparing(conn, channel);
        break;
    case OSM_CONN_IDLE:
    case OSM_CONN_CLOSED:
        break;
    }
}

static void connect_timed_out(struct osm_ua_conn *conn)
{
    struct osm_fault fault = osm_fault_late;
    char text[400];

    if (conn->stage <= OSM_STAGE_TCP && conn->timeout > 0) {
        (void)snprintf(text, sizeof(text), "Failed to connect to %.250s:%u: [%d] %s", conn->host,
                       (unsigned)conn->port, ETIMEDOUT, strerror(ETIMEDOUT));
        fault.message = text;
    }
    osm_conn_drop(conn, &fault);
}

static void on_timer(uv_timer_t *timer)
{
    struct osm_ua_conn *conn = timer->data;

    switch (conn->phase) {
    case OSM_CONN_PREPARING:
    case OSM_CONN_CONNECTING:
        connect_timed_out(conn);
        break;
    case OSM_CONN_FAREWELL:
        conn->farewell_over = true;
        osm_conn_look(conn);
        break;
    case OSM_CONN_DROPPING:
    case OSM_CONN_CLOSING:
        (void)UA_Client_disconnectSecureChannelAsync(conn->client);
        arm(conn, OSM_DROP_LIMIT_MS);
        osm_conn_look(conn);
        break;
    case OSM_CONN_IDLE:
    case OSM_CONN_CONNECTED:
    case OSM_CONN_CLOSED:
        break;
    }
}

/* --- the owner's calls --------------------------------------------------------------------- */

void osm_conn_drop(struct osm_ua_conn *conn, const struct osm_fault *reason)
{
    if (conn->phase != OSM_CONN_CONNECTED && conn->phase != OSM_CONN_CONNECTING &&
        conn->phase != OSM_CONN_PREPARING)
        return;
    set_reason(conn, reason);
    osm_conn_look(conn);
}

void osm_conn_close(struct osm_ua_conn *conn, osm_msec limit)
{
    bool connected = conn->phase == OSM_CONN_CONNECTED;

    osm_assert(!conn->freed);
    if (conn->phase == OSM_CONN_CLOSING || conn->phase == OSM_CONN_CLOSED)
        return;
    if (conn->secure)
        osm_secure_cancel(conn->secure);
    conn->phase = OSM_CONN_CLOSING;
    arm(conn, limit);
    if (connected)
        (void)UA_Client_disconnectAsync(conn->client);
    else
        (void)UA_Client_disconnectSecureChannelAsync(conn->client);
    osm_conn_look(conn);
}

static void timer_closed(uv_handle_t *handle)
{
    struct osm_ua *ua = handle->data;

    free(handle);
    osm_ua_handle_closed(ua);
}

static bool check_security(const struct osm_ua_params *params, struct osm_arena *arena,
                           struct osm_fault *fault)
{
    const char *uri = params->security_policy_uri;

    if (uri && params->security_mode > UA_MESSAGESECURITYMODE_NONE && !osm_policy_is_offered(uri))
        return osm_fault_set(fault, arena, OSM_FAULT_CONFIGURATION,
                             "Security policy %s is not offered by this build of open62541: use "
                             "Basic256Sha256, Aes128_Sha256_RsaOaep or Aes256_Sha256_RsaPss",
                             osm_policy_name(uri));
    return true;
}

struct osm_ua_conn *osm_conn_new(struct osm_ua *ua, const struct osm_ua_params *params,
                                 const struct osm_ua_events *events, void *context,
                                 struct osm_arena *arena, struct osm_fault *fault)
{
    struct osm_ua_conn *conn;
    char *host, *url;
    uint16_t port;

    if (!check_security(params, arena, fault))
        return NULL;
    if (!osm_url_parse(params->endpoint_url, &host, &port, &url)) {
        osm_fault_set(fault, arena, OSM_FAULT_CONFIGURATION, "Invalid endpoint URL: %s",
                      params->endpoint_url);
        return NULL;
    }
    conn = osm_alloc(sizeof(*conn));
    conn->ua = ua;
    conn->events = events;
    conn->context = context;
    conn->host = host;
    conn->port = port;
    conn->url = url;
    conn->timeout = params->timeout;
    conn->look.run = run_look;
    conn->timer = osm_alloc(sizeof(*conn->timer));
    uv_timer_init(ua->loop, conn->timer);
    ua->handles++;
    conn->timer->data = conn;
    conn->client = osm_client_new(conn, params);
    conn->secure = osm_secure_new(conn, params);
    return conn;
}

static void run_bury(struct osm_ua_deferred *deferred)
{
    struct osm_ua_conn *conn = osm_container_of(deferred, struct osm_ua_conn, bury);

    osm_client_delete(conn->client);
    UA_NodeId_clear(&conn->token);
    UA_ByteString_clear(&conn->nonce);
    osm_secure_free(conn->secure);
    conn->timer->data = conn->ua;
    uv_close((uv_handle_t *)conn->timer, timer_closed);
    osm_peek_deinit(&conn->peek);
    clear_reason(conn);
    free(conn->host);
    free(conn->url);
    free(conn);
}

void osm_conn_free(struct osm_ua_conn *conn)
{
    if (!conn || conn->freed)
        return;
    conn->freed = true;
    disarm(conn);
    osm_call_detach_all(conn);
    if (conn->secure)
        osm_secure_cancel(conn->secure);
    osm_ua_undefer(conn->ua, &conn->look);
    conn->bury.run = run_bury;
    osm_ua_defer(conn->ua, &conn->bury);
}
