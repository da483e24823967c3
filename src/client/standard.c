/* SPDX-License-Identifier: MIT */
/*
 * Structures of namespace 0. The daemon hands them on as the server's bytes (types.md §3.9), both
 * back-ends alike; here they get their members, by the descriptions of open62541. What has no
 * description, or members this library has no value for, stays as it is.
 */
#include <stdlib.h>
#include <string.h>

#include <open62541/types_generated.h>

#include "rim/ua/binary.h"
#include "util/alloc.h"
#include "wire/text/guid.h"
#include "wire/text/node_id.h"
#include "wire/value/raw_types.h"
#include <opcua-session.h>

#define DEEPEST 8 /* structures in each other; those of the standard have four */

static const UA_DataType *type_of(const struct opcua_structure *structure)
{
    const UA_DataType *type;
    char *end;
    unsigned long id;

    if (!structure->type_id || strncmp(structure->type_id, "i=", 2) != 0)
        return NULL;
    id = strtoul(structure->type_id + 2, &end, 10);
    if (*end || id > UINT32_MAX)
        return NULL;
    type = osm_raw_types_find(
        &(UA_NodeId){.identifierType = UA_NODEIDTYPE_NUMERIC, .identifier.numeric = (uint32_t)id});
    return type && type->typeKind == UA_DATATYPEKIND_STRUCTURE ? type : NULL;
}

/* ---- one item ------------------------------------------------------------------------------- */

static void set_text(struct opcua_text *text, const UA_String *string)
{
    opcua_text_set(text, (const char *)string->data, string->data ? string->length : 0);
}

static void set_node_id(struct opcua_text *text, const UA_NodeId *id)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    osm_node_id_print(&out, id);
    opcua_text_set(text, out.data, out.length);
}

static void set_guid(struct opcua_text *text, const UA_Guid *guid)
{
    char printed[OSM_GUID_TEXT];

    osm_guid_print(printed, guid);
    opcua_text_set(text, printed, sizeof(printed));
}

static bool set_members(struct opcua_structure *structure, const UA_DataType *type, const void *at,
                        unsigned depth);

/* The number of a builtin type is its kind and one; 0 = it has no value here. */
static enum opcua_type value_type(const UA_DataType *type)
{
    if (type->typeKind == UA_DATATYPEKIND_ENUM)
        return OPCUA_TYPE_INT32;
    if (type->typeKind == UA_DATATYPEKIND_STRUCTURE)
        return OPCUA_TYPE_STRUCTURE;
    if (type->typeKind > UA_DATATYPEKIND_LOCALIZEDTEXT ||
        type->typeKind == UA_DATATYPEKIND_EXPANDEDNODEID)
        return OPCUA_TYPE_NULL;
    return (enum opcua_type)(type->typeKind + 1);
}

static bool set_number(union opcua_item *item, enum opcua_type type, const void *at)
{
    switch (type) {
    case OPCUA_TYPE_BOOLEAN:
        item->boolean = *(const UA_Boolean *)at;
        return true;
    case OPCUA_TYPE_SBYTE:
        item->integer =
            (int64_t) *
            (const int8_t *)at; /* NOLINT(bugprone-signed-char-misuse): it is a number */
        return true;
    case OPCUA_TYPE_BYTE:
        item->count = *(const uint8_t *)at;
        return true;
    case OPCUA_TYPE_INT16:
        item->integer = *(const int16_t *)at;
        return true;
    case OPCUA_TYPE_UINT16:
        item->count = *(const uint16_t *)at;
        return true;
    case OPCUA_TYPE_INT32:
        item->integer = *(const int32_t *)at;
        return true;
    case OPCUA_TYPE_UINT32:
    case OPCUA_TYPE_STATUS_CODE:
        item->count = *(const uint32_t *)at;
        return true;
    case OPCUA_TYPE_INT64:
    case OPCUA_TYPE_DATETIME:
        item->integer = *(const int64_t *)at;
        return true;
    case OPCUA_TYPE_UINT64:
        item->count = *(const uint64_t *)at;
        return true;
    case OPCUA_TYPE_FLOAT:
        item->number = (double)*(const float *)at;
        return true;
    case OPCUA_TYPE_DOUBLE:
        item->number = *(const double *)at;
        return true;
    default:
        return false;
    }
}

