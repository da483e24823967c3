/* SPDX-License-Identifier: MIT */
/* OPC UA JSON of Variants, DataValues and structures, and the table of all types. */
#include <string.h>

#include "wire/opcua/opcua_style.h"
#include "wire/value/builtin_type.h"
#include "wire/value/structure.h"

const struct osm_style osm_opcua_style = {
    .form = OSM_STYLE_OPCUA,
    .structure = osm_opcua_encode_structure,
    .builtin = {
        OSM_ENCODERS_ALIKE,
        [UA_DATATYPEKIND_INT64] = osm_opcua_encode_int64,
        [UA_DATATYPEKIND_UINT64] = osm_opcua_encode_uint64,
        [UA_DATATYPEKIND_DATETIME] = osm_opcua_encode_date_time,
        [UA_DATATYPEKIND_GUID] = osm_opcua_encode_guid,
        [UA_DATATYPEKIND_BYTESTRING] = osm_opcua_encode_byte_string,
        [UA_DATATYPEKIND_NODEID] = osm_opcua_encode_node_id,
        [UA_DATATYPEKIND_EXPANDEDNODEID] = osm_opcua_encode_expanded_node_id,
        [UA_DATATYPEKIND_STATUSCODE] = osm_opcua_encode_status_code,
        [UA_DATATYPEKIND_QUALIFIEDNAME] = osm_opcua_encode_qualified_name,
        [UA_DATATYPEKIND_LOCALIZEDTEXT] = osm_opcua_encode_localized_text,
        [UA_DATATYPEKIND_EXTENSIONOBJECT] = osm_opcua_encode_extension_object,
        [UA_DATATYPEKIND_DATAVALUE] = osm_opcua_encode_data_value,
        [UA_DATATYPEKIND_VARIANT] = osm_opcua_encode_variant,
        [UA_DATATYPEKIND_DIAGNOSTICINFO] = osm_opcua_encode_diagnostic_info,
    }};

/* UaType, Value and Dimensions, which a DataValue shares; the Variant is not empty. */
static void variant_members(struct osm_encoder *encoder, const UA_Variant *variant)
{
    struct osm_json *json = encoder->json;

    osm_json_key(json, "UaType");
    osm_json_uint(json, osm_builtin_type_of(variant->type));
    if (!UA_Variant_isScalar(variant) || !osm_opcua_is_null(variant->data, variant->type)) {
        osm_json_key(json, "Value");
        osm_encode_content(encoder, variant);
    }
    if (!UA_Variant_isScalar(variant) && variant->arrayDimensionsSize > 1) {
        osm_json_key(json, "Dimensions");
        osm_encode_dimensions(encoder, variant);
    }
}

void osm_opcua_encode_variant(struct osm_encoder *encoder, const void *value)
{
    const UA_Variant *variant = value;

    if (!variant->type) {
        osm_json_null(encoder->json);
        return;
    }
    osm_json_object_begin(encoder->json);
    variant_members(encoder, variant);
    osm_json_object_end(encoder->json);
}

static void time_members(struct osm_encoder *encoder, const char *key, const UA_DateTime *time,
                         const char *picoseconds_key, uint16_t picoseconds)
{
    if (*time > 0) {
        osm_json_key(encoder->json, key);
        osm_opcua_encode_date_time(encoder, time);
    }
    if (picoseconds) {
        osm_json_key(encoder->json, picoseconds_key);
        osm_json_uint(encoder->json, picoseconds);
    }
}

void osm_opcua_encode_data_value(struct osm_encoder *encoder, const void *data)
{
    static const UA_DateTime never = 0;
    const UA_DataValue *value = data;

    osm_json_object_begin(encoder->json);
    if (value->hasValue && value->value.type)
        variant_members(encoder, &value->value);
    if (value->hasStatus && value->status) {
        osm_json_key(encoder->json, "Status");
        osm_opcua_encode_status_code(encoder, &value->status);
    }
    time_members(encoder, "SourceTimestamp",
                 value->hasSourceTimestamp ? &value->sourceTimestamp : &never, "SourcePicoseconds",
                 value->hasSourcePicoseconds ? value->sourcePicoseconds : 0);
    time_members(encoder, "ServerTimestamp",
                 value->hasServerTimestamp ? &value->serverTimestamp : &never, "ServerPicoseconds",
                 value->hasServerPicoseconds ? value->serverPicoseconds : 0);
    osm_json_object_end(encoder->json);
}

