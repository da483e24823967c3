/* SPDX-License-Identifier: MIT */
/*
 * Where messages go in the order their subscription's track has put them: out as events, or to a
 * caller who publishes himself; and what follows: acknowledgements, what a status change means,
 * what is lost.
 */
#include <open62541/types_generated_handling.h>

#include "core/session/recovery.h"
#include "core/subscription/auto_publish.h"
#include "core/subscription/notification.h"
#include "core/subscription/publish.h"
#include "core/subscription/publish_engine.h"
#include "core/subscription/publish_repair.h"
#include "util/log.h"

static struct osm_publish_engine *engine_of(struct osm_session *session)
{
    return &session->publisher.engine;
}

/* --- delivering ---------------------------------------------------------------------------- */

static void stop_tracking(struct osm_session *session, struct osm_subscription *subscription)
{
    osm_log_info("Session %s: subscription %u has been transferred to another session", session->id,
                 subscription->id);
    osm_observe(&session->observer, subscription_lost, subscription->id,
                "transferred to another session");
    osm_publish_engine_forget(session, subscription);
    osm_subscription_remove(&session->subscriptions, subscription);
}

/* False when the subscription is none of ours, or none of the server's, any more. */
static bool take_status(struct osm_session *session, struct osm_subscription *subscription,
                        const UA_NotificationMessage *message)
{
    UA_StatusCode status;
    char reason[64];

    if (!osm_notification_status(message, &status))
        return true;
    if (status == UA_STATUSCODE_GOODSUBSCRIPTIONTRANSFERRED) {
        stop_tracking(session, subscription);
        return false;
    }
    if (UA_StatusCode_isGood(status))
        return true;
    (void)snprintf(reason, sizeof(reason), "the server says %s", UA_StatusCode_name(status));
    osm_publish_gone(session, subscription, reason);
    return false;
}

void osm_publish_acknowledge(struct osm_session *session,
                             const struct osm_subscription *subscription, uint32_t number)
{
    const UA_SubscriptionAcknowledgement ack = {subscription->id, number};
    const struct osm_observer_ops *observer = session->observer.ops;
    uint64_t until;

    if (number == 0)
        return;
    if (observer && observer->withholds && observer->withholds(session, &until))
        osm_acks_withhold(&session->publisher.acks, ack, until);
    else
        osm_acks_add(&session->publisher.acks, &ack, 1);
}

static void deliver_events(struct osm_session *session, struct osm_subscription *subscription,
                           const UA_PublishResponse *response)
{
    struct osm_publish_counters *counters = &engine_of(session)->counters;

    osm_notifications_count(&response->notificationMessage, &counters->values, &counters->events,
                            &counters->overflows);
    counters->messages += response->notificationMessage.notificationDataSize > 0;
    osm_observe(&session->observer, published, subscription, &response->notificationMessage,
                response->moreNotifications);
}

bool osm_publish_deliver(struct osm_session *session, struct osm_subscription *subscription,
                         UA_PublishResponse *response)
{
    const UA_NotificationMessage *message = &response->notificationMessage;

    if (!osm_session_auto_publishes(session))
        return osm_publish_hand_out(session, response);
    deliver_events(session, subscription, response);
    if (!message->notificationDataSize)
        return true;
    osm_publish_acknowledge(session, subscription, message->sequenceNumber);
    return take_status(session, subscription, message);
}

void osm_publish_lost(struct osm_session *session, const struct osm_subscription *subscription,
                      uint32_t from, uint32_t to)
{
    uint32_t count = osm_sequence_distance(from, to) + 1;

    engine_of(session)->counters.lost += count;
    osm_log_warning("Session %s: messages %u to %u of subscription %u are lost: the server cannot "
                    "publish them again",
                    session->id, from, to, subscription->id);
    osm_observe(&session->observer, notifications_lost, subscription->id, from, to, count, "gap");
}

/* What is held goes out, what is missing is lost. */
bool osm_publish_drain(struct osm_session *session, struct osm_subscription *subscription)
{
    uint32_t id = subscription->id;

    do {
        osm_sequence_give_up(&subscription->track);
        osm_publish_settle(session, subscription);
        if (osm_subscription_find(&session->subscriptions, id) != subscription)
            return false;
    } while (osm_sequence_is_incomplete(&subscription->track));
    return true;
}

void osm_publish_gone(struct osm_session *session, struct osm_subscription *subscription,
                      const char *reason)
{
    if (subscription->track.gone)
        return;
    subscription->track.gone = true;
    osm_publish_asks_forget(session, subscription);
    osm_acks_forget(&session->publisher.acks, subscription->id);
    if (osm_publish_drain(session, subscription))
        osm_recovery_subscription_lost(session, subscription, reason);
}

void osm_publish_engine_kept(struct osm_session *session, UA_PublishResponse *response)
{
    struct osm_subscription *subscription =
        osm_subscription_find_server(&session->subscriptions, response->subscriptionId);

    if (subscription)
        (void)osm_publish_deliver(session, subscription, response);
}
