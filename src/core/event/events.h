/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_EVENT_EVENTS_H
#define OSM_CORE_EVENT_EVENTS_H
/*
 * Telling the bus what has happened (contract: daemon.md §11): one function per event, or per
 * message where one brings several. They cost one test when nobody has asked for the event. Ids
 * and handles are those callers know.
 */
#include <stdbool.h>
#include <stdint.h>

#include <open62541/types_generated.h>

#include "core/link/observer.h"

struct osm_session;
struct osm_subscription;

/* --- what subscriptions bring (events_notification.c) --------------------------------------- */

/*
 * A message of a subscription, published or republished, in this order: PublishResponseReceived;
 * SubscriptionKeepAlive when it is empty; else per notification DataChangeReceived (and
 * QueueOverflow when the server says that values before it are missing), or
 * EventNotificationReceived and what follows from it for alarms.
 */
void osm_events_of_publish(struct osm_session *session, struct osm_subscription *subscription,
                           const UA_NotificationMessage *message, bool more_notifications,
                           bool republished);

/* The same, some of them at a time: from a place in the message on, which is zeroed at first. False
 * when all have been told. */
bool osm_events_of_publish_some(struct osm_session *session, struct osm_subscription *subscription,
                                const UA_NotificationMessage *message, bool more_notifications,
                                bool republished, struct osm_notification_place *place);

/* --- what becomes of subscriptions (events_upkeep.c) ---------------------------------------- */

/* Messages from … to (sequence numbers; to 0 = nobody knows) will never come. dropped: how many,
 * or OSM_OBSERVED_UNKNOWN. */
void osm_event_notifications_lost(struct osm_session *session, uint32_t subscription_id,
                                  uint32_t from, uint32_t to, uint32_t dropped, const char *reason);
void osm_event_subscription_transferred(struct osm_session *session, uint32_t subscription_id,
                                        UA_StatusCode status);
/* What was wished for, as if a caller had asked for it: SubscriptionCreated, …Deleted. */
void osm_event_subscription_made(struct osm_session *session,
                                 const struct osm_subscription *subscription);
void osm_event_subscription_deleted(struct osm_session *session, uint32_t subscription_id,
                                    UA_StatusCode status);
/* MonitoredItemCreated, …Modified, …Deleted. */
void osm_event_item_made(struct osm_session *session, uint32_t subscription_id, uint32_t item_id,
                         const UA_NodeId *node, UA_StatusCode status);
void osm_event_item_modified(struct osm_session *session, uint32_t subscription_id,
                             uint32_t item_id, UA_StatusCode status);
void osm_event_item_deleted(struct osm_session *session, uint32_t subscription_id, uint32_t item_id,
                            UA_StatusCode status);
/* Made anew on the server; values between were not watched. */
void osm_event_subscription_recreated(struct osm_session *session, uint32_t subscription_id,
                                      const char *reason);
/* No longer kept: it went to somebody else, or cannot be made anew. */
void osm_event_subscription_lost(struct osm_session *session, uint32_t subscription_id,
                                 const char *reason);
/* ailment: why data does not flow, NULL = it does again. */
void osm_event_health_changed(struct osm_session *session, const char *ailment);

#endif
