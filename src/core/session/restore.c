/* SPDX-License-Identifier: MIT */
/*
 * The steps that put subscriptions right (those for items are in restore_items.c): each looks for
 * the first thing that is not as it is meant to be, asks the server for it and takes the answer in
 * (recovery.h).
 *
 * A step leaves nothing behind that it would find again: what the server will not do is marked as
 * refused, or given up. What was sent and not answered may have been done: its subscription is
 * deleted and made anew, so that nothing is there twice.
 */
#include <string.h>

#include <utlist.h>

#include <open62541/nodeids.h>

#include "core/session/restore_internal.h"
#include "core/subscription/publisher.h"
#include "port/service.h"
#include "port/status_code.h"
#include "util/alloc.h"
#include "util/log.h"

void osm_restore_note_ids(struct osm_session *session, const uint32_t *ids, size_t size)
{
    struct osm_recovery *recovery = &session->recovery;

    free(recovery->ids);
    recovery->ids = osm_alloc(size * sizeof(*ids));
    if (size)
        memcpy(recovery->ids, ids, size * sizeof(*ids));
    recovery->ids_size = size;
}

/* The subscription the step was about, or NULL when it has been deleted meanwhile. */
struct osm_subscription *osm_restore_at_work(const struct osm_session *session)
{
    return osm_subscription_find(&session->subscriptions, session->recovery.subscription);
}

bool osm_restore_is_here(const struct osm_subscription *subscription)
{
    return subscription->place == OSM_SUBSCRIPTION_HERE && !subscription->doomed;
}

static struct osm_subscription *first_in(const struct osm_session *session,
                                         enum osm_subscription_place place)
{
    struct osm_subscription *subscription = session->subscriptions.by_id;

    while (subscription && (subscription->place != place || subscription->refused))
        subscription = subscription->hh.next;
    return subscription;
}

void osm_recovery_doubt(struct osm_subscription *subscription)
{
    if (subscription && subscription->place == OSM_SUBSCRIPTION_HERE)
        subscription->place = OSM_SUBSCRIPTION_DOUBTFUL;
}

/* --- transfer ------------------------------------------------------------------------------ */

static bool transfer_send(struct osm_session *session)
{
    const struct osm_subscription *subscription;
    unsigned most = HASH_COUNT(session->subscriptions.by_id);
    _cleanup_(osm_freep) uint32_t *ids = osm_alloc(most * sizeof(*ids));
    _cleanup_(osm_freep) UA_UInt32 *server_ids = osm_alloc(most * sizeof(*server_ids));
    UA_TransferSubscriptionsRequest request;
    size_t size = 0;

    for (subscription = session->subscriptions.by_id; subscription;
         subscription = subscription->hh.next) {
        if (subscription->place != OSM_SUBSCRIPTION_ELSEWHERE)
            continue;
        ids[size] = subscription->id;
        server_ids[size++] = subscription->server_id;
    }
    if (!size)
        return false;
    osm_log_info("Transferring %zu subscription(s) for session %s", size, session->id);
    osm_restore_note_ids(session, ids, size);
    UA_TransferSubscriptionsRequest_init(&request);
    request.subscriptionIds = server_ids;
    request.subscriptionIdsSize = size;
    request.sendInitialValues = true;
    osm_recovery_call(session, &osm_service_transfer_subscriptions, &request);
    return true;
}

static void transfer_failed(struct osm_session *session, struct osm_subscription *subscription,
                            UA_StatusCode status)
{
    osm_log_warning("Subscription %u transfer failed (status: 0x%08X), %s", subscription->id,
                    status, subscription->adopted ? "removing from tracking" : "recreating");
    osm_publisher_gone(osm_session_publisher(session), subscription,
                       "the server cannot transfer it");
}

