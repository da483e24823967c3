/* SPDX-License-Identifier: MIT */
/* A session's subscriptions as they are meant to be; see subscription.h. */
#include "core/subscription.h"

#include <utlist.h>

#include "core/store.h"
#include "util/alloc.h"

/* Ids for callers where the server's own number is taken: far from what servers count. */
#define OSM_FIRST_SPARE_ID UINT32_C(0x40000000)

/* --- finding ------------------------------------------------------------------------------- */

struct osm_subscription *osm_subscription_find(const struct osm_subscriptions *all, uint32_t id)
{
    struct osm_subscription *subscription;

    HASH_FIND(hh, all->by_id, &id, sizeof(id), subscription);
    return subscription;
}

struct osm_subscription *osm_subscription_find_server(const struct osm_subscriptions *all,
                                                      uint32_t server_id)
{
    struct osm_subscription *subscription;

    HASH_FIND(hh_server, all->by_server_id, &server_id, sizeof(server_id), subscription);
    return subscription;
}

uint32_t osm_subscription_server_id(const struct osm_subscriptions *all, uint32_t id)
{
    const struct osm_subscription *subscription = osm_subscription_find(all, id);

    return subscription ? subscription->server_id : id;
}

struct osm_session *osm_subscription_holder(const struct osm_session *session, uint32_t id)
{
    struct osm_session *other;

    DL_FOREACH (session->manager->stored, other)
        if (other != session && strcmp(other->endpoint_url, session->endpoint_url) == 0 &&
            osm_subscription_find(&other->subscriptions, id))
            return other;
    return NULL;
}

osm_msec osm_subscriptions_keep_alive(const struct osm_subscriptions *all)
{
    const struct osm_subscription *subscription;
    double longest = 0;

    for (subscription = all->by_id; subscription; subscription = subscription->hh.next) {
        if (subscription->adopted)
            return OSM_MSEC_NEVER;
        longest =
            OSM_MAX(longest, subscription->revised_interval * subscription->revised_keep_alive);
    }
    return longest < 1e12 ? (osm_msec)longest : OSM_MSEC_NEVER;
}

/* --- coming and going ---------------------------------------------------------------------- */

bool osm_subscriptions_are_full(const struct osm_subscriptions *all)
{
    return HASH_COUNT(all->by_id) >= OSM_SUBSCRIPTIONS_TRACKED;
}

/* The id itself, or one nobody has. */
static uint32_t free_id(struct osm_subscriptions *all, uint32_t id)
{
    while (osm_subscription_find(all, id))
        id = OSM_FIRST_SPARE_ID + all->next_id++;
    return id;
}

static void insert(struct osm_subscriptions *all, struct osm_subscription *subscription)
{
    subscription->id = free_id(all, subscription->id);
    HASH_ADD(hh, all->by_id, id, sizeof(subscription->id), subscription);
    HASH_ADD(hh_server, all->by_server_id, server_id, sizeof(subscription->server_id),
             subscription);
    all->item_count += subscription->item_count;
}

static void take_out(struct osm_subscriptions *all, struct osm_subscription *subscription)
{
    HASH_DELETE(hh, all->by_id, subscription);
    HASH_DELETE(hh_server, all->by_server_id, subscription);
    all->item_count -= subscription->item_count;
}

/* A server that gives an id twice has forgotten the first one. */
static struct osm_subscription *make(struct osm_subscriptions *all, uint32_t id, uint32_t server_id)
{
    struct osm_subscription *subscription = osm_subscription_find_server(all, server_id);

    if (subscription)
        osm_subscription_remove(all, subscription);
    subscription = osm_alloc(sizeof(*subscription));
    subscription->id = id;
    subscription->server_id = server_id;
    return subscription;
}

struct osm_subscription *osm_subscription_add(struct osm_subscriptions *all,
                                              const struct osm_subscription_params *params,
                                              const UA_CreateSubscriptionResponse *created)
{
    struct osm_subscription *subscription =
        make(all, created->subscriptionId, created->subscriptionId);

    subscription->params = *params;
    subscription->revised_interval = created->revisedPublishingInterval;
    subscription->revised_lifetime = created->revisedLifetimeCount;
    subscription->revised_keep_alive = created->revisedMaxKeepAliveCount;
    osm_track_begin(&subscription->track);
    insert(all, subscription);
    return subscription;
}

struct osm_subscription *osm_subscription_adopt(struct osm_subscriptions *all, uint32_t id,
                                                uint32_t server_id)
{
    struct osm_subscription *subscription = make(all, id, server_id);

    subscription->adopted = true;
    insert(all, subscription);
    return subscription;
}

void osm_subscription_move(struct osm_subscriptions *from, struct osm_subscriptions *to,
                           struct osm_subscription *subscription)
{
    struct osm_subscription *old = osm_subscription_find_server(to, subscription->server_id);

    if (old)
        osm_subscription_remove(to, old);
    take_out(from, subscription);
    insert(to, subscription);
}

void osm_subscription_remove(struct osm_subscriptions *all, struct osm_subscription *subscription)
{
    struct osm_trigger_link *link, *after;
    struct osm_item *item, *next;

    take_out(all, subscription);
    all->item_count += subscription->item_count; /* what goes with it counts itself out */
    DL_FOREACH_SAFE (subscription->links, link, after)
        osm_trigger_link_set(subscription, link->trigger, link->item, false);
    HASH_ITER (hh, subscription->items, item, next)
        osm_item_remove(all, subscription, item);
    osm_track_clear(&subscription->track);
    free(subscription);
}

void osm_subscriptions_clear(struct osm_subscriptions *all)
{
    struct osm_subscription *subscription, *next;

    HASH_ITER (hh, all->by_id, subscription, next)
        osm_subscription_remove(all, subscription);
}
