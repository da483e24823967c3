/* SPDX-License-Identifier: MIT */
/*
 * How learnt structures lie in memory; see type_registry.h. The layout is the C compiler's: every
 * member at the next multiple of its alignment, arrays as length and pointer, optional members
 * behind a pointer, unions as a switch and the member behind it.
 */
#include "wire/value/type_registry_internal.h"

#include <stdalign.h>
#include <string.h>

#include <open62541/types_generated_handling.h>

#include "util/alloc.h"
#include "util/printf.h"
#include "wire/text/string.h"
#include "wire/value/builtin_type.h"
#include "wire/value/structure.h"

/* Bit fields of UA_DataType: larger structures cannot be described. */
#define OSM_MAX_MEMBERS 255
#define OSM_MAX_OPTIONAL 32 /* bits of the encoding mask */
#define OSM_MAX_SIZE 65535
#define OSM_PADDING_BITS 63 /* alignments are at most 8: it always fits */
/* Structures in each other by value: the library's decoder gives up at 100. */
#define OSM_MAX_LEVELS 100
/* Ways behind pointers that are followed to what cannot be described. */
#define OSM_MAX_PASSES 32
/* The last kind of structure there is (OPC 10000-3 §8.49). */
#define UNION_WITH_SUBTYPED_VALUES 4

static struct osm_type_entry *build(struct osm_type_registry *registry,
                                    struct osm_type_entry *entry);

static size_t align_up(size_t offset, size_t alignment)
{
    return (offset + alignment - 1) / alignment * alignment;
}

static size_t builtin_alignment(const UA_DataType *type)
{
    switch (type->typeKind) {
    case UA_DATATYPEKIND_BOOLEAN:
    case UA_DATATYPEKIND_SBYTE:
    case UA_DATATYPEKIND_BYTE:
        return 1;
    case UA_DATATYPEKIND_INT16:
    case UA_DATATYPEKIND_UINT16:
        return 2;
    case UA_DATATYPEKIND_INT32:
    case UA_DATATYPEKIND_UINT32:
    case UA_DATATYPEKIND_FLOAT:
    case UA_DATATYPEKIND_STATUSCODE:
        return 4;
    case UA_DATATYPEKIND_GUID:
        return alignof(UA_Guid);
    default:
        return 8;
    }
}

/* The reason, owned; the first one counts. */
static bool unfit(struct osm_type_entry *entry, char *reason)
{
    if (entry->reason)
        free(reason);
    else
        entry->reason = reason;
    return false;
}

/* A field as the memory of its structure has it. */
struct shape {
    const UA_DataType *type;
    size_t alignment; /* of the type; not known where it is not needed */
    bool array, optional;
};

/* Of a structure behind a pointer nothing is needed yet; so it may contain this one. */
static bool take_structure(struct osm_type_registry *registry, struct osm_type_entry *entry,
                           const UA_StructureField *field, struct osm_type_entry *inner,
                           struct shape *out)
{
    out->type = &inner->type;
    if (out->array || out->optional)
        return true;
    if (inner->state == OSM_TYPE_BUILDING)
        return unfit(entry,
                     osm_printf("its field %.*s contains the structure itself",
                                osm_clamp_int(field->name.length), (const char *)field->name.data));
    if (!build(registry, inner))
        return unfit(entry,
                     osm_printf("the type %s of its field %.*s cannot be described", inner->key,
                                osm_clamp_int(field->name.length), (const char *)field->name.data));
    out->alignment = inner->alignment;
    return true;
}

/* A field that may hold subtypes is an ExtensionObject or a Variant (OPC 10000-6 §5.2.6). */
static uint32_t subtyped_as(const struct osm_type_entry *inner, uint32_t builtin)
{
    bool structure = builtin ? builtin == UA_NS0ID_STRUCTURE : !inner || !inner->alias;

    return structure ? UA_NS0ID_STRUCTURE : UA_NS0ID_BASEDATATYPE;
}

static bool take_type(struct osm_type_registry *registry, struct osm_type_entry *entry,
                      const UA_StructureField *field, bool subtyped, struct shape *out)
{
    uint32_t builtin = osm_type_registry_builtin(&field->dataType);
    struct osm_type_entry *inner =
        builtin ? NULL : osm_type_registry_known(registry, &field->dataType);

    if (subtyped)
        builtin = subtyped_as(inner, builtin);
    else if (inner && inner->alias)
        builtin = inner->alias;
    if (builtin) {
        out->type = osm_builtin_type(builtin);
        out->alignment = builtin_alignment(out->type);
        return true;
    }
    if (inner)
        return take_structure(registry, entry, field, inner, out);
    return unfit(entry,
                 osm_printf("the type of its field %.*s is not known",
                            osm_clamp_int(field->name.length), (const char *)field->name.data));
}

/* Where the structure stands while its members are laid out. */
struct layout {
    size_t offset; /* behind the last member */
    size_t end;    /* of the longest union member */
    size_t alignment;
    bool is_union;
};

