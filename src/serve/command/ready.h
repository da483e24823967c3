/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_COMMAND_READY_H
#define OSM_SERVE_COMMAND_READY_H
/*
 * Whether data flows: every connection of the configuration file is up and as it should be, every
 * sink works, and the daemon is not about to end. The same for `status`, for /readyz and for
 * metrics. Of servers the grant (NULL = all) does not reach nothing is told.
 */
#include <stdbool.h>

#include "core/manager/manager.h"
#include "serve/request/grant.h"
#include "wire/text/json.h"

bool osm_ready_is(const struct osm_manager *manager, const struct osm_grant *grant);
/* A list of {"connection" | "sink" | "daemon": its name, "state": …, "reason": … or null}. */
void osm_ready_print_reasons(struct osm_json *json, const struct osm_manager *manager,
                             const struct osm_grant *grant);

#endif
