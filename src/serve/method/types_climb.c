/* SPDX-License-Identifier: MIT */
/* discoverDataTypes, round 4 (types_internal.h): what the fields of structures are that are no
 * structures, upwards along HasSubtype to a builtin type or Enumeration. Bounded in types and in
 * steps: a server whose types derive from each other in a circle ends here. */
#include <string.h>

#include <open62541/nodeids.h>

#include "serve/method/types_internal.h"
#include "wire/text/node_id.h"
#include "wire/value/type_registry.h"

#define OSM_MAX_CLIMB 32
/* Field types that are followed upwards; those of the rest stay unknown. */
#define OSM_MAX_CLIMBS 4096
#define OSM_TYPE_INT32 6
#define OSM_TYPE_VARIANT 24

/* Whether the type is met for the first time; from now on it is known. */
static bool first_met(struct osm_op *op, const UA_NodeId *id)
{
    struct osm_types_discovery *discover = op->state;
    const char *text = osm_node_id_text(osm_op_arena(op), id);
    size_t length = strlen(text);
    struct osm_types_met *met;

    HASH_FIND(hh, discover->met, text, length, met);
    if (met)
        return false;
    met = osm_arena_alloc(osm_op_arena(op), sizeof(*met) + length);
    memcpy(met->text, text, length);
    HASH_ADD_KEYPTR(hh, discover->met, met->text, length, met);
    return true;
}

/* The builtin type an ancestor stands for; 0 = further up. */
static uint32_t builtin_of(const UA_NodeId *id)
{
    if (id->namespaceIndex != 0 || id->identifierType != UA_NODEIDTYPE_NUMERIC)
        return 0;
    switch (id->identifier.numeric) {
    case UA_NS0ID_ENUMERATION:
        return OSM_TYPE_INT32;
    case UA_NS0ID_NUMBER:
    case UA_NS0ID_INTEGER:
    case UA_NS0ID_UINTEGER:
        return OSM_TYPE_VARIANT;
    default:
        return id->identifier.numeric <= 25 ? id->identifier.numeric : 0;
    }
}

/* Known without asking; Enumeration and Number stand for another one, which is to be noted. */
static bool is_builtin(const UA_NodeId *id)
{
    uint32_t builtin = builtin_of(id);

    return builtin && builtin == id->identifier.numeric;
}

static void collect_field_type(struct osm_op *op, const UA_NodeId *id)
{
    struct osm_types_discovery *discover = op->state;

    if (discover->climbs_size == OSM_MAX_CLIMBS || is_builtin(id) || !first_met(op, id) ||
        osm_type_registry_knows(osm_types_registry(op), id))
        return;
    if (discover->climbs_size == discover->climbs_capacity) {
        size_t capacity = discover->climbs_capacity ? 2 * discover->climbs_capacity : 32;

        discover->climbs = osm_arena_grow(osm_op_arena(op), discover->climbs,
                                          discover->climbs_capacity * sizeof(*discover->climbs),
                                          capacity * sizeof(*discover->climbs));
        discover->climbs_capacity = capacity;
    }
    discover->climbs[discover->climbs_size++] =
        (struct osm_types_climb){.id = *id, .current = *id}; /* borrowed from the definition */
}

static void climb_up(struct osm_op *op);

/* In turns: there may be hundreds of thousands of fields. */
static void collect_field_types(struct osm_op *op)
{
    struct osm_types_discovery *discover = op->state;

    while (discover->at < discover->size) {
        const UA_StructureDefinition *definition = discover->definitions[discover->at++];
        size_t fields = definition ? definition->fieldsSize : 0;

        for (size_t j = 0; j < fields; j++)
            collect_field_type(op, &definition->fields[j].dataType);
        if (osm_types_rest(op, fields, collect_field_types))
            return;
    }
    climb_up(op);
}

/* True when this one is settled. Structures that are no codec of ours stay unknown: what contains
 * them is left undecoded. */
static bool settle(struct osm_op *op, struct osm_types_climb *climb)
{
    uint32_t builtin = builtin_of(&climb->current);

    if (!builtin)
        return false;
    climb->done = true;
    if (builtin != UA_NS0ID_STRUCTURE)
        osm_type_registry_alias(osm_types_registry(op), &climb->id, builtin);
    return true;
}

static void take_parent(struct osm_op *op, size_t i, const UA_BrowseResult *result)
{
    const struct osm_types_discovery *discover = op->state;
    struct osm_types_climb *climb = &discover->climbs[discover->chosen[discover->batch.next + i]];

    if (result->referencesSize &&
        osm_types_keep(op, &result->references[0].nodeId.nodeId, &climb->current))
        settle(op, climb);
    else
        climb->done = true; /* leads nowhere */
}

static void parents_done(struct osm_op *op)
{
    if (!osm_batch_next(op))
        climb_up(op);
}

static void send_climbs(struct osm_op *op, size_t first, size_t count)
{
    struct osm_types_discovery *discover = op->state;
    UA_NodeId *nodes;

    count = osm_types_part(op, count);
    nodes = osm_arena_array(osm_op_arena(op), count, sizeof(*nodes));
    for (size_t i = 0; i < count; i++)
        nodes[i] = discover->climbs[discover->chosen[first + i]].current;
    osm_types_browse(op, nodes, count, UA_BROWSEDIRECTION_INVERSE, UA_NS0ID_HASSUBTYPE, take_parent,
                     parents_done);
}

static void climb_up(struct osm_op *op)
{
    struct osm_types_discovery *discover = op->state;

    discover->chosen =
        osm_arena_array(osm_op_arena(op), discover->climbs_size, sizeof(*discover->chosen));
    discover->chosen_size = 0;
    for (size_t i = 0; i < discover->climbs_size; i++)
        if (!discover->climbs[i].done && !settle(op, &discover->climbs[i]))
            discover->chosen[discover->chosen_size++] = i;
    if (discover->chosen_size && discover->climbed++ < OSM_MAX_CLIMB)
        osm_batch_start(op, &discover->batch, OSM_LIMIT_BROWSE, discover->chosen_size, send_climbs);
    else
        osm_types_finish(op);
}

void osm_types_climb(struct osm_op *op)
{
    struct osm_types_discovery *discover = op->state;

    discover->climbs_size = discover->climbed = discover->at = 0;
    for (size_t i = 0; i < discover->size; i++)
        if (discover->definitions[i])
            (void)first_met(op, &discover->types[i].id);
    collect_field_types(op);
}
