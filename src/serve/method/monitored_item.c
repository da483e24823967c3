/* SPDX-License-Identifier: MIT */
/*
 * createMonitoredItems and createEventMonitoredItem (methods.md §2.15, §2.16; OPC 10000-4
 * §5.12.2). The server is given handles that are unique; callers keep theirs (differences.md M3).
 */
#include "core/subscription/event_filter.h"
#include "core/subscription/subscription.h"
#include "serve/method/data_change_filter.h"
#include "serve/method/event_select.h"
#include "serve/method/event_where.h"
#include "serve/method/events.h"
#include "serve/method/monitored_item_batch.h"
#include "util/log.h"
#include "wire/text/json.h"
#include "wire/text/node_id.h"
#include "wire/value/result.h"
#include "wire/value/styles.h"

struct create {
    struct osm_monitored_item_batch batch;
    bool single;   /* the reply is one result instead of a list */
    bool extended; /* the caller uses what upstream does not know, and is told more */
    size_t size;
    struct osm_monitored_item_params *items;
    uint32_t *handles;
    UA_MonitoredItemCreateResult *results;
    struct osm_event_item_result event; /* of a single one */
};

/* --- parameters ---------------------------------------------------------------------------- */

static bool read_sampling(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                          void *out)
{
    *(double *)out = args->tagged ? -1.0 : 250.0;
    return !value || osm_parameter_strict_double(args, row, value, out);
}

static bool read_handle(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                        void *out)
{
    *(uint32_t *)out = args->tagged ? (uint32_t)args->decode->item + 1 : 0;
    return !value || osm_parameter_strict_uint32(args, row, value, out);
}

/* The PHP client means Reporting when it sends 0, and nothing can enable an item later (M1). */
static bool read_mode(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                      void *out)
{
    uint32_t mode;

    if (!osm_parameter_strict_uint32(args, row, value, &mode))
        return false;
    *(UA_MonitoringMode *)out = mode ? (UA_MonitoringMode)mode : UA_MONITORINGMODE_REPORTING;
    return true;
}

#define ITEM struct osm_monitored_item_params

static bool read_filter(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                        void *out)
{
    ITEM *item = out;

    return osm_data_change_filter_read(args->decode, value, &item->filtered, &item->filter);
}

static const struct osm_parameter item_rows[] = {
    {"nodeId", NULL, OSM_NODE_ID(ITEM, node_id)},
    {"attributeId", "13", OSM_STRICT_UINT32(ITEM, attribute_id)},
    {"indexRange", "null", OSM_INDEX_RANGE(ITEM, index_range)},
    {"samplingInterval", "null", OSM_READ_AS(read_sampling, ITEM, sampling_interval, double)},
    {"queueSize", "1", OSM_STRICT_UINT32(ITEM, queue_size)},
    {"clientHandle", "null", OSM_READ_AS(read_handle, ITEM, client_handle, uint32_t)},
    {"monitoringMode", "0", OSM_READ(read_mode, ITEM, mode)},
    {"discardOldest", "true", OSM_BOOL(ITEM, discard_oldest)},
    {"filter", "null", .read = read_filter},
    {.name = ""}};
static const struct osm_items item_list = {sizeof(ITEM),
                                           {.read = osm_parameter_map, .of = item_rows}};

static bool create_complete(struct osm_args *args, void *state)
{
    struct create *create = state;
    struct osm_arena *arena = args->decode->arena;

    create->batch.size = create->size;
    create->handles = osm_arena_array(arena, create->size, sizeof(*create->handles));
    create->results = osm_arena_array(arena, create->size, sizeof(*create->results));
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
    UA_CreateMonitoredItemsRequest request = {
        .subscriptionId = osm_monitored_item_batch_server_id(op),
        .timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH,
        .itemsToCreate = osm_arena_array(osm_op_arena(op), count, sizeof(*request.itemsToCreate)),
        .itemsToCreateSize = count};

    osm_monitored_item_assign_handles(osm_monitored_item_batch_subscription(op), items, count,
                                      handles);
    for (size_t i = 0; i < count; i++)
        osm_monitored_item_create_request(&items[i], handles[i], osm_op_arena(op),
                                          &request.itemsToCreate[i]);
    osm_op_send_once(op, &osm_service_create_monitored_items, &request, create_step);
    op->unanswered = create_unanswered;
}

