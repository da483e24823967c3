/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_PUBLISH_ENGINE_H
#define OSM_CORE_SUBSCRIPTION_PUBLISH_ENGINE_H
/*
 * Automatic publishing (daemon.md §10; OPC 10000-4 §5.14.1): a session with subscriptions keeps
 * Publish requests outstanding on its own account and delivers what comes as events, in order and
 * without silent losses.
 *
 *                need                    error
 *       IDLE ──────────▶ RUNNING ──────────────────▶ PAUSED 1, 2, 5, … 60 s
 *        ▲ ◀──────────────  ▲ ◀──────────────────────── │
 *        │     no need      │     due, or an answer     │
 *        │ online           └───────────────────────────┘
 *       OFFLINE ◀── lost ── any of them
 *
 * RUNNING: as many requests are outstanding as there are subscriptions, plus one, within
 * OSM_PUBLISH_MOST and what the server allows. Each subscription has a track (track.h) that says
 * what is delivered, asked for again or lost.
 *
 * The switch: the manager's flag (--auto-publish, sinks) or the session's (a stream that wants
 * what Publish brings). "Automatic" means switched on and subscriptions are tracked; then manual
 * publishing is refused. Without it answers go to callers (publish.h), the track only keeps count.
 *
 * Every change from outside ends in osm_publish_engine_go(), which may be called at any time.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/session/session.h"

#define OSM_PUBLISH_MOST 16         /* outstanding requests of a session */
#define OSM_PUBLISH_PARKED 64       /* responses for subscriptions that are not known yet */
#define OSM_PUBLISH_PARKED_MS 60000 /* and how long they are kept */
#define OSM_PUBLISH_ASKS 16         /* Republish requests of a session */
#define OSM_PUBLISH_ASK_ATTEMPTS 3  /* that are not answered, for one message */

/* It is switched on (auto_publish.h) and there are subscriptions: manual publishing is refused. */
bool osm_session_is_publishing(const struct osm_session *session);

/* --- told by others ------------------------------------------------------------------------ */

/* The need may have changed: subscriptions came or went, publishing was switched on, the session
 * became ACTIVE. Sends what is to be sent. */
void osm_publish_engine_go(struct osm_session *session);
/* The session knows a subscription now, by CreateSubscription or by a transfer: what has come of
 * it before is delivered. Ends with go. */
void osm_publish_engine_subscribed(struct osm_session *session,
                                   struct osm_subscription *subscription);
/* A subscription is about to be removed: nothing more is wanted of it. Follow with go. */
void osm_publish_engine_forget(struct osm_session *session,
                               const struct osm_subscription *subscription);

/*
 * For the recovery. After a loss (which the session itself reports) one of these says what has
 * become of the subscriptions, before the session is ACTIVE or after it; then
 * osm_publish_engine_go(), which is fine only when it is ACTIVE.
 */
/* All of them: the same server session goes on; what was missed is asked for and delivered first,
 * in order. */
void osm_publish_engine_resumed(struct osm_session *session);
/* This one (with its new server_id, if that has changed) belongs to our new server session;
 * numbers as in the TransferResult. Its numbering goes on. */
void osm_publish_engine_transferred(struct osm_session *session,
                                    struct osm_subscription *subscription, const uint32_t *numbers,
                                    size_t size);
/* This one was made anew and has its new server_id: numbers begin at 1. `reason` says why, for the
 * NotificationsLost event that tells of the time between. */
void osm_publish_engine_recreated(struct osm_session *session,
                                  struct osm_subscription *subscription, const char *reason);

/* --- for the session ----------------------------------------------------------------------- */

/* The connection is gone: so are all requests; their acknowledgements are kept. */
void osm_publish_engine_lost(struct osm_session *session, const struct osm_fault *fault);
/* What is due of it; returns when to look again. */
osm_msec osm_publish_engine_tick(struct osm_session *session, osm_msec now);
/* The session is closing: no answer is wanted any more. */
void osm_publish_engine_stop(struct osm_session *session);
void osm_publish_engine_clear(struct osm_session *session);
const char *osm_publish_state_name(enum osm_publish_state state);

/* --- for publish_call.c -------------------------------------------------------------------- */

struct osm_publish_request;

/* A good answer. */
void osm_publish_engine_answer(struct osm_session *session, UA_PublishResponse *response);
/* The same for one that was kept for a caller: it has been counted already. */
void osm_publish_engine_kept(struct osm_session *session, UA_PublishResponse *response);
/* A refusal that says nothing about the connection. */
void osm_publish_engine_fault(struct osm_session *session, const struct osm_publish_request *call,
                              UA_StatusCode status);

#endif
