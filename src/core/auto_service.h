/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_AUTO_SERVICE_H
#define OSM_CORE_AUTO_SERVICE_H
/*
 * Two services that no caller has a method for: changing a subscription (OPC 10000-4 §5.14.3) and
 * asking for the present state of conditions (OPC 10000-9 §5.5.7). Both are operations of the
 * session like any other; the reply's data is null.
 */
#include "core/request.h"
#include "core/wanted.h"

struct osm_session;

/* `id` as callers know it; wanted is copied. */
void osm_auto_modify_subscription(struct osm_session *session, struct osm_request *request,
                                  uint32_t id, const struct osm_wanted_subscription *wanted);
/* `server_id` as the server knows it. */
void osm_auto_condition_refresh(struct osm_session *session, struct osm_request *request,
                                uint32_t server_id);

#endif
