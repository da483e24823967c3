/* SPDX-License-Identifier: MIT */
/* Reading names, texts, ExtensionObjects, DataValues and Variants from their objects. */
#include "util/base64.h"
#include "wire/plain/plain_reader.h"
#include "wire/text/cast_text.h"
#include "wire/text/node_id.h"
#include "wire/text/qualified_name.h"
#include "wire/value/body_check.h"

/* The member under the first of these names that is there. */
static yyjson_val *either(yyjson_val *object, const char *name, const char *other)
{
    yyjson_val *value = osm_json_get(object, name);

    return value ? value : osm_json_get(object, other);
}

bool osm_read_qualified_name(const struct osm_reader *reader, yyjson_val *value, void *out)
{
    yyjson_val *ns = either(value, "ns", "namespaceIndex"), *name = either(value, "name", "n");
    UA_QualifiedName *result = out;

    if (yyjson_is_str(value))
        return osm_qualified_name_read(yyjson_get_str(value), yyjson_get_len(value),
                                       reader->decode->names, result, reader->decode->arena,
                                       reader->decode->fault);
    if ((!ns && !name) || (!osm_is_null(name) && !yyjson_is_str(name)))
        return osm_reader_error(reader, value, "ns and name are needed");
    if (!osm_is_null(ns) && !osm_read_as(reader, 5, ns, &result->namespaceIndex))
        return false;
    osm_names_note(reader->decode->names, result->namespaceIndex);
    return osm_read_as(reader, 12, name, &result->name);
}

bool osm_read_localized_text(const struct osm_reader *reader, yyjson_val *value, void *out)
{
    yyjson_val *locale = osm_json_get(value, "locale"), *text = osm_json_get(value, "text");
    UA_LocalizedText *result = out;

    if (yyjson_is_str(value))
        return osm_read_as(reader, 12, value, &result->text);
    if ((!locale && !text) || (!osm_is_null(locale) && !yyjson_is_str(locale)) ||
        (!osm_is_null(text) && !yyjson_is_str(text)))
        return osm_reader_error(reader, value, "locale and text, strings or null, are needed");
    return osm_read_as(reader, 12, locale, &result->locale) &&
           osm_read_as(reader, 12, text, &result->text);
}

/* The library cannot encode matrices of structures as they are on the wire: with one in it, what is
 * written is a body. */
static bool take_body(const struct osm_reader *reader, yyjson_val *fields, const UA_DataType *type,
                      const void *data, UA_ExtensionObject *out)
{
    _cleanup_(osm_buf_deinit) struct osm_buf body = {0};
    UA_ByteString bytes = UA_BYTESTRING_NULL;
    bool good = UA_encodeBinary(data, type, &bytes) == UA_STATUSCODE_GOOD &&
                (osm_body_contract(&bytes, type, &body) || !body.length);

    UA_ByteString_clear(&bytes);
    if (good && body.length) {
        out->encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING;
        out->content.encoded.typeId = type->binaryEncodingId;
        out->content.encoded.body.length = body.length;
        out->content.encoded.body.data =
            (UA_Byte *)osm_arena_text(reader->decode->arena, body.data, body.length);
    }
    return good || osm_reader_error(reader, fields, "the structure cannot be encoded");
}

static bool read_fields_of(const struct osm_reader *reader, yyjson_val *fields,
                           const UA_DataType *type, UA_ExtensionObject *out)
{
    void *data = osm_arena_alloc(reader->decode->arena, type->memSize);

    if (!osm_read_structure(reader, fields, type, data))
        return false;
    out->encoding = UA_EXTENSIONOBJECT_DECODED_NODELETE;
    out->content.decoded.type = type;
    out->content.decoded.data = data;
    return take_body(reader, fields, type, data, out);
}

/* The fields of a structure the session knows, instead of a body. */
static bool read_fields(const struct osm_reader *reader, yyjson_val *object, yyjson_val *fields,
                        UA_ExtensionObject *out)
{
    const struct osm_wire_context *context = reader->decode->context;
    const UA_DataType *type = NULL;

    if (context && context->structure)
        type = context->structure(context->structures, &out->content.encoded.typeId);
    if (!type)
        return osm_reader_error(reader, object, "its structure is not known, a body is needed");
    return read_fields_of(reader, fields, type, out);
}

