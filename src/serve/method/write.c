/* SPDX-License-Identifier: MIT */
/*
 * write and writeMulti (methods.md §2.11, §2.12; OPC 10000-4 §5.10.4). The type of every value is
 * settled before any value is looked at, every value before anything is written: a value that
 * does not fit leaves the plant as it was.
 */
#include "serve/method/batch.h"
#include "serve/method/events.h"
#include "serve/method/recent.h"
#include "serve/method/write_type.h"
#include "wire/tagged/tagged_decode.h"

/* As the caller gives it. */
struct item {
    UA_NodeId node;
    uint32_t attribute;
    uint32_t builtin; /* 0 = to be found out */
    yyjson_val *value;
    UA_String index_range;
};

struct write {
    struct osm_type_detection *self; /* first: where write_type.c finds its state */
    struct osm_type_detection detection;
    size_t size;
    struct item *items;
    struct osm_write_type *types; /* one per item */
    UA_WriteValue *values;
    size_t *bare; /* items that are maps of fields: the structure is to be found out */
    size_t bare_size;
    const UA_DataType **structures; /* of each item; NULL = none, or not known */
    struct osm_batch batch;
    bool single; /* `write`: the reply is one status, and parameters are not items */
    bool tagged; /* values came with invoke */
};

/* The type of an item is given, the attribute's own, or to be found out. */
static bool complete(struct osm_args *args, void *state)
{
    struct write *write = state;
    struct osm_arena *arena = args->decode->arena;

    write->self = &write->detection;
    write->tagged = args->tagged;
    write->types = osm_arena_array(arena, write->size, sizeof(*write->types));
    write->values = osm_arena_array(arena, write->size, sizeof(*write->values));
    write->bare = osm_arena_array(arena, write->size, sizeof(*write->bare));
    write->structures = osm_arena_array(arena, write->size, sizeof(*write->structures));
    for (size_t i = 0; i < write->size; i++) {
        struct item *item = &write->items[i];

        write->values[i].attributeId = item->attribute;
        write->values[i].indexRange = item->index_range;
        if (!item->builtin && item->attribute != UA_ATTRIBUTEID_VALUE)
            item->builtin = osm_write_type_of_attribute(item->attribute);
    }
    return true;
}

/* --- writing ------------------------------------------------------------------------------- */

static void write_step(struct osm_op *op, void *response)
{
    struct write *write = op->state;
    const UA_WriteResponse *answer = response;

    if (write->single) {
        osm_event_of_write(op, &write->values[0], write->types[0].builtin, answer->results[0]);
        osm_reply_uint(op, answer->results[0]);
        return;
    }
    for (size_t i = 0; i < answer->resultsSize; i++)
        osm_json_uint(&osm_op_request(op)->json, answer->results[i]);
    if (!osm_batch_next(op))
        osm_reply_list_end(op);
}

static void write_send(struct osm_op *op, size_t first, size_t count)
{
    struct write *write = op->state;
    UA_WriteRequest request = {.nodesToWrite = write->values + first, .nodesToWriteSize = count};

    for (size_t i = first; i < first + count; i++)
        osm_recent_forget(op, &write->values[i].nodeId);
    osm_op_send(op, &osm_service_write, &request, write_step);
}

static bool decode_value(const struct osm_decode *decode, const struct write *write, size_t i)
{
    UA_DataValue *value = &write->values[i].value;

    value->hasValue = true;
    if (write->tagged)
        return osm_tagged_read_value(decode, write->items[i].value, write->types[i].builtin,
                                     &value->value);
    return osm_plain_read_value(decode, write->items[i].value, write->types[i].builtin,
                                &value->value);
}

/* All types and structures are known: now the values. */
static bool decode_values(struct osm_op *op, struct write *write, struct osm_fault *fault)
{
    const struct osm_wire_context context = osm_session_wire_context(osm_op_session(op));
    struct osm_decode base = osm_decode_make(osm_op_arena(op), fault, op->name,
                                             osm_session_wall(osm_op_session(op)), &context);

    base.names = osm_method_names(op);
    for (size_t i = 0; i < write->size; i++) {
        struct osm_decode decode = osm_decode_at(&base, write->single ? 1 : 0);

        if (!write->single)
            decode = osm_decode_item(&decode, (int)i, "value");
        decode.list = write->tagged ? "args" : NULL;
        decode.structure = write->structures[i];
        if (!decode_value(&decode, write, i))
            return false;
    }
    return true;
}

static void structures_known(struct osm_op *op)
{
    struct write *write = op->state;
    struct osm_fault fault = {0};

    if (!decode_values(op, write, &fault)) {
        osm_op_fail(op, &fault);
        return;
    }
    if (!write->single)
        osm_json_array_begin(osm_reply_begin(op));
    osm_batch_start(op, &write->batch, OSM_LIMIT_WRITE, write->size, write_send);
}

