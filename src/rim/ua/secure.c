/* SPDX-License-Identifier: MIT */
/*
 * The two stages of a connection with security; see secure.h. What the worker thread reads does
 * not change while it works: a new attempt waits for it (`wanted`).
 */
#include "rim/ua/secure.h"

#include <string.h>

#include "rim/pki/cert.h"
#include "rim/ua/endpoint_select.h"
#include "rim/ua/secure_work.h"
#include "rim/ua/trust_watch.h"
#include "rim/ua/ua_internal.h"
#include "util/alloc.h"
#include "util/log.h"

/* No endpoint has this policy. */
#define OSM_POLICY_UNDECIDED "urn:osm:undecided"

struct osm_secure {
    struct osm_ua *ua;
    struct osm_ua_conn *conn; /* NULL = let go */
    char *policy_uri;
    int mode;
    UA_UserTokenType user;
    bool deciding; /* stage 1 */
    bool working;
    bool wanted; /* the list is to be looked at when the work has ended */
    bool again;  /* the trust in a live connection is to be looked at when it has ended */
    bool warned; /* of what is not checked */
    UA_ByteString approved; /* what the server of the live connection has shown */
    struct osm_trust_watch *watch;
    uv_work_t request;
    UA_GetEndpointsResponse offer; /* what stage 1 has brought */
    struct osm_secure_work work;
    struct osm_policy_set *set; /* in use by the client */
};

static char *copy_text(const char *text)
{
    return text ? osm_strdup(text) : NULL;
}

static UA_UserTokenType user_of(const struct osm_ua_params *params)
{
    if (params->username && params->password)
        return UA_USERTOKENTYPE_USERNAME;
    if (params->user_cert_path && params->user_key_path)
        return UA_USERTOKENTYPE_CERTIFICATE;
    return UA_USERTOKENTYPE_ANONYMOUS;
}

static void copy_files(struct osm_secure_work *work, const struct osm_ua_params *params,
                       bool secured, bool user_cert)
{
    if (secured && params->client_cert_path && params->client_key_path) {
        work->client_cert_path = copy_text(params->client_cert_path);
        work->client_key_path = copy_text(params->client_key_path);
    }
    if (secured)
        work->ca_cert_path = copy_text(params->ca_cert_path);
    if (user_cert) {
        work->user_cert_path = copy_text(params->user_cert_path);
        work->user_key_path = copy_text(params->user_key_path);
    }
    work->allowed_dirs = params->allowed_cert_dirs;
    if (!secured)
        return;
    work->judge = (struct osm_verdict){.store_path = copy_text(params->trust_store_path),
                                       .policy = copy_text(params->trust_policy),
                                       .ca_path = copy_text(params->ca_cert_path),
                                       .allowed_dirs = params->allowed_cert_dirs,
                                       .refuse_other_uri = params->refuse_other_uri,
                                       .auto_accept = params->auto_accept,
                                       .auto_accept_force = params->auto_accept_force};
}

struct osm_secure *osm_secure_new(struct osm_ua_conn *conn, const struct osm_ua_params *params)
{
    const bool secured = params->security_policy_uri && params->security_mode > 1;
    const UA_UserTokenType user = user_of(params);
    struct osm_secure *secure;

    if (!secured && user == UA_USERTOKENTYPE_ANONYMOUS)
        return NULL;
    secure = osm_alloc(sizeof(*secure));
    secure->ua = conn->ua;
    secure->conn = conn;
    secure->policy_uri = osm_strdup(secured ? params->security_policy_uri : OSM_POLICY_NONE);
    secure->mode = secured ? params->security_mode : UA_MESSAGESECURITYMODE_NONE;
    secure->user = user;
    secure->work.own = conn->ua->own_cert;
    secure->work.host = osm_strdup(conn->host);
    copy_files(&secure->work, params, secured, user == UA_USERTOKENTYPE_CERTIFICATE);
    osm_arena_init(&secure->work.arena);
    return secure;
}

static void destroy(struct osm_secure *secure)
{
    osm_secure_work_deinit(&secure->work);
    UA_GetEndpointsResponse_clear(&secure->offer);
    UA_ByteString_clear(&secure->approved);
    free(secure->policy_uri);
    free(secure);
}

void osm_secure_free(struct osm_secure *secure)
{
    if (!secure)
        return;
    osm_policy_set_release(&secure->ua->policy_sets, osm_steal(secure->set));
    osm_trust_watch_leave(osm_steal(secure->watch), secure);
    secure->conn = NULL;
    secure->wanted = false;
    secure->again = false;
    if (secure->working)
        (void)uv_cancel((uv_req_t *)&secure->request); /* its end frees it */
    else
        destroy(secure);
}

