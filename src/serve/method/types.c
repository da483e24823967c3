/* SPDX-License-Identifier: MIT */
/*
 * discoverDataTypes (methods.md §2.27, M16): learns the server's structures, so that values of
 * them are shown as fields. In four rounds, each in batches:
 *
 *   1. the data types below Structure, level by level
 *   2. their binary encodings, and
 *   3. their definitions
 *   4. the types of fields that are none of these: upwards to a builtin type or Enumeration
 *
 * A type that cannot be learnt is left out: the log says why, and so does the result where that is
 * asked for (extensions.md §9). What the session knows already stays. What
 * it knows afterwards is kept in the cache, for other sessions of the same identity.
 */
#include <string.h>

#include <uthash.h>

#include <open62541/nodeids.h>

#include "core/event/event_fields.h"
#include "serve/method/batch.h"
#include "serve/method/browse_many.h"
#include "serve/method/cached.h"
#include "serve/method/methods.h"
#include "util/log.h"
#include "wire/text/node_id.h"
#include "wire/value/body_check.h"
#include "wire/value/styles.h"
#include "wire/value/type_schema.h"

#define OSM_MAX_LEVELS 10
#define OSM_MAX_TYPES 20000
#define OSM_MAX_CLIMB 32
/* Field types that are followed upwards; those of the rest stay unknown. */
#define OSM_MAX_CLIMBS 4096
/* Fields of a structure that can be described (type_registry.c): larger ones are not kept. */
#define OSM_MAX_FIELDS 255
/* Bytes of all definitions. */
#define OSM_MAX_DEFINITIONS ((size_t)64 * 1024 * 1024)
#define OSM_MAX_SKIPPED 1000 /* that are told */
#define OSM_TYPE_INT32 6
#define OSM_TYPE_VARIANT 24

/* A data type on the way. */
struct found {
    UA_NodeId id;       /* in the request's arena */
    UA_NodeId encoding; /* null = none */
};

/* A type that is found, or on its way up already: by its text. */
struct met {
    UT_hash_handle hh;
    char text[];
};

/* A type that is left out, in the request's arena. */
struct skipped {
    const char *data_type, *reason;
    struct skipped *next;
};

/* A field type on its way up. */
struct climb {
    UA_NodeId id;      /* what the field says */
    UA_NodeId current; /* how far up we are */
    bool done;
};

struct discover {
    struct osm_browse_many browse; /* first, as browse_many.h wants it */
    int64_t namespace_index;       /* -1 = any */
    bool use_cache;
    bool explain; /* the reply tells what is left out, and why */
    struct found *types;
    size_t size, capacity;
    size_t level_first; /* first type of the level whose children are asked for */
    size_t level_end;
    unsigned level;
    size_t *chosen; /* types of the round at hand */
    size_t chosen_size;
    struct climb *climbs;
    size_t climbs_size, climbs_capacity;
    struct met *met; /* structures that have a definition, and climbs */
    unsigned climbed;
    UA_StructureDefinition **definitions; /* of each type, owned; NULL = none */
    size_t bytes;                         /* of these */
    struct skipped *skipped, **skipped_end;
    size_t skipped_size;
    struct osm_batch batch;
    struct osm_cached cached;
};

static void cleanup(struct osm_op *op)
{
    struct discover *discover = op->state;

    osm_references_clear(&discover->browse.references);
    for (size_t i = 0; discover->definitions && i < discover->size; i++)
        if (discover->definitions[i])
            UA_StructureDefinition_delete(discover->definitions[i]);
    discover->definitions = NULL;
    HASH_CLEAR(hh, discover->met); /* the entries themselves are the arena's */
}

/* The link forgets it when the server has numbered its namespaces anew. */
static struct osm_type_registry *registry_of(struct osm_op *op)
{
    if (!op->link->types)
        op->link->types = osm_type_registry_new();
    return op->link->types;
}

/* --- browsing many nodes ------------------------------------------------------------------- */

