/* SPDX-License-Identifier: MIT */
/*
 * Descriptions of learnt structures; see type_registry.h. The layout is the C compiler's: every
 * member at the next multiple of its alignment, arrays as length and pointer, optional members
 * behind a pointer, unions as a switch and the member behind it.
 */
#include "wire/value/type_registry.h"

#include <pthread.h>
#include <stdalign.h>
#include <string.h>

#include <open62541/nodeids.h>
#include <open62541/types_generated_handling.h>
#include <uthash.h>

#include "util/alloc.h"
#include "util/printf.h"
#include "wire/text/node_id.h"
#include "wire/text/string.h"
#include "wire/value/builtin_type.h"
#include "wire/value/structure.h"

/* Bit fields of UA_DataType: larger structures cannot be described. */
#define OSM_MAX_MEMBERS 255
#define OSM_MAX_OPTIONAL 32 /* bits of the encoding mask */
#define OSM_MAX_PADDING 63
#define OSM_MAX_SIZE 65535
#define OSM_LAST_BUILTIN 25
/* Structures in each other by value: the library's decoder gives up at 100. */
#define OSM_MAX_LEVELS 100
/* Ways behind pointers that are followed to what cannot be described. */
#define OSM_MAX_PASSES 32
/* The last kind of structure there is (OPC 10000-3 §8.49). */
#define UNION_WITH_SUBTYPED_VALUES 4

enum state { DEFINED, BUILDING, BUILT, UNFIT };

struct entry {
    char *key;      /* the data type's text */
    uint32_t alias; /* a builtin type, or 0 */
    enum state state;
    UA_StructureDefinition definition;
    UA_DataType type;
    size_t alignment;
    bool registered;
    enum { BODY_UNKNOWN, BODY_NONE, BODY_SOME } body; /* of a structure that is built */
    bool standard; /* of namespace 0, as the library knows it: only for fields of others */
    char *reason;  /* why it is UNFIT; NULL where nothing was to be built */
    UT_hash_handle hh;
};

struct codec {
    char *key; /* the encoding's text */
    struct entry *entry;
    UT_hash_handle hh;
};

struct osm_type_registry {
    struct entry *entries;
    struct codec *codecs;
    /* What was registered stays as it is; `adding` is locked while codecs get one more, and by
     * those who look on other threads. */
    pthread_mutex_t adding;
    unsigned shares;
    unsigned levels; /* of build() */
};

struct osm_type_registry *osm_type_registry_new(void)
{
    struct osm_type_registry *registry = osm_alloc(sizeof(*registry));

    osm_assert(pthread_mutex_init(&registry->adding, NULL) == 0);
    registry->shares = 1;
    return registry;
}

struct osm_type_registry *osm_type_registry_share(struct osm_type_registry *registry)
{
    registry->shares++;
    return registry;
}

static void entry_free(struct entry *entry)
{
    for (size_t i = 0; i < entry->type.membersSize; i++)
        free((void *)(uintptr_t)entry->type.members[i].memberName);
    free(entry->type.members);
    UA_NodeId_clear(&entry->type.typeId);
    UA_NodeId_clear(&entry->type.binaryEncodingId);
    UA_StructureDefinition_clear(&entry->definition);
    free(entry->reason);
    free(entry->key);
    free(entry);
}

void osm_type_registry_free(struct osm_type_registry *registry)
{
    struct entry *entry, *next_entry;
    struct codec *codec, *next_codec;

    if (!registry || --registry->shares)
        return;
    HASH_ITER (hh, registry->codecs, codec, next_codec) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyser cannot follow uthash */
        HASH_DEL(registry->codecs, codec);
        free(codec->key);
        free(codec);
    }
    HASH_ITER (hh, registry->entries, entry, next_entry) {
        HASH_DEL(registry->entries, entry);
        entry_free(entry);
    }
    (void)pthread_mutex_destroy(&registry->adding);
    free(registry);
}

