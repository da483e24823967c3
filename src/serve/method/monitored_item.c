/* SPDX-License-Identifier: MIT */
/*
 * createMonitoredItems and createEventMonitoredItem (methods.md §2.15, §2.16; OPC 10000-4
 * §5.12.2). The server is given handles that are unique; callers keep theirs (differences.md M3).
 */
#include "core/subscription/event_filter.h"
#include "core/subscription/subscription.h"
#include "serve/method/data_change_filter.h"
#include "serve/method/events.h"
#include "serve/method/monitored_item_batch.h"
#include "util/log.h"
#include "wire/text/json.h"

struct create {
    struct osm_monitored_item_batch batch;
    bool single; /* the reply is one result instead of a list */
    struct osm_monitored_item_params *items;
    uint32_t *handles;
    UA_MonitoredItemCreateResult *results;
};

static void allocate(struct create *create, struct osm_arena *arena, size_t size)
{
    create->items = osm_arena_array(arena, size, sizeof(*create->items));
    create->handles = osm_arena_array(arena, size, sizeof(*create->handles));
    create->results = osm_arena_array(arena, size, sizeof(*create->results));
}

/* --- parameters ---------------------------------------------------------------------------- */

/* The PHP client means Reporting when it sends 0, and nothing can enable an item later (M1). */
static UA_MonitoringMode mode_of(uint32_t mode)
{
    return mode ? (UA_MonitoringMode)mode : UA_MONITORINGMODE_REPORTING;
}

static bool decode_item(struct osm_decode *decode, const struct osm_args *args, yyjson_val *item,
                        int index, struct osm_monitored_item_params *out)
{
    double sampling = args->tagged ? -1.0 : 250.0;
    uint32_t handle = args->tagged ? (uint32_t)index + 1 : 0, mode;

    if (!osm_arg_item_check(decode, item, index) ||
        !osm_arg_item_node_id(decode, args, item, "nodeId", &out->node_id) ||
        !osm_arg_item_uint32(decode, item, "attributeId", UA_ATTRIBUTEID_VALUE,
                             &out->attribute_id) ||
        !osm_arg_item_double(decode, item, "samplingInterval", sampling, &out->sampling_interval) ||
        !osm_arg_item_uint32(decode, item, "queueSize", 1, &out->queue_size) ||
        !osm_arg_item_uint32(decode, item, "clientHandle", handle, &out->client_handle) ||
        !osm_arg_item_uint32(decode, item, "monitoringMode", 0, &mode) ||
        !osm_arg_item_bool(decode, args, item, "discardOldest", true, &out->discard_oldest) ||
        !osm_data_change_filter_decode(decode, item, &out->filtered, &out->filter))
        return false;
    out->mode = mode_of(mode);
    return true;
}

static bool create_decode(struct osm_decode *decode, struct osm_args *args,
                          const struct osm_session *session, void *state)
{
    struct create *create = state;
    struct osm_list list;
    yyjson_val *item;

    if (!osm_arg_uint32(decode, args, 0, 0, &create->batch.subscription) ||
        !osm_arg_list(decode, args, 1, false, &list))
        return false;
    allocate(create, decode->arena, list.size);
    while ((item = osm_cast_list_next(&list))) {
        size_t index = create->batch.size++;

        if (!decode_item(decode, args, item, (int)index, &create->items[index]))
            return false;
    }
    return true;
}

/* --- the service --------------------------------------------------------------------------- */

static void create_step(struct osm_op *op, void *response);

/* The server may have made items nobody knows: once somebody has asked again, they would tell
 * everything a second time. What another client has made cannot be made anew. */
static void create_unanswered(struct osm_op *op)
{
    struct osm_subscription *subscription = osm_monitored_item_batch_subscription(op);

    if (!subscription || subscription->adopted)
        return;
    osm_log_warning("Session %s: the answer to the creation of items in subscription %u did not "
                    "come, making it anew",
                    osm_session_id(osm_op_session(op)), subscription->id);
    osm_recovery_doubt(subscription);
}

static void create_send(struct osm_op *op, size_t first, size_t count)
{
    struct create *create = op->state;
    const struct osm_monitored_item_params *items = create->items + create->batch.answered;
    uint32_t *handles = create->handles + create->batch.answered;
    UA_CreateMonitoredItemsRequest request;

    UA_CreateMonitoredItemsRequest_init(&request);
    request.subscriptionId = osm_monitored_item_batch_server_id(op);
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH;
    request.itemsToCreate =
        osm_arena_array(osm_op_arena(op), count, sizeof(*request.itemsToCreate));
    request.itemsToCreateSize = count;
    osm_monitored_item_assign_handles(osm_monitored_item_batch_subscription(op), items, count,
                                      handles);
    for (size_t i = 0; i < count; i++)
        osm_monitored_item_create_request(&items[i], handles[i], osm_op_arena(op),
                                          &request.itemsToCreate[i]);
    osm_op_send_once(op, &osm_service_create_monitored_items, &request, create_step);
    op->unanswered = create_unanswered;
}