static bool lay_out(struct layout *layout, UA_DataTypeMember *member, size_t size, size_t alignment)
{
    size_t base = layout->is_union ? sizeof(UA_UInt32) : layout->offset;
    size_t start = align_up(base, alignment);
    size_t padding = layout->is_union ? start : start - base;

    if (start + size > OSM_MAX_SIZE)
        return false;
    member->padding = padding & OSM_PADDING_BITS;
    layout->offset = start + size;
    layout->end = OSM_MAX(layout->end, start + size);
    layout->alignment = OSM_MAX(layout->alignment, alignment);
    return true;
}

/* Whose type a structure's member is, which may not be built yet. */
static struct osm_type_entry *entry_of(const UA_DataType *type)
{
    return osm_container_of((UA_DataType *)(uintptr_t)type, struct osm_type_entry, type);
}

/* No byte on the wire: a list of such may pretend to be of any length. */
static bool is_bodiless(const UA_DataType *type)
{
    struct osm_type_entry *entry;
    bool bodiless = true;

    if (type->typeKind != UA_DATATYPEKIND_STRUCTURE)
        return false;
    entry = entry_of(type);
    if (entry->body != OSM_BODY_UNKNOWN)
        return entry->body == OSM_BODY_NONE;
    for (size_t i = 0; i < type->membersSize && bodiless; i++)
        bodiless = !type->members[i].isArray && is_bodiless(type->members[i].memberType);
    entry->body = bodiless ? OSM_BODY_NONE : OSM_BODY_SOME;
    return bodiless;
}

static bool build_member(struct osm_type_registry *registry, struct layout *layout,
                         struct osm_type_entry *entry, const UA_StructureField *field,
                         UA_DataTypeMember *member)
{
    const UA_StructureType kind = entry->definition.structureType;
    struct shape shape = {.array = field->valueRank >= 1,
                          .optional = kind == UA_STRUCTURETYPE_STRUCTUREWITHOPTIONALFIELDS &&
                                      field->isOptional};
    bool subtyped = kind > UA_STRUCTURETYPE_UNION && field->isOptional;
    size_t size;

    if (field->name.length && field->name.data[0] == OSM_DIMENSIONS_MARK)
        return unfit(entry, osm_printf("a field has no name of letters"));
    if (field->valueRank > 1 && (shape.optional || layout->is_union))
        return unfit(entry,
                     osm_printf("its field %.*s is a matrix that may be absent",
                                osm_clamp_int(field->name.length), (const char *)field->name.data));
    if (!take_type(registry, entry, field, subtyped, &shape) || !shape.type)
        return false;
    member->memberType = shape.type;
    member->memberName = osm_strndup((const char *)field->name.data, field->name.length);
    member->isArray = shape.array;
    member->isOptional = shape.optional;
    size = shape.type->memSize;
    if (member->isArray)
        size = sizeof(size_t) + sizeof(void *);
    else if (member->isOptional)
        size = sizeof(void *);
    if (member->isArray || member->isOptional)
        shape.alignment = alignof(void *);
    return lay_out(layout, member, size, shape.alignment) ||
           unfit(entry, osm_printf("it is too large"));
}

/* A matrix has its dimensions before it (structure.h). */
static bool build_dimensions(struct layout *layout, const UA_StructureField *field,
                             UA_DataTypeMember *member)
{
    member->memberType = &UA_TYPES[UA_TYPES_INT32];
    member->memberName =
        osm_printf("%c%.*s", OSM_DIMENSIONS_MARK, osm_clamp_int(field->name.length),
                   (const char *)field->name.data);
    member->isArray = true;
    return lay_out(layout, member, sizeof(size_t) + sizeof(void *), alignof(void *));
}

static size_t members_of(const UA_StructureDefinition *definition)
{
    size_t count = definition->fieldsSize;

    for (size_t i = 0; i < definition->fieldsSize; i++)
        count += definition->fields[i].valueRank > 1;
    return count;
}

static bool is_union(const UA_StructureDefinition *definition)
{
    return definition->structureType == UA_STRUCTURETYPE_UNION ||
           definition->structureType == UNION_WITH_SUBTYPED_VALUES;
}

static bool build_members(struct osm_type_registry *registry, struct osm_type_entry *entry)
{
    const UA_StructureDefinition *definition = &entry->definition;
    UA_DataType *type = &entry->type;
    bool optional = definition->structureType == UA_STRUCTURETYPE_STRUCTUREWITHOPTIONALFIELDS;
    struct layout layout = {.alignment = 1, .is_union = is_union(definition)};
    const size_t members = members_of(definition);
    size_t optionals = 0, at = 0;

    if (members > OSM_MAX_MEMBERS)
        return unfit(entry,
                     osm_printf("it has %zu fields, more than %d", members, OSM_MAX_MEMBERS));
    if (definition->structureType < 0 || definition->structureType > UNION_WITH_SUBTYPED_VALUES)
        return unfit(entry, osm_printf("its kind of structure (%d) is not known",
                                       definition->structureType));
    if (layout.is_union) {
        layout.alignment = alignof(UA_UInt32);
        layout.end = sizeof(UA_UInt32);
    }
    type->members = osm_alloc(members * sizeof(*type->members));
    for (size_t i = 0; i < definition->fieldsSize; i++, at++) {
        const UA_StructureField *field = &definition->fields[i];
        bool fits = field->valueRank <= 1 || build_dimensions(&layout, field, &type->members[at++]);

        type->membersSize = (at + 1) & 0xFF; /* what entry_free() has to look at */
        fits = fits && build_member(registry, &layout, entry, field, &type->members[at]);
        optionals += type->members[at].isOptional;
        if (!fits || optionals > OSM_MAX_OPTIONAL)
            return unfit(entry,
                         osm_printf("it has more than %d optional fields", OSM_MAX_OPTIONAL));
    }
    entry->alignment = layout.alignment;
    type->memSize = align_up(OSM_MAX(layout.end, 1), layout.alignment) & 0xFFFF;
    type->typeKind = layout.is_union ? UA_DATATYPEKIND_UNION
                     : optional      ? UA_DATATYPEKIND_OPTSTRUCT
                                     : UA_DATATYPEKIND_STRUCTURE;
    return align_up(layout.end, layout.alignment) <= OSM_MAX_SIZE ||
           unfit(entry, osm_printf("it is too large"));
}

