/* SPDX-License-Identifier: MIT */
/* Reading tagged ids, names, texts and times; see tagged_decode.h. */
#include "wire/tagged/tagged_reader.h"
#include "wire/text/node_id.h"
#include "wire/text/string.h"
#include "wire/text/time_text.h"

static bool read_node_id(const struct osm_decode *decode, yyjson_val *value, UA_NodeId *out)
{
    yyjson_val *text = osm_json_get(value, "v");

    if (!yyjson_is_str(text))
        return osm_fault_set(decode->fault, decode->arena, OSM_FAULT_INVALID_NODE_ID, "%s",
                             "NodeId wire payload: missing or non-string \"v\" field.");
    return osm_node_id_parse(yyjson_get_str(text), yyjson_get_len(text), decode->names, out,
                             decode->arena, decode->fault);
}

bool osm_tagged_check_node_id(const struct osm_decode *decode, yyjson_val *value)
{
    UA_NodeId id;

    return read_node_id(decode, value, &id);
}

bool osm_tagged_read_node_id(const struct osm_decode *decode, yyjson_val *value, UA_NodeId *out)
{
    if (yyjson_is_str(value))
        return osm_node_id_parse(yyjson_get_str(value), yyjson_get_len(value), decode->names, out,
                                 decode->arena, decode->fault);
    if (!osm_tagged_is(value, "NodeId"))
        return osm_decode_type_error(decode, "a tagged NodeId or its text");
    return read_node_id(decode, value, out);
}

bool osm_tagged_read_qualified_name(const struct osm_decode *decode, yyjson_val *value,
                                    UA_QualifiedName *out)
{
    yyjson_val *ns = osm_json_get(value, "ns"), *name = osm_json_get(value, "n");
    uint64_t bits;
    bool negative;

    if (!osm_tagged_is(value, "QualifiedName"))
        return osm_decode_type_error(decode, "a tagged QualifiedName");
    if (!osm_cast_number_integer(ns, &bits, &negative) || bits > UINT16_MAX || !yyjson_is_str(name))
        return osm_tagged_error(decode, "QualifiedName wire payload: missing or invalid \"ns\" "
                                        "(int) / \"n\" (string) fields.");
    out->namespaceIndex = (uint16_t)bits;
    osm_names_note(decode->names, out->namespaceIndex);
    out->name = osm_string_view(yyjson_get_str(name), yyjson_get_len(name));
    return true;
}

bool osm_tagged_check_qualified_name(const struct osm_decode *decode, yyjson_val *value)
{
    UA_QualifiedName name;

    return osm_tagged_read_qualified_name(decode, value, &name);
}

/* A string, or the null one. */
static bool read_text(const struct osm_decode *decode, yyjson_val *object, const char *key,
                      UA_String *out)
{
    yyjson_val *text = osm_json_get(object, key);

    *out = UA_STRING_NULL;
    if (osm_is_null(text))
        return true;
    if (!yyjson_is_str(text))
        return osm_decode_member_error(decode, key, "a string or null");
    *out = osm_string_view(yyjson_get_str(text), yyjson_get_len(text));
    return true;
}

bool osm_tagged_read_localized_text(const struct osm_decode *decode, yyjson_val *value,
                                    UA_LocalizedText *out)
{
    if (!osm_tagged_is(value, "LocalizedText"))
        return osm_decode_type_error(decode, "a tagged LocalizedText");
    return read_text(decode, value, "locale", &out->locale) &&
           read_text(decode, value, "text", &out->text);
}

bool osm_tagged_check_localized_text(const struct osm_decode *decode, yyjson_val *value)
{
    UA_LocalizedText text;

    return osm_tagged_read_localized_text(decode, value, &text);
}

bool osm_tagged_read_date_time(const struct osm_decode *decode, yyjson_val *value, UA_DateTime *out)
{
    yyjson_val *text = osm_json_get(value, "v");

    if (!osm_tagged_is(value, "DateTime"))
        return osm_decode_type_error(decode, "a tagged DateTime");
    if (!yyjson_is_str(text))
        return osm_tagged_error(decode,
                                "Invalid DateTime wire payload: missing string \"v\" field.");
    if (osm_time_parse_strict(yyjson_get_str(text), yyjson_get_len(text), out))
        return true;
    return osm_fault_set(decode->fault, decode->arena, OSM_FAULT_ENCODING,
                         "Invalid DateTime wire payload: could not parse \"%.*s\".",
                         osm_clamp_int(yyjson_get_len(text)), yyjson_get_str(text));
}

bool osm_tagged_read_date_time_or_null(const struct osm_decode *decode, yyjson_val *value,
                                       UA_DateTime *out)
{
    *out = 0;
    return osm_is_null(value) || osm_tagged_read_date_time(decode, value, out);
}

bool osm_tagged_check_date_time(const struct osm_decode *decode, yyjson_val *value)
{
    UA_DateTime time;

    return osm_tagged_read_date_time(decode, value, &time);
}