static char *key_of(const UA_NodeId *id)
{
    struct osm_buf text;
    char *key;

    osm_buf_init(&text);
    osm_node_id_print(&text, id);
    key = osm_strndup(text.data, text.length);
    osm_buf_deinit(&text);
    return key;
}

static struct entry *find_entry(const struct osm_type_registry *registry, const UA_NodeId *id)
{
    _cleanup_(osm_freep) char *key = key_of(id);
    struct entry *entry;

    HASH_FIND_STR(registry->entries, key, entry);
    return entry;
}

static struct entry *add_entry(struct osm_type_registry *registry, const UA_NodeId *id)
{
    struct entry *entry = osm_alloc(sizeof(*entry));

    entry->key = key_of(id);
    HASH_ADD_KEYPTR(hh, registry->entries, entry->key, strlen(entry->key), entry);
    return entry;
}

static uint32_t builtin_id(const UA_NodeId *id)
{
    if (id->namespaceIndex != 0 || id->identifierType != UA_NODEIDTYPE_NUMERIC)
        return 0;
    return id->identifier.numeric <= OSM_LAST_BUILTIN ? id->identifier.numeric : 0;
}

/* --- standard structures ------------------------------------------------------------------- */

static const UA_DataType *standard_type(const UA_NodeId *id)
{
    if (id->namespaceIndex || id->identifierType != UA_NODEIDTYPE_NUMERIC)
        return NULL;
    for (size_t i = 0; i < UA_TYPES_COUNT; i++)
        if (UA_TYPES[i].typeKind >= UA_DATATYPEKIND_STRUCTURE &&
            UA_TYPES[i].typeKind <= UA_DATATYPEKIND_UNION &&
            UA_NodeId_equal(&UA_TYPES[i].typeId, id))
            return &UA_TYPES[i];
    return NULL;
}

/* A member as the standard defines it: the library writes its name with a small letter. */
static void standard_field(const UA_DataTypeMember *member, UA_StructureField *out)
{
    const UA_DataType *type = member->memberType;

    out->name = UA_String_fromChars(member->memberName);
    if (out->name.length && out->name.data[0] >= 'a' && out->name.data[0] <= 'z')
        out->name.data[0] = (UA_Byte)(out->name.data[0] - 'a' + 'A');
    out->dataType = type->typeKind == UA_DATATYPEKIND_ENUM ? UA_NODEID_NUMERIC(0, UA_NS0ID_INT32)
                                                           : type->typeId;
    out->valueRank = member->isArray ? 1 : -1;
    out->isOptional = member->isOptional;
}

static struct entry *add_standard(struct osm_type_registry *registry, const UA_DataType *type)
{
    static const UA_StructureType kinds[] = {
        [0] = UA_STRUCTURETYPE_STRUCTURE,
        [UA_DATATYPEKIND_OPTSTRUCT - UA_DATATYPEKIND_STRUCTURE] =
            UA_STRUCTURETYPE_STRUCTUREWITHOPTIONALFIELDS,
        [UA_DATATYPEKIND_UNION - UA_DATATYPEKIND_STRUCTURE] = UA_STRUCTURETYPE_UNION};
    struct entry *entry = add_entry(registry, &type->typeId);
    UA_StructureDefinition *definition = &entry->definition;

    entry->standard = true;
    entry->type.typeId = type->typeId; /* numeric: nothing to copy */
    entry->type.typeName = entry->key;
    definition->structureType = kinds[type->typeKind - UA_DATATYPEKIND_STRUCTURE];
    definition->fields = UA_Array_new(type->membersSize, &UA_TYPES[UA_TYPES_STRUCTUREFIELD]);
    osm_assert(definition->fields || !type->membersSize);
    definition->fieldsSize = type->membersSize;
    for (size_t i = 0; i < type->membersSize; i++)
        standard_field(&type->members[i], &definition->fields[i]);
    return entry;
}

/* What is known of a data type, also as part of the standard; or NULL. */
static struct entry *known_entry(struct osm_type_registry *registry, const UA_NodeId *id)
{
    struct entry *entry = find_entry(registry, id);
    const UA_DataType *standard = entry ? NULL : standard_type(id);

