/* SPDX-License-Identifier: MIT */
/* Publish requests; see publish.h. */
#include "core/subscription/publish.h"

#include <open62541/types_generated_handling.h>
#include <utlist.h>

#include "core/subscription/auto_publish.h"
#include "core/subscription/notification.h"
#include "core/subscription/publish_engine.h"
#include "core/subscription/publish_repair.h"
#include "core/subscription/publish_request.h"
#include "port/status_code.h"
#include "util/alloc.h"
#include "util/log.h"

/* Callers of the PHP client give up after 30 s: they are to hear from us before. Who has named a
 * time-out of their own wait at least as long. */
#define OSM_PUBLISH_PATIENCE_MS 25000

struct osm_publish_answer {
    uint32_t id; /* of the subscription, as callers know it; 0 = of none */
    UA_PublishResponse response;
    struct osm_publish_answer *prev, *next;
};

/* In the arena of the caller's request. */
struct osm_publish_waiter {
    struct osm_op *op;
    osm_op_step_fn *step;
    struct osm_publish_waiter *prev, *next;
};

/* --- who waits ----------------------------------------------------------------------------- */

static void late(struct osm_op *op)
{
    static const struct osm_fault timeout = {OSM_FAULT_CONNECTION, "Read timeout"};

    osm_op_fail(op, &timeout);
}

static void left(struct osm_op *op)
{
    struct osm_publisher *publisher = &osm_session_of(op->link)->publisher;
    struct osm_publish_waiter *waiter = op->wait;

    DL_DELETE(publisher->waiters, waiter);
    publisher->waiter_count--;
}

static osm_msec patience(const struct osm_op *op)
{
    osm_msec quiet = osm_subscriptions_keep_alive(&osm_session_of(op->link)->subscriptions);
    osm_msec most = OSM_MAX(OSM_PUBLISH_PATIENCE_MS, op->caller->timeout);

    return quiet < most ? OSM_MIN(quiet + op->timeout, most) : most;
}

static void wait_for_answer(struct osm_op *op, osm_op_step_fn *step)
{
    struct osm_publisher *publisher = &osm_session_of(op->link)->publisher;
    struct osm_publish_waiter *waiter = osm_arena_alloc(osm_op_arena(op), sizeof(*waiter));

    waiter->op = op;
    waiter->step = step;
    DL_APPEND(publisher->waiters, waiter);
    publisher->waiter_count++;
    osm_op_wait(op, patience(op), waiter, late, left);
}

/* The first caller who is still there, or NULL. */
static struct osm_publish_waiter *first_waiter(const struct osm_publisher *publisher)
{
    struct osm_publish_waiter *waiter;

    DL_FOREACH (publisher->waiters, waiter)
        if (osm_caller_is_awaited(waiter->op->caller))
            return waiter;
    return NULL;
}

static void caller_gone(struct osm_op *op)
{
    osm_op_failf(op, OSM_FAULT_CONNECTION, "The caller has gone");
}

static void drop_departed(struct osm_publisher *publisher)
{
    struct osm_publish_waiter *waiter, *next;

    DL_FOREACH_SAFE (publisher->waiters, waiter, next)
        if (!osm_caller_is_awaited(waiter->op->caller))
            caller_gone(waiter->op);
}

void osm_publish_strand_all(struct osm_publisher *publisher)
{
    while (publisher->waiters)
        osm_op_strand(publisher->waiters->op);
}

/* --- answers ------------------------------------------------------------------------------- */

static void keep(struct osm_session *session, const UA_PublishResponse *response)
{
    struct osm_publisher *publisher = &session->publisher;
    struct osm_publish_answer *answer = osm_alloc(sizeof(*answer));
    const struct osm_subscription *subscription =
        osm_subscription_find_server(&session->subscriptions, response->subscriptionId);

    answer->id = subscription ? subscription->id : 0;
    osm_assert(UA_PublishResponse_copy(response, &answer->response) == UA_STATUSCODE_GOOD);
    DL_APPEND(publisher->kept, answer);
    publisher->kept_count++;
    publisher->engine.counters.kept++;
}

