/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_LINK_OP_LOG_H
#define OSM_CORE_LINK_OP_LOG_H
/*
 * One line of the log (level debug) per round trip of an operation: who wanted it, which nodes it
 * names, what the server said and how long that took. Values and arguments are never in it.
 */
#include "core/link/op.h"

/* `Read of i=85, ns=2;s=x and 3 more` in the operation's arena; NULL when nobody reads it. */
const char *osm_op_log_request(struct osm_op *op, const struct osm_ua_service *service,
                               const void *request);
/* The answer has come, or the connection was lost. asked: of osm_op_log_request(); NULL is fine. */
void osm_op_log_result(const struct osm_op *op, const char *asked,
                       const struct osm_ua_service *service, const struct osm_ua_result *result,
                       osm_msec took);

#endif
