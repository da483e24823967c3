/* SPDX-License-Identifier: MIT */
/*
 * Descriptions of learnt structures; see type_registry.h. The layout is the C compiler's: every
 * member at the next multiple of its alignment, arrays as length and pointer, optional members
 * behind a pointer, unions as a switch and the member behind it.
 */
#include "wire/value/type_registry.h"

#include <stdalign.h>
#include <string.h>

#include <uthash.h>

#include "util/alloc.h"
#include "wire/text/node_id.h"
#include "wire/value/builtin_type.h"

/* Bit fields of UA_DataType: larger structures cannot be described. */
#define OSM_MAX_MEMBERS 255
#define OSM_MAX_OPTIONAL 32 /* bits of the encoding mask */
#define OSM_MAX_PADDING 63
#define OSM_MAX_SIZE 65535
#define OSM_LAST_BUILTIN 25

enum state { DEFINED, BUILDING, BUILT, UNFIT };

struct entry {
    char *key;      /* the data type's text */
    uint32_t alias; /* a builtin type, or 0 */
    enum state state;
    UA_StructureDefinition definition;
    UA_DataType type;
    size_t alignment;
    bool registered;
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
};

struct osm_type_registry *osm_type_registry_new(void)
{
    return osm_alloc(sizeof(struct osm_type_registry));
}

static void entry_free(struct entry *entry)
{
    for (size_t i = 0; i < entry->type.membersSize; i++)
        free((void *)(uintptr_t)entry->type.members[i].memberName);
    free(entry->type.members);
    UA_NodeId_clear(&entry->type.typeId);
    UA_NodeId_clear(&entry->type.binaryEncodingId);
    UA_StructureDefinition_clear(&entry->definition);
    free(entry->key);
    free(entry);
}

void osm_type_registry_free(struct osm_type_registry *registry)
{
    struct entry *entry, *next_entry;
    struct codec *codec, *next_codec;

    if (!registry)
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
        visit(context, &entry->type.typeId, &entry->type.binaryEncodingId,
              entry->alias ? NULL : &entry->definition, entry->alias);
}

bool osm_type_registry_knows(const struct osm_type_registry *registry, const UA_NodeId *data_type)
{
    return builtin_id(data_type) || find_entry(registry, data_type);
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

/* The type of a field and its alignment; NULL when it cannot be described. */
static const UA_DataType *field_type(struct osm_type_registry *registry, const UA_NodeId *id,
                                     size_t *alignment)
{
    uint32_t builtin = builtin_id(id);
    struct entry *entry = builtin ? NULL : find_entry(registry, id);

    if (entry && entry->alias)
        builtin = entry->alias;
    if (builtin) {
        *alignment = builtin_alignment(osm_builtin_type(builtin));
        return osm_builtin_type(builtin);
    }
    entry = entry ? build(registry, entry) : NULL;
    if (!entry)
        return NULL;
    *alignment = entry->alignment;
    return &entry->type;
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

/* No byte on the wire: a list of such may pretend to be of any length. */
static bool is_bodiless(const UA_DataType *type)
{
    if (type->typeKind != UA_DATATYPEKIND_STRUCTURE)
        return false;
    for (size_t i = 0; i < type->membersSize; i++)
        if (type->members[i].isArray || !is_bodiless(type->members[i].memberType))
            return false;
    return true;
}

static bool build_member(struct osm_type_registry *registry, struct layout *layout,
                         const UA_StructureField *field, bool optional, UA_DataTypeMember *member)
{
    size_t alignment = 0, size;
    const UA_DataType *type = field_type(registry, &field->dataType, &alignment);

    /* Matrices in structures have dimensions of their own on the wire. */
    if (!type || field->valueRank > 1 || (field->valueRank == 1 && is_bodiless(type)))
        return false;
    member->memberType = type;
    member->memberName = osm_strndup((const char *)field->name.data, field->name.length);
    member->isArray = field->valueRank == 1;
    member->isOptional = optional && field->isOptional;
    size = type->memSize;
    if (member->isArray)
        size = sizeof(size_t) + sizeof(void *);
    else if (member->isOptional)
        size = sizeof(void *);
    if (member->isArray || member->isOptional)
        alignment = alignof(void *);
    return lay_out(layout, member, size, alignment);
}

static bool build_members(struct osm_type_registry *registry, struct entry *entry)
{
    const UA_StructureDefinition *definition = &entry->definition;
    UA_DataType *type = &entry->type;
    bool optional = definition->structureType == UA_STRUCTURETYPE_STRUCTUREWITHOPTIONALFIELDS;
    struct layout layout = {.alignment = 1,
                            .is_union = definition->structureType == UA_STRUCTURETYPE_UNION};
    size_t optionals = 0;

    if (definition->fieldsSize > OSM_MAX_MEMBERS ||
        definition->structureType > UA_STRUCTURETYPE_UNION)
        return false;
    if (layout.is_union) {
        layout.alignment = alignof(UA_UInt32);
        layout.end = sizeof(UA_UInt32);
    }
    type->members = osm_alloc(definition->fieldsSize * sizeof(*type->members));
    for (size_t i = 0; i < definition->fieldsSize; i++) {
        bool fits =
            build_member(registry, &layout, &definition->fields[i], optional, &type->members[i]);

        type->membersSize = (i + 1) & 0xFF; /* what entry_free() has to look at */
        optionals += type->members[i].isOptional;
        if (!fits || optionals > OSM_MAX_OPTIONAL)
            return false;
    }
    entry->alignment = layout.alignment;
    type->memSize = align_up(OSM_MAX(layout.end, 1), layout.alignment) & 0xFFFF;
    type->typeKind = layout.is_union ? UA_DATATYPEKIND_UNION
                     : optional      ? UA_DATATYPEKIND_OPTSTRUCT
                                     : UA_DATATYPEKIND_STRUCTURE;
    return align_up(layout.end, layout.alignment) <= OSM_MAX_SIZE;
}

/* NULL when the structure cannot be described, or contains itself. */
static struct entry *build(struct osm_type_registry *registry, struct entry *entry)
{
    if (entry->state == DEFINED) {
        entry->state = BUILDING;
        entry->state = build_members(registry, entry) ? BUILT : UNFIT;
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
    if (known || UA_NodeId_isNull(&entry->type.binaryEncodingId)) {
        free(codec->key);
        free(codec);
        return false;
    }
    HASH_ADD_KEYPTR(hh, registry->codecs, codec->key, strlen(codec->key), codec);
    return true;
}

size_t osm_type_registry_build(struct osm_type_registry *registry, int32_t namespace_index)
{
    struct entry *entry, *next;
    size_t built = 0;

    HASH_ITER (hh, registry->entries, entry, next) {
        if (entry->registered || !build(registry, entry))
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

const UA_DataType *osm_type_registry_find_data_type(void *context, const UA_NodeId *data_type)
{
    const struct osm_type_registry *registry = context;
    _cleanup_(osm_freep) char *key = key_of(data_type);
    struct entry *entry;

    HASH_FIND_STR(registry->entries, key, entry);
    return entry && entry->registered && entry->state == BUILT ? &entry->type : NULL;
}