static void take_result(struct osm_op *op, size_t index, const UA_MonitoredItemCreateResult *result)
{
    struct create *create = op->state;
    struct osm_subscriptions *all = osm_session_subscriptions(osm_op_session(op));
    struct osm_subscription *subscription = osm_monitored_item_batch_subscription(op);
    const struct osm_monitored_item *item;

    create->results[index] = *result;
    UA_ExtensionObject_init(&create->results[index].filterResult);
    if (UA_StatusCode_isBad(result->statusCode) || !subscription)
        return;
    item = osm_monitored_item_add(all, subscription, &create->items[index], create->handles[index],
                                  result->monitoredItemId);
    create->results[index].monitoredItemId = item->id;
}

static void create_step(struct osm_op *op, void *response)
{
    const UA_CreateMonitoredItemsResponse *answer = response;
    struct create *create = op->state;
    size_t size = osm_monitored_item_batch_results(op, answer->resultsSize);
    struct osm_encoder encoder;

    for (size_t i = 0; i < size; i++)
        take_result(op, create->batch.answered + i, &answer->results[i]);
    for (size_t i = create->batch.answered; i < create->batch.answered + size; i++)
        osm_event_item_created(op, create->batch.subscription, create->results[i].monitoredItemId,
                               &create->items[i].node_id, create->results[i].statusCode);
    osm_op_goes_on(op); /* results are kept */
    if (osm_monitored_item_batch_next(op, size))
        return;
    encoder = osm_reply_encoder(op);
    if (create->single)
        osm_record_encode(&encoder, &osm_record_monitored_item_result, create->results);
    else
        osm_record_encode_all(&encoder, &osm_record_monitored_item_result, create->results,
                              create->batch.answered);
    osm_op_finish(op);
}

static void create_start(struct osm_op *op)
{
    const struct create *create = op->state;
    size_t more = create->batch.size - create->batch.answered;

    if (osm_monitored_items_have_room(osm_session_subscriptions(osm_op_session(op)), more))
        osm_monitored_item_batch_start(op, create_send);
    else
        osm_op_failf(op, OSM_FAULT_SERVICE,
                     "A session keeps at most %d monitored items: delete some, or open another "
                     "session",
                     OSM_MONITORED_ITEMS_TRACKED);
}

static const struct osm_parameter create_parameters[] = {
    {"subscriptionId", NULL}, {"monitoredItems", NULL}, {0}};

const struct osm_method osm_method_createMonitoredItems = {
    .name = "createMonitoredItems",
    .state_size = sizeof(struct create),
    .parameters = create_parameters,
    .decode = create_decode,
    .start = create_start,
};

/* --- createEventMonitoredItem -------------------------------------------------------------- */

static bool decode_fields(struct osm_decode *decode, struct osm_args *args,
                          struct osm_monitored_item_params *out)
{
    struct osm_list list;
    yyjson_val *value;

    out->select_fields = osm_event_filter_fields;
    out->select_fields_size = OSM_EVENT_FILTER_FIELDS;
    if (osm_is_null(osm_arg(args, 2)))
        return true;
    if (!osm_arg_array(decode, args, 2, false, sizeof(UA_String), &list, &out->select_fields))
        return false;
    out->select_fields_size = 0;
    for (decode->item = 0; (value = osm_cast_list_next(&list)); decode->item++) {
        UA_String *field = &out->select_fields[out->select_fields_size++];

        if (args->tagged && !yyjson_is_str(value))
            return osm_decode_type_error(decode, "a string");
        field->data = (UA_Byte *)(uintptr_t)osm_cast_text(value, decode->arena, &field->length);
    }
    return true;
}

static bool event_decode(struct osm_decode *decode, struct osm_args *args,
                         const struct osm_session *session, void *state)
{
    struct create *create = state;
    struct osm_monitored_item_params *item;

    allocate(create, decode->arena, 1);
    create->batch.size = 1;
    create->single = true;
    item = create->items;
    item->attribute_id = UA_ATTRIBUTEID_EVENTNOTIFIER;
    item->mode = UA_MONITORINGMODE_REPORTING;
    item->discard_oldest = true;
    item->event = true;
    return osm_arg_uint32(decode, args, 0, 0, &create->batch.subscription) &&
           osm_arg_node_id(decode, args, 1, &item->node_id) && decode_fields(decode, args, item) &&
           osm_arg_uint32(decode, args, 3, 1, &item->client_handle) &&
           osm_arg_uint32(decode, args, 4, 0, &item->queue_size);
}

/* queueSize is an addition: with 0, which upstream always sends, some servers keep one event. */
static const struct osm_parameter event_parameters[] = {
    {"subscriptionId", NULL},
    {"nodeId", NULL},
    {"selectFields",
     "[\"EventId\",\"EventType\",\"SourceName\",\"Time\",\"Message\",\"Severity\"]"},
    {"clientHandle", "1"},
    {"queueSize", "0"},
    {0}};

const struct osm_method osm_method_createEventMonitoredItem = {
    .name = "createEventMonitoredItem",
    .state_size = sizeof(struct create),
    .parameters = event_parameters,
    .decode = event_decode,
    .start = create_start,
};
