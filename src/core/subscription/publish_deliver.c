/* SPDX-License-Identifier: MIT */
/*
 * Where messages go in the order their subscription's track has put them: out as events, or to a
 * caller who publishes himself; and what follows: acknowledgements, what a status change means,
 * what is lost.
 */
#include <open62541/types_generated_handling.h>

#include "core/subscription/notification.h"
#include "core/subscription/publisher_internal.h"
#include "util/alloc.h"
#include "util/log.h"

static struct osm_publish_engine *engine_of(struct osm_publisher *publisher)
{
    return &publisher->engine;
}

/* --- delivering ---------------------------------------------------------------------------- */

static void stop_tracking(struct osm_publisher *publisher, struct osm_subscription *subscription)
{
    osm_log_info("Session %s: subscription %u has been transferred to another session",
                 publisher->id, subscription->id);
    osm_observe(publisher->observer, subscription_lost, subscription->id,
                "transferred to another session");
    osm_publisher_forget(publisher, subscription);
    osm_subscription_remove(publisher->all, subscription);
}

/* False when the subscription is none of ours, or none of the server's, any more. */
static bool take_status(struct osm_publisher *publisher, struct osm_subscription *subscription,
                        const UA_NotificationMessage *message)
{
    UA_StatusCode status;
    char reason[64];

    if (!osm_notification_message_status(message, &status))
        return true;
    if (status == UA_STATUSCODE_GOODSUBSCRIPTIONTRANSFERRED) {
        stop_tracking(publisher, subscription);
        return false;
    }
    if (UA_StatusCode_isGood(status))
        return true;
    (void)snprintf(reason, sizeof(reason), "the server says %s", UA_StatusCode_name(status));
    osm_publisher_gone(publisher, subscription, reason);
    return false;
}

void osm_publish_acknowledge(struct osm_publisher *publisher,
                             const struct osm_subscription *subscription, uint32_t number)
{
    const UA_SubscriptionAcknowledgement ack = {subscription->id, number};
    const struct osm_observer_ops *observer = publisher->observer->ops;
    uint64_t until;

    if (number == 0)
        return;
    if (observer && observer->withholds &&
        observer->withholds(publisher->observer->session, &until))
        osm_acks_withhold(&publisher->acks, ack, until);
    else
        osm_acks_add(&publisher->acks, &ack, 1);
}

static void count(struct osm_publisher *publisher, const UA_PublishResponse *response)
{
    struct osm_publish_counters *counters = &engine_of(publisher)->counters;
    const struct osm_publish_large *large = publisher->arriving;

    counters->messages += response->notificationMessage.notificationDataSize > 0;
    if (large && &large->response == response) { /* counted off the loop */
        counters->values += large->changes;
        counters->events += large->notifications - large->changes;
        counters->overflows += large->overflows;
        return;
    }
    osm_notification_message_count(&response->notificationMessage, &counters->values,
                                   &counters->events, &counters->overflows);
}

static void deliver_events(struct osm_publisher *publisher, struct osm_subscription *subscription,
                           const UA_PublishResponse *response, bool republished)
{
    osm_observe(publisher->observer, published, subscription, &response->notificationMessage,
                response->moreNotifications, republished);
}

/* The server says that another session has the subscription now. */
static bool is_transferred(const UA_PublishResponse *response)
{
    UA_StatusCode status;

    return osm_notification_message_status(&response->notificationMessage, &status) &&
           status == UA_STATUSCODE_GOODSUBSCRIPTIONTRANSFERRED;
}

static void forget_transferred(struct osm_publisher *publisher, const UA_PublishResponse *response)
{
    struct osm_subscription *subscription =
        osm_subscription_find_server(publisher->all, response->subscriptionId);

    if (!subscription || !is_transferred(response))
        return;
    osm_log_info("Session %s: subscription %u has been transferred to another session",
                 publisher->id, subscription->id);
    osm_observe(publisher->observer, subscription_lost, subscription->id,
                "transferred to another session");
    osm_publish_asks_forget(publisher, subscription);
    osm_subscription_remove(publisher->all, subscription);
}

