/* SPDX-License-Identifier: MIT */
/*
 * The security policies, once for all clients: a set per client would cost 52 KB and 650 µs each.
 * The library keeps pointers to the array and frees it with the client's configuration, unless
 * it is taken out before (osm_policies_return).
 *
 * Policy None is always there. The others need a key of our own even to encrypt a password on an
 * unsecured channel (OPC 10000-4 §7.41.2.4), so the first client that asks for them starts the
 * generation of a certificate in the thread pool and waits for it; later ones find it ready.
 */
#include <open62541/plugin/create_certificate.h>
#include <open62541/plugin/securitypolicy_default.h>

#include "ua/internal.h"
#include "util/alloc.h"
#include "util/log.h"

#define OSM_MAX_POLICIES 6

enum policies_state { POLICIES_PLAIN, POLICIES_GENERATING, POLICIES_READY };

struct osm_policies {
    struct osm_ua *ua;
    UA_SecurityPolicy list[OSM_MAX_POLICIES];
    size_t size; /* [0] is None */
    enum policies_state state;
    uv_work_t work;
    UA_ByteString certificate;
    UA_ByteString key; /* secret */
    UA_StatusCode generated;
    struct osm_ua_deferred **waiters;
    size_t waiters_size;
    bool orphaned; /* freed while the work was running */
};

typedef UA_StatusCode policy_fn(UA_SecurityPolicy *policy, const UA_ByteString certificate,
                                const UA_ByteString key, const UA_Logger *logger);

struct osm_policies *osm_policies_new(struct osm_ua *ua)
{
    struct osm_policies *policies = osm_alloc(sizeof(*policies));

    policies->ua = ua;
    if (UA_SecurityPolicy_None(&policies->list[0], UA_BYTESTRING_NULL, &ua->logger) ==
        UA_STATUSCODE_GOOD)
        policies->size = 1;
    osm_assert(policies->size == 1);
    return policies;
}

static void destroy(struct osm_policies *policies)
{
    for (size_t i = 0; i < policies->size; i++)
        policies->list[i].clear(&policies->list[i]);
    osm_wipe(policies->key.data, policies->key.length);
    UA_ByteString_clear(&policies->key);
    UA_ByteString_clear(&policies->certificate);
    free(policies->waiters);
    free(policies);
}

void osm_policies_free(struct osm_policies *policies)
{
    if (!policies)
        return;
    if (policies->state == POLICIES_GENERATING) {
        policies->orphaned = true; /* the work still writes into it */
        (void)uv_cancel((uv_req_t *)&policies->work);
        return;
    }
    destroy(policies);
}

/* Runs in the thread pool. */
static void generate(uv_work_t *work)
{
    struct osm_policies *policies = osm_container_of(work, struct osm_policies, work);
    UA_String subject[] = {UA_STRING_STATIC("O=OPC UA PHP Client"),
                           UA_STRING_STATIC("CN=OPC UA PHP Client")};
    UA_String names[] = {UA_STRING_STATIC("URI:urn:opcua-client")};
    UA_UInt16 bits = 2048;
    UA_KeyValuePair pair = {.key = {0, UA_STRING_STATIC("key-size-bits")}};
    UA_KeyValueMap params = {1, &pair};
    static const UA_Logger silent = {0}; /* the log belongs to the loop's thread */

    UA_Variant_setScalar(&pair.value, &bits, &UA_TYPES[UA_TYPES_UINT16]);
    policies->generated = UA_CreateCertificate(&silent, subject, OSM_ARRAY_SIZE(subject), names,
                                               OSM_ARRAY_SIZE(names), UA_CERTIFICATEFORMAT_DER,
                                               &params, &policies->key, &policies->certificate);
}

static void build(struct osm_policies *policies)
{
    static policy_fn *const kinds[] = {UA_SecurityPolicy_Basic256Sha256,
                                       UA_SecurityPolicy_Aes128Sha256RsaOaep,
                                       UA_SecurityPolicy_Aes256Sha256RsaPss,
                                       UA_SecurityPolicy_Basic256, UA_SecurityPolicy_Basic128Rsa15};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(kinds); i++) {
        UA_SecurityPolicy *policy = &policies->list[policies->size];
        UA_StatusCode status =
            kinds[i](policy, policies->certificate, policies->key, &policies->ua->logger);

        if (status == UA_STATUSCODE_GOOD)
            policies->size++;
        else
            osm_log_warning("Security policy %zu is not available: %s", i,
                            UA_StatusCode_name(status));
    }
}

static void generated(uv_work_t *work, int status)
{
    struct osm_policies *policies = osm_container_of(work, struct osm_policies, work);
    struct osm_ua *ua = policies->ua;

    if (policies->orphaned) {
        destroy(policies);
        osm_ua_handle_closed(ua);
        return;
    }
    policies->state = POLICIES_READY;
    if (status == 0 && policies->generated == UA_STATUSCODE_GOOD)
        build(policies);
    else
        osm_log_error("Cannot generate the client certificate: %s. Passwords can only be sent to "
                      "servers that take them unencrypted.",
                      UA_StatusCode_name(policies->generated));
    for (size_t i = 0; i < policies->waiters_size; i++)
        osm_ua_defer(ua, policies->waiters[i]);
    policies->waiters_size = 0;
    osm_ua_handle_closed(ua);
}

static void start_generating(struct osm_policies *policies)
{
    policies->state = POLICIES_GENERATING;
    policies->ua->handles++; /* given back in generated() */
    if (uv_queue_work(policies->ua->loop, &policies->work, generate, generated) < 0) {
        policies->state = POLICIES_READY;
        policies->ua->handles--;
        osm_log_error("Cannot start the generation of the client certificate");
    }
}

bool osm_policies_lend(struct osm_policies *policies, UA_ClientConfig *config, bool secure,
                       struct osm_ua_deferred *waiter)
{
    if (secure && policies->state == POLICIES_PLAIN)
        start_generating(policies);
    if (secure && policies->state == POLICIES_GENERATING) {
        policies->waiters =
            osm_realloc(policies->waiters, (policies->waiters_size + 1) * sizeof(waiter));
        policies->waiters[policies->waiters_size++] = waiter;
        return false;
    }
    config->securityPolicies = policies->list;
    config->securityPoliciesSize = secure ? policies->size : 1;
    config->authSecurityPolicies = policies->list;
    config->authSecurityPoliciesSize = secure ? policies->size : 1;
    return true;
}

void osm_policies_return(UA_ClientConfig *config)
{
    config->securityPolicies = NULL;
    config->securityPoliciesSize = 0;
    config->authSecurityPolicies = NULL;
    config->authSecurityPoliciesSize = 0;
}

void osm_policies_forget(struct osm_policies *policies, struct osm_ua_deferred *waiter)
{
    size_t kept = 0;

    for (size_t i = 0; i < policies->waiters_size; i++)
        if (policies->waiters[i] != waiter)
            policies->waiters[kept++] = policies->waiters[i];
    policies->waiters_size = kept;
}
