/* SPDX-License-Identifier: MIT */
/* A session's subscriptions as they are meant to be; see subscription.h. */
#include "core/subscription/subscription.h"

#include <utlist.h>

#include <open62541/types_generated_handling.h>

#include "util/alloc.h"
#include "util/backoff.h"

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

    if (subscription)
        return subscription->server_id;
    return osm_subscription_find_server(all, id) ? 0 : id;
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

uint32_t *osm_subscriptions_ids(const struct osm_subscriptions *all, size_t *size)
{
    uint32_t *ids = osm_alloc(HASH_COUNT(all->by_id) * sizeof(*ids));
    const struct osm_subscription *subscription;

    *size = 0;
    for (subscription = all->by_id; subscription; subscription = subscription->hh.next)
        ids[(*size)++] = subscription->id;
    return ids;
}

/* The id itself, or one nobody has. */
static uint32_t free_id(struct osm_subscriptions *all, uint32_t id)
{
    while (osm_subscription_find(all, id))
        id = OSM_FIRST_SPARE_ID + all->next_id++;
    return id;
}

static void enter_server_id(struct osm_subscriptions *all, struct osm_subscription *subscription)
{
    if (subscription->place != OSM_SUBSCRIPTION_GONE)
        HASH_ADD(hh_server, all->by_server_id, server_id, sizeof(subscription->server_id),
                 subscription);
}

static void leave_server_id(struct osm_subscriptions *all, struct osm_subscription *subscription)
{
    if (subscription->place != OSM_SUBSCRIPTION_GONE)
        HASH_DELETE(hh_server, all->by_server_id, subscription);
}

static void count_items(struct osm_subscriptions *all, const struct osm_subscription *subscription,
                        bool in)
{
    const struct osm_monitored_item *const lists[] = {
        subscription->missing, subscription->refused_items, subscription->changed_items,
        subscription->doomed_items};
    const struct osm_monitored_item *item;
    unsigned unmet = 0, count;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(lists); i++) {
        DL_COUNT(lists[i], item, count);
        unmet += count;
    }
    all->item_count += in ? subscription->item_count : -subscription->item_count;
    all->unmet_items += in ? unmet : -unmet;
}

void osm_subscription_request(const struct osm_subscription_params *params,
                              UA_CreateSubscriptionRequest *out)
{
    UA_CreateSubscriptionRequest_init(out);
    out->requestedPublishingInterval = params->publishing_interval;
    out->requestedLifetimeCount = params->lifetime_count;
    out->requestedMaxKeepAliveCount = params->keep_alive_count;
    out->maxNotificationsPerPublish = params->max_notifications;
    out->publishingEnabled = params->publishing_enabled;
    out->priority = params->priority;
}

static void insert(struct osm_subscriptions *all, struct osm_subscription *subscription)
{
    subscription->id = free_id(all, subscription->id);
    HASH_ADD(hh, all->by_id, id, sizeof(subscription->id), subscription);
    enter_server_id(all, subscription);
    count_items(all, subscription, true);
}

static void take_out(struct osm_subscriptions *all, struct osm_subscription *subscription)
{
    HASH_DELETE(hh, all->by_id, subscription);
    leave_server_id(all, subscription);
    count_items(all, subscription, false);
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
    subscription->track.budget = all->budget;
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
    osm_sequence_begin(&subscription->track);
    insert(all, subscription);
    return subscription;
}

