/* SPDX-License-Identifier: MIT */
/*
 * From what was wanted to what is wanted now. Only marks are set here; the steps carry them out,
 * as they do at the start. What is the same keeps everything: session, subscription, item and
 * their ids on the server.
 *
 * Subscriptions have no names. They are matched by what they have in common: everything; their
 * items; their parameters; their place in the list. Items are matched by what they watch.
 */
#include <string.h>

#include <utlist.h>

#include "auto/auto_internal.h"
#include "util/alloc.h"

/* --- items --------------------------------------------------------------------------------- */

/* Items that watch the same thing, in order. Lives during one comparison. */
struct watched {
    char *key;
    struct osm_auto_item **items;
    size_t size, taken;
    UT_hash_handle hh;
};

static char *key_of(struct osm_arena *arena, const struct osm_desired_item *item)
{
    return osm_arena_printf(arena, "%d/%u/%s", item->event, item->attribute_id, item->node_id);
}

static struct watched *index_items(struct osm_arena *arena,
                                   const struct osm_auto_subscription *subscription)
{
    struct watched *index = NULL, *slot;
    struct osm_auto_item *item;

    DL_FOREACH (subscription->items, item) {
        char *key;

        if (item->thing.place == OSM_AUTO_DOOMED)
            continue;
        key = key_of(arena, item->wanted);
        HASH_FIND_STR(index, key, slot);
        if (!slot) {
            slot = osm_arena_alloc(arena, sizeof(*slot));
            slot->key = key;
            HASH_ADD_KEYPTR(hh, index, slot->key, strlen(slot->key), slot);
        }
        slot->items =
            osm_arena_grow(arena, slot->items, slot->size * sizeof(struct osm_auto_item *),
                           (slot->size + 1) * sizeof(struct osm_auto_item *));
        slot->items[slot->size++] = item;
    }
    return index;
}

static void add_item(struct osm_auto_subscription *subscription,
                     const struct osm_desired_item *wanted, uint64_t generation)
{
    struct osm_auto_item *item = osm_alloc(sizeof(*item));

    item->wanted = wanted;
    item->node_id = osm_strdup(wanted->node_id);
    item->thing.changed_in = generation;
    DL_APPEND(subscription->items, item);
}

static void doom(struct osm_auto_thing *thing)
{
    thing->place = OSM_AUTO_DOOMED;
    thing->retry_at = 0;
}

/* Event items cannot be changed but for their handle: they are made anew. */
static void rebind_item(struct osm_auto_subscription *subscription, struct osm_auto_item *item,
                        const struct osm_desired_item *wanted, uint64_t generation)
{
    bool same = osm_desired_item_equal(item->wanted, wanted);

    if (!same && item->wanted->event) {
        doom(&item->thing);
        item->wanted = NULL;
        add_item(subscription, wanted, generation);
        return;
    }
    item->wanted = wanted;
    if (same)
        return;
    item->thing.changed_in = generation;
    item->thing.retry_at = 0;
    if (item->thing.place == OSM_AUTO_THERE)
        item->thing.place = OSM_AUTO_CHANGED;
}

static void diff_items(struct osm_auto_subscription *subscription,
                       const struct osm_desired_subscription *wanted, uint64_t generation)
{
    struct watched *index, *slot, *next;
    struct osm_arena arena;

    osm_arena_init(&arena);
    index = index_items(&arena, subscription);
    for (size_t i = 0; i < wanted->items_size; i++) {
        const struct osm_desired_item *item = &wanted->items[i];

        HASH_FIND_STR(index, key_of(&arena, item), slot);
        if (slot && slot->taken < slot->size)
            rebind_item(subscription, slot->items[slot->taken++], item, generation);
        else
            add_item(subscription, item, generation);
    }
    HASH_ITER (hh, index, slot, next) {
        for (; slot->taken < slot->size; slot->taken++) {
            doom(&slot->items[slot->taken]->thing);
            slot->items[slot->taken]->wanted = NULL;
        }
        HASH_DEL(index, slot);
    }
    osm_arena_deinit(&arena);
}

/* --- subscriptions ------------------------------------------------------------------------- */

static bool same_items(const struct osm_desired_subscription *a,
                       const struct osm_desired_subscription *b)
{
    if (a->items_size != b->items_size)
        return false;
    for (size_t i = 0; i < a->items_size; i++)
        if (!osm_desired_item_equal(&a->items[i], &b->items[i]))
            return false;
    return true;
}

static bool same_all(const struct osm_desired_subscription *a,
                     const struct osm_desired_subscription *b)
{
    return osm_desired_params_equal(a, b) && same_items(a, b);
}

static bool any(const struct osm_desired_subscription *a, const struct osm_desired_subscription *b)
{
    (void)a;
    (void)b;
    return true;
}

static void rebind(struct osm_auto_subscription *subscription,
                   const struct osm_desired_subscription *wanted, uint64_t generation)
{
    bool same = osm_desired_params_equal(subscription->wanted, wanted);

    diff_items(subscription, wanted, generation);
    subscription->wanted = wanted;
    if (same)
        return;
    subscription->thing.changed_in = generation;
    subscription->thing.retry_at = 0;
    if (subscription->thing.place == OSM_AUTO_THERE)
        subscription->thing.place = OSM_AUTO_CHANGED;
}

static void add_subscription(struct osm_auto_entry *entry,
                             const struct osm_desired_subscription *wanted)
{
    struct osm_auto_subscription *subscription = osm_alloc(sizeof(*subscription));

    subscription->wanted = wanted;
    subscription->thing.changed_in = entry->owner->generation;
    DL_APPEND(entry->subscriptions, subscription);
    for (size_t i = 0; i < wanted->items_size; i++)
        add_item(subscription, &wanted->items[i], entry->owner->generation);
}

