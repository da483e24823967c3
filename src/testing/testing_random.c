/* SPDX-License-Identifier: MIT */
/* Random values; see testing_random.h. */
#include "testing/testing_random.h"

#include "wire/value/raw_types.h"

static uint64_t seed = 88172645463325252ULL;

uint32_t test_any(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 20) % below;
}

static void fill_array(struct osm_arena *arena, const UA_DataType *type, size_t *size, void **data,
                       unsigned depth)
{
    *size = test_any(4);
    *data = *size ? osm_arena_array(arena, *size, type->memSize)
                  : (test_any(2) ? UA_EMPTY_ARRAY_SENTINEL : NULL);
    for (size_t i = 0; i < *size; i++)
        test_fill(arena, type, (char *)*data + i * type->memSize, depth + 1);
}

static void fill_node_id(struct osm_arena *arena, UA_NodeId *id)
{
    static const enum UA_NodeIdType forms[] = {UA_NODEIDTYPE_NUMERIC, UA_NODEIDTYPE_STRING,
                                               UA_NODEIDTYPE_GUID, UA_NODEIDTYPE_BYTESTRING};

    id->namespaceIndex = (UA_UInt16)test_any(3) * 300;
    id->identifierType = forms[test_any(4)];
    if (id->identifierType == UA_NODEIDTYPE_NUMERIC)
        id->identifier.numeric = test_any(3) ? test_any(300) : test_any(UINT32_MAX);
    else if (id->identifierType == UA_NODEIDTYPE_GUID)
        id->identifier.guid.data1 = test_any(UINT32_MAX);
    else
        test_fill(arena, &UA_TYPES[UA_TYPES_STRING], (char *)&id->identifier.string, 0);
}

/* Built-in scalars and lists; the last ones only while not too deep. */
static void fill_variant(struct osm_arena *arena, UA_Variant *out, unsigned depth)
{
    unsigned kind = test_any(depth < 4 ? UA_TYPES_DIAGNOSTICINFO + 1 : UA_TYPES_LOCALIZEDTEXT + 1);

    out->type = &UA_TYPES[kind];
    if (test_any(8) == 0) {
        out->type = NULL;
    } else if (test_any(2) || kind == UA_TYPES_VARIANT) {
        fill_array(arena, out->type, &out->arrayLength, &out->data, depth);
        if (out->arrayLength == 3 && test_any(2)) {
            out->arrayDimensions = osm_arena_array(arena, 2, sizeof(UA_UInt32));
            out->arrayDimensionsSize = 2;
            out->arrayDimensions[0] = 3;
            out->arrayDimensions[1] = 1;
        }
    } else {
        out->data = osm_arena_alloc(arena, out->type->memSize);
        test_fill(arena, out->type, out->data, depth + 1);
    }
}

static void fill_object(struct osm_arena *arena, UA_ExtensionObject *out, unsigned depth)
{
    switch (test_any(4)) {
    case 0:
        out->encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING;
        out->content.encoded.typeId = UA_NODEID_NUMERIC(7, test_any(100));
        test_fill(arena, &UA_TYPES[UA_TYPES_BYTESTRING], (char *)&out->content.encoded.body, depth);
        break;
    case 1:
        out->encoding = UA_EXTENSIONOBJECT_ENCODED_XML;
        out->content.encoded.typeId = UA_NODEID_NUMERIC(7, 8);
        out->content.encoded.body = (UA_String)UA_STRING_STATIC("<x/>");
        break;
    case 2:
        out->encoding = UA_EXTENSIONOBJECT_DECODED;
        out->content.decoded.type = &UA_TYPES[UA_TYPES_DATACHANGEFILTER];
        out->content.decoded.data = osm_arena_alloc(arena, sizeof(UA_DataChangeFilter));
        test_fill(arena, out->content.decoded.type, out->content.decoded.data, depth + 1);
        break;
    default:
        break;
    }
}

static void fill_data_value(struct osm_arena *arena, UA_DataValue *out, unsigned depth)
{
    out->hasValue = test_any(2);
    if (out->hasValue)
        fill_variant(arena, &out->value, depth + 1);
    out->hasStatus = test_any(2);
    if (out->hasStatus)
        out->status = test_any(UINT32_MAX);
    out->hasSourceTimestamp = test_any(2);
    if (out->hasSourceTimestamp)
        out->sourceTimestamp = test_any(UINT32_MAX);
    out->hasServerTimestamp = test_any(2);
    if (out->hasServerTimestamp)
        out->serverTimestamp = test_any(UINT32_MAX);
    out->hasSourcePicoseconds = test_any(2);
    if (out->hasSourcePicoseconds)
        out->sourcePicoseconds = (UA_UInt16)test_any(10000);
    out->hasServerPicoseconds = test_any(2);
    if (out->hasServerPicoseconds)
        out->serverPicoseconds = (UA_UInt16)test_any(10000);
}