/* --- structures ---------------------------------------------------------------------------- */

static void encode_members(struct osm_encoder *encoder, const void *value, const UA_DataType *type);

/* A structure inside of another one; its type is known from there. */
static void encode_inner(struct osm_encoder *encoder, const void *value, const UA_DataType *type)
{
    if (!osm_is_structure(type)) {
        osm_encode_value(encoder, value, type);
        return;
    }
    osm_json_object_begin(encoder->json);
    encode_members(encoder, value, type);
    osm_json_object_end(encoder->json);
}

static void encode_member(struct osm_encoder *encoder, const struct osm_member *member)
{
    const UA_DataTypeMember *description = member->description;
    const UA_DataType *type = description->memberType;
    const char *item = member->value;

    if (!member->value || (!description->isArray && osm_opcua_is_default(member->value, type)))
        return;
    osm_json_key_text(encoder->json, description->memberName, strlen(description->memberName));
    if (!description->isArray) {
        encode_inner(encoder, member->value, type);
        return;
    }
    osm_json_array_begin(encoder->json);
    for (size_t i = 0; i < member->count; i++, item += type->memSize)
        encode_inner(encoder, item, type);
    osm_json_array_end(encoder->json);
}

/* Which optional members are there, one bit each. */
static uint32_t optional_mask(const void *value, const UA_DataType *type)
{
    const char *at = value;
    uint32_t mask = 0, bit = 1;

    for (size_t i = 0; i < type->membersSize; i++) {
        struct osm_member member;

        at = osm_member_at(at, &type->members[i], &member);
        if (!member.description->isOptional)
            continue;
        if (member.value)
            mask |= bit;
        bit <<= 1;
    }
    return mask;
}

static void encode_members(struct osm_encoder *encoder, const void *value, const UA_DataType *type)
{
    const char *at = value;
    struct osm_member member, matrix;
    uint32_t selected;

    if (type->typeKind == UA_DATATYPEKIND_UNION) {
        selected = osm_union_switch(value, type);
        if (!selected)
            return;
        osm_json_key(encoder->json, "SwitchField");
        osm_json_uint(encoder->json, selected);
        member = osm_union_member(value, type, selected);
        encode_member(encoder, &member);
        return;
    }
    if (type->typeKind == UA_DATATYPEKIND_OPTSTRUCT) {
        osm_json_key(encoder->json, "EncodingMask");
        osm_json_uint(encoder->json, optional_mask(value, type));
    }
    for (size_t i = 0; i < type->membersSize; i++) {
        at = osm_member_at(at, &type->members[i], &member);
        if (!osm_member_is_dimensions(member.description)) {
            encode_member(encoder, &member);
            continue;
        }
        at = osm_member_at(at, &type->members[++i], &matrix);
        osm_json_key_text(encoder->json, type->members[i].memberName,
                          strlen(type->members[i].memberName));
        osm_encode_matrix(encoder, &member, &matrix, encode_inner);
    }
}

/* The members stand beside the id of the data type. */
void osm_opcua_encode_structure(struct osm_encoder *encoder, const void *value,
                                const UA_DataType *type)
{
    osm_json_object_begin(encoder->json);
    osm_json_key(encoder->json, "UaTypeId");
    osm_opcua_encode_node_id(encoder, &type->typeId);
    encode_members(encoder, value, type);
    osm_json_object_end(encoder->json);
}

void osm_opcua_encode_extension_object(struct osm_encoder *encoder, const void *value)
{
    const UA_ExtensionObject *object = value;
    struct osm_json *json = encoder->json;
    int encoding;
    const UA_NodeId *type_id = osm_encoding_of(object, &encoding);

    if (osm_opcua_is_null(value, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT])) {
        osm_json_null(json);
        return;
    }
    if (osm_encode_structure(encoder, object))
        return;
    osm_json_object_begin(json);
    osm_json_key(json, "UaTypeId"); /* of the encoding: the data type is not known */
    osm_opcua_encode_node_id(encoder, type_id);
    if (encoding) {
        osm_json_key(json, "UaEncoding");
        osm_json_int(json, encoding);
        osm_json_key(json, "UaBody");
        osm_encode_body(encoder, object);
    }
    osm_json_object_end(json);
}