static void send_browse(struct osm_op *op, const UA_NodeId *nodes, size_t size,
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

/* --- 1: the types, level by level ---------------------------------------------------------- */

static void next_level(struct osm_op *op);

static void add_type(struct osm_op *op, const UA_NodeId *id)
{
    struct discover *discover = op->state;

    if (discover->size == OSM_MAX_TYPES || osm_op_arena(op)->used > OSM_REFERENCES_BYTES)
        return;
    if (discover->size == discover->capacity) {
        size_t capacity = discover->capacity ? 2 * discover->capacity : 64;

        discover->types = osm_arena_grow(osm_op_arena(op), discover->types,
                                         discover->capacity * sizeof(*discover->types),
                                         capacity * sizeof(*discover->types));
        discover->capacity = capacity;
    }
    discover->types[discover->size++] =
        (struct found){.id = osm_node_id_keep(osm_op_arena(op), id)};
}

static void take_level(struct osm_op *op, size_t i, const UA_BrowseResult *result)
{
    for (size_t j = 0; j < result->referencesSize; j++)
        add_type(op, &result->references[j].nodeId.nodeId);
}

static void level_done(struct osm_op *op)
{
    struct discover *discover = op->state;

    if (osm_batch_next(op))
        return;
    discover->level_first = discover->level_end;
    discover->level_end = discover->size;
    next_level(op);
}

static void send_level(struct osm_op *op, size_t first, size_t count)
{
    struct discover *discover = op->state;
    UA_NodeId *nodes = osm_arena_array(osm_op_arena(op), count, sizeof(*nodes));

    for (size_t i = 0; i < count; i++)
        nodes[i] = discover->types[discover->level_first + first + i].id;
    send_browse(op, nodes, count, UA_BROWSEDIRECTION_FORWARD, UA_NS0ID_HASSUBTYPE, take_level,
                level_done);
}

/* --- 2: their encodings -------------------------------------------------------------------- */

static void ask_definitions(struct osm_op *op);

static void take_encodings(struct osm_op *op, size_t i, const UA_BrowseResult *result)
{
    static const UA_String binary = UA_STRING_STATIC("Default Binary");
    const struct discover *discover = op->state;
    struct found *type = &discover->types[discover->chosen[discover->batch.next + i]];

    for (size_t j = 0; j < result->referencesSize; j++)
        if (UA_String_equal(&result->references[j].browseName.name, &binary))
            type->encoding =
                osm_node_id_keep(osm_op_arena(op), &result->references[j].nodeId.nodeId);
}

static void encodings_done(struct osm_op *op)
{
    if (!osm_batch_next(op))
        ask_definitions(op);
}

static void send_encodings(struct osm_op *op, size_t first, size_t count)
{
    struct discover *discover = op->state;
    UA_NodeId *nodes = osm_arena_array(osm_op_arena(op), count, sizeof(*nodes));

    for (size_t i = 0; i < count; i++)
        nodes[i] = discover->types[discover->chosen[first + i]].id;
    send_browse(op, nodes, count, UA_BROWSEDIRECTION_FORWARD, UA_NS0ID_HASENCODING, take_encodings,
                encodings_done);
}

/* Types of the companion namespaces that are not known yet. Of all namespaces, even if one is
 * asked for: structures contain each other across them. */
static void choose_types(struct osm_op *op)
{
    struct discover *discover = op->state;

    discover->chosen = osm_arena_array(osm_op_arena(op), discover->size, sizeof(*discover->chosen));
    discover->chosen_size = 0;
    for (size_t i = 0; i < discover->size; i++)
        if (discover->types[i].id.namespaceIndex != 0 &&
            !osm_type_registry_knows(registry_of(op), &discover->types[i].id))
            discover->chosen[discover->chosen_size++] = i;
}

static void finish(struct osm_op *op);

static void ask_encodings(struct osm_op *op)
{
    struct discover *discover = op->state;

    choose_types(op);
    if (discover->chosen_size)
        osm_batch_start(op, &discover->batch, OSM_LIMIT_BROWSE, discover->chosen_size,
                        send_encodings);
    else
        finish(op);
}

static void next_level(struct osm_op *op)
{
    struct discover *discover = op->state;

    if (discover->level_first == discover->level_end || discover->level++ == OSM_MAX_LEVELS)
        ask_encodings(op);
    else
        osm_batch_start(op, &discover->batch, OSM_LIMIT_BROWSE,
                        discover->level_end - discover->level_first, send_level);
}

/* --- 3: their definitions ------------------------------------------------------------------ */

static void climb_up(struct osm_op *op);
static void collect_field_types(struct osm_op *op);

/* Why a type is left out; the first reason counts. */
static void skip(struct osm_op *op, const UA_NodeId *id, const char *reason)
{
    struct discover *discover = op->state;
    struct skipped *skipped;

    if (discover->skipped_size == OSM_MAX_SKIPPED)
        return;
    skipped = osm_arena_alloc(osm_op_arena(op), sizeof(*skipped));
    skipped->data_type = osm_node_id_text(osm_op_arena(op), id);
    skipped->reason = reason;
    skipped->next = NULL;
    *discover->skipped_end = skipped;
    discover->skipped_end = &skipped->next;
    discover->skipped_size++;
}

/* Owned; NULL when the value is none. */
static UA_StructureDefinition *definition_of(const UA_DataValue *value)
{
    const UA_DataType *type = &UA_TYPES[UA_TYPES_STRUCTUREDEFINITION];
    const UA_ExtensionObject *object = value->value.data;
    const UA_ByteString *body = value->hasValue ? &object->content.encoded.body : NULL;
    UA_StructureDefinition *definition;

    if (!body || !UA_Variant_hasScalarType(&value->value, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]) ||
        object->encoding != UA_EXTENSIONOBJECT_ENCODED_BYTESTRING ||
        !UA_NodeId_equal(&object->content.encoded.typeId, &type->binaryEncodingId) ||
        !osm_body_check(body, type))
        return NULL;
    definition = UA_StructureDefinition_new();
    osm_assert(definition);
    if (UA_decodeBinary(body, definition, type, NULL) == UA_STATUSCODE_GOOD)
        return definition;
    UA_free(definition); /* a failed decoder has cleared what it had begun */
    return NULL;
}

