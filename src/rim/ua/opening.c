/* SPDX-License-Identifier: MIT */
/* See opening.h. */
#include "rim/ua/opening.h"

#include <string.h>
#include <unistd.h>

#include <openssl/x509.h>

#include "rim/pki/cert.h"
#include "rim/ua/binary.h"
#include "rim/ua/framing.h"
#include "rim/ua/message.h"
#include "util/alloc.h"

#define OSM_OPEN_HEADER ((size_t)12) /* message header and channel id; then three byte strings */
#define OSM_THUMBPRINT ((size_t)20)

static bool is_none(const struct osm_opening *opening)
{
    return opening->config.policy->family == OSM_POLICY_FAMILY_NONE;
}

static void copy_bytes(struct osm_arena *arena, UA_ByteString *bytes)
{
    bytes->data = (UA_Byte *)osm_arena_text(arena, (const char *)bytes->data, bytes->length);
}

struct osm_opening *osm_opening_new(struct osm_stack *stack,
                                    const struct osm_opening_config *config,
                                    void (*sealed)(void *context), void (*unsealed)(void *context),
                                    void *context)
{
    struct osm_opening *opening;
    struct osm_arena arena;

    osm_arena_init(&arena);
    opening = osm_arena_alloc(&arena, sizeof(*opening));
    opening->stack = stack;
    opening->config = *config;
    opening->sealed = sealed;
    opening->unsealed = unsealed;
    opening->context = context;
    copy_bytes(&arena, &opening->config.own_chain);
    copy_bytes(&arena, &opening->config.remote_leaf);
    if (config->own_key)
        EVP_PKEY_up_ref(config->own_key);
    opening->arena = arena;
    return opening;
}

static void destroy(struct osm_opening *opening)
{
    struct osm_arena arena = opening->arena;

    EVP_PKEY_free(opening->config.own_key);
    EVP_PKEY_free(opening->remote_key);
    osm_policy_nonce_deinit(&opening->nonce);
    osm_policy_keys_free(opening->sending);
    osm_policy_keys_free(opening->receiving);
    osm_buf_deinit_secret(&opening->chunk);
    osm_arena_deinit(&arena); /* the opening is in it */
}

void osm_opening_free(struct osm_opening *opening)
{
    if (!opening)
        return;
    opening->freed = true;
    /* What nobody waits for must not keep the keys from those whose time is running. */
    if (!opening->in_job || osm_jobs_withdraw(&opening->job))
        destroy(opening);
}

static void run_step(struct osm_opening *opening, void (*run)(struct osm_job *job),
                     void (*done)(struct osm_job *job))
{
    opening->in_job = true;
    opening->job.run = run;
    opening->job.done = done;
    if (!is_none(opening)) {
        osm_jobs_submit(&opening->stack->jobs, &opening->job);
        return;
    }
    run(&opening->job);
    done(&opening->job);
}

static void tell(struct osm_opening *opening, void (*event)(void *context))
{
    opening->in_job = false;
    if (opening->freed)
        destroy(opening);
    else
        event(opening->context);
}

/* --- the request --------------------------------------------------------------------------- */

static void put_u32(struct osm_buf *out, uint32_t value)
{
    osm_framing_put_u32((uint8_t *)osm_buf_reserve(out, 4), value);
    osm_buf_commit(out, 4);
}

static void put_bytes(struct osm_buf *out, const void *data, size_t length)
{
    put_u32(out, length ? (uint32_t)length : UINT32_MAX);
    osm_buf_add(out, data, length);
}

/* Message header, channel id, asymmetric security header (§6.7.2.2, §6.7.2.3). */
static void put_header(struct osm_opening *opening)
{
    const struct osm_opening_config *config = &opening->config;
    struct osm_buf *out = &opening->chunk;
    uint8_t thumbprint[OSM_THUMBPRINT];

    osm_buf_add(out, "OPNF", 4);
    put_u32(out, 0);
    put_u32(out, config->channel_id);
    put_bytes(out, config->policy->uri, strlen(config->policy->uri));
    if (is_none(opening)) {
        put_bytes(out, NULL, 0);
        put_bytes(out, NULL, 0);
    } else {
        osm_policy_thumbprint(config->remote_leaf.data, config->remote_leaf.length, thumbprint);
        put_bytes(out, config->own_chain.data, config->own_chain.length);
        put_bytes(out, thumbprint, sizeof(thumbprint));
    }
    opening->header = out->length;
}

static bool put_request(struct osm_opening *opening)
{
    const struct osm_opening_config *config = &opening->config;
    UA_OpenSecureChannelRequest request = {
        .requestHeader = {.timestamp = UA_DateTime_now(),
                          .requestHandle = config->request_id,
                          .timeoutHint = 10000},
        .requestType =
            config->renew ? UA_SECURITYTOKENREQUESTTYPE_RENEW : UA_SECURITYTOKENREQUESTTYPE_ISSUE,
        .securityMode = config->mode,
        .clientNonce = {opening->nonce.length, opening->nonce.bytes},
        .requestedLifetime = config->lifetime};

    put_u32(&opening->chunk, config->sequence_number);
    put_u32(&opening->chunk, config->request_id);
    return osm_message_encode(&opening->chunk, &UA_TYPES[UA_TYPES_OPENSECURECHANNELREQUEST],
                              &request) == UA_STATUSCODE_GOOD;
}

