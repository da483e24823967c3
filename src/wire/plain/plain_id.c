/* SPDX-License-Identifier: MIT */
/* Reading NodeIds: object form (types.md §3.6) and text (M20). */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "wire/plain/plain_reader.h"
#include "wire/text/cast_text.h"
#include "wire/text/guid.h"
#include "wire/text/node_id.h"
#include "wire/text/string.h"

/* An object's parts are looked at together first: a refusal shows the whole id. */
struct parts {
    const struct osm_decode *decode;
    const char *ns; /* as text, for messages */
    const char *id;
    size_t id_length;
    char letter; /* 'i', 's', 'g' or 'b' */
};

static bool invalid(const struct parts *parts)
{
    bool zero = !strcmp(parts->ns, "0");

    return osm_fault_set(parts->decode->fault, parts->decode->arena, OSM_FAULT_INVALID_NODE_ID,
                         "Invalid NodeId format: %s%s%s%c=%s",
                         zero ? "" : "ns=", zero ? "" : parts->ns, zero ? "" : ";", parts->letter,
                         parts->id);
}

/* An integral number or a digit string in 0…max. */
static bool unsigned_part(yyjson_val *value, uint64_t max, uint64_t *out)
{
    bool negative;

    if (osm_is_null(value)) {
        *out = 0;
        return true;
    }
    if (yyjson_is_str(value)
            ? !osm_text_integer(yyjson_get_str(value), yyjson_get_len(value), out, &negative)
            : !osm_cast_number_integer(value, out, &negative))
        return false;
    return !negative && *out <= max;
}

static bool read_type(const struct osm_decode *decode, yyjson_val *type, char *letter)
{
    static const struct {
        const char *name;
        size_t length;
        char letter;
    } types[] = {{"numeric", 7, 'i'}, {"string", 6, 's'}, {"guid", 4, 'g'}, {"opaque", 6, 'b'}};

    *letter = 'i';
    if (osm_is_null(type))
        return true;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(types); i++) {
        if (yyjson_equals_strn(type, types[i].name, types[i].length)) {
            *letter = types[i].letter;
            return true;
        }
    }
    return osm_decode_member_error(decode, "type", "numeric, string, guid or opaque");
}

static bool has_fraction(yyjson_val *value)
{
    double number = osm_cast_number_double(value);

    return isfinite(number) && number != trunc(number);
}

/* Numbers or texts; 85.0 is 85 (types.md §1). */
static bool check_kinds(const struct osm_decode *decode, yyjson_val *ns, yyjson_val *id)
{
    if (!osm_is_null(ns) && !osm_cast_is_number(ns) && !yyjson_is_str(ns))
        return osm_decode_member_error(decode, "ns", "an integer");
    if ((!osm_is_null(id) && !osm_cast_is_number(id) && !yyjson_is_str(id)) || has_fraction(id))
        return osm_decode_member_error(decode, "id", "an integer or a text");
    return true;
}

static const char *part_text(const struct osm_decode *decode, yyjson_val *value, size_t *length)
{
    if (osm_is_null(value)) {
        *length = 1;
        return "0";
    }
    if (yyjson_is_uint(value)) { /* beyond int64 too: a message shows what was sent */
        const char *text = osm_arena_printf(decode->arena, "%" PRIu64, yyjson_get_uint(value));

        *length = strlen(text);
        return text;
    }
    return osm_cast_text(value, decode->arena, length);
}

static bool read_identifier(const struct parts *parts, UA_NodeId *out)
{
    const struct osm_decode *decode = parts->decode;

    switch (parts->letter) {
    case 's':
        out->identifierType = UA_NODEIDTYPE_STRING;
        out->identifier.string = osm_string_view(parts->id, parts->id_length);
        return true;
    case 'g':
        out->identifierType = UA_NODEIDTYPE_GUID;
        return osm_guid_parse_or_fault(parts->id, parts->id_length, &out->identifier.guid,
                                       decode->arena, decode->fault);
    default:
        out->identifierType = UA_NODEIDTYPE_BYTESTRING;
        return osm_node_id_parse_opaque(parts->id, parts->id_length, &out->identifier.byteString,
                                        decode->arena, decode->fault);
    }
}

