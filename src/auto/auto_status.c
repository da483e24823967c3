/* SPDX-License-Identifier: MIT */
/* What entries tell about themselves (core/manager/connection_source.h). */
#include <utlist.h>

#include "auto/auto_internal.h"

/* The session's trouble is the entry's, so that both say the same. */
static void tell_session(const struct osm_session *session, struct osm_connection_status *out,
                         struct osm_arena *arena)
{
    enum osm_session_state state = osm_session_state(session);
    const char *ailment = osm_session_ailment(session, arena);
    struct osm_session_view view;

    if (ailment) {
        out->error = ailment;
        out->next_retry = osm_session_view(session).next_retry;
    }
    if (state == OSM_SESSION_ACTIVE || state == OSM_SESSION_CLOSING)
        return;
    view = osm_session_view(session);
    out->error = view.reason;
    out->failures = view.failures;
    out->next_retry = view.next_attempt;
}

static void visit_entry(struct osm_auto_entry *entry, osm_connection_fn *visit, void *arg)
{
    struct osm_connection_status status = {
        .label = entry->label,
        .endpoint = entry->endpoint,
        .state = osm_auto_state_name(osm_auto_entry_state(entry)),
        .removing = !entry->wanted,
        .config = entry->wanted ? &entry->wanted->config : NULL,
        .session = osm_auto_entry_session(entry),
        .opening = entry->open ? entry->open->open.session : NULL,
        .error = entry->failure,
        .failures = entry->failures,
        .next_retry = entry->failures && !entry->open ? entry->due : OSM_MSEC_NEVER,
        .entry = entry};
    struct osm_arena arena;

    osm_arena_init(&arena);
    if (status.session)
        tell_session(status.session, &status, &arena);
    visit(arg, &status);
    osm_arena_deinit(&arena);
}

/* --- cursors ------------------------------------------------------------------------------- */

static void begin(void *context, struct osm_connection_cursor *cursor)
{
    struct osm_auto_connect *all = context;

    *cursor = (struct osm_connection_cursor){.list = all, .at = all->entries};
    DL_APPEND(all->cursors, cursor);
}

static bool next(struct osm_connection_cursor *cursor, osm_connection_fn *visit, void *arg)
{
    struct osm_auto_entry *entry = cursor->at;

    if (!entry)
        return false;
    cursor->at = entry->next;
    visit_entry(entry, visit, arg);
    return true;
}

static void end(struct osm_connection_cursor *cursor)
{
    struct osm_auto_connect *all = cursor->list;

    if (all)
        DL_DELETE(all->cursors, cursor);
    *cursor = (struct osm_connection_cursor){0};
}

void osm_auto_status_leaves(struct osm_auto_entry *entry)
{
    struct osm_connection_cursor *cursor;

    DL_FOREACH (entry->owner->cursors, cursor)
        if (cursor->at == entry)
            cursor->at = entry->next;
}

void osm_auto_status_end(struct osm_auto_connect *all)
{
    while (all->cursors)
        end(all->cursors);
}

/* --- one of them --------------------------------------------------------------------------- */

static void each_subscription(const struct osm_connection_status *connection,
                              osm_connection_subscription_fn *visit, void *arg)
{
    const struct osm_auto_entry *entry = connection->entry;
    const struct osm_auto_subscription *subscription;

    DL_FOREACH (entry->subscriptions, subscription)
        visit(arg, subscription->kept, subscription->wanted->items_size);
}

static void hurry(const struct osm_connection_status *connection)
{
    struct osm_auto_entry *entry = connection->entry;

    if (!entry->open && !connection->session)
        osm_auto_look(entry, 0);
}

void osm_auto_status_lend(struct osm_auto_connect *all)
{
    osm_manager_lend_connections(
        all->manager,
        &(struct osm_connection_source){begin, next, end, each_subscription, hurry, all});
}