/* --- maps of fields: which structure they are (types.md §4) --------------------------------- */

/* Whether the value, or the first of the list, is one without a typeId. */
static bool is_bare(yyjson_val *value)
{
    while (yyjson_is_arr(value))
        value = yyjson_arr_get_first(value);
    return yyjson_is_obj(value) && !osm_json_get(value, "typeId") && !osm_json_get(value, "__t");
}

static void data_types_step(struct osm_op *op, void *response)
{
    const struct osm_wire_context context = osm_session_wire_context(osm_op_session(op));
    const UA_ReadResponse *answer = response;
    struct write *write = op->state;

    for (size_t i = 0; i < answer->resultsSize; i++) {
        const UA_Variant *value = &answer->results[i].value;

        if (UA_Variant_hasScalarType(value, &UA_TYPES[UA_TYPES_NODEID]))
            write->structures[write->bare[write->batch.next + i]] =
                context.data_type(context.structures, value->data);
    }
    if (!osm_batch_next(op))
        structures_known(op);
}

static void data_types_send(struct osm_op *op, size_t first, size_t count)
{
    const struct write *write = op->state;
    UA_ReadValueId *nodes = osm_arena_array(osm_op_arena(op), count, sizeof(*nodes));
    UA_ReadRequest request;

    for (size_t i = 0; i < count; i++) {
        nodes[i].nodeId = write->values[write->bare[first + i]].nodeId;
        nodes[i].attributeId = UA_ATTRIBUTEID_DATATYPE;
    }
    UA_ReadRequest_init(&request);
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_NEITHER;
    request.nodesToRead = nodes;
    request.nodesToReadSize = count;
    osm_op_send(op, &osm_service_read, &request, data_types_step);
}

static void types_known(struct osm_op *op)
{
    bool any_known = osm_session_wire_context(osm_op_session(op)).data_type;
    struct write *write = op->state;

    write->bare_size = 0;
    for (size_t i = 0; any_known && i < write->size; i++)
        if (write->types[i].builtin == UA_DATATYPEKIND_EXTENSIONOBJECT + 1 &&
            write->values[i].attributeId == UA_ATTRIBUTEID_VALUE && is_bare(write->items[i].value))
            write->bare[write->bare_size++] = i;
    if (write->bare_size)
        osm_batch_start(op, &write->batch, OSM_LIMIT_READ, write->bare_size, data_types_send);
    else
        structures_known(op);
}

static void write_start(struct osm_op *op)
{
    struct write *write = op->state;

    for (size_t i = 0; i < write->size; i++) {
        write->types[i].node = write->values[i].nodeId = write->items[i].node; /* maybe of a path */
        write->types[i].builtin = write->items[i].builtin; /* a repetition asks again */
    }
    if (write->single)
        write->values[0].indexRange = osm_op_index_range(op, write->values[0].indexRange);
    osm_write_types_detect(op, &write->detection, write->types, write->size, types_known);
}

struct write_one {
    struct write write;
    struct item item;
};

static bool one_complete(struct osm_args *args, void *state)
{
    struct write_one *one = state;

    one->write.single = true;
    one->write.size = 1;
    one->write.items = &one->item;
    one->item.attribute = UA_ATTRIBUTEID_VALUE;
    return complete(args, state);
}

static const struct osm_parameter write_parameters[] = {
    {"nodeId", NULL, OSM_NODE(struct write_one, item.node)},
    {"value", NULL, OSM_JSON(struct write_one, item.value)},
    {"type", "null", OSM_BUILTIN_TYPE(struct write_one, item.builtin)},
    {"indexRange", "null", OSM_LAX_INDEX_RANGE(struct write_one, item.index_range)},
    {.name = ""}};

OSM_METHOD(write, .keeps_json = true, .state_size = sizeof(struct write_one),
           .parameters = write_parameters, .complete = one_complete, .start = write_start);

static const struct osm_parameter item_rows[] = {
    {"nodeId", NULL, OSM_NODE_ID(struct item, node)},
    {"attributeId", "13", OSM_STRICT_UINT32(struct item, attribute)},
    {"value", NULL, OSM_JSON(struct item, value)},
    {"type", "null", OSM_BUILTIN_TYPE(struct item, builtin)},
    {"indexRange", "null", OSM_INDEX_RANGE(struct item, index_range)},
    {.name = ""}};
static const struct osm_items items = {sizeof(struct item),
                                       {.read = osm_parameter_map, .of = item_rows}};
static const struct osm_parameter write_multi_parameters[] = {
    {"writeItems", NULL, OSM_LIST(struct write, size, items, &items)}, {.name = ""}};

OSM_METHOD(writeMulti, .keeps_json = true, .state_size = sizeof(struct write),
           .parameters = write_multi_parameters, .complete = complete, .start = write_start);
