/* SPDX-License-Identifier: MIT */
/*
 * From what was wanted to what is wanted now. Only wishes change here; the sessions carry them
 * out. What is the same keeps everything: session, subscription, item and their ids on the server.
 *
 * Subscriptions have no names. They are matched by what they have in common: everything; their
 * items; their parameters; their place in the list. Items are matched by what they watch.
 */
#include <string.h>

#include <utlist.h>

#include "auto/auto_internal.h"
#include "util/alloc.h"

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

/* Those that are not bound yet; both lists shrink as matches are found. */
struct unbound {
    struct osm_auto_subscription **old;
    const struct osm_desired_subscription **wanted;
    size_t old_size, wanted_size;
};

static void match(struct osm_auto_entry *entry, struct unbound *unbound,
                  bool (*fits)(const struct osm_desired_subscription *a,
                               const struct osm_desired_subscription *b))
{
    for (size_t i = 0; i < unbound->wanted_size; i++)
        for (size_t j = 0; unbound->wanted[i] && j < unbound->old_size; j++)
            if (unbound->old[j] && fits(unbound->old[j]->wanted, unbound->wanted[i])) {
                osm_auto_subscription_bind(entry, osm_steal(unbound->old[j]),
                                           osm_steal(unbound->wanted[i]));
                break;
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
        unbound->old[unbound->old_size++] = subscription;
    for (size_t i = 0; i < wanted->subscriptions_size; i++)
        unbound->wanted[i] = &wanted->subscriptions[i];
}

static void diff(struct osm_auto_entry *entry, const struct osm_desired_connection *wanted)
{
    struct unbound unbound;
    struct osm_arena arena;

    osm_arena_init(&arena);
    collect(&arena, entry, wanted, &unbound);
    match(entry, &unbound, same_all);
    match(entry, &unbound, same_items);
    match(entry, &unbound, osm_desired_params_equal);
    match(entry, &unbound, any);
    for (size_t i = 0; i < unbound.old_size; i++)
        if (unbound.old[i])
            osm_auto_subscription_drop(entry, unbound.old[i]);
    for (size_t i = 0; i < unbound.wanted_size; i++)
        if (unbound.wanted[i])
            osm_auto_subscription_bind(entry, osm_auto_subscription_new(entry), unbound.wanted[i]);
    entry->wanted = wanted;
    osm_arena_deinit(&arena);
}

/* --- entries ------------------------------------------------------------------------------- */

/* An entry that is opening waits for the end of it: then the session is there to be closed. */
static void doom_entry(struct osm_auto_entry *entry)
{
    entry->wanted = NULL;
    while (entry->subscriptions)
        osm_auto_subscription_drop(entry, entry->subscriptions);
    osm_auto_look(entry, 0);
}

static void bind(struct osm_auto_entry *entry, const struct osm_desired_connection *wanted)
{
    free(entry->label);
    entry->label = osm_strdup(wanted->label);
    diff(entry, wanted);
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
        bool bound = !entry->wanted || (entry->wanted >= now->connections &&
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

    bind_known(all, now, true, bound);
    bind_known(all, now, false, bound);
    for (entry = last ? all->entries : NULL; entry; entry = entry == last ? NULL : next) {
        next = entry->next;
        if (entry->wanted &&
            !(entry->wanted >= now->connections && entry->wanted < now->connections + now->size))
            doom_entry(entry);
    }
    for (size_t i = 0; i < now->size; i++)
        if (!bound[i])
            diff(osm_auto_entry_new(all, now->connections[i].label, now->connections[i].endpoint),
                 &now->connections[i]);
    osm_desired_free(all->wanted);
    all->wanted = now;
}
