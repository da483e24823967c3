/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_LINK_OPERATION_LIMIT_H
#define OSM_CORE_LINK_OPERATION_LIMIT_H
/*
 * How many nodes or items one request to a server may carry: batchSize, else the limit the server
 * names, and never more than it has been found to take (methods.md §3, M17).
 */
#include <stdbool.h>
#include <stddef.h>

#include "core/session/session.h"

/* Most items of one request of that kind, for `total` items. */
size_t osm_operation_limit(const struct osm_session *session, enum osm_operation_limit_kind kind,
                           size_t total);
/* A refusal of a whole request that says it was, or its answer would be, too large. */
bool osm_operation_limit_is_exceeded(UA_StatusCode status);
/* The server has refused a request of `asked` items with that status. True when that was because
 * there were too many: fewer may be asked for, and that is remembered. */
bool osm_operation_limit_learn(struct osm_session *session, enum osm_operation_limit_kind kind,
                               size_t asked, UA_StatusCode status);

#endif
