/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_AUTO_PUBLISH_H
#define OSM_CORE_SUBSCRIPTION_AUTO_PUBLISH_H
/*
 * Whether sessions publish on their own account (daemon.md §10): switched on for all of them by
 * --auto-publish or a sink, and by whoever opens a stream of events that are born in Publish
 * responses, for all sessions or the one he names. Once on it stays on.
 */
#include <stdbool.h>

struct osm_session;

/* For this session; for all of them it is osm_manager_auto_publish_on(). */
void osm_session_auto_publish_on(struct osm_session *session);
/* Whether it is switched on for the session, with or without subscriptions. */
bool osm_session_auto_publishes(const struct osm_session *session);

#endif
