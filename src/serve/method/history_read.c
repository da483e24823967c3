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
};

static void begin(struct osm_op *op)
{
    osm_json_array_begin(osm_reply_begin(op));
}

static void write_page(struct osm_op *op, const void *response, const UA_DataValue *values,
                       size_t size)
{
    struct osm_encoder encoder = osm_reply_answer_encoder_more(op, response);

    osm_encode_values(&encoder, values, size, &UA_TYPES[UA_TYPES_DATAVALUE]);
}

static struct history_read *prepare(void *state)
{
    struct history_read *history = state;

    history->read.begin = begin;
    history->read.page = write_page;
    history->read.end = osm_reply_list_end;
    return history;
}

/* --- historyReadRaw ------------------------------------------------------------------------ */

static bool raw_complete(struct osm_args *args, void *state)
{
    struct history_read *history = prepare(state);

    osm_history_read_raw(&history->read, &history->details.raw);
    return true;
}

#define STATE struct history_read
static const struct osm_parameter raw_parameters[] = {
    {"nodeId", NULL, OSM_NODE(STATE, read.node)},
    {"startTime", "null", OSM_TIME(STATE, details.raw.startTime)},
    {"endTime", "null", OSM_TIME(STATE, details.raw.endTime)},
    {"numValuesPerNode", "0", OSM_UINT32(STATE, read.wanted)},
    {"returnBounds", "false", OSM_BOOL(STATE, details.raw.returnBounds)},
    {.name = ""}};

OSM_METHOD(historyReadRaw, .flags = OSM_OP_READS, .state_size = sizeof(STATE),
           .parameters = raw_parameters, .complete = raw_complete, .start = osm_history_read_start);

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

static bool processed_complete(struct osm_args *args, void *state)
{
    struct history_read *history = prepare(state);
    UA_ReadProcessedDetails *details = &history->details.processed;

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
    {"nodeId", NULL, OSM_NODE(STATE, read.node)},
    {"startTime", NULL, OSM_TIME(STATE, details.processed.startTime)},
    {"endTime", NULL, OSM_TIME(STATE, details.processed.endTime)},
    {"processingInterval", NULL, OSM_DOUBLE(STATE, details.processed.processingInterval)},
    {"aggregateType", NULL, OSM_NODE(STATE, aggregate)},
    {.name = ""}};

OSM_METHOD(historyReadProcessed, .flags = OSM_OP_READS, .state_size = sizeof(STATE),
           .parameters = processed_parameters, .complete = processed_complete,
           .start = osm_history_read_start);

/* --- historyReadAtTime --------------------------------------------------------------------- */

static void at_time_narrow(struct osm_history_read *read, size_t first, size_t count)
{
    struct history_read *history = (struct history_read *)read;

    history->details.at_time.reqTimes = history->whole.at_time.reqTimes + first;
    history->details.at_time.reqTimesSize = count;
}

static bool at_time_complete(struct osm_args *args, void *state)
{
    struct history_read *history = prepare(state);
    UA_ReadAtTimeDetails *details = &history->details.at_time;

    details->useSimpleBounds = true;
    history->read.details = details;
    history->read.details_type = &UA_TYPES[UA_TYPES_READATTIMEDETAILS];
    history->whole.at_time = *details;
    history->read.parts = details->reqTimesSize;
    history->read.narrow = at_time_narrow;
    return true;
}

static const struct osm_parameter at_time_parameters[] = {
    {"nodeId", NULL, OSM_NODE(STATE, read.node)},
    {"timestamps", NULL,
     OSM_LIST(STATE, details.at_time.reqTimesSize, details.at_time.reqTimes, &osm_parameter_times)},
    {.name = ""}};

OSM_METHOD(historyReadAtTime, .flags = OSM_OP_READS, .state_size = sizeof(STATE),
           .parameters = at_time_parameters, .complete = at_time_complete,
           .start = osm_history_read_start);
