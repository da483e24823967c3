/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_NOTIFICATION_H
#define OSM_CORE_SUBSCRIPTION_NOTIFICATION_H
/* What a NotificationMessage (OPC 10000-4 §7.26) holds, in order and as callers know it. */
#include "core/subscription/notification_message.h"
#include "core/subscription/subscription.h"
#include "wire/value/result.h"

/* Data changes and events, in the arena; they borrow from the message. Other notifications are
 * left out. subscription may be NULL: handles are then the server's. */
struct osm_notification *osm_notifications_read(const struct osm_subscription *subscription,
                                                const UA_NotificationMessage *message,
                                                struct osm_arena *arena, size_t *size);

/* Where one stands in a message. */
struct osm_notification_place {
    size_t data, index;
};

/* The same one by one, from a place on that is zeroed at first; false at the end. */
bool osm_notifications_next(const struct osm_subscription *subscription,
                            const UA_NotificationMessage *message,
                            struct osm_notification_place *place, struct osm_notification *out);

/* How callers know the items of a subscription, for another thread: what has been read without the
 * subscription there becomes what had been read with it. */
struct osm_notification_names {
    struct osm_notification_name *list; /* in the arena */
    size_t size;
};

struct osm_notification_names osm_notification_names(const struct osm_subscription *subscription,
                                                     struct osm_arena *arena);
void osm_notifications_rename(struct osm_notification_names *names, struct osm_notification *list,
                              size_t size);

#endif
