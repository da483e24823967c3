/* SPDX-License-Identifier: MIT */
/*
 * One connection to a server: the phases of ua_internal.h, how it is given up and how it ends.
 *
 * Whatever ends an attempt, a session that was made on the server is closed on the channel that
 * made it before that channel goes (OPC 10000-4 §5.7.4; differences.md R19), also when the owner
 * has let go of the connection: it lives on alone until then. Sessions that were active are kept
 * for the next attempt when the channel is lost.
 */
#include "rim/ua/ua_internal.h"

#include <string.h>

#include <utlist.h>

#include "port/policy_name.h"
#include "util/alloc.h"
#include "util/log.h"
#include "util/wipe.h"
#include "wire/text/url.h"

/* A server that does not answer a goodbye is not waited for any longer. */
#define OSM_GOODBYE_MS ((osm_msec)3000)

static const char *const phase_names[] = {
    [OSM_CONN_IDLE] = "idle",
    [OSM_CONN_OPENING] = "opening",
    [OSM_CONN_DISCOVERING] = "discovering",
    [OSM_CONN_PREPARING] = "preparing",
    [OSM_CONN_SESSION] = "session",
    [OSM_CONN_REPLACING] = "replacing",
    [OSM_CONN_CONNECTED] = "connected",
    [OSM_CONN_LEAVING] = "leaving",
    [OSM_CONN_DROPPING] = "dropping",
    [OSM_CONN_CLOSING] = "closing",
    [OSM_CONN_CLOSED] = "closed",
};

static const struct osm_stack_error *reason_of(const struct osm_ua_conn *conn)
{
    static const struct osm_stack_error none;

    return conn->reason ? conn->reason : &none;
}

/* The first one counts. */
static void take_reason(struct osm_ua_conn *conn, const struct osm_stack_error *reason)
{
    if (conn->reason || !osm_stack_error_is_set(reason))
        return;
    conn->reason = osm_alloc(sizeof(*reason));
    *conn->reason = *reason;
}

static void on_timer(void *context);

void osm_conn_arm(struct osm_ua_conn *conn, osm_msec delay)
{
    const struct osm_loop *loop = conn->ua->stack.loop;

    if (!conn->timer)
        conn->timer = osm_loop_timer(loop, on_timer, conn);
    loop->ops->timer_start(conn->timer, delay);
}

static void disarm(struct osm_ua_conn *conn)
{
    conn->ua->stack.loop->ops->timer_free(osm_steal(conn->timer));
}

void osm_conn_enter(struct osm_ua_conn *conn, enum osm_conn_phase phase, const char *why)
{
    osm_log_debug("Connection to %s: %s, was %s: %s", conn->url, phase_names[phase],
                  phase_names[conn->phase], why);
    conn->phase = phase;
}

static void run_step(struct osm_stack_later *later)
{
    struct osm_ua_conn *conn = osm_container_of(later, struct osm_ua_conn, later);

    osm_steal(conn->step)(conn);
}

void osm_conn_soon(struct osm_ua_conn *conn, void (*step)(struct osm_ua_conn *conn))
{
    conn->step = step;
    osm_stack_defer(&conn->ua->stack, &conn->later);
}

void osm_conn_drop_channel(struct osm_ua_conn *conn)
{
    osm_reverse_cancel(osm_steal(conn->awaited));
    if (!conn->channel)
        return;
    conn->messages += osm_channel_received(conn->channel);
    conn->asking = NULL; /* goes with the calls */
    osm_calls_deinit(&conn->calls);
    osm_channel_free(osm_steal(conn->channel));
    osm_calls_init(&conn->calls, &conn->ua->stack);
    conn->abandoned = 0;
}

/* --- giving up ----------------------------------------------------------------------------- */

/* Whether what was known of the server may have been the fault, and asking it anew may help. */
static bool may_try_afresh(const struct osm_ua_conn *conn)
{
    const struct osm_stack_error *reason = reason_of(conn);

    if (!conn->from_cache || conn->fresh || conn->given_up || conn->freed)
        return false;
    if (reason->origin == OSM_ORIGIN_NETWORK || reason->type == OSM_FAULT_UNTRUSTED_CERTIFICATE)
        return false;
    return reason->origin != OSM_ORIGIN_SERVER || conn->phase < OSM_CONN_SESSION ||
           (conn->activating && reason->status == UA_STATUSCODE_BADIDENTITYTOKENINVALID);
}

