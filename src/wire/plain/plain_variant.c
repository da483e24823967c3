/* SPDX-License-Identifier: MIT */
/* Reading Variants: the table of builtin types, lists, dimensions (types.md §4). */
#include <string.h>

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

/* Whether an object stands for a list: all keys are decimal numbers. */
static bool keys_are_numbers(yyjson_val *object)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&iter))) {
        size_t length = yyjson_get_len(key);

        if (!length || strspn(yyjson_get_str(key), "0123456789") != length)
            return false;
    }
    return true;
}

static bool read_list(const struct osm_reader *reader, yyjson_val *value, UA_Variant *out)
{
    const UA_DataType *type = osm_builtin_type(reader->type);
    struct osm_reader at = *reader;
    struct osm_decode place = *reader->decode;
    struct osm_list list;
    char *items;

    if (!osm_cast_list(value, &list))
        return osm_reader_error(reader, value, "its keys are repeated");
    items = list.size ? osm_arena_array(place.arena, list.size, type->memSize)
                      : UA_EMPTY_ARRAY_SENTINEL;
    at.element = true;
    at.decode = &place;
    for (size_t i = 0; i < list.size; i++) {
        if (reader->decode->element < 0)
            place.element = (int)OSM_MIN(i, (size_t)INT32_MAX);
        if (!osm_read_scalar(&at, osm_cast_list_next(&list), items + i * type->memSize))
            return false;
    }
    UA_Variant_setArray(out, items, list.size, type);
    out->storageType = UA_VARIANT_DATA_NODELETE;
    return true;
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
    if (yyjson_is_arr(value))
        return read_list(&at, value, out);
    if (yyjson_is_obj(value) && !rule->object && !is_tagged(reader, value)) {
        if (keys_are_numbers(value))
            return read_list(&at, value, out);
        return osm_reader_error(reader, value, NULL);
    }
    data = osm_arena_alloc(reader->decode->arena, type->memSize);
    at.element = false;
    if (!osm_read_scalar(&at, value, data))
        return false;
    UA_Variant_setScalar(out, data, type);
    out->storageType = UA_VARIANT_DATA_NODELETE;
    return true;
}

/* A matrix: the product of its dimensions is its length. */
bool osm_read_dimensions(const struct osm_reader *reader, yyjson_val *value, UA_Variant *out)
{
    uint64_t product = 1;
    struct osm_list list;

    if (osm_is_null(value))
        return true;
    if (!osm_cast_list(value, &list))
        return osm_reader_error(reader, value, "dimensions must be a list of integers");
    if (!list.size)
        return true;
    out->arrayDimensions = osm_arena_array(reader->decode->arena, list.size, sizeof(uint32_t));
    out->arrayDimensionsSize = list.size;
    for (size_t i = 0; i < list.size; i++) {
        if (!osm_read_as(reader, 7, osm_cast_list_next(&list), &out->arrayDimensions[i]))
            return false;
        if (__builtin_mul_overflow(product, out->arrayDimensions[i], &product))
            product = UINT64_MAX;
    }
    if (UA_Variant_isScalar(out) || product != out->arrayLength)
        return osm_reader_error(reader, value, "dimensions do not fit the length of value");
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

bool osm_plain_read_data_value(const struct osm_decode *decode, yyjson_val *value,
                               UA_DataValue *out)
{
    struct osm_reader reader = reader_for(decode, 23);

    UA_DataValue_init(out);
    return osm_read_data_value(&reader, value, out);
}

bool osm_plain_read_localized_text(const struct osm_decode *decode, yyjson_val *value,
                                   UA_LocalizedText *out)
{
    struct osm_reader reader = reader_for(decode, 21);

    UA_LocalizedText_init(out);
    return osm_read_localized_text(&reader, value, out);
}