static bool read_remote_key(struct osm_opening *opening)
{
    const unsigned char *at = opening->config.remote_leaf.data;
    X509 *leaf = d2i_X509(NULL, &at, (long)opening->config.remote_leaf.length);
    char text[OSM_POLICY_KEY_TEXT];

    opening->remote_key = leaf ? X509_get_pubkey(leaf) : NULL;
    X509_free(leaf);
    if (!opening->remote_key)
        return osm_stack_error_set(&opening->error, OSM_ORIGIN_HERE, OSM_FAULT_SECURITY,
                                   UA_STATUSCODE_BADCERTIFICATEINVALID,
                                   "The server's certificate cannot be parsed");
    return osm_policy_takes_key(opening->config.policy, opening->remote_key, text) ||
           osm_stack_error_set(&opening->error, OSM_ORIGIN_HERE, OSM_FAULT_SECURITY,
                               UA_STATUSCODE_BADSECURITYCHECKSFAILED, "%s", text);
}

static struct osm_policy_asym keys_of(const struct osm_opening *opening)
{
    return (struct osm_policy_asym){opening->config.policy, opening->config.own_key,
                                    opening->remote_key};
}

static bool make_request(struct osm_opening *opening)
{
    struct osm_policy_asym asym;

    put_header(opening);
    if (!is_none(opening) && (!read_remote_key(opening) ||
                              !osm_policy_nonce_make(opening->config.policy, &opening->nonce)))
        return false;
    if (!put_request(opening))
        return false;
    osm_framing_put_u32((uint8_t *)opening->chunk.data + 4, (uint32_t)opening->chunk.length);
    asym = keys_of(opening);
    return is_none(opening) || osm_policy_asym_seal(&asym, &opening->chunk, opening->header);
}

static void run_seal(struct osm_job *job)
{
    struct osm_opening *opening = osm_container_of(job, struct osm_opening, job);

    if (!make_request(opening))
        osm_stack_error_set(&opening->error, OSM_ORIGIN_HERE, OSM_FAULT_CONFIGURATION,
                            UA_STATUSCODE_BADSECURITYCHECKSFAILED,
                            "Security policy %s does not take the client certificate or its key, "
                            "or the server's certificate",
                            opening->config.policy->name);
}

static void seal_done(struct osm_job *job)
{
    struct osm_opening *opening = osm_container_of(job, struct osm_opening, job);

    tell(opening, opening->sealed);
}

void osm_opening_seal(struct osm_opening *opening)
{
    run_step(opening, run_seal, seal_done);
}

void osm_opening_sent(struct osm_opening *opening)
{
    osm_buf_deinit_secret(&opening->chunk);
}

/* --- the response -------------------------------------------------------------------------- */

static bool refuse(struct osm_opening *opening, const char *text)
{
    return osm_stack_error_set(&opening->error, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL,
                               UA_STATUSCODE_BADTCPINTERNALERROR, "OPN response: %s", text);
}

static bool is_same(const UA_ByteString *bytes, const void *data, size_t length)
{
    return bytes->length == length && (!length || memcmp(bytes->data, data, length) == 0);
}

/* The security header must say what was asked for; its leaf is the certificate we trusted. */
static bool check_header(struct osm_opening *opening, struct osm_framing_reader *reader)
{
    const struct osm_opening_config *config = &opening->config;
    UA_ByteString uri, certificate, thumbprint;
    uint8_t own[OSM_THUMBPRINT];

    osm_framing_read_bytes(reader, &uri);
    osm_framing_read_bytes(reader, &certificate);
    osm_framing_read_bytes(reader, &thumbprint);
    if (!reader->ok)
        return refuse(opening, "its security header is malformed");
    if (!is_same(&uri, config->policy->uri, strlen(config->policy->uri)))
        return refuse(opening, "it has another security policy than the request");
    if (is_none(opening))
        return true;
    certificate.length = osm_cert_der_leaf(certificate.data, certificate.length);
    if (!is_same(&certificate, config->remote_leaf.data, config->remote_leaf.length))
        return refuse(opening, "it has another certificate than the endpoint");
    osm_policy_thumbprint(config->own_chain.data,
                          osm_cert_der_leaf(config->own_chain.data, config->own_chain.length), own);
    /* Under ECC nothing is encrypted with the receiver's certificate (§6.7.2.3). */
    if (thumbprint.length && !is_same(&thumbprint, own, sizeof(own)))
        return refuse(opening, "it is for another certificate than ours");
    return true;
}

static bool take_fault(struct osm_opening *opening, const UA_ResponseHeader *header)
{
    UA_StatusCode status = header->serviceResult;
    const char *name = UA_StatusCode_name(status);
    UA_String reason = UA_STRING_NULL;

    if (header->stringTableSize)
        reason = header->stringTable[0];
    if (!reason.length)
        reason = (UA_String){strlen(name), (UA_Byte *)(uintptr_t)name};
    return osm_stack_error_set(&opening->error, OSM_ORIGIN_SERVER, OSM_FAULT_PROTOCOL, status,
                               "OPN rejected by server: 0x%08X \u2014 %.*s", status,
                               (int)OSM_MIN(reason.length, (size_t)300), (const char *)reason.data);
}

