/* SPDX-License-Identifier: MIT */
/*
 * Monitored items: made, changed, linked, deleted. An item is known by the caller's handle from the
 * moment it is asked for, so that values may come before the answer does (stream.c).
 */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "client/stream_internal.h"
#include "util/alloc.h"

/* Of events: several come at once, and some servers take 0 for a queue of one. */
#define EVENT_QUEUE 1000u

/* ---- making --------------------------------------------------------------------------------- */

struct monitor_call {
    uint32_t subscription, handle;
    opcua_monitored_fn *done;
    void *context;
};

static void on_monitored(struct opcua_client *client, const struct opcua_error *error,
                         yyjson_val *data, void *context)
{
    struct monitor_call *call = context;
    yyjson_val *result = yyjson_is_arr(data) ? yyjson_arr_get_first(data) : data;
    uint32_t status = (uint32_t)yyjson_get_uint(yyjson_obj_get(result, "statusCode"));
    uint32_t id = (uint32_t)yyjson_get_uint(yyjson_obj_get(result, "monitoredItemId"));
    struct opcua_subscription *subscription = osm_stream_subscription(client, call->subscription);
    struct osm_stream_item *item =
        subscription ? osm_stream_item(subscription, call->handle) : NULL;
    struct opcua_error refused;

    if (!error && !yyjson_is_obj(result)) {
        osm_failure_of_shape(&refused, "createMonitoredItems");
        error = &refused;
    } else if (!error && opcua_is_bad(status)) {
        osm_failure_of_status(&refused, status, "Cannot monitor", NULL);
        error = &refused;
    }
    if (item && error)
        osm_stream_item_free(subscription, item);
    else if (item)
        item->id = id;
    if (call->done)
        call->done(call->context, error, error ? 0 : id);
    free(call);
}

/* The item, or NULL when the call has been refused. */
static struct osm_stream_item *item_new(struct opcua_subscription *subscription,
                                        struct osm_call *call, uint32_t handle,
                                        struct monitor_call *monitor)
{
    const char *wrong = !subscription         ? "There is no subscription: it is NULL"
                        : subscription->ended ? "The subscription has been ended"
                        : !handle             ? "0 is no handle"
                        : osm_stream_item(subscription, handle)
                            ? "This handle is another item's of the subscription already"
                            : NULL;
    struct opcua_error error;
    struct osm_stream_item *item;

    if (!wrong) {
        item = osm_alloc(sizeof(*item));
        item->handle = handle;
        DL_APPEND(subscription->items, item);
        return item;
    }
    osm_failure(&error, OPCUA_SOURCE_HERE, "InvalidArgumentException",
                subscription ? "handle" : "subscription", "%s", wrong);
    monitor->subscription = 0;
    osm_call_refuse(call, &error, on_monitored, monitor);
    return NULL;
}

static struct monitor_call *monitor_new(struct opcua_subscription *subscription, uint32_t handle,
                                        opcua_monitored_fn *done, void *context)
{
    struct monitor_call *call = osm_alloc(sizeof(*call));

    *call = (struct monitor_call){opcua_subscription_id(subscription), handle, done, context};
    return call;
}

/* What is not given stands as `sampling` and `queue`; 0 of these = left out, as it is now. */
static void print_options(struct osm_json *json, const struct opcua_item_options *options,
                          double sampling, uint32_t queue)
{
    sampling = options->sampling > 0 ? options->sampling : sampling;
    queue = options->queue ? options->queue : queue;
    if (sampling < 0 || sampling > 0) {
        osm_json_key(json, "samplingInterval");
        osm_json_double(json, sampling);
    }
    if (queue) {
        osm_json_key(json, "queueSize");
        osm_json_uint(json, queue);
    }
    if (options->filter) {
        osm_json_key(json, "filter");
        osm_json_raw(json, options->filter, strlen(options->filter));
    }
}

/* The filter stands in the request as it is: it must be JSON on one line. */
static bool is_filter(struct osm_call *call, const struct opcua_item_options *options)
{
    struct opcua_error error;

    if (!options->filter ||
        osm_client_is_json(options->filter, OSM_CLIENT_OBJECT, "filter", &error))
        return true;
    osm_call_wrong(call, &error);
    return false;
}

