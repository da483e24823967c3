/* SPDX-License-Identifier: MIT */
/* read and readMulti (methods.md §2.9, §2.10; OPC 10000-4 §5.10.2). */
#include "serve/method/batch.h"
#include "serve/method/cached.h"
#include "serve/method/events.h"
#include "serve/method/recent.h"
#include "util/log.h"

static UA_ReadRequest read_request(UA_ReadValueId *nodes, size_t size)
{
    return (UA_ReadRequest){.timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH,
                            .nodesToRead = nodes,
                            .nodesToReadSize = size};
}

/* --- read ---------------------------------------------------------------------------------- */

struct read {
    UA_ReadValueId node;
    bool refresh;
    struct osm_cached cached; /* attributes other than Value, with readMetadataCache */
};

static void read_hit(struct osm_op *op, void *value)
{
    osm_reply_value(op, value, &UA_TYPES[UA_TYPES_DATAVALUE]);
}

static void read_step(struct osm_op *op, void *response)
{
    const struct read *read = op->state;
    const UA_ReadResponse *answer = response;
    static const UA_DataValue nothing;
    struct osm_encoder encoder;

    if (answer->resultsSize)
        osm_recent_keep(op, &read->node, &answer->results[0]);
    if (answer->resultsSize && UA_StatusCode_isGood(answer->results[0].status))
        osm_cached_store(&read->cached, &answer->results[0]);
    osm_tell(osm_op_session(op), OSM_EVENT_NODE_VALUE_READ,
             osm_field_node_id("nodeId", &read->node.nodeId),
             osm_field_uint("attributeId", read->node.attributeId),
             osm_field_value("dataValue", answer->resultsSize ? &answer->results[0] : &nothing,
                             &UA_TYPES[UA_TYPES_DATAVALUE]));
    encoder = osm_reply_answer_encoder(op, response);
    osm_encode_value(&encoder, answer->resultsSize ? &answer->results[0] : &nothing,
                     &UA_TYPES[UA_TYPES_DATAVALUE]);
    osm_op_finish(op);
}

static void read_send(struct osm_op *op)
{
    UA_ReadRequest request = read_request(&((struct read *)op->state)->node, 1);

    osm_op_send(op, &osm_service_read, &request, read_step);
    osm_op_expect_maybe_empty(op); /* an empty DataValue (methods.md §2.9) */
}

static void read_start(struct osm_op *op)
{
    struct read *read = op->state;
    const UA_ReadValueId *node = &read->node;
    const struct osm_cache_what what = {"readMeta", &node->nodeId, &node->attributeId,
                                        sizeof(node->attributeId)};
    const UA_DataType *type = &UA_TYPES[UA_TYPES_DATAVALUE];
    UA_ByteString recent;

    read->node.indexRange = osm_op_index_range(op, node->indexRange);
    recent = osm_recent_look_up(op, node);
    if (recent.data && !read->refresh && osm_recent_show(op, &recent, read_hit))
        return;
    if (node->attributeId == UA_ATTRIBUTEID_VALUE || node->indexRange.length ||
        !osm_config_bool(osm_session_config(osm_op_session(op)), OSM_CONFIG_readMetadataCache,
                         false)) {
        read_send(op);
    } else if (read->refresh) {
        osm_cached_skip(&read->cached, op, &what, type);
        read_send(op);
    } else {
        osm_cached_look_up(&read->cached, op, &what, type, read_hit, read_send);
    }
}

static const struct osm_parameter read_parameters[] = {
    {"nodeId", NULL, OSM_NODE(struct read, node.nodeId)},
    {"attributeId", "13", OSM_UINT32(struct read, node.attributeId)},
    {"refresh", "false", OSM_BOOL(struct read, refresh)},
    {"indexRange", "null", OSM_LAX_INDEX_RANGE(struct read, node.indexRange)},
    {.name = ""}};

OSM_METHOD(read, .flags = OSM_OP_READS, .state_size = sizeof(struct read),
           .parameters = read_parameters, .start = read_start);

/* --- readMulti ----------------------------------------------------------------------------- */

/* What a number with both timestamps takes in the reply, and how much room is made for such at
 * once: a large reply does not grow, and is not copied, step by step. */
#define REPLY_ITEM ((size_t)160)
#define REPLY_AHEAD ((size_t)1 << 20)

struct read_multi {
    size_t size;
    UA_ReadValueId *nodes; /* as asked for */
    UA_ByteString *recent; /* of each, encoded, where there is a value young enough; or NULL */
    UA_ReadValueId *stale; /* those the server is asked for; all without maxAge */
    size_t stale_size;
    size_t shown; /* written to the reply; counted with maxAge only */
    struct osm_batch batch;
};

