/* SPDX-License-Identifier: MIT */
/* Reading Variants: the table of builtin types (types.md §4). */
#include "wire/plain/plain_reader.h"

/* Variants and DataValues in each other: OPC UA peers refuse what nests too deeply. */
#define NESTING_MAX 32

static const struct osm_read_rule rules[] = {
    [1] = {osm_read_boolean, false},          [2] = {osm_read_integer, false},
    [3] = {osm_read_integer, false},          [4] = {osm_read_integer, false},
    [5] = {osm_read_integer, false},          [6] = {osm_read_integer, false},
    [7] = {osm_read_integer, false},          [8] = {osm_read_integer, false},
    [9] = {osm_read_integer, false},          [10] = {osm_read_float, false},
    [11] = {osm_read_double, false},          [12] = {osm_read_string, false},
    [13] = {osm_read_date_time, true},        [14] = {osm_read_guid, false},
    [15] = {osm_read_byte_string, true},      [16] = {osm_read_string, false},
    [17] = {osm_read_node_id, true},          [18] = {osm_read_expanded_node_id, true},
    [19] = {osm_read_integer, false},         [20] = {osm_read_qualified_name, true},
    [21] = {osm_read_localized_text, true},   [22] = {osm_read_extension_object, true},
    [23] = {osm_read_data_value, true},       [24] = {osm_read_variant, true},
    [25] = {osm_read_diagnostic_info, false},
};

const struct osm_read_rule *osm_read_rule(uint32_t builtin_type)
{
    osm_assert(builtin_type >= 1 && builtin_type < OSM_ARRAY_SIZE(rules));
    return &rules[builtin_type];
}

static bool is_tagged(const struct osm_reader *reader, yyjson_val *value)
{
    return reader->read_tagged && osm_json_get(value, "__t");
}

bool osm_read_scalar(const struct osm_reader *reader, yyjson_val *value, void *out)
{
    if (is_tagged(reader, value))
        return reader->read_tagged(reader, value, out);
    return osm_read_rule(reader->type)->read(reader, value, out);
}

bool osm_read_as(const struct osm_reader *reader, uint32_t builtin_type, yyjson_val *value,
                 void *out)
{
    struct osm_reader other = *reader;

    other.type = builtin_type;
    return osm_read_scalar(&other, value, out);
}

bool osm_read_content(const struct osm_reader *reader, yyjson_val *value, UA_Variant *out)
{
    const struct osm_read_rule *rule = osm_read_rule(reader->type);
    const UA_DataType *type = osm_builtin_type(reader->type);
    struct osm_reader at = *reader;
    void *data;

    UA_Variant_init(out);
    if (++at.depth > NESTING_MAX)
        return osm_reader_error(reader, value, "nested too deeply");
    if (osm_read_is_list(reader, value))
        return osm_read_list(&at, value, out);
    if (yyjson_is_obj(value) && !rule->object && !is_tagged(reader, value))
        return osm_reader_error(reader, value, NULL);
    data = osm_arena_alloc(reader->decode->arena, type->memSize);
    at.element = false;
    if (!osm_read_scalar(&at, value, data))
        return false;
    UA_Variant_setScalar(out, data, type);
    out->storageType = UA_VARIANT_DATA_NODELETE;
    return true;
}

bool osm_read_variant_object(const struct osm_reader *reader, yyjson_val *object, UA_Variant *out)
{
    yyjson_val *value = osm_json_get(object, "value"), *bytes = osm_json_get(object, "bytesB64"),
               *dimensions = osm_json_get(object, "dimensions");
    struct osm_reader at = *reader;

    if (!osm_plain_read_builtin_type(reader->decode, osm_json_get(object, "type"), &at.type))
        return false;
    if (at.type == 24 && reader->element && osm_is_null(value)) { /* an empty one (T11) */
        UA_Variant_init(out);
        return true;
    }
    at.base64 = yyjson_is_true(osm_json_get(object, "base64"));
    if (at.type == 15 && osm_is_null(value) && !osm_is_null(bytes)) {
        at.base64 = true;
        value = bytes;
    }
    if (!dimensions)
        dimensions = osm_json_get(object, "dims");
    return osm_read_content(&at, value, out) && osm_read_dimensions(&at, dimensions, out);
}

bool osm_plain_read_builtin_type(const struct osm_decode *decode, yyjson_val *value, uint32_t *out)
{
    int64_t type = osm_cast_int(value);

    if (type < 1 || type >= (int64_t)OSM_ARRAY_SIZE(rules))
        return osm_decode_enum_error_int(decode, type, "Types\\BuiltinType");
    *out = (uint32_t)type;
    return true;
}

static struct osm_reader reader_for(const struct osm_decode *decode, uint32_t type)
{
    return (struct osm_reader){.decode = decode, .type = type};
}

bool osm_plain_read_value(const struct osm_decode *decode, yyjson_val *value, uint32_t builtin_type,
                          UA_Variant *out)
{
    struct osm_reader reader = reader_for(decode, builtin_type);

    return osm_read_content(&reader, value, out);
}

bool osm_plain_read_variant(const struct osm_decode *decode, yyjson_val *value, UA_Variant *out)
{
    struct osm_reader reader = reader_for(decode, 24);

    if (!yyjson_is_obj(value) && !yyjson_is_arr(value))
        return osm_decode_type_error(decode, "a Variant object");
    return osm_read_variant_object(&reader, value, out);
}
