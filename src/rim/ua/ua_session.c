/* SPDX-License-Identifier: MIT */
/* CreateSession, ActivateSession, CloseSession (OPC 10000-4 §5.7.2 to §5.7.4); see ua_session.h. */
#include "rim/ua/ua_session.h"

#include <open62541/types_generated_handling.h>
#include <openssl/rand.h>

#include "port/policy_name.h"
#include "port/status_code.h"
#include "rim/ua/endpoint_select.h"
#include "rim/ua/user_secret.h"
#include "util/alloc.h"

#define OSM_SESSION_TIMEOUT_MS 120000
/* OPC 10000-4 §5.7.2: nonces on secured channels. */
#define OSM_NONCE_BYTES 32
/* Of ids, nonce and certificate of one session. */
#define OSM_SESSION_KEEPS ((size_t)32 * 1024)

static const struct osm_stack_error late = {.origin = OSM_ORIGIN_NETWORK,
                                            .type = OSM_FAULT_CONNECTION,
                                            .status = UA_STATUSCODE_BADTIMEOUT,
                                            .text = OSM_FAULT_LATE};

static UA_String text_of(const char *text)
{
    return (UA_String){strlen(text), (UA_Byte *)(uintptr_t)text};
}

static UA_ByteString bytes_of(const struct osm_buf *buf)
{
    return (UA_ByteString){buf->length, (UA_Byte *)buf->data};
}

/* Kept for what is signed or encrypted with it. */
static void take_nonce(struct osm_ua_session *session, const UA_ByteString *nonce)
{
    UA_ByteString_clear(&session->server_nonce);
    if (osm_ua_session_proves(session->setup))
        osm_assert(UA_ByteString_copy(nonce, &session->server_nonce) == UA_STATUSCODE_GOOD);
}

static void end(struct osm_ua_session *session, enum osm_ua_session_verdict verdict,
                UA_StatusCode status, const struct osm_stack_error *error)
{
    const struct osm_ua_session_end end = {
        .verdict = verdict, .activating = session->activating, .status = status, .error = error};
    osm_ua_session_ended_fn *ended = osm_steal(session->ended);

    session->unsure |= session->activating && verdict == OSM_UA_SESSION_LATE;
    session->call = NULL;
    session->creating = session->activating = false;
    session->setup = NULL;
    if (ended)
        ended(session->context, &end);
}

static void refuse(struct osm_ua_session *session, enum osm_fault_type type, const char *text)
{
    struct osm_stack_error error = {0};

    osm_stack_error_set(&error, OSM_ORIGIN_HERE, type, UA_STATUSCODE_BADSECURITYCHECKSFAILED, "%s",
                        text);
    end(session, OSM_UA_SESSION_BROKEN, error.status, &error);
}

/* The server has refused, in the words of ipc-protocol.md §8.3. */
static void refused(struct osm_ua_session *session, UA_StatusCode status)
{
    struct osm_stack_error error = {0};
    struct osm_fault fault = {0};
    struct osm_arena arena;

    osm_arena_init(&arena);
    if (session->activating)
        osm_fault_set(&fault, &arena, OSM_FAULT_SERVICE,
                      "ActivateSession failed with status 0x%08X", status);
    else
        osm_status_code_fault(status, &arena, &fault);
    osm_stack_error_set(&error, OSM_ORIGIN_SERVER, fault.type, status, "%s", fault.message);
    osm_arena_deinit(&arena);
    end(session, OSM_UA_SESSION_REFUSED, status, &error);
}

/* True when there is a good answer; otherwise the procedure has ended, or the channel ends it. */
static bool is_good(struct osm_ua_session *session, const struct osm_call_result *result)
{
    session->call = NULL;
    if (result->outcome == OSM_CALL_LOST)
        return false; /* the channel tells of it */
    if (result->outcome == OSM_CALL_FAILED && result->status == UA_STATUSCODE_BADTIMEOUT)
        end(session, OSM_UA_SESSION_LATE, result->status, &late);
    else if (result->outcome == OSM_CALL_FAILED)
        end(session, OSM_UA_SESSION_BROKEN, result->status, result->error);
    else if (result->status != UA_STATUSCODE_GOOD)
        refused(session, result->status);
    else
        return true;
    return false;
}

