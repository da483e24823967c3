/* SPDX-License-Identifier: MIT */
/* Endpoint and token policy; see endpoint_select.h. */
#include "rim/ua/endpoint_select.h"

#include <stdio.h>
#include <string.h>

#include "util/macros.h"

/* Servers have a handful of endpoints and token policies; no more than so many are looked at. */
#define OSM_ENDPOINTS ((size_t)65536)
#define OSM_TOKENS ((size_t)1000)
/* What is shown of a name. */
#define OSM_SHOWN ((size_t)80)
#define OSM_BINARY_PROFILE "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary"

static bool is_text(const UA_String *string, const char *text)
{
    return string->length == strlen(text) &&
           (!string->length || memcmp(string->data, text, string->length) == 0);
}

/* Some servers leave the profile empty; it is binary then. */
static bool is_binary(const UA_EndpointDescription *endpoint)
{
    return !endpoint->transportProfileUri.length ||
           is_text(&endpoint->transportProfileUri, OSM_BINARY_PROFILE);
}

/* And some leave the policy empty where there is none. */
static bool is_policy(const UA_String *uri, const char *policy_uri)
{
    return is_text(uri, policy_uri) || (!uri->length && strcmp(policy_uri, OSM_POLICY_NONE) == 0);
}

const UA_EndpointDescription *osm_endpoint_select_endpoint(const UA_EndpointDescription *endpoints,
                                                           size_t size, const char *policy_uri,
                                                           int mode)
{
    size = OSM_MIN(size, OSM_ENDPOINTS);
    for (size_t i = 0; i < size; i++)
        if ((int)endpoints[i].securityMode == mode && is_binary(&endpoints[i]) &&
            is_policy(&endpoints[i].securityPolicyUri, policy_uri))
            return &endpoints[i];
    return NULL;
}

static const UA_UserTokenPolicy *token_of(const UA_EndpointDescription *endpoint,
                                          UA_UserTokenType type, const char *policy_uri)
{
    size_t size = OSM_MIN(endpoint->userIdentityTokensSize, OSM_TOKENS);

    for (size_t i = 0; i < size; i++) {
        const UA_UserTokenPolicy *token = &endpoint->userIdentityTokens[i];

        if (token->tokenType == type &&
            (!policy_uri || is_text(&token->securityPolicyUri, policy_uri)))
            return token;
    }
    return NULL;
}

const UA_UserTokenPolicy *osm_endpoint_select_token(const UA_EndpointDescription *endpoint,
                                                    const char *policy_uri, UA_UserTokenType type)
{
    /* A password on an unsecured channel is encrypted if the server can do it (S18). */
    bool in_clear = type == UA_USERTOKENTYPE_USERNAME && strcmp(policy_uri, OSM_POLICY_NONE) == 0;
    const char *const order[] = {
        policy_uri,
        "",
        OSM_POLICY_PREFIX "Basic256Sha256",
        OSM_POLICY_PREFIX "Aes128_Sha256_RsaOaep",
        OSM_POLICY_PREFIX "Aes256_Sha256_RsaPss",
        OSM_POLICY_PREFIX "Basic256",
        OSM_POLICY_PREFIX "Basic128Rsa15",
        OSM_POLICY_PREFIX "ECC_nistP384", /* ours from here on: differences.md, S17 */
        OSM_POLICY_PREFIX "ECC_nistP256",
        OSM_POLICY_PREFIX "ECC_brainpoolP384r1",
        OSM_POLICY_PREFIX "ECC_brainpoolP256r1",
        OSM_POLICY_PREFIX "ECC_curve448",
        OSM_POLICY_PREFIX "ECC_curve25519",
        policy_uri,
        "",
        NULL, /* the first */
    };

    for (size_t i = in_clear ? 2 : 0; i < OSM_ARRAY_SIZE(order); i++) {
        const UA_UserTokenPolicy *token = token_of(endpoint, type, order[i]);

        if (token)
            return token;
    }
    return NULL;
}

bool osm_endpoint_select_takes_clear(const UA_EndpointDescription *endpoint)
{
    return !token_of(endpoint, UA_USERTOKENTYPE_USERNAME, NULL) ||
           token_of(endpoint, UA_USERTOKENTYPE_USERNAME, OSM_POLICY_NONE);
}

void osm_endpoint_select_describe(const UA_EndpointDescription *endpoints, size_t count, char *text,
                                  size_t size)
{
    size_t used = 0;

    if (size)
        text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const UA_EndpointDescription *endpoint = &endpoints[i];
        const size_t prefix = sizeof(OSM_POLICY_PREFIX) - 1;
        size_t skip = endpoint->securityPolicyUri.length > prefix ? prefix : 0;
        int length = snprintf(text + used, size - used, "%s%.*s (%s%s)", used ? ", " : "",
                              (int)OSM_MIN(endpoint->securityPolicyUri.length - skip, OSM_SHOWN),
                              (const char *)endpoint->securityPolicyUri.data + skip,
                              osm_policy_mode_name((unsigned)endpoint->securityMode),
                              is_binary(endpoint) ? "" : ", not over opc.tcp");

        if (length < 0 || (size_t)length >= size - used) {
            text[used] = '\0';
            return;
        }
        used += (size_t)length;
    }
}
