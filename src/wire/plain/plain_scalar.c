/* SPDX-License-Identifier: MIT */
/* Reading the simple builtin types (types.md §4): nothing wraps, nothing becomes 0 (T14). */
#include <math.h>
#include <string.h>

#include "util/base64.h"
#include "wire/plain/plain_reader.h"
#include "wire/text/cast_text.h"
#include "wire/text/guid.h"
#include "wire/text/node_id.h"
#include "wire/text/string.h"
#include "wire/text/time_text.h"

bool osm_read_boolean(const struct osm_reader *reader, yyjson_val *value, void *out)
{
    static const struct {
        const char *text;
        bool value;
    } texts[] = {{"true", true}, {"false", false}, {"1", true}, {"0", false}, {"", false}};
    UA_Boolean *result = out;

    if (yyjson_is_bool(value) || osm_cast_is_number(value)) {
        *result = osm_cast_bool(value);
        return true;
    }
    for (size_t i = 0; i < OSM_ARRAY_SIZE(texts); i++) {
        if (yyjson_equals_str(value, texts[i].text)) {
            *result = texts[i].value;
            return true;
        }
    }
    return osm_reader_error(reader, value, "true or false is needed");
}

/* What fits; UInt64 takes the negative numbers it is printed as (T7). */
static const struct {
    int64_t min;
    uint64_t max;
    const char *reason;
} ranges[] = {
    [UA_DATATYPEKIND_SBYTE] = {INT8_MIN, INT8_MAX, "an integer from -128 to 127 is needed"},
    [UA_DATATYPEKIND_BYTE] = {0, UINT8_MAX, "an integer from 0 to 255 is needed"},
    [UA_DATATYPEKIND_INT16] = {INT16_MIN, INT16_MAX, "an integer from -32768 to 32767 is needed"},
    [UA_DATATYPEKIND_UINT16] = {0, UINT16_MAX, "an integer from 0 to 65535 is needed"},
    [UA_DATATYPEKIND_INT32] = {INT32_MIN, INT32_MAX,
                               "an integer from -2147483648 to 2147483647 is needed"},
    [UA_DATATYPEKIND_UINT32] = {0, UINT32_MAX, "an integer from 0 to 4294967295 is needed"},
    [UA_DATATYPEKIND_INT64] = {INT64_MIN, INT64_MAX, "an integer of 64 bits is needed"},
    [UA_DATATYPEKIND_UINT64] = {INT64_MIN, UINT64_MAX, "an integer of 64 bits is needed"},
    [UA_DATATYPEKIND_STATUSCODE] = {0, UINT32_MAX, "an integer from 0 to 4294967295 is needed"},
};

/* An integral number, a digit string, a bool. */
static bool integer_of(yyjson_val *value, uint64_t *bits, bool *negative)
{
    if (yyjson_is_bool(value)) {
        *bits = yyjson_get_bool(value);
        *negative = false;
        return true;
    }
    if (yyjson_is_str(value))
        return osm_text_integer(yyjson_get_str(value), yyjson_get_len(value), bits, negative);
    return osm_cast_number_integer(value, bits, negative);
}

static void store_integer(void *out, size_t size, uint64_t bits)
{
    switch (size) {
    case 1:
        *(uint8_t *)out = (uint8_t)bits;
        break;
    case 2:
        *(uint16_t *)out = (uint16_t)bits;
        break;
    case 4:
        *(uint32_t *)out = (uint32_t)bits;
        break;
    default:
        *(uint64_t *)out = bits;
    }
}

bool osm_read_integer(const struct osm_reader *reader, yyjson_val *value, void *out)
{
    const UA_DataType *type = osm_builtin_type(reader->type);
    uint64_t bits;
    bool negative;

    if (!integer_of(value, &bits, &negative) ||
        (negative ? (int64_t)bits < ranges[type->typeKind].min : bits > ranges[type->typeKind].max))
        return osm_reader_error(reader, value, ranges[type->typeKind].reason);
    store_integer(out, type->memSize, bits);
    return true;
}

