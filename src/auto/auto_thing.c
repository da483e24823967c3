/* SPDX-License-Identifier: MIT */
/* Subscriptions and items of auto-connect: where they are and when they are tried again. */
#include <string.h>

#include <utlist.h>

#include "auto/auto_internal.h"
#include "util/alloc.h"
#include "util/log.h"

osm_msec osm_auto_now(const struct osm_auto_connect *all)
{
    return osm_clock_now(all->loop.clock);
}

osm_msec osm_auto_delay(osm_msec first, osm_msec most, unsigned failures)
{
    osm_msec delay = OSM_MIN(first << OSM_MIN(failures, 16u), most);
    uint32_t random;

    osm_random(&random, sizeof(random));
    return delay - random % (delay / 2 + 1);
}

bool osm_auto_is_due(const struct osm_auto_entry *entry, const struct osm_auto_thing *thing)
{
    return thing->retry_at <= osm_auto_now(entry->owner);
}

void osm_auto_refuse(struct osm_auto_entry *entry, struct osm_auto_thing *thing, const char *what,
                     const char *message)
{
    osm_msec delay =
        osm_auto_delay(OSM_AUTO_REFUSED_FIRST, OSM_AUTO_REFUSED_MOST, thing->failures++);

    thing->retry_at = osm_auto_now(entry->owner) + delay;
    if (thing->refusal && strcmp(thing->refusal, message) == 0)
        return;
    osm_log_warning("Auto-connect \"%s\": %s refused: %s (it is tried again)", entry->label, what,
                    message);
    free(thing->refusal);
    thing->refusal = osm_strdup(message);
}

void osm_auto_made(struct osm_auto_thing *thing, uint32_t id, uint64_t generation)
{
    thing->id = id;
    thing->failures = 0;
    thing->retry_at = 0;
    free(osm_steal(thing->refusal));
    if (thing->place != OSM_AUTO_DOOMED)
        thing->place = thing->changed_in > generation ? OSM_AUTO_CHANGED : OSM_AUTO_THERE;
}

void osm_auto_item_free(struct osm_auto_subscription *subscription, struct osm_auto_item *item)
{
    DL_DELETE(subscription->items, item);
    free(item->thing.refusal);
    free(item->node_id);
    free(item);
}

void osm_auto_subscription_free(struct osm_auto_entry *entry,
                                struct osm_auto_subscription *subscription)
{
    struct osm_auto_item *item, *next;

    DL_DELETE(entry->subscriptions, subscription);
    DL_FOREACH_SAFE (subscription->items, item, next)
        osm_auto_item_free(subscription, item);
    free(subscription->thing.refusal);
    free(subscription);
}

static void lose(struct osm_auto_thing *thing)
{
    thing->id = 0;
    thing->retry_at = 0;
    thing->failures = 0;
    if (thing->place != OSM_AUTO_DOOMED)
        thing->place = OSM_AUTO_MISSING;
}

void osm_auto_subscription_lose(struct osm_auto_subscription *subscription)
{
    struct osm_auto_item *item;

    lose(&subscription->thing);
    subscription->refreshed = 0;
    DL_FOREACH (subscription->items, item)
        lose(&item->thing);
}

void osm_auto_sweep(struct osm_auto_entry *entry)
{
    struct osm_auto_subscription *subscription, *next;
    struct osm_auto_item *item, *next_item;

    osm_assert(!entry->call);
    DL_FOREACH_SAFE (entry->subscriptions, subscription, next) {
        if (subscription->thing.place == OSM_AUTO_DOOMED && !subscription->thing.id) {
            osm_auto_subscription_free(entry, subscription);
            continue;
        }
        DL_FOREACH_SAFE (subscription->items, item, next_item)
            if (item->thing.place == OSM_AUTO_DOOMED && !item->thing.id)
                osm_auto_item_free(subscription, item);
    }
}

osm_msec osm_auto_next_retry(const struct osm_auto_entry *entry)
{
    const struct osm_auto_subscription *subscription;
    const struct osm_auto_item *item;
    osm_msec next = OSM_MSEC_NEVER;

    DL_FOREACH (entry->subscriptions, subscription) {
        if (subscription->thing.retry_at)
            next = OSM_MIN(next, subscription->thing.retry_at);
        DL_FOREACH (subscription->items, item)
            if (item->thing.retry_at)
                next = OSM_MIN(next, item->thing.retry_at);
    }
    return next;
}
