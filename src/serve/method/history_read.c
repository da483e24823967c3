/* SPDX-License-Identifier: MIT */
/* historyReadRaw, historyReadProcessed, historyReadAtTime (methods.md §2.24–2.26). They differ in
 * the details of their request only; values are written to the reply page by page. */
#include <math.h>

#include "serve/method/history.h"

struct history_read {
    struct osm_history_read read; /* first: see history.h */
    union {
        UA_ReadRawModifiedDetails raw;
        UA_ReadProcessedDetails processed;
        UA_ReadAtTimeDetails at_time;
    } details;
    union {
        UA_ReadProcessedDetails processed;
        UA_ReadAtTimeDetails at_time;
    } whole; /* details as the caller wants them */
    UA_NodeId aggregate;
    struct osm_json *json;
};

static void begin(struct osm_op *op)
{
    struct history_read *history = op->state;

    history->json = osm_reply_begin(op);
    osm_json_array_begin(history->json);
}

static void write_page(struct osm_op *op, const UA_DataValue *values, size_t size)
{
    struct osm_encoder encoder = osm_reply_encoder_more(op);

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
    history->read.wanted = limit;
    history->details.raw.returnBounds = bounds;
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

/* Ticks from the start of the range to the start of that interval. */
static UA_DateTime interval_start(const UA_ReadProcessedDetails *whole, size_t interval)
{
    return (UA_DateTime)((double)interval * whole->processingInterval * UA_DATETIME_MSEC);
}

static void processed_narrow(struct osm_history_read *read, size_t first, size_t count)
{
    struct history_read *history = (struct history_read *)read;
    const UA_ReadProcessedDetails *whole = &history->whole.processed;
    UA_ReadProcessedDetails *details = &history->details.processed;

    details->startTime = whole->startTime + interval_start(whole, first);
    details->endTime = first + count == read->parts
                           ? whole->endTime
                           : whole->startTime + interval_start(whole, first + count);
}

/* The intervals of the range, so far as it can be cut between them. */
static size_t intervals(const UA_ReadProcessedDetails *details)
{
    double length = (double)(details->endTime - details->startTime);
    double count = length / (details->processingInterval * UA_DATETIME_MSEC);

    return count > 1 && count < UINT32_MAX ? (size_t)ceil(count) : 1;
}

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
    history->whole.processed = *details;
    history->read.parts = intervals(details);
    history->read.narrow = processed_narrow;
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

static void at_time_narrow(struct osm_history_read *read, size_t first, size_t count)
{
    struct history_read *history = (struct history_read *)read;

    history->details.at_time.reqTimes = history->whole.at_time.reqTimes + first;
    history->details.at_time.reqTimesSize = count;
}

static bool at_time_decode(struct osm_decode *decode, struct osm_args *args,
                           const struct osm_session *session, void *state)
{
    struct history_read *history = prepare(state);
    UA_ReadAtTimeDetails *details = &history->details.at_time;

    details->useSimpleBounds = true;
    history->read.details = details;
    history->read.details_type = &UA_TYPES[UA_TYPES_READATTIMEDETAILS];
    if (!osm_arg_node_id(decode, args, 0, &history->read.node) ||
        !osm_arg_times(decode, args, 1, &details->reqTimes, &details->reqTimesSize))
        return false;
    history->whole.at_time = *details;
    history->read.parts = details->reqTimesSize;
    history->read.narrow = at_time_narrow;
    return true;
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
