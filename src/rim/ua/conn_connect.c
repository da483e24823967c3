/* SPDX-License-Identifier: MIT */
/*
 * The way up of a connection. Without security everything happens on one channel: endpoints are
 * asked for if they are not known, then the session is made. With security the endpoints come
 * first, over a channel of their own, then files and certificates are looked at (credentials.h),
 * then the channel that was chosen is opened. Endpoints that were known and do not fit any more
 * are asked for once more within the same attempt (conn.c).
 */
#include "rim/ua/ua_internal.h"

#include <string.h>

#include <open62541/types_generated_handling.h>

#include "port/policy_name.h"
#include "port/status_code.h"
#include "rim/ua/endpoint_select.h"
#include "util/alloc.h"
#include "util/log.h"
#include "wire/text/url.h"

/* Answers one attempt may take: ACK, OPN, GetEndpoints, ACK, OPN, CreateSession, ActivateSession,
 * and some air. Bounds what a server can stretch by answering just in time. */
#define OSM_MAX_ANSWERS 12
#define OSM_CHANNEL_LIFETIME_MS 3600000
/* How long the server may acknowledge nothing of what was sent, at least. One that merely does not
 * read for a while counts, too: its full window is no loss of the network. */
#define OSM_UNACKED_MS 30000

/* What is kept of a server's certificate with its chain. */
#define OSM_CHAIN_BYTES ((size_t)256 * 1024)

static void fail(struct osm_ua_conn *conn, enum osm_fault_type type, const char *text)
{
    struct osm_stack_error error = {0};

    osm_stack_error_set(&error, OSM_ORIGIN_HERE, type, UA_STATUSCODE_GOOD, "%s", text);
    osm_conn_fail(conn, &error);
}

/* --- channels ------------------------------------------------------------------------------ */

static uint32_t unacked(const struct osm_ua_conn *conn)
{
    return (uint32_t)OSM_MIN(OSM_MAX(conn->timeout, OSM_UNACKED_MS), INT32_MAX);
}

static void new_channel(struct osm_ua_conn *conn)
{
    const struct osm_credentials *credentials = &conn->way->credentials;
    struct osm_channel_config config = {.url = conn->said,
                                        .policy = osm_policy_find(NULL, 0),
                                        .mode = UA_MESSAGESECURITYMODE_NONE,
                                        .lifetime = OSM_CHANNEL_LIFETIME_MS,
                                        .timeout = conn->timeout};

    if (conn->wanted_channel && conn->policy) {
        config.policy = conn->policy;
        config.mode = conn->mode;
        config.own_key = credentials->own_key;
        config.own_chain = credentials->own_chain;
        config.remote_certificate = credentials->server_chain;
    }
    conn->channel = osm_channel_new(&conn->ua->stack, &config, osm_conn_channel_events(), conn);
}

/* The server has connected to us. */
static void called(void *context, struct osm_transport *transport,
                   const struct osm_stack_error *error)
{
    struct osm_ua_conn *conn = context;

    conn->awaited = NULL;
    if (!transport) {
        osm_conn_fail(conn, error);
        return;
    }
    new_channel(conn);
    transport->events = &osm_channel_transport_events;
    transport->context = conn->channel;
    osm_channel_start(conn->channel, transport);
    transport->events->connected(transport->context);
}

static void open_channel(struct osm_ua_conn *conn, bool wanted)
{
    struct osm_ua *ua = conn->ua;
    char *host, *url;
    uint16_t port;

    osm_conn_drop_channel(conn);
    osm_conn_enter(conn, OSM_CONN_OPENING, wanted ? "its channel" : "a channel to ask on");
    conn->wanted_channel = wanted;
    if (conn->reverse) {
        conn->awaited = osm_reverse_wait(ua->reverse, conn->url, conn->timeout, called, conn);
        return;
    }
    new_channel(conn);
    osm_assert(osm_url_parse(conn->url, &host, &port, &url)); /* it has been before */
    osm_channel_start(conn->channel,
                      osm_tcp_connect(ua->hub, host, port, conn->timeout, unacked(conn),
                                      &osm_channel_transport_events, conn->channel));
    free(host);
    free(url);
}

