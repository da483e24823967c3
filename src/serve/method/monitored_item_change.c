/* SPDX-License-Identifier: MIT */
/*
 * modifyMonitoredItems and deleteMonitoredItems (methods.md §2.17, §2.18; OPC 10000-4 §5.12.3,
 * §5.12.6). What a modification leaves out stays as it was asked for last (differences.md M2).
 */
#include "core/subscription/subscription.h"
#include "serve/method/data_change_filter.h"
#include "serve/method/events.h"
#include "serve/method/monitored_item_batch.h"
#include "wire/text/json.h"

/* Whether the caller may change that item, or one of that id is not known; else the operation has
 * been failed. */
static bool may_change(struct osm_op *op, uint32_t id)
{
    const struct osm_monitored_item *item =
        osm_monitored_item_find(osm_monitored_item_batch_subscription(op), id);

    return !item || osm_method_may_change(op, item->maker);
}

/* --- modifyMonitoredItems ------------------------------------------------------------------ */

/* One item as the caller wrote it; NULL = left out. */
struct change {
    yyjson_val *id, *sampling_interval, *queue_size, *client_handle, *discard_oldest;
    UA_String index_range; /* as it is: it cannot be changed */
    bool filtered;         /* by another filter than before */
    UA_DataChangeFilter filter;
    struct osm_monitored_item_params params; /* what has been sent */
};

struct modify {
    struct osm_monitored_item_batch batch;
    size_t size;
    struct change *changes;
    UA_MonitoredItemModifyResult *results;
};

/* Kept as it is; with invoke its kind must be right, query casts. */
static bool keep(struct osm_args *args, yyjson_val *value, bool fits, const char *expected,
                 void *out)
{
    *(yyjson_val **)out = value;
    return !args->tagged || fits || osm_decode_type_error(args->decode, expected);
}

static bool keep_integer(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                         void *out)
{
    uint64_t bits;
    bool negative, may_be_absent = row->fallback && !value;

    return keep(args, value, may_be_absent || osm_cast_number_integer(value, &bits, &negative),
                "an integer", out);
}

static bool keep_number(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                        void *out)
{
    return keep(args, value, !value || osm_cast_is_number(value), "a number", out);
}

static bool keep_bool(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                      void *out)
{
    return keep(args, value, !value || yyjson_is_bool(value), "a bool", out);
}

static bool read_filter(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                        void *out)
{
    struct change *change = out;

    return osm_data_change_filter_read(args->decode, value, &change->filtered, &change->filter);
}

static const struct osm_parameter change_rows[] = {
    {"monitoredItemId", NULL, OSM_READ(keep_integer, struct change, id)},
    {"samplingInterval", "null", OSM_READ(keep_number, struct change, sampling_interval)},
    {"queueSize", "null", OSM_READ(keep_integer, struct change, queue_size)},
    {"clientHandle", "null", OSM_READ(keep_integer, struct change, client_handle)},
    {"discardOldest", "null", OSM_READ(keep_bool, struct change, discard_oldest)},
    {"indexRange", "null", OSM_INDEX_RANGE(struct change, index_range)},
    {"filter", "null", .read = read_filter},
    {.name = ""}};
static const struct osm_items changes = {sizeof(struct change),
                                         {.read = osm_parameter_map, .of = change_rows}};

static bool modify_complete(struct osm_args *args, void *state)
{
    struct modify *modify = state;

    modify->batch.size = modify->size;
    modify->results = osm_arena_array(args->decode->arena, modify->size, sizeof(*modify->results));
    return true;
}

static uint32_t id_of(const struct change *change)
{
    return (uint32_t)osm_cast_int(change->id);
}

/* The item as it is to be. What is not known of it takes upstream's defaults. */
static void merge(struct change *change, const struct osm_monitored_item *item)
{
    static const struct osm_monitored_item_params unknown = {.sampling_interval = -1.0,
                                                             .discard_oldest = true};
    struct osm_monitored_item_params *params = &change->params;

    *params = item ? item->params : unknown;
    if (change->sampling_interval)
        params->sampling_interval = osm_cast_float(change->sampling_interval);
    if (change->queue_size)
        params->queue_size = (uint32_t)osm_cast_int(change->queue_size);
    if (change->client_handle)
        params->client_handle = (uint32_t)osm_cast_int(change->client_handle);
    if (change->discard_oldest)
        params->discard_oldest = osm_cast_bool(change->discard_oldest);
    if (change->filtered) {
        params->filtered = true;
        params->filter = change->filter;
    }
}

