/* SPDX-License-Identifier: MIT */
#ifndef OSM_AUTO_AUTO_CONNECT_H
#define OSM_AUTO_AUTO_CONNECT_H
/*
 * Auto-connect (contract: daemon.md §12): sessions with subscriptions that the daemon keeps up on
 * its own account, as a list of wanted connections says (wanted.h).
 *
 *   WAITING ──slot──▶ OPENING ──▶ BUILDING ──nothing left to do──▶ KEPT
 *      ▲                 │ failed     │  ▲                           │
 *      └── back-off ─────┘            │  └── something is missing ───┤
 *      ▲                              │                              │
 *      └───── the session was closed ─┴──────────────────────────────┘
 *   any of them ── no longer wanted ──▶ REMOVING ──▶ freed
 *
 * An entry acts as a caller would: it sends requests (open, createSubscription, …) through the
 * same door, one at a time, and so shares sessions, order, batches, recovery and events with
 * everybody else. There is no plan to carry out: each step looks for something that is not as it
 * is wanted and asks for that. So the same steps build a connection, repair it and change it.
 *
 * Losses are the session's business (`persistent`): it connects again and puts subscriptions
 * right by itself. A session that a caller has closed is opened again after a while.
 *
 * Entries do not wait for each other; at most OSM_AUTO_SLOTS are connecting at the same time,
 * those that were never tried first. What a server refuses – a subscription, an item – does not
 * hold up the rest: it is tried again, rarely in the end, and told in `status`.
 */
#include <stdbool.h>
#include <stdint.h>

#include "auto/desired.h"
#include "core/manager/manager.h"
#include "core/session/session.h"

#define OSM_AUTO_SLOTS 64           /* connecting at the same time */
#define OSM_AUTO_OPEN_FIRST 1000    /* ms until a failed open is tried again, doubled … */
#define OSM_AUTO_OPEN_MOST 60000    /* … up to this; each at random up to half shorter */
#define OSM_AUTO_REFUSED_FIRST 5000 /* the same for what a server refuses */
#define OSM_AUTO_REFUSED_MOST 300000
#define OSM_AUTO_AUDIT 5000 /* ms between two looks whether everything is still there */

/* name in code, name in `status` */
#define OSM_AUTO_STATES(X)                                                                         \
    X(WAITING, "waiting")                                                                          \
    X(OPENING, "opening")                                                                          \
    X(BUILDING, "building")                                                                        \
    X(KEPT, "kept")                                                                                \
    X(REMOVING, "removing")

enum osm_auto_state {
#define X(id, name) OSM_AUTO_##id,
    OSM_AUTO_STATES(X)
#undef X
};

enum osm_auto_place {
    OSM_AUTO_MISSING, /* to be made */
    OSM_AUTO_THERE,
    OSM_AUTO_CHANGED, /* there, with other parameters than it should have */
    OSM_AUTO_DOOMED   /* to be deleted; `wanted` is gone */
};

/* Of a subscription or an item: where it is, and how often it was refused. */
struct osm_auto_thing {
    enum osm_auto_place place;
    uint32_t id;         /* as callers know it; 0 = none */
    unsigned failures;   /* in a row */
    osm_msec retry_at;   /* 0 = at once */
    char *refusal;       /* of the last attempt, owned; NULL = none */
    uint64_t changed_in; /* generation of the last change */
};

struct osm_auto_item {
    struct osm_auto_thing thing;
    const struct osm_desired_item *wanted;
    char *node_id; /* owned, for messages */
    struct osm_auto_item *prev, *next;
};

struct osm_auto_subscription {
    struct osm_auto_thing thing;
    const struct osm_desired_subscription *wanted;
    struct osm_auto_item *items;
    uint32_t refreshed; /* server's id of the subscription whose conditions were asked for last */
    struct osm_auto_subscription *prev, *next;
};

struct osm_auto_call;

struct osm_auto_entry {
    struct osm_auto_connect *owner;
    const struct osm_desired_connection *wanted; /* NULL when REMOVING */
    char *label;
    char *endpoint;
    enum osm_auto_state state;
    bool doomed;
    char session_id[OSM_SESSION_ID_LENGTH + 1]; /* empty = none */
    unsigned failures;                          /* in a row */
    char *failure;                              /* the last one, owned; NULL = it works */
    osm_msec due;                               /* when it looks again */
    struct osm_timer *timer;
    struct osm_auto_call *call; /* the request on its way, or NULL */
    bool queued;                /* waits for a slot */
    struct osm_auto_subscription *subscriptions;
    struct osm_auto_entry *prev, *next;
    struct osm_auto_entry *queue_prev, *queue_next;
};

struct osm_request;
/* The door above the core: osm_command_dispatch(). */
typedef void osm_auto_ask_fn(struct osm_manager *manager, struct osm_request *request);

struct osm_auto_connect *osm_auto_connect_new(struct osm_manager *manager, osm_auto_ask_fn *ask);
/* After the manager's end. NULL is fine; returns NULL. Frees what is wanted. */
struct osm_auto_connect *osm_auto_connect_free(struct osm_auto_connect *all);
/* From now on this is wanted (owned; NULL = nothing). Only what differs is touched. */
void osm_auto_connect_apply(struct osm_auto_connect *all, struct osm_desired *wanted);
/* The daemon is about to end: nothing is asked for any more. */
void osm_auto_connect_stop(struct osm_auto_connect *all);

/* For `status`. */
const struct osm_auto_entry *osm_auto_connect_entries(const struct osm_auto_connect *all);
const char *osm_auto_state_name(enum osm_auto_state state);

#endif
