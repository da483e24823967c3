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

struct write {
    struct osm_type_detection *self; /* first: where write_type.c finds its state */
    struct osm_type_detection detection;
    struct osm_write_type *types; /* one per item */
    UA_WriteValue *values;
    yyjson_val **raw; /* what the caller wants written */
    bool *detect;     /* the type was not given */
    size_t size;
    size_t *bare; /* items that are maps of fields: the structure is to be found out */
    size_t bare_size;
    const UA_DataType **structures; /* of each item; NULL = none, or not known */
    struct osm_batch batch;
    bool single; /* `write`: the reply is one status, and parameters are not items */
    bool tagged; /* values came with invoke */
    struct osm_json *json;
};

static void write_allocate(struct write *write, struct osm_arena *arena, size_t size)
{
    write->self = &write->detection;
    write->types = osm_arena_array(arena, size, sizeof(*write->types));
    write->values = osm_arena_array(arena, size, sizeof(*write->values));
    write->raw = osm_arena_array(arena, size, sizeof(*write->raw));
    write->detect = osm_arena_array(arena, size, sizeof(*write->detect));
    write->bare = osm_arena_array(arena, size, sizeof(*write->bare));
    write->structures = osm_arena_array(arena, size, sizeof(*write->structures));
    write->size = size;
}

/* The type of one item: given, the attribute's own, or 0 = to be found out. */
static bool decode_type(struct osm_decode *decode, const struct osm_args *args, yyjson_val *type,
                        struct write *write, size_t i)
{
    UA_WriteValue *value = &write->values[i];

    write->types[i].node = value->nodeId;
    if (!osm_arg_item_builtin_type(decode, args, type, &write->types[i].builtin))
        return false;
    if (!write->types[i].builtin && value->attributeId != UA_ATTRIBUTEID_VALUE)
        write->types[i].builtin = osm_write_type_of_attribute(value->attributeId);
    write->detect[i] = write->types[i].builtin == 0;
    return true;
}

static bool write_decode(struct osm_decode *decode, struct osm_args *args,
                         const struct osm_session *session, void *state)
{
    struct write *write = state;

    write_allocate(write, decode->arena, 1);
    write->single = true;
    write->tagged = args->tagged;
    if (!osm_arg_node_id(decode, args, 0, &write->values[0].nodeId))
        return false;
    write->values[0].attributeId = UA_ATTRIBUTEID_VALUE;
    write->raw[0] = osm_arg(args, 1);
    *decode = osm_decode_at(decode, 2);
    return decode_type(decode, args, osm_arg(args, 2), write, 0);
}

static bool decode_item(struct osm_decode *decode, const struct osm_args *args, yyjson_val *item,
                        struct write *write, size_t i)
{
    UA_WriteValue *value = &write->values[i];

    if (!osm_arg_item_check(decode, item, (int)i) ||
        !osm_arg_item_node_id(decode, args, item, "nodeId", &value->nodeId) ||
        !osm_arg_item_uint32(decode, item, "attributeId", UA_ATTRIBUTEID_VALUE,
                             &value->attributeId))
        return false;
    write->raw[i] = osm_json_get(item, "value");
    decode->key = "type";
    return decode_type(decode, args, osm_json_get(item, "type"), write, i);
}

static bool write_multi_decode(struct osm_decode *decode, struct osm_args *args,
                               const struct osm_session *session, void *state)
{
    struct write *write = state;
    struct osm_list list;
    yyjson_val *item;
    size_t i = 0;

    if (!osm_arg_list(decode, args, 0, false, &list))
        return false;
    write_allocate(write, decode->arena, list.size);
    write->tagged = args->tagged;
    while ((item = osm_cast_list_next(&list)))
        if (!decode_item(decode, args, item, write, i++))
            return false;
    return true;
}

/* --- writing ------------------------------------------------------------------------------- */

static void write_step(struct osm_op *op, void *response)
{
    struct write *write = op->state;
    const UA_WriteResponse *answer = response;

    if (write->single) {
        UA_StatusCode status = answer->resultsSize ? answer->results[0] : UA_STATUSCODE_GOOD;

        osm_event_of_write(op, &write->values[0], write->types[0].builtin, status);
        osm_json_uint(write->json, status);
        osm_op_finish(op);
        return;
    }
    for (size_t i = 0; i < answer->resultsSize; i++)
        osm_json_uint(write->json, answer->results[i]);
    if (osm_batch_next(op))
        return;
    osm_json_array_end(write->json);
    osm_op_finish(op);
}

static void write_send(struct osm_op *op, size_t first, size_t count)
{
    struct write *write = op->state;
    UA_WriteRequest request;

    for (size_t i = first; i < first + count; i++)
        osm_recent_forget(op, &write->values[i].nodeId);
    UA_WriteRequest_init(&request);
    request.nodesToWrite = write->values + first;
    request.nodesToWriteSize = count;
    osm_op_send(op, &osm_service_write, &request, write_step);
}

static bool decode_value(const struct osm_decode *decode, const struct write *write, size_t i)
{
    UA_DataValue *value = &write->values[i].value;

    value->hasValue = true;
    if (write->tagged)
        return osm_tagged_read_value(decode, write->raw[i], write->types[i].builtin, &value->value);
    return osm_plain_read_value(decode, write->raw[i], write->types[i].builtin, &value->value);
}

/* All types and structures are known: now the values. */
static bool decode_values(struct osm_op *op, struct write *write, struct osm_fault *fault)
{
    const struct osm_wire_context context = osm_session_wire_context(osm_op_session(op));
    const struct osm_decode base = osm_decode_make(osm_op_arena(op), fault, op->name,
                                                   osm_session_wall(osm_op_session(op)), &context);

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
    write->json = osm_reply_begin(op);
    if (!write->single)
        osm_json_array_begin(write->json);
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

    for (size_t i = 0; i < answer->resultsSize && i < write->batch.asked; i++) {
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
            write->values[i].attributeId == UA_ATTRIBUTEID_VALUE && is_bare(write->raw[i]))
            write->bare[write->bare_size++] = i;
    if (write->bare_size)
        osm_batch_start(op, &write->batch, OSM_LIMIT_READ, write->bare_size, data_types_send);
    else
        structures_known(op);
}

static void write_start(struct osm_op *op)
{
    struct write *write = op->state;

    for (size_t i = 0; i < write->size; i++)
        if (write->detect[i])
            write->types[i].builtin = 0; /* a repetition asks again */
    osm_write_types_detect(op, &write->detection, write->types, write->size, types_known);
}

static const struct osm_parameter write_parameters[] = {
    {"nodeId", NULL}, {"value", NULL}, {"type", "null"}, {0}};

const struct osm_method osm_method_write = {
    .name = "write",
    .state_size = sizeof(struct write),
    .parameters = write_parameters,
    .decode = write_decode,
    .start = write_start,
};

static const struct osm_parameter write_multi_parameters[] = {{"writeItems", NULL}, {0}};

const struct osm_method osm_method_writeMulti = {
    .name = "writeMulti",
    .state_size = sizeof(struct write),
    .parameters = write_multi_parameters,
    .decode = write_multi_decode,
    .start = write_start,
};
