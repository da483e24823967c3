/* SPDX-License-Identifier: MIT */
/* Plain JSON of service results, and the doors other floors use (plain_encode.h). */
#include "wire/plain_encode.h"
#include "wire/plain_style.h"

/* osm_plain_<name>() for a type of the style's table. */
#define DOOR(name, type)                                                                           \
    void osm_plain_##name(struct osm_json *json, const struct osm_wire_context *context,           \
                          const type *value)                                                       \
    {                                                                                              \
        struct osm_encoder encoder = osm_plain_encoder(json, context);                             \
                                                                                                   \
        osm_plain_encode_##name(&encoder, value);                                                  \
    }

DOOR(node_id, UA_NodeId)
DOOR(expanded_node_id, UA_ExpandedNodeId)
DOOR(qualified_name, UA_QualifiedName)
DOOR(localized_text, UA_LocalizedText)
DOOR(data_value, UA_DataValue)
DOOR(variant, UA_Variant)
DOOR(extension_object, UA_ExtensionObject)
DOOR(diagnostic_info, UA_DiagnosticInfo)

void osm_plain_value(struct osm_json *json, const struct osm_wire_context *context,
                     const void *value, const UA_DataType *type)
{
    struct osm_encoder encoder = osm_plain_encoder(json, context);

    osm_encode_value(&encoder, value, type);
}

void osm_plain_data_values(struct osm_json *json, const struct osm_wire_context *context,
                           const UA_DataValue *values, size_t size)
{
    struct osm_encoder encoder = osm_plain_encoder(json, context);

    osm_encode_list(&encoder, values, size, &UA_TYPES[UA_TYPES_DATAVALUE]);
}

void osm_plain_variants(struct osm_json *json, const struct osm_wire_context *context,
                        const UA_Variant *values, size_t size)
{
    struct osm_encoder encoder = osm_plain_encoder(json, context);

    osm_encode_list(&encoder, values, size, &UA_TYPES[UA_TYPES_VARIANT]);
}

void osm_plain_uint32s(struct osm_json *json, const uint32_t *values, size_t size)
{
    struct osm_encoder encoder = osm_plain_encoder(json, NULL);

    osm_encode_list(&encoder, values, size, &UA_TYPES[UA_TYPES_UINT32]);
}

void osm_plain_string(struct osm_json *json, const UA_String *value)
{
    struct osm_encoder encoder = osm_plain_encoder(json, NULL);

    osm_encode_string(&encoder, value);
}

void osm_plain_base64(struct osm_json *json, const UA_ByteString *value, bool empty_is_null)
{
    if (!value->data || (empty_is_null && !value->length))
        osm_json_null(json);
    else
        osm_json_base64(json, value->data, value->length);
}

uint32_t osm_node_class_number(UA_NodeClass node_class)
{
    uint32_t number = (uint32_t)node_class;

    /* One of the eight bits, or nothing. */
    return number <= UA_NODECLASS_VIEW && !(number & (number - 1)) ? number : 0;
}

static void encode_reference(struct osm_encoder *encoder, const UA_ReferenceDescription *value)
{
    struct osm_json *json = encoder->json;

    osm_json_object_begin(json);
    osm_json_key(json, "referenceTypeId");
    osm_plain_encode_node_id(encoder, &value->referenceTypeId);
    osm_json_key(json, "isForward");
    osm_json_bool(json, value->isForward);
    osm_json_key(json, "nodeId");
    osm_plain_encode_expanded_node_id(encoder, &value->nodeId);
    osm_json_key(json, "browseName");
    osm_plain_encode_qualified_name(encoder, &value->browseName);
    osm_json_key(json, "displayName");
    osm_plain_encode_localized_text(encoder, &value->displayName);
    osm_json_key(json, "nodeClass");
    osm_json_uint(json, osm_node_class_number(value->nodeClass));
    osm_json_key(json, "typeDefinition");
    osm_plain_encode_expanded_node_id(encoder, &value->typeDefinition);
    osm_json_object_end(json);
}

