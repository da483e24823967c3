/* SPDX-License-Identifier: MIT */
#ifndef OSM_AUTO_AUTO_INTERNAL_H
#define OSM_AUTO_AUTO_INTERNAL_H
/* What the files of auto-connect share; nobody else includes this. */
#include "auto/auto_connect.h"
#include "core/manager/connection_source.h"
#include "core/manager/registry.h"
#include "port/loop_ops.h"
#include "serve/command/session_open.h"

/* What is wished of a subscription; `kept` becomes NULL when the session has it no more. */
struct osm_auto_subscription {
    const struct osm_desired_subscription *wanted;
    struct osm_subscription *kept;
    struct osm_monitored_item **items; /* one for each of `wanted`, NULL = not wished yet; owned */
    struct osm_auto_subscription *prev, *next;
};

/* On its way. Lives until it is over, even if its entry does not. */
struct osm_auto_open {
    struct osm_session_open open;
    struct osm_arena arena;
    struct osm_auto_entry *entry; /* NULL = nobody wants to know any more */
};

struct osm_auto_entry {
    struct osm_auto_connect *owner;
    const struct osm_desired_connection *wanted; /* NULL when it is not wanted any more */
    char *label;
    char *endpoint;
    enum osm_auto_state state; /* never BUILDING, DEGRADED: osm_auto_entry_state() */
    char session_id[OSM_SESSION_ID_LENGTH + 1]; /* empty = none */
    unsigned failures;                          /* in a row */
    char *failure;                              /* the last one, owned; NULL = it works */
    osm_msec due;                               /* when it looks again */
    struct osm_timer *timer;
    struct osm_auto_open *open; /* on its way, or NULL */
    bool queued;                /* waits for a slot */
    struct osm_auto_subscription *subscriptions;
    struct osm_auto_entry *prev, *next;
    struct osm_auto_entry *queue_prev, *queue_next;
};

struct osm_auto_connect {
    struct osm_manager *manager;
    struct osm_loop loop; /* outlives the manager */
    struct osm_desired *wanted;
    struct osm_auto_entry *entries;
    struct osm_connection_cursor *cursors; /* of those who look at the entries bit by bit */
    struct osm_auto_entry *fresh, *again;  /* queues for a slot, the first one goes first */
    unsigned opening;
    bool stopped;
};

/* --- entries (auto_connect.c) -------------------------------------------------------------- */

/* Has the entry look again after that many milliseconds. */
void osm_auto_look(struct osm_auto_entry *entry, osm_msec delay);
struct osm_auto_entry *osm_auto_entry_new(struct osm_auto_connect *all, const char *label,
                                          const char *endpoint);
/* The session it keeps, or NULL. */
struct osm_session *osm_auto_entry_session(const struct osm_auto_entry *entry);
/* What `status` says: BUILDING as long as the session is not connected, or being put right. */
enum osm_auto_state osm_auto_entry_state(const struct osm_auto_entry *entry);
const char *osm_auto_state_name(enum osm_auto_state state);

/* --- wishes (auto_wish.c) ------------------------------------------------------------------ */

struct osm_auto_subscription *osm_auto_subscription_new(struct osm_auto_entry *entry);
/* What is kept stays, but is nobody's wish any more. */
void osm_auto_subscription_free(struct osm_auto_entry *entry,
                                struct osm_auto_subscription *subscription);
/* It is to be what `wanted` says: changes what is wished already. */
void osm_auto_subscription_bind(struct osm_auto_entry *entry,
                                struct osm_auto_subscription *subscription,
                                const struct osm_desired_subscription *wanted);
/* It is not wanted any more: what is kept is deleted; frees it. */
void osm_auto_subscription_drop(struct osm_auto_entry *entry,
                                struct osm_auto_subscription *subscription);
/* Wishes what is not wished yet, or was deleted by a caller. False when the session is full. */
bool osm_auto_wish_all(struct osm_auto_entry *entry, struct osm_session *session);

/* --- status (auto_status.c) ---------------------------------------------------------------- */

void osm_auto_status_lend(struct osm_auto_connect *all);
/* The entry is about to leave the list. */
void osm_auto_status_leaves(struct osm_auto_entry *entry);
/* The list itself is. */
void osm_auto_status_end(struct osm_auto_connect *all);

#endif
