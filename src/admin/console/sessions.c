/* SPDX-License-Identifier: MIT */
/* RECONNECT and KILL: sessions and callers' connections at the operator's word. */
#include <string.h>

#include "admin/console/console_internal.h"
#include "core/manager/connection_source.h"
#include "serve/request/endpoint_rule.h"

/* What a goodbye to a killed session's server may take. */
#define GOODBYE_MS 5000

/* --- who is meant -------------------------------------------------------------------------- */

struct labels {
    const char *name;
    const struct osm_session **found; /* in the arena; may hold one twice */
    size_t size;
    struct osm_arena *arena;
};

static void look_at_label(void *arg, const struct osm_connection_status *connection)
{
    struct labels *labels = arg;
    size_t bytes = labels->size * sizeof(*labels->found);

    if (!connection->session || strcmp(connection->label, labels->name) != 0)
        return;
    labels->found =
        osm_arena_grow(labels->arena, labels->found, bytes, bytes + sizeof(*labels->found));
    labels->found[labels->size++] = connection->session;
}

static struct labels find_labels(struct osm_console_call *call, const char *name)
{
    const struct osm_connection_source *source = osm_manager_connections(call->console->manager);
    struct labels labels = {.name = name, .arena = &call->request->arena};

    if (source->each)
        source->each(source->context, look_at_label, &labels);
    return labels;
}

static bool is_meant(const struct osm_session *session, char *const *rules,
                     const struct labels *labels, const char *name)
{
    for (size_t i = 0; i < labels->size; i++)
        if (labels->found[i] == session)
            return true;
    return strcmp(osm_session_id(session), name) == 0 ||
           (*rules && osm_endpoint_rules_allow(rules, osm_session_endpoint_url(session)));
}

size_t osm_console_sessions(struct osm_console_call *call, const char *name,
                            struct osm_session ***sessions)
{
    struct osm_manager *manager = call->console->manager;
    char *rules[] = {osm_endpoint_rule_is_valid(name) ? (char *)(uintptr_t)name : NULL, NULL};
    const struct labels labels = find_labels(call, name);
    struct osm_session *session;
    size_t count = 0;

    *sessions =
        osm_arena_array(&call->request->arena, osm_registry_count(manager), sizeof(**sessions));
    OSM_REGISTRY_EACH(manager, OSM_REGISTRY_STORED, session)
    if (osm_grant_reaches(call->request->grant, osm_session_endpoint_url(session)) &&
        is_meant(session, rules, &labels, name))
        (*sessions)[count++] = session;
    if (!count)
        osm_console_fail(call, OSM_FAULT_SESSION_NOT_FOUND,
                         "No session, label or server of a session is called \"%s\": see SHOW "
                         "SESSIONS and SHOW CONNECTIONS",
                         name);
    return count;
}

/* --- reconnect ----------------------------------------------------------------------------- */

/* Several sessions that connect; in the request's arena, which stays until the last has told. */
struct reconnect {
    struct osm_console_call *call;
    size_t pending, failed;
    const char *error; /* the first one's, in the arena */
};

struct reconnected {
    struct osm_session_waiter waiter;
    struct reconnect *all;
};

static void finish(struct reconnect *all, size_t count)
{
    if (all->failed)
        osm_console_fail(all->call, OSM_FAULT_CONNECTION,
                         "%zu of %zu sessions have no connection: %s", all->failed, count,
                         all->error);
    else
        osm_console_done(all->call, "%zu session%s reconnected", count, count == 1 ? "" : "s");
}

struct wait {
    struct reconnect all;
    size_t count;
    struct reconnected each[];
};

static void on_ready(struct osm_session_waiter *waiter, const struct osm_fault *fault)
{
    struct reconnect *all = osm_container_of(waiter, struct reconnected, waiter)->all;
    struct wait *wait = osm_container_of(all, struct wait, all);

    if (fault && !all->failed++)
        all->error =
            osm_arena_text(&all->call->request->arena, fault->message, strlen(fault->message));
    if (--all->pending == 0)
        finish(all, wait->count);
}

void osm_console_reconnect(struct osm_console_call *call)
{
    struct osm_session **sessions;
    size_t count = osm_console_sessions(call, call->words[0], &sessions);
    struct wait *wait;

    if (!count)
        return;
    wait = osm_arena_alloc(&call->request->arena, sizeof(*wait) + count * sizeof(*wait->each));
    wait->count = count;
    wait->all = (struct reconnect){.call = call, .pending = count + 1};
    for (size_t i = 0; i < count; i++) {
        wait->each[i] = (struct reconnected){.waiter.ready = on_ready, .all = &wait->all};
        osm_session_reconnect(sessions[i], &wait->each[i].waiter);
    }
    if (--wait->all.pending == 0)
        finish(&wait->all, count);
}

/* --- kill ---------------------------------------------------------------------------------- */

void osm_console_kill(struct osm_console_call *call)
{
    const struct osm_console *console = call->console;
    const char *name = call->words[0];
    struct osm_session *session = osm_registry_get(console->manager, name, strlen(name));
    uint64_t client;

    if (session && osm_grant_reaches(call->request->grant, osm_session_endpoint_url(session))) {
        osm_session_close(session, GOODBYE_MS, NULL, NULL);
        osm_console_done(call, "Session closed");
        return;
    }
    if (!session && osm_console_number(name, &client) &&
        (!call->request->grant || !call->request->grant->terms.endpoints) &&
        console->ops->kill_client(console->context, client)) {
        osm_console_done(call, "Connection closed");
        return;
    }
    osm_console_fail(
        call, OSM_FAULT_SESSION_NOT_FOUND,
        "No session and no client is called \"%s\": see SHOW SESSIONS and SHOW CLIENTS", name);
}
