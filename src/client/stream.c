/* SPDX-License-Identifier: MIT */
/*
 * Subscriptions, and the one stream of events that carries what they bring. Items are known by the
 * caller's handle from the moment they are asked for: values may come before the answer does.
 *
 *   subscribe ─▶ stream (once) ─▶ createSubscription ─▶ createMonitoredItems …
 *   line ─▶ subscription by id ─▶ item by handle ─▶ function of the caller
 */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "client/results_internal.h"
#include "util/alloc.h"

struct item {
    struct item *prev, *next;
    uint32_t handle, id;
    opcua_change_fn *change;
    opcua_notify_fn *notify;
    void *context;
};

struct opcua_subscription {
    struct opcua_client *client;
    struct opcua_subscription *prev, *next;
    uint32_t id; /* 0 = not made yet */
    struct item *items;
    bool ended;
    opcua_subscribed_fn *done;
    void *context;
};

/* What an application that keeps values must know of besides them. */
static const char *const told_events[] = {
    "DataChangeReceived",    "EventNotificationReceived", "ClientReconnecting",
    "ClientConnected",       "ConnectionFailed",          "ClientDisconnected",
    "SubscriptionRecreated", "SubscriptionLost",          "NotificationsLost",
    "QueueOverflow",
};

static struct opcua_subscription *subscription_of(struct opcua_client *client, uint64_t id)
{
    struct opcua_subscription *subscription;

    DL_FOREACH (client->subscriptions, subscription) {
        if (subscription->id == id && !subscription->ended)
            return subscription;
    }
    return NULL;
}

static struct item *item_of(struct opcua_subscription *subscription, uint64_t handle)
{
    struct item *item;

    DL_FOREACH (subscription->items, item) {
        if (item->handle == handle)
            return item;
    }
    return NULL;
}

static void item_free(struct opcua_subscription *subscription, struct item *item)
{
    DL_DELETE(subscription->items, item);
    free(item);
}

static void subscription_free(struct opcua_subscription *subscription)
{
    while (subscription->items)
        item_free(subscription, subscription->items);
    DL_DELETE(subscription->client->subscriptions, subscription);
    free(subscription);
}

void osm_stream_free_subscriptions(struct opcua_client *client)
{
    while (client->subscriptions)
        subscription_free(client->subscriptions);
}

/* ---- lines
 * ------------------------------------------------------------------------------------------- */

static void tell_change(struct opcua_client *client, const struct item *item, yyjson_val *line)
{
    struct osm_value_reader reader = {0};
    struct opcua_data_value value = {0};

    if (!osm_value_read_data_value(&reader, yyjson_obj_get(line, "dataValue"), &value))
        value.status = 0x80070000u; /* Bad_DecodingError: one that cannot be read is not left out */
    client->inside++;
    item->change(item->context, item->handle, &value);
    client->inside--;
    opcua_data_value_clear(&value);
}

static void tell_event(struct opcua_client *client, const struct item *item, yyjson_val *line)
{
    yyjson_val *list = yyjson_obj_get(line, "eventFields"), *element;
    size_t length = yyjson_arr_size(list), i, count;
    struct opcua_value *fields = osm_alloc((length + 1) * sizeof(*fields));

    yyjson_arr_foreach(list, i, count, element)
    {
        struct osm_value_reader reader = {0};

        (void)osm_value_read_variant(&reader, element, &fields[i]);
    }
    client->inside++;
    item->notify(item->context, item->handle, fields, length);
    client->inside--;
    for (i = 0; i < length; i++)
        opcua_value_clear(&fields[i]);
    free(fields);
}

void osm_stream_line(struct opcua_client *client, yyjson_val *line, const char *text, size_t length)
{
    const char *name = yyjson_get_str(yyjson_obj_get(line, "event"));
    struct opcua_subscription *subscription =
        subscription_of(client, yyjson_get_uint(yyjson_obj_get(line, "subscriptionId")));
    struct item *item =
        subscription ? item_of(subscription, yyjson_get_uint(yyjson_obj_get(line, "clientHandle")))
                     : NULL;

    if (!name)
        return;
    if (strcmp(name, "DataChangeReceived") == 0) {
        if (item && item->change)
            tell_change(client, item, line);
    } else if (strcmp(name, "EventNotificationReceived") == 0) {
        if (item && item->notify)
            tell_event(client, item, line);
    } else if (client->event) {
        client->inside++;
        client->event(client->context, name, text, length);
        client->inside--;
    }
}

static void on_stream(struct opcua_client *client, const struct opcua_error *error,
                      yyjson_val *data, void *context)
{
    (void)data, (void)context;
    if (!error)
        return;
    client->stream = 0;
    client->no_stream = *error;
}

