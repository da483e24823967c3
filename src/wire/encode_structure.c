/* SPDX-License-Identifier: MIT */
/*
 * Structures the session has learnt (discoverDataTypes) as maps of their fields. The walk
 * follows open62541's memory layout: padding before each member, arrays as length and pointer,
 * optional members behind a pointer, unions as a switch and one member.
 */
#include <string.h>

#include "wire/encode.h"

static void encode_fields(struct osm_encoder *encoder, const void *value, const UA_DataType *type);

static bool is_structure(const UA_DataType *type)
{
    return type->typeKind == UA_DATATYPEKIND_STRUCTURE ||
           type->typeKind == UA_DATATYPEKIND_OPTSTRUCT || type->typeKind == UA_DATATYPEKIND_UNION;
}

static void encode_member_value(struct osm_encoder *encoder, const void *value,
                                const UA_DataType *type)
{
    if (is_structure(type))
        encode_fields(encoder, value, type);
    else
        osm_encode_value(encoder, value, type);
}

/* The member at `at`; returns where the next one's padding starts. */
static const char *encode_member(struct osm_encoder *encoder, const char *at,
                                 const UA_DataTypeMember *member)
{
    const UA_DataType *type = member->memberType;
    const void *pointer;

    if (member->isArray) {
        size_t size = *(const size_t *)(const void *)at;
        const char *item;

        memcpy(&pointer, at + sizeof(size_t), sizeof(pointer));
        if (member->isOptional && !pointer) {
            osm_json_null(encoder->json);
            return at + sizeof(size_t) + sizeof(void *);
        }
        osm_json_array_begin(encoder->json);
        for (item = pointer; size; size--, item += type->memSize)
            encode_member_value(encoder, item, type);
        osm_json_array_end(encoder->json);
        return at + sizeof(size_t) + sizeof(void *);
    }
    if (!member->isOptional) {
        encode_member_value(encoder, at, type);
        return at + type->memSize;
    }
    memcpy(&pointer, at, sizeof(pointer));
    if (pointer)
        encode_member_value(encoder, pointer, type);
    else
        osm_json_null(encoder->json);
    return at + sizeof(void *);
}

static void encode_union(struct osm_encoder *encoder, const char *value, const UA_DataType *type)
{
    uint32_t selected = *(const uint32_t *)(const void *)value;

    if (selected > type->membersSize)
        selected = 0;
    osm_json_key(encoder->json, "_switchField");
    osm_json_uint(encoder->json, selected);
    if (selected) {
        const UA_DataTypeMember *member = &type->members[selected - 1];

        osm_json_key_text(encoder->json, member->memberName, strlen(member->memberName));
        encode_member(encoder, value + member->padding, member);
    }
}

static void encode_fields(struct osm_encoder *encoder, const void *value, const UA_DataType *type)
{
    const char *at = value;

    if (!type->membersSize) { /* an empty PHP map */
        osm_json_raw(encoder->json, "[]", 2);
        return;
    }
    osm_json_object_begin(encoder->json);
    if (type->typeKind == UA_DATATYPEKIND_UNION) {
        encode_union(encoder, at, type);
    } else {
        for (size_t i = 0; i < type->membersSize; i++) {
            const UA_DataTypeMember *member = &type->members[i];

            osm_json_key_text(encoder->json, member->memberName, strlen(member->memberName));
            at = encode_member(encoder, at + member->padding, member);
        }
    }
    osm_json_object_end(encoder->json);
}

static void encode_with_type(struct osm_encoder *encoder, const void *value,
                             const UA_DataType *type)
{
    encoder->structures++;
    encode_fields(encoder, value, type);
    encoder->structures--;
}

bool osm_encode_structure(struct osm_encoder *encoder, const UA_ExtensionObject *object)
{
    const struct osm_wire_context *context = encoder->context;
    const UA_DataType *type;
    void *value;
    int encoding;
    const UA_NodeId *type_id = osm_encoding_of(object, &encoding);

    if (!context->structure || encoding != 1)
        return false;
    type = context->structure(context->structures, type_id);
    if (!type || !is_structure(type))
        return false;
    if (object->encoding != UA_EXTENSIONOBJECT_ENCODED_BYTESTRING) {
        if (object->content.decoded.type != type)
            return false;
        encode_with_type(encoder, object->content.decoded.data, type);
        return true;
    }
    value = UA_new(type);
    if (!value)
        return false;
    if (UA_decodeBinary(&object->content.encoded.body, value, type, NULL) != UA_STATUSCODE_GOOD) {
        UA_free(value); /* a failed decoder has cleared what it had begun */
        return false;
    }
    encode_with_type(encoder, value, type);
    UA_delete(value, type);
    return true;
}