/* The server says that the subscription is over, in the words of status: it is made anew. */
static void note_end(struct osm_publisher *publisher, uint32_t server_id, UA_StatusCode status)
{
    struct osm_subscription *subscription = osm_subscription_find_server(publisher->all, server_id);
    char reason[64];

    if (!subscription || !UA_StatusCode_isBad(status))
        return;
    (void)snprintf(reason, sizeof(reason), "the server says %s", UA_StatusCode_name(status));
    osm_publisher_gone(publisher, subscription, reason);
}

bool osm_publish_tell_of_callers(struct osm_publisher *publisher,
                                 const UA_PublishResponse *response)
{
    struct osm_subscription *subscription =
        osm_subscription_find_server(publisher->all, response->subscriptionId);

    if (!subscription)
        return true;
    if (osm_publish_tell_on(publisher, subscription, response, false, true))
        return false;
    deliver_events(publisher, subscription, response, false);
    return true;
}

/* False when the subscription is not known (any more). */
static bool hand_out(struct osm_publisher *publisher, UA_PublishResponse *response, bool told)
{
    uint32_t server_id = response->subscriptionId;
    UA_StatusCode status = UA_STATUSCODE_GOOD;

    (void)osm_notification_message_status(&response->notificationMessage, &status);
    forget_transferred(publisher, response);
    osm_publish_hand_out(publisher, response, told);
    note_end(publisher, server_id, status);
    return osm_subscription_find_server(publisher->all, server_id) != NULL;
}

bool osm_publish_deliver_out(struct osm_publisher *publisher, UA_PublishResponse *response)
{
    bool told = osm_publish_is_awaited(publisher, response); /* else it is kept, and told later */

    if (told && !osm_publish_tell_of_callers(publisher, response))
        return false;
    return hand_out(publisher, response, told);
}

/* False as of take_status(). What is left of a subscription's life before it was made anew
 * means nothing for the new one. */
static bool follow_up(struct osm_publisher *publisher, struct osm_subscription *subscription,
                      const UA_PublishResponse *response)
{
    const UA_NotificationMessage *message = &response->notificationMessage;

    if (!message->notificationDataSize || osm_publish_is_ending(publisher, subscription))
        return true;
    osm_publish_acknowledge(publisher, subscription, message->sequenceNumber);
    return take_status(publisher, subscription, message);
}

static bool deliver(struct osm_publisher *publisher, struct osm_subscription *subscription,
                    UA_PublishResponse *response, bool republished)
{
    if (!osm_publisher_is_on(publisher))
        return osm_publish_deliver_out(publisher, response);
    count(publisher, response);
    if (osm_publish_tell_on(publisher, subscription, response, republished, false))
        return false;
    deliver_events(publisher, subscription, response, republished);
    return follow_up(publisher, subscription, response);
}

/* Its events are out, and it was meant for a caller; meanwhile automatic publishing may have
 * begun. */
static bool deliver_told(struct osm_publisher *publisher, struct osm_subscription *subscription,
                         UA_PublishResponse *response)
{
    if (!osm_publisher_is_on(publisher))
        return hand_out(publisher, response, true);
    count(publisher, response);
    return follow_up(publisher, subscription, response);
}

bool osm_publish_deliver(struct osm_publisher *publisher, struct osm_subscription *subscription,
                         UA_PublishResponse *response)
{
    return deliver(publisher, subscription, response, false);
}

void osm_publish_told(struct osm_publisher *publisher, struct osm_subscription *subscription,
                      struct osm_publish_stored *stored, bool for_callers)
{
    struct osm_publish_large *before = osm_publish_offer(publisher, stored);
    uint32_t id = subscription->id;