static const struct osm_parameter node_rows[] = {
    {"nodeId", NULL, OSM_NODE_ID(UA_ReadValueId, nodeId)},
    {"attributeId", "13", OSM_STRICT_UINT32(UA_ReadValueId, attributeId)},
    {"indexRange", "null", OSM_INDEX_RANGE(UA_ReadValueId, indexRange)},
    {.name = ""}};
static const struct osm_items nodes = {sizeof(UA_ReadValueId),
                                       {.read = osm_parameter_map, .of = node_rows}};

static void show(struct osm_op *op, void *value)
{
    struct osm_encoder encoder = osm_reply_encoder_more(op);

    osm_encode_value(&encoder, value, &UA_TYPES[UA_TYPES_DATAVALUE]);
}

/* The values nobody has to be asked for, up to the next one somebody has. */
static void show_recent(struct osm_op *op)
{
    struct read_multi *multi = op->state;

    for (; multi->recent && multi->shown < multi->size && multi->recent[multi->shown].data;
         multi->shown++)
        (void)osm_recent_show(op, &multi->recent[multi->shown], show);
}

static void keep_answer(struct osm_op *op, const UA_ReadResponse *answer)
{
    const struct read_multi *multi = op->state;
    size_t first = multi->batch.next;

    if (!osm_recent_is_wanted(op))
        return;
    for (size_t i = 0; i < answer->resultsSize; i++)
        osm_recent_keep(op, &multi->stale[first + i], &answer->results[i]);
}

/* Without maxAge all of it is one list; else each may be followed by values nobody was asked for.
 */
static void show_answer(struct osm_op *op, struct osm_encoder *encoder,
                        const UA_ReadResponse *answer)
{
    const UA_DataType *type = &UA_TYPES[UA_TYPES_DATAVALUE];
    struct read_multi *multi = op->state;

    if (!multi->recent) {
        osm_encode_values(encoder, answer->results, answer->resultsSize, type);
        return;
    }
    for (size_t i = 0; i < answer->resultsSize; i++) {
        osm_encode_value(encoder, &answer->results[i], type);
        multi->shown++;
        show_recent(op);
    }
}

static void read_multi_step(struct osm_op *op, void *response)
{
    struct osm_encoder encoder = osm_reply_answer_encoder_more(op, response);

    keep_answer(op, response);
    show_answer(op, &encoder, response);
    if (!osm_batch_next(op))
        osm_reply_list_end(op);
}

static void read_multi_send(struct osm_op *op, size_t first, size_t count)
{
    struct read_multi *multi = op->state;
    UA_ReadRequest request = read_request(multi->stale + first, count);

    osm_op_send(op, &osm_service_read, &request, read_multi_step);
}

/* Which values are young enough already (extensions.md §4). */
static void look_for_recent(struct osm_op *op)
{
    struct read_multi *multi = op->state;

    multi->shown = 0;
    multi->stale = multi->nodes;
    multi->stale_size = multi->size;
    if (!op->caller->max_age || !multi->size)
        return;
    multi->recent = osm_arena_array(osm_op_arena(op), multi->size, sizeof(*multi->recent));
    multi->stale = osm_arena_array(osm_op_arena(op), multi->size, sizeof(*multi->stale));
    multi->stale_size = 0;
    for (size_t i = 0; i < multi->size; i++) {
        multi->recent[i] = osm_recent_look_up(op, &multi->nodes[i]);
        if (!multi->recent[i].data)
            multi->stale[multi->stale_size++] = multi->nodes[i];
    }
}

static void log_splitting(const struct osm_op *op)
{
    const struct read_multi *multi = op->state;
    size_t limit = osm_operation_limit(&op->link->limits, OSM_LIMIT_READ, multi->stale_size);

    if (limit < multi->stale_size)
        osm_log_info("Splitting readMulti into %zu batches of %zu",
                     (multi->stale_size + limit - 1) / limit, limit);
}

static void read_multi_start(struct osm_op *op)
{
    struct read_multi *multi = op->state;
    struct osm_json *json = osm_reply_begin(op);

    look_for_recent(op);
    log_splitting(op);
    osm_buf_reserve(json->out, OSM_MIN(multi->size * REPLY_ITEM, REPLY_AHEAD));
    osm_json_array_begin(json);
    show_recent(op);
    if (multi->size && !multi->stale_size)
        osm_reply_list_end(op);
    else
        osm_batch_start(op, &multi->batch, OSM_LIMIT_READ, multi->stale_size, read_multi_send);
}

static const struct osm_parameter read_multi_parameters[] = {
    {"readItems", NULL, OSM_LIST(struct read_multi, size, nodes, &nodes)}, {.name = ""}};

OSM_METHOD(readMulti, .flags = OSM_OP_READS, .state_size = sizeof(struct read_multi),
           .parameters = read_multi_parameters, .start = read_multi_start);
