/* SPDX-License-Identifier: MIT */
/* read and readMulti (methods.md §2.9, §2.10; OPC 10000-4 §5.10.2). */
#include "method/method.h"
#include "util/log.h"
#include "wire/plain_encode.h"

static UA_ReadRequest read_request(UA_ReadValueId *nodes, size_t size)
{
    UA_ReadRequest request;

    UA_ReadRequest_init(&request);
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH;
    request.nodesToRead = nodes;
    request.nodesToReadSize = size;
    return request;
}

/* --- read ---------------------------------------------------------------------------------- */

static bool read_decode(struct osm_decode *decode, const struct osm_params *params,
                        const struct osm_session *session, void *state)
{
    UA_ReadValueId *node = state;

    *decode = osm_decode_at(decode, 0);
    node->attributeId = (UA_UInt32)osm_param_int(params, 1, UA_ATTRIBUTEID_VALUE);
    return osm_plain_read_node_id(decode, osm_param(params, 0), &node->nodeId);
}

static void read_step(struct osm_op *op, void *response)
{
    const UA_ReadResponse *answer = response;
    const struct osm_wire_context context = osm_session_wire_context(op->session);
    UA_DataValue nothing;

    UA_DataValue_init(&nothing);
    osm_plain_data_value(osm_op_reply(op), &context,
                         answer->resultsSize ? &answer->results[0] : &nothing);
    osm_op_finish(op);
}

static void read_start(struct osm_op *op)
{
    UA_ReadRequest request = read_request(op->state, 1);

    osm_op_send(op, &osm_service_read, &request, read_step);
}

const struct osm_method osm_method_read = {
    .name = "read",
    .flags = OSM_OP_READS,
    .state_size = sizeof(UA_ReadValueId),
    .decode = read_decode,
    .start = read_start,
    .parameters = "nodeId, attributeId=13, refresh=false",
};

/* --- readMulti ----------------------------------------------------------------------------- */

struct read_multi {
    UA_ReadValueId *nodes;
    size_t size;
    size_t next;  /* first node not asked for yet */
    size_t batch; /* nodes in one request */
    struct osm_json *json;
};

static bool read_multi_decode(struct osm_decode *decode, const struct osm_params *params,
                              const struct osm_session *session, void *state)
{
    struct read_multi *multi = state;
    struct osm_list list;
    yyjson_val *item;

    if (!osm_param_items(decode, params, 0, sizeof(*multi->nodes), &list, &multi->nodes))
        return false;
    for (decode->item = 0; (item = osm_list_next(&list)); decode->item++) {
        UA_ReadValueId *node = &multi->nodes[multi->size++];

        decode->key = NULL;
        if (!yyjson_is_ctn(item))
            return osm_decode_type_error(decode, "an object");
        decode->key = "nodeId";
        if (!osm_plain_read_node_id(decode, osm_json_get(item, "nodeId"), &node->nodeId) ||
            !osm_item_uint32(decode, item, "attributeId", UA_ATTRIBUTEID_VALUE, &node->attributeId))
            return false;
    }
    return true;
}

static void read_multi_send(struct osm_op *op);

static void read_multi_step(struct osm_op *op, void *response)
{
    struct read_multi *multi = op->state;
    const UA_ReadResponse *answer = response;
    const struct osm_wire_context context = osm_session_wire_context(op->session);

    for (size_t i = 0; i < answer->resultsSize; i++)
        osm_plain_data_value(multi->json, &context, &answer->results[i]);
    if (multi->next < multi->size) {
        read_multi_send(op);
        return;
    }
    osm_json_array_end(multi->json);
    osm_op_finish(op);
}

static void read_multi_send(struct osm_op *op)
{
    struct read_multi *multi = op->state;
    size_t size = OSM_MIN(multi->batch, multi->size - multi->next);
    UA_ReadRequest request = read_request(multi->nodes + multi->next, size);

    multi->next += size;
    osm_op_send(op, &osm_service_read, &request, read_multi_step);
}

static void read_multi_start(struct osm_op *op)
{
    struct read_multi *multi = op->state;

    multi->next = 0;
    multi->batch = osm_batch_size(op->session, op->session->limits.max_nodes_per_read, multi->size);
    if (multi->batch < multi->size)
        osm_log_info("Splitting readMulti into %zu batches of %zu",
                     (multi->size + multi->batch - 1) / multi->batch, multi->batch);
    multi->json = osm_op_reply(op);
    osm_json_array_begin(multi->json);
    read_multi_send(op);
}

const struct osm_method osm_method_readMulti = {
    .name = "readMulti",
    .flags = OSM_OP_READS,
    .state_size = sizeof(struct read_multi),
    .decode = read_multi_decode,
    .start = read_multi_start,
    .parameters = "items: list of {nodeId, attributeId=13}",
};
