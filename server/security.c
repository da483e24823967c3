/* SPDX-License-Identifier: MIT */
/* Policies, endpoints and the server's own certificate (--security). Clients are told apart by
 * nothing: whoever has a certificate may use it, also as a user. */
#include "security.h"

#include <open62541/plugin/create_certificate.h>
#include <open62541/plugin/pki_default.h>
#include <open62541/server_config_default.h>
#include <stdio.h>

#define LARGEST_FILE 65536

static bool read_file(const char *path, UA_ByteString *content)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    bool ok = UA_ByteString_allocBuffer(content, LARGEST_FILE) == UA_STATUSCODE_GOOD;
    if (ok)
        content->length = fread(content->data, 1, LARGEST_FILE, file);
    ok = ok && content->length > 0 && !ferror(file);
    fclose(file);
    return ok;
}

static bool generate(UA_ByteString *certificate, UA_ByteString *key, const UA_Logger *logger)
{
    UA_String subject[] = {UA_STRING_STATIC("O=opcua-session-manager"),
                           UA_STRING_STATIC("CN=OPC UA demo server")};
    UA_String names[] = {UA_STRING_STATIC("DNS:localhost"),
                         UA_STRING_STATIC("URI:urn:opcua-demo-server")};
    UA_UInt16 bits = 2048;
    UA_KeyValuePair pair = {.key = {0, UA_STRING_STATIC("key-size-bits")}};
    UA_KeyValueMap params = {1, &pair};
    UA_Variant_setScalar(&pair.value, &bits, &UA_TYPES[UA_TYPES_UINT16]);
    return UA_CreateCertificate(logger, subject, 2, names, 2, UA_CERTIFICATEFORMAT_DER, &params,
                                key, certificate) == UA_STATUSCODE_GOOD;
}

/* The library takes a group's context over with the group. */
static void accept_everybody(UA_CertificateVerification *group)
{
    if (group->clear)
        group->clear(group);
    UA_CertificateVerification_AcceptAll(group);
}

/* The policies of the endpoint list; that of None is there. */
static UA_StatusCode add_endpoints(UA_ServerConfig *config)
{
    UA_StatusCode status = UA_STATUSCODE_GOOD;
    for (size_t i = 0; i < config->securityPoliciesSize; i++) {
        const UA_String uri = config->securityPolicies[i].policyUri;
        if (config->securityPolicies[i].localCertificate.length == 0)
            continue;
        status |= UA_ServerConfig_addEndpoint(config, uri, UA_MESSAGESECURITYMODE_SIGN);
        status |= UA_ServerConfig_addEndpoint(config, uri, UA_MESSAGESECURITYMODE_SIGNANDENCRYPT);
    }
    return status;
}

static UA_StatusCode add_policies(UA_ServerConfig *config, const UA_ByteString *certificate,
                                  const UA_ByteString *key)
{
    typedef UA_StatusCode adder(UA_ServerConfig *, const UA_ByteString *, const UA_ByteString *);
    static adder *const adders[] = {UA_ServerConfig_addSecurityPolicyBasic128Rsa15,
                                    UA_ServerConfig_addSecurityPolicyBasic256,
                                    UA_ServerConfig_addSecurityPolicyBasic256Sha256,
                                    UA_ServerConfig_addSecurityPolicyAes128Sha256RsaOaep,
                                    UA_ServerConfig_addSecurityPolicyAes256Sha256RsaPss};
    UA_StatusCode status = UA_STATUSCODE_GOOD;
    for (size_t i = 0; i < sizeof(adders) / sizeof(adders[0]); i++)
        status |= adders[i](config, certificate, key);
    return status;
}

static const char *own_certificate(const struct osm_options *options, UA_ByteString *certificate,
                                   UA_ByteString *key, const UA_Logger *logger)
{
    if ((options->certificate == NULL) != (options->key == NULL))
        return "--certificate and --key belong together";
    if (options->certificate == NULL)
        return generate(certificate, key, logger) ? NULL : "cannot generate a certificate";
    if (!read_file(options->certificate, certificate) || !read_file(options->key, key))
        return "cannot read the files of --certificate and --key";
    return NULL;
}

const char *osm_security_apply(UA_ServerConfig *config, const struct osm_options *options)
{
    UA_ByteString certificate = UA_BYTESTRING_NULL, key = UA_BYTESTRING_NULL;
    const char *failed = own_certificate(options, &certificate, &key, config->logging);
    if (failed == NULL && add_policies(config, &certificate, &key) != UA_STATUSCODE_GOOD)
        failed = "the security policies do not take the certificate and key";
    if (failed == NULL && add_endpoints(config) != UA_STATUSCODE_GOOD)
        failed = "cannot add the encrypted endpoints";
    UA_ByteString_clear(&certificate);
    UA_ByteString_clear(&key);
    accept_everybody(&config->secureChannelPKI);
    accept_everybody(&config->sessionPKI);
    return failed;
}
