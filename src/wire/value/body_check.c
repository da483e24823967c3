/* SPDX-License-Identifier: MIT */
/*
 * Walking OPC UA binary (OPC 10000-6 §5.2) without keeping anything; see body_check.h. A step
 * returns false when the body is not what the type says; nothing is read then.
 */
#include "wire/value/body_check.h"

#include "wire/value/raw_types.h"
#include "wire/value/structure.h"

#include <stdint.h>
#include <string.h>

#include <open62541/types_generated.h>

#define MAX_DEPTH 90 /* the library's decoder gives up at 100 */
/* A list may be so many times larger in memory than what is left of the body (as in the library).
 */
#define MAX_SWELLING 32

struct walk {
    const uint8_t *at, *end;
    unsigned depth;
    bool contracts;        /* the body is the library's form; else it is the wire's */
    struct osm_buf *out;   /* the other form; NULL = it is not wanted */
    const uint8_t *copied; /* so far */
};

static bool walk_type(struct walk *walk, const UA_DataType *type);

static bool skip(struct walk *walk, size_t size)
{
    if ((size_t)(walk->end - walk->at) < size)
        return false;
    walk->at += size;
    return true;
}

static bool take_byte(struct walk *walk, uint8_t *out)
{
    *out = walk->at < walk->end ? *walk->at : 0;
    return skip(walk, 1);
}

static bool take_uint32(struct walk *walk, uint32_t *out)
{
    const uint8_t *at = walk->at;

    if (!skip(walk, 4))
        return false;
    *out = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    return true;
}

/* --- builtin types ------------------------------------------------------------------------- */

static bool walk_string(struct walk *walk)
{
    uint32_t length;

    return take_uint32(walk, &length) && ((int32_t)length <= 0 || skip(walk, length));
}

static bool walk_list(struct walk *walk, const UA_DataType *type)
{
    uint32_t count;

    if (!take_uint32(walk, &count))
        return false;
    if ((int32_t)count <= 0)
        return true;
    if ((uint64_t)count * type->memSize / MAX_SWELLING > (uint64_t)(walk->end - walk->at))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!walk_type(walk, type))
            return false;
    return true;
}

/* --- matrices --- */