void opcua_monitor_async(struct opcua_subscription *subscription, const char *node,
                         const struct opcua_item_options *options, uint32_t handle,
                         opcua_change_fn *change, void *change_context, opcua_monitored_fn *done,
                         void *context)
{
    static const struct opcua_item_options none;
    struct monitor_call *monitor = monitor_new(subscription, handle, done, context);
    struct osm_call *call =
        osm_call_query(osm_stream_client(subscription), "createMonitoredItems", node);
    struct osm_json *json = osm_call_json(call);
    struct osm_stream_item *item = item_new(subscription, call, handle, monitor);

    if (!item)
        return;
    if (!options)
        options = &none;
    item->change = change;
    item->context = change_context;
    osm_json_uint(json, subscription->id);
    osm_json_array_begin(json);
    osm_json_object_begin(json);
    osm_json_key(json, "nodeId");
    (void)is_filter(call, options);
    osm_call_node(call, node);
    osm_json_key(json, "attributeId");
    osm_json_uint(json, options->attribute ? options->attribute : OPCUA_ATTRIBUTE_VALUE);
    print_options(json, options, -1.0, 1);
    osm_json_key(json, "clientHandle");
    osm_json_uint(json, handle);
    osm_json_key(json, "monitoringMode");
    osm_json_uint(json, 2);
    osm_json_object_end(json);
    osm_json_array_end(json);
    osm_call_send(call, on_monitored, monitor);
}

void opcua_monitor_events_async(struct opcua_subscription *subscription, const char *node,
                                const char *const *fields, size_t count, uint32_t handle,
                                opcua_notify_fn *notify, void *notify_context,
                                opcua_monitored_fn *done, void *context)
{
    static const char *const usual[] = {"EventId", "EventType", "SourceName",
                                        "Time",    "Message",   "Severity"};
    struct monitor_call *monitor = monitor_new(subscription, handle, done, context);
    struct osm_call *call =
        osm_call_query(osm_stream_client(subscription), "createEventMonitoredItem", node);
    struct osm_json *json = osm_call_json(call);
    struct osm_stream_item *item = item_new(subscription, call, handle, monitor);

    if (!item)
        return;
    if (!fields) {
        fields = usual;
        count = OSM_ARRAY_SIZE(usual);
    }
    item->notify = notify;
    item->context = notify_context;
    osm_json_uint(json, subscription->id);
    osm_call_node(call, node);
    osm_json_array_begin(json);
    for (size_t i = 0; i < count; i++)
        osm_call_node(call, fields[i]);
    osm_json_array_end(json);
    osm_json_uint(json, handle);
    osm_json_uint(json, EVENT_QUEUE);
    osm_call_send(call, on_monitored, monitor);
}

struct monitored {
    struct osm_taken base;
    uint32_t item;
};

static void take_item(void *context, const struct opcua_error *error, uint32_t item)
{
    struct monitored *taken = context;

    taken->item = item;
    (void)osm_client_take(&taken->base, error);
}

static bool wait_item(struct opcua_client *client, struct monitored *taken, uint32_t *item)
{
    if (!osm_client_await(client, &taken->base))
        return false;
    if (item)
        *item = taken->item;
    return true;
}

bool opcua_monitor(struct opcua_subscription *subscription, const char *node,
                   const struct opcua_item_options *options, uint32_t handle,
                   opcua_change_fn *change, void *context, uint32_t *item,
                   struct opcua_error *error)
{
    struct opcua_client *client = osm_stream_client(subscription);
    struct monitored taken = {.base.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_monitor_async(subscription, node, options, handle, change, context, take_item, &taken);
    return wait_item(client, &taken, item);
}

bool opcua_monitor_events(struct opcua_subscription *subscription, const char *node,
                          const char *const *fields, size_t count, uint32_t handle,
                          opcua_notify_fn *notify, void *context, uint32_t *item,
                          struct opcua_error *error)
{
    struct opcua_client *client = osm_stream_client(subscription);
    struct monitored taken = {.base.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_monitor_events_async(subscription, node, fields, count, handle, notify, context,
                               take_item, &taken);
    return wait_item(client, &taken, item);
}

/* ---- changing, deleting --------------------------------------------------------------------- */

struct item_call {
    uint32_t subscription, item;
    bool deletes;
    opcua_done_fn *done;
    void *context;
};

static struct osm_stream_item *item_by_id(struct opcua_client *client, const struct item_call *call)
{
    struct opcua_subscription *subscription = osm_stream_subscription(client, call->subscription);
    struct osm_stream_item *item;

