/* SPDX-License-Identifier: MIT */
/* Reading tagged Variants, DataValues and ExtensionObjects; see tagged_decode.h. */
#include "util/base64.h"
#include "wire/tagged/tagged_reader.h"

/* Base64 text or nothing; upstream's message when it is broken. */
static bool check_bytes(const struct osm_decode *decode, yyjson_val *object, const char *key,
                        const char *message, UA_ByteString *out)
{
    yyjson_val *text = osm_json_get(object, key);

    *out = UA_BYTESTRING_NULL;
    if (osm_is_null(text))
        return true;
    if (!yyjson_is_str(text))
        return osm_decode_member_error(decode, key, "a string or null");
    return osm_base64_decode(yyjson_get_str(text), yyjson_get_len(text), decode->arena, &out->data,
                             &out->length) ||
           osm_tagged_error(decode, message);
}

static bool is_list_of_integers(yyjson_val *value)
{
    struct osm_list list;

    if (!osm_cast_list(value, &list))
        return false;
    for (size_t i = 0; i < list.size; i++) {
        if (!osm_tagged_is_integer(osm_cast_list_next(&list)))
            return false;
    }
    return true;
}

/* --- Variant ------------------------------------------------------------------------------- */

static bool check_variant(const struct osm_decode *decode, yyjson_val *value, int64_t *type,
                          UA_ByteString *bytes)
{
    yyjson_val *tag = osm_json_get(value, "type"), *dimensions = osm_json_get(value, "dims");

    if (!osm_tagged_is(tag, "BuiltinType"))
        return osm_tagged_error(
            decode, "Variant wire payload: \"type\" must be a decoded BuiltinType instance.");
    if (!osm_is_null(dimensions) && !is_list_of_integers(dimensions))
        return osm_decode_member_error(decode, "dims", "a list of integers or null");
    return osm_tagged_read_enum(decode, tag, "BuiltinType", type) &&
           check_bytes(decode, value, "bytesB64",
                       "Variant wire payload: \"bytesB64\" is not valid base64.", bytes);
}

bool osm_tagged_check_variant(const struct osm_decode *decode, yyjson_val *value)
{
    UA_ByteString bytes;
    int64_t type;

    return check_variant(decode, value, &type, &bytes);
}

/* The map is known to be a Variant. */
static bool read_variant(const struct osm_reader *reader, yyjson_val *value, UA_Variant *out)
{
    yyjson_val *content = osm_json_get(value, "value");
    struct osm_reader at = *reader;
    UA_ByteString bytes;
    int64_t type;

    UA_Variant_init(out);
    if (!check_variant(reader->decode, value, &type, &bytes))
        return false;
    at.type = (uint32_t)type;
    at.base64 = yyjson_is_true(osm_json_get(value, "base64"));
    if (bytes.data) {
        if (type != UA_DATATYPEKIND_BYTESTRING + 1)
            return osm_tagged_error(reader->decode, "Variant wire payload: \"bytesB64\" is the "
                                                    "value of a ByteString only.");
        content = osm_json_get(value, "bytesB64");
        at.base64 = true;
    } else if (type == UA_DATATYPEKIND_VARIANT + 1 && osm_is_null(content)) {
        return true; /* an empty one (T11) */
    }
    return osm_read_content(&at, content, out) &&
           osm_read_dimensions(&at, osm_json_get(value, "dims"), out);
}

/* --- DataValue ----------------------------------------------------------------------------- */

static bool is_or_null(yyjson_val *value, const char *tag)
{
    return osm_is_null(value) || osm_tagged_is(value, tag);
}

bool osm_tagged_check_data_value(const struct osm_decode *decode, yyjson_val *value)
{
    yyjson_val *status = osm_json_get(value, "status");

    if (!is_or_null(osm_json_get(value, "variant"), "Variant"))
        return osm_decode_member_error(decode, "variant", "a tagged Variant or null");
    if (!osm_is_null(status) && !osm_tagged_is_integer(status))
        return osm_decode_member_error(decode, "status", "an integer");
    if (!is_or_null(osm_json_get(value, "sourceTs"), "DateTime"))
        return osm_decode_member_error(decode, "sourceTs", "a tagged DateTime or null");
    if (!is_or_null(osm_json_get(value, "serverTs"), "DateTime"))
        return osm_decode_member_error(decode, "serverTs", "a tagged DateTime or null");
    return true;
}

static bool read_data_value(const struct osm_reader *reader, yyjson_val *value, UA_DataValue *out)
{
    const struct osm_decode *decode = reader->decode;
    yyjson_val *variant = osm_json_get(value, "variant"), *status = osm_json_get(value, "status"),
               *source = osm_json_get(value, "sourceTs"), *server = osm_json_get(value, "serverTs");

    UA_DataValue_init(out);
    if (!osm_tagged_check_data_value(decode, value) ||
        (!osm_is_null(variant) && !read_variant(reader, variant, &out->value)) ||
        (!osm_is_null(status) &&
         !osm_read_as(reader, UA_DATATYPEKIND_STATUSCODE + 1, status, &out->status)) ||
        !osm_tagged_read_date_time_or_null(decode, source, &out->sourceTimestamp) ||
        !osm_tagged_read_date_time_or_null(decode, server, &out->serverTimestamp))
        return false;
    out->hasValue = out->value.type != NULL;
    out->hasStatus = out->status != UA_STATUSCODE_GOOD;
    out->hasSourceTimestamp = !osm_is_null(source);
    out->hasServerTimestamp = !osm_is_null(server);
    return true;
}

