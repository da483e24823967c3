/* SPDX-License-Identifier: MIT */
/* Where a decoder stands, and what it says when it cannot go on (E1). */
#include <inttypes.h>

#include "util/utf8.h"
#include "wire/plain/plain_reader.h"

/* Longest piece of a caller's value that is repeated in a message. */
#define QUOTED 100

const char *osm_decode_place(const struct osm_decode *decode)
{
    _cleanup_(osm_buf_deinit) struct osm_buf place = {0};

    osm_buf_printf(&place, "%s: %s", decode->method, decode->list ? decode->list : "params");
    if (decode->position >= 0)
        osm_buf_printf(&place, "[%d]", decode->position);
    if (decode->item >= 0)
        osm_buf_printf(&place, "[%d]", decode->item);
    if (decode->key)
        osm_buf_printf(&place, "%s%s", decode->key[0] == '[' ? "" : ".", decode->key);
    if (decode->element >= 0)
        osm_buf_printf(&place, "[%d]", decode->element);
    return osm_arena_text(decode->arena, place.data, place.length);
}

bool osm_decode_type_error(const struct osm_decode *decode, const char *expected)
{
    return osm_fault_set(decode->fault, decode->arena, OSM_FAULT_TYPE_ERROR, "%s must be %s",
                         osm_decode_place(decode), expected);
}

bool osm_decode_member_error(const struct osm_decode *decode, const char *member,
                             const char *expected)
{
    struct osm_decode at = *decode;

    if (decode->element >= 0)
        at.key = osm_arena_printf(decode->arena, "%s[%d].%s", decode->key ? decode->key : "",
                                  decode->element, member);
    else
        at.key =
            decode->key ? osm_arena_printf(decode->arena, "%s.%s", decode->key, member) : member;
    at.element = -1; /* it is part of the key now */
    return osm_decode_type_error(&at, expected);
}

bool osm_decode_enum_error_int(const struct osm_decode *decode, int64_t value, const char *name)
{
    return osm_fault_set(decode->fault, decode->arena, OSM_FAULT_VALUE_ERROR,
                         "%" PRId64 " is not a valid backing value for enum PhpOpcua\\Client\\%s",
                         value, name);
}

bool osm_decode_enum_error(const struct osm_decode *decode, yyjson_val *value, const char *name)
{
    size_t length;
    const char *text = osm_cast_text(value, decode->arena, &length);

    if (!yyjson_is_str(value))
        return osm_decode_enum_error_int(decode, osm_cast_int(value), name);
    return osm_fault_set(decode->fault, decode->arena, OSM_FAULT_VALUE_ERROR,
                         "\"%.*s\" is not a valid backing value for enum PhpOpcua\\Client\\%s",
                         (int)OSM_MIN(length, (size_t)INT32_MAX), text, name);
}

const char *osm_decode_describe(struct osm_arena *arena, yyjson_val *value)
{
    size_t length;
    const char *text;

    if (osm_is_null(value))
        return "null";
    if (yyjson_is_arr(value))
        return "a list";
    if (yyjson_is_obj(value))
        return "an object";
    if (yyjson_is_bool(value))
        return yyjson_get_bool(value) ? "true" : "false";
    if (yyjson_is_raw(value) || yyjson_is_str(value)) {
        text = unsafe_yyjson_get_str(value);
        length = osm_utf8_cut(text, yyjson_get_len(value), QUOTED);
        return osm_arena_printf(arena, yyjson_is_raw(value) ? "%.*s%s" : "\"%.*s%s\"", (int)length,
                                text, length < yyjson_get_len(value) ? "..." : "");
    }
    if (yyjson_is_uint(value))
        return osm_arena_printf(arena, "%" PRIu64, yyjson_get_uint(value));
    return osm_cast_text(value, arena, NULL);
}

bool osm_reader_error(const struct osm_reader *reader, yyjson_val *value, const char *reason)
{
    const struct osm_decode *decode = reader->decode;

    return osm_fault_set(
        decode->fault, decode->arena, OSM_FAULT_ENCODING, "%s: cannot encode %s as %s%s%s",
        osm_decode_place(decode), osm_decode_describe(decode->arena, value),
        osm_builtin_type(reader->type)->typeName, reason ? ": " : "", reason ? reason : "");
}