bool osm_secure_is_secured(const struct osm_secure *secure)
{
    return secure->mode != UA_MESSAGESECURITYMODE_NONE;
}

/* --- stage 1 ------------------------------------------------------------------------------- */

static UA_ClientConfig *config_of(const struct osm_secure *secure)
{
    return UA_Client_getConfig(secure->conn->client);
}

void osm_secure_begin(struct osm_secure *secure)
{
    UA_ClientConfig *config = config_of(secure);

    /* Forgets the endpoint of the last attempt. */
    (void)UA_Client_disconnectSecureChannelAsync(secure->conn->client);
    UA_EndpointDescription_clear(&config->endpoint);
    UA_String_clear(&config->securityPolicyUri);
    config->securityPolicyUri = UA_STRING_ALLOC(OSM_POLICY_UNDECIDED);
    osm_client_lend(config, secure->ua->plain);
    osm_policy_set_release(&secure->ua->policy_sets, osm_steal(secure->set));
    secure->deciding = true;
    secure->conn->peek.wants_endpoints = true;
    secure->conn->peek.cover = OSM_PEEK_CLEAR;
}

/* --- between ------------------------------------------------------------------------------- */

static void work(uv_work_t *request)
{
    osm_secure_work_run(&osm_container_of(request, struct osm_secure, request)->work);
}

static void decide(struct osm_secure *secure);

static void log_work(const struct osm_secure_work *done)
{
    if (done->warnings)
        osm_log_warning("%s", done->warnings);
    if (done->log.warning)
        osm_log_warning("%s", done->log.warning);
    if (done->log.info)
        osm_log_info("%s", done->log.info);
}

static void tell_judgement(const struct osm_ua_conn *conn, const struct osm_verdict_log *log)
{
    const struct osm_ua_judgement judgement = {.trust = log->trust,
                                               .fingerprint = log->fingerprint,
                                               .subject = log->subject,
                                               .reason = log->reason};

    if (log->trust != OSM_UA_TRUST_NOT_ASKED && conn->events->judged)
        conn->events->judged(conn->context, &judgement);
}

/* A live connection was looked at. */
static void looked(struct osm_secure *secure)
{
    struct osm_secure_work *done = &secure->work;

    if (osm_fault_is_set(&done->fault) && secure->watch) {
        osm_log_warning("The certificate of %s is not trusted any more", secure->conn->url);
        osm_conn_drop(secure->conn, &done->fault);
    } else if (secure->again) {
        secure->again = false;
        osm_secure_look_again(secure);
    }
}

static void worked(uv_work_t *request, int status)
{
    struct osm_secure *secure = osm_container_of(request, struct osm_secure, request);
    struct osm_ua *ua = secure->ua;
    struct osm_secure_work *done = &secure->work;

    secure->working = false;
    log_work(done);
    if (!secure->conn) {
        destroy(secure);
    } else if (secure->wanted) {
        secure->wanted = false;
        decide(secure);
    } else if (done->look) {
        looked(secure);
    } else if (secure->deciding) {
        secure->deciding = false;
        tell_judgement(secure->conn, &done->log);
        if (status < 0)
            osm_fault_set(&done->fault, &done->arena, OSM_FAULT_CONNECTION,
                          "The daemon is shutting down");
        osm_conn_prepared(secure->conn, osm_fault_is_set(&done->fault) ? &done->fault : NULL);
    }
    osm_ua_handle_closed(ua);
}

static void start_work(struct osm_secure *secure)
{
    secure->working = true;
    secure->ua->handles++; /* given back in worked() */
    osm_assert(uv_queue_work(secure->ua->loop, &secure->request, work, worked) == 0);
}

static void fail(struct osm_secure *secure)
{
    secure->deciding = false;
    osm_conn_prepared(secure->conn, &secure->work.fault);
}

/* The security policy the token is sent under; NULL = as it is. */
static const char *token_uri(const UA_UserTokenPolicy *token, const char *policy_uri,
                             struct osm_arena *arena)
{
    const char *uri = token->securityPolicyUri.length
                          ? osm_arena_text(arena, (const char *)token->securityPolicyUri.data,
                                           token->securityPolicyUri.length)
                          : policy_uri;

