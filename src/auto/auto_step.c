/* SPDX-License-Identifier: MIT */
/*
 * What auto-connect asks for, a step per kind of request: each finds the first subscription or
 * items that are not as wanted, and knows what the answer means for them.
 */
#include <string.h>

#include <utlist.h>

#include "auto/auto_internal.h"
#include "auto/auto_service.h"
#include "port/status_code.h"
#include "util/alloc.h"
#include "wire/text/cast.h"

/* --- finding ------------------------------------------------------------------------------- */

static bool is_item(const struct osm_auto_entry *entry, const struct osm_auto_item *item,
                    enum osm_auto_place place, bool event)
{
    if (item->thing.place != place || !osm_auto_is_due(entry, &item->thing))
        return false;
    return place == OSM_AUTO_DOOMED ? item->thing.id != 0 : item->wanted->event == event;
}

/* Up to `most` items of one subscription in that place; call says which. */
static bool find_items(struct osm_auto_entry *entry, struct osm_auto_call *call,
                       enum osm_auto_place place, bool event, size_t most)
{
    struct osm_auto_subscription *subscription;
    struct osm_auto_item *item;

    call->items = osm_arena_array(&call->request.arena, most, sizeof(struct osm_auto_item *));
    DL_FOREACH (entry->subscriptions, subscription) {
        if (!subscription->thing.id || subscription->thing.place == OSM_AUTO_DOOMED)
            continue;
        DL_FOREACH (subscription->items, item) {
            if (call->size < most && is_item(entry, item, place, event))
                call->items[call->size++] = item;
        }
        call->subscription = subscription;
        if (call->size)
            return true;
    }
    return false;
}

static bool find_subscription(struct osm_auto_entry *entry, struct osm_auto_call *call,
                              enum osm_auto_place place)
{
    struct osm_auto_subscription *subscription;

    DL_FOREACH (entry->subscriptions, subscription)
        if (subscription->thing.place == place && osm_auto_is_due(entry, &subscription->thing) &&
            (place != OSM_AUTO_DOOMED || subscription->thing.id)) {
            call->subscription = subscription;
            return true;
        }
    return false;
}

static void refuse_subscription(struct osm_auto_entry *entry, struct osm_auto_call *call,
                                const char *message)
{
    osm_auto_refuse(entry, &call->subscription->thing, "a subscription", message);
}

static void refuse_item(struct osm_auto_entry *entry, struct osm_auto_item *item,
                        const char *message)
{
    _cleanup_(osm_freep) char *what = osm_printf("item %s", item->node_id);

    osm_auto_refuse(entry, &item->thing, what, message);
}

static void refuse_items(struct osm_auto_entry *entry, struct osm_auto_call *call,
                         const char *message)
{
    for (size_t i = 0; i < call->size; i++)
        refuse_item(entry, call->items[i], message);
}

static void refuse_status(struct osm_auto_entry *entry, struct osm_auto_call *call,
                          struct osm_auto_item *item, yyjson_val *status)
{
    refuse_item(entry, item,
                osm_status_code_name((UA_StatusCode)osm_cast_int(status), &call->request.arena));
}

static bool is_bad(yyjson_val *status)
{
    return UA_StatusCode_isBad((UA_StatusCode)osm_cast_int(status));
}

/* --- deleting ------------------------------------------------------------------------------ */

static bool prepare_delete_items(struct osm_auto_entry *entry, struct osm_session *session,
                                 struct osm_auto_call *call)
{
    if (!find_items(entry, call, OSM_AUTO_DOOMED, false, OSM_AUTO_BATCH))
        return false;
    osm_auto_call_begin(call, "query", "deleteMonitoredItems", "params");
    osm_json_array_begin(&call->json);
    osm_json_uint(&call->json, call->subscription->thing.id);
    osm_json_array_begin(&call->json);
    for (size_t i = 0; i < call->size; i++)
        osm_json_uint(&call->json, call->items[i]->thing.id);
    osm_json_array_end(&call->json);
    osm_json_array_end(&call->json);
    osm_auto_call_send(call);
    return true;
}

/* Whatever the server says: it has been asked, and it is ours no longer. */
static void forget_items(struct osm_auto_entry *entry, struct osm_auto_call *call, yyjson_val *data)
{
    for (size_t i = 0; i < call->size; i++)
        call->items[i]->thing.id = 0;
    osm_auto_sweep(entry);
}

