/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_PUBLISH_LARGE_H
#define OSM_CORE_SUBSCRIPTION_PUBLISH_LARGE_H
/*
 * Publish responses so large that reading or copying them would hold the loop.
 *
 *   told ──▶ off the loop: the texts of its events, its size ──▶ arrives ──▶ gone, or stored
 *
 * A large response arrives a little later than it was told, and as if it had been told only then:
 * its connection waits, so nothing of it comes between. A loss or the end of the publisher before
 * that means that it has not come; the server was not told otherwise and can publish it again.
 *
 * Events that are wanted of a response only when it is told, long after it has arrived, are written
 * off the loop then (publish_telling.c).
 *
 * While a response arrives, or is taken out of where it was stored, whoever stores it has it from
 * publisher->arriving.
 */
#include "core/subscription/publish_stored.h"

struct osm_publisher;

/* Whose answer it is. */
struct osm_publish_large_ops {
    /* As if the response had been told now. */
    void (*arrive)(void *context, UA_PublishResponse *response);
    /* The connection is lost: it will not arrive. */
    void (*lost)(void *context);
};

/* The answer that is being told is so large that it arrives later. `response` borrows from it and
 * is copied; the publisher waits for one at a time, as its connection does. */
void osm_publish_large_begin(struct osm_publisher *publisher, const UA_PublishResponse *response,
                             const struct osm_publish_large_ops *ops, void *context);
/* The connection is lost. */
void osm_publish_large_lost(struct osm_publisher *publisher);
/* Nobody waits for it any more; context NULL = whosever it is. */
void osm_publish_large_forget(struct osm_publisher *publisher, const void *context);

/* One that has been stored meanwhile: whether all that is wanted of its events has been written;
 * else it is made ready once more, and written on any thread. */
bool osm_publish_large_is_ready(const struct osm_publisher *publisher,
                                struct osm_publish_large *large);
void osm_publish_large_prepare(const struct osm_publisher *publisher,
                               struct osm_publish_large *large);
void osm_publish_large_write(struct osm_publish_large *large);

/* From here on until the end it may be stored elsewhere; returns what is to be given to the end. */
struct osm_publish_large *osm_publish_offer(struct osm_publisher *publisher,
                                            const struct osm_publish_stored *stored);
void osm_publish_offer_end(struct osm_publisher *publisher, struct osm_publish_stored *stored,
                           struct osm_publish_large *before);

#endif