static void transferred(struct osm_session *session, struct osm_subscription *subscription,
                        const UA_TransferResult *result)
{
    subscription->place = OSM_SUBSCRIPTION_HERE;
    osm_log_info("Subscription %u transferred successfully (%zu available sequence numbers)",
                 subscription->id, result->availableSequenceNumbersSize);
    osm_publisher_transferred(osm_session_publisher(session), subscription,
                              result->availableSequenceNumbers,
                              result->availableSequenceNumbersSize);
}

static void log_transfer_fault(const struct osm_session *session, UA_StatusCode status)
{
    struct osm_fault fault = {0};
    struct osm_arena arena;

    osm_arena_init(&arena);
    osm_status_code_fault(status, &arena, &fault);
    osm_log_warning("Subscription transfer failed for session %s: %s", session->id, fault.message);
    osm_arena_deinit(&arena);
}

static void transfer_answered(struct osm_session *session, void *response, UA_StatusCode status)
{
    const UA_TransferSubscriptionsResponse *answer = response;
    const struct osm_recovery *recovery = &session->recovery;

    if (!answer)
        log_transfer_fault(session, status);
    for (size_t i = 0; i < recovery->ids_size; i++) {
        struct osm_subscription *subscription =
            osm_subscription_find(&session->subscriptions, recovery->ids[i]);

        if (!subscription || subscription->place != OSM_SUBSCRIPTION_ELSEWHERE)
            continue;
        if (answer) {
            status = answer->results[i].statusCode;
            osm_observe(&session->observer, subscription_transferred, subscription->id, status);
        }
        if (answer && status == UA_STATUSCODE_GOOD)
            transferred(session, subscription, &answer->results[i]);
        else
            transfer_failed(session, subscription, status);
    }
}

/* --- what is in doubt, or not wanted, is deleted -------------------------------------------- */

static void forget(struct osm_session *session, struct osm_subscription *subscription)
{
    osm_publisher_forget(osm_session_publisher(session), subscription);
    osm_subscription_remove(&session->subscriptions, subscription);
    if (session->state == OSM_SESSION_ACTIVE)
        osm_publisher_go(session->publisher);
}

/* The server has not got them: nobody need be asked. */
static void sweep(struct osm_session *session)
{
    struct osm_subscription *subscription, *next;

    HASH_ITER (hh, session->subscriptions.by_id, subscription, next)
        if (subscription->doomed && subscription->place == OSM_SUBSCRIPTION_GONE)
            forget(session, subscription);
}

static bool is_to_go(const struct osm_subscription *subscription)
{
    return subscription->place == OSM_SUBSCRIPTION_DOUBTFUL ||
           (subscription->place == OSM_SUBSCRIPTION_HERE && subscription->doomed);
}

static bool discard_send(struct osm_session *session)
{
    struct osm_subscription *subscription;
    UA_DeleteSubscriptionsRequest request;

    sweep(session);
    subscription = session->subscriptions.by_id;
    while (subscription && !is_to_go(subscription))
        subscription = subscription->hh.next;
    if (!subscription)
        return false;
    session->recovery.subscription = subscription->id;
    UA_DeleteSubscriptionsRequest_init(&request);
    request.subscriptionIds = &subscription->server_id;
    request.subscriptionIdsSize = 1;
    osm_recovery_call(session, &osm_service_delete_subscriptions, &request);
    return true;
}

static void discard_answered(struct osm_session *session, void *response, UA_StatusCode status)
{
    struct osm_subscription *subscription = osm_restore_at_work(session);

    const UA_DeleteSubscriptionsResponse *answer = response;

    if (subscription && subscription->doomed) { /* whatever the server says: it has been asked */
        osm_observe(&session->observer, subscription_deleted, subscription->id,
                    answer ? answer->results[0] : status);
        forget(session, subscription);
    } else if (subscription && subscription->place == OSM_SUBSCRIPTION_DOUBTFUL) {
        osm_publisher_gone(osm_session_publisher(session), subscription,
                           "what it held was not known");
    }
}

