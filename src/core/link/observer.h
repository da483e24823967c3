/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_LINK_OBSERVER_H
#define OSM_CORE_LINK_OBSERVER_H
/*
 * Who wants to know what happens to a session. The core tells this table and knows nobody behind
 * it: in the daemon the emitters of events (core/event/event_observer.h), in a test a recorder.
 *
 * Told at once, from inside what happens: an observer notes what it is told and changes nothing.
 * What it is given is borrowed for the call. Ids and handles are those callers know. Without an
 * observer a telling costs one test; an observer fills in the whole table (but `withholds`,
 * `prepare` and its like, and `published_some`).
 */
#include <stdbool.h>
#include <stdint.h>

#include <open62541/types_generated.h>

#include "port/ua_ops.h"
#include "util/fault.h"

struct osm_notification_place;
struct osm_prepared_events;
struct osm_session;
struct osm_subscription;

#define OSM_OBSERVED_UNKNOWN UINT32_MAX /* nobody knows how many */

struct osm_observer_ops {
    /* --- the connection --- */
    void (*connecting)(struct osm_session *session);
    /* A channel is open and a session activated on it, a new one or the one before. */
    void (*activated)(struct osm_session *session, const struct osm_ua_channel *channel,
                      bool new_session);
    void (*judged)(struct osm_session *session, const struct osm_ua_judgement *judgement);
    /* The present channel has a new token. */
    void (*renewed)(struct osm_session *session, const struct osm_ua_renewal *renewal);
    void (*connected)(struct osm_session *session);
    void (*failed)(struct osm_session *session, const struct osm_fault *fault);
    void (*reconnecting)(struct osm_session *session);
    /* Says goodbye to the server; channel 0 = there is none. */
    void (*leaving)(struct osm_session *session, uint32_t channel);
    void (*disconnected)(struct osm_session *session);
    /* The last that is told; nothing of the session may be used but its memory. */
    void (*freed)(struct osm_session *session);

    /* --- operations: attempts are counted from 1 to most (autoRetry) --- */
    void (*retried)(struct osm_session *session, int64_t attempt, int64_t most,
                    const struct osm_fault *fault);
    void (*retries_exhausted)(struct osm_session *session, int64_t attempts,
                              const struct osm_fault *fault);

    /* --- subscriptions --- */
    /* A large message that may be told by `published`: whatever takes long is made ready before,
     * off the loop, by prepared_write on any thread, which returns how much memory it took. The
     * message stays until prepared_free. NULL, here or as the answer = there is nothing to make
     * ready. */
    struct osm_prepared_events *(*prepare)(struct osm_session *session,
                                           const UA_NotificationMessage *message);
    size_t (*prepared_write)(struct osm_prepared_events *prepared);
    void (*prepared_free)(struct osm_prepared_events *prepared);
    /* Whether a message that has this made ready (NULL = nothing) can be told now: it may have been
     * waiting, and more may be wanted of it than was then. */
    bool (*prepared_suffices)(const struct osm_session *session,
                              const struct osm_prepared_events *prepared);
    /* A message, published or republished (fetched again after a gap), in order. */
    void (*published)(struct osm_session *session, struct osm_subscription *subscription,
                      const UA_NotificationMessage *message, bool more_notifications,
                      bool republished);
    /* The same of a message with very many notifications: some of them, from *place (zeroed at
     * first) on. False when there are no more. NULL = all are told at once. */
    bool (*published_some)(struct osm_session *session, struct osm_subscription *subscription,
                           const UA_NotificationMessage *message, bool more_notifications,
                           bool republished, struct osm_notification_place *place);
    /* Messages from … to (sequence numbers; to 0 = nobody knows) will never come. dropped: how
     * many, or OSM_OBSERVED_UNKNOWN. */
    void (*notifications_lost)(struct osm_session *session, uint32_t subscription_id, uint32_t from,
                               uint32_t to, uint32_t dropped, const char *reason);
    /* The server's word on taking it over into a new server session. */
    void (*subscription_transferred)(struct osm_session *session, uint32_t subscription_id,
                                     UA_StatusCode status);
    /* A wish (subscription/wish.h) was made, changed, deleted; the id of an item the server would
     * not make is 0. */
    void (*subscription_made)(struct osm_session *session,
                              const struct osm_subscription *subscription);
    void (*subscription_deleted)(struct osm_session *session, uint32_t subscription_id,
                                 UA_StatusCode status);
    void (*item_made)(struct osm_session *session, uint32_t subscription_id, uint32_t item_id,
                      const UA_NodeId *node, UA_StatusCode status);
    void (*item_modified)(struct osm_session *session, uint32_t subscription_id, uint32_t item_id,
                          UA_StatusCode status);
    void (*item_deleted)(struct osm_session *session, uint32_t subscription_id, uint32_t item_id,
                         UA_StatusCode status);
    /* Made anew on the server; values between were not watched. */
    void (*subscription_recreated)(struct osm_session *session, uint32_t subscription_id,
                                   const char *reason);
    /* No longer kept: it went to somebody else, or cannot be made anew. */
    void (*subscription_lost)(struct osm_session *session, uint32_t subscription_id,
                              const char *reason);
    /* Data does not flow, and why; NULL = it does again (core/session/health.h). */
    void (*health_changed)(struct osm_session *session, const char *ailment);
    /* Whether the message that has just been told may not be acknowledged yet; *until is what
     * osm_publisher_release_acks() has to be told of first. NULL = all may be. */
    bool (*withholds)(struct osm_session *session, uint64_t *until);
};

struct osm_observer {
    const struct osm_observer_ops *ops; /* NULL = nobody wants to know */
    struct osm_session *session;        /* whom it is told about */
};

#define osm_observe(observer_, what_, ...)                                                         \
    do {                                                                                           \
        const struct osm_observer *told_ = (observer_);                                            \
                                                                                                   \
        if (told_->ops)                                                                            \
            told_->ops->what_(told_->session, ##__VA_ARGS__);                                      \
    } while (0)

#endif