static struct osm_call *start(struct osm_ua_session *session, size_t request_type, void *request,
                              size_t response_type, osm_msec limit, osm_call_fn *done)
{
    const struct osm_call_time time = {.limit = limit, .hint = (uint32_t)limit};

    return osm_calls_start(session->calls, &UA_TYPES[request_type], request,
                           &UA_TYPES[response_type], &time, done, session);
}

static void begin(struct osm_ua_session *session, struct osm_calls *calls,
                  struct osm_ua_session_setup *setup, osm_ua_session_ended_fn *ended, void *context)
{
    osm_assert(!session->call && !session->proof);
    session->calls = calls;
    session->setup = setup;
    session->ended = ended;
    session->context = context;
}

/* --- ActivateSession ----------------------------------------------------------------------- */

static void take_ephemeral(struct osm_ua_session *session, const UA_ResponseHeader *header)
{
    UA_EphemeralKeyType_clear(&session->ephemeral);
    (void)!osm_user_secret_answer(&header->additionalHeader, &session->ephemeral);
}

static void activated(void *context, const struct osm_call_result *result)
{
    struct osm_ua_session *session = context;
    const UA_ActivateSessionResponse *response = result->response;

    if (!is_good(session, result))
        return;
    session->unsure = false;
    if (response->serverNonce.length > OSM_SESSION_KEEPS) {
        refuse(session, OSM_FAULT_PROTOCOL,
               "The nonce in the ActivateSession response exceeds 32 KiB");
        return;
    }
    take_nonce(session, &response->serverNonce);
    take_ephemeral(session, result->header);
    osm_channel_narrow(session->calls->channel, session->request_bytes);
    end(session, OSM_UA_SESSION_READY, UA_STATUSCODE_GOOD, NULL);
}

union token {
    UA_AnonymousIdentityToken anonymous;
    UA_UserNameIdentityToken user;
    UA_X509IdentityToken certificate;
};

static void user_token(const struct osm_ua_session_setup *setup, const struct osm_ua_proof *proof,
                       union token *token, UA_ExtensionObject *out)
{
    const UA_DataType *type = &UA_TYPES[UA_TYPES_ANONYMOUSIDENTITYTOKEN];

    memset(token, 0, sizeof(*token));
    if (setup->user == UA_USERTOKENTYPE_USERNAME) {
        type = &UA_TYPES[UA_TYPES_USERNAMEIDENTITYTOKEN];
        token->user.userName = text_of(setup->username);
        token->user.password = bytes_of(proof->token_policy ? &proof->sealed : &proof->secret);
        if (proof->token_policy && proof->token_policy->encryption_uri)
            token->user.encryptionAlgorithm = text_of(proof->token_policy->encryption_uri);
    } else if (setup->user == UA_USERTOKENTYPE_CERTIFICATE) {
        type = &UA_TYPES[UA_TYPES_X509IDENTITYTOKEN];
        token->certificate.certificateData = setup->credentials->user_leaf;
    }
    token->anonymous.policyId = setup->policy_id; /* first in each of them */
    UA_ExtensionObject_setValueNoDelete(out, token, type);
}

_Static_assert(offsetof(UA_AnonymousIdentityToken, policyId) == 0 &&
                   offsetof(UA_UserNameIdentityToken, policyId) == 0 &&
                   offsetof(UA_X509IdentityToken, policyId) == 0,
               "one place for the policy id");

static void signature(UA_SignatureData *out, const struct osm_policy *policy,
                      const struct osm_buf *bytes)
{
    if (!policy || !bytes->length)
        return;
    if (policy->signature_uri) /* signatures on curves have no name of their own */
        out->algorithm = text_of(policy->signature_uri);
    out->signature = bytes_of(bytes);
}