/* NULL when the structure cannot be described, or contains itself. */
static struct osm_type_entry *build(struct osm_type_registry *registry,
                                    struct osm_type_entry *entry)
{
    if (entry->state == OSM_TYPE_DEFINED && registry->levels < OSM_MAX_LEVELS) {
        registry->levels++;
        entry->state = OSM_TYPE_BUILDING;
        entry->state = build_members(registry, entry) ? OSM_TYPE_BUILT : OSM_TYPE_UNFIT;
        registry->levels--;
    }
    return entry->state == OSM_TYPE_BUILT ? entry : NULL;
}

static bool register_codec(struct osm_type_registry *registry, struct osm_type_entry *entry)
{
    struct osm_type_codec *codec = osm_alloc(sizeof(*codec)), *known;

    codec->key = osm_type_registry_key(&entry->type.binaryEncodingId);
    codec->entry = entry;
    entry->registered = true;
    HASH_FIND_STR(registry->codecs, codec->key, known);
    if (UA_NodeId_isNull(&entry->type.binaryEncodingId))
        (void)unfit(entry, osm_printf("it has no binary encoding"));
    if (known || UA_NodeId_isNull(&entry->type.binaryEncodingId)) {
        free(codec->key);
        free(codec);
        return false;
    }
    (void)pthread_mutex_lock(&registry->adding);
    HASH_ADD_KEYPTR(hh, registry->codecs, codec->key, strlen(codec->key), codec);
    (void)pthread_mutex_unlock(&registry->adding);
    return true;
}

/* What stands behind pointers is looked at when all are built. */
static bool is_whole(struct osm_type_entry *entry)
{
    for (size_t i = 0; i < entry->type.membersSize; i++) {
        const UA_DataTypeMember *member = &entry->type.members[i];
        const UA_DataType *type = member->memberType;
        const struct osm_type_entry *inner;

        if (type->typeKind >= UA_DATATYPEKIND_ENUM || !type->memSize) {
            inner = entry_of(type);
            if (inner->state != OSM_TYPE_BUILT)
                return unfit(entry, osm_printf("the type %s of its field %s cannot be described",
                                               inner->key, member->memberName));
        }
        if (member->isArray && is_bodiless(type))
            return unfit(entry,
                         osm_printf("its field %s is a list of nothing", member->memberName));
    }
    return true;
}

/* Until no structure loses the ground below it any more. */
static void settle(struct osm_type_registry *registry)
{
    bool changed = true;

    for (unsigned pass = 0; changed; pass++) {
        changed = false;
        for (struct osm_type_entry *entry = registry->entries; entry; entry = entry->hh.next)
            if (entry->state == OSM_TYPE_BUILT && !entry->registered &&
                !(pass < OSM_MAX_PASSES
                      ? is_whole(entry)
                      : unfit(entry, osm_printf("its types depend on each other too deeply")))) {
                entry->state = OSM_TYPE_UNFIT;
                changed = true;
            }
    }
}

size_t osm_type_registry_lay_out(struct osm_type_registry *registry, size_t fields)
{
    struct osm_type_entry *entry;
    size_t count = 0;

    for (entry = registry->entries; entry && count < fields; entry = entry->hh.next) {
        if (entry->state != OSM_TYPE_DEFINED)
            continue;
        (void)build(registry, entry);
        count += entry->definition.fieldsSize + 1;
    }
    return count;
}

size_t osm_type_registry_build(struct osm_type_registry *registry, int32_t namespace_index)
{
    struct osm_type_entry *entry;
    size_t built = 0;

    /* Standard structures are added to the end on the way. */
    for (entry = registry->entries; entry; entry = entry->hh.next)
        (void)build(registry, entry);
    settle(registry);
    for (entry = registry->entries; entry; entry = entry->hh.next) {
        if (entry->registered || entry->standard || entry->state != OSM_TYPE_BUILT)
            continue;
        if (namespace_index >= 0 && entry->type.typeId.namespaceIndex != namespace_index)
            continue;
        built += register_codec(registry, entry);
    }
    return built;
}
