/* SPDX-License-Identifier: MIT */
/* Plain JSON of ids, names and texts (types.md §2, §3.6). */
#include "util/hex.h"
#include "wire/plain/plain_style.h"
#include "wire/text/node_id.h"

static void id_and_type(struct osm_encoder *encoder, const UA_NodeId *id)
{
    struct osm_json *json = encoder->json;

    switch (id->identifierType) {
    case UA_NODEIDTYPE_STRING:
        osm_encode_text(encoder, &id->identifier.string);
        osm_json_raw(json, "\"type\":\"string\"}", 16);
        break;
    case UA_NODEIDTYPE_GUID:
        osm_encode_guid(encoder, &id->identifier.guid);
        osm_json_raw(json, "\"type\":\"guid\"}", 14);
        break;
    case UA_NODEIDTYPE_BYTESTRING:
        osm_json_raw(json, "\"", 1);
        osm_hex_encode(json->out, id->identifier.byteString.data, id->identifier.byteString.length);
        osm_buf_add_byte(json->out, '"');
        osm_json_raw(json, "\"type\":\"opaque\"}", 16);
        break;
    default:
        osm_json_uint(json, id->identifier.numeric);
        osm_json_raw(json, "\"type\":\"numeric\"}", 17);
    }
}

/* References are made of these: the fixed parts are written in one piece. */
static void encode_node_id(struct osm_encoder *encoder, uint16_t namespace_index,
                           const UA_NodeId *id)
{
    struct osm_json *json = encoder->json;

    osm_json_raw(json, "{\"ns\":", 6);
    json->comma = false;
    osm_json_uint(json, namespace_index);
    osm_json_key(json, "id");
    id_and_type(encoder, id);
}

void osm_plain_encode_node_id(struct osm_encoder *encoder, const void *value)
{
    const UA_NodeId *id = value;

    encode_node_id(encoder, id->namespaceIndex, id);
}

void osm_plain_encode_expanded_node_id(struct osm_encoder *encoder, const void *value)
{
    const UA_ExpandedNodeId *id = value;

    encode_node_id(encoder, osm_encode_namespace(encoder, id), &id->nodeId);
}

void osm_plain_encode_qualified_name(struct osm_encoder *encoder, const void *value)
{
    const UA_QualifiedName *name = value;
    struct osm_json *json = encoder->json;

    osm_json_object_begin(json);
    osm_json_key(json, "ns");
    osm_json_uint(json, name->namespaceIndex);
    osm_json_key(json, "name");
    osm_encode_text(encoder, &name->name);
    osm_json_object_end(json);
}

void osm_plain_encode_localized_text(struct osm_encoder *encoder, const void *value)
{
    const UA_LocalizedText *text = value;
    struct osm_json *json = encoder->json;

    osm_json_object_begin(json);
    osm_json_key(json, "locale");
    osm_encode_string(encoder, &text->locale);
    osm_json_key(json, "text");
    osm_encode_string(encoder, &text->text);
    osm_json_object_end(json);
}

static void int_member(struct osm_json *json, bool present, const char *key, int64_t value)
{
    if (present) {
        osm_json_key(json, key);
        osm_json_int(json, value);
    }
}

void osm_plain_encode_diagnostic_info(struct osm_encoder *encoder, const void *value)
{
    const UA_DiagnosticInfo *info = value;
    struct osm_json *json = encoder->json;
    bool inner = info->hasInnerDiagnosticInfo && info->innerDiagnosticInfo;

    if (!info->hasSymbolicId && !info->hasNamespaceUri && !info->hasLocalizedText &&
        !info->hasLocale && !info->hasAdditionalInfo && !info->hasInnerStatusCode && !inner) {
        osm_json_raw(json, "[]", 2); /* an empty PHP map */
        return;
    }
    osm_json_object_begin(json);
    int_member(json, info->hasSymbolicId, "symbolicId", info->symbolicId);
    int_member(json, info->hasNamespaceUri, "namespaceUri", info->namespaceUri);
    int_member(json, info->hasLocalizedText, "localizedText", info->localizedText);
    int_member(json, info->hasLocale, "locale", info->locale);
    if (info->hasAdditionalInfo) {
        osm_json_key(json, "additionalInfo");
        osm_encode_string(encoder, &info->additionalInfo);
    }
    int_member(json, info->hasInnerStatusCode, "innerStatusCode", info->innerStatusCode);
    if (inner) {
        osm_json_key(json, "innerDiagnosticInfo");
        osm_plain_encode_diagnostic_info(encoder, info->innerDiagnosticInfo);
    }
    osm_json_object_end(json);
}