    return standard ? add_standard(registry, standard) : entry;
}

/* --- filling ------------------------------------------------------------------------------- */

void osm_type_registry_define(struct osm_type_registry *registry, const UA_NodeId *data_type,
                              const UA_NodeId *encoding, const UA_StructureDefinition *definition)
{
    struct entry *entry;

    if (find_entry(registry, data_type))
        return;
    entry = add_entry(registry, data_type);
    if (UA_StructureDefinition_copy(definition, &entry->definition) != UA_STATUSCODE_GOOD ||
        UA_NodeId_copy(data_type, &entry->type.typeId) != UA_STATUSCODE_GOOD ||
        UA_NodeId_copy(encoding, &entry->type.binaryEncodingId) != UA_STATUSCODE_GOOD)
        entry->state = UNFIT;
    entry->type.typeName = entry->key;
}

void osm_type_registry_alias(struct osm_type_registry *registry, const UA_NodeId *data_type,
                             uint32_t builtin)
{
    struct entry *entry;

    if (find_entry(registry, data_type))
        return;
    entry = add_entry(registry, data_type);
    (void)UA_NodeId_copy(data_type, &entry->type.typeId);
    entry->alias = builtin;
    entry->state = UNFIT; /* nothing to build */
}

void osm_type_registry_each(const struct osm_type_registry *registry, osm_type_visit_fn *visit,
                            void *context)
{
    for (const struct entry *entry = registry->entries; entry; entry = entry->hh.next)
        if (!entry->standard)
            visit(context, &entry->type.typeId, &entry->type.binaryEncodingId,
                  entry->alias ? NULL : &entry->definition, entry->alias);
}

bool osm_type_registry_knows(const struct osm_type_registry *registry, const UA_NodeId *data_type)
{
    return builtin_id(data_type) || find_entry(registry, data_type) || standard_type(data_type);
}

/* --- building ------------------------------------------------------------------------------ */