struct osm_subscription *osm_subscription_add_unborn(struct osm_subscriptions *all,
                                                     const struct osm_subscription_params *params)
{
    struct osm_subscription *subscription = osm_alloc(sizeof(*subscription));

    subscription->id = OSM_FIRST_SPARE_ID + all->next_id++;
    subscription->place = OSM_SUBSCRIPTION_GONE;
    subscription->unborn = true;
    subscription->params = *params;
    subscription->track.gone = true; /* nothing is heard of it yet */
    subscription->track.budget = all->budget;
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

void osm_subscription_disown(struct osm_subscription *subscription)
{
    struct osm_monitored_item *item;

    if (subscription->wish)
        *subscription->wish = NULL;
    subscription->wish = NULL;
    for (item = subscription->items; item; item = item->hh.next)
        osm_monitored_item_disown(item);
}

void osm_subscription_move(struct osm_subscriptions *from, struct osm_subscriptions *to,
                           struct osm_subscription *subscription)
{
    struct osm_subscription *old = osm_subscription_find_server(to, subscription->server_id);

    if (old)
        osm_subscription_remove(to, old);
    osm_subscription_disown(subscription); /* a wish is one of its session */
    osm_sequence_moved(&subscription->track);
    take_out(from, subscription);
    insert(to, subscription);
}

void osm_subscription_remove(struct osm_subscriptions *all, struct osm_subscription *subscription)
{
    struct osm_trigger_link *link, *after;
    struct osm_monitored_item *item, *next;

    take_out(all, subscription);
    count_items(all, subscription, true); /* what goes with it counts itself out */
    if (subscription->wish)
        *subscription->wish = NULL;
    DL_FOREACH_SAFE (subscription->links, link, after)
        osm_monitored_item_set_link(subscription, link->trigger, link->item, false);
    HASH_ITER (hh, subscription->items, item, next)
        osm_monitored_item_remove(all, subscription, item);
    osm_sequence_clear(&subscription->track);
    free(subscription);
}

void osm_subscriptions_clear(struct osm_subscriptions *all)
{
    struct osm_subscription *subscription, *next;

    HASH_ITER (hh, all->by_id, subscription, next)
        osm_subscription_remove(all, subscription);
}

/* --- places -------------------------------------------------------------------------------- */

/* How often it was refused is remembered until it has lasted. */
void osm_subscription_pardon(struct osm_subscription *subscription)
{
    subscription->refused = false;
    subscription->refusal.status = UA_STATUSCODE_GOOD;
    subscription->refusal.retry_at = 0;
}

void osm_subscription_lose(struct osm_subscriptions *all, struct osm_subscription *subscription)
{
    struct osm_trigger_link *link;
    struct osm_monitored_item *item;

    leave_server_id(all, subscription);
    subscription->place = OSM_SUBSCRIPTION_GONE;
    subscription->server_id = 0;
    osm_subscription_pardon(subscription);
    DL_FOREACH (subscription->links, link)
        link->tried = false;
    for (item = subscription->items; item; item = item->hh.next) {
        osm_monitored_item_lose(all, subscription, item);
        item->refusal.failures = 0;
    }
}

/* A wish is known to callers by the server's number, if that is free. */
static void get_born(struct osm_subscriptions *all, struct osm_subscription *subscription)
{
    HASH_DELETE(hh, all->by_id, subscription);
    subscription->id = free_id(all, subscription->server_id);
    HASH_ADD(hh, all->by_id, id, sizeof(subscription->id), subscription);
    subscription->unborn = false;
    osm_sequence_begin(&subscription->track);
}

void osm_subscription_made(struct osm_subscriptions *all, struct osm_subscription *subscription,
                           const UA_CreateSubscriptionResponse *created, osm_msec now)
{
    struct osm_subscription *old = osm_subscription_find_server(all, created->subscriptionId);

    osm_assert(subscription->place == OSM_SUBSCRIPTION_GONE);
    if (old) /* a server that gives an id twice has forgotten the first one */
        osm_subscription_lose(all, old);
    subscription->place = OSM_SUBSCRIPTION_HERE;
    osm_subscription_pardon(subscription);
    subscription->server_id = created->subscriptionId;
    if (subscription->unborn)
        get_born(all, subscription);
    else
        subscription->made_at = now;
    subscription->revised_interval = created->revisedPublishingInterval;
    subscription->revised_lifetime = created->revisedLifetimeCount;
    subscription->revised_keep_alive = created->revisedMaxKeepAliveCount;
    enter_server_id(all, subscription);
}

bool osm_subscriptions_are_unmet(const struct osm_subscriptions *all)
{
    const struct osm_subscription *subscription;

    for (subscription = all->by_id; subscription; subscription = subscription->hh.next)
        if (subscription->place != OSM_SUBSCRIPTION_HERE || subscription->changed ||
            subscription->doomed || subscription->refused)
            return true;
    return all->unmet_items > 0;
}

/* --- refusals ------------------------------------------------------------------------------ */

void osm_subscription_note_refusal(struct osm_refusal *refusal, UA_StatusCode status, osm_msec now,
                                   uint32_t random)
{
    static const struct osm_backoff pauses = {OSM_REFUSED_FIRST, OSM_REFUSED_MOST};

    refusal->status = status;
    refusal->retry_at = now + osm_backoff_delay(&pauses, ++refusal->failures, random);
}

void osm_subscription_refuse(struct osm_subscription *subscription, UA_StatusCode status,
                             osm_msec now, uint32_t random)
{
    subscription->refused = true;
    osm_subscription_note_refusal(&subscription->refusal, status, now, random);
}

static void ask_again(struct osm_subscriptions *all, struct osm_subscription *subscription,
                      struct osm_monitored_item *item)
{
    if (item->server_id)
        osm_monitored_item_set_place(all, subscription, item, OSM_MONITORED_ITEM_CHANGED);
    else
        osm_monitored_item_lose(all, subscription, item);
}

bool osm_subscriptions_retry(struct osm_subscriptions *all, osm_msec now)
{
    struct osm_subscription *subscription;
    struct osm_monitored_item *item, *next;
    bool any = false;

    for (subscription = all->by_id; subscription; subscription = subscription->hh.next) {
        if (subscription->refused && subscription->refusal.retry_at <= now) {
            osm_subscription_pardon(subscription);
            any = true;
        }
        DL_FOREACH_SAFE (subscription->refused_items, item, next)
            if (item->refusal.retry_at <= now) {
                ask_again(all, subscription, item);
                any = true;
            }
    }
    return any;
}

void osm_subscriptions_retry_all(struct osm_subscriptions *all)
{
    struct osm_subscription *subscription;
    struct osm_monitored_item *item;

    for (subscription = all->by_id; subscription; subscription = subscription->hh.next) {
        subscription->refusal.failures = 0;
        DL_FOREACH (subscription->refused_items, item)
            item->refusal.failures = 0;
    }
    (void)osm_subscriptions_retry(all, OSM_MSEC_NEVER);
}

osm_msec osm_subscriptions_next_retry(const struct osm_subscriptions *all)
{
    const struct osm_subscription *subscription;
    const struct osm_monitored_item *item;
    osm_msec next = OSM_MSEC_NEVER;

    for (subscription = all->by_id; subscription; subscription = subscription->hh.next) {
        if (subscription->refused)
            next = OSM_MIN(next, subscription->refusal.retry_at);
        DL_FOREACH (subscription->refused_items, item)
            next = OSM_MIN(next, item->refusal.retry_at);
    }
    return next;
}
