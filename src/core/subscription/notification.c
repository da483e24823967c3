/* SPDX-License-Identifier: MIT */
/* Notifications; see notification.h. */
#include "core/subscription/notification.h"

#include <stdlib.h>

#include <open62541/types_generated_handling.h>

static void read_change(const struct osm_subscription *subscription,
                        const UA_MonitoredItemNotification *item, struct osm_notification *out)
{
    *out = (struct osm_notification){
        .kind = OSM_NOTIFICATION_DATA_CHANGE,
        .server_handle = item->clientHandle,
        .client_handle = osm_monitored_item_client_handle(subscription, item->clientHandle),
        .data_value = item->value};
}

static void read_event(const struct osm_subscription *subscription, const UA_EventFieldList *event,
                       struct osm_notification *out)
{
    const struct osm_monitored_item *item =
        osm_monitored_item_find_handle(subscription, event->clientHandle);

    *out = (struct osm_notification){.kind = OSM_NOTIFICATION_EVENT,
                                     .server_handle = event->clientHandle,
                                     .client_handle =
                                         item ? item->params.client_handle : event->clientHandle,
                                     .event_fields = event->eventFields,
                                     .event_fields_size = event->eventFieldsSize,
                                     .all_fields_size = event->eventFieldsSize};
    if (item && item->params.event)
        out->event_fields_size = OSM_MIN(event->eventFieldsSize, item->params.selected);
}

bool osm_notifications_next(const struct osm_subscription *subscription,
                            const UA_NotificationMessage *message,
                            struct osm_notification_place *place, struct osm_notification *out)
{
    for (; place->data < message->notificationDataSize; place->data++, place->index = 0) {
        const UA_ExtensionObject *data = &message->notificationData[place->data];
        const UA_DataChangeNotification *changes =
            osm_notification_message_data(data, &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]);
        const UA_EventNotificationList *events =
            osm_notification_message_data(data, &UA_TYPES[UA_TYPES_EVENTNOTIFICATIONLIST]);

        if (changes && place->index < changes->monitoredItemsSize) {
            read_change(subscription, &changes->monitoredItems[place->index++], out);
            return true;
        }
        if (events && place->index < events->eventsSize) {
            read_event(subscription, &events->events[place->index++], out);
            return true;
        }
    }
    return false;
}

struct osm_notification *osm_notifications_read(const struct osm_subscription *subscription,
                                                const UA_NotificationMessage *message,
                                                struct osm_arena *arena, size_t *size)
{
    struct osm_notification *list =
        osm_arena_array(arena, osm_notification_message_size(message), sizeof(*list));
    struct osm_notification_place place = {0};

    *size = 0;
    while (osm_notifications_next(subscription, message, &place, &list[*size]))
        ++*size;
    return list;
}

/* --- without the subscription -------------------------------------------------------------- */

struct osm_notification_name {
    uint32_t handle, client_handle;
    bool is_event;
    size_t selected;
};

struct osm_notification_names osm_notification_names(const struct osm_subscription *subscription,
                                                     struct osm_arena *arena)
{
    struct osm_notification_names names = {0};
    const struct osm_monitored_item *item, *next;

    if (!subscription)
        return names;
    names.list = osm_arena_array_raw(arena, HASH_CNT(hh_handle, subscription->by_handle),
                                     sizeof(*names.list));
    HASH_ITER (hh_handle, subscription->by_handle, item, next)
        names.list[names.size++] =
            (struct osm_notification_name){.handle = item->handle,
                                           .client_handle = item->params.client_handle,
                                           .is_event = item->params.event,
                                           .selected = item->params.selected};
    return names;
}

static int compare_names(const void *a, const void *b)
{
    const uint32_t one = ((const struct osm_notification_name *)a)->handle;
    const uint32_t other = ((const struct osm_notification_name *)b)->handle;

    return (one > other) - (one < other);
}

void osm_notifications_rename(struct osm_notification_names *names, struct osm_notification *list,
                              size_t size)
{
    if (!names->size)
        return;
    qsort(names->list, names->size, sizeof(*names->list), compare_names);
    for (struct osm_notification *one = list; one < list + size; one++) {
        const struct osm_notification_name wanted = {.handle = one->server_handle};
        const struct osm_notification_name *name =
            bsearch(&wanted, names->list, names->size, sizeof(wanted), compare_names);

        if (!name)
            continue;
        one->client_handle = name->client_handle;
        if (one->kind == OSM_NOTIFICATION_EVENT && name->is_event)
            one->event_fields_size = OSM_MIN(one->event_fields_size, name->selected);
    }
}
