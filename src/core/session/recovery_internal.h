/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SESSION_RECOVERY_INTERNAL_H
#define OSM_CORE_SESSION_RECOVERY_INTERNAL_H
/* Recovery from the inside, for the session and the steps; the picture is in recovery.h. */
#include "core/link/results.h"
#include "util/clock.h"
#include <open62541/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct osm_session;
struct osm_subscription;
struct osm_ua_call;
struct osm_recovery_step;

#define OSM_RECOVERY_ITEMS 1000 /* at most, per request */
#define OSM_RECOVERY_PATHS 100

struct osm_recovery {
    /* connecting */
    unsigned failures;   /* in a row */
    osm_msec attempt_at; /* of its own accord, OSM_MSEC_NEVER = not */
    osm_msec active_since;
    /* the piece at work */
    const struct osm_recovery_step *step; /* NULL = none */
    struct osm_ua_call *call;
    struct osm_results results; /* how many its answer is to have */
    osm_msec deadline;
    unsigned messages; /* received when it was sent */
    uint32_t *ids;     /* subscriptions (TRANSFER) or items at work, owned */
    size_t ids_size;
    uint32_t subscription; /* whose items … */
    uint32_t trigger;      /* … or links */
    /* what was refused */
    osm_msec retry_at; /* the first of it; what there is is with the subscriptions */
    uint32_t random;   /* of the pause for what the present request is refused */
};

/* --- connecting again ---------------------------------------------------------------------- */

void osm_recovery_init(struct osm_recovery *recovery);
/* Nothing is at work any more: the connection is lost, or closing. */
void osm_recovery_stop(struct osm_session *session);
/* The session has just become FAILED: another attempt follows by itself, if it is wanted. */
void osm_recovery_schedule(struct osm_session *session);
/* Whether operations that have retries left (autoRetry) may use one at once. After some failures in
 * a row they wait for the next attempt by itself, a few seconds at most. */
bool osm_recovery_may_retry(const struct osm_session *session);
/* The session tries to connect again, is ACTIVE, has lost its connection, has failed to get one. */
void osm_recovery_note_attempt(struct osm_session *session);
void osm_recovery_note_active(struct osm_session *session);
void osm_recovery_note_loss(struct osm_session *session);
void osm_recovery_note_failure(struct osm_session *session);
/* What is due; returns when to look again. */
osm_msec osm_recovery_tick(struct osm_session *session, osm_msec now);

/* --- what is meant to be ------------------------------------------------------------------- */

/* The server has a new session for us. */
void osm_recovery_new_session(struct osm_session *session);
/* The session is connected: puts subscriptions right, then calls osm_session_ready(). */
void osm_recovery_begin(struct osm_session *session);
/* For osm_publisher_gone(): the server has the subscription no more; it is made anew with the same
 * ids. One that cannot be made anew is freed. */
void osm_recovery_subscription_lost(struct osm_session *session,
                                    struct osm_subscription *subscription, const char *reason);

/* --- between recovery.c, restore.c and restore_items.c ------------------------------------- */

struct osm_recovery_step {
    const char *name;
    /* Sends what is to be done with osm_recovery_call(); false when there is nothing. */
    bool (*send)(struct osm_session *session);
    /* response is NULL with a bad status. */
    void (*answered)(struct osm_session *session, void *response, UA_StatusCode status);
    /* It was sent, and the answer was lost; NULL = it does not matter. */
    void (*unanswered)(struct osm_session *session);
};

/* In order; ends with NULL. */
extern const struct osm_recovery_step *const osm_recovery_steps[];

struct osm_ua_service;
void osm_recovery_call(struct osm_session *session, const struct osm_ua_service *service,
                       void *request);

#endif
