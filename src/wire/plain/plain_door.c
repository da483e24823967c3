/* SPDX-License-Identifier: MIT */
/* The doors of the plain style (plain_encode.h). */
#include "wire/plain/plain_encode.h"
#include "wire/plain/plain_style.h"

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