static void fill_diagnostics(struct osm_arena *arena, UA_DiagnosticInfo *out, unsigned depth)
{
    out->hasSymbolicId = test_any(2);
    out->symbolicId = out->hasSymbolicId ? 5 : 0;
    out->hasNamespaceUri = test_any(2);
    out->namespaceUri = out->hasNamespaceUri ? -6 : 0;
    out->hasLocale = test_any(2);
    out->locale = out->hasLocale ? 7 : 0;
    out->hasAdditionalInfo = test_any(2);
    if (out->hasAdditionalInfo)
        test_fill(arena, &UA_TYPES[UA_TYPES_STRING], (char *)&out->additionalInfo, depth);
    out->hasInnerStatusCode = test_any(2);
    out->innerStatusCode = out->hasInnerStatusCode ? UA_STATUSCODE_BADNOTFOUND : 0;
    out->hasInnerDiagnosticInfo = depth < 6 && test_any(2);
    if (out->hasInnerDiagnosticInfo) {
        out->innerDiagnosticInfo = osm_arena_alloc(arena, sizeof(*out));
        fill_diagnostics(arena, out->innerDiagnosticInfo, depth + 1);
    }
}

static void fill_structure(struct osm_arena *arena, const UA_DataType *type, char *at,
                           unsigned depth)
{
    for (size_t i = 0; i < type->membersSize; i++) {
        const UA_DataTypeMember *member = &type->members[i];

        at += member->padding;
        if (member->isArray) {
            fill_array(arena, member->memberType, (size_t *)(void *)at,
                       (void **)(void *)(at + sizeof(size_t)), depth);
            at += sizeof(size_t) + sizeof(void *);
        } else {
            test_fill(arena, member->memberType, at, depth + 1);
            at += member->memberType->memSize;
        }
    }
}

static void fill_text(struct osm_arena *arena, UA_String *text)
{
    text->length = test_any(9);
    text->data = text->length ? osm_arena_alloc(arena, text->length)
                              : (test_any(2) ? UA_EMPTY_ARRAY_SENTINEL : NULL);
    for (size_t i = 0; i < text->length; i++)
        text->data[i] = (UA_Byte)test_any(256);
}

static void fill_expanded_id(struct osm_arena *arena, UA_ExpandedNodeId *id)
{
    fill_node_id(arena, &id->nodeId);
    id->serverIndex = test_any(2);
    if (test_any(2)) {
        id->namespaceUri = (UA_String)UA_STRING_STATIC("urn:x");
        id->nodeId.namespaceIndex = 0;
    }
}

void test_fill(struct osm_arena *arena, const UA_DataType *type, char *out, unsigned depth)
{
    void *place = out;

    switch (type->typeKind) {
    case UA_DATATYPEKIND_BOOLEAN:
        *out = (char)test_any(2);
        break;
    case UA_DATATYPEKIND_FLOAT:
        *(UA_Float *)place = (UA_Float)test_any(1000) / 7;
        break;
    case UA_DATATYPEKIND_DOUBLE:
        *(UA_Double *)place = test_any(1000) / 7.0;
        break;
    case UA_DATATYPEKIND_STRING:
    case UA_DATATYPEKIND_BYTESTRING:
    case UA_DATATYPEKIND_XMLELEMENT:
        fill_text(arena, place);
        break;
    case UA_DATATYPEKIND_NODEID:
        fill_node_id(arena, place);
        break;
    case UA_DATATYPEKIND_EXPANDEDNODEID:
        fill_expanded_id(arena, place);
        break;
    case UA_DATATYPEKIND_QUALIFIEDNAME:
        ((UA_QualifiedName *)place)->namespaceIndex = (UA_UInt16)test_any(9);
        fill_text(arena, &((UA_QualifiedName *)place)->name);
        break;
    case UA_DATATYPEKIND_LOCALIZEDTEXT:
        fill_text(arena, &((UA_LocalizedText *)place)->locale);
        fill_text(arena, &((UA_LocalizedText *)place)->text);
        break;
    case UA_DATATYPEKIND_EXTENSIONOBJECT:
        fill_object(arena, place, depth);
        break;
    case UA_DATATYPEKIND_DATAVALUE:
        fill_data_value(arena, place, depth);
        break;
    case UA_DATATYPEKIND_VARIANT:
        fill_variant(arena, place, depth);
        break;
    case UA_DATATYPEKIND_DIAGNOSTICINFO:
        fill_diagnostics(arena, place, depth);
        break;
    case UA_DATATYPEKIND_STRUCTURE:
        fill_structure(arena, type, out, depth);
        break;
    default: /* numbers */
        for (size_t i = 0; i < type->memSize; i++)
            out[i] = (char)test_any(256);
    }
}
