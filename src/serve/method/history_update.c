/* SPDX-License-Identifier: MIT */
/*
 * historyInsertData, historyReplaceData, historyUpdateData, historyDeleteRawModified,
 * historyDeleteAtTime (methods.md §4.2; OPC 10000-11 §6.8). A history is never changed twice for
 * one request.
 */
#include "serve/method/events.h"
#include "serve/method/history.h"
#include "wire/tagged/tagged_decode.h"

void osm_history_update_send(struct osm_op *op, void *details, const UA_DataType *type,
                             osm_op_step_fn *step)
{
    UA_HistoryUpdateRequest request;
    UA_ExtensionObject object;

    UA_ExtensionObject_setValueNoDelete(&object, details, type);
    UA_HistoryUpdateRequest_init(&request);
    request.historyUpdateDetails = &object;
    request.historyUpdateDetailsSize = 1;
    osm_op_send_once(op, &osm_service_history_update, &request, step);
}

/* --- lists --------------------------------------------------------------------------------- */

struct list {
    size_t size;
    char *items;
};

void osm_history_changes_init(struct osm_history_changes *changes, void *details,
                              const UA_DataType *type, size_t list, size_t item_size)
{
    struct list whole;

    memcpy(&whole, (char *)details + list, sizeof(whole));
    changes->details = details;
    changes->details_type = type;
    changes->list = list;
    changes->item_size = item_size;
    changes->items = whole.items;
    changes->size = whole.size;
}

static void take_result(struct osm_op *op, struct osm_history_changes *changes,
                        UA_StatusCode status)
{
    size_t size = changes->results_size * sizeof(status);

    osm_json_uint(&osm_op_request(op)->json, status);
    changes->results =
        osm_arena_grow(osm_op_arena(op), changes->results, size, size + sizeof(status));
    changes->results[changes->results_size++] = status;
}

/* A server may answer with one status for all; of a part of the list it is told for each. */
static void changes_step(struct osm_op *op, void *response)
{
    static const UA_HistoryUpdateResult nothing;
    const UA_HistoryUpdateResponse *answer = response;
    const UA_HistoryUpdateResult *result = answer->resultsSize ? &answer->results[0] : &nothing;
    struct osm_history_changes *changes = op->state;
    bool whole = changes->batch.asked == changes->size;
    size_t count = whole ? result->operationResultsSize : changes->batch.asked;

    for (size_t i = 0; i < count; i++)
        take_result(op, changes,
                    i < result->operationResultsSize ? result->operationResults[i]
                                                     : result->statusCode);
    if (osm_batch_next(op))
        return;
    osm_event_of_history(op, changes->details, changes->details_type, changes->size,
                         changes->results, changes->results_size);
    osm_json_array_end(&osm_op_request(op)->json);
    osm_op_finish(op);
}

static void changes_send(struct osm_op *op, size_t first, size_t count)
{
    struct osm_history_changes *changes = op->state;
    struct list part = {count, changes->items + first * changes->item_size};

    memcpy((char *)changes->details + changes->list, &part, sizeof(part));
    osm_history_update_send(op, changes->details, changes->details_type, changes_step);
}

void osm_history_changes_start(struct osm_op *op)
{
    struct osm_history_changes *changes = op->state;

    if (!changes->batch.next)
        changes->results_size = 0;
    if (!changes->batch.next) /* else the reply holds what has been done before a recovery */
        osm_json_array_begin(osm_reply_begin(op));
    osm_batch_resume(op, &changes->batch, OSM_LIMIT_HISTORY_CHANGES, changes->size, changes_send);
}

/* --- insert, replace, update: one after the other in UA_PerformUpdateType ------------------- */

struct data_update {
    struct osm_history_changes changes; /* first: see history.h */
    UA_UpdateDataDetails details;
};

static bool data_decode(struct osm_decode *decode, struct osm_args *args,
                        struct data_update *update)
{
    UA_UpdateDataDetails *details = &update->details;
    struct osm_list list;
    yyjson_val *item;

    if (!osm_arg_node_id(decode, args, 0, &details->nodeId) ||
        !osm_arg_array(decode, args, 1, false, sizeof(*details->updateValues), &list,
                       &details->updateValues))
        return false;
    for (decode->item = 0; (item = osm_cast_list_next(&list)); decode->item++)
        if (!osm_tagged_read_data_value(decode, item,
                                        &details->updateValues[details->updateValuesSize++]))
            return false;
    osm_history_changes_init(&update->changes, details, &UA_TYPES[UA_TYPES_UPDATEDATADETAILS],
                             offsetof(UA_UpdateDataDetails, updateValuesSize),
                             sizeof(*details->updateValues));
    return true;
}