void osm_plain_reference_description(struct osm_json *json, const struct osm_wire_context *context,
                                     const UA_ReferenceDescription *value)
{
    struct osm_encoder encoder = osm_plain_encoder(json, context);

    encode_reference(&encoder, value);
}

void osm_plain_reference_descriptions(struct osm_json *json, const struct osm_wire_context *context,
                                      const UA_ReferenceDescription *values, size_t size)
{
    struct osm_encoder encoder = osm_plain_encoder(json, context);

    osm_json_array_begin(json);
    for (size_t i = 0; i < size; i++)
        encode_reference(&encoder, &values[i]);
    osm_json_array_end(json);
}

static void string_member(struct osm_json *json, const char *key, const UA_String *value)
{
    osm_json_key(json, key);
    osm_plain_string(json, value);
}

/* The same where callers do not expect null. */
static void text_member(struct osm_json *json, const char *key, const UA_String *value)
{
    osm_json_key(json, key);
    osm_json_text(json, value->length ? (const char *)value->data : "", value->length);
}

static void uint_member(struct osm_json *json, const char *key, uint64_t value)
{
    osm_json_key(json, key);
    osm_json_uint(json, value);
}

void osm_plain_user_token_policy(struct osm_json *json, const struct osm_wire_context *context,
                                 const UA_UserTokenPolicy *value)
{
    osm_json_object_begin(json);
    string_member(json, "policyId", &value->policyId);
    uint_member(json, "tokenType", (uint32_t)value->tokenType);
    string_member(json, "issuedTokenType", &value->issuedTokenType);
    string_member(json, "issuerEndpointUrl", &value->issuerEndpointUrl);
    string_member(json, "securityPolicyUri", &value->securityPolicyUri);
    osm_json_object_end(json);
}

void osm_plain_endpoint_description(struct osm_json *json, const struct osm_wire_context *context,
                                    const UA_EndpointDescription *value)
{
    osm_json_object_begin(json);
    text_member(json, "endpointUrl", &value->endpointUrl);
    osm_json_key(json, "serverCertificate");
    osm_plain_base64(json, &value->serverCertificate, true);
    uint_member(json, "securityMode", (uint32_t)value->securityMode);
    text_member(json, "securityPolicyUri", &value->securityPolicyUri);
    uint_member(json, "securityLevel", value->securityLevel);
    text_member(json, "transportProfileUri", &value->transportProfileUri);
    osm_json_key(json, "userIdentityTokens");
    osm_json_array_begin(json);
    for (size_t i = 0; i < value->userIdentityTokensSize; i++)
        osm_plain_user_token_policy(json, context, &value->userIdentityTokens[i]);
    osm_json_array_end(json);
    osm_json_object_end(json);
}

void osm_plain_call_method_result(struct osm_json *json, const struct osm_wire_context *context,
                                  const UA_CallMethodResult *value)
{
    osm_json_object_begin(json);
    uint_member(json, "statusCode", value->statusCode);
    osm_json_key(json, "inputArgumentResults");
    osm_plain_uint32s(json, value->inputArgumentResults, value->inputArgumentResultsSize);
    osm_json_key(json, "outputArguments");
    osm_plain_variants(json, context, value->outputArguments, value->outputArgumentsSize);
    osm_json_object_end(json);
}

void osm_plain_browse_path_result(struct osm_json *json, const struct osm_wire_context *context,
                                  const UA_BrowsePathResult *value)
{
    struct osm_encoder encoder = osm_plain_encoder(json, context);

    osm_json_object_begin(json);
    uint_member(json, "statusCode", value->statusCode);
    osm_json_key(json, "targets");
    osm_json_array_begin(json);
    for (size_t i = 0; i < value->targetsSize; i++) {
        osm_json_object_begin(json);
        osm_json_key(json, "targetId");
        osm_plain_encode_expanded_node_id(&encoder, &value->targets[i].targetId);
        uint_member(json, "remainingPathIndex", value->targets[i].remainingPathIndex);
        osm_json_object_end(json);
    }
    osm_json_array_end(json);
    osm_json_object_end(json);
}