/* --- subscriptions ------------------------------------------------------------------------- */

static bool create_send(struct osm_session *session)
{
    struct osm_subscription *subscription = first_in(session, OSM_SUBSCRIPTION_GONE);
    UA_CreateSubscriptionRequest request;

    if (!subscription)
        return false;
    session->recovery.subscription = subscription->id;
    subscription->changed = false;
    osm_subscription_request(&subscription->params, &request);
    osm_recovery_call(session, &osm_service_create_subscription, &request);
    return true;
}

static void refuse(struct osm_session *session, struct osm_subscription *subscription,
                   const char *what, UA_StatusCode status)
{
    if (!subscription->refusal.failures)
        osm_log_warning("Session %s: %s of subscription %u refused: %s (it is tried again)",
                        session->id, what, subscription->id, UA_StatusCode_name(status));
    osm_subscription_refuse(subscription, status, osm_session_now(session),
                            session->recovery.random);
}

/* A wish comes true. */
static void created(struct osm_session *session, struct osm_subscription *subscription)
{
    osm_log_info("Session %s: subscription %u created", session->id, subscription->id);
    subscription->refusal.failures = 0;
    osm_observe(&session->observer, subscription_made, subscription);
    osm_publisher_subscribed(osm_session_publisher(session), subscription);
}

static void recreated(struct osm_session *session, struct osm_subscription *subscription)
{
    osm_log_info("Session %s: subscription %u created anew", session->id, subscription->id);
    osm_observe(&session->observer, subscription_recreated, subscription->id, "made anew");
    osm_publisher_recreated(osm_session_publisher(session), subscription, "made anew");
    osm_publisher_go(session->publisher);
}

static void create_answered(struct osm_session *session, void *response, UA_StatusCode status)
{
    struct osm_subscription *subscription = osm_restore_at_work(session);
    bool first;

    if (!subscription || subscription->place != OSM_SUBSCRIPTION_GONE)
        return;
    if (!response) {
        refuse(session, subscription, "the creation", status);
        return;
    }
    first = subscription->unborn;
    osm_recovery_displace(session,
                          ((const UA_CreateSubscriptionResponse *)response)->subscriptionId);
    osm_subscription_made(&session->subscriptions, subscription, response,
                          osm_session_now(session));
    (first ? created : recreated)(session, subscription);
}

/* --- changed parameters (OPC 10000-4 §5.14.3) ---------------------------------------------- */

/* The first that is here and waits for something, and is not refused. */
static struct osm_subscription *first_to(const struct osm_session *session,
                                         bool (*waits)(const struct osm_subscription *subscription))
{
    struct osm_subscription *subscription = session->subscriptions.by_id;

    while (subscription &&
           (subscription->refused || !osm_restore_is_here(subscription) || !waits(subscription)))
        subscription = subscription->hh.next;
    return subscription;
}

static bool is_changed(const struct osm_subscription *subscription)
{
    return subscription->changed;
}

static bool modify_send(struct osm_session *session)
{
    struct osm_subscription *subscription = first_to(session, is_changed);
    UA_ModifySubscriptionRequest request;

    if (!subscription)
        return false;
    session->recovery.subscription = subscription->id;
    subscription->changed = false;
    UA_ModifySubscriptionRequest_init(&request);
    request.subscriptionId = subscription->server_id;
    request.requestedPublishingInterval = subscription->params.publishing_interval;
    request.requestedLifetimeCount = subscription->params.lifetime_count;
    request.requestedMaxKeepAliveCount = subscription->params.keep_alive_count;
    request.maxNotificationsPerPublish = subscription->params.max_notifications;
    request.priority = subscription->params.priority;
    osm_recovery_call(session, &osm_service_modify_subscription, &request);
    return true;
}

static void modify_unanswered(struct osm_session *session)
{
    struct osm_subscription *subscription = osm_restore_at_work(session);

    if (subscription)
        subscription->changed = true;
}

