/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SESSION_RECOVERY_H
#define OSM_CORE_SESSION_RECOVERY_H
/*
 * What follows the loss of a connection (daemon.md §9; OPC 10000-4 §6.7).
 *
 *            loss                    a caller needs it: at once
 *   ACTIVE ────────▶ FAILED ──────────────────────────────────────────▶ connecting
 *                      ▲  └─ subscriptions, or persistent: 1 s, 2 s … 60 s, ─▶  │
 *                      │     without end, each at random up to half shorter     │
 *                      └───────────────────── failed ───────────────────────────┤
 *                                                                               ▼
 *   same server session ─▶ missed messages are published again ─────────────▶ ACTIVE
 *   new server session ─▶ the steps ────────────────────────────────────────▶ ACTIVE
 *
 *   TRANSFER ─▶ DELETE ─▶ DELETE ITEMS ─▶ CREATE ─▶ MODIFY ─▶ PATHS ─▶ ITEMS ─▶ MODIFY ITEMS
 *      │ Good: messages are published again          nothing left ◀── REFRESH ◀── LINKS ◀──┘
 *
 * The steps keep no plan: the first that finds something that is not as it is meant to be
 * (subscription.h) does a piece of it, and all look again. A loss in between costs nothing, the
 * next attempt goes on with what is left. So does a session that is ACTIVE and finds that one
 * subscription is gone, or is told of a wish (wish.h), and so is tried again what the server has
 * refused: after 5, 10, 20, 40 … 300 s, each thing by its own count. Ids callers know never change.
 *
 * State: subscriptions and items are plain data; what is here is only the piece at work and the
 * times, and may be forgotten.
 */
struct osm_session;
struct osm_subscription;

/* Something is not as it is meant to be, or is wished otherwise (subscription/wish.h): an ACTIVE
 * session puts it right, any other one when it is connected again. */
void osm_recovery_repair(struct osm_session *session);
/* What the server has made of a request for items is not known: their subscription is made anew,
 * by the next repair or recovery; one that was adopted is given up. NULL is fine. */
void osm_recovery_doubt(struct osm_subscription *subscription);
/* The server gives the id to a subscription it has just made: one that had it is there no more, and
 * made anew. To be called before the new one is taken in. */
void osm_recovery_displace(struct osm_session *session, uint32_t server_id);

#endif
