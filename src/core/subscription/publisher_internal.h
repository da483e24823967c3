/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_PUBLISHER_INTERNAL_H
#define OSM_CORE_SUBSCRIPTION_PUBLISHER_INTERNAL_H
/*
 * The inside of a publisher. Answers go one way:
 *
 *   publish_request ──▶ publish_intake ──▶ sequence ──▶ publish_deliver ──▶ observer,
 * acknowledgement │ not known yet     │ missing       │ ▼                   ▼               └──▶
 * publish (callers: handed out, kept) parked          publish_repair
 *
 * publisher.c decides when to ask and what a refusal means.
 */
#include "core/subscription/publish_acks.h"
#include "core/subscription/publish_large.h"
#include "core/subscription/publisher.h"

struct osm_publish_answer;
struct osm_publish_arrival;
struct osm_publish_ask;
struct osm_publish_ending;
struct osm_publish_parked;
struct osm_publish_telling;
struct osm_publish_waiter;

/* An outstanding request. */
struct osm_publish_request {
    struct osm_publisher *publisher;
    struct osm_ua_call *call;
    struct osm_sent_ack *acks;
    size_t acks_size;
    unsigned epoch; /* of the engine, when it was sent */
    osm_msec sent_at;
    struct osm_publish_request *prev, *next;
};

struct osm_publish_engine {
    enum osm_publish_state state;
    bool announced;    /* the log says that it has started */
    unsigned failures; /* in a row */
    osm_msec retry_at; /* PAUSED */
    unsigned limit;    /* outstanding requests the server allows, learnt; 0 = not known */
    unsigned epoch;    /* counts changes of the set of subscriptions on the server */
    struct osm_publish_ask *asks; /* Republish requests on their way */
    unsigned ask_count;
    struct osm_publish_parked *parked; /* oldest first */
    unsigned parked_count;
    struct osm_ua_call *discard; /* deletes a subscription nobody knows */
    UA_StatusCode refusal;       /* of Publish, since the last good response; good = none */
    bool unreadable;             /* it is none of the server's: its answer cannot be read */
    double last_publish;         /* when the last good response came, epoch seconds; 0 = never */
    struct osm_publish_counters counters;
};

struct osm_publisher {
    const char *id;
    struct osm_link *link;
    struct osm_subscriptions *all;
    const struct osm_observer *observer;
    const struct osm_publisher_owner *owner;
    void *context;
    const bool *on_for_all;
    bool on; /* for this one */

    struct osm_publish_request *outstanding;
    unsigned outstanding_count;
    struct osm_publish_acks acks;

    struct osm_publish_arrival *awaited;  /* told, and not here yet */
    struct osm_publish_large *arriving;   /* the one that may be stored now */
    struct osm_publish_telling *tellings; /* told in part, at most one of a subscription */
    unsigned tellings_for_callers;        /* of these; at most one */
    struct osm_publish_ending *endings;   /* made anew, and the old one is still to be told */

    osm_msec turn; /* in which … */
    size_t told;   /* … so many bytes of what was waiting have been told */
    bool tired;    /* enough: the rest has time until the next turn */

    struct osm_publish_answer *kept; /* for callers, oldest first */
    struct osm_publish_waiter *waiters;
    unsigned kept_count, waiter_count;

    struct osm_publish_engine engine;
};

/* --- publisher.c ----------------------------------------------------------------------------- */

/* A good answer to a request of the publisher's own; content may be moved out. */
void osm_publisher_answer(struct osm_publisher *publisher, UA_PublishResponse *response);
/* A refusal that says nothing about the connection, or an answer that cannot be read. */
void osm_publisher_fault(struct osm_publisher *publisher, const struct osm_publish_request *call,
                         const struct osm_ua_result *result);
/* From now on the subscription may not be silent for too long. */
void osm_publish_watch_silence(struct osm_publisher *publisher,
                               struct osm_subscription *subscription);

/* --- publish_request.c: requests on their way, and the acknowledgements that go with them ------
 */