void osm_stream_begin(struct opcua_client *client)
{
    struct osm_call *call;
    struct osm_json *json;

    if (client->stream)
        return;
    call = osm_call_new(client, "stream", NULL);
    json = osm_call_json(call);
    client->stream = osm_call_id(call);
    osm_json_key(json, "events");
    osm_json_array_begin(json);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(told_events); i++)
        osm_json_cstring(json, told_events[i]);
    osm_json_array_end(json);
    osm_call_send(call, on_stream, NULL);
}

/* ---- subscriptions
 * -------------------------------------------------------------------------------------- */

static void ignore(struct opcua_client *client, const struct opcua_error *error, yyjson_val *data,
                   void *context)
{
    (void)client, (void)error, (void)data, (void)context;
}

static void delete_on_server(struct opcua_subscription *subscription)
{
    struct osm_call *call = osm_call_query(subscription->client, "deleteSubscription", NULL);

    osm_json_uint(osm_call_json(call), subscription->id);
    osm_call_send(call, ignore, NULL);
}

static void on_subscribed(struct opcua_client *client, const struct opcua_error *error,
                          yyjson_val *data, void *context)
{
    struct opcua_subscription *subscription = context;
    uint64_t id = yyjson_get_uint(yyjson_obj_get(data, "subscriptionId"));
    struct opcua_error shape;

    (void)client;
    if (!error && (id == 0 || id > UINT32_MAX)) {
        osm_failure_of_shape(&shape, "createSubscription");
        error = &shape;
    }
    if (!error)
        subscription->id = (uint32_t)id;
    if (!error && !client->stream) { /* nothing of it would ever be told */
        delete_on_server(subscription);
        error = &client->no_stream;
    }
    subscription->done(subscription->context, error, error ? NULL : subscription);
    if (error)
        subscription_free(subscription);
}

static double or_default(double value, double otherwise)
{
    return value > 0 ? value : otherwise;
}

void opcua_subscribe_async(struct opcua_client *client,
                           const struct opcua_subscription_options *options,
                           opcua_subscribed_fn *done, void *context)
{
    static const struct opcua_subscription_options none;
    struct opcua_subscription *subscription = osm_alloc(sizeof(*subscription));
    struct osm_call *call;
    struct osm_json *json;

    if (!options)
        options = &none;
    osm_stream_begin(client);
    subscription->client = client;
    subscription->done = done;
    subscription->context = context;
    DL_APPEND(client->subscriptions, subscription);
    call = osm_call_query(client, "createSubscription", NULL);
    json = osm_call_json(call);
    osm_json_double(json, or_default(options->interval, 500));
    osm_json_uint(json, options->lifetime ? options->lifetime : 2400);
    osm_json_uint(json, options->keep_alive ? options->keep_alive : 10);
    osm_json_uint(json, options->max_per_publish);
    osm_json_bool(json, true);
    osm_json_uint(json, options->priority);
    osm_call_send(call, on_subscribed, subscription);
}

uint32_t opcua_subscription_id(const struct opcua_subscription *subscription)
{
    return subscription->id;
}

void opcua_unsubscribe(struct opcua_subscription *subscription)
{
    if (!subscription)
        return;
    delete_on_server(subscription);
    subscription->ended = true;
    /* A function of its items may be the one that calls. */
    if (!subscription->client->inside)
        subscription_free(subscription);
}

/* ---- items
 * ---------------------------------------------------------------------------------------------- */

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
    struct opcua_subscription *subscription = subscription_of(client, call->subscription);
    struct item *item = subscription ? item_of(subscription, call->handle) : NULL;
    struct opcua_error refused;

    if (!error && !yyjson_is_obj(result)) {
        osm_failure_of_shape(&refused, "createMonitoredItems");
        error = &refused;
    } else if (!error && opcua_is_bad(status)) {
        osm_failure_of_status(&refused, status, "Cannot monitor", NULL);
        error = &refused;
    }
    if (item && error)
        item_free(subscription, item);
    else if (item)
        item->id = id;
    call->done(call->context, error, error ? 0 : id);
    free(call);
}

/* The item, or NULL when the call has been refused. */
static struct item *item_new(struct opcua_subscription *subscription, struct osm_call *call,
                             uint32_t handle, struct monitor_call *monitor)
{
    struct opcua_error error;
    struct item *item;

    if (handle && !item_of(subscription, handle)) {
        item = osm_alloc(sizeof(*item));
        item->handle = handle;
        DL_APPEND(subscription->items, item);
        return item;
    }
    osm_failure(&error, OPCUA_SOURCE_HERE, "InvalidArgumentException", "handle", "%s",
                handle ? "This handle is another item's of the subscription already"
                       : "0 is no handle");
    monitor->subscription = 0;
    osm_call_refuse(call, &error, on_monitored, monitor);
    return NULL;
}

