/* SPDX-License-Identifier: MIT */
/*
 * Security policies by the library; see policies.h. The library keeps pointers into a set and
 * frees its arrays with the client's configuration, unless they are taken out before
 * (client.c).
 */
#include "rim/ua/policies.h"

#include <string.h>

#include <open62541/plugin/securitypolicy_default.h>
#include <utlist.h>

#include "rim/ua/endpoint_select.h"
#include "util/alloc.h"

typedef UA_StatusCode policy_fn(UA_SecurityPolicy *policy, const UA_ByteString certificate,
                                const UA_ByteString key, const UA_Logger *logger);

static const struct kind {
    const char *uri;
    policy_fn *make;
} kinds[] = {
    {OSM_POLICY_PREFIX "Basic256Sha256", UA_SecurityPolicy_Basic256Sha256},
    {OSM_POLICY_PREFIX "Aes128_Sha256_RsaOaep", UA_SecurityPolicy_Aes128Sha256RsaOaep},
    {OSM_POLICY_PREFIX "Aes256_Sha256_RsaPss", UA_SecurityPolicy_Aes256Sha256RsaPss},
    {OSM_POLICY_PREFIX "Basic256", UA_SecurityPolicy_Basic256},
    {OSM_POLICY_PREFIX "Basic128Rsa15", UA_SecurityPolicy_Basic128Rsa15},
};

static const UA_Logger silent = {0}; /* the log belongs to the loop's thread */

static const struct kind *kind_of(const char *uri)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(kinds); i++)
        if (strcmp(kinds[i].uri, uri) == 0)
            return &kinds[i];
    return NULL;
}

bool osm_policy_is_offered(const char *uri)
{
    return kind_of(uri) != NULL;
}

static bool make(UA_SecurityPolicy *policy, const char *uri, const struct osm_key_pair *pair)
{
    const struct kind *kind = kind_of(uri);

    if (!kind || kind->make(policy, pair->leaf, pair->key, &silent) != UA_STATUSCODE_GOOD) {
        memset(policy, 0, sizeof(*policy));
        return false;
    }
    return true;
}

static bool make_auth(struct osm_policy_set *set, const struct osm_policy_needs *needs)
{
    const UA_SecurityPolicy *auth = &set->channel;

    if (!needs->token_uri)
        return true;
    if (!needs->channel_uri || strcmp(needs->channel_uri, needs->token_uri) != 0) {
        if (!make(&set->token, needs->token_uri, needs->own))
            return false;
        auth = &set->token;
        set->list[set->size++] = set->token; /* the library wants to find it there as well */
    }
    if (needs->user) {
        if (!make(&set->user, needs->token_uri, needs->user))
            return false;
        auth = &set->user;
    }
    set->auth = *auth;
    set->auth_size = 1;
    return true;
}

struct osm_policy_set *osm_policy_set_build(const struct osm_policy_needs *needs)
{
    struct osm_policy_set *set = osm_alloc(sizeof(*set));
    bool made =
        UA_SecurityPolicy_None(&set->none, UA_BYTESTRING_NULL, &silent) == UA_STATUSCODE_GOOD;

    set->list[set->size++] = set->none;
    if (made && needs->channel_uri) {
        made = make(&set->channel, needs->channel_uri, needs->own) &&
               UA_ByteString_copy(&needs->own->chain, &set->chain) == UA_STATUSCODE_GOOD;
        set->list[set->size] = set->channel;
        set->list[set->size++].localCertificate = set->chain;
    }
    if (made && make_auth(set, needs))
        return set;
    osm_policy_set_free(set);
    return NULL;
}

static void clear(UA_SecurityPolicy *policy)
{
    if (policy->clear)
        policy->clear(policy);
}

void osm_policy_set_free(struct osm_policy_set *set)
{
    if (!set)
        return;
    clear(&set->none);
    clear(&set->channel);
    clear(&set->token);
    clear(&set->user);
    UA_ByteString_clear(&set->chain);
    free(set);
}

/* Same policy, same certificate: then it has the same key. */
static bool equal(const UA_SecurityPolicy *a, const UA_SecurityPolicy *b)
{
    return UA_String_equal(&a->policyUri, &b->policyUri) &&
           UA_ByteString_equal(&a->localCertificate, &b->localCertificate);
}

static bool sets_equal(const struct osm_policy_set *a, const struct osm_policy_set *b)
{
    return UA_ByteString_equal(&a->chain, &b->chain) && equal(&a->channel, &b->channel) &&
           equal(&a->token, &b->token) && equal(&a->user, &b->user) && a->auth_size == b->auth_size;
}

/* Every copy has its own pointer to the logger. */
static void set_logger(struct osm_policy_set *set, const UA_Logger *logger)
{
    UA_SecurityPolicy *const all[] = {&set->none,    &set->channel, &set->token,   &set->user,
                                      &set->list[0], &set->list[1], &set->list[2], &set->auth};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(all); i++)
        all[i]->logger = logger;
}

/* More than the certificate itself; such a set changes while it connects and is not shared. */
static bool has_chain(const struct osm_policy_set *set)
{
    return set->chain.length > set->channel.localCertificate.length;
}

void osm_policy_set_show_chain(struct osm_policy_set *set, bool show)
{
    if (has_chain(set))
        set->list[1].localCertificate = show ? set->chain : set->channel.localCertificate;
}

struct osm_policy_set *osm_policy_set_share(struct osm_policy_set **in_use,
                                            struct osm_policy_set *set, const UA_Logger *logger)
{
    struct osm_policy_set *other;

    DL_FOREACH (*in_use, other)
        if (!has_chain(set) && sets_equal(other, set)) {
            osm_policy_set_free(set);
            other->users++;
            return other;
        }
    set_logger(set, logger);
    set->users = 1;
    DL_APPEND(*in_use, set);
    return set;
}

void osm_policy_set_release(struct osm_policy_set **in_use, struct osm_policy_set *set)
{
    if (!set || --set->users > 0)
        return;
    DL_DELETE(*in_use, set);
    osm_policy_set_free(set);
}
