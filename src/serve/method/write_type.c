/* SPDX-License-Identifier: MIT */
/*
 * Write type detection; see write_type.h. What the cache knows is not asked for. First the Values
 * of all nodes in question, in batches; then, for each node without a value, its DataType attribute
 * and from there upwards along HasSubtype until a builtin type is met.
 */
#include "serve/method/write_type.h"
#include "serve/method/events.h"

#include <open62541/nodeids.h>

#include "core/manager/registry.h"
#include "util/log.h"
#include "wire/text/node_id.h"
#include "wire/value/builtin_type.h"

/* Type hierarchies are a few levels deep; a server with a cycle in its own is stopped here. */
#define OSM_MAX_CLIMB 32
#define OSM_LAST_BUILTIN 25
#define OSM_TYPE_INT32 6

uint32_t osm_write_type_of_attribute(uint32_t attribute)
{
    static const uint8_t types[] = {
        [UA_ATTRIBUTEID_NODEID] = 17,
        [UA_ATTRIBUTEID_NODECLASS] = OSM_TYPE_INT32,
        [UA_ATTRIBUTEID_BROWSENAME] = 20,
        [UA_ATTRIBUTEID_DISPLAYNAME] = 21,
        [UA_ATTRIBUTEID_DESCRIPTION] = 21,
        [UA_ATTRIBUTEID_WRITEMASK] = 7,
        [UA_ATTRIBUTEID_USERWRITEMASK] = 7,
        [UA_ATTRIBUTEID_ISABSTRACT] = 1,
        [UA_ATTRIBUTEID_SYMMETRIC] = 1,
        [UA_ATTRIBUTEID_INVERSENAME] = 21,
        [UA_ATTRIBUTEID_CONTAINSNOLOOPS] = 1,
        [UA_ATTRIBUTEID_EVENTNOTIFIER] = 3,
        [UA_ATTRIBUTEID_DATATYPE] = 17,
        [UA_ATTRIBUTEID_VALUERANK] = OSM_TYPE_INT32,
        [UA_ATTRIBUTEID_ARRAYDIMENSIONS] = 7,
        [UA_ATTRIBUTEID_ACCESSLEVEL] = 3,
        [UA_ATTRIBUTEID_USERACCESSLEVEL] = 3,
        [UA_ATTRIBUTEID_MINIMUMSAMPLINGINTERVAL] = 11,
        [UA_ATTRIBUTEID_HISTORIZING] = 1,
        [UA_ATTRIBUTEID_EXECUTABLE] = 1,
        [UA_ATTRIBUTEID_USEREXECUTABLE] = 1,
        [UA_ATTRIBUTEID_DATATYPEDEFINITION] = 22,
        [UA_ATTRIBUTEID_ROLEPERMISSIONS] = 22,
        [UA_ATTRIBUTEID_USERROLEPERMISSIONS] = 22,
        [UA_ATTRIBUTEID_ACCESSRESTRICTIONS] = 5,
        [UA_ATTRIBUTEID_ACCESSLEVELEX] = 7,
    };

    return attribute < OSM_ARRAY_SIZE(types) ? types[attribute] : 0;
}

static struct osm_type_detection *detection_of(struct osm_op *op)
{
    return *(struct osm_type_detection **)op->state;
}

static void fail(struct osm_op *op, const UA_NodeId *node)
{
    const char *text = osm_node_id_text(osm_op_arena(op), node);

    osm_log_warning("Cannot auto-detect write type for node %s: no value", text);
    osm_op_failf(op, OSM_FAULT_WRITE_TYPE_DETECTION,
                 "Cannot auto-detect write type for node %s: node has no value", text);
}

/* --- the cache ----------------------------------------------------------------------------- */

static struct osm_cache_what what_of(const struct osm_write_type *item)
{
    return (struct osm_cache_what){.kind = "writeType", .node = &item->node};
}

static void tell_detected(struct osm_op *op, const struct osm_write_type *item, bool from_cache)
{
    osm_tell(osm_op_session(op), OSM_EVENT_WRITE_TYPE_DETECTED,
             osm_field_node_id("nodeId", &item->node),
             osm_field_text("detectedType", osm_event_type_name(item->builtin)),
             osm_field_bool("fromCache", from_cache));
}

static void store_types(struct osm_op *op)
{
    struct osm_type_detection *detection = detection_of(op);

    for (size_t i = 0; i < detection->unknown_size; i++) {
        const struct osm_write_type *item = &detection->items[detection->unknown[i]];
        const struct osm_cache_what what = what_of(item);

        tell_detected(op, item, false);
        osm_cached_skip(&detection->cached, op, &what, &UA_TYPES[UA_TYPES_UINT32]);
        detection->cached.generation = detection->generation;
        osm_cached_store(&detection->cached, &item->builtin);
    }
}

