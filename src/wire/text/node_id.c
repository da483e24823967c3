/* SPDX-License-Identifier: MIT */
/* NodeId and opaque text; see node_id.h. */
#include "wire/text/node_id.h"

#include <inttypes.h>
#include <string.h>

#include "util/base64.h"
#include "util/hex.h"
#include "util/macros.h"
#include "wire/text/cast_text.h"
#include "wire/text/guid.h"
#include "wire/text/string.h"

bool osm_node_id_parse_opaque(const char *text, size_t length, UA_ByteString *out,
                              struct osm_arena *arena, struct osm_fault *fault)
{
    if (osm_hex_decode(text, length, arena, &out->data, &out->length) ||
        osm_base64_decode(text, length, arena, &out->data, &out->length))
        return true;
    return osm_fault_set(fault, arena, OSM_FAULT_ENCODING,
                         "Invalid opaque identifier: %.*s is neither hex nor base64",
                         osm_clamp_int(length), text);
}

static bool invalid_format(const char *text, size_t length, struct osm_arena *arena,
                           struct osm_fault *fault)
{
    return osm_fault_set(fault, arena, OSM_FAULT_INVALID_NODE_ID, "Invalid NodeId format: %.*s",
                         osm_clamp_int(length), text);
}

/* Digits that make a number of at most max. */
static bool number_up_to(const char *text, size_t length, uint64_t max, uint64_t *out)
{
    bool negative;

    return osm_text_integer(text, length, out, &negative) && !negative && text[0] != '-' &&
           *out <= max;
}

static bool parse_numeric(const char *value, size_t length, UA_NodeId *out)
{
    uint64_t number;

    out->identifierType = UA_NODEIDTYPE_NUMERIC;
    if (!number_up_to(value, length, UINT32_MAX, &number))
        return false;
    out->identifier.numeric = (uint32_t)number;
    return true;
}

/* What stands behind "<t>=". */
static OSM_ALWAYS_INLINE bool parse_identifier(char type, const char *value, size_t length,
                                               UA_NodeId *out, struct osm_arena *arena,
                                               struct osm_fault *fault)
{
    switch (type) {
    case 's':
        out->identifierType = UA_NODEIDTYPE_STRING;
        out->identifier.string = osm_string_view(value, length);
        return true;
    case 'g':
        out->identifierType = UA_NODEIDTYPE_GUID;
        return osm_guid_parse_or_fault(value, length, &out->identifier.guid, arena, fault);
    case 'b':
        out->identifierType = UA_NODEIDTYPE_BYTESTRING;
        return osm_node_id_parse_opaque(value, length, &out->identifier.byteString, arena, fault);
    default:
        return osm_fault_set(fault, arena, OSM_FAULT_INVALID_NODE_ID,
                             "Unknown NodeId type identifier: %c", type);
    }
}

/* What stands behind the namespace, `<t>=<v>`, from rest on. */
static OSM_ALWAYS_INLINE bool parse_rest(const char *text, size_t length, const char *rest,
                                         UA_NodeId *out, struct osm_arena *arena,
                                         struct osm_fault *fault)
{
    const char *end = text + length;

    if (end - rest < 2 || rest[1] != '=')
        return invalid_format(text, length, arena, fault);
    if (rest[0] == 'i') {
        return parse_numeric(rest + 2, (size_t)(end - rest) - 2, out) ||
               invalid_format(text, length, arena, fault);
    }
    return parse_identifier(rest[0], rest + 2, (size_t)(end - rest) - 2, out, arena, fault);
}

/* `ns=<n>;` and `nsu=<uri>;`; *length is that of what was read, 0 without either. Of a URI only
 * *uri is set. */
static OSM_ALWAYS_INLINE bool parse_namespace(const char *text, size_t length, size_t *prefix,
                                              uint64_t *index, UA_String *uri,
                                              struct osm_arena *arena, struct osm_fault *fault)
{
    const char *end = text + length, *at = text + 3;