static struct monitor_call *monitor_new(struct opcua_subscription *subscription, uint32_t handle,
                                        opcua_monitored_fn *done, void *context)
{
    struct monitor_call *call = osm_alloc(sizeof(*call));

    *call = (struct monitor_call){subscription->id, handle, done, context};
    return call;
}

void opcua_monitor_async(struct opcua_subscription *subscription, const char *node,
                         const struct opcua_item_options *options, uint32_t handle,
                         opcua_change_fn *change, void *change_context, opcua_monitored_fn *done,
                         void *context)
{
    static const struct opcua_item_options none;
    struct monitor_call *monitor = monitor_new(subscription, handle, done, context);
    struct osm_call *call = osm_call_query(subscription->client, "createMonitoredItems", node);
    struct osm_json *json = osm_call_json(call);
    struct item *item = item_new(subscription, call, handle, monitor);

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
    osm_call_node(call, node);
    osm_json_key(json, "attributeId");
    osm_json_uint(json, options->attribute ? options->attribute : OPCUA_ATTRIBUTE_VALUE);
    osm_json_key(json, "samplingInterval");
    osm_json_double(json, options->sampling > 0 ? options->sampling : -1.0);
    osm_json_key(json, "queueSize");
    osm_json_uint(json, options->queue ? options->queue : 1);
    osm_json_key(json, "clientHandle");
    osm_json_uint(json, handle);
    osm_json_key(json, "monitoringMode");
    osm_json_uint(json, 2);
    if (options->filter) {
        osm_json_key(json, "filter");
        osm_json_raw(json, options->filter, strlen(options->filter));
    }
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
    struct osm_call *call = osm_call_query(subscription->client, "createEventMonitoredItem", node);
    struct osm_json *json = osm_call_json(call);
    struct item *item = item_new(subscription, call, handle, monitor);

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
        osm_json_cstring(json, fields[i]);
    osm_json_array_end(json);
    osm_json_uint(json, handle);
    osm_call_send(call, on_monitored, monitor);
}

/* ---- waiting
 * -----------------------------------------------------------------------------------------------
 */

struct subscribed {
    struct osm_taken base;
    struct opcua_subscription *subscription;
};

static void take_subscription(void *context, const struct opcua_error *error,
                              struct opcua_subscription *subscription)
{
    struct subscribed *taken = context;

    taken->subscription = subscription;
    (void)osm_client_take(&taken->base, error);
}

struct opcua_subscription *opcua_subscribe(struct opcua_client *client,
                                           const struct opcua_subscription_options *options,
                                           struct opcua_error *error)
{
    struct subscribed taken = {.base.error = error};

    if (!osm_wait_may(client, error))
        return NULL;
    opcua_subscribe_async(client, options, take_subscription, &taken);
    return osm_client_await(client, &taken.base) ? taken.subscription : NULL;
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
    struct monitored taken = {.base.error = error};

    if (!osm_wait_may(subscription->client, error))
        return false;
    opcua_monitor_async(subscription, node, options, handle, change, context, take_item, &taken);
    return wait_item(subscription->client, &taken, item);
}

bool opcua_monitor_events(struct opcua_subscription *subscription, const char *node,
                          const char *const *fields, size_t count, uint32_t handle,
                          opcua_notify_fn *notify, void *context, uint32_t *item,
                          struct opcua_error *error)
{
    struct monitored taken = {.base.error = error};

    if (!osm_wait_may(subscription->client, error))
        return false;
    opcua_monitor_events_async(subscription, node, fields, count, handle, notify, context,
                               take_item, &taken);
    return wait_item(subscription->client, &taken, item);
}

bool opcua_unmonitor(struct opcua_subscription *subscription, uint32_t id,
                     struct opcua_error *error)
{
    struct osm_json_taken taken = {.base.error = error};
    struct item *item, *next;
    struct osm_call *call;
    struct osm_json *json;
    uint32_t status;

    if (!osm_wait_may(subscription->client, error))
        return false;
    call = osm_call_query(subscription->client, "deleteMonitoredItems", NULL);
    json = osm_call_json(call);
    osm_json_uint(json, subscription->id);
    osm_json_array_begin(json);
    osm_json_uint(json, id);
    osm_json_array_end(json);
    osm_client_send_json(call, osm_client_take_json, &taken);
    if (!osm_client_await(subscription->client, &taken.base))
        return false;
    status = (uint32_t)strtoul(taken.json + strspn(taken.json, "["), NULL, 10);
    free(taken.json);
    if (opcua_is_bad(status))
        return osm_failure_of_status(error, status, "Cannot delete the item", NULL);
    DL_FOREACH_SAFE (subscription->items, item, next) {
        if (item->id == id)
            item_free(subscription, item);
    }
    return true;
}
