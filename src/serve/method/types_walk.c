/* SPDX-License-Identifier: MIT */
/* discoverDataTypes, rounds 1 and 2 (types_internal.h): the data types below Structure, level by
 * level, and the binary encodings of those that are not known yet. */
#include <open62541/nodeids.h>

#include "serve/method/types_internal.h"
#include "wire/text/node_id.h"
#include "wire/value/type_registry.h"

#define OSM_MAX_LEVELS 10
#define OSM_MAX_TYPES 20000
#define OSM_TYPES_PART 1000

void osm_types_browse(struct osm_op *op, const UA_NodeId *nodes, size_t size,
                      UA_BrowseDirection direction, UA_UInt32 reference,
                      void (*take)(struct osm_op *op, size_t i, const UA_BrowseResult *result),
                      osm_op_start_fn *done)
{
    UA_BrowseDescription *list = osm_arena_array(osm_op_arena(op), size, sizeof(*list));

    for (size_t i = 0; i < size; i++) {
        list[i].nodeId = nodes[i];
        list[i].browseDirection = direction;
        list[i].referenceTypeId = UA_NODEID_NUMERIC(0, reference);
        list[i].resultMask = UA_BROWSERESULTMASK_BROWSENAME | UA_BROWSERESULTMASK_NODECLASS;
    }
    osm_browse_many(op, list, size, take, done);
}

size_t osm_types_part(struct osm_op *op, size_t count)
{
    struct osm_types_discovery *discover = op->state;

    discover->batch.asked = OSM_MIN(count, OSM_TYPES_PART);
    return discover->batch.asked;
}

bool osm_types_is_short(const UA_NodeId *id)
{
    return (id->identifierType != UA_NODEIDTYPE_STRING &&
            id->identifierType != UA_NODEIDTYPE_BYTESTRING) ||
           id->identifier.string.length <= OSM_TYPES_TEXT;
}

bool osm_types_keep(struct osm_op *op, const UA_NodeId *id, UA_NodeId *out)
{
    if (!osm_types_is_short(id) || osm_op_arena(op)->used > OSM_REFERENCES_BYTES)
        return false;
    *out = osm_node_id_keep(osm_op_arena(op), id);
    return true;
}

static void next_level(struct osm_op *op);

static void add_type(struct osm_op *op, const UA_NodeId *id)
{
    struct osm_types_discovery *discover = op->state;
    struct osm_types_found found = {0};

    if (discover->size == OSM_MAX_TYPES || !osm_types_keep(op, id, &found.id))
        return;
    if (discover->size == discover->capacity) {
        size_t capacity = discover->capacity ? 2 * discover->capacity : 64;

        discover->types = osm_arena_grow(osm_op_arena(op), discover->types,
                                         discover->capacity * sizeof(*discover->types),
                                         capacity * sizeof(*discover->types));
        discover->capacity = capacity;
    }
    discover->types[discover->size++] = found;
}

static void take_level(struct osm_op *op, size_t i, const UA_BrowseResult *result)
{
    for (size_t j = 0; j < result->referencesSize; j++)
        add_type(op, &result->references[j].nodeId.nodeId);
}

static void level_done(struct osm_op *op)
{
    struct osm_types_discovery *discover = op->state;

    if (discover->size < OSM_MAX_TYPES && osm_batch_next(op))
        return;
    discover->level_first = discover->level_end;
    discover->level_end = discover->size;
    next_level(op);
}

static void send_level(struct osm_op *op, size_t first, size_t count)
{
    struct osm_types_discovery *discover = op->state;
    UA_NodeId *nodes;

    count = osm_types_part(op, count);
    nodes = osm_arena_array(osm_op_arena(op), count, sizeof(*nodes));
    for (size_t i = 0; i < count; i++)
        nodes[i] = discover->types[discover->level_first + first + i].id;
    osm_types_browse(op, nodes, count, UA_BROWSEDIRECTION_FORWARD, UA_NS0ID_HASSUBTYPE, take_level,
                     level_done);
}

static void take_encodings(struct osm_op *op, size_t i, const UA_BrowseResult *result)
{
    static const UA_String binary = UA_STRING_STATIC("Default Binary");
    const struct osm_types_discovery *discover = op->state;
    struct osm_types_found *type = &discover->types[discover->chosen[discover->batch.next + i]];

    for (size_t j = 0; j < result->referencesSize; j++)
        if (UA_String_equal(&result->references[j].browseName.name, &binary) &&
            osm_types_keep(op, &result->references[j].nodeId.nodeId, &type->encoding))
            return;
}

static void encodings_done(struct osm_op *op)
{
    if (!osm_batch_next(op))
        osm_types_ask_definitions(op);
}

static void send_encodings(struct osm_op *op, size_t first, size_t count)
{
    struct osm_types_discovery *discover = op->state;
    UA_NodeId *nodes;

    count = osm_types_part(op, count);
    nodes = osm_arena_array(osm_op_arena(op), count, sizeof(*nodes));
    for (size_t i = 0; i < count; i++)
        nodes[i] = discover->types[discover->chosen[first + i]].id;
    osm_types_browse(op, nodes, count, UA_BROWSEDIRECTION_FORWARD, UA_NS0ID_HASENCODING,
                     take_encodings, encodings_done);
}

/* Types of the companion namespaces that are not known yet. Of all namespaces, even if one is
 * asked for: structures contain each other across them. */
static void choose_types(struct osm_op *op)
{
    struct osm_types_discovery *discover = op->state;

    discover->chosen = osm_arena_array(osm_op_arena(op), discover->size, sizeof(*discover->chosen));
    discover->chosen_size = 0;
    for (size_t i = 0; i < discover->size; i++)
        if (discover->types[i].id.namespaceIndex != 0 &&
            !osm_type_registry_knows(osm_types_registry(op), &discover->types[i].id))
            discover->chosen[discover->chosen_size++] = i;
}

static void ask_encodings(struct osm_op *op)
{
    struct osm_types_discovery *discover = op->state;

    choose_types(op);
    if (discover->chosen_size)
        osm_batch_start(op, &discover->batch, OSM_LIMIT_BROWSE, discover->chosen_size,
                        send_encodings);
    else
        osm_types_finish(op);
}

static void next_level(struct osm_op *op)
{
    struct osm_types_discovery *discover = op->state;

    if (discover->level_first == discover->level_end || discover->level++ == OSM_MAX_LEVELS ||
        discover->size == OSM_MAX_TYPES)
        ask_encodings(op);
    else
        osm_batch_start(op, &discover->batch, OSM_LIMIT_BROWSE,
                        discover->level_end - discover->level_first, send_level);
}

void osm_types_walk(struct osm_op *op)
{
    const UA_NodeId structure = UA_NODEID_NUMERIC(0, UA_NS0ID_STRUCTURE);
    struct osm_types_discovery *discover = op->state;

    discover->size = discover->level = discover->level_first = 0;
    add_type(op, &structure);
    discover->level_end = 1;
    next_level(op);
}