    *prefix = 0;
    if (length >= 4 && !memcmp(text, "svr=", 4))
        return osm_fault_set(fault, arena, OSM_FAULT_INVALID_NODE_ID,
                             "NodeId of another server (svr=): %.*s; a session asks its own server "
                             "only",
                             osm_clamp_int(length), text);
    if (osm_names_is_uri(text, length)) {
        *prefix = osm_names_split(text, length, arena, uri);
        return *prefix || invalid_format(text, length, arena, fault);
    }
    if (length < 3 || memcmp(text, "ns=", 3) != 0)
        return true;
    for (; at < end && *at >= '0' && *at <= '9' && *index <= UINT16_MAX; at++)
        *index = 10 * *index + (uint64_t)(*at - '0');
    if (at == text + 3 || at == end || *at != ';' || *index > UINT16_MAX)
        return invalid_format(text, length, arena, fault);
    *prefix = (size_t)(at - text) + 1;
    return true;
}

static OSM_ALWAYS_INLINE bool parse_apart(const char *text, size_t length, UA_String *uri,
                                          UA_NodeId *out, struct osm_arena *arena,
                                          struct osm_fault *fault)
{
    uint64_t index = 0;
    size_t prefix;

    *out = UA_NODEID_NULL;
    *uri = UA_STRING_NULL;
    if (!parse_namespace(text, length, &prefix, &index, uri, arena, fault))
        return false;
    out->namespaceIndex = (uint16_t)index;
    return parse_rest(text, length, text + prefix, out, arena, fault);
}

bool osm_node_id_parse_apart(const char *text, size_t length, UA_String *uri, UA_NodeId *out,
                             struct osm_arena *arena, struct osm_fault *fault)
{
    return parse_apart(text, length, uri, out, arena, fault);
}

bool osm_node_id_parse(const char *text, size_t length, struct osm_names *names, UA_NodeId *out,
                       struct osm_arena *arena, struct osm_fault *fault)
{
    UA_String uri;

    if (!parse_apart(text, length, &uri, out, arena, fault))
        return false;
    if (uri.length && names && names->deferred) {
        *out = (UA_NodeId){.identifierType = UA_NODEIDTYPE_STRING,
                           .identifier.string = osm_string_view(text, length)};
        return true;
    }
    if (uri.length)
        return osm_names_resolve(names, &uri, &out->namespaceIndex, arena, fault);
    osm_names_note(names, out->namespaceIndex);
    return true;
}

bool osm_node_id_is_deferred(const UA_NodeId *id)
{
    return !id->namespaceIndex && id->identifierType == UA_NODEIDTYPE_STRING &&
           osm_names_is_uri((const char *)id->identifier.string.data, id->identifier.string.length);
}

void osm_node_id_print(struct osm_buf *out, const UA_NodeId *id)
{
    if (id->namespaceIndex)
        osm_buf_printf(out, "ns=%u;", id->namespaceIndex);
    osm_node_id_print_identifier(out, id);
}

void osm_node_id_print_identifier(struct osm_buf *out, const UA_NodeId *id)
{
    char guid[OSM_GUID_TEXT];

    switch (id->identifierType) {
    case UA_NODEIDTYPE_STRING:
        osm_buf_add(out, "s=", 2);
        osm_buf_add(out, id->identifier.string.data, id->identifier.string.length);
        break;
    case UA_NODEIDTYPE_GUID:
        osm_guid_print(guid, &id->identifier.guid);
        osm_buf_add(out, "g=", 2);
        osm_buf_add(out, guid, sizeof(guid));
        break;
    case UA_NODEIDTYPE_BYTESTRING:
        osm_buf_add(out, "b=", 2);
        osm_hex_encode(out, id->identifier.byteString.data, id->identifier.byteString.length);
        break;
    default:
        osm_buf_printf(out, "i=%" PRIu32, id->identifier.numeric);
    }
}

const char *osm_node_id_text(struct osm_arena *arena, const UA_NodeId *id)
{
    _cleanup_(osm_buf_deinit) struct osm_buf text = {0};

    osm_node_id_print(&text, id);
    return osm_arena_text(arena, text.data, text.length);
}

UA_NodeId osm_node_id_keep(struct osm_arena *arena, const UA_NodeId *id)
{
    UA_NodeId copy = *id;
    UA_String *text = &copy.identifier.string; /* of both kinds of bytes */

    if (id->identifierType == UA_NODEIDTYPE_STRING ||
        id->identifierType == UA_NODEIDTYPE_BYTESTRING)
        text->data = (UA_Byte *)osm_arena_text(arena, (const char *)text->data, text->length);
    return copy;
}