static void free_answer(struct osm_publish_answer *answer)
{
    UA_PublishResponse_clear(&answer->response);
    free(answer);
}

static void take_kept(struct osm_publisher *publisher, struct osm_publish_answer *answer)
{
    osm_assert(publisher->kept);
    DL_DELETE(publisher->kept, answer);
    publisher->kept_count--;
}

/* Sinks may be there although callers publish themselves. */
static void tell_events(struct osm_session *session, const UA_PublishResponse *response)
{
    struct osm_subscription *subscription =
        osm_subscription_find_server(&session->subscriptions, response->subscriptionId);

    if (subscription)
        osm_observe(&session->observer, published, subscription, &response->notificationMessage,
                    response->moreNotifications);
}

/* The subscription may have been made anew since: it has another number then. */
static void renumber(const struct osm_session *session, struct osm_publish_answer *answer)
{
    const struct osm_subscription *subscription =
        osm_subscription_find(&session->subscriptions, answer->id);

    if (subscription)
        answer->response.subscriptionId = subscription->server_id;
}

static void hand_out_kept(struct osm_op *op, osm_op_step_fn *step)
{
    struct osm_publisher *publisher = &osm_session_of(op->link)->publisher;
    struct osm_publish_answer *answer = publisher->kept;

    take_kept(publisher, answer);
    renumber(osm_session_of(op->link), answer);
    tell_events(osm_session_of(op->link), &answer->response);
    step(op, &answer->response);
    free_answer(answer);
}

void osm_publish_forget(struct osm_publisher *publisher, uint32_t server_id)
{
    struct osm_publish_answer *answer, *next;

    DL_FOREACH_SAFE (publisher->kept, answer, next) {
        renumber(osm_container_of(publisher, struct osm_session, publisher), answer);
        if (answer->response.subscriptionId != server_id)
            continue;
        take_kept(publisher, answer);
        free_answer(answer);
    }
}

/* The server says that another session has the subscription now. */
static bool is_transferred(const UA_PublishResponse *response)
{
    UA_StatusCode status;

    return osm_notification_status(&response->notificationMessage, &status) &&
           status == UA_STATUSCODE_GOODSUBSCRIPTIONTRANSFERRED;
}

static void forget_transferred(struct osm_session *session, const UA_PublishResponse *response)
{
    struct osm_subscription *subscription =
        osm_subscription_find_server(&session->subscriptions, response->subscriptionId);

    if (!subscription || !is_transferred(response))
        return;
    osm_log_info("Session %s: subscription %u has been transferred to another session", session->id,
                 subscription->id);
    osm_observe(&session->observer, subscription_lost, subscription->id,
                "transferred to another session");
    osm_publish_asks_forget(session, subscription);
    osm_subscription_remove(&session->subscriptions, subscription);
}

/* The server says that the subscription is over, in the words of status: it is made anew. */
static void note_end(struct osm_session *session, uint32_t server_id, UA_StatusCode status)
{
    struct osm_subscription *subscription =
        osm_subscription_find_server(&session->subscriptions, server_id);
    char reason[64];

    if (!subscription || !UA_StatusCode_isBad(status))
        return;
    (void)snprintf(reason, sizeof(reason), "the server says %s", UA_StatusCode_name(status));
    osm_publish_gone(session, subscription, reason);
}

bool osm_publish_hand_out(struct osm_session *session, UA_PublishResponse *response)
{
    struct osm_publish_waiter *waiter = first_waiter(&session->publisher);
    uint32_t server_id = response->subscriptionId;
    UA_StatusCode status = UA_STATUSCODE_GOOD;

    (void)osm_notification_status(&response->notificationMessage, &status);
    if (waiter)
        tell_events(session, response);
    forget_transferred(session, response);
    if (waiter) {
        osm_op_wait_over(waiter->op);
        waiter->step(waiter->op, response);
    } else {
        keep(session, response);
    }
    note_end(session, server_id, status);
    return osm_subscription_find_server(&session->subscriptions, server_id) != NULL;
}

