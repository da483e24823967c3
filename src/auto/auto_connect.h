/* SPDX-License-Identifier: MIT */
#ifndef OSM_AUTO_AUTO_CONNECT_H
#define OSM_AUTO_AUTO_CONNECT_H
/*
 * Auto-connect (contract: daemon.md §12): sessions with subscriptions that the daemon keeps up on
 * its own account, as a list of desired connections says (desired.h).
 *
 *   WAITING ──slot──▶ OPENING ──▶ KEPT (told as BUILDING while the session is put right)
 *      ▲                 │ failed     │
 *      ├── back-off ─────┘            │
 *      └───── the session was closed ─┘
 *   any of them ── no longer wanted ──▶ REMOVING ──▶ freed
 *
 * An entry opens its session as a caller would (session_open.h), and shares it with callers. What
 * is to be in it are wishes (core/subscription/wish.h): written down when it is opened and
 * whenever the list changes, carried out, repaired and asked for again by the session itself. So
 * there is one engine, and one set of numbers: `status` tells of an entry what its session knows.
 *
 * What is left to do here: open again what was closed, wish again what callers have deleted (each
 * OSM_AUTO_AUDIT), and find out what has changed between two lists (auto_diff.c).
 *
 * Entries do not wait for each other; at most OSM_AUTO_SLOTS are opening at the same time, those
 * that were never tried first.
 */
#include "auto/desired.h"
#include "core/manager/manager.h"
#include "core/session/session.h"

#define OSM_AUTO_SLOTS 64        /* opening at the same time */
#define OSM_AUTO_OPEN_FIRST 1000 /* ms until a failed open is tried again, doubled … */
#define OSM_AUTO_OPEN_MOST 60000 /* … up to this; each at random up to half shorter */
#define OSM_AUTO_AUDIT 5000      /* ms between two looks whether everything is still wished */

/* name in code, name in `status` */
#define OSM_AUTO_STATES(X)                                                                         \
    X(WAITING, "waiting")                                                                          \
    X(OPENING, "opening")                                                                          \
    X(BUILDING, "building")                                                                        \
    X(DEGRADED, "degraded")                                                                        \
    X(KEPT, "kept")                                                                                \
    X(REMOVING, "removing")

enum osm_auto_state {
#define X(id, name) OSM_AUTO_##id,
    OSM_AUTO_STATES(X)
#undef X
};

struct osm_auto_connect;
struct osm_auto_entry;

struct osm_auto_connect *osm_auto_connect_new(struct osm_manager *manager);
/* After the manager's end. NULL is fine; returns NULL. Frees what is wanted. */
struct osm_auto_connect *osm_auto_connect_free(struct osm_auto_connect *all);
/* From now on this is wanted (owned; NULL = nothing). Only what differs is touched. */
void osm_auto_connect_apply(struct osm_auto_connect *all, struct osm_desired *wanted);
/* The daemon is about to end: nothing is opened any more. */
void osm_auto_connect_stop(struct osm_auto_connect *all);

#endif