static void proven(void *context, struct osm_ua_proof *proof)
{
    struct osm_ua_session *session = context;
    const struct osm_ua_session_setup *setup = session->setup;
    const struct osm_policy *token_policy =
        proof->token_policy ? proof->token_policy : setup->policy;
    UA_ActivateSessionRequest request;
    union token token;

    session->proof = NULL;
    if (osm_stack_error_is_set(&proof->error)) {
        end(session, OSM_UA_SESSION_BROKEN, proof->error.status, &proof->error);
        return;
    }
    UA_ActivateSessionRequest_init(&request);
    request.requestHeader.authenticationToken = session->token;
    signature(&request.clientSignature, setup->policy, &proof->signature);
    signature(&request.userTokenSignature, token_policy, &proof->user_signature);
    user_token(setup, proof, &token, &request.userIdentityToken);
    if (token_policy && osm_user_secret_needs_ephemeral(token_policy))
        osm_user_secret_ask(&request.requestHeader.additionalHeader, token_policy);
    session->creating = false;
    session->activating = true;
    session->call = start(session, UA_TYPES_ACTIVATESESSIONREQUEST, &request,
                          UA_TYPES_ACTIVATESESSIONRESPONSE, setup->timeout, activated);
    UA_ExtensionObject_clear(&request.requestHeader.additionalHeader);
}

static void prove(struct osm_ua_session *session, struct osm_ua_proof *proof)
{
    proof->told = proven;
    proof->context = session;
    session->proof = proof;
    osm_ua_proof_submit(proof, &session->calls->stack->jobs);
}

void osm_ua_session_activate(struct osm_ua_session *session, struct osm_calls *calls,
                             struct osm_ua_session_setup *setup, osm_ua_session_ended_fn *ended,
                             void *context)
{
    begin(session, calls, setup, ended, context);
    prove(session, osm_ua_proof_new(session));
}

/* --- CreateSession ------------------------------------------------------------------------- */

/* The endpoint in use as the list has it, with the certificate in use, which servers may leave out;
 * other host names, others beside it and another order say nothing (OPC 10000-4 §5.7.2). */
static const UA_EndpointDescription *listed(const struct osm_ua_session_setup *setup,
                                            const UA_CreateSessionResponse *response)
{
    const UA_EndpointDescription *at = response->serverEndpoints;
    const UA_EndpointDescription *end = at + response->serverEndpointsSize;
    UA_ByteString used = osm_credentials_leaf(&setup->credentials->server_chain);

    while ((at = osm_endpoint_select_endpoint(at, (size_t)(end - at), setup->policy->uri,
                                              (int)setup->mode)) != NULL) {
        UA_ByteString leaf = osm_credentials_leaf(&at->serverCertificate);

        if (!leaf.length || UA_ByteString_equal(&leaf, &used))
            return at;
        at++;
    }
    return NULL;
}

/* GetEndpoints is answered unsigned: that a password is to be sent as it is on a channel that is
 * only signed, somebody in between may have said. */
static bool would_leak(const struct osm_ua_session_setup *setup,
                       const UA_EndpointDescription *endpoint)
{
    return setup->user == UA_USERTOKENTYPE_USERNAME && !setup->token_policy &&
           setup->mode != UA_MESSAGESECURITYMODE_SIGNANDENCRYPT &&
           !osm_endpoint_select_takes_clear(endpoint);
}

/* What an answer on a secured channel must be; NULL = it is. */
static const char *fault_of(const struct osm_ua_session_setup *setup,
                            const UA_CreateSessionResponse *response)
{
    UA_ByteString used = osm_credentials_leaf(&setup->credentials->server_chain);
    UA_ByteString shown = osm_credentials_leaf(&response->serverCertificate);
    const UA_EndpointDescription *endpoint;

    if (!UA_ByteString_equal(&shown, &used))
        return "The certificate in the CreateSession response is not the one of the channel";
    if (response->serverNonce.length < OSM_NONCE_BYTES)
        return "The nonce in the CreateSession response is shorter than 32 bytes";
    if (!response->serverEndpointsSize)
        return NULL;
    endpoint = listed(setup, response);
    if (!endpoint || would_leak(setup, endpoint))
        return "The endpoints in the CreateSession response are not those of GetEndpoints";
    return NULL;
}

