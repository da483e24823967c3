/* SPDX-License-Identifier: MIT */
/*
 * The events a message of a subscription brings, in the order of daemon.md §11; see events.h.
 * Nothing is decoded or put together for events nobody has asked for.
 */
#include "core/event/event_bus.h"
#include "core/event/events.h"
#include "core/event/events_alarm.h"
#include "core/session/session.h"
#include "core/subscription/notification.h"

static struct osm_json *begin(const struct osm_event_place *place, enum osm_event_type type)
{
    struct osm_json *json;

    if (!osm_bus_wants(place->session, type))
        return NULL;
    json = osm_event_begin(place->session, type);
    osm_json_key(json, "subscriptionId");
    osm_json_uint(json, place->subscription->id);
    return json;
}

static void print_sequence_number(const struct osm_event_place *place, struct osm_json *json)
{
    osm_json_key(json, "sequenceNumber");
    osm_json_uint(json, place->sequence_number);
}

static void print_handle(struct osm_json *json, uint32_t client_handle)
{
    osm_json_key(json, "clientHandle");
    osm_json_uint(json, client_handle);
}

/* Client handles are the callers' own: several items may have the same. */
static void set_item(const struct osm_event_place *place, uint32_t server_handle)
{
    const struct osm_monitored_item *item =
        osm_monitored_item_find_handle(place->subscription, server_handle);

    if (item)
        osm_event_of_item(place->session, place->subscription->id, item->id);
}

static void print_republished(const struct osm_event_place *place, struct osm_json *json)
{
    osm_json_key(json, "republished");
    osm_json_bool(json, place->republished);
}

static void response_received(const struct osm_event_place *place, size_t notifications, bool more)
{
    struct osm_json *json = begin(place, OSM_EVENT_PUBLISH_RESPONSE_RECEIVED);

    if (!json)
        return;
    print_sequence_number(place, json);
    osm_json_key(json, "notificationCount");
    osm_json_uint(json, notifications);
    osm_json_key(json, "moreNotifications");
    osm_json_bool(json, more);
    osm_event_end(place->session);
}

static void keep_alive(const struct osm_event_place *place)
{
    struct osm_json *json = begin(place, OSM_EVENT_SUBSCRIPTION_KEEP_ALIVE);

    if (!json)
        return;
    print_sequence_number(place, json);
    osm_event_end(place->session);
}

static void queue_overflow(const struct osm_event_place *place,
                           const struct osm_notification *change)
{
    struct osm_json *json = begin(place, OSM_EVENT_QUEUE_OVERFLOW);

    if (!json)
        return;
    set_item(place, change->server_handle);
    print_handle(json, change->client_handle);
    osm_event_end(place->session);
}

static void print_value(const struct osm_event_place *place, const UA_DataValue *value)
{
    struct osm_encoder encoder = osm_event_encoder(place->session);
    struct osm_shared_text *text =
        osm_prepared_events_find(place->prepared, OSM_PREPARED_VALUE, value->value.data);

    if (text)
        osm_event_add_shared(place->session, text);
    else
        osm_encode_value(&encoder, value, &UA_TYPES[UA_TYPES_DATAVALUE]);
}

static void data_change(const struct osm_event_place *place, const struct osm_notification *change)
{
    struct osm_json *json = begin(place, OSM_EVENT_DATA_CHANGE_RECEIVED);

    if (!json)
        return;
    set_item(place, change->server_handle);
    print_sequence_number(place, json);
    print_handle(json, change->client_handle);
    osm_json_key(json, "dataValue");
    print_value(place, &change->data_value);
    print_republished(place, json);
    osm_event_end(place->session);
}

void osm_event_add_fields(const struct osm_event_place *place, struct osm_json *json,
                          const struct osm_notification *event)
{
    struct osm_encoder encoder = osm_event_encoder(place->session);

    osm_json_key(json, "eventFields");
    osm_json_array_begin(json);
    for (size_t i = 0; i < event->event_fields_size; i++) {
        const UA_Variant *field = &event->event_fields[i];
        struct osm_shared_text *text =
            osm_prepared_events_find(place->prepared, OSM_PREPARED_VALUE, field->data);

        if (text)
            osm_event_add_shared(place->session, text);
        else
            osm_encode_value(&encoder, field, &UA_TYPES[UA_TYPES_VARIANT]);
    }
    osm_json_array_end(json);
}

static void event_received(const struct osm_event_place *place,
                           const struct osm_notification *event)
{
    struct osm_json *json = begin(place, OSM_EVENT_EVENT_NOTIFICATION_RECEIVED);

    if (!json)
        return;
    set_item(place, event->server_handle);
    print_sequence_number(place, json);
    print_handle(json, event->client_handle);
    osm_event_add_fields(place, json, event);
    print_republished(place, json);
    osm_event_end(place->session);
}

static void tell(const struct osm_event_place *place, const struct osm_notification *notification)
{
    if (notification->kind == OSM_NOTIFICATION_EVENT) {
        event_received(place, notification);
        osm_events_of_alarm(place, notification);
        return;
    }
    data_change(place, notification);
    if (osm_notification_message_overflown(&notification->data_value))
        queue_overflow(place, notification);
}

/* Told in one turn: so many, or so much text of their own. */
#define SOME ((size_t)500)
#define SOME_BYTES ((uint64_t)256 * 1024)

static bool is_enough(const struct osm_session *session, size_t told, uint64_t before)
{
    return told >= SOME || osm_bus_written(osm_session_bus(session)) - before >= SOME_BYTES;
}

static bool tell_some(const struct osm_event_place *from, const UA_NotificationMessage *message,
                      bool more_notifications, struct osm_notification_place *place)
{
    uint64_t before = osm_bus_written(osm_session_bus(from->session));
    struct osm_notification notification;
    size_t told = 0;

    if (!place->data && !place->index) {
        response_received(from, osm_notification_message_size(message), more_notifications);
        if (message->notificationDataSize == 0)
            keep_alive(from);
    }
    while (!is_enough(from->session, told++, before)) {
        if (!osm_notifications_next(from->subscription, message, place, &notification))
            return false;
        tell(from, &notification);
    }
    return true;
}

bool osm_events_of_publish_some(struct osm_session *session, struct osm_subscription *subscription,
                                const UA_NotificationMessage *message, bool more_notifications,
                                bool republished, struct osm_notification_place *place)
{
    struct osm_event_place from = {session, subscription, 0, republished, NULL};

    if (!osm_bus_wants_any(session, osm_event_from_publish()))
        return false;
    from.sequence_number = message->sequenceNumber;
    from.prepared = osm_prepared_events_of(session, message);
    return tell_some(&from, message, more_notifications, place);
}

void osm_events_of_publish(struct osm_session *session, struct osm_subscription *subscription,
                           const UA_NotificationMessage *message, bool more_notifications,
                           bool republished)
{
    struct osm_notification_place place = {0};

    while (osm_events_of_publish_some(session, subscription, message, more_notifications,
                                      republished, &place))
        ;
}