static void ask_server(struct osm_op *op);

/* Item after item; from memory at once, so a loop. */
static void look_up(struct osm_op *op);

static void looked_up(struct osm_op *op)
{
    struct osm_type_detection *detection = detection_of(op);

    detection->next++;
    detection->looked = true;
    if (!detection->looking)
        look_up(op);
}

static void hit(struct osm_op *op, void *value)
{
    struct osm_type_detection *detection = detection_of(op);
    uint32_t builtin = *(const uint32_t *)value;

    if (builtin <= OSM_LAST_BUILTIN)
        detection->items[detection->next].builtin = builtin;
    if (detection->items[detection->next].builtin)
        tell_detected(op, &detection->items[detection->next], true);
    looked_up(op);
}

static void look_up(struct osm_op *op)
{
    struct osm_type_detection *detection = detection_of(op);

    do {
        struct osm_cache_what what;

        while (detection->next < detection->size && detection->items[detection->next].builtin)
            detection->next++;
        if (detection->next == detection->size) {
            ask_server(op);
            return;
        }
        what = what_of(&detection->items[detection->next]);
        osm_tell(osm_op_session(op), OSM_EVENT_WRITE_TYPE_DETECTING,
                 osm_field_node_id("nodeId", what.node));
        detection->looking = true;
        detection->looked = false;
        osm_cached_look_up(&detection->cached, op, &what, &UA_TYPES[UA_TYPES_UINT32], hit,
                           looked_up);
        detection->looking = false;
    } while (detection->looked);
}

/* --- climbing: from the DataType attribute to a builtin type ------------------------------- */

static void climb_next_item(struct osm_op *op);

static void found(struct osm_op *op, uint32_t builtin)
{
    struct osm_type_detection *detection = detection_of(op);

    detection->items[detection->next++].builtin = builtin;
    climb_next_item(op);
}

/* A DataType id as builtin type: 0 = look further up, UINT32_MAX = abstract, no use. */
static uint32_t builtin_of_id(const UA_NodeId *type)
{
    uint32_t id = type->identifier.numeric;

    if (type->namespaceIndex != 0 || type->identifierType != UA_NODEIDTYPE_NUMERIC)
        return 0;
    if (id == UA_NS0ID_ENUMERATION)
        return OSM_TYPE_INT32;
    if (id == UA_NS0ID_BASEDATATYPE || id == UA_NS0ID_NUMBER || id == UA_NS0ID_INTEGER ||
        id == UA_NS0ID_UINTEGER)
        return UINT32_MAX;
    return id >= 1 && id <= OSM_LAST_BUILTIN ? id : 0;
}

static void climb(struct osm_op *op);

static void parent_step(struct osm_op *op, void *response)
{
    struct osm_type_detection *detection = detection_of(op);
    const UA_BrowseResult *result = ((const UA_BrowseResponse *)response)->results;

    if (result->statusCode == UA_STATUSCODE_BADNOCONTINUATIONPOINTS) {
        osm_points_refused(&detection->place);
        return;
    }
    op->refused = NULL;
    osm_points_note(&detection->place, &result->continuationPoint);
    osm_points_leave(&detection->place);
    if (!result->referencesSize) {
        fail(op, &detection->items[detection->next].node);
        return;
    }
    detection->type = result->references[0].nodeId.nodeId;
    climb(op);
}

static bool parent_refused(struct osm_op *op, UA_StatusCode status)
{
    if (status != UA_STATUSCODE_BADNOCONTINUATIONPOINTS)
        return false;
    osm_points_refused(&detection_of(op)->place);
    return true;
}

static void send_parent(struct osm_op *op)
{
    struct osm_type_detection *detection = detection_of(op);
    UA_BrowseDescription description = {.nodeId = detection->type,
                                        .browseDirection = UA_BROWSEDIRECTION_INVERSE,
                                        .referenceTypeId =
                                            UA_NODEID_NUMERIC(0, UA_NS0ID_HASSUBTYPE)};
    UA_BrowseRequest request = {.nodesToBrowse = &description, .nodesToBrowseSize = 1};

    op->refused = parent_refused;
    osm_points_send(op, &osm_service_browse, &request, parent_step);
}

static void leave_points(struct osm_op *op)
{
    osm_points_leave(&detection_of(op)->place);
}

/* In its turn (points.h). */
static void ask_parent(struct osm_op *op)
{
    struct osm_type_detection *detection = detection_of(op);

    detection->type = osm_node_id_keep(osm_op_arena(op), &detection->type);
    op->cleanup = leave_points;
    leave_points(op);
    osm_points_enter(op, &detection->place, 1, send_parent);
}

