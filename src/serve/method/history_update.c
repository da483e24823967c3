/* SPDX-License-Identifier: MIT */
/*
 * historyInsertData, historyReplaceData, historyUpdateData, historyDeleteRawModified,
 * historyDeleteAtTime (methods.md §4.2; OPC 10000-11 §6.8). A history is never changed twice for
 * one request.
 */
#include "serve/method/events.h"
#include "serve/method/history.h"

void osm_history_update_send(struct osm_op *op, void *details, const UA_DataType *type,
                             osm_op_step_fn *step)
{
    UA_ExtensionObject object;
    UA_HistoryUpdateRequest request = {.historyUpdateDetails = &object,
                                       .historyUpdateDetailsSize = 1};

    UA_ExtensionObject_setValueNoDelete(&object, details, type);
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
    const UA_HistoryUpdateResponse *answer = response;
    const UA_HistoryUpdateResult *result = &answer->results[0];
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
    osm_reply_list_end(op);
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

static bool data_complete(struct osm_args *args, void *state)
{
    struct data_update *update = state;

    update->details.performInsertReplace = (UA_PerformUpdateType)args->method->variant;
    osm_history_changes_init(
        &update->changes, &update->details, &UA_TYPES[UA_TYPES_UPDATEDATADETAILS],
        offsetof(UA_UpdateDataDetails, updateValuesSize), sizeof(*update->details.updateValues));
    return true;
}

static const struct osm_items values = {sizeof(UA_DataValue), {.read = osm_parameter_data_value}};
static const struct osm_parameter data_parameters[] = {
    {"nodeId", NULL, OSM_NODE(struct data_update, details.nodeId)},
    {"values", NULL,
     OSM_LIST(struct data_update, details.updateValuesSize, details.updateValues, &values)},
    {.name = ""}};

#define DATA_METHOD(name, perform)                                                                 \
    OSM_METHOD(name, .state_size = sizeof(struct data_update), .parameters = data_parameters,      \
               .complete = data_complete, .start = osm_history_changes_start,                      \
               .variant = UA_PERFORMUPDATETYPE_##perform)

DATA_METHOD(historyInsertData, INSERT);
DATA_METHOD(historyReplaceData, REPLACE);
DATA_METHOD(historyUpdateData, UPDATE);

/* --- historyDeleteRawModified: the one that answers with a status --------------------------- */

static void delete_raw_step(struct osm_op *op, void *response)
{
    const UA_HistoryUpdateResponse *answer = response;
    UA_StatusCode status = answer->results[0].statusCode;

    osm_tell(osm_op_session(op), OSM_EVENT_HISTORY_DATA_DELETED,
             osm_field_node_id("nodeId", &((const UA_DeleteRawModifiedDetails *)op->state)->nodeId),
             osm_field_text("kind", "rawModified"), osm_field_uint("statusCode", status),
             osm_field_numbers("operationResults", NULL, 0));
    osm_reply_uint(op, status);
}

static void delete_raw_start(struct osm_op *op)
{
    osm_history_update_send(op, op->state, &UA_TYPES[UA_TYPES_DELETERAWMODIFIEDDETAILS],
                            delete_raw_step);
}

static const struct osm_parameter delete_raw_parameters[] = {
    {"nodeId", NULL, OSM_NODE(UA_DeleteRawModifiedDetails, nodeId)},
    {"startTime", NULL, OSM_TIME(UA_DeleteRawModifiedDetails, startTime)},
    {"endTime", NULL, OSM_TIME(UA_DeleteRawModifiedDetails, endTime)},
    {"isDeleteModified", "false", OSM_BOOL(UA_DeleteRawModifiedDetails, isDeleteModified)},
    {.name = ""}};

OSM_METHOD(historyDeleteRawModified, .state_size = sizeof(UA_DeleteRawModifiedDetails),
           .parameters = delete_raw_parameters, .start = delete_raw_start);

/* --- historyDeleteAtTime -------------------------------------------------------------------- */

struct delete_at {
    struct osm_history_changes changes;
    UA_DeleteAtTimeDetails details;
};

static bool delete_at_complete(struct osm_args *args, void *state)
{
    struct delete_at *deletion = state;

    osm_history_changes_init(
        &deletion->changes, &deletion->details, &UA_TYPES[UA_TYPES_DELETEATTIMEDETAILS],
        offsetof(UA_DeleteAtTimeDetails, reqTimesSize), sizeof(*deletion->details.reqTimes));
    return true;
}

static const struct osm_parameter delete_at_parameters[] = {
    {"nodeId", NULL, OSM_NODE(struct delete_at, details.nodeId)},
    {"timestamps", NULL,
     OSM_LIST(struct delete_at, details.reqTimesSize, details.reqTimes, &osm_parameter_times)},
    {.name = ""}};

OSM_METHOD(historyDeleteAtTime, .state_size = sizeof(struct delete_at),
           .parameters = delete_at_parameters, .complete = delete_at_complete,
           .start = osm_history_changes_start);