/* The channel has gone, or there was none. */
static void finish_drop(struct osm_ua_conn *conn)
{
    struct osm_stack_error reason = *reason_of(conn);
    const struct osm_fault fault = osm_stack_error_fault(&reason);
    bool was_connected = conn->was_connected;

    disarm(conn);
    osm_conn_forget_attempt(conn);
    if (conn->freed) {
        osm_conn_soon(conn, osm_conn_bury);
        return;
    }
    osm_conn_enter(conn, OSM_CONN_IDLE, reason.text);
    free(osm_steal(conn->reason));
    /* The owner may connect again, or free us, in the event. */
    if (was_connected)
        conn->events->lost(conn->context, &fault);
    else
        conn->events->failed(conn->context, &fault);
}

static void finish_close(struct osm_ua_conn *conn)
{
    static const struct osm_stack_error over = {
        .origin = OSM_ORIGIN_HERE, .type = OSM_FAULT_CONNECTION, .text = "Connection closed"};

    disarm(conn);
    osm_ua_session_stop(&conn->session);
    osm_calls_lose(&conn->calls, &over); /* what nobody has abandoned */
    osm_conn_drop_channel(conn);
    osm_conn_enter(conn, OSM_CONN_CLOSED, "its goodbye is over");
    if (conn->freed)
        osm_conn_bury(conn);
    else
        conn->events->closed(conn->context);
}

static void drop(struct osm_ua_conn *conn)
{
    osm_conn_enter(conn, OSM_CONN_DROPPING, reason_of(conn)->text);
    if (conn->channel)
        osm_channel_fail(conn->channel, reason_of(conn)); /* closed follows */
    else
        osm_conn_soon(conn, finish_drop);
}

static void start_afresh(struct osm_ua_conn *conn)
{
    osm_log_debug("Connection to %s: asking for its endpoints anew: %s", conn->url,
                  reason_of(conn)->text);
    free(osm_steal(conn->reason));
    conn->fresh = true;
    osm_conn_drop_channel(conn);
    osm_conn_forget_attempt(conn);
    osm_conn_start(conn);
}

/* Whether a new attempt follows; its owner may have thought better of it meanwhile. */
static bool goes_on(const struct osm_ua_conn *conn)
{
    return conn->afresh && !conn->given_up && !conn->freed;
}

static void go_on_or_drop(struct osm_ua_conn *conn)
{
    if (goes_on(conn))
        start_afresh(conn);
    else
        drop(conn);
}

static void left(void *context, const struct osm_ua_session_end *end)
{
    struct osm_ua_conn *conn = context;

    disarm(conn);
    osm_conn_soon(conn, go_on_or_drop);
}

static void goodbye_over(void *context, const struct osm_ua_session_end *end)
{
    osm_conn_soon(context, finish_close);
}

/* CreateSession was answered after all. */
static void made(void *context, const struct osm_ua_session_end *end)
{
    struct osm_ua_conn *conn = context;
    osm_ua_session_ended_fn *then = conn->phase == OSM_CONN_CLOSING ? goodbye_over : left;

    if (osm_ua_session_exists(&conn->session))
        osm_ua_session_close(&conn->session, &conn->calls, true, OSM_GOODBYE_MS, then, conn);
    else
        then(conn, end);
}

/* A session is on the server, or on its way there, that nobody will use. */
static bool leaves_something(const struct osm_ua_conn *conn)
{
    return conn->phase == OSM_CONN_SESSION && conn->channel &&
           osm_channel_stage(conn->channel) == OSM_CHANNEL_OPEN &&
           ((osm_ua_session_exists(&conn->session) && (!conn->session.told || conn->freed)) ||
            osm_ua_session_is_creating(&conn->session));
}

/* A server that was too slow is not waited for again. */
static void leave(struct osm_ua_conn *conn)
{
    bool slow = reason_of(conn)->status == UA_STATUSCODE_BADTIMEOUT;

    osm_conn_enter(conn, OSM_CONN_LEAVING, reason_of(conn)->text);
    osm_conn_arm(conn, OSM_GOODBYE_MS);
    if (slow && osm_ua_session_exists(&conn->session)) {
        osm_ua_session_close(&conn->session, &conn->calls, true, OSM_GOODBYE_MS, NULL, NULL);
        osm_conn_soon(conn, drop);
    } else if (slow) {
        osm_ua_session_stop(&conn->session);
        osm_conn_soon(conn, drop);
    } else if (osm_ua_session_is_creating(&conn->session)) {
        conn->session.give_up = true;
        conn->session.ended = made;
        conn->session.context = conn;
    } else {
        osm_ua_session_close(&conn->session, &conn->calls, true, OSM_GOODBYE_MS, left, conn);
    }
}

