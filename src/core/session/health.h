/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SESSION_HEALTH_H
#define OSM_CORE_SESSION_HEALTH_H
/*
 * Whether data flows. A session that is connected is well only when its subscriptions and items
 * are on the server as they are meant to be, its Publish requests are accepted, and its
 * subscriptions are heard of; else it is degraded, and there is a reason. Nothing is remembered but
 * what the last word to the observer was: the answer is always that of this moment.
 */
#include <stdbool.h>

struct osm_arena;
struct osm_session;

/* Why an ACTIVE session is not well, in the arena; NULL = it is well, or not ACTIVE. */
const char *osm_session_ailment(const struct osm_session *session, struct osm_arena *arena);
/* ACTIVE, but not well. */
bool osm_session_is_degraded(const struct osm_session *session);
/* Tells log and observer when it has become one or the other. Not while it is being put right. */
void osm_session_check_health(struct osm_session *session);

#endif