static struct entry *build(struct osm_type_registry *registry, struct entry *entry);

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
static bool unfit(struct entry *entry, char *reason)
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
static bool take_structure(struct osm_type_registry *registry, struct entry *entry,
                           const UA_StructureField *field, struct entry *inner, struct shape *out)
{
    out->type = &inner->type;
    if (out->array || out->optional)
        return true;
    if (inner->state == BUILDING)
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
static uint32_t subtyped_as(const struct entry *inner, uint32_t builtin)
{
    bool structure = builtin ? builtin == UA_NS0ID_STRUCTURE : !inner || !inner->alias;

    return structure ? UA_NS0ID_STRUCTURE : UA_NS0ID_BASEDATATYPE;
}

static bool take_type(struct osm_type_registry *registry, struct entry *entry,
                      const UA_StructureField *field, bool subtyped, struct shape *out)
{
    uint32_t builtin = builtin_id(&field->dataType);
    struct entry *inner = builtin ? NULL : known_entry(registry, &field->dataType);

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

    if (padding > OSM_MAX_PADDING || start + size > OSM_MAX_SIZE)
        return false;
    member->padding = padding & OSM_MAX_PADDING;
    layout->offset = start + size;
    layout->end = OSM_MAX(layout->end, start + size);
    layout->alignment = OSM_MAX(layout->alignment, alignment);
    return true;
}

/* Whose type a structure's member is, which may not be built yet. */
static struct entry *entry_of(const UA_DataType *type)
{
    return osm_container_of((UA_DataType *)(uintptr_t)type, struct entry, type);
}

/* No byte on the wire: a list of such may pretend to be of any length. */
static bool is_bodiless(const UA_DataType *type)
{
    struct entry *entry;
    bool bodiless = true;

    if (type->typeKind != UA_DATATYPEKIND_STRUCTURE)
        return false;
    entry = entry_of(type);
    if (entry->body != BODY_UNKNOWN)
        return entry->body == BODY_NONE;
    for (size_t i = 0; i < type->membersSize && bodiless; i++)
        bodiless = !type->members[i].isArray && is_bodiless(type->members[i].memberType);
    entry->body = bodiless ? BODY_NONE : BODY_SOME;
    return bodiless;
}

static bool build_member(struct osm_type_registry *registry, struct layout *layout,
                         struct entry *entry, const UA_StructureField *field,
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

static bool build_members(struct osm_type_registry *registry, struct entry *entry)
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
static struct entry *build(struct osm_type_registry *registry, struct entry *entry)
{
    if (entry->state == DEFINED && registry->levels < OSM_MAX_LEVELS) {
        registry->levels++;
        entry->state = BUILDING;
        entry->state = build_members(registry, entry) ? BUILT : UNFIT;
        registry->levels--;
    }
    return entry->state == BUILT ? entry : NULL;
}

static bool register_codec(struct osm_type_registry *registry, struct entry *entry)
{
    struct codec *codec = osm_alloc(sizeof(*codec)), *known;

    codec->key = key_of(&entry->type.binaryEncodingId);
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
static bool is_whole(struct entry *entry)
{
    for (size_t i = 0; i < entry->type.membersSize; i++) {
        const UA_DataTypeMember *member = &entry->type.members[i];
        const UA_DataType *type = member->memberType;
        const struct entry *inner;

        if (type->typeKind >= UA_DATATYPEKIND_ENUM || !type->memSize) {
            inner = entry_of(type);
            if (inner->state != BUILT)
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
        for (struct entry *entry = registry->entries; entry; entry = entry->hh.next)
            if (entry->state == BUILT && !entry->registered &&
                !(pass < OSM_MAX_PASSES
                      ? is_whole(entry)
                      : unfit(entry, osm_printf("its types depend on each other too deeply")))) {
                entry->state = UNFIT;
                changed = true;
            }
    }
}

void osm_type_registry_each_unfit(const struct osm_type_registry *registry,
                                  osm_type_unfit_fn *visit, void *context)
{
    for (const struct entry *entry = registry->entries; entry; entry = entry->hh.next)
        if (entry->reason && !entry->standard)
            visit(context, &entry->type.typeId, entry->reason);
}

size_t osm_type_registry_build(struct osm_type_registry *registry, int32_t namespace_index)
{
    struct entry *entry;
    size_t built = 0;

    /* Standard structures are added to the end on the way. */
    for (entry = registry->entries; entry; entry = entry->hh.next)
        (void)build(registry, entry);
    settle(registry);
    for (entry = registry->entries; entry; entry = entry->hh.next) {
        if (entry->registered || entry->standard || entry->state != BUILT)
            continue;
        if (namespace_index >= 0 && entry->type.typeId.namespaceIndex != namespace_index)
            continue;
        built += register_codec(registry, entry);
    }
    return built;
}

const UA_DataType *osm_type_registry_find(void *context, const UA_NodeId *encoding)
{
    const struct osm_type_registry *registry = context;
    _cleanup_(osm_freep) char *key = NULL;
    struct codec *codec;

    if (!registry->codecs)
        return NULL;
    key = key_of(encoding);
    HASH_FIND_STR(registry->codecs, key, codec);
    return codec ? &codec->entry->type : NULL;
}

const UA_DataType *osm_type_registry_find_shared(void *context, const UA_NodeId *encoding)
{
    struct osm_type_registry *registry = context;
    const UA_DataType *type;

    (void)pthread_mutex_lock(&registry->adding);
    type = osm_type_registry_find(registry, encoding);
    (void)pthread_mutex_unlock(&registry->adding);
    return type;
}

const UA_DataType *osm_type_registry_find_data_type(void *context, const UA_NodeId *data_type)
{
    const struct osm_type_registry *registry = context;
    _cleanup_(osm_freep) char *key = key_of(data_type);
    struct entry *entry;

    HASH_FIND_STR(registry->entries, key, entry);
    return entry && entry->registered && entry->state == BUILT ? &entry->type : NULL;
}