void osm_conn_fail(struct osm_ua_conn *conn, const struct osm_stack_error *error)
{
    if (conn->phase == OSM_CONN_IDLE || conn->phase >= OSM_CONN_LEAVING)
        return;
    take_reason(conn, error);
    conn->was_connected = conn->phase == OSM_CONN_CONNECTED;
    conn->afresh = !conn->was_connected && may_try_afresh(conn);
    if (!conn->was_connected && reason_of(conn)->origin != OSM_ORIGIN_NETWORK && !conn->given_up)
        osm_discovery_forget(&conn->ua->discovery, conn->url);
    osm_trust_watch_leave(osm_steal(conn->watch), conn);
    disarm(conn);
    if (leaves_something(conn)) {
        leave(conn);
        return;
    }
    osm_ua_session_stop(&conn->session);
    if (!conn->afresh) {
        drop(conn);
        return;
    }
    osm_conn_enter(conn, OSM_CONN_DROPPING, reason_of(conn)->text);
    osm_conn_soon(conn, go_on_or_drop);
}

void osm_conn_up(struct osm_ua_conn *conn)
{
    bool new_session = !conn->session.told;

    if (conn->freed)
        return; /* it is buried soon */
    disarm(conn);
    osm_discovery_release(osm_steal(conn->endpoints));
    osm_conn_drop_way(conn);
    if (conn->policy && osm_verdict_is_set(osm_credentials_verdict(conn->source))) {
        conn->watch = osm_trust_watch_join(&conn->ua->watches,
                                           osm_credentials_verdict(conn->source)->store_path,
                                           osm_conn_look_at_trust, conn);
    }
    conn->session.told = true;
    osm_conn_enter(conn, OSM_CONN_CONNECTED, new_session ? "a new session" : "its old session");
    if (conn->watch)
        osm_conn_look_at_trust(conn); /* it may have changed since */
    conn->events->connected(conn->context, new_session);
}

/* --- events of the channel ----------------------------------------------------------------- */

static void on_opened(void *context)
{
    struct osm_ua_conn *conn = context;

    osm_calls_attach(&conn->calls, conn->channel);
    osm_conn_opened(conn);
}

static void on_chunk(void *context, uint32_t request_id, char final, const uint8_t *body,
                     size_t length)
{
    struct osm_ua_conn *conn = context;

    osm_calls_chunk(&conn->calls, request_id, final, body, length);
}

static void on_closed(void *context, const struct osm_stack_error *error)
{
    struct osm_ua_conn *conn = context;
    const struct osm_stack_error reason = *error;

    if (conn->phase == OSM_CONN_CONNECTED)
        take_reason(conn, &reason);
    osm_calls_lose(&conn->calls, &reason);
    conn->asking = NULL;
    osm_ua_session_stop(&conn->session);
    osm_conn_drop_channel(conn);
    switch (conn->phase) {
    case OSM_CONN_PREPARING:
        if (conn->policy)
            break; /* only the one for discovery */
        osm_conn_fail(conn, &reason);
        break;
    case OSM_CONN_LEAVING:
    case OSM_CONN_DROPPING:
        osm_stack_undefer(&conn->ua->stack, &conn->later); /* this is what it would do */
        if (goes_on(conn))
            start_afresh(conn);
        else
            finish_drop(conn);
        break;
    case OSM_CONN_CLOSING:
        finish_close(conn);
        break;
    case OSM_CONN_CONNECTED:
        osm_conn_fail(conn, &reason);
        break;
    default:
        osm_conn_fail(conn, &reason);
    }
}

/* An answer was none: nobody waits for another, but the session it was about is not left. */
static void on_parting(void *context)
{
    struct osm_ua_conn *conn = context;

    if (leaves_something(conn) && osm_ua_session_exists(&conn->session))
        osm_ua_session_close(&conn->session, &conn->calls, true, OSM_GOODBYE_MS, NULL, NULL);
}

