/* SPDX-License-Identifier: MIT */
/* NotificationMessages; see notification_message.h. */
#include "core/subscription/notification_message.h"

#include <open62541/types_generated_handling.h>

/* Info bits of a data value, Overflow among them (OPC 10000-4 §7.39.1). */
#define OVERFLOW_BITS UINT32_C(0x00000480)

const void *osm_notification_message_data(const UA_ExtensionObject *data, const UA_DataType *type)
{
    if (data->encoding < UA_EXTENSIONOBJECT_DECODED || data->content.decoded.type != type)
        return NULL;
    return data->content.decoded.data;
}

size_t osm_notification_message_size(const UA_NotificationMessage *message)
{
    size_t size = 0;

    for (size_t i = 0; i < message->notificationDataSize; i++) {
        const UA_ExtensionObject *data = &message->notificationData[i];
        const UA_DataChangeNotification *changes =
            osm_notification_message_data(data, &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]);
        const UA_EventNotificationList *events =
            osm_notification_message_data(data, &UA_TYPES[UA_TYPES_EVENTNOTIFICATIONLIST]);

        size += changes ? changes->monitoredItemsSize : 0;
        size += events ? events->eventsSize : 0;
    }
    return size;
}

bool osm_notification_message_status(const UA_NotificationMessage *message, UA_StatusCode *status)
{
    for (size_t i = 0; i < message->notificationDataSize; i++) {
        const UA_StatusChangeNotification *change = osm_notification_message_data(
            &message->notificationData[i], &UA_TYPES[UA_TYPES_STATUSCHANGENOTIFICATION]);

        if (!change)
            continue;
        *status = change->status;
        return true;
    }
    return false;
}

static bool is_known(const UA_DataType *type)
{
    return type == &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION] ||
           type == &UA_TYPES[UA_TYPES_EVENTNOTIFICATIONLIST] ||
           type == &UA_TYPES[UA_TYPES_STATUSCHANGENOTIFICATION];
}

bool osm_notification_message_is_unreadable(const UA_NotificationMessage *message)
{
    for (size_t i = 0; i < message->notificationDataSize; i++) {
        const UA_ExtensionObject *data = &message->notificationData[i];

        if (data->encoding < UA_EXTENSIONOBJECT_DECODED || !is_known(data->content.decoded.type))
            return true;
    }
    return false;
}

bool osm_notification_message_overflown(const UA_DataValue *value)
{
    return value->hasStatus && (value->status & OVERFLOW_BITS) == OVERFLOW_BITS;
}

static uint64_t overflows_in(const UA_DataChangeNotification *changes)
{
    uint64_t count = 0;

    for (size_t i = 0; i < changes->monitoredItemsSize; i++)
        count += osm_notification_message_overflown(&changes->monitoredItems[i].value);
    return count;
}

void osm_notification_message_count(const UA_NotificationMessage *message, uint64_t *values,
                                    uint64_t *events, uint64_t *overflows)
{
    for (size_t i = 0; i < message->notificationDataSize; i++) {
        const UA_ExtensionObject *data = &message->notificationData[i];
        const UA_DataChangeNotification *changes =
            osm_notification_message_data(data, &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]);
        const UA_EventNotificationList *list =
            osm_notification_message_data(data, &UA_TYPES[UA_TYPES_EVENTNOTIFICATIONLIST]);

        *values += changes ? changes->monitoredItemsSize : 0;
        *overflows += changes ? overflows_in(changes) : 0;
        *events += list ? list->eventsSize : 0;
    }
}

static size_t bytes_of_events(const UA_EventNotificationList *list)
{
    size_t bytes = 0;

    for (size_t i = 0; i < list->eventsSize; i++)
        bytes += sizeof(list->events[i]) + list->events[i].eventFieldsSize * sizeof(UA_Variant);
    return bytes;
}

size_t osm_notification_message_bytes(const UA_PublishResponse *response)
{
    const UA_NotificationMessage *message = &response->notificationMessage;
    size_t bytes =
        sizeof(*response) + UA_calcSizeBinary(response, &UA_TYPES[UA_TYPES_PUBLISHRESPONSE]);

    for (size_t i = 0; i < message->notificationDataSize; i++) {
        const UA_ExtensionObject *data = &message->notificationData[i];
        const UA_DataChangeNotification *changes =
            osm_notification_message_data(data, &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]);
        const UA_EventNotificationList *list =
            osm_notification_message_data(data, &UA_TYPES[UA_TYPES_EVENTNOTIFICATIONLIST]);

        bytes += changes ? changes->monitoredItemsSize * sizeof(*changes->monitoredItems) : 0;
        bytes += list ? bytes_of_events(list) : 0;
    }
    return bytes;
}
