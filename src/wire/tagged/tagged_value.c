/* SPDX-License-Identifier: MIT */
/* Tagged JSON of values: Variant, DataValue, ExtensionObject, and the table of all types. */
#include "wire/plain/plain_style.h"
#include "wire/tagged/tagged_style.h"

const struct osm_style osm_tagged_style = {
    .form = OSM_STYLE_TAGGED,
    .structure = osm_encode_fields,
    .begin = osm_tagged_begin,
    .number = osm_tagged_encode_number,
    .builtin = {
        OSM_ENCODERS_ALIKE, [UA_DATATYPEKIND_INT64] = osm_encode_int64,
        [UA_DATATYPEKIND_UINT64] = osm_encode_uint64,
        [UA_DATATYPEKIND_DATETIME] = osm_tagged_encode_date_time,
        [UA_DATATYPEKIND_GUID] = osm_encode_guid,
        [UA_DATATYPEKIND_BYTESTRING] = osm_encode_byte_string,
        [UA_DATATYPEKIND_NODEID] = osm_tagged_encode_node_id,
        [UA_DATATYPEKIND_EXPANDEDNODEID] = osm_tagged_encode_expanded_node_id,
        [UA_DATATYPEKIND_STATUSCODE] = osm_encode_uint32,
        [UA_DATATYPEKIND_QUALIFIEDNAME] = osm_tagged_encode_qualified_name,
        [UA_DATATYPEKIND_LOCALIZEDTEXT] = osm_tagged_encode_localized_text,
        [UA_DATATYPEKIND_EXTENSIONOBJECT] = osm_tagged_encode_extension_object,
        [UA_DATATYPEKIND_DATAVALUE] = osm_tagged_encode_data_value,
        [UA_DATATYPEKIND_VARIANT] = osm_tagged_encode_variant,
        [UA_DATATYPEKIND_DIAGNOSTICINFO] = osm_plain_encode_diagnostic_info, /* an untagged map */
    }};

/* A single ByteString has a member of its own: PHP cannot put bytes into JSON text. */
static void scalar_bytes(struct osm_encoder *encoder, const UA_ByteString *bytes)
{
    struct osm_json *json = encoder->json;

    osm_json_null(json);
    osm_json_key(json, "dims");
    osm_json_null(json);
    osm_json_key(json, "bytesB64");
    if (bytes->data)
        osm_json_base64(json, bytes->data, bytes->length);
    else
        osm_json_null(json);
}

static void content(struct osm_encoder *encoder, const UA_Variant *variant)
{
    struct osm_json *json = encoder->json;
    bool base64 = osm_encode_content(encoder, variant);

    osm_json_key(json, "dims");
    osm_encode_dimensions(encoder, variant);
    osm_json_key(json, "bytesB64");
    osm_json_null(json);
    if (base64) {
        osm_json_key(json, "base64");
        osm_json_bool(json, true);
    }
}

void osm_tagged_encode_variant(struct osm_encoder *encoder, const void *value)
{
    static const UA_String nothing = {0};
    const UA_Variant *variant = value;
    uint32_t type = osm_builtin_type_of(variant->type);

    osm_tagged_begin(encoder->json, "Variant");
    osm_json_key(encoder->json, "type");
    /* The PHP client knows no type 0 (T11). */
    osm_tagged_encode_number(encoder->json, "BuiltinType",
                             type ? type : UA_DATATYPEKIND_VARIANT + 1);
    osm_json_key(encoder->json, "value");
    if (!type)
        scalar_bytes(encoder, &nothing);
    else if (type == UA_DATATYPEKIND_BYTESTRING + 1 && UA_Variant_isScalar(variant))
        scalar_bytes(encoder, variant->data);
    else
        content(encoder, variant);
    osm_json_object_end(encoder->json);
}

void osm_tagged_encode_data_value(struct osm_encoder *encoder, const void *data)
{
    static const UA_DateTime never = 0;
    const UA_DataValue *value = data;
    struct osm_json *json = encoder->json;

    osm_tagged_begin(json, "DataValue");
    osm_json_key(json, "variant");
    if (value->hasValue && value->value.type)
        osm_tagged_encode_variant(encoder, &value->value);
    else
        osm_json_null(json);
    osm_json_key(json, "status");
    osm_json_uint(json, value->hasStatus ? value->status : 0);
    osm_json_key(json, "sourceTs");
    osm_tagged_encode_date_time(encoder,
                                value->hasSourceTimestamp ? &value->sourceTimestamp : &never);
    osm_json_key(json, "serverTs");
    osm_tagged_encode_date_time(encoder,
                                value->hasServerTimestamp ? &value->serverTimestamp : &never);
    osm_json_object_end(json);
}

void osm_tagged_encode_extension_object(struct osm_encoder *encoder, const void *value)
{
    const UA_ExtensionObject *object = value;
    struct osm_json *json = encoder->json;
    int encoding;
    const UA_NodeId *type_id = osm_encoding_of(object, &encoding);

    osm_tagged_begin(json, "ExtensionObject");
    osm_json_key(json, "typeId");
    osm_tagged_encode_node_id(encoder, type_id);
    osm_json_key(json, "encoding");
    osm_json_int(json, encoding);
    osm_encode_body_and_value(encoder, object, "bodyB64");
    osm_json_object_end(json);
}