static void take_definition(struct osm_op *op, size_t type, const UA_DataValue *value)
{
    struct discover *discover = op->state;
    const UA_NodeId *id = &discover->types[type].id;
    UA_StructureDefinition *definition = definition_of(value);
    size_t bytes = 0;

    if (definition)
        bytes = definition->fieldsSize * sizeof(*definition->fields) +
                UA_calcSizeBinary(definition, &UA_TYPES[UA_TYPES_STRUCTUREDEFINITION]);
    if (definition && definition->fieldsSize > OSM_MAX_FIELDS) {
        skip(op, id,
             osm_arena_printf(osm_op_arena(op), "it has %zu fields, more than %d",
                              definition->fieldsSize, OSM_MAX_FIELDS));
    } else if (definition && bytes > OSM_MAX_DEFINITIONS - discover->bytes) {
        skip(op, id, "the server's definitions take more than 64 MiB");
    } else if (definition) {
        discover->bytes += bytes;
        discover->definitions[type] = osm_steal(definition);
    } else if (value->hasStatus && UA_StatusCode_isBad(value->status)) {
        skip(op, id,
             osm_arena_printf(osm_op_arena(op), "the server does not tell its definition (%s)",
                              UA_StatusCode_name(value->status)));
    } else {
        skip(op, id, "the server tells no definition of a structure");
    }
    if (definition)
        UA_StructureDefinition_delete(definition);
}

static void definition_step(struct osm_op *op, void *response)
{
    UA_ReadResponse *answer = response;
    struct discover *discover = op->state;

    for (size_t i = 0; i < answer->resultsSize && i < discover->batch.asked; i++)
        take_definition(op, discover->chosen[discover->batch.next + i], &answer->results[i]);
    if (osm_batch_next(op))
        return;
    collect_field_types(op);
    climb_up(op);
}

static void send_definitions(struct osm_op *op, size_t first, size_t count)
{
    struct discover *discover = op->state;
    UA_ReadValueId *nodes = osm_arena_array(osm_op_arena(op), count, sizeof(*nodes));
    UA_ReadRequest request;

    for (size_t i = 0; i < count; i++) {
        nodes[i].nodeId = discover->types[discover->chosen[first + i]].id;
        nodes[i].attributeId = UA_ATTRIBUTEID_DATATYPEDEFINITION;
    }
    UA_ReadRequest_init(&request);
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_NEITHER;
    request.nodesToRead = nodes;
    request.nodesToReadSize = count;
    osm_op_send(op, &osm_service_read, &request, definition_step);
}

static void ask_definitions(struct osm_op *op)
{
    struct discover *discover = op->state;

    discover->definitions =
        osm_arena_array(osm_op_arena(op), discover->size, sizeof(*discover->definitions));
    osm_batch_start(op, &discover->batch, OSM_LIMIT_READ, discover->chosen_size, send_definitions);
}

/* --- 4: the types of fields ---------------------------------------------------------------- */

/* Whether the type is met for the first time; from now on it is known. */
static bool first_met(struct osm_op *op, const UA_NodeId *id)
{
    struct discover *discover = op->state;
    const char *text = osm_node_id_text(osm_op_arena(op), id);
    size_t length = strlen(text);
    struct met *met;

    HASH_FIND(hh, discover->met, text, length, met);
    if (met)
        return false;
    met = osm_arena_alloc(osm_op_arena(op), sizeof(*met) + length + 1);
    memcpy(met->text, text, length);
    HASH_ADD_KEYPTR(hh, discover->met, met->text, length, met);
    return true;
}