static bool prepare_delete(struct osm_auto_entry *entry, struct osm_session *session,
                           struct osm_auto_call *call)
{
    if (!find_subscription(entry, call, OSM_AUTO_DOOMED))
        return false;
    osm_auto_call_begin(call, "query", "deleteSubscription", "params");
    osm_json_array_begin(&call->json);
    osm_json_uint(&call->json, call->subscription->thing.id);
    osm_json_array_end(&call->json);
    osm_auto_call_send(call);
    return true;
}

static void forget_subscription(struct osm_auto_entry *entry, struct osm_auto_call *call,
                                yyjson_val *data)
{
    osm_auto_subscription_lose(call->subscription);
    osm_auto_sweep(entry);
}

/* --- subscriptions ------------------------------------------------------------------------- */

static bool prepare_create(struct osm_auto_entry *entry, struct osm_session *session,
                           struct osm_auto_call *call)
{
    const struct osm_desired_subscription *wanted;

    if (!find_subscription(entry, call, OSM_AUTO_MISSING))
        return false;
    wanted = call->subscription->wanted;
    osm_auto_call_begin(call, "query", "createSubscription", "params");
    osm_json_array_begin(&call->json);
    osm_json_double(&call->json, wanted->publishing_interval);
    osm_json_uint(&call->json, wanted->lifetime_count);
    osm_json_uint(&call->json, wanted->max_keep_alive_count);
    osm_json_uint(&call->json, wanted->max_notifications_per_publish);
    osm_json_bool(&call->json, true);
    osm_json_uint(&call->json, wanted->priority);
    osm_json_array_end(&call->json);
    osm_auto_call_send(call);
    return true;
}

static void created(struct osm_auto_entry *entry, struct osm_auto_call *call, yyjson_val *data)
{
    osm_auto_made(&call->subscription->thing,
                  (uint32_t)osm_cast_int(osm_json_get(data, "subscriptionId")), call->generation);
}

static bool prepare_modify(struct osm_auto_entry *entry, struct osm_session *session,
                           struct osm_auto_call *call)
{
    if (!find_subscription(entry, call, OSM_AUTO_CHANGED))
        return false;
    entry->call = call;
    osm_auto_modify_subscription(session, &call->request, call->subscription->thing.id,
                                 call->subscription->wanted);
    return true;
}

static void modified(struct osm_auto_entry *entry, struct osm_auto_call *call, yyjson_val *data)
{
    osm_auto_made(&call->subscription->thing, call->subscription->thing.id, call->generation);
}

/* --- items --------------------------------------------------------------------------------- */

static void print_item(struct osm_json *json, const struct osm_auto_item *item)
{
    const struct osm_desired_item *wanted = item->wanted;

    osm_json_object_begin(json);
    osm_json_key(json, "nodeId");
    osm_json_cstring(json, wanted->node_id);
    osm_json_key(json, "attributeId");
    osm_json_uint(json, wanted->attribute_id);
    osm_json_key(json, "samplingInterval");
    osm_json_double(json, wanted->sampling_interval);
    osm_json_key(json, "queueSize");
    osm_json_uint(json, wanted->queue_size);
    osm_json_key(json, "clientHandle");
    osm_json_uint(json, wanted->client_handle);
    if (item->thing.id) {
        osm_json_key(json, "monitoredItemId");
        osm_json_uint(json, item->thing.id);
    }
    osm_json_object_end(json);
}

static void send_items(struct osm_auto_call *call, const char *method)
{
    osm_auto_call_begin(call, "query", method, "params");
    osm_json_array_begin(&call->json);
    osm_json_uint(&call->json, call->subscription->thing.id);
    osm_json_array_begin(&call->json);
    for (size_t i = 0; i < call->size; i++)
        print_item(&call->json, call->items[i]);
    osm_json_array_end(&call->json);
    osm_json_array_end(&call->json);
    osm_auto_call_send(call);
}

static bool prepare_create_items(struct osm_auto_entry *entry, struct osm_session *session,
                                 struct osm_auto_call *call)
{
    if (!find_items(entry, call, OSM_AUTO_MISSING, false, OSM_AUTO_BATCH))
        return false;
    send_items(call, "createMonitoredItems");
    return true;
}

/* Results without an id are those of a change. */
static void take_results(struct osm_auto_entry *entry, struct osm_auto_call *call, yyjson_val *data)
{
    for (size_t i = 0; i < call->size; i++) {
        yyjson_val *result = yyjson_arr_get(data, i);
        yyjson_val *status = osm_json_get(result, "statusCode");
        yyjson_val *id = osm_json_get(result, "monitoredItemId");
        struct osm_auto_item *item = call->items[i];

        if (!result || is_bad(status))
            refuse_status(entry, call, item, status);
        else
            osm_auto_made(&item->thing, id ? (uint32_t)osm_cast_int(id) : item->thing.id,
                          call->generation);
    }
}