static void modify_step(struct osm_op *op, void *response);

static void make_request(struct osm_op *op, struct change *change,
                         UA_MonitoredItemModifyRequest *out)
{
    const struct osm_monitored_item *item =
        osm_monitored_item_find(osm_monitored_item_batch_subscription(op), id_of(change));
    UA_MonitoringParameters *wire = &out->requestedParameters;

    merge(change, item);
    out->monitoredItemId = item ? item->server_id : id_of(change);
    wire->clientHandle = item ? item->handle : change->params.client_handle;
    wire->samplingInterval = change->params.sampling_interval;
    wire->queueSize = change->params.queue_size;
    wire->discardOldest = change->params.discard_oldest;
    osm_monitored_item_filter(&change->params, osm_op_arena(op), &wire->filter);
}

static void modify_send(struct osm_op *op, size_t first, size_t count)
{
    struct modify *modify = op->state;
    UA_ModifyMonitoredItemsRequest request = {
        .subscriptionId = osm_monitored_item_batch_server_id(op),
        .timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH,
        .itemsToModify = osm_arena_array(osm_op_arena(op), count, sizeof(*request.itemsToModify)),
        .itemsToModifySize = count};

    for (size_t i = 0; i < count; i++)
        make_request(op, &modify->changes[modify->batch.answered + i], &request.itemsToModify[i]);
    osm_op_send(op, &osm_service_modify_monitored_items, &request, modify_step);
}

static void take_change(struct osm_op *op, size_t index, const UA_MonitoredItemModifyResult *result)
{
    struct modify *modify = op->state;
    const struct osm_monitored_item_params *params = &modify->changes[index].params;
    struct osm_subscription *subscription = osm_monitored_item_batch_subscription(op);
    struct osm_monitored_item *item =
        osm_monitored_item_find(subscription, id_of(&modify->changes[index]));

    modify->results[index] = *result;
    UA_ExtensionObject_init(&modify->results[index].filterResult);
    osm_event_item_changed(op, OSM_EVENT_MONITORED_ITEM_MODIFIED, modify->batch.subscription,
                           id_of(&modify->changes[index]), result->statusCode);
    if (UA_StatusCode_isBad(result->statusCode) || !item)
        return;
    item->params.sampling_interval = params->sampling_interval;
    item->params.queue_size = params->queue_size;
    item->params.client_handle = params->client_handle;
    item->params.discard_oldest = params->discard_oldest;
    item->params.filtered = params->filtered;
    item->params.filter = params->filter;
    osm_monitored_item_revised(subscription, item, result->revisedSamplingInterval,
                               result->revisedQueueSize);
}

static void modify_step(struct osm_op *op, void *response)
{
    const UA_ModifyMonitoredItemsResponse *answer = response;
    struct modify *modify = op->state;

    for (size_t i = 0; i < answer->resultsSize; i++)
        take_change(op, modify->batch.answered + i, &answer->results[i]);
    if (!osm_monitored_item_batch_next(op))
        osm_reply_records(op, &osm_record_monitored_item_modify_result, modify->results,
                          modify->batch.answered);
}

/* The service has no indexRange (OPC 10000-4 §5.13.3): one that is left as it is is fine. */
static bool moves_a_range(struct osm_op *op)
{
    const struct modify *modify = op->state;

    for (size_t i = 0; i < modify->size; i++) {
        const UA_String *range = &modify->changes[i].index_range;
        uint32_t id = id_of(&modify->changes[i]);
        const struct osm_monitored_item *item =
            osm_monitored_item_find(osm_monitored_item_batch_subscription(op), id);

        if (!range->length || (item && UA_String_equal(range, &item->params.index_range)))
            continue;
        osm_op_failf(op, OSM_FAULT_INVALID_ARGUMENT_EXCEPTION,
                     "%s: the indexRange of monitored item %u cannot be changed: delete it and "
                     "make another one",
                     op->name, id);
        return true;
    }
    return false;
}

