/* SPDX-License-Identifier: MIT */
/* Ids, texts and diagnostics of the decoder (OPC 10000-6 §5.2.2); see binary.h. */
#include "rim/ua/binary_internal.h"

void osm_binary_string(struct osm_binary *in, UA_String *out)
{
    int32_t length = (int32_t)osm_binary_u32(in);

    if (length <= 0) {
        out->data = length == 0 && !in->lost ? UA_EMPTY_ARRAY_SENTINEL : NULL;
    } else if ((size_t)length > osm_binary_left(in)) {
        osm_binary_lose(in);
    } else {
        out->length = (size_t)length;
        out->data = (UA_Byte *)(uintptr_t)in->at; /* a view; nobody writes through it */
        in->at += length;
    }
}

/* §5.2.2.9: the six forms of a NodeId. */
enum { TWO_BYTE, FOUR_BYTE, NUMERIC, STRING, GUID, BYTE_STRING };

static void node_id_of(struct osm_binary *in, unsigned form, UA_NodeId *out)
{
    out->identifierType = UA_NODEIDTYPE_NUMERIC;
    switch (form) {
    case TWO_BYTE:
        out->identifier.numeric = osm_binary_u8(in);
        break;
    case FOUR_BYTE:
        out->namespaceIndex = osm_binary_u8(in);
        out->identifier.numeric = osm_binary_u16(in);
        break;
    case NUMERIC:
        out->namespaceIndex = osm_binary_u16(in);
        out->identifier.numeric = osm_binary_u32(in);
        break;
    case STRING:
        out->namespaceIndex = osm_binary_u16(in);
        out->identifierType = UA_NODEIDTYPE_STRING;
        osm_binary_string(in, &out->identifier.string);
        break;
    case GUID:
        out->namespaceIndex = osm_binary_u16(in);
        out->identifierType = UA_NODEIDTYPE_GUID;
        osm_binary_number(in, &out->identifier.guid, sizeof(UA_Guid));
        break;
    case BYTE_STRING:
        out->namespaceIndex = osm_binary_u16(in);
        out->identifierType = UA_NODEIDTYPE_BYTESTRING;
        osm_binary_string(in, &out->identifier.byteString);
        break;
    default:
        osm_binary_lose(in);
    }
}

void osm_binary_node_id(struct osm_binary *in, UA_NodeId *out)
{
    node_id_of(in, osm_binary_u8(in) & 0x3f, out);
}

void osm_binary_expanded_node_id(struct osm_binary *in, UA_ExpandedNodeId *out)
{
    uint8_t form = osm_binary_u8(in);

    node_id_of(in, form & 0x3f, &out->nodeId);
    if (form & 0x80) {
        osm_binary_string(in, &out->namespaceUri);
        out->nodeId.namespaceIndex = 0;
    }
    if (form & 0x40)
        out->serverIndex = osm_binary_u32(in);
}

void osm_binary_qualified_name(struct osm_binary *in, UA_QualifiedName *out)
{
    out->namespaceIndex = osm_binary_u16(in);
    osm_binary_string(in, &out->name);
}

void osm_binary_localized_text(struct osm_binary *in, UA_LocalizedText *out)
{
    uint8_t mask = osm_binary_u8(in);

    if (mask & 0x01)
        osm_binary_string(in, &out->locale);
    if (mask & 0x02)
        osm_binary_string(in, &out->text);
}

/* §5.2.2.12. */
void osm_binary_diagnostic_info(struct osm_binary *in, UA_DiagnosticInfo *out)
{
    uint8_t mask = osm_binary_u8(in);

    out->hasSymbolicId = mask & 0x01;
    out->hasNamespaceUri = (mask & 0x02) != 0;
    out->hasLocalizedText = (mask & 0x04) != 0;
    out->hasLocale = (mask & 0x08) != 0;
    out->hasAdditionalInfo = (mask & 0x10) != 0;
    out->hasInnerStatusCode = (mask & 0x20) != 0;
    if (out->hasSymbolicId)
        out->symbolicId = (int32_t)osm_binary_u32(in);
    if (out->hasNamespaceUri)
        out->namespaceUri = (int32_t)osm_binary_u32(in);
    if (out->hasLocale)
        out->locale = (int32_t)osm_binary_u32(in);
    if (out->hasLocalizedText)
        out->localizedText = (int32_t)osm_binary_u32(in);
    if (out->hasAdditionalInfo)
        osm_binary_string(in, &out->additionalInfo);
    if (out->hasInnerStatusCode)
        out->innerStatusCode = osm_binary_u32(in);
    if (mask & 0x40 && osm_binary_enter(in)) {
        out->innerDiagnosticInfo = osm_binary_take(in, sizeof(UA_DiagnosticInfo));
        out->hasInnerDiagnosticInfo = out->innerDiagnosticInfo != NULL;
        if (out->innerDiagnosticInfo)
            osm_binary_diagnostic_info(in, out->innerDiagnosticInfo);
    }
    if (mask & 0x40)
        osm_binary_leave(in);
}
