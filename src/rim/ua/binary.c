/* SPDX-License-Identifier: MIT */
/* The decoder's walk over types; see binary.h. */
#include "rim/ua/binary_internal.h"

#include "util/macros.h"

/* Small allocations come from pieces of this size. */
#define OSM_SLAB ((size_t)2048)

void osm_binary_lose(struct osm_binary *in)
{
    in->at = in->end;
    if (!in->values && !in->lost && in->status == UA_STATUSCODE_GOOD)
        in->status = UA_STATUSCODE_BADDECODINGERROR;
    in->lost = true;
}

void *osm_binary_take_slow(struct osm_binary *in, size_t size)
{
    size_t slab = size < OSM_SLAB / 4 ? OSM_MIN(OSM_SLAB, in->budget & ~(size_t)7) : size;
    char *memory;

    if (size > slab || slab > in->budget) {
        if (!in->spares || !in->values)
            in->status = UA_STATUSCODE_BADRESPONSETOOLARGE;
        in->lost = true;
        in->at = in->end;
        return NULL;
    }
    in->budget -= slab;
    memory = osm_arena_alloc_raw(in->arena, slab);
    if (slab > size) {
        in->free = memory + size;
        in->free_end = memory + slab;
    }
    return memory;
}

bool osm_binary_enter(struct osm_binary *in)
{
    if (++in->depth > OSM_BINARY_DEPTH)
        osm_binary_lose(in);
    return !in->lost;
}

/* --- arrays -------------------------------------------------------------------------------- */

/* Whether an array of the type lies in the message as it does in memory. */
static bool is_flat(const UA_DataType *type)
{
    switch (type->typeKind) {
    case UA_DATATYPEKIND_SBYTE:
    case UA_DATATYPEKIND_BYTE:
    case UA_DATATYPEKIND_INT16:
    case UA_DATATYPEKIND_UINT16:
    case UA_DATATYPEKIND_INT32:
    case UA_DATATYPEKIND_UINT32:
    case UA_DATATYPEKIND_INT64:
    case UA_DATATYPEKIND_UINT64:
    case UA_DATATYPEKIND_FLOAT:
    case UA_DATATYPEKIND_DOUBLE:
    case UA_DATATYPEKIND_DATETIME:
    case UA_DATATYPEKIND_GUID:
    case UA_DATATYPEKIND_STATUSCODE:
    case UA_DATATYPEKIND_ENUM:
        return true;
    default:
        return false;
    }
}

void *osm_binary_array_begin(struct osm_binary *in, const UA_DataType *type, size_t *size,
                             void **data)
{
    int32_t length = (int32_t)osm_binary_u32(in);
    size_t least = is_flat(type) ? type->memSize : 1; /* bytes an element has in the message */
    void *memory;

    *size = 0;
    *data = length == 0 && !in->lost ? UA_EMPTY_ARRAY_SENTINEL : NULL;
    if (length <= 0)
        return NULL;
    if ((size_t)length > osm_binary_left(in) / least) {
        osm_binary_lose(in);
        return NULL;
    }
    memory = osm_binary_take_raw(in, (size_t)length * type->memSize);
    if (memory) {
        *size = (size_t)length;
        *data = memory;
    }
    return memory;
}

static void data_values(struct osm_binary *in, UA_DataValue *out, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        out[i] = (UA_DataValue){0};
        if (in->status == UA_STATUSCODE_GOOD)
            osm_binary_data_value(in, &out[i]);
    }
}

void osm_binary_array(struct osm_binary *in, const UA_DataType *type, size_t *size, void **data)
{
    char *out = osm_binary_array_begin(in, type, size, data);

    if (!out)
        return;
    if (is_flat(type)) {
        memcpy(out, in->at, *size * type->memSize);
        in->at += *size * type->memSize;
        return;
    }
    if (type == &UA_TYPES[UA_TYPES_DATAVALUE]) { /* what is read, without the walk */
        data_values(in, (UA_DataValue *)(void *)out, *size);
        return;
    }
    for (size_t i = 0; i < *size; i++, out += type->memSize) {
        memset(out, 0, type->memSize);
        if (in->status == UA_STATUSCODE_GOOD)
            osm_binary_any(in, type, out);
    }
}

/* --- structures ---------------------------------------------------------------------------- */

/* One field at its place in memory; the address behind it. */
static char *field(struct osm_binary *in, const UA_DataTypeMember *member, char *at)
{
    at += member->padding;
    if (member->isArray) {
        osm_binary_array(in, member->memberType, (size_t *)(void *)at,
                         (void **)(void *)(at + sizeof(size_t)));
        return at + sizeof(size_t) + sizeof(void *);
    }
    osm_binary_any(in, member->memberType, at);
    return at + member->memberType->memSize;
}

static void structure(struct osm_binary *in, const UA_DataType *type, char *at)
{
    for (size_t i = 0; i < type->membersSize; i++)
        at = field(in, &type->members[i], at);
}

/* OPC 10000-6 §5.2.7: a mask of the optional fields that are there. */
static void optional_structure(struct osm_binary *in, const UA_DataType *type, char *at)
{
    uint32_t mask = osm_binary_u32(in);
    unsigned optional = 0;

    for (size_t i = 0; i < type->membersSize; i++) {
        const UA_DataTypeMember *member = &type->members[i];
        void **place = (void **)(void *)(at + member->padding);
        bool there = !member->isOptional || mask & 1u << optional++;

        if (!there) {
            at += member->padding + (member->isArray ? sizeof(size_t) : 0) + sizeof(void *);
        } else if (!member->isOptional || member->isArray) {
            at = field(in, member, at);
        } else {
            *place = osm_binary_take(in, member->memberType->memSize);
            if (*place)
                osm_binary_any(in, member->memberType, *place);
            at += member->padding + sizeof(void *);
        }
    }
}