static void on_renewed(void *context, uint32_t channel, uint32_t token, uint32_t lifetime)
{
    struct osm_ua_conn *conn = context;
    const struct osm_ua_renewal renewal = {channel, token, lifetime};

    if (conn->phase == OSM_CONN_CONNECTED && conn->events->renewed)
        conn->events->renewed(conn->context, &renewal);
}

static const struct osm_channel_events channel_events = {.renewed = on_renewed,
                                                         .opened = on_opened,
                                                         .chunk = on_chunk,
                                                         .parting = on_parting,
                                                         .closed = on_closed};

static void on_timer(void *context)
{
    struct osm_ua_conn *conn = context;
    struct osm_stack_error error = {0};

    switch (conn->phase) {
    case OSM_CONN_LEAVING:
        osm_ua_session_stop(&conn->session);
        drop(conn);
        break;
    case OSM_CONN_CLOSING:
        finish_close(conn);
        break;
    default:
        osm_stack_error_set(&error, OSM_ORIGIN_NETWORK, OSM_FAULT_CONNECTION,
                            UA_STATUSCODE_BADTIMEOUT, OSM_FAULT_LATE);
        conn->given_up = true;
        osm_conn_fail(conn, &error);
    }
}

/* --- the owner's calls --------------------------------------------------------------------- */

void osm_conn_drop(struct osm_ua_conn *conn, const struct osm_fault *reason)
{
    struct osm_stack_error error = {0};

    osm_stack_error_set(&error, OSM_ORIGIN_HERE, reason->type, UA_STATUSCODE_GOOD, "%s",
                        reason->message);
    conn->given_up = true;
    osm_conn_fail(conn, &error);
}

/* What has to be waited for; false when there is nothing. */
static bool say_goodbye(struct osm_ua_conn *conn, osm_msec limit)
{
    struct osm_ua_session *session = &conn->session;

    if (!conn->channel || osm_channel_stage(conn->channel) != OSM_CHANNEL_OPEN)
        return false;
    if (osm_ua_session_is_creating(session)) {
        session->give_up = true;
        session->ended = made;
        session->context = conn;
    } else if (conn->phase == OSM_CONN_LEAVING && session->ended) {
        session->ended = goodbye_over; /* it is being said */
    } else if (osm_ua_session_exists(session)) {
        osm_ua_session_close(session, &conn->calls, true, limit, goodbye_over, conn);
    } else {
        return false;
    }
    return true;
}

void osm_conn_close(struct osm_ua_conn *conn, osm_msec limit)
{
    bool waits;

    osm_assert(!conn->freed);
    if (conn->phase == OSM_CONN_CLOSING || conn->phase == OSM_CONN_CLOSED)
        return;
    osm_trust_watch_leave(osm_steal(conn->watch), conn);
    osm_stack_undefer(&conn->ua->stack, &conn->later);
    waits = say_goodbye(conn, limit);
    osm_conn_enter(conn, OSM_CONN_CLOSING, "its owner wants it");
    osm_conn_arm(conn, limit);
    if (!waits)
        osm_conn_soon(conn, finish_close);
}

static char *copy_text(const char *text)
{
    return text ? osm_strdup(text) : NULL;
}

static bool find_policy(const struct osm_ua_params *params, const struct osm_policy **policy,
                        struct osm_arena *arena, struct osm_fault *fault)
{
    const char *uri = params->security_policy_uri;

    *policy = NULL;
    if (!uri || params->security_mode <= UA_MESSAGESECURITYMODE_NONE)
        return true;
    *policy = osm_policy_find(uri, strlen(uri));
    if (*policy && (*policy)->family == OSM_POLICY_FAMILY_NONE)
        *policy = NULL;
    else if (*policy)
        return true;
    return uri[0] == '\0' || strcmp(uri, OSM_POLICY_NONE) == 0 ||
           osm_fault_set(fault, arena, OSM_FAULT_CONFIGURATION,
                         "Security policy %s is not offered by this build: use Basic256Sha256, "
                         "Aes128_Sha256_RsaOaep or Aes256_Sha256_RsaPss",
                         uri);
}

static UA_UserTokenType user_of(const struct osm_ua_params *params)
{
    if (params->username && params->password)
        return UA_USERTOKENTYPE_USERNAME;
    if (params->user_cert_path && params->user_key_path)
        return UA_USERTOKENTYPE_CERTIFICATE;
    return UA_USERTOKENTYPE_ANONYMOUS;
}