static void log_keys(const struct osm_opening *opening)
{
    uint32_t channel = opening->token.channelId, token = opening->token.tokenId;
    struct osm_buf text;

    if (opening->stack->key_log < 0 || !opening->sending)
        return;
    osm_buf_init(&text);
    osm_policy_keys_log(opening->sending, "client", channel, token, &text);
    osm_policy_keys_log(opening->receiving, "server", channel, token, &text);
    if (write(opening->stack->key_log, text.data, text.length) < 0)
        text.length = 0; /* a log that is full costs no connection */
    osm_buf_deinit_secret(&text);
}

static bool take_response(struct osm_opening *opening, const UA_OpenSecureChannelResponse *response)
{
    const UA_ByteString *nonce = &response->serverNonce;

    if (!UA_StatusCode_isGood(response->responseHeader.serviceResult))
        return take_fault(opening, &response->responseHeader);
    opening->token = response->securityToken;
    if (is_none(opening))
        return true;
    if (!osm_policy_derive(opening->config.policy, &opening->nonce, nonce->data, nonce->length,
                           &opening->sending, &opening->receiving))
        return osm_stack_error_set(
            &opening->error, OSM_ORIGIN_PEER, OSM_FAULT_SECURITY, UA_STATUSCODE_BADNONCEINVALID,
            "OPN response: its nonce is not one of %s", opening->config.policy->name);
    log_keys(opening);
    return true;
}

static bool decode(struct osm_opening *opening, const UA_ByteString *body, struct osm_arena *arena)
{
    const UA_DataType *type = &UA_TYPES[UA_TYPES_OPENSECURECHANNELRESPONSE];
    UA_OpenSecureChannelResponse response;
    UA_ByteString rest;
    UA_ServiceFault fault;
    uint32_t id;

    if (!osm_message_type(body, &id, &rest))
        return refuse(opening, "its type cannot be decoded");
    if (id == osm_message_id_of(type)) {
        if (osm_binary_decode(rest.data, rest.length, type, &response, arena, NULL) ==
            UA_STATUSCODE_GOOD)
            return take_response(opening, &response);
    } else if (id == osm_message_id_of(&UA_TYPES[UA_TYPES_SERVICEFAULT])) {
        if (osm_binary_decode(rest.data, rest.length, &UA_TYPES[UA_TYPES_SERVICEFAULT], &fault,
                              arena, NULL) == UA_STATUSCODE_GOOD)
            return take_fault(opening, &fault.responseHeader);
    }
    return refuse(opening, "it cannot be decoded");
}

static bool read_response(struct osm_opening *opening)
{
    uint8_t *chunk = (uint8_t *)opening->chunk.data;
    size_t length = opening->chunk.length, header, plain;
    struct osm_framing_reader reader = {chunk, length, true};
    struct osm_policy_asym asym = keys_of(opening);
    struct osm_arena arena;
    UA_ByteString body;
    bool ok;

    for (size_t i = 0; i < OSM_OPEN_HEADER / 4; i++)
        (void)osm_framing_read_u32(&reader);
    if (!check_header(opening, &reader))
        return false;
    opening->response_channel = osm_framing_u32(chunk + OSM_FRAMING_HEADER);
    header = length - reader.left;
    plain = reader.left;
    if (!is_none(opening) && !osm_policy_asym_unseal(&asym, chunk, length, header, &plain))
        return osm_stack_error_set(&opening->error, OSM_ORIGIN_HERE, OSM_FAULT_SIGNATURE,
                                   UA_STATUSCODE_BADSECURITYCHECKSFAILED,
                                   "OPN response signature verification failed");
    if (plain < OSM_FRAMING_SEQUENCE)
        return refuse(opening, "it ends before its sequence header");
    opening->response_sequence = osm_framing_u32(chunk + header);
    opening->response_request = osm_framing_u32(chunk + header + 4);
    body.data = chunk + header + OSM_FRAMING_SEQUENCE;
    body.length = plain - OSM_FRAMING_SEQUENCE;
    osm_arena_init(&arena);
    ok = decode(opening, &body, &arena);
    osm_arena_wipe(&arena);
    return ok;
}

static void run_unseal(struct osm_job *job)
{
    struct osm_opening *opening = osm_container_of(job, struct osm_opening, job);

    (void)!read_response(opening); /* the error says it */
}

static void unseal_done(struct osm_job *job)
{
    struct osm_opening *opening = osm_container_of(job, struct osm_opening, job);

    tell(opening, opening->unsealed);
}

void osm_opening_unseal(struct osm_opening *opening, const uint8_t *chunk, size_t length)
{
    osm_buf_truncate(&opening->chunk, 0);
    osm_buf_add(&opening->chunk, chunk, length);
    run_step(opening, run_unseal, unseal_done);
}
