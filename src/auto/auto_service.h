/* SPDX-License-Identifier: MIT */
#ifndef OSM_AUTO_AUTO_SERVICE_H
#define OSM_AUTO_AUTO_SERVICE_H
/*
 * Two services that no caller has a method for: changing a subscription (OPC 10000-4 §5.14.3) and
 * asking for the present state of conditions (OPC 10000-9 §5.5.7). Both are operations of the
 * session like any other; the reply's data is null.
 */
#include "auto/desired.h"
#include "serve/request/request.h"

struct osm_session;

/* `id` as callers know it; wanted is copied. */
void osm_auto_modify_subscription(struct osm_session *session, struct osm_request *request,
                                  uint32_t id, const struct osm_desired_subscription *wanted);
/* `server_id` as the server knows it. */
void osm_auto_condition_refresh(struct osm_session *session, struct osm_request *request,
                                uint32_t server_id);

#endif
