/* SPDX-License-Identifier: MIT */
/* SHOW SESSIONS, SUBSCRIPTIONS, ITEMS, CONNECTIONS: what the core has, at servers the operator
 * may know of. */
#include <utlist.h>

#include "admin/console/console_internal.h"
#include "core/link/op.h"
#include "core/manager/connection_source.h"
#include "port/status_code.h"

static double wall_at(const struct osm_console_call *call, osm_msec at)
{
    const struct osm_clock *clock = osm_manager_env(call->console->manager)->loop.clock;
    osm_msec now = osm_clock_now(clock);

    if (at == OSM_MSEC_NEVER || at == 0)
        return 0;
    return osm_clock_wall(clock) + (at > now ? (double)(at - now) / 1000.0 : 0);
}

static bool is_visible(const struct osm_console_call *call, const struct osm_session *session)
{
    return osm_grant_reaches(call->request->grant, osm_session_endpoint_url(session));
}

/* --- sessions ------------------------------------------------------------------------------ */

static const char *state_of(const struct osm_session *session, const struct osm_session_view *view)
{
    enum osm_session_state state = osm_session_state(session);

    return state == OSM_SESSION_ACTIVE && view->degraded ? "degraded"
                                                         : osm_session_state_name(state);
}

static void add_session(struct osm_console_table *table, const struct osm_session *session)
{
    static const char *const pauses[] = {[OSM_OP_PAUSE_NONE] = NULL,
                                         [OSM_OP_PAUSE_WAIT] = "waiting",
                                         [OSM_OP_PAUSE_FAIL] = "refused"};
    const struct osm_session_view view = osm_session_view(session);
    const struct osm_op_counts counts = osm_op_queue_counts(osm_session_ops(session));
    const struct osm_subscriptions *subscriptions = osm_session_subscriptions(session);
    const char *ailment;
    struct osm_arena arena;

    if (!osm_console_row(table))
        return;
    osm_arena_init(&arena);
    ailment = osm_session_ailment(session, &arena);
    osm_console_text(table, osm_session_id(session));
    osm_console_text(table, osm_session_endpoint_url(session));
    osm_console_text(table, state_of(session, &view));
    osm_console_text(table, ailment ? ailment : view.reason);
    osm_console_time(table, view.since);
    osm_console_time(table, view.last_used);
    osm_console_uint(table, counts.running);
    osm_console_uint(table, counts.waiting);
    osm_console_uint(table, counts.stranded);
    osm_console_uint(table, HASH_COUNT(subscriptions->by_id));
    osm_console_uint(table, subscriptions->item_count);
    osm_console_text(table, pauses[osm_op_queue_pause_of(osm_session_ops(session))]);
    osm_console_row_end(table);
    osm_arena_deinit(&arena);
}

static void each_session(struct osm_console_table *table,
                         void (*visit)(struct osm_console_table *table,
                                       const struct osm_session *session))
{
    static const enum osm_registry_list lists[] = {OSM_REGISTRY_STORED, OSM_REGISTRY_OPENING,
                                                   OSM_REGISTRY_CLOSING};
    const struct osm_manager *manager = table->call->console->manager;
    struct osm_session *session;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(lists); i++)
        OSM_REGISTRY_EACH(manager, lists[i], session)
        {
            if (table->full)
                return;
            if (is_visible(table->call, session))
                visit(table, session);
        }
}

static void show(struct osm_console_call *call,
                 void (*visit)(struct osm_console_table *table, const struct osm_session *session))
{
    struct osm_console_table table;

    if (!osm_console_table_begin(&table, call))
        return;
    each_session(&table, visit);
    osm_console_table_end(&table);
}

void osm_console_show_sessions(struct osm_console_call *call)
{
    show(call, add_session);
}

/* --- subscriptions ------------------------------------------------------------------------- */

static unsigned missing_of(const struct osm_subscription *subscription)
{
    const struct osm_monitored_item *item;
    unsigned refused, missing;

    DL_COUNT(subscription->refused_items, item, refused);
    DL_COUNT(subscription->missing, item, missing);
    return refused + missing;
}