static void climb(struct osm_op *op)
{
    struct osm_type_detection *detection = detection_of(op);
    uint32_t builtin = builtin_of_id(&detection->type);

    if (builtin == UINT32_MAX || ++detection->climbed > OSM_MAX_CLIMB)
        fail(op, &detection->items[detection->next].node);
    else if (builtin)
        found(op, builtin);
    else
        ask_parent(op);
}

static void data_type_step(struct osm_op *op, void *response)
{
    struct osm_type_detection *detection = detection_of(op);
    const UA_ReadResponse *answer = response;
    const UA_Variant *value = &answer->results[0].value;

    if (!UA_Variant_hasScalarType(value, &UA_TYPES[UA_TYPES_NODEID])) {
        fail(op, &detection->items[detection->next].node);
        return;
    }
    detection->type = *(const UA_NodeId *)value->data;
    detection->climbed = 0;
    climb(op);
}

/* The next node whose Value told nothing. */
static void climb_next_item(struct osm_op *op)
{
    struct osm_type_detection *detection = detection_of(op);
    UA_ReadValueId node;
    UA_ReadRequest request;

    while (detection->next < detection->size && detection->items[detection->next].builtin)
        detection->next++;
    if (detection->next == detection->size) {
        store_types(op);
        detection->done(op);
        return;
    }
    UA_ReadValueId_init(&node);
    node.nodeId = detection->items[detection->next].node;
    node.attributeId = UA_ATTRIBUTEID_DATATYPE;
    UA_ReadRequest_init(&request);
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_NEITHER;
    request.nodesToRead = &node;
    request.nodesToReadSize = 1;
    osm_op_send(op, &osm_service_read, &request, data_type_step);
}

/* --- the Values ---------------------------------------------------------------------------- */

static void values_step(struct osm_op *op, void *response)
{
    struct osm_type_detection *detection = detection_of(op);
    const struct osm_batch *batch = &detection->batch;
    const UA_ReadResponse *answer = response;

    for (size_t i = 0; i < answer->resultsSize; i++)
        detection->items[detection->unknown[batch->next + i]].builtin =
            osm_builtin_type_of(answer->results[i].value.type);
    if (osm_batch_next(op))
        return;
    detection->next = 0;
    climb_next_item(op);
}

static void ask_values(struct osm_op *op, size_t first, size_t count)
{
    struct osm_type_detection *detection = detection_of(op);
    UA_ReadValueId *nodes = osm_arena_array(osm_op_arena(op), count, sizeof(*nodes));
    UA_ReadRequest request;

    for (size_t i = 0; i < count; i++) {
        nodes[i].nodeId = detection->items[detection->unknown[first + i]].node;
        nodes[i].attributeId = UA_ATTRIBUTEID_VALUE;
    }
    UA_ReadRequest_init(&request);
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_NEITHER;
    request.nodesToRead = nodes;
    request.nodesToReadSize = count;
    osm_op_send(op, &osm_service_read, &request, values_step);
}

static bool refuse_without_detection(struct osm_op *op, const struct osm_type_detection *detection)
{
    const char *text;

    if (osm_config_bool(osm_session_config(osm_op_session(op)), OSM_CONFIG_autoDetectWriteType,
                        true))
        return false;
    for (size_t i = 0; i < detection->size; i++) {
        if (detection->items[i].builtin)
            continue;
        text = osm_node_id_text(osm_op_arena(op), &detection->items[i].node);
        osm_log_warning("Write type auto-detection is disabled and no type provided for node %s",
                        text);
        osm_op_failf(op, OSM_FAULT_WRITE_TYPE_DETECTION,
                     "Write type auto-detection is disabled and no explicit type was provided for "
                     "node %s",
                     text);
        return true;
    }
    return false;
}

static void ask_server(struct osm_op *op)
{
    struct osm_type_detection *detection = detection_of(op);
    size_t unknown = 0;

    detection->unknown =
        osm_arena_array(osm_op_arena(op), detection->size, sizeof(*detection->unknown));
    for (size_t i = 0; i < detection->size; i++)
        if (!detection->items[i].builtin)
            detection->unknown[unknown++] = i;
    detection->unknown_size = unknown;
    if (!unknown) {
        detection->done(op);
        return;
    }
    if (unknown > 1)
        osm_log_info("Prefetching write types for %zu node(s) via readMulti", unknown);
    osm_batch_start(op, &detection->batch, OSM_LIMIT_READ, unknown, ask_values);
}

void osm_write_types_detect(struct osm_op *op, struct osm_type_detection *detection,
                            struct osm_write_type *items, size_t size,
                            void (*done)(struct osm_op *op))
{
    osm_assert(detection_of(op) == detection);
    detection->items = items;
    detection->size = size;
    detection->next = 0;
    detection->done = done;
    detection->generation = osm_cache_generation(op->link->env->cache);
    if (!refuse_without_detection(op, detection))
        look_up(op);
}