/* User names never leave us. */
void osm_conn_set_urls(struct osm_ua_conn *conn, const char *endpoint_url, const char *url)
{
    struct osm_shared_table *shared = &conn->ua->stack.shared;

    osm_shared_drop(conn->url);
    osm_shared_drop(conn->said);
    conn->url = osm_shared_text(shared, url);
    conn->said = osm_shared_text(shared, osm_url_has_userinfo(endpoint_url) ? url : endpoint_url);
}

struct osm_ua_conn *osm_conn_new(struct osm_ua *ua, const struct osm_ua_params *params,
                                 const struct osm_ua_events *events, void *context,
                                 struct osm_arena *arena, struct osm_fault *fault)
{
    const struct osm_policy *policy;
    struct osm_ua_conn *conn;
    char *host, *url;
    uint16_t port;

    if (!find_policy(params, &policy, arena, fault))
        return NULL;
    if (params->reverse && !ua->reverse) {
        osm_fault_set(fault, arena, OSM_FAULT_CONFIGURATION, "%s",
                      "The server is to connect to us (reverse), and nobody listens for it: start "
                      "the daemon with --reverse-listen");
        return NULL;
    }
    if (!osm_url_parse(params->endpoint_url, &host, &port, &url)) {
        osm_fault_set(fault, arena, OSM_FAULT_CONFIGURATION, "Invalid endpoint URL: %s",
                      params->endpoint_url);
        return NULL;
    }
    conn = osm_alloc(sizeof(*conn));
    conn->ua = ua;
    conn->events = events;
    conn->context = context;
    osm_conn_set_urls(conn, params->endpoint_url, url);
    conn->timeout = params->timeout;
    conn->reverse = params->reverse;
    conn->session_timeout = params->session_timeout;
    conn->policy = policy;
    conn->mode =
        policy ? (UA_MessageSecurityMode)params->security_mode : UA_MESSAGESECURITYMODE_NONE;
    conn->user = user_of(params);
    if (conn->user == UA_USERTOKENTYPE_USERNAME) {
        conn->username = copy_text(params->username);
        conn->password = copy_text(params->password);
    }
    if (policy || conn->user != UA_USERTOKENTYPE_ANONYMOUS)
        conn->source = osm_credentials_source_new(
            params, host, policy != NULL, conn->user == UA_USERTOKENTYPE_CERTIFICATE, ua->own_cert);
    conn->later.run = run_step;
    osm_calls_init(&conn->calls, &ua->stack);
    DL_APPEND(ua->conns, conn);
    free(host);
    free(url);
    return conn;
}

const struct osm_channel_events *osm_conn_channel_events(void)
{
    return &channel_events;
}

void osm_conn_bury(struct osm_ua_conn *conn)
{
    osm_ua_session_stop(&conn->session);
    osm_ua_session_forget(&conn->session);
    osm_conn_drop_channel(conn);
    osm_calls_deinit(&conn->calls);
    osm_conn_forget_attempt(conn);
    osm_conn_drop_way(conn);
    osm_stack_undefer(&conn->ua->stack, &conn->later);
    osm_trust_watch_leave(osm_steal(conn->watch), conn);
    disarm(conn);
    osm_credentials_source_release(conn->source);
    osm_shared_bytes_drop(&conn->approved);
    DL_DELETE(conn->ua->conns, conn);
    osm_wipe_and_free(conn->password);
    free(conn->reason);
    free(conn->username);
    osm_shared_drop(conn->url);
    osm_shared_drop(conn->said);
    free(conn);
}

void osm_conn_free(struct osm_ua_conn *conn)
{
    static const struct osm_stack_error gone = {
        .origin = OSM_ORIGIN_HERE, .type = OSM_FAULT_CONNECTION, .text = "Its owner has gone"};

    if (!conn || conn->freed)
        return;
    conn->freed = true;
    osm_conn_calls_detach(conn);
    if (conn->phase == OSM_CONN_CONNECTED)
        osm_ua_session_close(&conn->session, &conn->calls, true, OSM_GOODBYE_MS, NULL, NULL);
    if (leaves_something(conn))
        osm_conn_fail(conn, &gone); /* buried when it has left */
    else if (conn->phase != OSM_CONN_LEAVING && conn->phase != OSM_CONN_CLOSING)
        osm_conn_soon(conn, osm_conn_bury);
}
