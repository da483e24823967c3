/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_PUBLISH_H
#define OSM_CORE_PUBLISH_H
/*
 * Publish requests of a session (OPC 10000-4 §5.13.5; methods.md §2.21). The server holds a
 * Publish back until it has something to say, so the requests belong to the session, not to the
 * callers who wait: who comes next gets the next answer, whoever's request has brought it.
 *
 *   callers ──▶ waiters                 one request per waiting caller is outstanding; a caller
 *                 ▲                     who gives up leaves his behind, the next one takes it up
 *   server ──▶ answers ──▶ kept         nobody waits: kept for the next caller
 *
 * Invariants: outstanding + kept <= OSM_PUBLISH_WAITING, as a request is sent only where nothing
 * is kept and fewer are outstanding than callers wait. An answer goes to exactly one caller. A
 * late answer is never a loss; that the server is alive is seen by the keep-alive Read.
 */
#include <stddef.h>
#include <stdint.h>

#include "core/op.h"

#define OSM_PUBLISH_WAITING 64 /* callers, per session */
#define OSM_PUBLISH_ACKS 1000  /* acknowledgements that have not been sent yet */

/* Waits for the next PublishResponse and hands it to step, perhaps at once. The acknowledgements
 * (with callers' subscription ids; copied) go with the next request that is sent. */
void osm_publish_next(struct osm_op *op, const UA_SubscriptionAcknowledgement *acks, size_t size,
                      osm_op_step_fn *step);

/* The subscription the server calls so is no more: nothing is kept of it. */
void osm_publish_forget(struct osm_publisher *publisher, uint32_t server_id);

/* --- for the session --- */

/* No answer is wanted any more: the connection is closing. */
void osm_publisher_stop(struct osm_publisher *publisher, const struct osm_ua_ops *ua);
/* Frees what is kept; nobody waits any more. */
void osm_publisher_clear(struct osm_publisher *publisher, const struct osm_ua_ops *ua);

#endif