static void add_subscriptions(struct osm_console_table *table, const struct osm_session *session)
{
    const struct osm_subscription *subscription, *next;
    struct osm_arena arena;

    osm_arena_init(&arena);
    HASH_ITER (hh, osm_session_subscriptions(session)->by_id, subscription, next) {
        if (!osm_console_row(table))
            continue;
        osm_console_text(table, osm_session_id(session));
        osm_console_text(table, osm_session_endpoint_url(session));
        osm_console_uint(table, subscription->unborn ? 0 : subscription->id);
        osm_console_uint(table, subscription->server_id);
        osm_console_double(table, subscription->revised_interval);
        osm_console_uint(table, subscription->item_count);
        osm_console_uint(table, missing_of(subscription));
        osm_console_text(table, subscription->refused
                                    ? osm_status_code_name(subscription->refusal.status, &arena)
                                    : NULL);
        osm_console_time(table, wall_at(table->call, subscription->refusal.retry_at));
        osm_console_row_end(table);
    }
    osm_arena_deinit(&arena);
}

void osm_console_show_subscriptions(struct osm_console_call *call)
{
    show(call, add_subscriptions);
}

/* --- items --------------------------------------------------------------------------------- */

static void add_item(struct osm_console_table *table, const struct osm_session *session,
                     const struct osm_subscription *subscription,
                     const struct osm_monitored_item *item)
{
    static const char *const places[] = {
        [OSM_MONITORED_ITEM_ON_SERVER] = "active",   [OSM_MONITORED_ITEM_MISSING] = "missing",
        [OSM_MONITORED_ITEM_REFUSED] = "refused",    [OSM_MONITORED_ITEM_CHANGED] = "changing",
        [OSM_MONITORED_ITEM_DOOMED] = "to be ended",
    };
    bool refused = item->place == OSM_MONITORED_ITEM_REFUSED;
    struct osm_arena arena;

    if (!osm_console_row(table))
        return;
    osm_arena_init(&arena);
    osm_console_text(table, osm_session_id(session));
    osm_console_uint(table, subscription->unborn ? 0 : subscription->id);
    osm_console_uint(table, item->unborn ? 0 : item->id);
    osm_console_text(table, osm_monitored_item_text(item, &arena));
    osm_console_text(table, places[item->place]);
    osm_console_double(table, item->params.sampling_interval);
    osm_console_uint(table, item->params.queue_size);
    osm_console_text(table, refused ? osm_status_code_name(item->refusal.status, &arena) : NULL);
    osm_console_time(table, refused ? wall_at(table->call, item->refusal.retry_at) : 0);
    osm_console_row_end(table);
    osm_arena_deinit(&arena);
}

/* A session whose items come before the offset is passed over at once. */
static void add_items(struct osm_console_table *table, const struct osm_session *session)
{
    const struct osm_subscriptions *all = osm_session_subscriptions(session);
    const struct osm_subscription *subscription, *next;
    const struct osm_monitored_item *item, *after;

    if (osm_console_skip(table, all->item_count))
        return;
    HASH_ITER (hh, all->by_id, subscription, next) {
        if (osm_console_skip(table, subscription->item_count))
            continue;
        for (item = subscription->items; item && !table->full; item = after) {
            after = item->hh.next;
            add_item(table, session, subscription, item);
        }
    }
}

void osm_console_show_items(struct osm_console_call *call)
{
    show(call, add_items);
}

/* --- connections --------------------------------------------------------------------------- */

static void add_connection(void *arg, const struct osm_connection_status *connection)
{
    struct osm_console_table *table = arg;

    if (!osm_grant_reaches(table->call->request->grant, connection->endpoint) ||
        !osm_console_row(table))
        return;
    osm_console_text(table, connection->label);
    osm_console_text(table, connection->endpoint);
    osm_console_text(table, connection->state);
    osm_console_text(table, connection->session ? osm_session_id(connection->session) : NULL);
    osm_console_uint(table, connection->failures);
    osm_console_time(table, wall_at(table->call, connection->next_retry));
    osm_console_text(table, connection->error);
    osm_console_row_end(table);
}

void osm_console_show_connections(struct osm_console_call *call)
{
    const struct osm_connection_source *source = osm_manager_connections(call->console->manager);
    struct osm_console_table table;

    if (!osm_console_table_begin(&table, call))
        return;
    osm_connections_each(source, add_connection, &table);
    osm_console_table_end(&table);
}
