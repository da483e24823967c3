/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_PUBLISHER_H
#define OSM_CORE_SUBSCRIPTION_PUBLISHER_H
/*
 * The Publish requests of a link with subscriptions, in one of two ways.
 *
 * Automatic publishing (daemon.md §10; OPC 10000-4 §5.14.1): as many requests as are needed are
 * kept outstanding on the publisher's own account, and what comes is told the observer, in order
 * and without silent losses.
 *
 *                need                    error
 *       IDLE ──────────▶ RUNNING ──────────────────▶ PAUSED 1, 2, 5, … 60 s
 *        ▲ ◀──────────────  ▲ ◀──────────────────────── │
 *        │     no need      │     due, or an answer     │
 *        │ online           └───────────────────────────┘
 *       OFFLINE ◀── lost ── any of them
 *
 * RUNNING: as many requests are outstanding as there are subscriptions, plus one, within
 * OSM_PUBLISH_MOST and what the server allows. Each subscription has a sequence (sequence.h) that
 * says what is delivered, asked for again or lost.
 *
 * Publish as callers do it themselves (methods.md §2.21): the server holds a Publish back until it
 * has something to say, so the requests belong to the link, not to the callers who wait: who comes
 * next gets the next answer, whoever's request has brought it.
 *
 *   callers ──▶ waiters                 one request per waiting caller is outstanding; a caller
 *                 ▲                     who gives up leaves his behind, the next one takes it up
 *   server ──▶ answers ──▶ kept         nobody waits: kept for the next caller
 *
 * As many answers are kept as fit the callers who may wait, plus what is published again after a
 * loss: no more than twice OSM_PUBLISH_WAITING, and within the budget of publish_budget.h. An
 * answer goes to exactly one caller. A late answer is never a loss; that the server is alive is
 * seen by the keep-alive Read.
 *
 * The switch: the owner's for all (--auto-publish, sinks) or the publisher's own (a stream that
 * wants what Publish brings). "Publishing" means switched on and subscriptions are tracked; then
 * callers' own Publish is refused.
 *
 * Every change from outside ends in osm_publisher_go(), which may be called at any time.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/link/link.h"
#include "core/link/observer.h"
#include "core/link/op.h"
#include "core/subscription/subscription.h"

#define OSM_PUBLISH_MOST 16         /* outstanding requests of a link */
#define OSM_PUBLISH_PARKED 64       /* responses for subscriptions that are not known yet */
#define OSM_PUBLISH_PARKED_MS 60000 /* and how long they are kept */
#define OSM_PUBLISH_ASKS 16         /* Republish requests of a link */
#define OSM_PUBLISH_ASK_ATTEMPTS 3  /* that are not answered, for one message */
#define OSM_PUBLISH_WAITING 64      /* callers */

struct osm_publisher;

/* name in code, name in `status` and in tests; picture above */
#define OSM_PUBLISH_STATES(X)                                                                      \
    X(IDLE, "idle")                                                                                \
    X(RUNNING, "running")                                                                          \
    X(PAUSED, "paused")                                                                            \
    X(OFFLINE, "offline")

enum osm_publish_state {
#define X(id, name) OSM_PUBLISH_##id,
    OSM_PUBLISH_STATES(X)
#undef X
        OSM_PUBLISH_STATE_COUNT_
};

/* Since the session was opened. */
struct osm_publish_counters {
    uint64_t requests;         /* Publish requests sent */
    uint64_t responses;        /* good Publish responses */
    uint64_t keep_alives;      /* of them */
    uint64_t messages;         /* notification messages delivered, republished ones included */
    uint64_t values, events;   /* data changes and events in them */
    uint64_t overflows;        /* values marked by the server: its queue was full */
    uint64_t gaps;             /* times a message was missing */
    uint64_t republished;      /* missing messages that came by Republish */
    uint64_t lost;             /* missing messages that did not */
    uint64_t duplicates;       /* messages that had been here already */
    uint64_t parked, unparked; /* responses for subscriptions not known yet … that were delivered */
    uint64_t discarded;        /* subscriptions deleted because nobody knows them */
    uint64_t errors;           /* Publish requests refused */
    uint64_t kept;             /* answers kept for callers */
    uint64_t no_room;          /* times something that waited had to go (publish_budget.h) */
};

/* Adds each number of `more`. */
void osm_publish_counters_add(struct osm_publish_counters *sum,
                              const struct osm_publish_counters *more);

const char *osm_publish_state_name(enum osm_publish_state state);

/* Whose subscriptions they are. */
struct osm_publisher_owner {
    /* A good answer has come, for whomever; looked at before anybody else. */
    void (*arrived)(void *context, const UA_PublishResponse *response);
    /* It was one to a request of the publisher's own. */
    void (*heard)(void *context);
    /* What osm_publisher_ailment() says may have changed. */
    void (*health)(void *context);
    /* The server has the subscription no more; what was held of it has been delivered. May free
     * it. */
    void (*gone)(void *context, struct osm_subscription *subscription, const char *reason);
};

