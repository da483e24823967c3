/* SPDX-License-Identifier: MIT */
/*
 * Descriptions of learnt structures, how they come in and are found; see type_registry.h. They are
 * laid out by type_layout.c.
 */
#include "wire/value/type_registry_internal.h"

#include <string.h>

#include <open62541/nodeids.h>
#include <open62541/types_generated_handling.h>

#include "util/alloc.h"
#include "wire/text/node_id.h"

#define OSM_LAST_BUILTIN 25

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

static void entry_free(struct osm_type_entry *entry)
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
    struct osm_type_entry *entry, *next_entry;
    struct osm_type_codec *codec, *next_codec;

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

char *osm_type_registry_key(const UA_NodeId *id)
{
    struct osm_buf text;
    char *key;

    osm_buf_init(&text);
    osm_node_id_print(&text, id);
    key = osm_strndup(text.data, text.length);
    osm_buf_deinit(&text);
    return key;
}

static struct osm_type_entry *find_entry(const struct osm_type_registry *registry,
                                         const UA_NodeId *id)
{
    _cleanup_(osm_freep) char *key = osm_type_registry_key(id);
    struct osm_type_entry *entry;

    HASH_FIND_STR(registry->entries, key, entry);
    return entry;
}

static struct osm_type_entry *add_entry(struct osm_type_registry *registry, const UA_NodeId *id)
{
    struct osm_type_entry *entry = osm_alloc(sizeof(*entry));

    entry->key = osm_type_registry_key(id);
    HASH_ADD_KEYPTR(hh, registry->entries, entry->key, strlen(entry->key), entry);
    return entry;
}

uint32_t osm_type_registry_builtin(const UA_NodeId *id)
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

static struct osm_type_entry *add_standard(struct osm_type_registry *registry,
                                           const UA_DataType *type)
{
    static const UA_StructureType kinds[] = {
        [0] = UA_STRUCTURETYPE_STRUCTURE,
        [UA_DATATYPEKIND_OPTSTRUCT - UA_DATATYPEKIND_STRUCTURE] =
            UA_STRUCTURETYPE_STRUCTUREWITHOPTIONALFIELDS,
        [UA_DATATYPEKIND_UNION - UA_DATATYPEKIND_STRUCTURE] = UA_STRUCTURETYPE_UNION};
    struct osm_type_entry *entry = add_entry(registry, &type->typeId);
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
struct osm_type_entry *osm_type_registry_known(struct osm_type_registry *registry,
                                               const UA_NodeId *id)
{
    struct osm_type_entry *entry = find_entry(registry, id);
    const UA_DataType *standard = entry ? NULL : standard_type(id);

    return standard ? add_standard(registry, standard) : entry;
}

/* --- filling ------------------------------------------------------------------------------- */

void osm_type_registry_define(struct osm_type_registry *registry, const UA_NodeId *data_type,
                              const UA_NodeId *encoding, const UA_StructureDefinition *definition)
{
    struct osm_type_entry *entry;

    if (find_entry(registry, data_type))
        return;
    entry = add_entry(registry, data_type);
    if (UA_StructureDefinition_copy(definition, &entry->definition) != UA_STATUSCODE_GOOD ||
        UA_NodeId_copy(data_type, &entry->type.typeId) != UA_STATUSCODE_GOOD ||
        UA_NodeId_copy(encoding, &entry->type.binaryEncodingId) != UA_STATUSCODE_GOOD)
        entry->state = OSM_TYPE_UNFIT;
    entry->type.typeName = entry->key;
    registry->bytes += definition->fieldsSize * sizeof(*definition->fields) +
                       UA_calcSizeBinary(definition, &UA_TYPES[UA_TYPES_STRUCTUREDEFINITION]);
}

size_t osm_type_registry_bytes(const struct osm_type_registry *registry)
{
    return registry->bytes;
}

void osm_type_registry_alias(struct osm_type_registry *registry, const UA_NodeId *data_type,
                             uint32_t builtin)
{
    struct osm_type_entry *entry;

    if (find_entry(registry, data_type))
        return;
    entry = add_entry(registry, data_type);
    (void)UA_NodeId_copy(data_type, &entry->type.typeId);
    entry->alias = builtin;
    entry->state = OSM_TYPE_UNFIT; /* nothing to build */
}

void osm_type_registry_each(const struct osm_type_registry *registry, osm_type_visit_fn *visit,
                            void *context)
{
    for (const struct osm_type_entry *entry = registry->entries; entry; entry = entry->hh.next)
        if (!entry->standard)
            visit(context, &entry->type.typeId, &entry->type.binaryEncodingId,
                  entry->alias ? NULL : &entry->definition, entry->alias);
}

void osm_type_registry_each_unfit(const struct osm_type_registry *registry,
                                  osm_type_unfit_fn *visit, void *context)
{
    for (const struct osm_type_entry *entry = registry->entries; entry; entry = entry->hh.next)
        if (entry->reason && !entry->standard)
            visit(context, &entry->type.typeId, entry->reason);
}

bool osm_type_registry_knows(const struct osm_type_registry *registry, const UA_NodeId *data_type)
{
    return osm_type_registry_builtin(data_type) || find_entry(registry, data_type) ||
           standard_type(data_type);
}

/* --- finding ------------------------------------------------------------------------------- */

const UA_DataType *osm_type_registry_find(void *context, const UA_NodeId *encoding)
{
    const struct osm_type_registry *registry = context;
    _cleanup_(osm_freep) char *key = NULL;
    struct osm_type_codec *codec;

    if (!registry->codecs)
        return NULL;
    key = osm_type_registry_key(encoding);
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
    _cleanup_(osm_freep) char *key = osm_type_registry_key(data_type);
    struct osm_type_entry *entry;

    HASH_FIND_STR(registry->entries, key, entry);
    return entry && entry->registered ? &entry->type : NULL;
}
