/* SPDX-License-Identifier: MIT */
/* Plain JSON of values: Variant, DataValue, ExtensionObject, and the table of all types. */
#include "wire/plain/plain_style.h"
#include "wire/text/time_text.h"

/* The three names and what stands around them, a number, two times. */
#define QUALITY_ROOM ((size_t)56 + OSM_JSON_UINT + 2 * (OSM_TIME_TEXT + 2))
#define TYPE_ROOM ((size_t)32 + OSM_JSON_UINT)
/* Behind other members. */
#define BASE64 ",\"base64\":true"

const struct osm_style osm_plain_style = {
    .form = OSM_STYLE_PLAIN,
    .structure = osm_encode_fields,
    .builtin = {
        OSM_ENCODERS_ALIKE,
        [UA_DATATYPEKIND_INT64] = osm_encode_int64,
        [UA_DATATYPEKIND_UINT64] = osm_encode_uint64,
        [UA_DATATYPEKIND_DATETIME] = osm_encode_date_time,
        [UA_DATATYPEKIND_GUID] = osm_encode_guid,
        [UA_DATATYPEKIND_BYTESTRING] = osm_encode_byte_string,
        [UA_DATATYPEKIND_NODEID] = osm_plain_encode_node_id,
        [UA_DATATYPEKIND_EXPANDEDNODEID] = osm_plain_encode_expanded_node_id,
        [UA_DATATYPEKIND_STATUSCODE] = osm_encode_uint32,
        [UA_DATATYPEKIND_QUALIFIEDNAME] = osm_plain_encode_qualified_name,
        [UA_DATATYPEKIND_LOCALIZEDTEXT] = osm_plain_encode_localized_text,
        [UA_DATATYPEKIND_EXTENSIONOBJECT] = osm_plain_encode_extension_object,
        [UA_DATATYPEKIND_DATAVALUE] = osm_plain_encode_data_value,
        [UA_DATATYPEKIND_VARIANT] = osm_plain_encode_variant,
        [UA_DATATYPEKIND_DIAGNOSTICINFO] = osm_plain_encode_diagnostic_info,
    }};

static void type_member(struct osm_encoder *encoder, const UA_Variant *variant)
{
    osm_json_key(encoder->json, "type");
    osm_json_uint(encoder->json, osm_builtin_type_of(variant->type));
}

static void dimensions_member(struct osm_encoder *encoder, const UA_Variant *variant)
{
    osm_json_key(encoder->json, "dimensions");
    osm_encode_dimensions(encoder, variant);
}

/* "statusCode" and the timestamps, with a type before them also that and no dimensions, and the
 * object's end, printed in one go: of a thousand values read together these members are two thirds
 * of the text. */
static void last_members(struct osm_json *json, const UA_DataValue *value, const UA_DataType *type,
                         bool base64)
{
    char *at = osm_json_value_begin(json, TYPE_ROOM + QUALITY_ROOM + sizeof(BASE64));

    if (type) {
        at = osm_json_put(at, "\"type\":");
        at = osm_json_put_uint(at, osm_builtin_type_of(type));
        at = osm_json_put(at, ",\"dimensions\":null,");
    }
    at = osm_json_put(at, "\"statusCode\":");
    at = osm_json_put_uint(at, value->hasStatus ? value->status : 0);
    at = osm_json_put(at, ",\"sourceTimestamp\":");
    at = osm_time_put(at, value->hasSourceTimestamp ? value->sourceTimestamp : 0, false);
    at = osm_json_put(at, ",\"serverTimestamp\":");
    at = osm_time_put(at, value->hasServerTimestamp ? value->serverTimestamp : 0, false);
    if (base64)
        at = osm_json_put(at, BASE64);
    *at++ = '}';
    osm_json_value_end(json, at);
    osm_json_leave(json);
}

void osm_plain_encode_variant(struct osm_encoder *encoder, const void *value)
{
    /* The PHP client accepts no type 0 where a Variant is due (T11). */
    static const char empty[] = "{\"type\":24,\"value\":null,\"dimensions\":null}";
    const UA_Variant *variant = value;
    bool base64;

    if (!variant->type) {
        osm_json_raw(encoder->json, empty, sizeof(empty) - 1);
        return;
    }
    osm_json_object_begin(encoder->json);
    type_member(encoder, variant);
    osm_json_key(encoder->json, "value");
    base64 = osm_encode_content(encoder, variant);
    dimensions_member(encoder, variant);
    if (base64)
        osm_json_literal(encoder->json, BASE64 + 1);
    osm_json_object_end(encoder->json);
}

void osm_plain_encode_data_value(struct osm_encoder *encoder, const void *data)
{
    const UA_DataValue *value = data;
    const UA_DataType *type = value->hasValue ? value->value.type : NULL;
    struct osm_json *json = encoder->json;
    bool base64 = false;

    osm_json_object_begin_with(json, "value");
    if (type)
        base64 = osm_encode_content(encoder, &value->value);
    else
        osm_json_literal(json, "null,\"type\":null,\"dimensions\":null");
    if (type && value->value.arrayDimensionsSize) {
        type_member(encoder, &value->value);
        dimensions_member(encoder, &value->value);
        type = NULL;
    }
    last_members(json, value, type, base64);
}

void osm_plain_encode_extension_object(struct osm_encoder *encoder, const void *value)
{
    const UA_ExtensionObject *object = value;
    struct osm_json *json = encoder->json;
    int encoding;
    const UA_NodeId *type_id = osm_encoding_of(object, &encoding);

    osm_json_object_begin(json);
    osm_json_key(json, "typeId");
    osm_plain_encode_node_id(encoder, type_id);
    osm_json_key(json, "encoding");
    osm_json_int(json, encoding);
    osm_encode_body_and_value(encoder, object, "body");
    osm_json_object_end(json);
}