/* --- the session --------------------------------------------------------------------------- */

static void create(struct osm_ua_conn *conn);

static void session_ended(void *context, const struct osm_ua_session_end *end)
{
    struct osm_ua_conn *conn = context;

    conn->activating = end->activating;
    if (end->verdict == OSM_UA_SESSION_READY)
        osm_conn_up(conn);
    else
        osm_conn_fail(conn, end->error);
}

static void old_one_left(void *context, const struct osm_ua_session_end *end)
{
    struct osm_ua_conn *conn = context;

    (void)end;
    if (conn->phase != OSM_CONN_REPLACING)
        return;
    osm_conn_enter(conn, OSM_CONN_SESSION, "the old one is closed");
    create(conn);
}

/* The old one is not left behind if the server still knows it; its subscriptions can be
 * transferred. */
static void replace(struct osm_ua_conn *conn)
{
    osm_conn_enter(conn, OSM_CONN_REPLACING, "the old session cannot be activated");
    osm_ua_session_close(&conn->session, &conn->calls, false, OSM_MIN(conn->timeout, 3000),
                         old_one_left, conn);
}

static bool is_unknown(UA_StatusCode status)
{
    return status == UA_STATUSCODE_BADSESSIONIDINVALID || status == UA_STATUSCODE_BADSESSIONCLOSED;
}

static void reactivation_ended(void *context, const struct osm_ua_session_end *end)
{
    struct osm_ua_conn *conn = context;

    if (end->verdict != OSM_UA_SESSION_REFUSED)
        session_ended(conn, end);
    else if (is_unknown(end->status))
        create(conn);
    else
        replace(conn);
}

static void create(struct osm_ua_conn *conn)
{
    osm_ua_session_create(&conn->session, &conn->calls, &conn->way->setup, session_ended, conn);
}

/* The nonce of an activation whose answer was lost is unknown: what is signed or encrypted with
 * it cannot be made. */
static void start_session(struct osm_ua_conn *conn)
{
    conn->way->setup.timeout = conn->timeout;
    conn->way->setup.session_timeout = conn->session_timeout;
    osm_conn_enter(conn, OSM_CONN_SESSION, "the channel is open");
    if (!osm_ua_session_exists(&conn->session))
        create(conn);
    else if (conn->session.unsure && osm_ua_session_proves(&conn->way->setup))
        replace(conn);
    else
        osm_ua_session_activate(&conn->session, &conn->calls, &conn->way->setup, reactivation_ended,
                                conn);
}

/* --- credentials --------------------------------------------------------------------------- */

static void tell_judgement(const struct osm_ua_conn *conn, const struct osm_verdict_log *log)
{
    const struct osm_ua_judgement judgement = {.trust = log->trust,
                                               .fingerprint = log->fingerprint,
                                               .subject = log->subject,
                                               .reason = log->reason};

    if (log->trust != OSM_UA_TRUST_NOT_ASKED && conn->events->judged && !conn->freed)
        conn->events->judged(conn->context, &judgement);
}

static void prepared(void *context, struct osm_credentials_job *job)
{
    struct osm_ua_conn *conn = context;

    conn->job = NULL;
    if (conn->phase != OSM_CONN_PREPARING)
        return;
    tell_judgement(conn, &job->log);
    if (conn->phase != OSM_CONN_PREPARING)
        return; /* given up in the event */
    if (osm_fault_is_set(&job->fault)) {
        fail(conn, job->fault.type, job->fault.message);
        return;
    }
    osm_credentials_deinit(&conn->way->credentials);
    conn->way->credentials = job->credentials;
    job->credentials = (struct osm_credentials){0};
    conn->own_ends = conn->way->credentials.own_ends;
    conn->server_ends = conn->way->credentials.server_ends;
    conn->user_ends = conn->way->credentials.user_ends;
    if (conn->policy)
        open_channel(conn, true);
    else
        start_session(conn);
}

