/* SPDX-License-Identifier: MIT */
/* Publish requests; see publish.h. */
#include "core/publish.h"

#include <open62541/types_generated_handling.h>
#include <utlist.h>

#include "core/status.h"
#include "core/store.h"
#include "util/alloc.h"
#include "util/log.h"

/* Callers of the PHP client give up after 30 s: they are to hear from us before. Who has named a
 * time-out of their own wait at least as long. */
#define OSM_PUBLISH_PATIENCE_MS 25000

/* An outstanding request. */
struct osm_publish_call {
    struct osm_session *session;
    struct osm_ua_call *call;
    UA_SubscriptionAcknowledgement *acks; /* that went with it, with callers' ids */
    size_t acks_size;
    struct osm_publish_call *prev, *next;
};

struct osm_publish_answer {
    UA_PublishResponse response;
    struct osm_publish_answer *prev, *next;
};

/* In the arena of the caller's request. */
struct osm_publish_waiter {
    struct osm_op *op;
    osm_op_step_fn *step;
    struct osm_publish_waiter *prev, *next;
};

static const struct osm_ua_ops *ua_of(const struct osm_session *session)
{
    return session->manager->ua_ops;
}

/* --- acknowledgements ---------------------------------------------------------------------- */

static void add_ack(struct osm_publisher *publisher, UA_SubscriptionAcknowledgement ack)
{
    for (size_t i = 0; i < publisher->acks_size; i++)
        if (publisher->acks[i].subscriptionId == ack.subscriptionId &&
            publisher->acks[i].sequenceNumber == ack.sequenceNumber)
            return;
    if (publisher->acks_size == OSM_PUBLISH_ACKS) {
        publisher->acks_dropped++;
        return;
    }
    if (!publisher->acks)
        publisher->acks = osm_alloc(OSM_PUBLISH_ACKS * sizeof(*publisher->acks));
    publisher->acks[publisher->acks_size++] = ack;
}

static void add_acks(struct osm_publisher *publisher, const UA_SubscriptionAcknowledgement *acks,
                     size_t size)
{
    for (size_t i = 0; i < size; i++)
        add_ack(publisher, acks[i]);
}

/* --- who waits ----------------------------------------------------------------------------- */

static void late(struct osm_op *op)
{
    static const struct osm_fault timeout = {OSM_FAULT_CONNECTION, "Read timeout"};

    osm_op_fail(op, &timeout);
}

static void left(struct osm_op *op)
{
    struct osm_publisher *publisher = &op->session->publisher;
    struct osm_publish_waiter *waiter = op->wait;

    DL_DELETE(publisher->waiters, waiter);
    publisher->waiter_count--;
}

static osm_msec patience(const struct osm_op *op)
{
    osm_msec quiet = osm_subscriptions_keep_alive(&op->session->subscriptions);
    osm_msec most = OSM_MAX(OSM_PUBLISH_PATIENCE_MS, op->request->timeout);

    return quiet < most ? OSM_MIN(quiet + op->timeout, most) : most;
}

static void wait_for_answer(struct osm_op *op, osm_op_step_fn *step)
{
    struct osm_publisher *publisher = &op->session->publisher;
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
        if (osm_request_is_awaited(waiter->op->request))
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
        if (!osm_request_is_awaited(waiter->op->request))
            caller_gone(waiter->op);
}

static void strand_all(struct osm_publisher *publisher)
{
    while (publisher->waiters)
        osm_op_strand(publisher->waiters->op);
}

/* --- answers ------------------------------------------------------------------------------- */