/* Sends one with all acknowledgements there are; false when the connection cannot send. Those of a
 * request that fails come back into the queue. */
bool osm_publish_send(struct osm_publisher *publisher);
/* No answer is wanted any more. */
void osm_publish_requests_stop(struct osm_publisher *publisher);

/* --- publish_intake.c ------------------------------------------------------------------------ */

/* A good response to a request of the publisher's own; content is moved out. */
void osm_publish_take_in(struct osm_publisher *publisher, UA_PublishResponse *response);
/* The same to a request that was sent for callers. */
void osm_publish_take_answer(struct osm_publisher *publisher, UA_PublishResponse *response);
/* Takes in what has come before the subscription was known. */
void osm_publish_unpark(struct osm_publisher *publisher, uint32_t server_id);
/* Drops what is too old; returns when to look again. */
osm_msec osm_publish_parked_tick(struct osm_publisher *publisher, osm_msec now);
void osm_publish_parked_clear(struct osm_publisher *publisher);
/* The oldest goes; false when there is none. */
bool osm_publish_parked_drop(struct osm_publisher *publisher);

/* --- publish_deliver.c: the spine ------------------------------------------------------------ */

/* Does what the subscription's sequence says. It may be removed in doing so. */
void osm_publish_settle(struct osm_publisher *publisher, struct osm_subscription *subscription);
/* The same for all that are incomplete. */
void osm_publish_settle_all(struct osm_publisher *publisher);
/* The next message of the subscription, for the observer or for a caller; content may be moved
 * out. False when the subscription has been removed or is gone. */
bool osm_publish_deliver(struct osm_publisher *publisher, struct osm_subscription *subscription,
                         UA_PublishResponse *response);
/* A response for callers, of whatever subscription. False when it is not (or no more) known. */
bool osm_publish_deliver_out(struct osm_publisher *publisher, UA_PublishResponse *response);
/* What is in a message that has come and cannot be decoded is lost, which is told. */
void osm_publish_tell_unreadable(struct osm_publisher *publisher,
                                 const struct osm_subscription *subscription,
                                 const UA_NotificationMessage *message);
/* How a message that was stored is delivered. */
struct osm_publish_manner {
    size_t bytes;     /* of memory that it takes */
    bool republished; /* fetched again after a gap */
    bool told;        /* as events, already */
};
/* The same as osm_publish_deliver(); it is stored somewhere else afterwards, or as it was. */
bool osm_publish_deliver_stored(struct osm_publisher *publisher,
                                struct osm_subscription *subscription,
                                struct osm_publish_stored *stored,
                                const struct osm_publish_manner *manner);
/* Sinks may be there although callers publish themselves: an answer for one of them becomes events.
 * False when that takes turns; it is handed out then. */
bool osm_publish_tell_of_callers(struct osm_publisher *publisher,
                                 const UA_PublishResponse *response);
/* Nothing more of the subscription may be told now: it goes on by itself. */
bool osm_publish_has_to_wait(const struct osm_publisher *publisher,
                             const struct osm_subscription *subscription);
/* Its events are out: it is acknowledged, perhaps as soon as they are safe. */
void osm_publish_acknowledge(struct osm_publisher *publisher,
                             const struct osm_subscription *subscription, uint32_t number);
/* Something has come that may have to wait: within the budget of all sessions, or the oldest of
 * this one goes. Subscriptions may be removed in doing so. */
void osm_publish_fit(struct osm_publisher *publisher);
/* So much waits that nothing more may be asked for. */
bool osm_publish_is_full(const struct osm_publisher *publisher);
/* What is missing is lost, and what is held goes out: now, as far as it need not wait, and then.
 * The subscription may be removed in doing so. */
void osm_publish_drain(struct osm_publisher *publisher, struct osm_subscription *subscription);

/* All of it has been told as events: what follows for the subscription, or for callers. */
void osm_publish_told(struct osm_publisher *publisher, struct osm_subscription *subscription,
                      struct osm_publish_stored *stored, bool for_callers);
/* So many bytes of what was waiting have been told; when it is enough for one turn, the publisher
 * is tired until the next one. */