/* All borrowed; outlives the publisher. */
struct osm_publisher_setup {
    const char *id; /* for the log */
    struct osm_link *link;
    struct osm_subscriptions *subscriptions;
    const struct osm_observer *observer;
    const bool *on_for_all; /* the owner's switch */
    const struct osm_publisher_owner *owner;
    void *context;
};

/*
 * A session without subscriptions has none: with NULL, what is told of the connection (go, resumed,
 * lost, tick, stop) does nothing, and it neither publishes nor ails.
 */
struct osm_publisher *osm_publisher_new(const struct osm_publisher_setup *setup);
/* Nobody may wait any more. NULL is fine; returns NULL. */
struct osm_publisher *osm_publisher_free(struct osm_publisher *publisher);

/* --- the switch ---------------------------------------------------------------------------- */

/* For this one, from now on. */
void osm_publisher_switch_on(struct osm_publisher *publisher);
/* Whether it is switched on, with or without subscriptions. */
bool osm_publisher_is_on(const struct osm_publisher *publisher);
/* Whether it publishes: callers are refused. */
bool osm_publisher_is_publishing(const struct osm_publisher *publisher);

/* --- told by others ------------------------------------------------------------------------ */

/* The need may have changed: subscriptions came or went, publishing was switched on, the link is
 * UP. Sends what is to be sent. */
void osm_publisher_go(struct osm_publisher *publisher);
/* A subscription is known now, by CreateSubscription or by a transfer: what has come of it before
 * is delivered. Ends with go. */
void osm_publisher_subscribed(struct osm_publisher *publisher,
                              struct osm_subscription *subscription);
/* The server is being asked to delete a subscription. When it was the last one, servers refuse the
 * requests that wait there (BadNoSubscription) before they say that it is deleted: no loss. */
void osm_publisher_deleting(struct osm_publisher *publisher);
/* A subscription is about to be removed: nothing more is wanted of it. Follow with go. */
void osm_publisher_forget(struct osm_publisher *publisher,
                          const struct osm_subscription *subscription);
/* The server has the subscription no more: what is held is delivered, then the owner is told. */
void osm_publisher_gone(struct osm_publisher *publisher, struct osm_subscription *subscription,
                        const char *reason);
/* Acknowledgements that were withheld (observer.h) up to there may go out. */
void osm_publisher_release_acks(struct osm_publisher *publisher, uint64_t until);

/*
 * For the recovery. After a loss one of these says what has become of the subscriptions, before
 * the link is UP or after it; then osm_publisher_go(), which is fine only when it is UP.
 */
/* All of them: the same server session goes on; what was missed is asked for and delivered first,
 * in order. */
void osm_publisher_resumed(struct osm_publisher *publisher);
/* This one (with its new server_id, if that has changed) belongs to our new server session;
 * numbers as in the TransferResult. Its numbering goes on. */
void osm_publisher_transferred(struct osm_publisher *publisher,
                               struct osm_subscription *subscription, const uint32_t *numbers,
                               size_t size);
/* This one was made anew and has its new server_id: numbers begin at 1. `reason` says why, for the
 * word on the time between (notifications_lost). */
void osm_publisher_recreated(struct osm_publisher *publisher, struct osm_subscription *subscription,
                             const char *reason);

/* The connection is gone: so are all requests; their acknowledgements are kept. */
void osm_publisher_lost(struct osm_publisher *publisher, const struct osm_fault *fault);
/* What is due of it; returns when to look again. */
osm_msec osm_publisher_tick(struct osm_publisher *publisher, osm_msec now);
/* The link is closing: no answer is wanted any more. */
void osm_publisher_stop(struct osm_publisher *publisher);

/* --- for callers --------------------------------------------------------------------------- */

/* Waits for the next PublishResponse and hands it to step, perhaps at once. The acknowledgements
 * (with callers' subscription ids; copied) go with the next request that is sent. */
void osm_publisher_next(struct osm_publisher *publisher, struct osm_op *op,
                        const UA_SubscriptionAcknowledgement *acks, size_t size,
                        osm_op_step_fn *step);
/* What callers are told while it publishes on its own account. */
extern const struct osm_fault osm_publisher_refusal;

/* --- for status ---------------------------------------------------------------------------- */

struct osm_publisher_status {
    bool automatic;
    enum osm_publish_state state;
    double last; /* when the last good response came, epoch seconds; 0 = never */
    unsigned outstanding;
    unsigned most_outstanding; /* as the server allows, learnt; 0 = not known */
    size_t acks_waiting, acks_withheld;
    uint64_t acks_dropped, withheld_dropped;
    size_t waiting_bytes; /* responses that wait, of all sessions */
    struct osm_publish_counters counters;
};

/* Why, while it publishes on its own account, nothing can be expected to come: the server refuses
 * Publish, or nothing has been heard of a subscription for too long. In the arena; NULL = all is
 * well. */
const char *osm_publisher_ailment(const struct osm_publisher *publisher, struct osm_arena *arena);

struct osm_publisher_status osm_publisher_status(const struct osm_publisher *publisher);

#endif