static void collect_field_type(struct osm_op *op, const UA_NodeId *id)
{
    struct discover *discover = op->state;

    if (discover->climbs_size == OSM_MAX_CLIMBS || !first_met(op, id) ||
        osm_type_registry_knows(registry_of(op), id))
        return;
    if (discover->climbs_size == discover->climbs_capacity) {
        size_t capacity = discover->climbs_capacity ? 2 * discover->climbs_capacity : 32;

        discover->climbs = osm_arena_grow(osm_op_arena(op), discover->climbs,
                                          discover->climbs_capacity * sizeof(*discover->climbs),
                                          capacity * sizeof(*discover->climbs));
        discover->climbs_capacity = capacity;
    }
    discover->climbs[discover->climbs_size++] =
        (struct climb){.id = *id, .current = *id}; /* borrowed from the definition */
}

static void collect_field_types(struct osm_op *op)
{
    struct discover *discover = op->state;

    for (size_t i = 0; i < discover->size; i++)
        if (discover->definitions[i])
            (void)first_met(op, &discover->types[i].id);
    for (size_t i = 0; i < discover->size; i++) {
        const UA_StructureDefinition *definition = discover->definitions[i];

        for (size_t j = 0; definition && j < definition->fieldsSize; j++)
            collect_field_type(op, &definition->fields[j].dataType);
    }
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

/* True when this one is settled. Structures that are no codec of ours stay unknown: what contains
 * them is left undecoded. */
static bool settle(struct osm_op *op, struct climb *climb)
{
    uint32_t builtin = builtin_of(&climb->current);

    if (!builtin)
        return false;
    climb->done = true;
    if (builtin != UA_NS0ID_STRUCTURE)
        osm_type_registry_alias(registry_of(op), &climb->id, builtin);
    return true;
}

static void take_parent(struct osm_op *op, size_t i, const UA_BrowseResult *result)
{
    const struct discover *discover = op->state;
    struct climb *climb = &discover->climbs[discover->chosen[discover->batch.next + i]];

    if (!result->referencesSize) {
        climb->done = true; /* leads nowhere */
        return;
    }
    climb->current = osm_node_id_keep(osm_op_arena(op), &result->references[0].nodeId.nodeId);
    settle(op, climb);
}

static void parents_done(struct osm_op *op)
{
    if (!osm_batch_next(op))
        climb_up(op);
}

static void send_climbs(struct osm_op *op, size_t first, size_t count)
{
    struct discover *discover = op->state;
    UA_NodeId *nodes = osm_arena_array(osm_op_arena(op), count, sizeof(*nodes));

    for (size_t i = 0; i < count; i++)
        nodes[i] = discover->climbs[discover->chosen[first + i]].current;
    send_browse(op, nodes, count, UA_BROWSEDIRECTION_INVERSE, UA_NS0ID_HASSUBTYPE, take_parent,
                parents_done);
}

static void climb_up(struct osm_op *op)
{
    struct discover *discover = op->state;

    discover->chosen =
        osm_arena_array(osm_op_arena(op), discover->climbs_size, sizeof(*discover->chosen));
    discover->chosen_size = 0;
    for (size_t i = 0; i < discover->climbs_size; i++)
        if (!discover->climbs[i].done && !settle(op, &discover->climbs[i]))
            discover->chosen[discover->chosen_size++] = i;
    if (discover->chosen_size && discover->climbed++ < OSM_MAX_CLIMB)
        osm_batch_start(op, &discover->batch, OSM_LIMIT_BROWSE, discover->chosen_size, send_climbs);
    else
        finish(op);
}

/* --- the method ---------------------------------------------------------------------------- */

static size_t build(struct osm_op *op)
{
    const struct discover *discover = op->state;

    return osm_type_registry_build(registry_of(op), (int32_t)discover->namespace_index);
}

static void skip_unfit(void *op, const UA_NodeId *data_type, const char *reason)
{
    skip(op, data_type, osm_arena_text(osm_op_arena(op), reason, strlen(reason)));
}

static void log_skipped(struct osm_op *op)
{
    const struct discover *discover = op->state;

    for (const struct skipped *one = discover->skipped; one; one = one->next)
        osm_log_info("Session %s: structures of %s are not decoded: %s",
                     osm_session_id(osm_op_session(op)), one->data_type, one->reason);
}

/* {"count","skipped":[{"dataType","reason"}]} for those that want to know. */
static void reply_all(struct osm_op *op, size_t count)
{
    const struct discover *discover = op->state;
    struct osm_json *json = osm_reply_begin(op);

    osm_json_object_begin(json);
    osm_json_key(json, "count");
    osm_json_uint(json, count);
    osm_json_key(json, "skipped");
    osm_json_array_begin(json);
    for (const struct skipped *one = discover->skipped; one; one = one->next) {
        osm_json_object_begin(json);
        osm_json_key(json, "dataType");
        osm_json_cstring(json, one->data_type);
        osm_json_key(json, "reason");
        osm_json_cstring(json, one->reason);
        osm_json_object_end(json);
    }
    osm_json_array_end(json);
    osm_json_object_end(json);
}

static void reply(struct osm_op *op, size_t count)
{
    const struct discover *discover = op->state;

    osm_type_registry_each_unfit(registry_of(op), skip_unfit, op);
    log_skipped(op);
    if (discover->explain || osm_op_request(op)->style == &osm_opcua_style)
        reply_all(op, count);
    else
        osm_json_uint(osm_reply_begin(op), count);
    osm_op_finish(op);
}

static void tell_discovered(struct osm_op *op, size_t count)
{
    int64_t index = ((const struct discover *)op->state)->namespace_index;

    osm_tell(osm_op_session(op), OSM_EVENT_DATA_TYPES_DISCOVERED,
             index < 0 ? osm_field_text("namespaceIndex", NULL)
                       : osm_field_uint("namespaceIndex", (uint64_t)index),
             osm_field_uint("count", count));
}

static void finish(struct osm_op *op)
{
    struct discover *discover = op->state;
    UA_DataTypeSchemaHeader schema;
    size_t count;

    /* Only now: an attempt that was lost on the way leaves no half-known structures behind. */
    for (size_t i = 0; discover->definitions && i < discover->size; i++)
        if (discover->definitions[i])
            osm_type_registry_define(registry_of(op), &discover->types[i].id,
                                     &discover->types[i].encoding, discover->definitions[i]);
    count = build(op);
    osm_log_info("Discovered %zu data type(s)", count);
    schema = osm_type_schema_make(registry_of(op), osm_op_arena(op));
    osm_cached_store(&discover->cached, &schema);
    tell_discovered(op, count);
    reply(op, count);
}

static void hit(struct osm_op *op, void *value)
{
    size_t count;

    osm_type_schema_learn(registry_of(op), value);
    count = build(op);
    osm_log_info("Restored %zu data type(s) from cache", count);
    reply(op, count);
}

static bool read_namespace(struct osm_args *args, const struct osm_parameter *row,
                           yyjson_val *value, void *out)
{
    *(int64_t *)out = -1;
    return !value || osm_parameter_int(args, row, value, out);
}

static void miss(struct osm_op *op)
{
    const UA_NodeId structure = UA_NODEID_NUMERIC(0, UA_NS0ID_STRUCTURE);
    struct discover *discover = op->state;

    if (discover->namespace_index >= 0)
        osm_log_info("Discovering data types for namespace %lld",
                     (long long)discover->namespace_index);
    else
        osm_log_info("Discovering data types");
    discover->size = discover->level = discover->climbed = 0;
    discover->climbs_size = discover->bytes = 0;
    add_type(op, &structure);
    discover->level_first = 0;
    discover->level_end = 1;
    next_level(op);
}

static void start(struct osm_op *op)
{
    struct discover *discover = op->state;
    const bool any = discover->namespace_index < 0;
    const struct osm_cache_what what = {
        .kind = "dataTypes",
        .suffix = any ? (const void *)"all" : &discover->namespace_index,
        .suffix_size = any ? strlen("all") : sizeof(discover->namespace_index)};

    cleanup(op);
    op->cleanup = cleanup;
    discover->skipped = NULL;
    discover->skipped_end = &discover->skipped;
    discover->skipped_size = 0;
    osm_cached_look_up(&discover->cached, op, discover->use_cache ? &what : NULL,
                       &UA_TYPES[UA_TYPES_DATATYPESCHEMAHEADER], hit, miss);
}

static const struct osm_parameter parameters[] = {
    {"namespaceIndex", "null",
     OSM_READ_AS(read_namespace, struct discover, namespace_index, int64_t)},
    {"useCache", "true", OSM_BOOL(struct discover, use_cache)},
    {"explain", "false", OSM_BOOL(struct discover, explain)},
    {0}};

OSM_METHOD(discoverDataTypes, .state_size = sizeof(struct discover), .parameters = parameters,
           .start = start);