static void modify_start(struct osm_op *op)
{
    const struct modify *modify = op->state;

    for (size_t i = 0; i < modify->size; i++)
        if (!may_change(op, id_of(&modify->changes[i])))
            return;
    if (moves_a_range(op))
        return;
    osm_monitored_item_batch_start(op, modify_send);
}

static const struct osm_parameter modify_parameters[] = {
    {"subscriptionId", NULL, OSM_UINT32(struct modify, batch.subscription)},
    {"itemsToModify", NULL, OSM_LIST(struct modify, size, changes, &changes)},
    {.name = ""}};

OSM_METHOD(modifyMonitoredItems, .keeps_json = true, .state_size = sizeof(struct modify),
           .parameters = modify_parameters, .complete = modify_complete, .start = modify_start);

/* --- deleteMonitoredItems ------------------------------------------------------------------ */

struct delete
{
    struct osm_monitored_item_batch batch;
    size_t size;
    uint32_t *ids;
    UA_StatusCode *results;
};

static bool delete_complete(struct osm_args *args, void *state)
{
    struct delete *delete = state;

    delete->batch.size = delete->size;
    delete->results = osm_arena_array(args->decode->arena, delete->size, sizeof(*delete->results));
    return true;
}

static void delete_step(struct osm_op *op, void *response);

static void delete_send(struct osm_op *op, size_t first, size_t count)
{
    const struct delete *delete = op->state;
    const struct osm_subscription *subscription = osm_monitored_item_batch_subscription(op);
    UA_DeleteMonitoredItemsRequest request = {
        .subscriptionId = osm_monitored_item_batch_server_id(op),
        .monitoredItemIds = osm_arena_array(osm_op_arena(op), count, sizeof(UA_UInt32)),
        .monitoredItemIdsSize = count};

    for (size_t i = 0; i < count; i++)
        request.monitoredItemIds[i] =
            osm_monitored_item_server_id(subscription, delete->ids[delete->batch.answered + i]);
    osm_op_send(op, &osm_service_delete_monitored_items, &request, delete_step);
}

/* The server has it no longer, or never had it. */
static void take_deletion(struct osm_op *op, size_t index, UA_StatusCode status)
{
    struct delete *delete = op->state;
    struct osm_subscription *subscription = osm_monitored_item_batch_subscription(op);
    struct osm_monitored_item *item = osm_monitored_item_find(subscription, delete->ids[index]);

    delete->results[index] = status;
    osm_event_item_changed(op, OSM_EVENT_MONITORED_ITEM_DELETED, delete->batch.subscription,
                           delete->ids[index], status);
    if (item && (status == UA_STATUSCODE_GOOD || status == UA_STATUSCODE_BADMONITOREDITEMIDINVALID))
        osm_monitored_item_remove(osm_session_subscriptions(osm_op_session(op)), subscription,
                                  item);
}

static void delete_step(struct osm_op *op, void *response)
{
    const UA_DeleteMonitoredItemsResponse *answer = response;
    struct delete *delete = op->state;
    struct osm_encoder encoder;

    for (size_t i = 0; i < answer->resultsSize; i++)
        take_deletion(op, delete->batch.answered + i, answer->results[i]);
    if (osm_monitored_item_batch_next(op))
        return;
    encoder = osm_reply_encoder(op);
    osm_record_encode_uint32s(&encoder, delete->results, delete->batch.answered);
    osm_op_finish(op);
}

static void delete_start(struct osm_op *op)
{
    const struct delete *delete = op->state;

    for (size_t i = 0; i < delete->batch.size; i++)
        if (!may_change(op, delete->ids[i]))
            return;
    osm_monitored_item_batch_start(op, delete_send);
}

static const struct osm_parameter delete_parameters[] = {
    {"subscriptionId", NULL, OSM_UINT32(struct delete, batch.subscription)},
    {"monitoredItemIds", NULL, OSM_LIST(struct delete, size, ids, &osm_parameter_uint32s)},
    {.name = ""}};

OSM_METHOD(deleteMonitoredItems, .state_size = sizeof(struct delete),
           .parameters = delete_parameters, .complete = delete_complete, .start = delete_start);
