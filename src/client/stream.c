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

#include "client/stream_internal.h"
#include "util/alloc.h"

/* What an application that keeps values must know of besides them. */
static const char *const told_events[] = {
    "DataChangeReceived",    "EventNotificationReceived", "ClientReconnecting",
    "ClientConnected",       "ConnectionFailed",          "ClientDisconnected",
    "SubscriptionRecreated", "SubscriptionLost",          "NotificationsLost",
    "QueueOverflow",
};

struct opcua_subscription *osm_stream_subscription(struct opcua_client *client, uint64_t id)
{
    struct opcua_subscription *subscription;

    DL_FOREACH (client ? client->subscriptions : NULL, subscription) {
        if (subscription->id == id && !subscription->ended)
            return subscription;
    }
    return NULL;
}

struct osm_stream_item *osm_stream_item(struct opcua_subscription *subscription, uint64_t handle)
{
    struct osm_stream_item *item;

    DL_FOREACH (subscription->items, item) {
        if (item->handle == handle)
            return item;
    }
    return NULL;
}

void osm_stream_item_free(struct opcua_subscription *subscription, struct osm_stream_item *item)
{
    DL_DELETE(subscription->items, item);
    free(item);
}

static void subscription_free(struct opcua_subscription *subscription)
{
    while (subscription->items)
        osm_stream_item_free(subscription, subscription->items);
    DL_DELETE(subscription->client->subscriptions, subscription);
    free(subscription);
}

struct opcua_client *osm_stream_client(const struct opcua_subscription *subscription)
{
    return subscription ? subscription->client : NULL;
}

void osm_stream_sweep(struct opcua_client *client)
{
    struct opcua_subscription *subscription, *next;

    DL_FOREACH_SAFE (client->subscriptions, subscription, next) {
        if (subscription->ended)
            subscription_free(subscription);
    }
}

void osm_stream_free_subscriptions(struct opcua_client *client)
{
    while (client->subscriptions)
        subscription_free(client->subscriptions);
}

/* ---- lines ---------------------------------------------------------------------------------- */

static void tell_change(struct opcua_client *client, const struct osm_stream_item *item,
                        yyjson_val *line)
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

static void tell_event(struct opcua_client *client, const struct osm_stream_item *item,
                       yyjson_val *line)
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
        osm_stream_subscription(client, yyjson_get_uint(yyjson_obj_get(line, "subscriptionId")));
    struct osm_stream_item *item =
        subscription
            ? osm_stream_item(subscription, yyjson_get_uint(yyjson_obj_get(line, "clientHandle")))
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

/* ---- subscriptions -------------------------------------------------------------------------- */

static void on_deleted(struct opcua_client *client, const struct opcua_error *error,
                       yyjson_val *data, void *context)
{
    (void)error, (void)data, (void)context;
    client->all_deleted = --client->deleting == 0;
}

static void delete_on_server(struct opcua_subscription *subscription)
{
    struct osm_call *call = osm_call_query(subscription->client, "deleteSubscription", NULL);

    osm_json_uint(osm_call_json(call), subscription->id);
    subscription->client->deleting++;
    subscription->client->all_deleted = false;
    osm_call_send(call, on_deleted, NULL);
}

void osm_stream_delete_subscriptions(struct opcua_client *client)
{
    struct opcua_subscription *subscription;

    DL_FOREACH (client->subscriptions, subscription) {
        if (!subscription->id || subscription->ended)
            continue;
        delete_on_server(subscription);
        subscription->ended = true;
    }
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
    if (subscription->done)
        subscription->done(subscription->context, error, error ? NULL : subscription);
    if (error)
        subscription_free(subscription);
}

static void on_refused(struct opcua_client *client, const struct opcua_error *error,
                       yyjson_val *data, void *context)
{
    struct opcua_subscription *subscription = context;

    (void)client, (void)data;
    if (subscription->done)
        subscription->done(subscription->context, error, NULL);
    free(subscription);
}

static void refuse_subscription(struct opcua_subscription *subscription, opcua_subscribed_fn *done,
                                void *context)
{
    subscription->done = done;
    subscription->context = context;
    osm_call_send(osm_call_query(NULL, "createSubscription", NULL), on_refused, subscription);
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
    if (!client) {
        refuse_subscription(subscription, done, context);
        return;
    }
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
    return subscription ? subscription->id : 0;
}

void opcua_unsubscribe(struct opcua_subscription *subscription)
{
    if (!subscription || subscription->ended)
        return;
    delete_on_server(subscription);
    subscription->ended = true;
    /* A function of its items may be the one that calls; opcua_process() sweeps then. */
    if (!subscription->client->inside)
        subscription_free(subscription);
}

/* ---- waiting -------------------------------------------------------------------------------- */

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