static void prepare(struct osm_ua_conn *conn, const UA_EndpointDescription *endpoint)
{
    struct osm_credentials_job *job = osm_credentials_job_new(conn->source);

    osm_conn_enter(conn, OSM_CONN_PREPARING, "endpoint and token are chosen");
    job->channel = conn->policy;
    job->token = conn->way->setup.token_policy;
    if (endpoint) {
        const UA_String *uri = &endpoint->server.applicationUri;
        UA_ByteString chain = endpoint->serverCertificate;

        chain.length = OSM_MIN(chain.length, OSM_CHAIN_BYTES);
        job->server_chain = osm_credentials_copy(&job->credentials, &chain);
        job->announced_uri = osm_strndup((const char *)uri->data, uri->length);
    }
    osm_shared_bytes_drop(&conn->approved);
    conn->approved = osm_shared_bytes_keep(&conn->ua->stack.shared, &job->server_chain);
    job->told = prepared;
    job->context = conn;
    conn->job = job;
    osm_credentials_job_submit(job, &conn->ua->stack.jobs);
}

/* --- the choice ---------------------------------------------------------------------------- */

static const char *uri_of(const struct osm_ua_conn *conn)
{
    return conn->policy ? conn->policy->uri : OSM_POLICY_NONE;
}

static bool find_endpoint(struct osm_ua_conn *conn, const UA_EndpointDescription *list, size_t size,
                          const UA_EndpointDescription **endpoint)
{
    char offered[240], text[400];

    *endpoint = osm_endpoint_select_endpoint(list, size, uri_of(conn), (int)conn->mode);
    if (!*endpoint && (size || conn->policy)) {
        osm_endpoint_select_describe(list, size, offered, sizeof(offered));
        (void)snprintf(text, sizeof(text),
                       "The server offers no endpoint with security policy %s and mode %s, but %s",
                       osm_policy_name(uri_of(conn)), osm_policy_mode_name((unsigned)conn->mode),
                       offered[0] ? offered : "none at all");
        fail(conn, OSM_FAULT_CONFIGURATION, text);
        return false;
    }
    if (conn->policy && !(*endpoint)->serverCertificate.length) {
        fail(conn, OSM_FAULT_SECURITY, "Could not obtain server certificate from GetEndpoints");
        return false;
    }
    return true;
}

static void set_policy_id(struct osm_ua_conn *conn, const UA_String *id)
{
    free(conn->way->policy_id);
    conn->way->policy_id = osm_strndup((const char *)id->data, id->length);
    conn->way->setup.policy_id = (UA_String){id->length, (UA_Byte *)conn->way->policy_id};
}

/* Whether a password would go to somebody who has not said that he takes such: unencrypted, as the
 * endpoint is. */
static bool is_a_guess(const struct osm_ua_conn *conn, const UA_EndpointDescription *endpoint)
{
    return !conn->policy && conn->user == UA_USERTOKENTYPE_USERNAME && endpoint &&
           endpoint->userIdentityTokensSize;
}

/* Users an endpoint does not announce go by the names of the contract (ipc-protocol.md §6): whether
 * it takes them is the server's to say. */
static bool take_unannounced(struct osm_ua_conn *conn, const UA_EndpointDescription *endpoint)
{
    static const char encrypted[] = OSM_POLICY_PREFIX "Basic256Sha256";
    static const char *const names[] = {[UA_USERTOKENTYPE_ANONYMOUS] = "anonymous",
                                        [UA_USERTOKENTYPE_USERNAME] = "username",
                                        [UA_USERTOKENTYPE_CERTIFICATE] = "certificate"};
    const UA_String id = {strlen(names[conn->user]), (UA_Byte *)(uintptr_t)names[conn->user]};

    set_policy_id(conn, &id);
    conn->way->setup.token_policy = conn->policy;
    if (!is_a_guess(conn, endpoint))
        return true;
    conn->way->setup.token_policy = osm_policy_find(encrypted, strlen(encrypted));
    if (endpoint->serverCertificate.length)
        return true;
    fail(conn, OSM_FAULT_CONFIGURATION,
         "The server's endpoint with security policy None takes no users with a password: it is "
         "not sent unencrypted; choose another security policy, or another kind of user");
    return false;
}