bool osm_read_double(const struct osm_reader *reader, yyjson_val *value, void *out)
{
    double *result = out;

    if (yyjson_equals_str(value, "NaN"))
        *result = NAN;
    else if (yyjson_equals_str(value, "Infinity"))
        *result = INFINITY;
    else if (yyjson_equals_str(value, "-Infinity"))
        *result = -INFINITY;
    else if (osm_cast_is_number(value))
        *result = osm_cast_number_double(value);
    else if (!yyjson_is_str(value) ||
             !osm_text_is_numeric(yyjson_get_str(value), yyjson_get_len(value), result))
        return osm_reader_error(reader, value, "a number is needed");
    else if (isinf(*result))
        return osm_reader_error(reader, value, "out of range");
    if (osm_cast_is_number(value) && isinf(*result)) /* 1e999 */
        return osm_reader_error(reader, value, "out of range");
    return true;
}

bool osm_read_float(const struct osm_reader *reader, yyjson_val *value, void *out)
{
    double wide;
    UA_Float *result = out;

    if (!osm_read_double(reader, value, &wide))
        return false;
    *result = (UA_Float)wide;
    if (isinf(*result) && !isinf(wide))
        return osm_reader_error(reader, value, "out of range");
    return true;
}

bool osm_read_string(const struct osm_reader *reader, yyjson_val *value, void *out)
{
    UA_String *result = out;

    if (osm_is_null(value))
        return true;
    if (!yyjson_is_str(value))
        return osm_decode_type_error(reader->decode, "a string or null");
    *result = osm_string_view(yyjson_get_str(value), yyjson_get_len(value));
    return true;
}

bool osm_read_date_time(const struct osm_reader *reader, yyjson_val *value, void *out)
{
    const struct osm_decode *decode = reader->decode;

    if (osm_is_null(value)) /* out is 0 */
        return true;
    if (yyjson_is_str(value))
        return osm_time_parse_or_fault(yyjson_get_str(value), yyjson_get_len(value), decode->now,
                                       out, decode->arena, decode->fault);
    if (osm_time_from_php(value, out))
        return true;
    if (yyjson_is_bool(value) || osm_cast_is_number(value))
        return osm_decode_type_error(decode, "a time text");
    return osm_reader_error(reader, value,
                            "a time text, or date and a time zone with a fixed "
                            "offset, is needed");
}

bool osm_read_guid(const struct osm_reader *reader, yyjson_val *value, void *out)
{
    const struct osm_decode *decode = reader->decode;
    size_t length;
    const char *text = osm_cast_text(value, decode->arena, &length);

    return osm_guid_parse_or_fault(text, length, out, decode->arena, decode->fault);
}

static bool read_base64(const struct osm_reader *reader, yyjson_val *value, UA_ByteString *out)
{
    if (!yyjson_is_str(value) ||
        !osm_base64_decode(yyjson_get_str(value), yyjson_get_len(value), reader->decode->arena,
                           &out->data, &out->length))
        return osm_reader_error(reader, value, "not valid base64");
    return true;
}

bool osm_read_byte_string(const struct osm_reader *reader, yyjson_val *value, void *out)
{
    yyjson_val *base64 = osm_json_get(value, "base64");

    if (base64)
        return read_base64(reader, base64, out);
    if (reader->base64 && yyjson_is_str(value))
        return read_base64(reader, value, out);
    if (yyjson_is_obj(value) || yyjson_is_arr(value))
        return osm_reader_error(reader, value, NULL);
    return osm_read_string(reader, value, out);
}

bool osm_read_diagnostic_info(const struct osm_reader *reader, yyjson_val *value, void *out)
{
    return osm_fault_set(reader->decode->fault, reader->decode->arena, OSM_FAULT_ENCODING,
                         "DiagnosticInfo encoding not supported");
}
