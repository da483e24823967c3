/* SPDX-License-Identifier: MIT */
/*
 * HistoryRead, one node, page by page; see history.h. What the server cannot answer in one piece
 * is asked for in several: raw values by pages of a size it can send, others by their times.
 */
#include "port/status_code.h"
#include "serve/method/history.h"
#include "serve/request/reply_later.h"

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

/* The answer may hold a continuation point: it is waited for, also when the caller goes. */
static void unanswered(struct osm_op *op)
{
    UA_HistoryReadValueId node;
    UA_HistoryReadRequest request = request_for(op->state, &node, UA_BYTESTRING_NULL);

    request.releaseContinuationPoints = true;
    osm_points_release_late(op, &request);
}

static void send_read(struct osm_op *op, UA_ByteString point, osm_op_step_fn *step)
{
    UA_HistoryReadValueId node;
    UA_HistoryReadRequest request = request_for(op->state, &node, point);

    osm_op_send(op, &osm_service_history_read, &request, step);
    op->unanswered = unanswered;
}

static void released(struct osm_op *op, void *response)
{
    const struct osm_history_read *read = op->state;

    if (osm_fault_is_set(&read->fault))
        osm_op_fail(op, &read->fault);
    else
        read->end(op);
}

/* The values are there, or are of no use: whether the server can release is its own business. */
static void release(struct osm_op *op, UA_ByteString point)
{
    UA_HistoryReadValueId node;
    UA_HistoryReadRequest request = request_for(op->state, &node, point);

    if (!point.length) {
        released(op, NULL);
        return;
    }
    request.releaseContinuationPoints = true;
    op->refused = NULL;
    osm_op_send_regardless(op, &osm_service_history_read, &request, released);
}

static const UA_HistoryData *data_of(const UA_HistoryReadResult *result)
{
    static const UA_HistoryData nothing;
    const UA_ExtensionObject *object = &result->historyData;

    if (object->encoding >= UA_EXTENSIONOBJECT_DECODED &&
        object->content.decoded.type == &UA_TYPES[UA_TYPES_HISTORYDATA])
        return object->content.decoded.data;
    return &nothing;
}

/* There is something, and it is no history. */
static bool is_unreadable(const UA_ExtensionObject *object)
{
    if (object->encoding >= UA_EXTENSIONOBJECT_DECODED)
        return object->content.decoded.type != &UA_TYPES[UA_TYPES_HISTORYDATA];
    return object->encoding != UA_EXTENSIONOBJECT_ENCODED_NOBODY ||
           !UA_NodeId_isNull(&object->content.encoded.typeId);
}

static void fail_as_too_long(struct osm_op *op, struct osm_fault *fault)
{
    const struct osm_history_read *read = op->state;

    osm_fault_set(fault, osm_op_arena(op), OSM_FAULT_SERIALIZATION,
                  "The history is too long for one request (%zu values so far): ask for a shorter "
                  "time range or limit numValuesPerNode",
                  read->values);
}

/* A history that breaks off must not pass for a whole one. A large page counts while it is being
 * written. */
static bool is_endless(struct osm_op *op, size_t page)
{
    struct osm_history_read *read = op->state;
    struct osm_request *request = osm_op_request(op);
    struct osm_fault fault = {0};

    read->values += page;
    read->place.got = read->values;
    read->empty_pages = page ? 0 : read->empty_pages + 1;
    if (read->values > OSM_HISTORY_VALUES || read->empty_pages > OSM_HISTORY_EMPTY_PAGES ||
        ++read->pages > OSM_HISTORY_PAGES || read->points > OSM_HISTORY_REPLY ||
        osm_reply_later_written(request) > OSM_HISTORY_REPLY - read->points) {
        fail_as_too_long(op, &read->fault);
        return true;
    }
    if (request->later) {
        fail_as_too_long(op, &fault);
        osm_reply_later_bound(request, OSM_HISTORY_REPLY, &fault);
    }
    return false;
}

/* Nobody takes what would come. */
static bool is_in_vain(struct osm_op *op)
{
    struct osm_history_read *read = op->state;

    if (osm_caller_is_awaited(op->caller))
        return false;
    osm_fault_set(&read->fault, osm_op_arena(op), OSM_FAULT_CONNECTION, "The caller has gone");
    return true;
}

static void take_page(struct osm_op *op, const UA_HistoryReadResponse *answer);

static void next_step(struct osm_op *op, void *response)
{
    const UA_HistoryReadResponse *answer = response;
    const struct osm_history_read *read = op->state;

    if (UA_StatusCode_isBad(answer->results[0].statusCode))
        osm_op_failf(op, OSM_FAULT_SERVICE, "The history broke off after %zu values: %s",
                     read->values,
                     osm_status_code_name(answer->results[0].statusCode, osm_op_arena(op)));
    else
        take_page(op, answer);
}

/* The part is complete: the next one, or the reply. */
static void end_part(struct osm_op *op)
{
    struct osm_history_read *read = op->state;

    if (!read->narrow || is_in_vain(op) || !osm_batch_next(op))
        released(op, NULL);
}