/* While messages that were missed are being asked for, later ones wait behind them. */
static bool waits_its_turn(struct osm_subscription *subscription, UA_PublishResponse *response)
{
    const UA_NotificationMessage *message = &response->notificationMessage;

    return message->sequenceNumber && message->notificationDataSize &&
           osm_sequence_is_incomplete(&subscription->track) &&
           osm_sequence_take(&subscription->track, response);
}

void osm_publish_take_answer(struct osm_session *session, UA_PublishResponse *response)
{
    struct osm_subscription *subscription =
        osm_subscription_find_server(&session->subscriptions, response->subscriptionId);

    if (subscription && waits_its_turn(subscription, response)) {
        osm_publish_settle(session, subscription);
        return;
    }
    if (subscription)
        osm_sequence_pass(&subscription->track, &response->notificationMessage);
    (void)osm_publish_hand_out(session, response);
}

/* A fault nobody waits for is forgotten: the next caller's request will meet its own. */
void osm_publish_take_fault(struct osm_session *session, UA_StatusCode status)
{
    struct osm_publish_waiter *waiter = first_waiter(&session->publisher);
    struct osm_fault fault = {0};

    if (!waiter)
        return;
    osm_status_code_fault(status, osm_op_arena(waiter->op), &fault);
    osm_op_fail(waiter->op, &fault);
}

/* --- requests ------------------------------------------------------------------------------ */

void osm_publish_next(struct osm_op *op, const UA_SubscriptionAcknowledgement *acks, size_t size,
                      osm_op_step_fn *step)
{
    struct osm_publisher *publisher = &osm_session_of(op->link)->publisher;

    if (osm_session_is_publishing(osm_session_of(op->link))) {
        osm_op_fail(op, &osm_publish_refusal);
        return;
    }
    osm_acks_add(&publisher->acks, acks, size);
    drop_departed(publisher);
    if (!osm_caller_is_awaited(op->caller))
        caller_gone(op);
    else if (publisher->kept)
        hand_out_kept(op, step);
    else if (publisher->waiter_count >= OSM_PUBLISH_WAITING)
        osm_op_failf(op, OSM_FAULT_CONNECTION,
                     "Too many publish requests are waiting for this session (%d)",
                     OSM_PUBLISH_WAITING);
    else if (publisher->outstanding_count <= publisher->waiter_count &&
             !osm_publish_send(osm_session_of(op->link)))
        osm_op_strand(op);
    else
        wait_for_answer(op, step);
}

/* --- automatic publishing begins ----------------------------------------------------------- */

const struct osm_fault osm_publish_refusal = {
    OSM_FAULT_AUTO_PUBLISH_ACTIVE,
    "Manual publish() is not available while auto-publish is active. Notifications are delivered "
    "via the configured EventDispatcher."};

void osm_publish_hand_over(struct osm_session *session)
{
    struct osm_publisher *publisher = &session->publisher;

    while (publisher->waiters)
        osm_op_fail(publisher->waiters->op, &osm_publish_refusal);
    while (publisher->kept) {
        struct osm_publish_answer *answer = publisher->kept;

        take_kept(publisher, answer);
        renumber(session, answer);
        osm_publish_engine_kept(session, &answer->response);
        free_answer(answer);
    }
}

/* --- the end ------------------------------------------------------------------------------- */

void osm_publisher_clear(struct osm_session *session)
{
    struct osm_publisher *publisher = &session->publisher;
    struct osm_publish_answer *answer, *next;

    osm_assert(!publisher->waiters);
    osm_publish_engine_clear(session);
    DL_FOREACH_SAFE (publisher->kept, answer, next)
        free_answer(answer);
    osm_acks_clear(&publisher->acks);
}
