/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_WISH_H
#define OSM_CORE_SUBSCRIPTION_WISH_H
/*
 * Wishes: subscriptions and items that somebody wants to be on the server without asking for them
 * himself. He writes down what should be, restoring (core/session/recovery.h) carries it out, now
 * or when the session is connected again, and asks again for what the server refuses. For whoever
 * keeps connections up (src/auto).
 *
 * Whoever wishes lends a pointer that shows the thing and becomes NULL when it goes: deleted by a
 * caller, with the session, or handed to another one. What was written down takes effect with
 * osm_recovery_repair(), once for all changes.
 */
#include "core/subscription/subscription.h"

/* A subscription to be made; *wish is it, until it goes. NULL when the session keeps as many as it
 * may. */
struct osm_subscription *osm_subscription_wish(struct osm_subscriptions *all,
                                               const struct osm_subscription_params *params,
                                               struct osm_subscription **wish);
/* It is to have these parameters (ModifySubscription, OPC 10000-4 §5.14.3). */
void osm_subscription_change(struct osm_subscription *subscription,
                             const struct osm_subscription_params *params);
/* It is not wanted any more, and deleted on the server. */
void osm_subscription_doom(struct osm_subscription *subscription);
/* An item to be made; copied. NULL when the session keeps as many as it may. */
struct osm_monitored_item *
osm_subscription_wish_item(struct osm_subscriptions *all, struct osm_subscription *subscription,
                           const struct osm_monitored_item_params *params,
                           struct osm_monitored_item **wish);
/* Sampling interval, queue, client handle and the filter of data changes are to be these; the rest
 * of an item cannot change. */
void osm_subscription_change_item(struct osm_subscriptions *all,
                                  struct osm_subscription *subscription,
                                  struct osm_monitored_item *item,
                                  const struct osm_monitored_item_params *params);
void osm_subscription_doom_item(struct osm_subscriptions *all,
                                struct osm_subscription *subscription,
                                struct osm_monitored_item *item);
/* No trigger is to report the item: links to it are taken away (SetTriggering, OPC 10000-4
 * §5.13.5). Whether there were any. */
bool osm_subscription_doom_links(struct osm_subscription *subscription,
                                 const struct osm_monitored_item *item);
/* Frees the doomed items that the server has not got; not while a request of restoring is on its
 * way, which may make them. */
void osm_subscription_sweep_items(struct osm_subscriptions *all,
                                  struct osm_subscription *subscription);

#endif