void osm_publish_tire(struct osm_publisher *publisher, size_t bytes);
/* In the next one: goes on where it was. */
void osm_publish_refreshed(struct osm_publisher *publisher);

/* --- publish_ending.c ------------------------------------------------------------------------ */

/* Its sequence is still that of its life before. */
bool osm_publish_is_ending(const struct osm_publisher *publisher,
                           const struct osm_subscription *subscription);
/* Begins the new one's, if all of the old one is out. */
void osm_publish_begin_anew(struct osm_publisher *publisher, struct osm_subscription *subscription);
/* Nobody wants to know of it; NULL = of all. */
void osm_publish_endings_stop(struct osm_publisher *publisher,
                              const struct osm_subscription *subscription);

/* --- publish_telling.c ----------------------------------------------------------------------- */

/* A message that is to be told as events: true when that takes so long that they are told from now
 * on, and osm_publish_told() follows. Until then nothing more of the subscription may be told; of
 * those for callers there is one at a time. */
bool osm_publish_tell_on(struct osm_publisher *publisher,
                         const struct osm_subscription *subscription,
                         const UA_PublishResponse *response, bool republished, bool for_callers);
bool osm_publish_is_telling(const struct osm_publisher *publisher,
                            const struct osm_subscription *subscription);
/* What is left is not wanted; NULL = of all. */
void osm_publish_tellings_stop(struct osm_publisher *publisher,
                               const struct osm_subscription *subscription);

/* --- publish_repair.c ------------------------------------------------------------------------ */

/* Asks for a message again (Republish, OPC 10000-4 §5.14.6). At most one request per subscription
 * and OSM_PUBLISH_ASKS per link are on their way; the others wait their turn. */
void osm_publish_ask(struct osm_publisher *publisher, struct osm_subscription *subscription,
                     uint32_t number);
/* Its requests are not wanted any more. */
void osm_publish_asks_forget(struct osm_publisher *publisher,
                             const struct osm_subscription *subscription);
/* None is. */
void osm_publish_asks_stop(struct osm_publisher *publisher);
/* What is overdue; returns when to look again. */
osm_msec osm_publish_asks_tick(struct osm_publisher *publisher, osm_msec now);

/* --- publish.c: callers ---------------------------------------------------------------------- */

/* Whether a caller waits who may take that answer. */
bool osm_publish_is_awaited(const struct osm_publisher *publisher,
                            const UA_PublishResponse *response);
/* To the first caller who waits, or kept; content may be moved out. */
void osm_publish_hand_out(struct osm_publisher *publisher, UA_PublishResponse *response, bool told);
/* Who waits although something is kept for him, because it was being told, gets it now. */
void osm_publish_serve(struct osm_publisher *publisher);
/* Something of that subscription is kept. */
bool osm_publish_has_kept(const struct osm_publisher *publisher,
                          const struct osm_subscription *subscription);
/* Automatic publishing has begun: what is kept becomes events, as far as it need not wait. */
void osm_publish_tell_kept(struct osm_publisher *publisher);
/* Who still waits although an answer has come, which was another one's or is held, gets a request
 * of his own again. */
void osm_publish_ask_on(struct osm_publisher *publisher);
/* A refusal to a request that was sent for callers, or an answer that cannot be read. */
void osm_publish_take_fault(struct osm_publisher *publisher, const struct osm_ua_result *result);
/* Nothing is kept of the subscription the server calls so. */
void osm_publish_forget(struct osm_publisher *publisher, uint32_t server_id);
/* The connection is gone: callers wait for the recovery. */
void osm_publish_strand_all(struct osm_publisher *publisher);
/* Automatic publishing begins: callers are refused. */
void osm_publish_refuse_all(struct osm_publisher *publisher);
/* The oldest answer that was kept, moved into *stored; false when there is none. */
bool osm_publish_take_kept(struct osm_publisher *publisher, struct osm_publish_stored *stored);
/* Frees what is kept; nobody waits any more. */
void osm_publish_kept_clear(struct osm_publisher *publisher);

#endif