/* What selects nothing is told: in the log, and in the result if that is asked for. */
static void take_filter_result(struct osm_op *op, const struct osm_monitored_item_params *params,
                               const UA_ExtensionObject *extension)
{
    const UA_EventFilterResult *result = osm_event_filter_result(extension);
    struct create *create = op->state;
    struct osm_event_item_result *event = &create->event;
    size_t size;

    if (!result)
        return;
    event->warnings = osm_event_filter_warnings(params->event, params->selected, result,
                                                osm_op_arena(op), &event->warnings_size);
    for (size_t i = 0; i < event->warnings_size; i++)
        osm_log_warning("Session %s: event item of subscription %u on %s: %s",
                        osm_session_id(osm_op_session(op)), create->batch.subscription,
                        osm_node_id_text(osm_op_arena(op), &params->node_id), event->warnings[i]);
    size = OSM_MIN(result->selectClauseResultsSize, params->selected);
    event->select_results = osm_arena_array(osm_op_arena(op), size, sizeof(UA_StatusCode));
    event->select_results_size = size;
    if (size)
        memcpy(event->select_results, result->selectClauseResults, size * sizeof(UA_StatusCode));
}

static void take_result(struct osm_op *op, size_t index, const UA_MonitoredItemCreateResult *result)
{
    struct create *create = op->state;
    struct osm_subscriptions *all = osm_session_subscriptions(osm_op_session(op));
    struct osm_subscription *subscription = osm_monitored_item_batch_subscription(op);
    struct osm_monitored_item *item;

    create->results[index] = *result;
    UA_ExtensionObject_init(&create->results[index].filterResult);
    if (create->items[index].event)
        take_filter_result(op, &create->items[index], &result->filterResult);
    if (UA_StatusCode_isBad(result->statusCode) || !subscription)
        return;
    item = osm_monitored_item_add(all, subscription, &create->items[index], create->handles[index],
                                  result->monitoredItemId);
    item->maker = op->caller->maker;
    osm_monitored_item_revised(subscription, item, result->revisedSamplingInterval,
                               result->revisedQueueSize);
    create->results[index].monitoredItemId = item->id;
}

/* A server that would not have our own fields beside the caller's is asked without them. */
static bool ask_barely(struct osm_op *op, const UA_CreateMonitoredItemsResponse *answer)
{
    struct create *create = op->state;
    struct osm_monitored_item_params *params = create->items;

    if (!create->single || params->bare ||
        !osm_event_filter_is_refused(params->event, params->selected, answer->results[0].statusCode,
                                     osm_event_filter_result(&answer->results[0].filterResult)))
        return false;
    params->bare = true;
    create_send(op, 0, 1);
    return true;
}

static bool is_extended(const struct osm_op *op)
{
    const struct create *create = op->state;

    return create->extended || osm_reply_is_strict(op) ||
           osm_op_request(op)->style == &osm_opcua_style;
}

static void create_step(struct osm_op *op, void *response)
{
    const UA_CreateMonitoredItemsResponse *answer = response;
    struct create *create = op->state;

    if (ask_barely(op, answer))
        return;
    for (size_t i = 0; i < answer->resultsSize; i++) {
        size_t index = create->batch.answered + i;

        take_result(op, index, &answer->results[i]);
        osm_event_item_created(op, create->batch.subscription,
                               create->results[index].monitoredItemId,
                               &create->items[index].node_id, create->results[index].statusCode);
    }
    osm_op_goes_on(op); /* results are kept */
    if (osm_monitored_item_batch_next(op))
        return;
    if (!create->single) {
        osm_reply_records(op, &osm_record_monitored_item_result, create->results,
                          create->batch.answered);
        return;
    }
    create->event.created = create->results[0];
    if (is_extended(op))
        osm_reply_record(op, &osm_record_event_item_result, &create->event);
    else
        osm_reply_record(op, &osm_record_monitored_item_result, create->results);
}

static void create_start(struct osm_op *op)
{
    const struct create *create = op->state;
    const struct osm_subscription *subscription = osm_monitored_item_batch_subscription(op);
    size_t more = create->batch.size - create->batch.answered;

    if (subscription && !osm_method_may_change(op, subscription->maker))
        return;
    if (osm_monitored_items_have_room(osm_session_subscriptions(osm_op_session(op)), more))
        osm_monitored_item_batch_start(op, create_send);
    else
        osm_op_failf(op, OSM_FAULT_SERVICE,
                     "A session keeps at most %d monitored items: delete some, or open another "
                     "session",
                     OSM_MONITORED_ITEMS_TRACKED);
}