static bool prepare_modify_items(struct osm_auto_entry *entry, struct osm_session *session,
                                 struct osm_auto_call *call)
{
    if (!find_items(entry, call, OSM_AUTO_CHANGED, false, OSM_AUTO_BATCH))
        return false;
    send_items(call, "modifyMonitoredItems");
    return true;
}

/* --- event items --------------------------------------------------------------------------- */

/* By invoke, which also takes browse paths. */
static bool prepare_create_event(struct osm_auto_entry *entry, struct osm_session *session,
                                 struct osm_auto_call *call)
{
    const struct osm_desired_item *wanted;

    if (!find_items(entry, call, OSM_AUTO_MISSING, true, 1))
        return false;
    wanted = call->items[0]->wanted;
    osm_auto_call_begin(call, "invoke", "createEventMonitoredItem", "args");
    osm_json_object_begin(&call->json);
    osm_json_key(&call->json, "subscriptionId");
    osm_json_uint(&call->json, call->subscription->thing.id);
    osm_json_key(&call->json, "nodeId");
    osm_json_cstring(&call->json, wanted->node_id);
    osm_json_key(&call->json, "clientHandle");
    osm_json_uint(&call->json, wanted->client_handle);
    osm_json_key(&call->json, "queueSize");
    osm_json_uint(&call->json, wanted->queue_size);
    if (wanted->select_fields) {
        osm_json_key(&call->json, "selectFields");
        osm_json_array_begin(&call->json);
        for (size_t i = 0; i < wanted->select_fields_size; i++)
            osm_json_cstring(&call->json, wanted->select_fields[i]);
        osm_json_array_end(&call->json);
    }
    osm_json_object_end(&call->json);
    osm_auto_call_send(call);
    return true;
}

static void created_event(struct osm_auto_entry *entry, struct osm_auto_call *call,
                          yyjson_val *data)
{
    yyjson_val *result = osm_json_get(data, "data");
    yyjson_val *status = osm_json_get(result, "status");

    if (is_bad(status))
        refuse_status(entry, call, call->items[0], status);
    else
        osm_auto_made(&call->items[0]->thing, (uint32_t)osm_cast_int(osm_json_get(result, "id")),
                      call->generation);
    call->subscription->refreshed = 0; /* this one has not seen the conditions yet */
}

/* --- conditions ---------------------------------------------------------------------------- */

static bool wants_refresh(const struct osm_auto_subscription *subscription)
{
    const struct osm_auto_item *item;

    DL_FOREACH (subscription->items, item)
        if (item->thing.place == OSM_AUTO_THERE && item->wanted->condition_refresh)
            return true;
    return false;
}

/* Once for each subscription that the server has made: also for one that was made anew. */
static bool prepare_refresh(struct osm_auto_entry *entry, struct osm_session *session,
                            struct osm_auto_call *call)
{
    struct osm_auto_subscription *subscription;

    DL_FOREACH (entry->subscriptions, subscription) {
        uint32_t server_id =
            osm_subscription_server_id(&session->subscriptions, subscription->thing.id);

        if (!subscription->thing.id || !server_id || subscription->refreshed == server_id ||
            !osm_auto_is_due(entry, &subscription->thing) || !wants_refresh(subscription))
            continue;
        call->subscription = subscription;
        subscription->refreshed = server_id;
        entry->call = call;
        osm_auto_condition_refresh(session, &call->request, server_id);
        return true;
    }
    return false;
}

static void refreshed(struct osm_auto_entry *entry, struct osm_auto_call *call, yyjson_val *data)
{
    free(osm_steal(call->subscription->thing.refusal));
}

static void not_refreshed(struct osm_auto_entry *entry, struct osm_auto_call *call,
                          const char *message)
{
    call->subscription->refreshed = 0;
    osm_auto_refuse(entry, &call->subscription->thing, "a refresh of conditions", message);
}

const struct osm_auto_step osm_auto_steps[] = {
    {prepare_delete, forget_subscription, refuse_subscription},
    {prepare_delete_items, forget_items, refuse_items},
    {prepare_create, created, refuse_subscription},
    {prepare_modify, modified, refuse_subscription},
    {prepare_create_items, take_results, refuse_items},
    {prepare_modify_items, take_results, refuse_items},
    {prepare_create_event, created_event, refuse_items},
    {prepare_refresh, refreshed, not_refreshed},
    {0},
};
