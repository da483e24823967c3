/* SPDX-License-Identifier: MIT */
/*
 * discoverDataTypes (methods.md §2.27, M16): learns the server's structures, so that values of
 * them are shown as fields. In four rounds, each in batches (types_internal.h names their rooms):
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

#include "core/event/event_fields.h"
#include "serve/method/methods.h"
#include "serve/method/types_internal.h"
#include "util/log.h"
#include "wire/text/node_id.h"
#include "wire/value/styles.h"
#include "wire/value/type_schema.h"

#define OSM_MAX_SKIPPED 1000 /* that are told */
/* Fields seen in one turn of the loop. */
#define OSM_TYPES_SLICE 4000
/* Fields of all that is kept in the cache: more would hold the loop each time they are found. */
#define OSM_MAX_KEPT_FIELDS 20000

static void cleanup(struct osm_op *op)
{
    struct osm_types_discovery *discover = op->state;

    osm_references_clear(&discover->browse.references);
    for (size_t i = 0; discover->definitions && i < discover->size; i++)
        if (discover->definitions[i])
            UA_StructureDefinition_delete(discover->definitions[i]);
    discover->definitions = NULL;
    osm_types_forget_reading(op);
    op->link->env->loop.ops->timer_free(osm_steal(discover->pause));
    HASH_CLEAR(hh, discover->met); /* the entries themselves are the arena's */
}

static void after_pause(void *context)
{
    struct osm_op *op = context;

    osm_link_speaks(op->link);
    ((struct osm_types_discovery *)op->state)->after_pause(op);
}

bool osm_types_rest(struct osm_op *op, size_t fields, osm_op_start_fn *next)
{
    struct osm_types_discovery *discover = op->state;

    discover->slice += fields;
    if (discover->slice < OSM_TYPES_SLICE)
        return false;
    discover->slice = 0;
    discover->after_pause = next;
    op->link->env->loop.ops->timer_start(discover->pause, OSM_REFERENCES_PAUSE);
    return true;
}

struct osm_type_registry *osm_types_registry(struct osm_op *op)
{
    if (!op->link->types)
        op->link->types = osm_type_registry_new();
    return op->link->types;
}