/* How many elements the dimensions in front of `at` stand for (OPC 10000-6 §5.2.5). */
static uint64_t elements_of(const uint8_t *dimensions, const uint8_t *end)
{
    uint64_t product = end - dimensions > 4;

    for (const uint8_t *at = dimensions + 4; end - at >= 4; at += 4) {
        uint32_t size =
            (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;

        if ((int32_t)size <= 0)
            return 0;
        product = product > UINT32_MAX ? product : product * size;
    }
    return product;
}

static void copy_up_to_here(struct walk *walk)
{
    osm_buf_add(walk->out, walk->copied, (size_t)(walk->at - walk->copied));
    walk->copied = walk->at;
}

/* The length between dimensions and elements: there in the one form, not in the other. */
static bool convert_length(struct walk *walk, uint64_t elements)
{
    uint32_t length = (uint32_t)elements;

    if (walk->out)
        copy_up_to_here(walk);
    if (walk->contracts) {
        if (!take_uint32(walk, &length) ||
            ((int32_t)length > 0 ? length != elements : elements != 0))
            return false;
        walk->copied = walk->at;
    } else if (walk->out) {
        uint8_t bytes[] = {(uint8_t)length, (uint8_t)(length >> 8), (uint8_t)(length >> 16),
                           (uint8_t)(length >> 24)};

        osm_buf_add(walk->out, bytes, sizeof(bytes));
    }
    return true;
}

static bool walk_matrix(struct walk *walk, const UA_DataType *type)
{
    const uint8_t *dimensions = walk->at;
    uint64_t elements;

    if (!walk_list(walk, &UA_TYPES[UA_TYPES_INT32]))
        return false;
    elements = elements_of(dimensions, walk->at);
    if (elements > INT32_MAX ||
        elements * type->memSize / MAX_SWELLING > (uint64_t)(walk->end - walk->at) ||
        !convert_length(walk, elements))
        return false;
    for (uint64_t i = 0; i < elements; i++)
        if (!walk_type(walk, type))
            return false;
    return true;
}

/* The identifier behind the first byte. */
static bool walk_identifier(struct walk *walk, uint8_t form)
{
    static const uint8_t fixed[] = {1, 3, 6, 2, 18, 2};

    if (form >= sizeof(fixed) || !skip(walk, fixed[form]))
        return false;
    return (form != 3 && form != 5) || walk_string(walk);
}

static bool walk_node_id(struct walk *walk)
{
    uint8_t form;

    return take_byte(walk, &form) && walk_identifier(walk, form);
}

static bool walk_expanded_node_id(struct walk *walk)
{
    uint8_t form;

    return take_byte(walk, &form) && walk_identifier(walk, form & 0x3F) &&
           (!(form & 0x80) || walk_string(walk)) && (!(form & 0x40) || skip(walk, 4));
}

static bool walk_qualified_name(struct walk *walk)
{
    return skip(walk, 2) && walk_string(walk);
}

static bool walk_localized_text(struct walk *walk)
{
    uint8_t parts;

    return take_byte(walk, &parts) && (!(parts & 1) || walk_string(walk)) &&
           (!(parts & 2) || walk_string(walk));
}

static bool walk_data_value(struct walk *walk)
{
    uint8_t parts;

    return take_byte(walk, &parts) &&
           (!(parts & 0x01) || walk_type(walk, &UA_TYPES[UA_TYPES_VARIANT])) &&
           skip(walk, (parts & 0x02 ? 4U : 0U) + (parts & 0x04 ? 8U : 0U) +
                          (parts & 0x08 ? 8U : 0U) + (parts & 0x10 ? 2U : 0U) +
                          (parts & 0x20 ? 2U : 0U));
}

static bool walk_diagnostic_info(struct walk *walk)
{
    uint8_t parts;

    if (!take_byte(walk, &parts))
        return false;
    for (unsigned bit = 0; bit < 4; bit++)
        if (parts >> bit & 1 && !skip(walk, 4))
            return false;
    return (!(parts & 0x10) || walk_string(walk)) && (!(parts & 0x20) || skip(walk, 4)) &&
           (!(parts & 0x40) || walk_type(walk, &UA_TYPES[UA_TYPES_DIAGNOSTICINFO]));
}

static bool walk_variant(struct walk *walk)
{
    const UA_DataType *type;
    uint8_t form, kind;

    if (!take_byte(walk, &form))
        return false;
    kind = form & 0x3F;
    if (!form)
        return true;
    if (kind < 1 || kind > UA_DATATYPEKIND_DIAGNOSTICINFO + 1)
        return false;
    type = &UA_TYPES[kind - 1];
    if (!(form & 0x80))
        return walk_type(walk, type);
    return walk_list(walk, type) && (!(form & 0x40) || walk_list(walk, &UA_TYPES[UA_TYPES_INT32]));
}

/* The structure the library would take the content of that id for. */
static const UA_DataType *standard_type(const struct walk *id)
{
    UA_ByteString bytes = {(size_t)(id->end - id->at), (UA_Byte *)(uintptr_t)id->at};
    const UA_DataType *type;
    UA_NodeId node;

    if (UA_decodeBinary(&bytes, &node, &UA_TYPES[UA_TYPES_NODEID], NULL) != UA_STATUSCODE_GOOD)
        return NULL;
    type = osm_raw_types_decoded(&node);
    UA_NodeId_clear(&node);
    return type;
}

/* The library goes on where a standard structure ends, whatever length was announced. */
static bool walk_extension_object(struct walk *walk)
{
    struct walk id = *walk;
    const uint8_t *content;
    const UA_DataType *type;
    uint8_t encoding;

    if (!walk_node_id(walk))
        return false;
    id.end = walk->at;
    if (!take_byte(walk, &encoding) || encoding > 2)
        return false;
    if (encoding == 0)
        return true;
    content = walk->at + 4;
    if (!walk_string(walk))
        return false;
    type = encoding == 1 ? standard_type(&id) : NULL;
    if (type) {
        struct walk inner = {.at = content, .end = walk->at, .depth = walk->depth};

        return walk_type(&inner, type) && inner.at == walk->at;
    }
    return true;
}

/* --- structures ---------------------------------------------------------------------------- */

static bool walk_member(struct walk *walk, const UA_DataTypeMember *member)
{
    return member->isArray ? walk_list(walk, member->memberType)
                           : walk_type(walk, member->memberType);
}

static bool walk_structure(struct walk *walk, const UA_DataType *type)
{
    uint32_t present = 0;
    unsigned optional = 0;

    if (type->typeKind == UA_DATATYPEKIND_OPTSTRUCT && !take_uint32(walk, &present))
        return false;
    for (size_t i = 0; i < type->membersSize; i++) {
        const UA_DataTypeMember *member = &type->members[i];

        if (member->isOptional && !(present >> (optional++ & 31) & 1))
            continue;
        if (osm_member_is_dimensions(member)) {
            if (!walk_matrix(walk, type->members[++i].memberType))
                return false;
            continue;
        }
        if (!walk_member(walk, member))
            return false;
    }
    return true;
}

static bool walk_union(struct walk *walk, const UA_DataType *type)
{
    uint32_t selected;

    if (!take_uint32(walk, &selected) || selected > type->membersSize)
        return false;
    return !selected || walk_member(walk, &type->members[selected - 1]);
}

/* How many bytes a value of the kind has at least; all of them where there is no function. */
static const struct kind {
    bool (*walk)(struct walk *walk);
    uint8_t size;
} kinds[] = {
    [UA_DATATYPEKIND_BOOLEAN] = {.size = 1},
    [UA_DATATYPEKIND_SBYTE] = {.size = 1},
    [UA_DATATYPEKIND_BYTE] = {.size = 1},
    [UA_DATATYPEKIND_INT16] = {.size = 2},
    [UA_DATATYPEKIND_UINT16] = {.size = 2},
    [UA_DATATYPEKIND_INT32] = {.size = 4},
    [UA_DATATYPEKIND_UINT32] = {.size = 4},
    [UA_DATATYPEKIND_INT64] = {.size = 8},
    [UA_DATATYPEKIND_UINT64] = {.size = 8},
    [UA_DATATYPEKIND_FLOAT] = {.size = 4},
    [UA_DATATYPEKIND_DOUBLE] = {.size = 8},
    [UA_DATATYPEKIND_STRING] = {walk_string, 0},
    [UA_DATATYPEKIND_DATETIME] = {.size = 8},
    [UA_DATATYPEKIND_GUID] = {.size = 16},
    [UA_DATATYPEKIND_BYTESTRING] = {walk_string, 0},
    [UA_DATATYPEKIND_XMLELEMENT] = {walk_string, 0},
    [UA_DATATYPEKIND_NODEID] = {walk_node_id, 0},
    [UA_DATATYPEKIND_EXPANDEDNODEID] = {walk_expanded_node_id, 0},
    [UA_DATATYPEKIND_STATUSCODE] = {.size = 4},
    [UA_DATATYPEKIND_QUALIFIEDNAME] = {walk_qualified_name, 0},
    [UA_DATATYPEKIND_LOCALIZEDTEXT] = {walk_localized_text, 0},
    [UA_DATATYPEKIND_EXTENSIONOBJECT] = {walk_extension_object, 0},
    [UA_DATATYPEKIND_DATAVALUE] = {walk_data_value, 0},
    [UA_DATATYPEKIND_VARIANT] = {walk_variant, 0},
    [UA_DATATYPEKIND_DIAGNOSTICINFO] = {walk_diagnostic_info, 0},
    [UA_DATATYPEKIND_DECIMAL] = {walk_string, 0}, /* never described, never met */
    [UA_DATATYPEKIND_ENUM] = {.size = 4},
};

static bool walk_kind(struct walk *walk, const UA_DataType *type)
{
    switch (type->typeKind) {
    case UA_DATATYPEKIND_STRUCTURE:
    case UA_DATATYPEKIND_OPTSTRUCT:
        return walk_structure(walk, type);
    case UA_DATATYPEKIND_UNION:
        return walk_union(walk, type);
    default:
        if (type->typeKind > UA_DATATYPEKIND_ENUM)
            return false;
        return kinds[type->typeKind].walk ? kinds[type->typeKind].walk(walk)
                                          : skip(walk, kinds[type->typeKind].size);
    }
}

static bool walk_type(struct walk *walk, const UA_DataType *type)
{
    bool fits;

    if (walk->depth == MAX_DEPTH)
        return false;
    walk->depth++;
    fits = walk_kind(walk, type);
    walk->depth--;
    return fits;
}

bool osm_body_check(const UA_ByteString *body, const UA_DataType *type)
{
    struct walk walk = {.at = body->data, .end = body->data + body->length};

    return walk_type(&walk, type);
}

static bool convert(const UA_ByteString *body, const UA_DataType *type, bool contracts,
                    struct osm_buf *out)
{
    struct walk walk = {.at = body->data,
                        .end = body->data + body->length,
                        .contracts = contracts,
                        .out = out,
                        .copied = body->data};

    osm_buf_init(out);
    if (!walk_type(&walk, type))
        return false;
    if (out->length)
        copy_up_to_here(&walk);
    return true;
}

bool osm_body_expand(const UA_ByteString *body, const UA_DataType *type, struct osm_buf *out)
{
    return convert(body, type, false, out);
}

bool osm_body_contract(const UA_ByteString *body, const UA_DataType *type, struct osm_buf *out)
{
    return convert(body, type, true, out);
}