    return strcmp(uri, OSM_POLICY_NONE) == 0 ? NULL : uri;
}

/* The endpoint as the library gets it: only the chosen token, the server's own certificate
 * without its chain, and the URL the caller gave. */
static void narrow(struct osm_secure *secure, const UA_EndpointDescription *endpoint,
                   const UA_UserTokenPolicy *token)
{
    UA_EndpointDescription only = *endpoint;
    size_t leaf =
        osm_der_leaf(endpoint->serverCertificate.data, endpoint->serverCertificate.length);
    UA_UserTokenPolicy copy = *token;

    if (leaf)
        only.serverCertificate.length = leaf;
    only.userIdentityTokens = &copy;
    only.userIdentityTokensSize = 1;
    only.endpointUrl = UA_STRING(secure->conn->url);
    osm_assert(UA_EndpointDescription_copy(&only, &secure->work.endpoint) == UA_STATUSCODE_GOOD);
    osm_assert(UA_ByteString_copy(&endpoint->serverCertificate, &secure->work.server_chain) ==
               UA_STATUSCODE_GOOD);
}

static const UA_EndpointDescription *find_endpoint(struct osm_secure *secure)
{
    struct osm_secure_work *job = &secure->work;
    const UA_EndpointDescription *endpoint = osm_endpoint_select_endpoint(
        secure->offer.endpoints, secure->offer.endpointsSize, secure->policy_uri, secure->mode);
    char offered[300];

    if (!endpoint) {
        osm_endpoint_select_describe(secure->offer.endpoints, secure->offer.endpointsSize, offered,
                                     sizeof(offered));
        osm_fault_set(&job->fault, &job->arena, OSM_FAULT_CONFIGURATION,
                      "The server offers no endpoint with security policy %s and mode %s, but %s",
                      osm_policy_name(secure->policy_uri),
                      osm_policy_mode_name((unsigned)secure->mode),
                      offered[0] ? offered : "none at all");
    } else if (osm_secure_is_secured(secure) && !endpoint->serverCertificate.length) {
        osm_fault_set(&job->fault, &job->arena, OSM_FAULT_SECURITY,
                      "Could not obtain server certificate from GetEndpoints");
        endpoint = NULL;
    }
    return endpoint;
}

/* Users an endpoint does not announce are left to the server to refuse, under the names the
 * contract gives; but nobody has said how to encrypt a password then. */
static UA_UserTokenPolicy unannounced(const struct osm_secure *secure)
{
    static const char *const names[] = {[UA_USERTOKENTYPE_ANONYMOUS] = "anonymous",
                                        [UA_USERTOKENTYPE_USERNAME] = "username",
                                        [UA_USERTOKENTYPE_CERTIFICATE] = "certificate"};

    return (UA_UserTokenPolicy){.policyId = UA_STRING((char *)(uintptr_t)names[secure->user]),
                                .tokenType = secure->user};
}

static bool may_send(struct osm_secure *secure, const UA_UserTokenPolicy *token)
{
    struct osm_secure_work *job = &secure->work;

    if (!token && !osm_secure_is_secured(secure))
        return osm_fault_set(&job->fault, &job->arena, OSM_FAULT_SERVICE,
                             "ActivateSession failed with status 0x%08X",
                             UA_STATUSCODE_BADIDENTITYTOKENINVALID);
    if (job->token_uri && !osm_policy_is_offered(job->token_uri))
        return osm_fault_set(&job->fault, &job->arena, OSM_FAULT_CONFIGURATION,
                             "The server wants users to be sent under security policy %s, which "
                             "this build does not offer",
                             osm_policy_name(job->token_uri));
    return true;
}

static void warn(struct osm_secure *secure)
{
    if (secure->warned)
        return;
    secure->warned = true;
    if (secure->user == UA_USERTOKENTYPE_USERNAME && !secure->work.token_uri &&
        !osm_secure_is_secured(secure))
        osm_log_warning("The password for %s is sent unencrypted: the server asks for none",
                        secure->conn->url);
    if (osm_secure_is_secured(secure) && !osm_verdict_is_set(&secure->work.judge))
        osm_log_warning("The certificate of %s is not checked: no trustStorePath and trustPolicy",
                        secure->conn->url);
}