/* Those that are not bound yet; both lists shrink as matches are found. */
struct unbound {
    struct osm_auto_subscription **old;
    const struct osm_desired_subscription **wanted;
    size_t old_size, wanted_size;
};

static void match(struct unbound *unbound, uint64_t generation,
                  bool (*fits)(const struct osm_desired_subscription *a,
                               const struct osm_desired_subscription *b))
{
    for (size_t i = 0; i < unbound->wanted_size; i++)
        for (size_t j = 0; unbound->wanted[i] && j < unbound->old_size; j++)
            if (unbound->old[j] && fits(unbound->old[j]->wanted, unbound->wanted[i])) {
                rebind(osm_steal(unbound->old[j]), osm_steal(unbound->wanted[i]), generation);
                break;
            }
}

static void doom_subscription(struct osm_auto_subscription *subscription)
{
    struct osm_auto_item *item;

    doom(&subscription->thing);
    subscription->wanted = NULL;
    DL_FOREACH (subscription->items, item) {
        doom(&item->thing);
        item->wanted = NULL;
    }
}

static void collect(struct osm_arena *arena, const struct osm_auto_entry *entry,
                    const struct osm_desired_connection *wanted, struct unbound *unbound)
{
    struct osm_auto_subscription *subscription;
    size_t count;

    DL_COUNT(entry->subscriptions, subscription, count);
    *unbound = (struct unbound){
        .old = osm_arena_array(arena, count, sizeof(struct osm_auto_subscription *)),
        .wanted = osm_arena_array(arena, wanted->subscriptions_size,
                                  sizeof(struct osm_desired_subscription *)),
        .wanted_size = wanted->subscriptions_size};
    DL_FOREACH (entry->subscriptions, subscription)
        if (subscription->thing.place != OSM_AUTO_DOOMED)
            unbound->old[unbound->old_size++] = subscription;
    for (size_t i = 0; i < wanted->subscriptions_size; i++)
        unbound->wanted[i] = &wanted->subscriptions[i];
}

void osm_auto_diff(struct osm_auto_entry *entry, const struct osm_desired_connection *wanted)
{
    uint64_t generation = entry->owner->generation;
    struct unbound unbound;
    struct osm_arena arena;

    osm_arena_init(&arena);
    collect(&arena, entry, wanted, &unbound);
    match(&unbound, generation, same_all);
    match(&unbound, generation, same_items);
    match(&unbound, generation, osm_desired_params_equal);
    match(&unbound, generation, any);
    for (size_t i = 0; i < unbound.old_size; i++)
        if (unbound.old[i])
            doom_subscription(unbound.old[i]);
    for (size_t i = 0; i < unbound.wanted_size; i++)
        if (unbound.wanted[i])
            add_subscription(entry, unbound.wanted[i]);
    entry->wanted = wanted;
    osm_arena_deinit(&arena);
}

/* --- entries ------------------------------------------------------------------------------- */

static void doom_entry(struct osm_auto_entry *entry)
{
    struct osm_auto_subscription *subscription;

    entry->doomed = true;
    entry->wanted = NULL;
    DL_FOREACH (entry->subscriptions, subscription)
        doom_subscription(subscription);
    osm_auto_look(entry, 0);
}

static void bind(struct osm_auto_entry *entry, const struct osm_desired_connection *wanted)
{
    free(entry->label);
    entry->label = osm_strdup(wanted->label);
    osm_auto_diff(entry, wanted);
    if (!entry->failures) /* a server that is away is not asked the sooner for it */
        osm_auto_look(entry, 0);
}

/* The entry that is not bound yet and keeps that session; of the same label unless that does not
 * matter: a label that was only renamed. */
static struct osm_auto_entry *find(struct osm_auto_connect *all,
                                   const struct osm_desired_connection *wanted,
                                   const struct osm_desired *now, bool by_label)
{
    struct osm_auto_entry *entry;

    DL_FOREACH (all->entries, entry) {
        bool bound = entry->doomed || (entry->wanted >= now->connections &&
                                       entry->wanted < now->connections + now->size);

        if (!bound && (!by_label || strcmp(entry->label, wanted->label) == 0) &&
            osm_desired_session_equal(entry->wanted, wanted))
            return entry;
    }
    return NULL;
}

static void bind_known(struct osm_auto_connect *all, const struct osm_desired *now, bool by_label,
                       bool *bound)
{
    for (size_t i = 0; i < now->size; i++) {
        struct osm_auto_entry *entry =
            bound[i] ? NULL : find(all, &now->connections[i], now, by_label);

        if (entry)
            bind(entry, &now->connections[i]);
        bound[i] = bound[i] || entry;
    }
}

void osm_auto_connect_apply(struct osm_auto_connect *all, struct osm_desired *wanted)
{
    struct osm_desired *now = wanted ? wanted : osm_desired_new();
    _cleanup_(osm_freep) bool *bound = osm_alloc(now->size + 1);
    struct osm_auto_entry *entry, *last = all->entries ? all->entries->prev : NULL, *next;

    all->generation++;
    bind_known(all, now, true, bound);
    bind_known(all, now, false, bound);
    for (entry = last ? all->entries : NULL; entry; entry = entry == last ? NULL : next) {
        next = entry->next;
        if (!entry->doomed &&
            !(entry->wanted >= now->connections && entry->wanted < now->connections + now->size))
            doom_entry(entry);
    }
    for (size_t i = 0; i < now->size; i++)
        if (!bound[i])
            osm_auto_diff(
                osm_auto_entry_new(all, now->connections[i].label, now->connections[i].endpoint),
                &now->connections[i]);
    osm_desired_free(all->wanted);
    all->wanted = now;
}