/* OPC 10000-6 §5.2.8: the number of the field that is there, 0 = none. */
static void choice(struct osm_binary *in, const UA_DataType *type, char *at)
{
    uint32_t selected = osm_binary_u32(in);

    if (selected > type->membersSize) {
        osm_binary_lose(in);
        return;
    }
    memcpy(at, &selected, sizeof(selected));
    if (selected)
        (void)field(in, &type->members[selected - 1], at);
}

/* OPC 10000-4 §7.34: what every answer begins with, so without the walk. */
static void response_header(struct osm_binary *in, UA_ResponseHeader *out)
{
    osm_binary_number(in, &out->timestamp, sizeof(out->timestamp));
    out->requestHandle = osm_binary_u32(in);
    out->serviceResult = osm_binary_u32(in);
    osm_binary_diagnostic_info(in, &out->serviceDiagnostics);
    osm_binary_array(in, &UA_TYPES[UA_TYPES_STRING], &out->stringTableSize,
                     (void **)&out->stringTable);
    osm_binary_object(in, &out->additionalHeader);
}

/* --- one value ----------------------------------------------------------------------------- */

void osm_binary_any(struct osm_binary *in, const UA_DataType *type, void *out)
{
    switch (type->typeKind) {
    case UA_DATATYPEKIND_BOOLEAN:
        *(UA_Boolean *)out = osm_binary_u8(in) != 0;
        break;
    case UA_DATATYPEKIND_SBYTE:
    case UA_DATATYPEKIND_BYTE:
        *(uint8_t *)out = osm_binary_u8(in);
        break;
    case UA_DATATYPEKIND_INT16:
    case UA_DATATYPEKIND_UINT16:
        osm_binary_number(in, out, 2);
        break;
    case UA_DATATYPEKIND_INT32:
    case UA_DATATYPEKIND_UINT32:
    case UA_DATATYPEKIND_FLOAT:
    case UA_DATATYPEKIND_STATUSCODE:
    case UA_DATATYPEKIND_ENUM:
        osm_binary_number(in, out, 4);
        break;
    case UA_DATATYPEKIND_INT64:
    case UA_DATATYPEKIND_UINT64:
    case UA_DATATYPEKIND_DOUBLE:
    case UA_DATATYPEKIND_DATETIME:
        osm_binary_number(in, out, 8);
        break;
    case UA_DATATYPEKIND_GUID:
        osm_binary_number(in, out, sizeof(UA_Guid));
        break;
    case UA_DATATYPEKIND_STRING:
    case UA_DATATYPEKIND_BYTESTRING:
    case UA_DATATYPEKIND_XMLELEMENT:
        osm_binary_string(in, out);
        break;
    case UA_DATATYPEKIND_NODEID:
        osm_binary_node_id(in, out);
        break;
    case UA_DATATYPEKIND_EXPANDEDNODEID:
        osm_binary_expanded_node_id(in, out);
        break;
    case UA_DATATYPEKIND_QUALIFIEDNAME:
        osm_binary_qualified_name(in, out);
        break;
    case UA_DATATYPEKIND_LOCALIZEDTEXT:
        osm_binary_localized_text(in, out);
        break;
    case UA_DATATYPEKIND_EXTENSIONOBJECT:
        osm_binary_object(in, out);
        break;
    case UA_DATATYPEKIND_DATAVALUE:
        osm_binary_data_value(in, out);
        break;
    case UA_DATATYPEKIND_VARIANT:
        (void)osm_binary_variant(in, out);
        break;
    case UA_DATATYPEKIND_DIAGNOSTICINFO:
        osm_binary_diagnostic_info(in, out);
        break;
    case UA_DATATYPEKIND_STRUCTURE:
        if (type == &UA_TYPES[UA_TYPES_RESPONSEHEADER])
            response_header(in, out);
        else
            structure(in, type, out);
        break;
    case UA_DATATYPEKIND_OPTSTRUCT:
        optional_structure(in, type, out);
        break;
    case UA_DATATYPEKIND_UNION:
        choice(in, type, out);
        break;
    default: /* Decimal, bit fields: no service has them */
        osm_binary_lose(in);
    }
}

/* A notification cannot be asked for in smaller parts. */
static bool is_notification(const UA_DataType *type)
{
    return type == &UA_TYPES[UA_TYPES_PUBLISHRESPONSE] ||
           type == &UA_TYPES[UA_TYPES_REPUBLISHRESPONSE];
}

UA_StatusCode osm_binary_decode(const void *bytes, size_t size, const UA_DataType *type, void *out,
                                struct osm_arena *arena, struct osm_binary_result *result)
{
    struct osm_binary in = {.at = bytes,
                            .end = size ? (const uint8_t *)bytes + size : bytes,
                            .arena = arena,
                            .budget = osm_binary_budget(size),
                            .spares = is_notification(type)};

    memset(out, 0, type->memSize);
    osm_binary_any(&in, type, out);
    if (result)
        *result = (struct osm_binary_result){.used = size - osm_binary_left(&in),
                                             .replaced = in.replaced};
    return in.status;
}