static void decide(struct osm_secure *secure)
{
    struct osm_secure_work *job = &secure->work;
    const UA_EndpointDescription *endpoint;
    const UA_UserTokenPolicy *token;
    UA_UserTokenPolicy stand_in = unannounced(secure);

    osm_secure_work_reset(job);
    endpoint = find_endpoint(secure);
    if (!endpoint) {
        fail(secure);
        return;
    }
    token = osm_endpoint_select_token(endpoint, secure->policy_uri, secure->user);
    job->channel_uri = osm_secure_is_secured(secure) ? secure->policy_uri : NULL;
    job->token_uri = token_uri(token ? token : &stand_in, secure->policy_uri, &job->arena);
    if (!may_send(secure, token)) {
        fail(secure);
        return;
    }
    narrow(secure, endpoint, token ? token : &stand_in);
    warn(secure);
    start_work(secure);
}

bool osm_secure_take_over(struct osm_secure *secure)
{
    struct osm_peek *peek = &secure->conn->peek;

    if (!secure->deciding || !peek->endpoints)
        return false;
    UA_GetEndpointsResponse_clear(&secure->offer);
    secure->offer = *peek->endpoints;
    UA_GetEndpointsResponse_init(peek->endpoints);
    return true;
}

void osm_secure_decide(struct osm_secure *secure)
{
    if (secure->working)
        secure->wanted = true;
    else
        decide(secure);
}

void osm_secure_cancel(struct osm_secure *secure)
{
    osm_trust_watch_leave(osm_steal(secure->watch), secure);
    secure->again = false;
    secure->deciding = false;
    secure->wanted = false;
}

void osm_secure_show_chain(struct osm_secure *secure, bool show)
{
    if (secure->set)
        osm_policy_set_show_chain(secure->set, show);
}

/* --- stage 2 ------------------------------------------------------------------------------- */

static void apply_user(UA_ClientConfig *config, const UA_ByteString *certificate)
{
    UA_X509IdentityToken *token = UA_X509IdentityToken_new();

    osm_assert(token);
    osm_assert(UA_ByteString_copy(certificate, &token->certificateData) == UA_STATUSCODE_GOOD);
    UA_ExtensionObject_clear(&config->userIdentityToken);
    UA_ExtensionObject_setValue(&config->userIdentityToken, token,
                                &UA_TYPES[UA_TYPES_X509IDENTITYTOKEN]);
}

static enum osm_peek_cover cover_of(int mode)
{
    if (mode == UA_MESSAGESECURITYMODE_SIGNANDENCRYPT)
        return OSM_PEEK_ENCRYPTED;
    return mode == UA_MESSAGESECURITYMODE_SIGN ? OSM_PEEK_SIGNED : OSM_PEEK_CLEAR;
}

void osm_secure_apply(struct osm_secure *secure)
{
    UA_ClientConfig *config = config_of(secure);
    struct osm_secure_work *done = &secure->work;

    secure->set =
        osm_policy_set_share(&secure->ua->policy_sets, osm_steal(done->set), &secure->ua->logger);
    osm_client_lend(config, secure->set);
    secure->conn->peek.wants_endpoints = false;
    secure->conn->peek.cover = cover_of(secure->mode);
    UA_EndpointDescription_clear(&config->endpoint);
    config->endpoint = done->endpoint;
    UA_EndpointDescription_init(&done->endpoint);
    if (done->application_uri) {
        UA_String_clear(&config->clientDescription.applicationUri);
        config->clientDescription.applicationUri = UA_STRING_ALLOC(done->application_uri);
    }
    if (done->user_leaf.length)
        apply_user(config, &done->user_leaf);
    UA_ByteString_clear(&secure->approved);
    secure->approved = done->server_chain;
    UA_ByteString_init(&done->server_chain);
    osm_secure_work_reset(done);
}

/* --- a live connection ---------------------------------------------------------------------- */

const char *osm_secure_store(const struct osm_secure *secure)
{
    return secure->work.judge.store_path;
}

void osm_secure_connected(struct osm_secure *secure)
{
    osm_secure_show_chain(secure, true);
    if (!osm_secure_is_secured(secure) || !osm_verdict_is_set(&secure->work.judge))
        return;
    if (!secure->watch)
        secure->watch = osm_trust_watch_join(secure->ua, secure);
    osm_secure_look_again(secure); /* it may have changed since */
}

void osm_secure_look_again(struct osm_secure *secure)
{
    struct osm_secure_work *job = &secure->work;

    if (secure->working) {
        secure->again = true;
        return;
    }
    osm_secure_work_reset(job);
    job->look = true;
    osm_assert(UA_ByteString_copy(&secure->approved, &job->server_chain) == UA_STATUSCODE_GOOD);
    start_work(secure);
}
