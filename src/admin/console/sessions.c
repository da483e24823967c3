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
    struct osm_console_label label;
    const char *name;
    const struct osm_session **found; /* in the arena; may hold one twice */
    struct osm_console_call *call;
};

static void look_at_label(void *arg, const struct osm_connection_status *connection)
{
    struct labels *labels = arg;
    struct osm_arena *arena = &labels->call->request->arena;
    const struct osm_session *session =
        connection->session ? connection->session : connection->opening;

    if (strcmp(connection->label, labels->name) != 0 ||
        !osm_grant_reaches(labels->call->request->grant, connection->endpoint))
        return;
    labels->label.endpoint =
        osm_arena_text(arena, connection->endpoint, strlen(connection->endpoint));
    if (!session)
        return;
    labels->found = osm_arena_room(arena, labels->found, labels->label.sessions, sizeof(session));
    labels->found[labels->label.sessions++] = session;
}

static void each_connection(struct osm_console_call *call, osm_connection_fn *visit, void *arg)
{
    osm_connections_each(osm_manager_connections(call->console->manager), visit, arg);
}

static struct labels find_labels(struct osm_console_call *call, const char *name)
{
    struct labels labels = {.name = name, .call = call};

    each_connection(call, look_at_label, &labels);
    return labels;
}

struct osm_console_label osm_console_label(struct osm_console_call *call, const char *name)
{
    return find_labels(call, name).label;
}

static bool is_meant(const struct osm_session *session, char *const *rules,
                     const struct labels *labels)
{
    for (size_t i = 0; i < labels->label.sessions; i++)
        if (labels->found[i] == session)
            return true;
    return strcmp(osm_session_id(session), labels->name) == 0 ||
           (*rules && osm_endpoint_rules_allow(rules, osm_session_endpoint_url(session)));
}

/* Sessions the operator may touch that are named so: an id, a label of a connection, or a server
 * as host or host:port, * and ? allowed. In the arena. */
static size_t find_sessions(struct osm_console_call *call, const char *name,
                            struct osm_session ***sessions)
{
    static const enum osm_registry_list lists[] = {OSM_REGISTRY_STORED, OSM_REGISTRY_OPENING};
    struct osm_manager *manager = call->console->manager;
    const struct osm_registry_counts *counts = osm_registry_counts(manager);
    char *rules[] = {osm_endpoint_rule_is_valid(name) ? (char *)(uintptr_t)name : NULL, NULL};
    const struct labels labels = find_labels(call, name);
    struct osm_session *session;
    size_t count = 0;

    *sessions = osm_arena_array(&call->request->arena,
                                osm_registry_count(manager) + counts->now[OSM_SESSION_CONNECTING],
                                sizeof(**sessions));
    for (size_t i = 0; i < OSM_ARRAY_SIZE(lists); i++)
        OSM_REGISTRY_EACH(manager, lists[i], session)
    if (osm_grant_reaches(call->request->grant, osm_session_endpoint_url(session)) &&
        is_meant(session, rules, &labels))
        (*sessions)[count++] = session;
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

static void look_at_waiting(void *arg, const struct osm_connection_status *connection)
{
    struct osm_console_call *call = arg;

    if (strcmp(connection->label, call->words[0]) == 0)
        osm_manager_connections(call->console->manager)->hurry(connection);
}

/* A connection of the configuration may just be waiting for its next attempt. */
static void hurry(struct osm_console_call *call)
{
    const char *name = call->words[0];

    if (!osm_console_label(call, name).endpoint) {
        osm_console_fail(call, OSM_FAULT_SESSION_NOT_FOUND,
                         "No session, label or server of a session is called \"%s\": see SHOW "
                         "SESSIONS and SHOW CONNECTIONS",
                         name);
        return;
    }
    each_connection(call, look_at_waiting, call);
    osm_console_done(call, "Connection \"%s\" has no session: it is opened now", name);
}

void osm_console_reconnect(struct osm_console_call *call)
{
    struct osm_session **sessions;
    size_t count = find_sessions(call, call->words[0], &sessions);
    struct wait *wait;

    if (!count) {
        hurry(call);
        return;
    }
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

static bool kill_client(struct osm_console_call *call)
{
    const struct osm_console *console = call->console;
    uint64_t client;

    return osm_console_number(call->words[0], &client) &&
           (!call->request->grant || !call->request->grant->terms.endpoints) &&
           console->ops->kill_client(console->context, client);
}

/* A number is a client's before it is a server's name. */
void osm_console_kill(struct osm_console_call *call)
{
    const char *name = call->words[0];
    struct osm_session **sessions;
    size_t count;

    if (kill_client(call)) {
        osm_console_done(call, "Connection closed");
        return;
    }
    count = find_sessions(call, name, &sessions);
    for (size_t i = 0; i < count; i++)
        osm_session_close(sessions[i], GOODBYE_MS, NULL, NULL);
    if (count > 1)
        osm_console_done(call, "%zu sessions closed", count);
    else if (count)
        osm_console_done(call, "Session closed");
    else
        osm_console_fail(call, OSM_FAULT_SESSION_NOT_FOUND,
                         "No session, label or server of a session and no client is called "
                         "\"%s\": see SHOW SESSIONS and SHOW CLIENTS",
                         name);
}
