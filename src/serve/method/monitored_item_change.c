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

/* --- modifyMonitoredItems ------------------------------------------------------------------ */

/* One item as the caller wrote it; NULL = left out. */
struct change {
    uint32_t id;
    yyjson_val *sampling_interval, *queue_size, *client_handle, *discard_oldest;
    bool filtered; /* by another filter than before */
    UA_DataChangeFilter filter;
    struct osm_monitored_item_params params; /* what has been sent */
};

struct modify {
    struct osm_monitored_item_batch batch;
    bool tagged;
    struct change *changes;
    UA_MonitoredItemModifyResult *results;
};

static bool is_integer(yyjson_val *value)
{
    uint64_t bits;
    bool negative;

    return osm_cast_number_integer(value, &bits, &negative);
}

/* The member, NULL when it is left out. With invoke its kind must be right; query casts. */
static bool take(struct osm_decode *decode, const struct modify *modify, yyjson_val *item,
                 const char *key, bool (*fits)(yyjson_val *), const char *expected,
                 yyjson_val **out)
{
    yyjson_val *value = osm_json_get(item, key);

    decode->key = key;
    *out = osm_is_null(value) ? NULL : value;
    return !*out || !modify->tagged || fits(value) || osm_decode_type_error(decode, expected);
}

static bool is_bool(yyjson_val *value)
{
    return yyjson_is_bool(value);
}

static bool decode_change(struct osm_decode *decode, const struct modify *modify, yyjson_val *item,
                          int index, struct change *out)
{
    yyjson_val *id;

    if (!osm_arg_item_check(decode, item, index) ||
        !take(decode, modify, item, "monitoredItemId", is_integer, "an integer", &id))
        return false;
    if (!id && modify->tagged)
        return osm_decode_type_error(decode, "an integer");
    out->id = (uint32_t)osm_cast_int(id);
    return take(decode, modify, item, "samplingInterval", osm_cast_is_number, "a number",
                &out->sampling_interval) &&
           take(decode, modify, item, "queueSize", is_integer, "an integer", &out->queue_size) &&
           take(decode, modify, item, "clientHandle", is_integer, "an integer",
                &out->client_handle) &&
           take(decode, modify, item, "discardOldest", is_bool, "a bool", &out->discard_oldest) &&
           osm_data_change_filter_decode(decode, item, &out->filtered, &out->filter);
}

static bool modify_decode(struct osm_decode *decode, struct osm_args *args,
                          const struct osm_session *session, void *state)
{
    struct modify *modify = state;
    struct osm_list list;
    yyjson_val *item;

    modify->tagged = args->tagged;
    if (!osm_arg_uint32(decode, args, 0, 0, &modify->batch.subscription) ||
        !osm_arg_array(decode, args, 1, false, sizeof(*modify->changes), &list, &modify->changes))
        return false;
    modify->results = osm_arena_array(decode->arena, list.size, sizeof(*modify->results));
    while ((item = osm_cast_list_next(&list))) {
        size_t index = modify->batch.size++;

        if (!decode_change(decode, modify, item, (int)index, &modify->changes[index]))
            return false;
    }
    return true;
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
        osm_monitored_item_find(osm_monitored_item_batch_subscription(op), change->id);
    UA_MonitoringParameters *wire = &out->requestedParameters;

    merge(change, item);
    out->monitoredItemId = item ? item->server_id : change->id;
    wire->clientHandle = item ? item->handle : change->params.client_handle;
    wire->samplingInterval = change->params.sampling_interval;
    wire->queueSize = change->params.queue_size;
    wire->discardOldest = change->params.discard_oldest;
    osm_monitored_item_filter(&change->params, osm_op_arena(op), &wire->filter);
}

static void modify_send(struct osm_op *op, size_t first, size_t count)
{
    struct modify *modify = op->state;
    UA_ModifyMonitoredItemsRequest request;

    UA_ModifyMonitoredItemsRequest_init(&request);
    request.subscriptionId = osm_monitored_item_batch_server_id(op);
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH;
    request.itemsToModify =
        osm_arena_array(osm_op_arena(op), count, sizeof(*request.itemsToModify));
    request.itemsToModifySize = count;
    for (size_t i = 0; i < count; i++)
        make_request(op, &modify->changes[modify->batch.answered + i], &request.itemsToModify[i]);
    osm_op_send(op, &osm_service_modify_monitored_items, &request, modify_step);
}