static const struct osm_parameter create_parameters[] = {
    {"subscriptionId", NULL, OSM_UINT32(struct create, batch.subscription)},
    {"monitoredItems", NULL, OSM_LIST(struct create, size, items, &item_list)},
    {.name = ""}};

OSM_METHOD(createMonitoredItems, .state_size = sizeof(struct create),
           .parameters = create_parameters, .complete = create_complete, .start = create_start);

/* --- createEventMonitoredItem -------------------------------------------------------------- */

struct event {
    struct create create;
    ITEM item;
    UA_EventFilter filter;
};

static bool read_field(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                       void *out)
{
    UA_String text;

    if (yyjson_is_obj(value) || yyjson_is_str(value))
        return osm_event_select_decode(args->decode, args->tagged, value, out);
    if (args->tagged)
        return osm_decode_type_error(args->decode, "a string or an object");
    text.data = (UA_Byte *)(uintptr_t)osm_cast_text(value, args->decode->arena, &text.length);
    osm_event_filter_path(text, args->decode->arena, out);
    return true;
}

static const struct osm_items field_list = {sizeof(UA_SimpleAttributeOperand),
                                            {.read = read_field}};

static bool has_objects(yyjson_val *list)
{
    yyjson_arr_iter iter;
    yyjson_val *value;

    yyjson_arr_iter_init(list, &iter);
    while ((value = yyjson_arr_iter_next(&iter)))
        if (yyjson_is_obj(value))
            return true;
    return false;
}

static bool read_fields(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                        void *out)
{
    const struct osm_parameter list = {.of = &field_list};
    struct event *event = out;
    UA_EventFilter *filter = &event->filter;

    _Static_assert(offsetof(UA_EventFilter, selectClauses) ==
                       offsetof(UA_EventFilter, selectClausesSize) + sizeof(size_t),
                   "a list is its size and its items");
    if (!value) {
        *filter = *osm_event_filter_make(osm_event_filter_fields, OSM_EVENT_FILTER_FIELDS,
                                         args->decode->arena);
        return true;
    }
    event->create.extended |= has_objects(value);
    return osm_parameter_list(args, &list, value, &filter->selectClausesSize);
}

static bool read_where(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                       void *out)
{
    struct event *event = out;

    event->create.extended |= !osm_is_null(value);
    return osm_event_where_decode(args->decode, args->tagged, value, &event->filter.whereClause);
}

static bool event_complete(struct osm_args *args, void *state)
{
    struct event *event = state;

    event->create.single = true;
    event->create.size = 1;
    event->create.items = &event->item;
    event->item.attribute_id = UA_ATTRIBUTEID_EVENTNOTIFIER;
    event->item.mode = UA_MONITORINGMODE_REPORTING;
    event->item.discard_oldest = true;
    if (!osm_event_filter_number(&event->filter, args->decode->names, false, args->decode->arena,
                                 args->decode->fault))
        return false;
    event->item.event = &event->filter;
    event->item.selected = event->filter.selectClausesSize;
    osm_event_filter_complete(&event->filter, args->decode->arena);
    return create_complete(args, state);
}

/* where is an addition (extensions.md §8), and so is queueSize: with 0, which upstream always
 * sends, some servers keep one event. */
static const struct osm_parameter event_parameters[] = {
    {"subscriptionId", NULL, OSM_UINT32(struct event, create.batch.subscription)},
    {"nodeId", NULL, OSM_NODE(struct event, item.node_id)},
    {"selectFields", "[\"EventId\",\"EventType\",\"SourceName\",\"Time\",\"Message\",\"Severity\"]",
     OSM_READ(read_fields, struct event, create)},
    {"clientHandle", "1", OSM_UINT32(struct event, item.client_handle)},
    {"queueSize", "0", OSM_UINT32(struct event, item.queue_size)},
    {"where", "null", OSM_READ(read_where, struct event, create)},
    {.name = ""}};

OSM_METHOD(createEventMonitoredItem, .state_size = sizeof(struct event),
           .parameters = event_parameters, .complete = event_complete, .start = create_start);
