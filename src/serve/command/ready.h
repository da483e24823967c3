/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_COMMAND_READY_H
#define OSM_SERVE_COMMAND_READY_H
/*
 * Whether data flows: every connection of the configuration file is up and as it should be, every
 * sink works, and the daemon is not about to end. The same for `status`, for /readyz and for
 * metrics. Of servers the grant (NULL = all) does not reach nothing is told.
 *
 * Who looks at the connections bit by bit asks osm_ready_connection of each, and for the rest
 * osm_ready_rest.
 */
#include <stdbool.h>

#include "core/manager/connection_source.h"
#include "core/manager/manager.h"
#include "serve/request/grant.h"
#include "wire/text/json.h"

/* Something that is not well; texts of whoever tells it. */
struct osm_ready_reason {
    const char *what; /* "connection", "sink", "daemon" */
    const char *name, *state;
    const char *reason; /* or NULL */
};

typedef void osm_ready_fn(void *context, const struct osm_ready_reason *reason);

bool osm_ready_is(const struct osm_manager *manager, const struct osm_grant *grant);
/* A list of {"connection" | "sink" | "daemon": its name, "state": …, "reason": … or null}, at most
 * OSM_READY_REASONS: it is written within a turn. Returns how many it leaves out. */
#define OSM_READY_REASONS 1000
size_t osm_ready_print_reasons(struct osm_json *json, const struct osm_manager *manager,
                               const struct osm_grant *grant);
/* One of that list. */
void osm_ready_print(struct osm_json *json, const struct osm_ready_reason *reason);
/* Tells of a connection that is not well. */
void osm_ready_connection(const struct osm_connection_status *connection,
                          const struct osm_grant *grant, osm_ready_fn *tell, void *context);
/* Tells of what else is not. */
void osm_ready_rest(const struct osm_manager *manager, osm_ready_fn *tell, void *context);

#endif