static const struct osm_parameter data_parameters[] = {{"nodeId", NULL}, {"values", NULL}, {0}};

#define DATA_METHOD(name_, perform)                                                                \
    static bool name_##_decode(struct osm_decode *decode, struct osm_args *args,                   \
                               const struct osm_session *session, void *state)                     \
    {                                                                                              \
        ((struct data_update *)state)->details.performInsertReplace = perform;                     \
        return data_decode(decode, args, state);                                                   \
    }                                                                                              \
                                                                                                   \
    const struct osm_method osm_method_##name_ = {                                                 \
        .name = #name_,                                                                            \
        .state_size = sizeof(struct data_update),                                                  \
        .parameters = data_parameters,                                                             \
        .decode = name_##_decode,                                                                  \
        .start = osm_history_changes_start,                                                        \
    }

DATA_METHOD(historyInsertData, UA_PERFORMUPDATETYPE_INSERT);
DATA_METHOD(historyReplaceData, UA_PERFORMUPDATETYPE_REPLACE);
DATA_METHOD(historyUpdateData, UA_PERFORMUPDATETYPE_UPDATE);

/* --- historyDeleteRawModified: the one that answers with a status --------------------------- */

static bool delete_raw_decode(struct osm_decode *decode, struct osm_args *args,
                              const struct osm_session *session, void *state)
{
    UA_DeleteRawModifiedDetails *details = state;
    bool modified;

    if (!osm_arg_node_id(decode, args, 0, &details->nodeId) ||
        !osm_arg_time(decode, args, 1, false, &details->startTime) ||
        !osm_arg_time(decode, args, 2, false, &details->endTime) ||
        !osm_arg_bool(decode, args, 3, false, &modified))
        return false;
    details->isDeleteModified = modified;
    return true;
}

static void delete_raw_step(struct osm_op *op, void *response)
{
    const UA_HistoryUpdateResponse *answer = response;
    UA_StatusCode status = answer->resultsSize ? answer->results[0].statusCode : UA_STATUSCODE_GOOD;

    osm_tell(osm_op_session(op), OSM_EVENT_HISTORY_DATA_DELETED,
             osm_field_node_id("nodeId", &((const UA_DeleteRawModifiedDetails *)op->state)->nodeId),
             osm_field_text("kind", "rawModified"), osm_field_uint("statusCode", status),
             osm_field_numbers("operationResults", NULL, 0));
    osm_json_uint(osm_reply_begin(op), status);
    osm_op_finish(op);
}

static void delete_raw_start(struct osm_op *op)
{
    osm_history_update_send(op, op->state, &UA_TYPES[UA_TYPES_DELETERAWMODIFIEDDETAILS],
                            delete_raw_step);
}

static const struct osm_parameter delete_raw_parameters[] = {
    {"nodeId", NULL}, {"startTime", NULL}, {"endTime", NULL}, {"isDeleteModified", "false"}, {0}};

const struct osm_method osm_method_historyDeleteRawModified = {
    .name = "historyDeleteRawModified",
    .state_size = sizeof(UA_DeleteRawModifiedDetails),
    .parameters = delete_raw_parameters,
    .decode = delete_raw_decode,
    .start = delete_raw_start,
};

/* --- historyDeleteAtTime -------------------------------------------------------------------- */

struct delete_at {
    struct osm_history_changes changes;
    UA_DeleteAtTimeDetails details;
};

static bool delete_at_decode(struct osm_decode *decode, struct osm_args *args,
                             const struct osm_session *session, void *state)
{
    struct delete_at *deletion = state;
    UA_DeleteAtTimeDetails *details = &deletion->details;

    if (!osm_arg_node_id(decode, args, 0, &details->nodeId) ||
        !osm_arg_times(decode, args, 1, &details->reqTimes, &details->reqTimesSize))
        return false;
    osm_history_changes_init(&deletion->changes, details, &UA_TYPES[UA_TYPES_DELETEATTIMEDETAILS],
                             offsetof(UA_DeleteAtTimeDetails, reqTimesSize),
                             sizeof(*details->reqTimes));
    return true;
}

static const struct osm_parameter delete_at_parameters[] = {
    {"nodeId", NULL}, {"timestamps", NULL}, {0}};

const struct osm_method osm_method_historyDeleteAtTime = {
    .name = "historyDeleteAtTime",
    .state_size = sizeof(struct delete_at),
    .parameters = delete_at_parameters,
    .decode = delete_at_decode,
    .start = osm_history_changes_start,
};