static bool read_body(const struct osm_reader *reader, yyjson_val *object, yyjson_val *body,
                      UA_ExtensionObject *out)
{
    UA_ByteString *bytes = &out->content.encoded.body;

    if (osm_is_null(body))
        return true;
    if (!yyjson_is_str(body) ||
        !osm_base64_decode(yyjson_get_str(body), yyjson_get_len(body), reader->decode->arena,
                           &bytes->data, &bytes->length))
        return osm_reader_error(reader, object, "its body is not valid base64");
    return true;
}

bool osm_read_extension_object(const struct osm_reader *reader, yyjson_val *value, void *out)
{
    static const UA_ExtensionObjectEncoding encodings[] = {UA_EXTENSIONOBJECT_ENCODED_NOBODY,
                                                           UA_EXTENSIONOBJECT_ENCODED_BYTESTRING,
                                                           UA_EXTENSIONOBJECT_ENCODED_XML};
    yyjson_val *id = osm_json_get(value, "typeId"), *body = either(value, "body", "bodyB64"),
               *number = osm_json_get(value, "encoding"), *fields = osm_json_get(value, "value");
    UA_ExtensionObject *result = out;
    UA_Byte encoding = !osm_is_null(body) || !osm_is_null(fields);

    if (!id && yyjson_is_obj(value) && reader->decode->structure)
        return read_fields_of(reader, value, reader->decode->structure, result);
    if (!id)
        return osm_reader_error(reader, value,
                                "typeId, encoding and body are needed, or the fields of a "
                                "structure that discoverDataTypes has found");
    if (!osm_read_as(reader, 17, id, &result->content.encoded.typeId) ||
        (!osm_is_null(number) && !osm_read_as(reader, 3, number, &encoding)))
        return false;
    if (encoding >= OSM_ARRAY_SIZE(encodings))
        return osm_reader_error(reader, value, "its encoding must be 0, 1 or 2");
    result->encoding = encodings[encoding];
    if (encoding == 1 && osm_is_null(body) && !osm_is_null(fields))
        return read_fields(reader, value, fields, result);
    return encoding == 0 || read_body(reader, value, body, result);
}

/* Upstream's cast makes 1, Boolean, of anything that is no number, for the arguments of `call`;
 * what stands in a value is T9's, and has a number. */
static bool read_variant_in(const struct osm_reader *reader, yyjson_val *object, UA_Variant *out)
{
    if (yyjson_is_ctn(osm_json_get(object, "type")))
        return osm_reader_error(reader, object, "type is the number of a builtin type");
    return osm_read_variant_object(reader, object, out);
}

static bool read_data_value_content(const struct osm_reader *reader, yyjson_val *value,
                                    UA_DataValue *out)
{
    yyjson_val *variant = osm_json_get(value, "variant");

    if (!variant &&
        (!osm_is_null(osm_json_get(value, "type")) || !osm_is_null(osm_json_get(value, "value"))))
        variant = value;
    if (osm_is_null(variant))
        return true;
    if (!yyjson_is_obj(variant))
        return osm_reader_error(reader, value, "its variant must be an object or null");
    out->hasValue = true;
    return read_variant_in(reader, variant, &out->value);
}

bool osm_read_data_value(const struct osm_reader *reader, yyjson_val *value, void *out)
{
    static const char *const names[] = {"value",           "type",   "variant",  "statusCode",
                                        "sourceTimestamp", "status", "sourceTs", "serverTimestamp",
                                        "serverTs"};
    yyjson_val *status = either(value, "statusCode", "status"),
               *source = either(value, "sourceTimestamp", "sourceTs"),
               *server = either(value, "serverTimestamp", "serverTs");
    UA_DataValue *result = out;
    bool known = false;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(names); i++)
        known = known || osm_json_get(value, names[i]);
    if (!known)
        return osm_reader_error(reader, value, NULL);
    if (!read_data_value_content(reader, value, result) ||
        (!osm_is_null(status) && !osm_read_as(reader, 19, status, &result->status)) ||
        !osm_read_as(reader, 13, source, &result->sourceTimestamp) ||
        !osm_read_as(reader, 13, server, &result->serverTimestamp))
        return false;
    result->hasStatus = result->status != UA_STATUSCODE_GOOD;
    result->hasSourceTimestamp = !osm_is_null(source);
    result->hasServerTimestamp = !osm_is_null(server);
    return true;
}

bool osm_read_variant(const struct osm_reader *reader, yyjson_val *value, void *out)
{
    if (!reader->element)
        return osm_reader_error(reader, value, "OPC UA allows Variants in a Variant only as list");
    if (!yyjson_is_obj(value))
        return osm_reader_error(reader, value, "type and value are needed");
    return read_variant_in(reader, value, out);
}
