/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_PUBLISH_H
#define OSM_CORE_SUBSCRIPTION_PUBLISH_H
/*
 * Publish as callers do it themselves (methods.md §2.21). The server holds a Publish back until it
 * has something to say, so the requests belong to the session, not to the callers who wait: who
 * comes next gets the next answer, whoever's request has brought it.
 *
 *   callers ──▶ waiters                 one request per waiting caller is outstanding; a caller
 *                 ▲                     who gives up leaves his behind, the next one takes it up
 *   server ──▶ answers ──▶ kept         nobody waits: kept for the next caller
 *
 * Invariants: as many answers are kept as fit the callers who may wait, plus what is published
 * again after a loss: no more than twice OSM_PUBLISH_WAITING. An answer goes to exactly one
 * caller. A late answer is never a loss; that the server is alive is seen by the keep-alive Read.
 *
 * After a loss, what the server sent meanwhile is asked for (publish_repair.h) and handed out
 * first. While the session publishes on its own account (publish_engine.h) callers are refused.
 */
#include <stddef.h>
#include <stdint.h>

#include "core/link/op.h"

struct osm_publisher;
struct osm_session;

#define OSM_PUBLISH_WAITING 64 /* callers, per session */

/* Waits for the next PublishResponse and hands it to step, perhaps at once. The acknowledgements
 * (with callers' subscription ids; copied) go with the next request that is sent. */
void osm_publish_next(struct osm_op *op, const UA_SubscriptionAcknowledgement *acks, size_t size,
                      osm_op_step_fn *step);
/* What callers are told while the session publishes on its own account. */
extern const struct osm_fault osm_publish_refusal;

/* --- for the session and the other files of publishing --- */

/* An answer or a refusal to a request that was sent for callers. */
void osm_publish_take_answer(struct osm_session *session, UA_PublishResponse *response);
void osm_publish_take_fault(struct osm_session *session, UA_StatusCode status);
/* To the first caller who waits, or kept. False when the session does
 * not have the subscription any more. */
bool osm_publish_hand_out(struct osm_session *session, UA_PublishResponse *response);
/* Nothing is kept of the subscription the server calls so. */
void osm_publish_forget(struct osm_publisher *publisher, uint32_t server_id);
/* The connection is gone: callers wait for the recovery. */
void osm_publish_strand_all(struct osm_publisher *publisher);
/* Automatic publishing begins: callers are refused, what is kept becomes events. */
void osm_publish_hand_over(struct osm_session *session);
/* Frees everything; nobody waits any more. */
void osm_publisher_clear(struct osm_session *session);

#endif
