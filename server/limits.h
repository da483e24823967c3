/* SPDX-License-Identifier: MIT */
/* How much one request, one session and the whole server may hold. */
#ifndef OSM_DEMO_LIMITS_H
#define OSM_DEMO_LIMITS_H

#include <open62541/server.h>

#include "options.h"

/* Sets the limits of `config`: generous ones, or with --limits the small ones. To be called
 * once the address space stands and before the server starts: the library's own building of
 * nodes would fail at a small maxReferencesPerNode. */
void osm_limits_apply(UA_ServerConfig *config, const struct osm_options *options);

/* Values of history per answer; above it the server hands out a continuation point. */
UA_UInt32 osm_limits_history_page(const struct osm_options *options);

#endif
