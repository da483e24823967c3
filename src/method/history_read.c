/* SPDX-License-Identifier: MIT */
/* historyReadRaw, historyReadProcessed, historyReadAtTime (methods.md §2.24–2.26). They differ in
 * the details of their request only; values are written to the reply page by page. */
#include "method/history.h"

struct history_read {
    struct osm_history_read read; /* first: see history.h */
    union {
        UA_ReadRawModifiedDetails raw;
        UA_ReadProcessedDetails processed;
        UA_ReadAtTimeDetails at_time;
    } details;
    UA_NodeId aggregate;
    struct osm_json *json;
};

static void begin(struct osm_op *op)
{
    struct history_read *history = op->state;

    history->json = osm_op_reply(op);
    osm_json_array_begin(history->json);
}

static void write_page(struct osm_op *op, const UA_DataValue *values, size_t size)
{
    struct osm_encoder encoder = osm_op_encoder(op);

    for (size_t i = 0; i < size; i++)
        osm_encode_value(&encoder, &values[i], &UA_TYPES[UA_TYPES_DATAVALUE]);
}

static void end(struct osm_op *op)
{
    struct history_read *history = op->state;

    osm_json_array_end(history->json);
    osm_op_finish(op);
}

static struct history_read *prepare(void *state)
{
    struct history_read *history = state;

    history->read.begin = begin;
    history->read.page = write_page;
    history->read.end = end;
    return history;
}

/* --- historyReadRaw ------------------------------------------------------------------------ */

static bool raw_decode(struct osm_decode *decode, struct osm_args *args,
                       const struct osm_session *session, void *state)
{
    struct history_read *history = prepare(state);
    UA_DateTime from, to;
    uint32_t limit;
    bool bounds;

    if (!osm_arg_node_id(decode, args, 0, &history->read.node) ||
        !osm_arg_time(decode, args, 1, true, &from) || !osm_arg_time(decode, args, 2, true, &to) ||
        !osm_arg_uint32(decode, args, 3, 0, &limit) ||
        !osm_arg_bool(decode, args, 4, false, &bounds))
        return false;
    osm_history_read_raw(&history->read, &history->details.raw, from, to);
    history->details.raw.numValuesPerNode = limit;
    history->details.raw.returnBounds = bounds;
    history->read.first_page_only = limit != 0;
    return true;
}

static const struct osm_parameter raw_parameters[] = {
    {"nodeId", NULL},          {"startTime", "null"},     {"endTime", "null"},
    {"numValuesPerNode", "0"}, {"returnBounds", "false"}, {0}};

const struct osm_method osm_method_historyReadRaw = {
    .name = "historyReadRaw",
    .flags = OSM_OP_READS,
    .state_size = sizeof(struct history_read),
    .parameters = raw_parameters,
    .decode = raw_decode,
    .start = osm_history_read_start,
};

/* --- historyReadProcessed ------------------------------------------------------------------ */

static bool processed_decode(struct osm_decode *decode, struct osm_args *args,
                             const struct osm_session *session, void *state)
{
    struct history_read *history = prepare(state);
    UA_ReadProcessedDetails *details = &history->details.processed;

    if (!osm_arg_node_id(decode, args, 0, &history->read.node) ||
        !osm_arg_time(decode, args, 1, false, &details->startTime) ||
        !osm_arg_time(decode, args, 2, false, &details->endTime) ||
        !osm_arg_double(decode, args, 3, 0, &details->processingInterval) ||
        !osm_arg_node_id(decode, args, 4, &history->aggregate))
        return false;
    details->aggregateType = &history->aggregate;
    details->aggregateTypeSize = 1;
    details->aggregateConfiguration.useServerCapabilitiesDefaults = true;
    details->aggregateConfiguration.treatUncertainAsBad = true;
    details->aggregateConfiguration.percentDataBad = 100;
    details->aggregateConfiguration.percentDataGood = 100;
    history->read.details = details;
    history->read.details_type = &UA_TYPES[UA_TYPES_READPROCESSEDDETAILS];
    return true;
}

static const struct osm_parameter processed_parameters[] = {
    {"nodeId", NULL},        {"startTime", NULL},
    {"endTime", NULL},       {"processingInterval", NULL},
    {"aggregateType", NULL}, {0}};

const struct osm_method osm_method_historyReadProcessed = {
    .name = "historyReadProcessed",
    .flags = OSM_OP_READS,
    .state_size = sizeof(struct history_read),
    .parameters = processed_parameters,
    .decode = processed_decode,
    .start = osm_history_read_start,
};

/* --- historyReadAtTime --------------------------------------------------------------------- */

static bool at_time_decode(struct osm_decode *decode, struct osm_args *args,
                           const struct osm_session *session, void *state)
{
    struct history_read *history = prepare(state);
    UA_ReadAtTimeDetails *details = &history->details.at_time;

    details->useSimpleBounds = true;
    history->read.details = details;
    history->read.details_type = &UA_TYPES[UA_TYPES_READATTIMEDETAILS];
    return osm_arg_node_id(decode, args, 0, &history->read.node) &&
           osm_arg_times(decode, args, 1, &details->reqTimes, &details->reqTimesSize);
}

static const struct osm_parameter at_time_parameters[] = {
    {"nodeId", NULL}, {"timestamps", NULL}, {0}};

const struct osm_method osm_method_historyReadAtTime = {
    .name = "historyReadAtTime",
    .flags = OSM_OP_READS,
    .state_size = sizeof(struct history_read),
    .parameters = at_time_parameters,
    .decode = at_time_decode,
    .start = osm_history_read_start,
};