/* True when the caller has got as many values as were wanted; a server may have sent fewer, as
 * its pages are (M24). */
static bool is_enough(struct osm_history_read *read)
{
    uint32_t left = read->wanted - (uint32_t)read->values;

    if (!read->wanted)
        return false;
    if (read->values < read->wanted)
        *read->page_size = OSM_MIN(*read->page_size, left);
    return read->values >= read->wanted;
}

static void take_page(struct osm_op *op, const UA_HistoryReadResponse *answer)
{
    const UA_HistoryReadResult *result = &answer->results[0];
    const UA_HistoryData *data = data_of(result);
    struct osm_history_read *read = op->state;
    size_t size = data->dataValuesSize;

    osm_points_note(&read->place, &result->continuationPoint);
    read->points += result->continuationPoint.length;
    if (osm_reply_fail_strictly(op, result->statusCode))
        return;
    if (is_unreadable(&result->historyData)) {
        osm_fault_set(&read->fault, osm_op_arena(op), OSM_FAULT_SERVICE,
                      "What the server sends behind %zu values of the history is no HistoryData, "
                      "or cannot be decoded",
                      read->values);
        release(op, result->continuationPoint);
        return;
    }
    if (read->wanted)
        size = OSM_MIN(size, read->wanted - read->values);
    read->page(op, answer, data->dataValues, size);
    if (is_endless(op, size) || is_enough(read) ||
        (result->continuationPoint.length && is_in_vain(op)))
        release(op, result->continuationPoint);
    else if (!result->continuationPoint.length)
        end_part(op);
    else
        send_read(op, result->continuationPoint, next_step);
}

/* --- a server without a continuation point left --------------------------------------------- */

static bool has_no_point(const UA_HistoryReadResponse *answer)
{
    return answer->results[0].statusCode == UA_STATUSCODE_BADNOCONTINUATIONPOINTS;
}

static void first_step(struct osm_op *op, void *response)
{
    struct osm_history_read *read = op->state;

    if (has_no_point(response) && !read->begun) {
        osm_points_refused(&read->place);
        return;
    }
    if (has_no_point(response)) { /* a later part: without it the history has a hole */
        next_step(op, response);
        return;
    }
    if (!read->begun)
        read->begin(op);
    read->begun = true;
    take_page(op, response);
}

/* --- what the server takes ----------------------------------------------------------------- */

static void send_part(struct osm_op *op, size_t first, size_t count)
{
    struct osm_history_read *read = op->state;

    read->narrow(read, first, count);
    send_read(op, UA_BYTESTRING_NULL, first_step);
}

static void begin(struct osm_op *op);

/* The whole request: there is no point left; or the answer would be too large: from the beginning,
 * with smaller pages. */
static bool refused(struct osm_op *op, UA_StatusCode status)
{
    struct osm_history_read *read = op->state;
    size_t asked;

    if (status == UA_STATUSCODE_BADNOCONTINUATIONPOINTS && !read->begun) {
        osm_points_refused(&read->place);
        return true;
    }
    asked = *read->page_size ? *read->page_size : (size_t)2 * OSM_HISTORY_PAGE;
    if (!osm_operation_limit_learn(&op->link->limits, OSM_LIMIT_HISTORY_VALUES, asked, status))
        return false;
    begin(op);
    return true;
}

static void start_pages(struct osm_op *op)
{
    struct osm_history_read *read = op->state;
    uint32_t learnt =
        osm_operation_limits_server(&op->link->limits)->learnt[OSM_LIMIT_HISTORY_VALUES];
    bool cut = learnt && (!read->wanted || learnt < read->wanted);

    *read->page_size = cut ? learnt : read->wanted;
    op->refused = refused;
    send_read(op, UA_BYTESTRING_NULL, first_step);
}

/* In its turn. */
static void begin(struct osm_op *op)
{
    struct osm_history_read *read = op->state;

    read->fault = (struct osm_fault){0};
    read->values = 0;
    read->pages = read->empty_pages = 0;
    read->points = 0;
    read->begun = false;
    if (read->narrow)
        osm_batch_start(op, &read->batch, OSM_LIMIT_HISTORY_VALUES, read->parts, send_part);
    else
        start_pages(op);
}

static void leave(struct osm_op *op)
{
    struct osm_history_read *read = op->state;

    osm_points_leave(&read->place);
    if (read->left)
        read->left(op);
}

void osm_history_read_start(struct osm_op *op)
{
    struct osm_history_read *read = op->state;

    leave(op); /* where an attempt that was lost has left it */
    op->cleanup = leave;
    osm_points_enter_history(op, &read->place, begin);
}

void osm_history_read_raw(struct osm_history_read *read, UA_ReadRawModifiedDetails *details)
{
    read->page_size = &details->numValuesPerNode;
    read->details = details;
    read->details_type = &UA_TYPES[UA_TYPES_READRAWMODIFIEDDETAILS];
}
