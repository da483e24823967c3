/* SPDX-License-Identifier: MIT */
/* See ready.h. */
#include "serve/command/ready.h"

#include <string.h>

#include "core/manager/sink_status.h"
#include "serve/command/status.h"

/* What is being removed is no longer anybody's wish. */
void osm_ready_connection(const struct osm_connection_status *connection,
                          const struct osm_grant *grant, osm_ready_fn *tell, void *context)
{
    if (osm_grant_reaches(grant, connection->endpoint) && strcmp(connection->state, "kept") != 0 &&
        strcmp(connection->state, "removing") != 0)
        tell(context, &(struct osm_ready_reason){"connection", connection->label, connection->state,
                                                 connection->error});
}

void osm_ready_rest(const struct osm_manager *manager, osm_ready_fn *tell, void *context)
{
    const struct osm_sink_status *sink;

    if (osm_manager_is_ending(manager))
        tell(context, &(struct osm_ready_reason){"daemon", "opcua-session-manager", "ending",
                                                 "it is shutting down"});
    for (size_t n = 0; (sink = osm_sink_source_look(osm_manager_sinks(manager), n)); n++)
        if (!sink->working)
            tell(context, &(struct osm_ready_reason){"sink", sink->name, "failing",
                                                     *sink->last_error ? sink->last_error : NULL});
}

struct walk {
    const struct osm_grant *grant;
    osm_ready_fn *tell;
    void *context;
};

static void visit_connection(void *arg, const struct osm_connection_status *connection)
{
    const struct walk *walk = arg;

    osm_ready_connection(connection, walk->grant, walk->tell, walk->context);
}

static void walk_all(const struct osm_manager *manager, const struct osm_grant *grant,
                     osm_ready_fn *tell, void *context)
{
    struct walk walk = {grant, tell, context};

    osm_connections_each(osm_manager_connections(manager), visit_connection, &walk);
    osm_ready_rest(manager, tell, context);
}

static void count(void *context, const struct osm_ready_reason *reason)
{
    (void)reason;
    ++*(size_t *)context;
}

bool osm_ready_is(const struct osm_manager *manager, const struct osm_grant *grant)
{
    size_t reasons = 0;

    walk_all(manager, grant, count, &reasons);
    return reasons == 0;
}

void osm_ready_print(struct osm_json *json, const struct osm_ready_reason *reason)
{
    osm_json_object_begin(json);
    osm_json_key(json, reason->what);
    osm_json_cstring(json, reason->name);
    osm_json_key(json, "state");
    osm_json_cstring(json, reason->state);
    osm_status_code_message(json, "reason", reason->reason);
    osm_json_object_end(json);
}

struct printer {
    struct osm_json *json;
    size_t reasons;
};

static void print(void *context, const struct osm_ready_reason *reason)
{
    struct printer *printer = context;

    if (printer->reasons++ < OSM_READY_REASONS)
        osm_ready_print(printer->json, reason);
}

size_t osm_ready_print_reasons(struct osm_json *json, const struct osm_manager *manager,
                               const struct osm_grant *grant)
{
    struct printer printer = {.json = json};

    osm_json_array_begin(json);
    walk_all(manager, grant, print, &printer);
    osm_json_array_end(json);
    return printer.reasons - OSM_MIN(printer.reasons, (size_t)OSM_READY_REASONS);
}
