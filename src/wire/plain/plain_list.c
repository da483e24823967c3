/* SPDX-License-Identifier: MIT */
/* Reading what methods take beside values: lists, numbers, times, names of paths. */
#include "wire/plain/plain_reader.h"
#include "wire/text/node_id.h"
#include "wire/text/string.h"
#include "wire/text/time_text.h"

bool osm_plain_read_list(const struct osm_decode *decode, yyjson_val *value, struct osm_list *list)
{
    return osm_cast_list(value, list) || osm_decode_type_error(decode, "a list");
}

bool osm_plain_read_list_or_null(const struct osm_decode *decode, yyjson_val *value,
                                 struct osm_list *list)
{
    *list = (struct osm_list){0};
    return osm_is_null(value) || osm_plain_read_list(decode, value, list);
}

bool osm_plain_read_time(const struct osm_decode *decode, yyjson_val *value, UA_DateTime *out)
{
    if (yyjson_is_str(value))
        return osm_time_parse_or_fault(yyjson_get_str(value), yyjson_get_len(value), decode->now,
                                       out, decode->arena, decode->fault);
    return osm_time_from_php(value, out) || osm_decode_type_error(decode, "a time text");
}

bool osm_plain_read_listed_time(const struct osm_decode *decode, yyjson_val *value,
                                UA_DateTime *out)
{
    size_t length;
    const char *text = osm_cast_text(value, decode->arena, &length);

    return osm_time_from_php(value, out) ||
           osm_time_parse_or_fault(text, length, decode->now, out, decode->arena, decode->fault);
}

bool osm_plain_read_qualified_name(const struct osm_decode *decode, yyjson_val *value,
                                   UA_QualifiedName *out)
{
    yyjson_val *ns = osm_json_get(value, "ns"), *name = osm_json_get(value, "name");
    struct osm_reader reader = {.decode = decode, .type = 20};
    int64_t number = osm_cast_int(ns);
    size_t length;
    const char *text = osm_cast_text(name, decode->arena, &length);

    UA_QualifiedName_init(out);
    if (!osm_is_null(value) && !yyjson_is_obj(value) && !yyjson_is_arr(value))
        return osm_decode_type_error(decode, "a QualifiedName object");
    if (number < 0 || number > UINT16_MAX)
        return osm_reader_error(&reader, ns, "a namespace index from 0 to 65535 is needed");
    out->namespaceIndex = (uint16_t)number;
    osm_names_note(decode->names, out->namespaceIndex);
    out->name = osm_string_view(text, length);
    return true;
}
