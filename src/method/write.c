/* SPDX-License-Identifier: MIT */
/*
 * write and writeMulti (methods.md §2.11, §2.12; OPC 10000-4 §5.10.4). The type of every value is
 * settled before any value is looked at, every value before anything is written: a value that
 * does not fit leaves the plant as it was.
 */
#include "method/method.h"
#include "method/write_type.h"
#include "util/log.h"
#include "wire/plain_encode.h"

struct write {
    struct osm_type_detection *self; /* first: where write_type.c finds its state */
    struct osm_type_detection detection;
    struct osm_write_type *types; /* one per item */
    UA_WriteValue *values;
    yyjson_val **raw; /* what the caller wants written */
    bool *detect;     /* the type was not given */
    size_t size;
    size_t next;
    size_t batch;
    bool single; /* `write`: the reply is one status, and parameters are not items */
    struct osm_json *json;
};

static void write_allocate(struct write *write, struct osm_arena *arena, size_t size)
{
    write->self = &write->detection;
    write->types = osm_arena_array(arena, size, sizeof(*write->types));
    write->values = osm_arena_array(arena, size, sizeof(*write->values));
    write->raw = osm_arena_array(arena, size, sizeof(*write->raw));
    write->detect = osm_arena_array(arena, size, sizeof(*write->detect));
    write->size = size;
}

/* The type of one item: given, the attribute's own, or 0 = to be found out. */
static bool decode_type(struct osm_decode *decode, yyjson_val *type, struct write *write, size_t i)
{
    UA_WriteValue *value = &write->values[i];

    write->types[i].node = value->nodeId;
    if (!osm_is_null(type))
        return osm_plain_read_builtin_type(decode, type, &write->types[i].builtin);
    if (value->attributeId != UA_ATTRIBUTEID_VALUE)
        write->types[i].builtin = osm_attribute_type(value->attributeId);
    write->detect[i] = write->types[i].builtin == 0;
    return true;
}

static bool write_decode(struct osm_decode *decode, const struct osm_params *params,
                         const struct osm_session *session, void *state)
{
    struct write *write = state;

    write_allocate(write, decode->arena, 1);
    write->single = true;
    *decode = osm_decode_at(decode, 0);
    if (!osm_plain_read_node_id(decode, osm_param(params, 0), &write->values[0].nodeId))
        return false;
    write->values[0].attributeId = UA_ATTRIBUTEID_VALUE;
    write->raw[0] = osm_param(params, 1);
    *decode = osm_decode_at(decode, 2);
    return decode_type(decode, osm_param(params, 2), write, 0);
}

static bool decode_item(struct osm_decode *decode, yyjson_val *item, struct write *write, size_t i)
{
    decode->key = NULL;
    if (!yyjson_is_ctn(item))
        return osm_decode_type_error(decode, "an object");
    decode->key = "nodeId";
    if (!osm_plain_read_node_id(decode, osm_json_get(item, "nodeId"), &write->values[i].nodeId) ||
        !osm_item_uint32(decode, item, "attributeId", UA_ATTRIBUTEID_VALUE,
                         &write->values[i].attributeId))
        return false;
    write->raw[i] = osm_json_get(item, "value");
    decode->key = "type";
    return decode_type(decode, osm_json_get(item, "type"), write, i);
}

static bool write_multi_decode(struct osm_decode *decode, const struct osm_params *params,
                               const struct osm_session *session, void *state)
{
    struct write *write = state;
    struct osm_list list;
    yyjson_val *item;
    size_t i = 0;

    *decode = osm_decode_at(decode, 0);
    if (!osm_plain_read_list(decode, osm_param(params, 0), &list))
        return false;
    write_allocate(write, decode->arena, list.size);
    for (decode->item = 0; (item = osm_list_next(&list)); decode->item++)
        if (!decode_item(decode, item, write, i++))
            return false;
    return true;
}

/* --- writing ------------------------------------------------------------------------------- */

static void write_send(struct osm_op *op);

static void write_step(struct osm_op *op, void *response)
{
    struct write *write = op->state;
    const UA_WriteResponse *answer = response;

    for (size_t i = 0; i < answer->resultsSize; i++)
        osm_json_uint(write->json, answer->results[i]);
    if (write->next < write->size) {
        write_send(op);
        return;
    }
    if (!write->single)
        osm_json_array_end(write->json);
    else if (!answer->resultsSize)
        osm_json_uint(write->json, UA_STATUSCODE_GOOD);
    osm_op_finish(op);
}

static void write_send(struct osm_op *op)
{
    struct write *write = op->state;
    UA_WriteRequest request;

    UA_WriteRequest_init(&request);
    request.nodesToWrite = write->values + write->next;
    request.nodesToWriteSize = OSM_MIN(write->batch, write->size - write->next);
    write->next += request.nodesToWriteSize;
    osm_op_send(op, &osm_service_write, &request, write_step);
}

/* All types are known: now the values. */
static bool decode_values(struct osm_op *op, struct write *write, struct osm_fault *fault)
{
    const struct osm_wire_context context = osm_session_wire_context(op->session);
    struct osm_decode decode = {.arena = osm_op_arena(op),
                                .fault = fault,
                                .method = op->name,
                                .position = write->single ? 1 : 0,
                                .item = -1,
                                .key = write->single ? NULL : "value",
                                .now = osm_session_wall(op->session),
                                .context = &context};

    for (size_t i = 0; i < write->size; i++) {
        if (!write->single)
            decode.item = (int)i;
        if (!osm_plain_read_value(&decode, write->raw[i], write->types[i].builtin,
                                  &write->values[i].value.value))
            return false;
        write->values[i].value.hasValue = true;
    }
    return true;
}

static void types_known(struct osm_op *op)
{
    struct write *write = op->state;
    struct osm_fault fault = {0};

    if (!decode_values(op, write, &fault)) {
        osm_op_fail(op, &fault);
        return;
    }
    write->next = 0;
    write->batch =
        osm_batch_size(op->session, op->session->limits.max_nodes_per_write, write->size);
    write->json = osm_op_reply(op);
    if (!write->single)
        osm_json_array_begin(write->json);
    write_send(op);
}

static void write_start(struct osm_op *op)
{
    struct write *write = op->state;

    for (size_t i = 0; i < write->size; i++)
        if (write->detect[i])
            write->types[i].builtin = 0; /* a repetition asks again */
    osm_write_types_detect(op, &write->detection, write->types, write->size, types_known);
}

const struct osm_method osm_method_write = {
    .name = "write",
    .flags = 0,
    .state_size = sizeof(struct write),
    .decode = write_decode,
    .start = write_start,
    .parameters = "nodeId, value, type=null",
};

const struct osm_method osm_method_writeMulti = {
    .name = "writeMulti",
    .flags = 0,
    .state_size = sizeof(struct write),
    .decode = write_multi_decode,
    .start = write_start,
    .parameters = "items: list of {nodeId, value, type=null, attributeId=13}",
};