static bool choose_token(struct osm_ua_conn *conn, const UA_EndpointDescription *endpoint)
{
    const UA_UserTokenPolicy *token =
        endpoint ? osm_endpoint_select_token(endpoint, uri_of(conn), conn->user) : NULL;
    const UA_String *uri = token ? &token->securityPolicyUri : NULL;
    char text[400];

    conn->way->setup.token_policy = NULL;
    if (!token)
        return take_unannounced(conn, endpoint);
    set_policy_id(conn, &token->policyId);
    if (conn->user == UA_USERTOKENTYPE_ANONYMOUS)
        return true;
    if (!uri->length) {
        conn->way->setup.token_policy = conn->policy;
        return true;
    }
    conn->way->setup.token_policy = osm_policy_find((const char *)uri->data, uri->length);
    if (!conn->way->setup.token_policy) {
        (void)snprintf(text, sizeof(text),
                       "The server wants users to be sent under security policy %.*s, which this "
                       "build does not offer",
                       (int)OSM_MIN(uri->length, 200), (const char *)uri->data);
        fail(conn, OSM_FAULT_CONFIGURATION, text);
        return false;
    }
    if (conn->way->setup.token_policy->family == OSM_POLICY_FAMILY_NONE)
        conn->way->setup.token_policy = NULL;
    return true;
}

static void warn(struct osm_ua_conn *conn)
{
    if (conn->warned)
        return;
    conn->warned = true;
    if (conn->user == UA_USERTOKENTYPE_USERNAME && !conn->way->setup.token_policy && !conn->policy)
        osm_log_warning("The password for %s is sent unencrypted: the server asks for none",
                        conn->url);
    if (conn->policy && !osm_verdict_is_set(osm_credentials_verdict(conn->source)))
        osm_log_warning("The certificate of %s is not checked: no trustStorePath and trustPolicy",
                        conn->url);
    if (conn->reverse && !conn->policy)
        osm_log_warning("Who connects to us as %s is not known: there is no security policy",
                        conn->url);
}

/* The endpoints are known; they are not looked at after this. */
static void choose(struct osm_ua_conn *conn, const UA_EndpointDescription *list, size_t size)
{
    const UA_EndpointDescription *endpoint;

    if (!find_endpoint(conn, list, size, &endpoint) || !choose_token(conn, endpoint))
        return;
    conn->way->setup.url = conn->said;
    conn->way->setup.mode = conn->mode;
    conn->way->setup.policy = conn->policy;
    conn->way->setup.credentials = &conn->way->credentials;
    conn->way->setup.user = conn->user;
    conn->way->setup.username = conn->username;
    conn->way->setup.password = conn->password;
    warn(conn);
    if (conn->policy || conn->way->setup.token_policy || conn->user == UA_USERTOKENTYPE_CERTIFICATE)
        prepare(conn, endpoint);
    else
        start_session(conn);
}

static void choose_known(struct osm_ua_conn *conn)
{
    size_t size;
    const UA_EndpointDescription *list = osm_discovery_list(conn->endpoints, &size);

    choose(conn, list, size);
}

/* --- endpoints ----------------------------------------------------------------------------- */

static void refused(struct osm_ua_conn *conn, UA_StatusCode status)
{
    struct osm_stack_error error = {0};
    struct osm_fault fault = {0};
    struct osm_arena arena;

    osm_arena_init(&arena);
    osm_status_code_fault(status, &arena, &fault);
    osm_stack_error_set(&error, OSM_ORIGIN_SERVER, fault.type, status, "%s", fault.message);
    osm_arena_deinit(&arena);
    osm_conn_fail(conn, &error);
}

static void discovered(void *context, const struct osm_call_result *result)
{
    struct osm_ua_conn *conn = context;
    const UA_GetEndpointsResponse *response = result->response;

    conn->asking = NULL;
    if (result->outcome == OSM_CALL_LOST || conn->phase != OSM_CONN_DISCOVERING)
        return; /* the channel tells of it */
    if (result->outcome == OSM_CALL_FAILED && result->status == UA_STATUSCODE_BADTIMEOUT) {
        fail(conn, OSM_FAULT_CONNECTION, OSM_FAULT_LATE);
    } else if (result->outcome == OSM_CALL_FAILED) {
        osm_conn_fail(conn, result->error);
    } else if (result->status != UA_STATUSCODE_GOOD) {
        refused(conn, result->status);
    } else {
        osm_discovery_keep(&conn->ua->discovery, conn->url, response, &conn->ua->stack);
        choose(conn, response->endpoints, response->endpointsSize);
    }
}