bool osm_read_node_id_parts(const struct osm_decode *decode, yyjson_val *ns, yyjson_val *id,
                            yyjson_val *type, UA_NodeId *out)
{
    struct parts parts = {.decode = decode};
    uint64_t number;
    size_t ns_length;

    *out = UA_NODEID_NULL;
    if (!read_type(decode, type, &parts.letter) || !check_kinds(decode, ns, id))
        return false;
    if (unsigned_part(ns, UINT16_MAX, &number)) {
        out->namespaceIndex = (uint16_t)number;
        osm_names_note(decode->names, out->namespaceIndex);
    } else
        parts.ns = part_text(decode, ns, &ns_length);
    if (parts.letter == 'i' && !parts.ns && unsigned_part(id, UINT32_MAX, &number)) {
        out->identifierType = UA_NODEIDTYPE_NUMERIC;
        out->identifier.numeric = (uint32_t)number;
        return true; /* the usual way, without a byte from the arena */
    }
    parts.id = part_text(decode, id, &parts.id_length);
    if (parts.letter != 'i' && !parts.ns)
        return read_identifier(&parts, out);
    if (!parts.ns)
        parts.ns = osm_arena_printf(decode->arena, "%u", out->namespaceIndex);
    return invalid(&parts);
}

/* Apart, because most ids are texts. */
static __attribute__((noinline)) bool read_object(const struct osm_decode *decode,
                                                  yyjson_val *value, UA_NodeId *out)
{
    static const char names[][OSM_JSON_NAME] = {"ns", "id", "type"};
    yyjson_val *parts[OSM_ARRAY_SIZE(names)] = {NULL};

    if (yyjson_is_arr(value)) { /* a list has none of the keys */
        *out = UA_NODEID_NULL;
        return true;
    }
    if (!yyjson_is_obj(value))
        return osm_decode_type_error(decode, "a NodeId object");
    (void)osm_json_find_all(value, names, sizeof(*names), OSM_ARRAY_SIZE(names), parts);
    return osm_read_node_id_parts(decode, parts[0], parts[1], parts[2], out);
}

bool osm_plain_read_node_id(const struct osm_decode *decode, yyjson_val *value, UA_NodeId *out)
{
    return yyjson_is_str(value)
               ? osm_node_id_parse(yyjson_get_str(value), yyjson_get_len(value), decode->names, out,
                                   decode->arena, decode->fault)
               : read_object(decode, value, out);
}

/* The forms a NodeId value may have (types.md §4). */
bool osm_read_node_id(const struct osm_reader *reader, yyjson_val *value, void *out)
{
    const struct osm_decode *decode = reader->decode;
    yyjson_val *text = osm_json_get(value, "v"), *ns = osm_json_get(value, "ns"),
               *id = osm_json_get(value, "id"), *type = osm_json_get(value, "type");

    if (yyjson_is_str(text))
        value = text;
    if (yyjson_is_str(value))
        return osm_node_id_parse(yyjson_get_str(value), yyjson_get_len(value), decode->names, out,
                                 decode->arena, decode->fault);
    if (!ns && !id) { /* clients up to 4.1 */
        ns = osm_json_get(value, "namespaceIndex");
        id = osm_json_get(value, "identifier");
    }
    if (!ns && !id && !type)
        return osm_reader_error(reader, value, NULL);
    return osm_read_node_id_parts(decode, ns, id, type, out);
}

static bool read_by_uri(const struct osm_decode *decode, const char *text, size_t length,
                        UA_ExpandedNodeId *out)
{
    struct osm_names *names = decode->names;
    UA_String uri;

    if (!osm_node_id_parse_apart(text, length, &uri, &out->nodeId, decode->arena, decode->fault))
        return false;
    if (names && (names->known || names->deferred) &&
        !osm_names_find(names->uris, names->table, names->size, &uri,
                        &out->nodeId.namespaceIndex)) {
        out->namespaceUri = uri;
        return true;
    }
    return osm_names_resolve(names, &uri, &out->nodeId.namespaceIndex, decode->arena,
                             decode->fault);
}

/* As a value, an id may name a namespace its server has not got (OPC 10000-3 §8.2.2). */
bool osm_read_expanded_node_id(const struct osm_reader *reader, yyjson_val *value, void *out)
{
    const struct osm_decode *decode = reader->decode;
    yyjson_val *inner = osm_json_get(value, "v"), *text = yyjson_is_str(inner) ? inner : value;
    UA_ExpandedNodeId *id = out;

    if (yyjson_is_str(text) && osm_names_is_uri(yyjson_get_str(text), yyjson_get_len(text)))
        return read_by_uri(decode, yyjson_get_str(text), yyjson_get_len(text), id);
    return osm_read_node_id(reader, value, &id->nodeId);
}
