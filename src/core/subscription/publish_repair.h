/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_PUBLISH_REPAIR_H
#define OSM_CORE_SUBSCRIPTION_PUBLISH_REPAIR_H
/*
 * Gaps: asks the server for missing messages (Republish, OPC 10000-4 §5.14.6) as the tracks of
 * the subscriptions say, and has everything delivered in order. At most one request per
 * subscription and OSM_PUBLISH_ASKS per session are on their way; the others wait their turn.
 *
 * For the files of the publish engine only.
 */
#include "core/session/session.h"

/* Does what the subscription's track says. It may be removed in doing so. */
void osm_publish_settle(struct osm_session *session, struct osm_subscription *subscription);
/* The same for all that are incomplete. */
void osm_publish_settle_all(struct osm_session *session);
/* Its requests are not wanted any more. */
void osm_publish_asks_forget(struct osm_session *session,
                             const struct osm_subscription *subscription);
/* None of the session is. */
void osm_publish_asks_stop(struct osm_session *session);
/* What is overdue; returns when to look again. */
osm_msec osm_publish_asks_tick(struct osm_session *session, osm_msec now);

/* --- publish_deliver.c ----------------------------------------------------------------------- */

/* The next message of the subscription, for events or for a caller.
 * False when the subscription has been removed or is gone. */
bool osm_publish_deliver(struct osm_session *session, struct osm_subscription *subscription,
                         UA_PublishResponse *response);
/* Its events are out: it is acknowledged, with --deferred-ack as soon as they are safe. */
void osm_publish_acknowledge(struct osm_session *session,
                             const struct osm_subscription *subscription, uint32_t number);
/* These messages cannot be had any more. */
void osm_publish_lost(struct osm_session *session, const struct osm_subscription *subscription,
                      uint32_t from, uint32_t to);
/* What is held goes out, what is missing is lost; false when the subscription was removed. */
bool osm_publish_drain(struct osm_session *session, struct osm_subscription *subscription);
/* The server has the subscription no more: what is held is delivered, it is made anew. */
void osm_publish_gone(struct osm_session *session, struct osm_subscription *subscription,
                      const char *reason);

/* --- publish_intake.c ------------------------------------------------------------------------ */

/* A good response; content is moved out. */
void osm_publish_take_in(struct osm_session *session, UA_PublishResponse *response);
/* Takes in what has come before the subscription was known. */
void osm_publish_unpark(struct osm_session *session, uint32_t server_id);
/* Drops what is too old; returns when to look again. */
osm_msec osm_publish_parked_tick(struct osm_session *session, osm_msec now);
void osm_publish_parked_clear(struct osm_session *session);

#endif