static bool set_item(union opcua_item *item, const UA_DataType *type, const void *at,
                     unsigned depth)
{
    switch (value_type(type)) {
    case OPCUA_TYPE_STRING:
    case OPCUA_TYPE_BYTESTRING:
    case OPCUA_TYPE_XML:
        set_text(&item->text, at);
        return true;
    case OPCUA_TYPE_GUID:
        set_guid(&item->text, at);
        return true;
    case OPCUA_TYPE_NODE_ID:
        set_node_id(&item->text, at);
        return true;
    case OPCUA_TYPE_QUALIFIED_NAME:
        item->qualified.ns = ((const UA_QualifiedName *)at)->namespaceIndex;
        set_text(&item->qualified.name, &((const UA_QualifiedName *)at)->name);
        return true;
    case OPCUA_TYPE_LOCALIZED_TEXT:
        set_text(&item->localized.locale, &((const UA_LocalizedText *)at)->locale);
        set_text(&item->localized.text, &((const UA_LocalizedText *)at)->text);
        return true;
    case OPCUA_TYPE_STRUCTURE:
        item->structure = osm_alloc(sizeof(*item->structure));
        return set_members(item->structure, type, at, depth + 1);
    default:
        return set_number(item, value_type(type), at);
    }
}

/* ---- structures ----------------------------------------------------------------------------- */

/* One member at its place; the address behind it, NULL when it has no value here. */
static const char *set_member(struct opcua_member *member, const UA_DataTypeMember *described,
                              const char *at, unsigned depth)
{
    const UA_DataType *type = described->memberType;
    const char *elements = at + described->padding;
    const char *next = elements + type->memSize;
    size_t count = 1;

    member->name = osm_strdup(described->memberName);
    member->value = osm_alloc(sizeof(*member->value));
    if (described->isOptional || value_type(type) == OPCUA_TYPE_NULL)
        return NULL;
    if (described->isArray) {
        next = elements + sizeof(size_t) + sizeof(void *);
        count = *(const size_t *)(const void *)elements;
        elements = *(const char *const *)(const void *)(elements + sizeof(size_t));
    }
    opcua_value_init_array(member->value, value_type(type), count);
    member->value->is_array = described->isArray;
    for (size_t i = 0; i < count; i++) {
        if (!set_item(&member->value->items[i], type, elements + i * type->memSize, depth))
            return NULL;
    }
    return next;
}

/* What has been made is freed with the structure, also after false. */
static bool set_members(struct opcua_structure *structure, const UA_DataType *type, const void *at,
                        unsigned depth)
{
    const char *place = at;

    structure->is_decoded = true;
    structure->members = osm_alloc((type->membersSize + 1u) * sizeof(*structure->members));
    if (depth > DEEPEST)
        return false;
    for (size_t i = 0; place && i < type->membersSize; i++)
        place = set_member(&structure->members[structure->member_count++], &type->members[i], place,
                           depth);
    return place != NULL;
}

static bool decode(struct opcua_structure *structure, struct opcua_value *decoded)
{
    const UA_DataType *type = type_of(structure);
    _cleanup_(osm_arena_deinit) struct osm_arena arena = {0};
    struct opcua_structure *members;
    void *place;

    if (!type || structure->is_xml || !structure->body.data)
        return false;
    osm_arena_init(&arena);
    place = osm_arena_alloc(&arena, type->memSize);
    if (osm_binary_decode(structure->body.data, structure->body.length, type, place, &arena,
                          NULL) != UA_STATUSCODE_GOOD)
        return false;
    opcua_value_init_array(decoded, OPCUA_TYPE_STRUCTURE, 1);
    decoded->items[0].structure = members = osm_alloc(sizeof(*members));
    members->type_id = osm_strdup(structure->type_id);
    return set_members(members, type, place, 0);
}

bool opcua_value_decode(struct opcua_value *value)
{
    bool all = value && value->type == OPCUA_TYPE_STRUCTURE;

    for (size_t i = 0; all && i < value->length; i++) {
        struct opcua_structure *structure = value->items[i].structure;
        struct opcua_value decoded = {0};
        union opcua_item swapped;

        if (!structure || structure->is_decoded)
            continue;
        all = decode(structure, &decoded);
        if (all) {
            swapped = value->items[i];
            value->items[i] = decoded.items[0];
            decoded.items[0] = swapped;
        }
        opcua_value_clear(&decoded);
    }
    return all;
}
