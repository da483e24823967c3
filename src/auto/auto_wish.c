/* SPDX-License-Identifier: MIT */
/*
 * Wishes of an entry: writing them down, changing and withdrawing them. Items are matched by what
 * they watch, so that an item that is wanted before and after keeps everything.
 */
#include <string.h>

#include <uthash.h>
#include <utlist.h>

#include "auto/auto_internal.h"
#include "core/subscription/wish.h"
#include "util/alloc.h"
#include "util/log.h"

static struct osm_subscriptions *subscriptions_of(const struct osm_auto_entry *entry)
{
    struct osm_session *session = osm_auto_entry_session(entry);

    return session ? osm_session_subscriptions(session) : NULL;
}

struct osm_auto_subscription *osm_auto_subscription_new(struct osm_auto_entry *entry)
{
    struct osm_auto_subscription *subscription = osm_alloc(sizeof(*subscription));

    DL_APPEND(entry->subscriptions, subscription);
    return subscription;
}

void osm_auto_subscription_free(struct osm_auto_entry *entry,
                                struct osm_auto_subscription *subscription)
{
    if (subscription->kept)
        osm_subscription_disown(subscription->kept);
    DL_DELETE(entry->subscriptions, subscription);
    free(subscription->items);
    free(subscription);
}

void osm_auto_subscription_drop(struct osm_auto_entry *entry,
                                struct osm_auto_subscription *subscription)
{
    if (subscription->kept)
        osm_subscription_doom(subscription->kept);
    osm_auto_subscription_free(entry, subscription);
}

/* --- items --------------------------------------------------------------------------------- */

/* Items that watch the same thing, by their place in the old list. Lives during one comparison. */
struct watched {
    char *key;
    size_t *places;
    size_t size, taken;
    UT_hash_handle hh;
};

static char *key_of(struct osm_arena *arena, const struct osm_desired_item *item)
{
    const UA_String *range = &item->params.index_range;

    return osm_arena_printf(arena, "%d/%u/%.*s/%s", item->params.event != NULL,
                            item->params.attribute_id, (int)range->length,
                            (const char *)range->data, item->node);
}

static struct watched *index_items(struct osm_arena *arena,
                                   const struct osm_desired_subscription *wanted)
{
    struct watched *index = NULL, *slot;

    for (size_t i = 0; wanted && i < wanted->items_size; i++) {
        char *key = key_of(arena, &wanted->items[i]);

        HASH_FIND_STR(index, key, slot);
        if (!slot) {
            slot = osm_arena_alloc(arena, sizeof(*slot));
            slot->key = key;
            HASH_ADD_KEYPTR(hh, index, slot->key, strlen(slot->key), slot);
        }
        slot->places = osm_arena_grow(arena, slot->places, slot->size * sizeof(*slot->places),
                                      (slot->size + 1) * sizeof(*slot->places));
        slot->places[slot->size++] = i;
    }
    return index;
}

/* The item goes on as that one. Event items cannot be changed: they are made anew. */
static void rebind_item(struct osm_subscriptions *all, struct osm_subscription *kept,
                        const struct osm_desired_item *before, const struct osm_desired_item *after,
                        struct osm_monitored_item **from, struct osm_monitored_item **to)
{
    struct osm_monitored_item *item = *from;
    bool same = osm_desired_item_equal(before, after);

    if (!item || (!same && after->params.event))
        return;
    *from = NULL;
    *to = item;
    item->wish = to;
    if (!same)
        osm_subscription_change_item(all, kept, item, &after->params);
}

static void bind_items(struct osm_subscriptions *all, struct osm_auto_subscription *subscription,
                       const struct osm_desired_subscription *wanted,
                       struct osm_monitored_item **items)
{
    const struct osm_desired_subscription *old = subscription->wanted;
    struct watched *index, *slot;
    struct osm_arena arena;