    if (for_callers)
        (void)deliver_told(publisher, subscription, stored->response);
    else
        (void)follow_up(publisher, subscription, stored->response);
    osm_publish_offer_end(publisher, stored, before);
    if (osm_subscription_find(publisher->all, id) == subscription)
        osm_publish_settle(publisher, subscription);
    osm_publish_fit(publisher);
}

bool osm_publish_deliver_stored(struct osm_publisher *publisher,
                                struct osm_subscription *subscription,
                                struct osm_publish_stored *stored,
                                const struct osm_publish_manner *manner)
{
    size_t bytes = stored->large ? 0 : manner->bytes; /* what is large has been written */
    struct osm_publish_large *before = osm_publish_offer(publisher, stored);
    bool stays = manner->told
                     ? deliver_told(publisher, subscription, stored->response)
                     : deliver(publisher, subscription, stored->response, manner->republished);

    osm_publish_offer_end(publisher, stored, before);
    osm_publish_tire(publisher, bytes);
    return stays;
}

static void lost(struct osm_publisher *publisher, const struct osm_subscription *subscription,
                 uint32_t from, uint32_t to, const char *why, const char *reason)
{
    uint32_t count = osm_sequence_distance(from, to) + 1;

    engine_of(publisher)->counters.lost += count;
    osm_log_warning("Session %s: messages %u to %u of subscription %u are lost: %s", publisher->id,
                    from, to, subscription->id, why);
    osm_observe(publisher->observer, notifications_lost, subscription->id, from, to, count, reason);
}

void osm_publish_tell_unreadable(struct osm_publisher *publisher,
                                 const struct osm_subscription *subscription,
                                 const UA_NotificationMessage *message)
{
    uint32_t number = message->sequenceNumber;

    if (osm_notification_message_is_unreadable(message))
        lost(publisher, subscription, number, number, "not all in it can be decoded",
             "undecodable");
}

/* --- settling ------------------------------------------------------------------------------ */

/* False when nothing more is to be done with the subscription for now. */
static bool settle_step(struct osm_publisher *publisher, struct osm_subscription *subscription)
{
    struct osm_sequence_move move = osm_sequence_move_next(&subscription->track);
    bool goes_on = false;

    switch (move.step) {
    case OSM_SEQUENCE_DELIVER:
        goes_on = osm_publish_deliver_stored(
            publisher, subscription, &move.message->stored,
            &(struct osm_publish_manner){.bytes = move.message->bytes,
                                         .republished = move.message->republished});
        osm_sequence_message_free(move.message);
        break;
    case OSM_SEQUENCE_LOST:
        lost(publisher, subscription, move.from, move.to, "the server cannot publish them again",
             "gap");
        goes_on = true;
        break;
    case OSM_SEQUENCE_ASK:
        osm_publish_ask(publisher, subscription, move.from);
        break;
    case OSM_SEQUENCE_REST:
        break;
    }
    return goes_on;
}

bool osm_publish_has_to_wait(const struct osm_publisher *publisher,
                             const struct osm_subscription *subscription)
{
    return osm_publish_is_telling(publisher, subscription) ||
           (osm_publisher_is_on(publisher) && osm_publish_has_kept(publisher, subscription));
}

void osm_publish_settle(struct osm_publisher *publisher, struct osm_subscription *subscription)
{
    uint32_t id = subscription->id;

    if (osm_publish_has_to_wait(publisher, subscription))
        return; /* goes on when that is over */
    while (!publisher->tired && settle_step(publisher, subscription))
        ;
    if (osm_subscription_find(publisher->all, id) == subscription)
        osm_publish_begin_anew(publisher, subscription);
}

void osm_publish_settle_all(struct osm_publisher *publisher)
{
    size_t size;
    _cleanup_(osm_freep) uint32_t *ids = osm_subscriptions_ids(publisher->all, &size);

    for (size_t i = 0; i < size; i++) {
        struct osm_subscription *subscription = osm_subscription_find(publisher->all, ids[i]);

        if (subscription && osm_sequence_is_incomplete(&subscription->track))
            osm_publish_settle(publisher, subscription);
    }
}