static void take_change(struct osm_op *op, size_t index, const UA_MonitoredItemModifyResult *result)
{
    struct modify *modify = op->state;
    const struct osm_monitored_item_params *params = &modify->changes[index].params;
    struct osm_monitored_item *item = osm_monitored_item_find(
        osm_monitored_item_batch_subscription(op), modify->changes[index].id);

    modify->results[index] = *result;
    UA_ExtensionObject_init(&modify->results[index].filterResult);
    osm_event_item_changed(op, OSM_EVENT_MONITORED_ITEM_MODIFIED, modify->batch.subscription,
                           modify->changes[index].id, result->statusCode);
    if (UA_StatusCode_isBad(result->statusCode) || !item)
        return;
    item->params.sampling_interval = params->sampling_interval;
    item->params.queue_size = params->queue_size;
    item->params.client_handle = params->client_handle;
    item->params.discard_oldest = params->discard_oldest;
    item->params.filtered = params->filtered;
    item->params.filter = params->filter;
}

static void modify_step(struct osm_op *op, void *response)
{
    const UA_ModifyMonitoredItemsResponse *answer = response;
    struct modify *modify = op->state;
    size_t size = osm_monitored_item_batch_results(op, answer->resultsSize);
    struct osm_encoder encoder;

    for (size_t i = 0; i < size; i++)
        take_change(op, modify->batch.answered + i, &answer->results[i]);
    if (osm_monitored_item_batch_next(op, size))
        return;
    encoder = osm_reply_encoder(op);
    osm_record_encode_all(&encoder, &osm_record_monitored_item_modify_result, modify->results,
                          modify->batch.answered);
    osm_op_finish(op);
}

static void modify_start(struct osm_op *op)
{
    osm_monitored_item_batch_start(op, modify_send);
}

static const struct osm_parameter modify_parameters[] = {
    {"subscriptionId", NULL}, {"itemsToModify", NULL}, {0}};

const struct osm_method osm_method_modifyMonitoredItems = {
    .name = "modifyMonitoredItems",
    .state_size = sizeof(struct modify),
    .parameters = modify_parameters,
    .decode = modify_decode,
    .start = modify_start,
};

/* --- deleteMonitoredItems ------------------------------------------------------------------ */

struct delete
{
    struct osm_monitored_item_batch batch;
    uint32_t *ids;
    UA_StatusCode *results;
};

static bool delete_decode(struct osm_decode *decode, struct osm_args *args,
                          const struct osm_session *session, void *state)
{
    struct delete *delete = state;

    if (!osm_arg_uint32(decode, args, 0, 0, &delete->batch.subscription) ||
        !osm_arg_uint32s(decode, args, 1, false, &delete->ids, &delete->batch.size))
        return false;
    delete->results = osm_arena_array(decode->arena, delete->batch.size, sizeof(*delete->results));
    return true;
}

static void delete_step(struct osm_op *op, void *response);

static void delete_send(struct osm_op *op, size_t first, size_t count)
{
    const struct delete *delete = op->state;
    const struct osm_subscription *subscription = osm_monitored_item_batch_subscription(op);
    UA_DeleteMonitoredItemsRequest request;

    UA_DeleteMonitoredItemsRequest_init(&request);
    request.subscriptionId = osm_monitored_item_batch_server_id(op);
    request.monitoredItemIds = osm_arena_array(osm_op_arena(op), count, sizeof(UA_UInt32));
    request.monitoredItemIdsSize = count;
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
    size_t size = osm_monitored_item_batch_results(op, answer->resultsSize);
    struct osm_encoder encoder;

    for (size_t i = 0; i < size; i++)
        take_deletion(op, delete->batch.answered + i, answer->results[i]);
    if (osm_monitored_item_batch_next(op, size))
        return;
    encoder = osm_reply_encoder(op);
    osm_record_encode_uint32s(&encoder, delete->results, delete->batch.answered);
    osm_op_finish(op);
}

static void delete_start(struct osm_op *op)
{
    osm_monitored_item_batch_start(op, delete_send);
}

static const struct osm_parameter delete_parameters[] = {
    {"subscriptionId", NULL}, {"monitoredItemIds", NULL}, {0}};

const struct osm_method osm_method_deleteMonitoredItems = {
    .name = "deleteMonitoredItems",
    .state_size = sizeof(struct delete),
    .parameters = delete_parameters,
    .decode = delete_decode,
    .start = delete_start,
};