static void keep(struct osm_publisher *publisher, UA_PublishResponse *response)
{
    struct osm_publish_answer *answer = osm_alloc(sizeof(*answer));

    answer->response = *response;
    UA_PublishResponse_init(response);
    DL_APPEND(publisher->kept, answer);
    publisher->kept_count++;
    publisher->kept_ever++;
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

static void hand_out_kept(struct osm_op *op, osm_op_step_fn *step)
{
    struct osm_publisher *publisher = &op->session->publisher;
    struct osm_publish_answer *answer = publisher->kept;

    take_kept(publisher, answer);
    step(op, &answer->response);
    free_answer(answer);
}

void osm_publish_forget(struct osm_publisher *publisher, uint32_t server_id)
{
    struct osm_publish_answer *answer, *next;

    DL_FOREACH_SAFE (publisher->kept, answer, next) {
        if (answer->response.subscriptionId != server_id)
            continue;
        take_kept(publisher, answer);
        free_answer(answer);
    }
}

/* The server says that another session has the subscription now. */
static void forget_transferred(struct osm_session *session, const UA_PublishResponse *response)
{
    const UA_NotificationMessage *message = &response->notificationMessage;
    struct osm_subscription *subscription =
        osm_subscription_find_server(&session->subscriptions, response->subscriptionId);

    for (size_t i = 0; subscription && i < message->notificationDataSize; i++) {
        const UA_ExtensionObject *data = &message->notificationData[i];
        const UA_StatusChangeNotification *change = data->content.decoded.data;

        if (data->encoding < UA_EXTENSIONOBJECT_DECODED ||
            data->content.decoded.type != &UA_TYPES[UA_TYPES_STATUSCHANGENOTIFICATION] ||
            change->status != UA_STATUSCODE_GOODSUBSCRIPTIONTRANSFERRED)
            continue;
        osm_log_info("Session %s: subscription %u has been transferred to another session",
                     session->id, subscription->id);
        osm_subscription_remove(&session->subscriptions, subscription);
        return;
    }
}

static void take_answer(struct osm_session *session, UA_PublishResponse *response)
{
    struct osm_publish_waiter *waiter = first_waiter(&session->publisher);

    forget_transferred(session, response);
    if (!waiter) {
        keep(&session->publisher, response);
        return;
    }
    osm_op_wait_over(waiter->op);
    waiter->step(waiter->op, response);
}

/* A fault nobody waits for is forgotten: the next caller's request will meet its own. */
static void take_fault(struct osm_session *session, UA_StatusCode status)
{
    struct osm_publish_waiter *waiter = first_waiter(&session->publisher);
    struct osm_fault fault = {0};

    if (!waiter)
        return;
    osm_status_fault(status, osm_op_arena(waiter->op), &fault);
    osm_op_fail(waiter->op, &fault);
}

static void free_call(struct osm_publisher *publisher, struct osm_publish_call *call)
{
    osm_assert(publisher->outstanding);
    DL_DELETE(publisher->outstanding, call);
    publisher->outstanding_count--;
    free(call->acks);
    free(call);
}

/* The connection is gone, or the server says so: callers wait for the recovery. */
static void take_loss(struct osm_session *session, const struct osm_ua_result *result)
{
    strand_all(&session->publisher);
    if (result->outcome != OSM_UA_LOST) /* else the connection tells of the loss itself */
        osm_session_drop_status(session, result->service_result);
}

static void answered(void *context, const struct osm_ua_result *result)
{
    struct osm_publish_call *call = context;
    struct osm_session *session = call->session;
    bool lost = result->outcome == OSM_UA_LOST || osm_status_is_loss(result->service_result);

    if (lost)
        add_acks(&session->publisher, call->acks, call->acks_size);
    free_call(&session->publisher, call);
    if (lost)
        take_loss(session, result);
    else if (result->response)
        take_answer(session, result->response);
    else
        take_fault(session, result->service_result);
}

/* --- requests ------------------------------------------------------------------------------ */

/* Sends one with all acknowledgements there are; false when the connection cannot send. */
static bool send(struct osm_session *session)
{
    struct osm_publisher *publisher = &session->publisher;
    struct osm_publish_call *call = osm_alloc(sizeof(*call));
    UA_SubscriptionAcknowledgement wire[OSM_PUBLISH_ACKS];
    UA_PublishRequest request;

    UA_PublishRequest_init(&request);
    request.subscriptionAcknowledgements = wire;
    request.subscriptionAcknowledgementsSize = publisher->acks_size;
    for (size_t i = 0; i < publisher->acks_size; i++) {
        wire[i] = publisher->acks[i];
        wire[i].subscriptionId =
            osm_subscription_server_id(&session->subscriptions, wire[i].subscriptionId);
    }
    call->session = session;
    call->call =
        ua_of(session)->call(session->conn, &osm_service_publish, &request, answered, call);
    if (!call->call) {
        free(call);
        return false;
    }
    call->acks = osm_steal(publisher->acks);
    call->acks_size = publisher->acks_size;
    publisher->acks_size = 0;
    DL_APPEND(publisher->outstanding, call);
    publisher->outstanding_count++;
    return true;
}

void osm_publish_next(struct osm_op *op, const UA_SubscriptionAcknowledgement *acks, size_t size,
                      osm_op_step_fn *step)
{
    struct osm_publisher *publisher = &op->session->publisher;

    add_acks(publisher, acks, size);
    drop_departed(publisher);
    if (!osm_request_is_awaited(op->request))
        caller_gone(op);
    else if (publisher->kept)
        hand_out_kept(op, step);
    else if (publisher->waiter_count >= OSM_PUBLISH_WAITING)
        osm_op_failf(op, OSM_FAULT_CONNECTION,
                     "Too many publish requests are waiting for this session (%d)",
                     OSM_PUBLISH_WAITING);
    else if (publisher->outstanding_count <= publisher->waiter_count && !send(op->session))
        osm_op_strand(op);
    else
        wait_for_answer(op, step);
}

/* --- the end ------------------------------------------------------------------------------- */

void osm_publisher_stop(struct osm_publisher *publisher, const struct osm_ua_ops *ua)
{
    struct osm_publish_call *call, *next;

    DL_FOREACH_SAFE (publisher->outstanding, call, next) {
        ua->call_abandon(call->call);
        free_call(publisher, call);
    }
}

void osm_publisher_clear(struct osm_publisher *publisher, const struct osm_ua_ops *ua)
{
    struct osm_publish_answer *answer, *next;

    osm_assert(!publisher->waiters);
    osm_publisher_stop(publisher, ua);
    DL_FOREACH_SAFE (publisher->kept, answer, next)
        free_answer(answer);
    free(publisher->acks);
}
