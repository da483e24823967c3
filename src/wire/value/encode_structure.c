/* SPDX-License-Identifier: MIT */
/* Structures the session has learnt (discoverDataTypes) as maps of their fields. */
#include <string.h>

#include "wire/value/body_check.h"
#include "wire/value/encode.h"
#include "wire/value/raw_types.h"
#include "wire/value/structure.h"

static void encode_value(struct osm_encoder *encoder, const void *value, const UA_DataType *type)
{
    if (osm_is_structure(type))
        osm_encode_fields(encoder, value, type);
    else
        osm_encode_value(encoder, value, type);
}

void osm_encode_matrix(struct osm_encoder *encoder, const struct osm_member *dimensions,
                       const struct osm_member *elements, osm_encode_inner_fn *encode)
{
    const UA_DataType *type = elements->description->memberType;
    const UA_Int32 *sizes = dimensions->value;
    size_t left[OSM_MATRIX_DIMENSIONS], count = dimensions->count, open = 0;
    const char *item = elements->value;

    if (!elements->count || count > OSM_MATRIX_DIMENSIONS) {
        osm_json_raw(encoder->json, "[]", 2);
        return;
    }
    for (size_t i = 0; i < elements->count; i++, item += type->memSize) {
        for (; open < count; open++) {
            osm_json_array_begin(encoder->json);
            left[open] = (size_t)sizes[open];
        }
        encode(encoder, item, type);
        for (; open && --left[open - 1] == 0; open--)
            osm_json_array_end(encoder->json);
    }
}

static void encode_member(struct osm_encoder *encoder, const struct osm_member *member)
{
    const UA_DataTypeMember *description = member->description;
    const char *item = member->value;

    osm_json_key_text(encoder->json, description->memberName, strlen(description->memberName));
    if (description->isOptional && !member->value) {
        osm_json_null(encoder->json);
    } else if (description->isArray) {
        osm_json_array_begin(encoder->json);
        for (size_t i = 0; i < member->count; i++, item += description->memberType->memSize)
            encode_value(encoder, item, description->memberType);
        osm_json_array_end(encoder->json);
    } else {
        encode_value(encoder, member->value, description->memberType);
    }
}

static void encode_union(struct osm_encoder *encoder, const void *value, const UA_DataType *type)
{
    uint32_t selected = osm_union_switch(value, type);

    osm_json_key(encoder->json, "_switchField");
    osm_json_uint(encoder->json, selected);
    if (selected) {
        struct osm_member member = osm_union_member(value, type, selected);

        encode_member(encoder, &member);
    }
}

void osm_encode_fields(struct osm_encoder *encoder, const void *value, const UA_DataType *type)
{
    const char *at = value;

    if (!type->membersSize) { /* an empty PHP map */
        osm_json_raw(encoder->json, "[]", 2);
        return;
    }
    osm_json_object_begin(encoder->json);
    if (type->typeKind == UA_DATATYPEKIND_UNION) {
        encode_union(encoder, value, type);
    } else {
        for (size_t i = 0; i < type->membersSize; i++) {
            struct osm_member member, matrix;

            at = osm_member_at(at, &type->members[i], &member);
            if (!osm_member_is_dimensions(member.description)) {
                encode_member(encoder, &member);
                continue;
            }
            at = osm_member_at(at, &type->members[++i], &matrix);
            osm_json_key_text(encoder->json, type->members[i].memberName,
                              strlen(type->members[i].memberName));
            osm_encode_matrix(encoder, &member, &matrix, encode_value);
        }
    }
    osm_json_object_end(encoder->json);
}

static void encode_with_type(struct osm_encoder *encoder, const void *value,
                             const UA_DataType *type)
{
    encoder->structures++;
    encoder->style->structure(encoder, value, type);
    encoder->structures--;
}

/* What the session has learnt; callers that are not PHP know the standard structures too. */
static const UA_DataType *find_structure(const struct osm_encoder *encoder, const UA_NodeId *id)
{
    const struct osm_wire_context *context = encoder->context;
    const UA_DataType *type = NULL;

    if (context->structure)
        type = context->structure(context->structures, id);
    if (!type && encoder->style->form == OSM_STYLE_OPCUA)
        type = osm_raw_types_find(id);
    return type && osm_is_structure(type) ? type : NULL;
}

bool osm_encode_structure(struct osm_encoder *encoder, const UA_ExtensionObject *object)
{
    _cleanup_(osm_buf_deinit) struct osm_buf expanded = {0};
    const UA_DataType *type;
    UA_ByteString body;
    void *value;
    int encoding;
    bool fits; /* a standard structure with more behind it is another one */
    const UA_NodeId *type_id = osm_encoding_of(object, &encoding);

    if (encoding != 1)
        return false;
    type = find_structure(encoder, type_id);
    if (object->encoding != UA_EXTENSIONOBJECT_ENCODED_BYTESTRING) {
        if (object->content.decoded.type != type && encoder->style->form != OSM_STYLE_OPCUA)
            return false;
        encode_with_type(encoder, object->content.decoded.data, object->content.decoded.type);
        return true;
    }
    if (!type || !osm_body_expand(&object->content.encoded.body, type, &expanded))
        return false;
    body = object->content.encoded.body;
    if (expanded.length)
        body = (UA_ByteString){expanded.length, (UA_Byte *)expanded.data};
    value = UA_new(type);
    if (!value)
        return false;
    if (UA_decodeBinary(&body, value, type, NULL) != UA_STATUSCODE_GOOD) {
        UA_free(value); /* a failed decoder has cleared what it had begun */
        return false;
    }
    fits = encoder->style->form != OSM_STYLE_OPCUA || expanded.length ||
           UA_calcSizeBinary(value, type) == body.length;
    if (fits)
        encode_with_type(encoder, value, type);
    UA_delete(value, type);
    return fits;
}

void osm_encode_body_and_value(struct osm_encoder *encoder, const UA_ExtensionObject *object,
                               const char *body_key)
{
    struct osm_json *json = encoder->json, before = *json;
    size_t length = before.out->length;

    osm_json_key(json, body_key);
    osm_json_null(json);
    osm_json_key(json, "value");
    if (osm_encode_structure(encoder, object))
        return;
    /* Only decoding tells whether the body is needed, and it stands before the value. */
    osm_buf_truncate(before.out, length);
    *json = before;
    osm_json_key(json, body_key);
    osm_encode_body(encoder, object);
    osm_json_key(json, "value");
    osm_json_null(json);
}
