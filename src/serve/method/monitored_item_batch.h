/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_MONITORED_ITEM_BATCH_H
#define OSM_SERVE_METHOD_MONITORED_ITEM_BATCH_H
/*
 * Monitored items of one subscription, sent in batches. Progress survives a recovery: what has
 * been answered is not sent again. For the items' methods, at the beginning of their state.
 */
#include "serve/method/batch.h"

struct osm_monitored_item_batch {
    uint32_t subscription; /* as the caller knows it */
    size_t size;           /* of all */
    size_t answered;       /* the first ones; the request under way begins here */
    struct osm_batch batch;
};

/* Sends what is not answered yet; send(op, …, count) takes the next `count` items. */
static inline void osm_monitored_item_batch_start(struct osm_op *op,
                                                  void (*send)(struct osm_op *op, size_t first,
                                                               size_t count))
{
    struct osm_monitored_item_batch *items = op->state;

    osm_batch_start(op, &items->batch, OSM_LIMIT_MONITORED_ITEMS, items->size - items->answered,
                    send);
}

/* What was asked for last is answered: sends the next batch, or returns false when there is none.
 */
static inline bool osm_monitored_item_batch_next(struct osm_op *op)
{
    struct osm_monitored_item_batch *items = op->state;

    items->answered += items->batch.asked;
    return osm_batch_next(op);
}

static inline struct osm_subscription *
osm_monitored_item_batch_subscription(const struct osm_op *op)
{
    const struct osm_monitored_item_batch *items = op->state;

    return osm_subscription_find(osm_session_subscriptions(osm_op_session(op)),
                                 items->subscription);
}

static inline uint32_t osm_monitored_item_batch_server_id(const struct osm_op *op)
{
    const struct osm_monitored_item_batch *items = op->state;

    return osm_subscription_server_id(osm_session_subscriptions(osm_op_session(op)),
                                      items->subscription);
}

#endif