/* --- ExtensionObject ----------------------------------------------------------------------- */

static bool check_extension_object(const struct osm_decode *decode, yyjson_val *value,
                                   UA_ByteString *body)
{
    yyjson_val *encoding = osm_json_get(value, "encoding");

    if (!osm_tagged_is(osm_json_get(value, "typeId"), "NodeId"))
        return osm_tagged_error(
            decode, "ExtensionObject wire payload: \"typeId\" must be a decoded NodeId instance.");
    if (!osm_is_null(encoding) && !osm_tagged_is_integer(encoding))
        return osm_decode_member_error(decode, "encoding", "an integer");
    return check_bytes(decode, value, "bodyB64",
                       "ExtensionObject wire payload: \"bodyB64\" is not valid base64.", body);
}

bool osm_tagged_check_extension_object(const struct osm_decode *decode, yyjson_val *value)
{
    UA_ByteString body;

    return check_extension_object(decode, value, &body);
}

static bool read_extension_object(const struct osm_reader *reader, yyjson_val *value,
                                  UA_ExtensionObject *out)
{
    UA_ByteString body;

    UA_ExtensionObject_init(out);
    return check_extension_object(reader->decode, value, &body) &&
           osm_read_extension_object(reader, value, out);
}

/* --- by builtin type ----------------------------------------------------------------------- */

static bool scalar_type_error(const struct osm_reader *reader, yyjson_val *value)
{
    return osm_decode_type_error(reader->decode,
                                 osm_arena_printf(reader->decode->arena, "%s, not a tagged %s",
                                                  osm_builtin_type(reader->type)->typeName,
                                                  osm_tagged_type(value)));
}

static bool read_of_type(const struct osm_reader *reader, yyjson_val *value, void *out)
{
    const struct osm_decode *decode = reader->decode;

    switch (reader->type - 1) {
    case UA_DATATYPEKIND_DATETIME:
        return osm_tagged_read_date_time(decode, value, out);
    case UA_DATATYPEKIND_NODEID:
        return osm_tagged_read_node_id(decode, value, out);
    case UA_DATATYPEKIND_EXPANDEDNODEID:
        if (osm_tagged_is(value, "NodeId") && yyjson_is_str(osm_json_get(value, "v")))
            return osm_read_expanded_node_id(reader, value, out);
        return osm_tagged_read_node_id(decode, value, &((UA_ExpandedNodeId *)out)->nodeId);
    case UA_DATATYPEKIND_QUALIFIEDNAME:
        return osm_tagged_read_qualified_name(decode, value, out);
    case UA_DATATYPEKIND_LOCALIZEDTEXT:
        return osm_tagged_read_localized_text(decode, value, out);
    case UA_DATATYPEKIND_EXTENSIONOBJECT:
        return read_extension_object(reader, value, out);
    case UA_DATATYPEKIND_DATAVALUE:
        return read_data_value(reader, value, out);
    default:
        return reader->element ? read_variant(reader, value, out)
                               : osm_read_variant(reader, value, out);
    }
}

bool osm_tagged_read_scalar(const struct osm_reader *reader, yyjson_val *value, void *out)
{
    /* The tag of a value for each builtin type that has one. */
    static const char *const tags[] = {
        [UA_DATATYPEKIND_DATETIME] = "DateTime",
        [UA_DATATYPEKIND_NODEID] = "NodeId",
        [UA_DATATYPEKIND_EXPANDEDNODEID] = "NodeId",
        [UA_DATATYPEKIND_QUALIFIEDNAME] = "QualifiedName",
        [UA_DATATYPEKIND_LOCALIZEDTEXT] = "LocalizedText",
        [UA_DATATYPEKIND_EXTENSIONOBJECT] = "ExtensionObject",
        [UA_DATATYPEKIND_DATAVALUE] = "DataValue",
        [UA_DATATYPEKIND_VARIANT] = "Variant",
        [UA_DATATYPEKIND_DIAGNOSTICINFO] = NULL,
    };
    const char *tag = tags[reader->type - 1];

    if (!tag || !osm_tagged_is(value, tag))
        return osm_tagged_type(value) ? scalar_type_error(reader, value)
                                      : osm_tagged_check(reader->decode, value);
    return read_of_type(reader, value, out);
}

static struct osm_reader reader_for(const struct osm_decode *decode, uint32_t type)
{
    return (struct osm_reader){
        .decode = decode, .type = type, .read_tagged = osm_tagged_read_scalar};
}

bool osm_tagged_read_value(const struct osm_decode *decode, yyjson_val *value,
                           uint32_t builtin_type, UA_Variant *out)
{
    struct osm_reader reader = reader_for(decode, builtin_type);

    return osm_read_content(&reader, value, out);
}

bool osm_tagged_read_variant(const struct osm_decode *decode, yyjson_val *value, UA_Variant *out)
{
    struct osm_reader reader = reader_for(decode, UA_DATATYPEKIND_VARIANT + 1);

    if (!osm_tagged_is(value, "Variant"))
        return osm_decode_type_error(decode, "a tagged Variant");
    return read_variant(&reader, value, out);
}

bool osm_tagged_read_data_value(const struct osm_decode *decode, yyjson_val *value,
                                UA_DataValue *out)
{
    struct osm_reader reader = reader_for(decode, UA_DATATYPEKIND_DATAVALUE + 1);

    if (!osm_tagged_is(value, "DataValue"))
        return osm_decode_type_error(decode, "a tagged DataValue");
    return read_data_value(&reader, value, out);
}