static size_t size_of(const UA_NodeId *id)
{
    return UA_calcSizeBinary(id, &UA_TYPES[UA_TYPES_NODEID]);
}

/* Whether what a session keeps of an answer would cost more than any good one does. */
static bool is_bulky(const UA_CreateSessionResponse *response)
{
    return size_of(&response->sessionId) + size_of(&response->authenticationToken) +
               response->serverNonce.length +
               osm_credentials_leaf(&response->serverCertificate).length >
           OSM_SESSION_KEEPS;
}

static void copy_id(const UA_NodeId *from, UA_NodeId *to)
{
    osm_assert(UA_NodeId_copy(from, to) == UA_STATUSCODE_GOOD);
}

static void refuse_bulky(struct osm_ua_session *session, const UA_CreateSessionResponse *response)
{
    if (size_of(&response->authenticationToken) <= OSM_SESSION_KEEPS) /* it can be closed */
        copy_id(&response->authenticationToken, &session->token);
    refuse(session, OSM_FAULT_PROTOCOL,
           "The ids, nonce and certificate in the CreateSession response exceed 32 KiB");
}

static void take(struct osm_ua_session *session, const UA_CreateSessionResponse *response)
{
    UA_ByteString leaf = osm_credentials_leaf(&response->serverCertificate);

    if (!leaf.length)
        leaf = osm_credentials_leaf(&session->setup->credentials->server_chain);
    osm_shared_bytes_drop(&session->server_leaf);
    session->server_leaf = osm_shared_bytes_keep(&session->calls->stack->shared, &leaf);
    take_nonce(session, &response->serverNonce);
    copy_id(&response->sessionId, &session->id);
    copy_id(&response->authenticationToken, &session->token);
    if (response->revisedSessionTimeout >= 1.0 && response->revisedSessionTimeout < 4e9)
        session->timeout = (uint32_t)response->revisedSessionTimeout;
    session->request_bytes = response->maxRequestMessageSize;
}

static struct osm_ua_proof *proof_of_server(const struct osm_ua_session *session,
                                            const UA_CreateSessionResponse *response)
{
    struct osm_ua_proof *proof = osm_ua_proof_new(session);

    if (proof->policy) {
        osm_buf_add(&proof->signed_by_server, proof->own_leaf.data, proof->own_leaf.length);
        osm_buf_add(&proof->signed_by_server, session->setup->client_nonce, OSM_NONCE_BYTES);
        osm_buf_add(&proof->server_signature, response->serverSignature.signature.data,
                    response->serverSignature.signature.length);
    }
    return proof;
}

static void created(void *context, const struct osm_call_result *result)
{
    struct osm_ua_session *session = context;
    const UA_CreateSessionResponse *response = result->response;
    const char *fault;

    if (!is_good(session, result))
        return;
    if (is_bulky(response)) {
        refuse_bulky(session, response);
        return;
    }
    take(session, response);
    take_ephemeral(session, result->header);
    if (session->give_up) {
        end(session, OSM_UA_SESSION_READY, UA_STATUSCODE_GOOD, NULL);
        return;
    }
    fault = session->setup->policy ? fault_of(session->setup, response) : NULL;
    if (UA_NodeId_isNull(&session->token))
        refuse(session, OSM_FAULT_PROTOCOL, "The CreateSession response has no session in it");
    else if (fault)
        refuse(session, OSM_FAULT_SECURITY, fault);
    else
        prove(session, proof_of_server(session, response));
}