    osm_arena_init(&arena);
    index = index_items(&arena, old);
    for (size_t i = 0; i < wanted->items_size; i++) {
        size_t place;

        HASH_FIND_STR(index, key_of(&arena, &wanted->items[i]), slot);
        if (!slot || slot->taken == slot->size)
            continue;
        place = slot->places[slot->taken++];
        rebind_item(all, subscription->kept, &old->items[place], &wanted->items[i],
                    &subscription->items[place], &items[i]);
    }
    HASH_CLEAR(hh, index);
    osm_arena_deinit(&arena);
    for (size_t i = 0; old && i < old->items_size; i++)
        if (subscription->items[i])
            osm_subscription_doom_item(all, subscription->kept, subscription->items[i]);
}

void osm_auto_subscription_bind(struct osm_auto_entry *entry,
                                struct osm_auto_subscription *subscription,
                                const struct osm_desired_subscription *wanted)
{
    struct osm_monitored_item **items =
        osm_alloc(wanted->items_size * sizeof(struct osm_monitored_item *) + 1);
    struct osm_subscriptions *all = subscriptions_of(entry);

    if (subscription->kept && !all) /* the session is closing */
        osm_subscription_disown(subscription->kept);
    if (subscription->kept) {
        bind_items(all, subscription, wanted, items);
        if (!osm_desired_params_equal(subscription->wanted, wanted))
            osm_subscription_change(subscription->kept, &wanted->params);
    }
    free(subscription->items);
    subscription->items = items;
    subscription->wanted = wanted;
}

/* --- wishing ------------------------------------------------------------------------------- */

/* What callers can change of an item (modifyMonitoredItems). */
static bool is_as_wanted(const struct osm_monitored_item_params *is,
                         const struct osm_monitored_item_params *wanted)
{
    return is->sampling_interval == wanted->sampling_interval &&
           is->queue_size == wanted->queue_size && is->client_handle == wanted->client_handle &&
           is->discard_oldest == wanted->discard_oldest && is->filtered == wanted->filtered &&
           (!is->filtered || (is->filter.trigger == wanted->filter.trigger &&
                              is->filter.deadbandType == wanted->filter.deadbandType &&
                              is->filter.deadbandValue == wanted->filter.deadbandValue));
}

static void put_back(const struct osm_auto_entry *entry, struct osm_subscriptions *all,
                     struct osm_auto_subscription *subscription, size_t i)
{
    const struct osm_desired_item *wanted = &subscription->wanted->items[i];
    struct osm_monitored_item *item = subscription->items[i];

    if (osm_subscription_doom_links(subscription->kept, item))
        osm_log_info(
            "Auto-connect \"%s\": a caller has linked the item of %s to a trigger, the link "
            "is taken away",
            entry->label, wanted->node);
    if (is_as_wanted(&item->params, &wanted->params))
        return;
    osm_log_info("Auto-connect \"%s\": a caller has changed the item of %s, it is put back",
                 entry->label, wanted->node);
    osm_subscription_change_item(all, subscription->kept, item, &wanted->params);
}

static bool wish_items(const struct osm_auto_entry *entry, struct osm_subscriptions *all,
                       struct osm_auto_subscription *subscription)
{
    for (size_t i = 0; i < subscription->wanted->items_size; i++) {
        if (subscription->items[i]) {
            put_back(entry, all, subscription, i);
            continue;
        }
        if (!osm_subscription_wish_item(all, subscription->kept,
                                        &subscription->wanted->items[i].params,
                                        &subscription->items[i]))
            return false;
    }
    return true;
}

bool osm_auto_wish_all(struct osm_auto_entry *entry, struct osm_session *session)
{
    struct osm_subscriptions *all = osm_session_subscriptions(session);
    struct osm_auto_subscription *subscription;
    bool fits = true;

    DL_FOREACH (entry->subscriptions, subscription) {
        if (!subscription->kept)
            (void)osm_subscription_wish(all, &subscription->wanted->params, &subscription->kept);
        fits = subscription->kept && wish_items(entry, all, subscription) && fits;
    }
    osm_recovery_repair(session);
    return fits;
}