void osm_conn_opened(struct osm_ua_conn *conn)
{
    if (conn->phase != OSM_CONN_OPENING)
        return;
    if (conn->wanted_channel && conn->policy) {
        start_session(conn);
    } else if (conn->endpoints) {
        choose_known(conn);
    } else {
        osm_conn_enter(conn, OSM_CONN_DISCOVERING, "its endpoints are not known");
        conn->asking = osm_discovery_ask(&conn->calls, conn->said, conn->timeout, discovered, conn);
    }
}

/* --- an attempt ---------------------------------------------------------------------------- */

void osm_conn_forget_attempt(struct osm_ua_conn *conn)
{
    osm_credentials_job_abandon(osm_steal(conn->job));
    osm_calls_abandon(osm_steal(conn->asking));
    osm_reverse_cancel(osm_steal(conn->awaited));
    osm_discovery_release(osm_steal(conn->endpoints));
    if (conn->way)
        osm_credentials_deinit(&conn->way->credentials);
    conn->from_cache = conn->activating = conn->look_again = false;
}

void osm_conn_drop_way(struct osm_ua_conn *conn)
{
    struct osm_conn_way *way = osm_steal(conn->way);

    if (!way)
        return;
    osm_credentials_deinit(&way->credentials);
    free(way->policy_id);
    free(way);
}

void osm_conn_start(struct osm_ua_conn *conn)
{
    osm_msec now = osm_clock_now(conn->ua->stack.loop->clock);

    osm_conn_arm(conn, conn->give_up_at > now ? conn->give_up_at - now : 0);
    if (!conn->fresh)
        conn->endpoints = osm_discovery_find(&conn->ua->discovery, conn->url);
    conn->from_cache = conn->endpoints != NULL;
    if (conn->from_cache && conn->policy)
        choose_known(conn);
    else
        open_channel(conn, !conn->policy);
}

static void begin(struct osm_ua_conn *conn)
{
    osm_msec now = osm_clock_now(conn->ua->stack.loop->clock);

    conn->give_up_at = now + OSM_MAX_ANSWERS * conn->timeout;
    osm_conn_start(conn);
}

void osm_conn_connect(struct osm_ua_conn *conn)
{
    osm_assert(conn->phase == OSM_CONN_IDLE && !conn->freed);
    free(osm_steal(conn->reason));
    conn->was_connected = conn->given_up = conn->fresh = false;
    if (!conn->way)
        conn->way = osm_alloc(sizeof(*conn->way));
    osm_conn_enter(conn, OSM_CONN_OPENING, "its owner wants it");
    osm_conn_soon(conn, begin);
}

/* --- trust in a live connection ------------------------------------------------------------ */

static void looked(void *context, struct osm_credentials_job *job)
{
    struct osm_ua_conn *conn = context;

    conn->job = NULL;
    if (conn->phase != OSM_CONN_CONNECTED)
        return;
    if (osm_fault_is_set(&job->fault)) {
        osm_log_warning("The certificate of %s is not trusted any more", conn->url);
        osm_conn_drop(conn, &job->fault);
    } else if (conn->look_again) {
        osm_conn_look_at_trust(conn);
    }
}

void osm_conn_look_at_trust(void *context)
{
    struct osm_ua_conn *conn = context;
    struct osm_credentials_job *job;

    if (conn->phase != OSM_CONN_CONNECTED)
        return;
    /* A look that is under way may have read what has changed since. */
    conn->look_again = conn->job != NULL;
    if (conn->job)
        return;
    job = osm_credentials_job_new(conn->source);
    job->look = true;
    job->server_chain = osm_credentials_copy(&job->credentials, &conn->approved);
    job->told = looked;
    job->context = conn;
    conn->job = job;
    osm_credentials_job_submit(job, &conn->ua->stack.jobs);
}