void osm_types_skip(struct osm_op *op, const UA_NodeId *id, const char *reason)
{
    struct osm_types_discovery *discover = op->state;
    struct osm_types_skipped *skipped;

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

static size_t build(struct osm_op *op)
{
    const struct osm_types_discovery *discover = op->state;

    return osm_type_registry_build(osm_types_registry(op), (int32_t)discover->namespace_index);
}

static void skip_unfit(void *op, const UA_NodeId *data_type, const char *reason)
{
    osm_types_skip(op, data_type, osm_arena_text(osm_op_arena(op), reason, strlen(reason)));
}

static void log_skipped(struct osm_op *op)
{
    const struct osm_types_discovery *discover = op->state;

    for (const struct osm_types_skipped *one = discover->skipped; one; one = one->next)
        osm_log_info("Session %s: structures of %s are not decoded: %s",
                     osm_session_id(osm_op_session(op)), one->data_type, one->reason);
}

/* {"count","skipped":[{"dataType","reason"}]} for those that want to know. */
static void reply_all(struct osm_op *op, size_t count)
{
    const struct osm_types_discovery *discover = op->state;
    struct osm_json *json = osm_reply_begin(op);

    osm_json_object_begin(json);
    osm_json_key(json, "count");
    osm_json_uint(json, count);
    osm_json_key(json, "skipped");
    osm_json_array_begin(json);
    for (const struct osm_types_skipped *one = discover->skipped; one; one = one->next) {
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
    const struct osm_types_discovery *discover = op->state;

    osm_type_registry_each_unfit(osm_types_registry(op), skip_unfit, op);
    log_skipped(op);
    if (discover->explain || osm_op_request(op)->style == &osm_opcua_style)
        reply_all(op, count);
    else
        osm_json_uint(osm_reply_begin(op), count);
    osm_op_finish(op);
}

static void tell_discovered(struct osm_op *op, size_t count)
{
    int64_t index = ((const struct osm_types_discovery *)op->state)->namespace_index;

    osm_tell(osm_op_session(op), OSM_EVENT_DATA_TYPES_DISCOVERED,
             index < 0 ? osm_field_text("namespaceIndex", NULL)
                       : osm_field_uint("namespaceIndex", (uint64_t)index),
             osm_field_uint("count", count));
}

static void keep(struct osm_op *op)
{
    struct osm_types_discovery *discover = op->state;
    UA_DataTypeSchemaHeader schema = osm_type_schema_make(osm_types_registry(op), osm_op_arena(op));
    size_t fields = 0;

    for (size_t i = 0; i < schema.structureDataTypesSize; i++)
        fields += schema.structureDataTypes[i].structureDefinition.fieldsSize;
    if (fields <= OSM_MAX_KEPT_FIELDS)
        osm_cached_store(&discover->cached, &schema);
}

static void lay_out(struct osm_op *op)
{
    size_t count;

    while ((count = osm_type_registry_lay_out(osm_types_registry(op), OSM_TYPES_SLICE)))
        if (osm_types_rest(op, count, lay_out))
            return;
    count = build(op);
    osm_log_info("Discovered %zu data type(s)", count);
    keep(op);
    tell_discovered(op, count);
    reply(op, count);
}

static void define(struct osm_op *op)
{
    struct osm_types_discovery *discover = op->state;

    while (discover->definitions && discover->at < discover->size) {
        const struct osm_types_found *type = &discover->types[discover->at];
        UA_StructureDefinition *definition = osm_steal(discover->definitions[discover->at]);
        size_t fields = definition ? definition->fieldsSize : 0;

        discover->at++;
        if (definition) {
            osm_type_registry_define(osm_types_registry(op), &type->id, &type->encoding,
                                     definition);
            UA_StructureDefinition_delete(definition);
        }
        if (osm_types_rest(op, fields, define))
            return;
    }
    lay_out(op);
}

/* Only now: an attempt that was lost on the way leaves no half-known structures behind. What it
 * leaves if it is lost in here is whole, and laid out by the next one. */
void osm_types_finish(struct osm_op *op)
{
    ((struct osm_types_discovery *)op->state)->at = 0;
    define(op);
}

static void hit(struct osm_op *op, void *value)
{
    size_t count;

    osm_type_schema_learn(osm_types_registry(op), value);
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
    struct osm_types_discovery *discover = op->state;

    if (discover->namespace_index >= 0)
        osm_log_info("Discovering data types for namespace %lld",
                     (long long)discover->namespace_index);
    else
        osm_log_info("Discovering data types");
    osm_types_walk(op);
}

static void start(struct osm_op *op)
{
    struct osm_types_discovery *discover = op->state;
    const bool any = discover->namespace_index < 0;
    const struct osm_cache_what what = {
        .kind = "dataTypes",
        .suffix = any ? (const void *)"all" : &discover->namespace_index,
        .suffix_size = any ? strlen("all") : sizeof(discover->namespace_index)};

    cleanup(op);
    op->cleanup = cleanup;
    discover->pause = osm_loop_timer(&op->link->env->loop, after_pause, op);
    discover->slice = 0;
    discover->skipped = NULL;
    discover->skipped_end = &discover->skipped;
    discover->skipped_size = 0;
    osm_cached_look_up(&discover->cached, op, discover->use_cache ? &what : NULL,
                       &UA_TYPES[UA_TYPES_DATATYPESCHEMAHEADER], hit, miss);
}

static const struct osm_parameter parameters[] = {
    {"namespaceIndex", "null",
     OSM_READ_AS(read_namespace, struct osm_types_discovery, namespace_index, int64_t)},
    {"useCache", "true", OSM_BOOL(struct osm_types_discovery, use_cache)},
    {"explain", "false", OSM_BOOL(struct osm_types_discovery, explain)},
    {.name = ""}};

OSM_METHOD(discoverDataTypes, .state_size = sizeof(struct osm_types_discovery),
           .parameters = parameters, .start = start);
