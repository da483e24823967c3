/* SPDX-License-Identifier: MIT */
/* HistoryRead, one node, page by page; see history.h. */
#include "core/status.h"
#include "method/history.h"

/* A request for the node's history; points into the arguments. */
static UA_HistoryReadRequest request_for(struct osm_history_read *read, UA_HistoryReadValueId *node,
                                         UA_ByteString point)
{
    UA_HistoryReadRequest request;

    UA_HistoryReadValueId_init(node);
    node->nodeId = read->node;
    node->continuationPoint = point;
    UA_HistoryReadRequest_init(&request);
    UA_ExtensionObject_setValueNoDelete(&request.historyReadDetails, read->details,
                                        read->details_type);
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH;
    request.nodesToRead = node;
    request.nodesToReadSize = 1;
    return request;
}

static void send_read(struct osm_op *op, UA_ByteString point, osm_op_step_fn *step)
{
    UA_HistoryReadValueId node;
    UA_HistoryReadRequest request = request_for(op->state, &node, point);

    osm_op_send(op, &osm_service_history_read, &request, step);
}

static void released(struct osm_op *op, void *response)
{
    const struct osm_history_read *read = op->state;

    read->end(op);
}

/* The values are there: whether the server can release is its own business. */
static void release(struct osm_op *op, UA_ByteString point)
{
    UA_HistoryReadValueId node;
    UA_HistoryReadRequest request = request_for(op->state, &node, point);

    request.releaseContinuationPoints = true;
    osm_op_send_regardless(op, &osm_service_history_read, &request, released);
}

static const UA_HistoryData *data_of(const UA_HistoryReadResult *result)
{
    static const UA_HistoryData nothing;
    const UA_ExtensionObject *object = &result->historyData;

    if (object->encoding == UA_EXTENSIONOBJECT_DECODED &&
        object->content.decoded.type == &UA_TYPES[UA_TYPES_HISTORYDATA])
        return object->content.decoded.data;
    return &nothing;
}

/* A history that breaks off must not pass for a whole one. */
static bool is_endless(struct osm_op *op, size_t page)
{
    struct osm_history_read *read = op->state;

    read->values += page;
    read->empty_pages = page ? 0 : read->empty_pages + 1;
    if (read->values <= OSM_HISTORY_VALUES && op->request->out.length <= OSM_HISTORY_REPLY &&
        read->empty_pages <= OSM_HISTORY_EMPTY_PAGES)
        return false;
    osm_op_failf(op, OSM_FAULT_SERIALIZATION,
                 "The history is too long for one request (%zu values so far): ask for a shorter "
                 "time range or limit numValuesPerNode",
                 read->values);
    return true;
}

static void take_page(struct osm_op *op, const UA_HistoryReadResponse *answer);

static void next_step(struct osm_op *op, void *response)
{
    const UA_HistoryReadResponse *answer = response;
    const struct osm_history_read *read = op->state;

    if (answer->resultsSize && UA_StatusCode_isBad(answer->results[0].statusCode))
        osm_op_failf(op, OSM_FAULT_SERVICE, "The history broke off after %zu values: %s",
                     read->values,
                     osm_status_name(answer->results[0].statusCode, osm_op_arena(op)));
    else
        take_page(op, answer);
}

static void take_page(struct osm_op *op, const UA_HistoryReadResponse *answer)
{
    static const UA_HistoryReadResult nothing;
    const UA_HistoryReadResult *result = answer->resultsSize ? &answer->results[0] : &nothing;
    const UA_HistoryData *data = data_of(result);
    const struct osm_history_read *read = op->state;

    read->page(op, data->dataValues, data->dataValuesSize);
    if (is_endless(op, data->dataValuesSize))
        return;
    if (!result->continuationPoint.length)
        read->end(op);
    else if (read->first_page_only)
        release(op, result->continuationPoint);
    else
        send_read(op, result->continuationPoint, next_step);
}

static void first_step(struct osm_op *op, void *response)
{
    struct osm_history_read *read = op->state;

    read->values = 0;
    read->empty_pages = 0;
    read->begin(op);
    take_page(op, response);
}

void osm_history_read_start(struct osm_op *op)
{
    send_read(op, UA_BYTESTRING_NULL, first_step);
}

void osm_history_read_raw(struct osm_history_read *read, UA_ReadRawModifiedDetails *details,
                          UA_DateTime start, UA_DateTime end)
{
    UA_ReadRawModifiedDetails_init(details);
    details->startTime = start;
    details->endTime = end;
    read->details = details;
    read->details_type = &UA_TYPES[UA_TYPES_READRAWMODIFIEDDETAILS];
}
