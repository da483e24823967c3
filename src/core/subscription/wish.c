/* SPDX-License-Identifier: MIT */
/* Writing down what should be; see wish.h. */
#include "core/subscription/wish.h"

#include <utlist.h>

/* --- subscriptions ------------------------------------------------------------------------- */

struct osm_subscription *osm_subscription_wish(struct osm_subscriptions *all,
                                               const struct osm_subscription_params *params,
                                               struct osm_subscription **wish)
{
    struct osm_subscription *subscription;

    if (osm_subscriptions_are_full(all))
        return NULL;
    subscription = osm_subscription_add_unborn(all, params);
    subscription->wish = wish;
    *wish = subscription;
    return subscription;
}

void osm_subscription_change(struct osm_subscription *subscription,
                             const struct osm_subscription_params *params)
{
    subscription->params = *params;
    subscription->changed = true;
    osm_subscription_pardon(subscription);
}

void osm_subscription_doom(struct osm_subscription *subscription)
{
    osm_subscription_disown(subscription);
    subscription->doomed = true;
    osm_subscription_pardon(subscription);
}

/* --- items --------------------------------------------------------------------------------- */

struct osm_monitored_item *
osm_subscription_wish_item(struct osm_subscriptions *all, struct osm_subscription *subscription,
                           const struct osm_monitored_item_params *params,
                           struct osm_monitored_item **wish)
{
    struct osm_monitored_item *item;

    if (!osm_monitored_items_have_room(all, 1))
        return NULL;
    item = osm_monitored_item_add_unborn(all, subscription, params);
    item->wish = wish;
    *wish = item;
    return item;
}

/* One that is asked for at the moment becomes CHANGED by the answer. */
void osm_subscription_change_item(struct osm_subscriptions *all,
                                  struct osm_subscription *subscription,
                                  struct osm_monitored_item *item,
                                  const struct osm_monitored_item_params *params)
{
    item->params.client_handle = params->client_handle;
    item->params.sampling_interval = params->sampling_interval;
    item->params.queue_size = params->queue_size;
    item->params.discard_oldest = params->discard_oldest;
    item->params.filtered = params->filtered;
    item->params.filter = params->filter;
    item->stale = true;
    item->refusal.failures = 0;
    osm_monitored_item_set_place(all, subscription, item,
                                 item->server_id ? OSM_MONITORED_ITEM_CHANGED
                                                 : OSM_MONITORED_ITEM_MISSING);
}

void osm_subscription_doom_item(struct osm_subscriptions *all,
                                struct osm_subscription *subscription,
                                struct osm_monitored_item *item)
{
    osm_monitored_item_disown(item);
    osm_monitored_item_set_place(all, subscription, item, OSM_MONITORED_ITEM_DOOMED);
}

void osm_subscription_sweep_items(struct osm_subscriptions *all,
                                  struct osm_subscription *subscription)
{
    struct osm_monitored_item *item, *next;

    DL_FOREACH_SAFE (subscription->doomed_items, item, next)
        if (!item->server_id)
            osm_monitored_item_remove(all, subscription, item);
}
