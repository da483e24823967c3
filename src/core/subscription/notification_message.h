/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_NOTIFICATION_MESSAGE_H
#define OSM_CORE_SUBSCRIPTION_NOTIFICATION_MESSAGE_H
/* What can be said of a NotificationMessage (OPC 10000-4 §7.26) by itself: how much is in it, and
 * whether it tells of a subscription's end. What callers call its items is in notification.h. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <open62541/types_generated.h>

/* The data when it is of that type and decoded, else NULL. */
const void *osm_notification_message_data(const UA_ExtensionObject *data, const UA_DataType *type);
/* How many data changes and events there are. */
size_t osm_notification_message_size(const UA_NotificationMessage *message);
/* The status a StatusChangeNotification tells, the first when there are several; false without. */
bool osm_notification_message_status(const UA_NotificationMessage *message, UA_StatusCode *status);
/* Something in it is no notification we know, or not decodable as one. */
bool osm_notification_message_is_unreadable(const UA_NotificationMessage *message);
/* Its status says that values before it are missing: the item's queue was full (OPC 10000-4
 * §7.39.1). */
bool osm_notification_message_overflown(const UA_DataValue *value);
/* Adds up data changes, events, and the changes behind which values are missing because the
 * item's queue was full. */
void osm_notification_message_count(const UA_NotificationMessage *message, uint64_t *values,
                                    uint64_t *events, uint64_t *overflows);
/* About as many bytes of memory as a copy of the response takes. */
size_t osm_notification_message_bytes(const UA_PublishResponse *response);

#endif