static void modify_answered(struct osm_session *session, void *response, UA_StatusCode status)
{
    const UA_ModifySubscriptionResponse *answer = response;
    struct osm_subscription *subscription = osm_restore_at_work(session);

    if (!subscription || subscription->place != OSM_SUBSCRIPTION_HERE)
        return;
    if (!answer && status == UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID) {
        osm_publisher_gone(osm_session_publisher(session), subscription,
                           "the server does not know it");
    } else if (!answer) {
        subscription->changed = true;
        refuse(session, subscription, "the change", status);
    } else {
        subscription->refusal.failures = 0;
        subscription->revised_interval = answer->revisedPublishingInterval;
        subscription->revised_lifetime = answer->revisedLifetimeCount;
        subscription->revised_keep_alive = answer->revisedMaxKeepAliveCount;
    }
}

/* --- present conditions (OPC 10000-9 §5.5.7) ----------------------------------------------- */

static bool is_refresh_due(const struct osm_subscription *subscription)
{
    return subscription->refresh_due;
}

static bool refresh_send(struct osm_session *session)
{
    struct osm_subscription *subscription = first_to(session, is_refresh_due);
    UA_CallMethodRequest method;
    UA_CallRequest request;
    UA_Variant argument;

    if (!subscription)
        return false;
    session->recovery.subscription = subscription->id;
    subscription->refresh_due = false;
    UA_Variant_init(&argument);
    UA_Variant_setScalar(&argument, &subscription->server_id, &UA_TYPES[UA_TYPES_UINT32]);
    UA_CallMethodRequest_init(&method);
    method.objectId = UA_NODEID_NUMERIC(0, UA_NS0ID_CONDITIONTYPE);
    method.methodId = UA_NODEID_NUMERIC(0, UA_NS0ID_CONDITIONTYPE_CONDITIONREFRESH);
    method.inputArguments = &argument;
    method.inputArgumentsSize = 1;
    UA_CallRequest_init(&request);
    request.methodsToCall = &method;
    request.methodsToCallSize = 1;
    osm_recovery_call(session, &osm_service_call, &request);
    return true;
}

static void refresh_unanswered(struct osm_session *session)
{
    struct osm_subscription *subscription = osm_restore_at_work(session);

    if (subscription)
        subscription->refresh_due = true;
}

static void refresh_answered(struct osm_session *session, void *response, UA_StatusCode status)
{
    const UA_CallResponse *answer = response;
    struct osm_subscription *subscription = osm_restore_at_work(session);

    if (answer)
        status = answer->results[0].statusCode;
    if (!subscription)
        return;
    /* Another refresh is at work: its events come to us as well. */
    if (!UA_StatusCode_isBad(status) || status == UA_STATUSCODE_BADREFRESHINPROGRESS) {
        subscription->refusal.failures = 0;
        return;
    }
    subscription->refresh_due = true;
    refuse(session, subscription, "the refresh of conditions", status);
}

/* --- all of them --------------------------------------------------------------------------- */

static const struct osm_recovery_step
    transfer = {"TransferSubscriptions", transfer_send, transfer_answered, NULL},
    discard = {"DeleteSubscriptions", discard_send, discard_answered, NULL},
    create = {"CreateSubscription", create_send, create_answered, NULL},
    modify = {"ModifySubscription", modify_send, modify_answered, modify_unanswered},
    refresh = {"ConditionRefresh", refresh_send, refresh_answered, refresh_unanswered};

const struct osm_recovery_step *const osm_recovery_steps[] = {&transfer,
                                                              &discard,
                                                              &osm_restore_delete_items,
                                                              &create,
                                                              &modify,
                                                              &osm_restore_resolve_paths,
                                                              &osm_restore_create_items,
                                                              &osm_restore_modify_items,
                                                              &osm_restore_links,
                                                              &refresh,
                                                              NULL};