void osm_ua_session_create(struct osm_ua_session *session, struct osm_calls *calls,
                           struct osm_ua_session_setup *setup, osm_ua_session_ended_fn *ended,
                           void *context)
{
    const struct osm_policy *token_policy =
        setup->token_policy ? setup->token_policy : setup->policy;
    const char *uri = setup->credentials->application_uri;
    UA_CreateSessionRequest request;

    osm_ua_session_forget(session);
    begin(session, calls, setup, ended, context);
    osm_assert(RAND_bytes(setup->client_nonce, OSM_NONCE_BYTES) == 1);
    UA_CreateSessionRequest_init(&request);
    request.clientDescription.applicationUri = text_of(uri ? uri : "urn:opcua-client:client");
    request.clientDescription.productUri = text_of("urn:opcua-client");
    request.clientDescription.applicationName.text = text_of("opcua-client");
    request.clientDescription.applicationType = UA_APPLICATIONTYPE_CLIENT;
    request.endpointUrl = text_of(setup->url);
    request.sessionName = text_of("opcua-client-session");
    request.clientNonce = (UA_ByteString){OSM_NONCE_BYTES, setup->client_nonce};
    if (setup->policy)
        request.clientCertificate = setup->credentials->own_leaf;
    request.requestedSessionTimeout =
        setup->session_timeout ? setup->session_timeout : OSM_SESSION_TIMEOUT_MS;
    request.maxResponseMessageSize = calls->stack->limits.message_bytes;
    if (token_policy && osm_user_secret_needs_ephemeral(token_policy))
        osm_user_secret_ask(&request.requestHeader.additionalHeader, token_policy);
    session->creating = true;
    session->call = start(session, UA_TYPES_CREATESESSIONREQUEST, &request,
                          UA_TYPES_CREATESESSIONRESPONSE, setup->timeout, created);
    UA_ExtensionObject_clear(&request.requestHeader.additionalHeader);
}

/* --- CloseSession -------------------------------------------------------------------------- */

static void closed(void *context, const struct osm_call_result *result)
{
    struct osm_ua_session *session = context;

    if (result->outcome == OSM_CALL_LOST)
        session->call = NULL;
    else
        end(session,
            result->outcome == OSM_CALL_ANSWERED ? OSM_UA_SESSION_READY : OSM_UA_SESSION_LATE,
            result->status, &late);
}

static void nobody_waits(void *context, const struct osm_call_result *result)
{
}

void osm_ua_session_close(struct osm_ua_session *session, struct osm_calls *calls,
                          bool delete_subscriptions, osm_msec limit, osm_ua_session_ended_fn *ended,
                          void *context)
{
    UA_CloseSessionRequest request;

    osm_ua_session_stop(session);
    begin(session, calls, NULL, ended, context);
    UA_CloseSessionRequest_init(&request);
    request.requestHeader.authenticationToken = session->token;
    request.deleteSubscriptions = delete_subscriptions;
    session->call =
        start(session, UA_TYPES_CLOSESESSIONREQUEST, &request, UA_TYPES_CLOSESESSIONRESPONSE,
              OSM_MAX(limit, 1), ended ? closed : nobody_waits);
    if (!ended)
        session->call = NULL;
    osm_ua_session_forget(session);
}

void osm_ua_session_stop(struct osm_ua_session *session)
{
    if (session->call)
        osm_calls_abandon(osm_steal(session->call));
    osm_ua_proof_abandon(osm_steal(session->proof));
    session->unsure |= session->activating;
    session->creating = session->activating = false;
    session->ended = NULL;
    session->setup = NULL;
}

void osm_ua_session_forget(struct osm_ua_session *session)
{
    UA_NodeId_clear(&session->id);
    UA_NodeId_clear(&session->token);
    UA_ByteString_clear(&session->server_nonce);
    osm_shared_bytes_drop(&session->server_leaf);
    UA_EphemeralKeyType_clear(&session->ephemeral);
    session->timeout = session->request_bytes = 0;
    session->unsure = session->told = session->give_up = false;
}