void osm_publish_drain(struct osm_publisher *publisher, struct osm_subscription *subscription)
{
    osm_sequence_give_up(&subscription->track);
    osm_publish_settle(publisher, subscription);
}

/* --- turns --------------------------------------------------------------------------------- */

/* What has been waiting is told so much of in a turn; callers have their turn, too. */
#define TURN_BYTES ((size_t)256 * 1024)

void osm_publish_tire(struct osm_publisher *publisher, size_t bytes)
{
    osm_msec now = osm_link_now(publisher->link);

    if (publisher->turn != now)
        publisher->told = 0;
    publisher->turn = now;
    publisher->told += bytes;
    if (publisher->told < TURN_BYTES || publisher->tired)
        return;
    publisher->tired = true;
    osm_link_arm(publisher->link, now);
}

void osm_publish_refreshed(struct osm_publisher *publisher)
{
    if (!osm_steal(publisher->tired))
        return;
    publisher->told = 0;
    osm_publish_settle_all(publisher);
    osm_publish_serve(publisher);
    osm_publisher_go(publisher);
    osm_publish_fit(publisher);
}

/* --- room ---------------------------------------------------------------------------------- */

/* The oldest that is kept for callers; what becomes events goes out by itself. */
static bool drop_kept(struct osm_publisher *publisher)
{
    const struct osm_subscription *subscription;
    struct osm_publish_stored stored;
    uint32_t number;

    if (osm_publisher_is_publishing(publisher) || !osm_publish_take_kept(publisher, &stored))
        return false;
    number = stored.response->notificationMessage.sequenceNumber;
    subscription = osm_subscription_find_server(publisher->all, stored.response->subscriptionId);
    if (subscription && stored.response->notificationMessage.notificationDataSize)
        lost(publisher, subscription, number, number,
             "no caller has asked for them, and what waits takes too much memory", "no room");
    osm_publish_stored_clear(&stored);
    return true;
}

/* Where most is held, what is missing is not waited for any longer: the rest goes out. False when
 * all there is goes out already, a part in each turn; until then nothing more is asked for
 * (osm_publish_is_full()). */
static bool let_out_held(struct osm_publisher *publisher)
{
    struct osm_subscription *subscription, *largest = NULL;

    for (subscription = publisher->all->by_id; subscription; subscription = subscription->hh.next)
        if (subscription->track.held_bytes > (largest ? largest->track.held_bytes : 0) &&
            !osm_publish_has_to_wait(publisher, subscription))
            largest = subscription;
    if (!largest || publisher->tired)
        return false;
    osm_log_warning("Session %s: no room to wait any longer for message %u of subscription %u",
                    publisher->id, largest->track.expected, largest->id);
    osm_publish_drain(publisher, largest);
    return true;
}

bool osm_publish_is_full(const struct osm_publisher *publisher)
{
    const struct osm_publish_budget *budget = publisher->all->budget;

    return budget && budget->bytes > OSM_PUBLISH_BUDGET &&
           (publisher->tellings || publisher->tired || publisher->kept);
}

void osm_publish_fit(struct osm_publisher *publisher)
{
    const struct osm_publish_budget *budget = publisher->all->budget;

    while (budget && budget->bytes > OSM_PUBLISH_BUDGET &&
           (osm_publish_parked_drop(publisher) || drop_kept(publisher) || let_out_held(publisher)))
        engine_of(publisher)->counters.no_room++;
}

void osm_publisher_gone(struct osm_publisher *publisher, struct osm_subscription *subscription,
                        const char *reason)
{
    uint32_t id = subscription->id;

    if (subscription->track.gone)
        return;
    subscription->track.gone = true;
    osm_publish_asks_forget(publisher, subscription);
    osm_acks_forget(&publisher->acks, subscription->id);
    osm_publish_drain(publisher, subscription);
    if (osm_subscription_find(publisher->all, id) == subscription)
        publisher->owner->gone(publisher->context, subscription, reason);
}
