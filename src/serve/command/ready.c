/* SPDX-License-Identifier: MIT */
/* See ready.h. */
#include "serve/command/ready.h"

#include <string.h>

#include "core/manager/connection_source.h"
#include "core/manager/sink_status.h"
#include "serve/command/status.h"

/* Told of everything that is not well. */
typedef void ready_fn(void *context, const char *what, const char *name, const char *state,
                      const char *reason);

struct walk {
    const struct osm_grant *grant;
    ready_fn *tell;
    void *context;
};

/* What is being removed is no longer anybody's wish. */
static void visit_connection(void *arg, const struct osm_connection_status *connection)
{
    const struct walk *walk = arg;

    if (osm_grant_reaches(walk->grant, connection->endpoint) &&
        strcmp(connection->state, "kept") != 0 && strcmp(connection->state, "removing") != 0)
        walk->tell(walk->context, "connection", connection->label, connection->state,
                   connection->error);
}

static void walk_all(const struct osm_manager *manager, const struct osm_grant *grant,
                     ready_fn *tell, void *context)
{
    const struct osm_connection_source *connections = osm_manager_connections(manager);
    const struct osm_sink_status *sink;
    struct walk walk = {grant, tell, context};

    if (osm_manager_is_ending(manager))
        tell(context, "daemon", "opcua-session-manager", "ending", "it is shutting down");
    if (connections->each)
        connections->each(connections->context, visit_connection, &walk);
    for (size_t n = 0; (sink = osm_sink_source_look(osm_manager_sinks(manager), n)); n++)
        if (!sink->working)
            tell(context, "sink", sink->name, "failing",
                 *sink->last_error ? sink->last_error : NULL);
}

static void count(void *context, const char *what, const char *name, const char *state,
                  const char *reason)
{
    (void)what;
    (void)name;
    (void)state;
    (void)reason;
    ++*(size_t *)context;
}

bool osm_ready_is(const struct osm_manager *manager, const struct osm_grant *grant)
{
    size_t reasons = 0;

    walk_all(manager, grant, count, &reasons);
    return reasons == 0;
}

static void print(void *context, const char *what, const char *name, const char *state,
                  const char *reason)
{
    struct osm_json *json = context;

    osm_json_object_begin(json);
    osm_json_key(json, what);
    osm_json_cstring(json, name);
    osm_json_key(json, "state");
    osm_json_cstring(json, state);
    osm_status_code_message(json, "reason", reason);
    osm_json_object_end(json);
}

void osm_ready_print_reasons(struct osm_json *json, const struct osm_manager *manager,
                             const struct osm_grant *grant)
{
    osm_json_array_begin(json);
    walk_all(manager, grant, print, json);
    osm_json_array_end(json);
}