    DL_FOREACH (subscription ? subscription->items : NULL, item) {
        if (item->id == call->item)
            return item;
    }
    return NULL;
}

/* The answer is a list of one status, or of one object with it. */
static void on_item(struct opcua_client *client, const struct opcua_error *error, yyjson_val *data,
                    void *context)
{
    yyjson_val *result = yyjson_arr_get_first(data), *code = yyjson_obj_get(result, "statusCode");
    uint32_t status = (uint32_t)yyjson_get_uint(code ? code : result);
    struct item_call *call = context;
    struct osm_stream_item *item;
    struct opcua_error refused;

    if (!error && !yyjson_is_uint(code ? code : result)) {
        osm_failure_of_shape(&refused, "a monitored item");
        error = &refused;
    } else if (!error && opcua_is_bad(status)) {
        osm_failure_of_status(&refused, status,
                              call->deletes ? "Cannot delete the item" : "Cannot change the item",
                              NULL);
        error = &refused;
    }
    if (!error && call->deletes && (item = item_by_id(client, call)))
        osm_stream_item_free(osm_stream_subscription(client, call->subscription), item);
    if (call->done)
        call->done(call->context, error);
    free(call);
}

static struct item_call *item_call_new(const struct opcua_subscription *subscription, uint32_t item,
                                       bool deletes, opcua_done_fn *done, void *context)
{
    struct item_call *call = osm_alloc(sizeof(*call));

    *call = (struct item_call){opcua_subscription_id(subscription), item, deletes, done, context};
    return call;
}

void opcua_unmonitor_async(struct opcua_subscription *subscription, uint32_t item,
                           opcua_done_fn *done, void *context)
{
    struct osm_call *call =
        osm_call_query(osm_stream_client(subscription), "deleteMonitoredItems", NULL);
    struct osm_json *json = osm_call_json(call);

    osm_json_uint(json, opcua_subscription_id(subscription));
    osm_json_array_begin(json);
    osm_json_uint(json, item);
    osm_json_array_end(json);
    osm_call_send(call, on_item, item_call_new(subscription, item, true, done, context));
}

bool opcua_unmonitor(struct opcua_subscription *subscription, uint32_t item,
                     struct opcua_error *error)
{
    struct opcua_client *client = osm_stream_client(subscription);
    struct osm_taken taken = {.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_unmonitor_async(subscription, item, osm_client_take_done, &taken);
    return osm_client_await(client, &taken);
}

void opcua_modify_async(struct opcua_subscription *subscription, uint32_t item,
                        const struct opcua_item_options *options, opcua_done_fn *done,
                        void *context)
{
    static const struct opcua_item_options none;
    struct osm_call *call =
        osm_call_query(osm_stream_client(subscription), "modifyMonitoredItems", NULL);
    struct item_call *change = item_call_new(subscription, item, false, done, context);
    struct osm_json *json = osm_call_json(call);

    if (!options)
        options = &none;
    osm_json_uint(json, opcua_subscription_id(subscription));
    osm_json_array_begin(json);
    osm_json_object_begin(json);
    osm_json_key(json, "monitoredItemId");
    osm_json_uint(json, item);
    if (is_filter(call, options))
        print_options(json, options, 0, 0);
    osm_json_object_end(json);
    osm_json_array_end(json);
    osm_call_send(call, on_item, change);
}

bool opcua_modify(struct opcua_subscription *subscription, uint32_t item,
                  const struct opcua_item_options *options, struct opcua_error *error)
{
    struct opcua_client *client = osm_stream_client(subscription);
    struct osm_taken taken = {.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_modify_async(subscription, item, options, osm_client_take_done, &taken);
    return osm_client_await(client, &taken);
}

/* ---- triggering ----------------------------------------------------------------------------- */

static void print_items(struct osm_call *call, const uint32_t *items, size_t count)
{
    struct osm_json *json = osm_call_json(call);

    osm_json_array_begin(json);
    for (size_t i = 0, there = osm_call_count(call, items, count, "items"); i < there; i++)
        osm_json_uint(json, items[i]);
    osm_json_array_end(json);
}

void opcua_trigger_async(struct opcua_subscription *subscription, uint32_t item,
                         const uint32_t *add, size_t add_count, const uint32_t *remove,
                         size_t remove_count, opcua_statuses_fn *done, void *context)
{
    struct osm_call *call = osm_call_query(osm_stream_client(subscription), "setTriggering", NULL);
    struct osm_json *json = osm_call_json(call);

    osm_json_uint(json, opcua_subscription_id(subscription));
    osm_json_uint(json, item);
    print_items(call, add, add_count);
    print_items(call, remove, remove_count);
    osm_client_send_statuses(call, add_count + remove_count, "setTriggering", done, context);
}

bool opcua_trigger(struct opcua_subscription *subscription, uint32_t item, const uint32_t *add,
                   size_t add_count, const uint32_t *remove, size_t remove_count,
                   uint32_t *statuses, struct opcua_error *error)
{
    struct opcua_client *client = osm_stream_client(subscription);
    struct osm_statuses_taken taken = {.statuses = statuses, .base.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_trigger_async(subscription, item, add, add_count, remove, remove_count,
                        osm_client_take_statuses, &taken);
    return osm_client_await(client, &taken.base);
}
