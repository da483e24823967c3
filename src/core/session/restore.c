/* SPDX-License-Identifier: MIT */
/*
 * The steps that put subscriptions right: each looks for the first thing that is not as it is
 * meant to be, asks the server for it and takes the answer in (recovery.h).
 *
 * A step leaves nothing behind that it would find again: what the server will not do is marked as
 * refused, or given up. What was sent and not answered may have been done: its subscription is
 * deleted and made anew, so that nothing is there twice.
 */
#include <string.h>

#include <utlist.h>

#include "core/link/operation_limit.h"
#include "core/session/recovery.h"
#include "core/session/session.h"
#include "core/subscription/publish_engine.h"
#include "core/subscription/publish_repair.h"
#include "port/service.h"
#include "port/status_code.h"
#include "util/alloc.h"
#include "util/log.h"

static void note_ids(struct osm_session *session, const uint32_t *ids, size_t size)
{
    struct osm_recovery *recovery = &session->recovery;

    free(recovery->ids);
    recovery->ids = osm_alloc(size * sizeof(*ids) + 1);
    if (size)
        memcpy(recovery->ids, ids, size * sizeof(*ids));
    recovery->ids_size = size;
}

/* The subscription the step was about, or NULL when it has been deleted meanwhile. */
static struct osm_subscription *at_work(const struct osm_session *session)
{
    return osm_subscription_find(&session->subscriptions, session->recovery.subscription);
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

static void doubt(struct osm_session *session)
{
    osm_recovery_doubt(at_work(session));
}

/* --- transfer ------------------------------------------------------------------------------ */

static bool transfer_send(struct osm_session *session)
{
    const struct osm_subscription *subscription;
    unsigned most = HASH_COUNT(session->subscriptions.by_id);
    _cleanup_(osm_freep) uint32_t *ids = osm_alloc(most * sizeof(*ids) + 1);
    _cleanup_(osm_freep) UA_UInt32 *server_ids = osm_alloc(most * sizeof(*server_ids) + 1);
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
    note_ids(session, ids, size);
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
    osm_publish_gone(session, subscription, "the server cannot transfer it");
}

static void transferred(struct osm_session *session, struct osm_subscription *subscription,
                        const UA_TransferResult *result)
{
    subscription->place = OSM_SUBSCRIPTION_HERE;
    osm_log_info("Subscription %u transferred successfully (%zu available sequence numbers)",
                 subscription->id, result->availableSequenceNumbersSize);
    osm_publish_engine_transferred(session, subscription, result->availableSequenceNumbers,
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
        if (answer && i < answer->resultsSize)
            osm_observe(&session->observer, subscription_transferred, subscription->id,
                        answer->results[i].statusCode);
        if (answer && i < answer->resultsSize &&
            answer->results[i].statusCode == UA_STATUSCODE_GOOD)
            transferred(session, subscription, &answer->results[i]);
        else if (answer && i < answer->resultsSize)
            transfer_failed(session, subscription, answer->results[i].statusCode);
        else
            transfer_failed(session, subscription,
                            answer ? UA_STATUSCODE_BADUNEXPECTEDERROR : status);
    }
}

/* --- what is in doubt is deleted ----------------------------------------------------------- */

static bool discard_send(struct osm_session *session)
{
    struct osm_subscription *subscription = first_in(session, OSM_SUBSCRIPTION_DOUBTFUL);
    UA_DeleteSubscriptionsRequest request;

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
    struct osm_subscription *subscription = at_work(session);

    if (subscription && subscription->place == OSM_SUBSCRIPTION_DOUBTFUL)
        osm_publish_gone(session, subscription, "what it held was not known");
}

/* --- subscriptions ------------------------------------------------------------------------- */

static bool create_send(struct osm_session *session)
{
    struct osm_subscription *subscription = first_in(session, OSM_SUBSCRIPTION_GONE);
    UA_CreateSubscriptionRequest request;

    if (!subscription)
        return false;
    session->recovery.subscription = subscription->id;
    osm_subscription_request(&subscription->params, &request);
    osm_recovery_call(session, &osm_service_create_subscription, &request);
    return true;
}

static void create_answered(struct osm_session *session, void *response, UA_StatusCode status)
{
    struct osm_subscription *subscription = at_work(session);

    if (!subscription || subscription->place != OSM_SUBSCRIPTION_GONE)
        return;
    if (!response) {
        osm_log_warning("Session %s: subscription %u cannot be created anew (%s), trying again "
                        "later",
                        session->id, subscription->id, UA_StatusCode_name(status));
        osm_subscription_refuse(subscription, status, osm_session_now(session),
                                session->recovery.random);
        return;
    }
    osm_subscription_made(&session->subscriptions, subscription, response,
                          osm_session_now(session));
    osm_log_info("Session %s: subscription %u created anew", session->id, subscription->id);
    osm_observe(&session->observer, subscription_recreated, subscription->id, "made anew");
    osm_publish_engine_recreated(session, subscription, "made anew");
    osm_publish_engine_go(session);
}

/* --- items --------------------------------------------------------------------------------- */

static void refuse(struct osm_session *session, struct osm_subscription *subscription,
                   struct osm_monitored_item *item, UA_StatusCode status)
{
    osm_monitored_item_refuse(&session->subscriptions, subscription, item, status,
                              osm_session_now(session), session->recovery.random);
}

/* Items of namespaces the server has not got cannot be asked for. */
static void refuse_absent(struct osm_session *session, struct osm_subscription *subscription)
{
    struct osm_monitored_item *item, *next;

    DL_FOREACH_SAFE (subscription->missing, item, next)
        if (item->absent_namespace.length)
            refuse(session, subscription, item, UA_STATUSCODE_BADNODEIDUNKNOWN);
}

static struct osm_subscription *first_with_missing(struct osm_session *session)
{
    struct osm_subscription *subscription;

    for (subscription = session->subscriptions.by_id; subscription;
         subscription = subscription->hh.next) {
        if (subscription->place != OSM_SUBSCRIPTION_HERE || !subscription->missing)
            continue;
        refuse_absent(session, subscription);
        if (subscription->missing)
            return subscription;
    }
    return NULL;
}

static size_t count_missing(const struct osm_subscription *subscription, size_t most)
{
    const struct osm_monitored_item *item = subscription->missing;
    size_t count = 0;

    for (; item && count < most; item = item->next)
        count++;
    return count;
}

static void items_request(struct osm_session *session, struct osm_subscription *subscription,
                          size_t size, struct osm_arena *arena)
{
    UA_CreateMonitoredItemsRequest request;
    uint32_t *ids = osm_arena_array(arena, size, sizeof(*ids));
    const struct osm_monitored_item *item = subscription->missing;

    UA_CreateMonitoredItemsRequest_init(&request);
    request.subscriptionId = subscription->server_id;
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH;
    request.itemsToCreate = osm_arena_array(arena, size, sizeof(*request.itemsToCreate));
    request.itemsToCreateSize = size;
    for (size_t i = 0; i < size; i++, item = item->next) {
        ids[i] = item->id;
        osm_monitored_item_create_request(&item->params, item->handle, arena,
                                          &request.itemsToCreate[i]);
    }
    note_ids(session, ids, size);
    osm_recovery_call(session, &osm_service_create_monitored_items, &request);
}

static bool items_send(struct osm_session *session)
{
    struct osm_subscription *subscription = first_with_missing(session);
    struct osm_arena arena;
    size_t size;

    if (!subscription)
        return false;
    session->recovery.subscription = subscription->id;
    size = count_missing(subscription, OSM_RECOVERY_ITEMS);
    size =
        OSM_MIN(size, osm_operation_limit(&session->link.limits, OSM_LIMIT_MONITORED_ITEMS, size));
    osm_arena_init(&arena);
    items_request(session, subscription, size, &arena);
    osm_arena_deinit(&arena);
    return true;
}

/* The server would not have made the item; status is why. */
static void item_refused(struct osm_session *session, struct osm_subscription *subscription,
                         struct osm_monitored_item *item, UA_StatusCode status)
{
    osm_log_debug("Session %s: item %u of subscription %u cannot be created anew (%s), trying "
                  "again later",
                  session->id, item->id, subscription->id, UA_StatusCode_name(status));
    refuse(session, subscription, item, status);
}

/* The whole request was refused. */
static void items_refused(struct osm_session *session, struct osm_subscription *subscription,
                          UA_StatusCode status)
{
    const struct osm_recovery *recovery = &session->recovery;

    if (osm_operation_limit_learn(&session->link.limits, OSM_LIMIT_MONITORED_ITEMS,
                                  recovery->ids_size, status))
        return; /* the next look asks for fewer */
    if (status == UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID) {
        osm_publish_gone(session, subscription, "the server does not know it");
        return;
    }
    osm_log_warning("Session %s: %zu items of subscription %u cannot be created anew (%s), trying "
                    "again later",
                    session->id, recovery->ids_size, subscription->id, UA_StatusCode_name(status));
    for (size_t i = 0; i < recovery->ids_size; i++) {
        struct osm_monitored_item *item = osm_monitored_item_find(subscription, recovery->ids[i]);

        if (item && item->place == OSM_MONITORED_ITEM_MISSING)
            refuse(session, subscription, item, status);
    }
}

static void items_answered(struct osm_session *session, void *response, UA_StatusCode status)
{
    const UA_CreateMonitoredItemsResponse *answer = response;
    const struct osm_recovery *recovery = &session->recovery;
    struct osm_subscription *subscription = at_work(session);

    if (!subscription || subscription->place != OSM_SUBSCRIPTION_HERE)
        return;
    if (!answer) {
        items_refused(session, subscription, status);
        return;
    }
    for (size_t i = 0; i < recovery->ids_size; i++) {
        struct osm_monitored_item *item = osm_monitored_item_find(subscription, recovery->ids[i]);

        if (!item || item->place != OSM_MONITORED_ITEM_MISSING)
            continue;
        if (i >= answer->resultsSize)
            item_refused(session, subscription, item, UA_STATUSCODE_BADUNEXPECTEDERROR);
        else if (UA_StatusCode_isBad(answer->results[i].statusCode))
            item_refused(session, subscription, item, answer->results[i].statusCode);
        else
            osm_monitored_item_made(&session->subscriptions, subscription, item,
                                    answer->results[i].monitoredItemId);
    }
}

/* --- triggering links ---------------------------------------------------------------------- */

static bool is_on_server(const struct osm_subscription *subscription, uint32_t id)
{
    const struct osm_monitored_item *item = osm_monitored_item_find(subscription, id);

    return item && item->place == OSM_MONITORED_ITEM_ON_SERVER;
}

static bool is_due(const struct osm_subscription *subscription, const struct osm_trigger_link *link)
{
    return !link->tried && is_on_server(subscription, link->trigger) &&
           is_on_server(subscription, link->item);
}

static struct osm_trigger_link *first_due_link(const struct osm_subscription *subscription)
{
    struct osm_trigger_link *link;

    if (subscription->place == OSM_SUBSCRIPTION_HERE)
        DL_FOREACH (subscription->links, link)
            if (is_due(subscription, link))
                return link;
    return NULL;
}

/* All of one trigger at once. */
static void links_request(struct osm_session *session, struct osm_subscription *subscription,
                          uint32_t trigger)
{
    _cleanup_(osm_freep) UA_UInt32 *items =
        osm_alloc(subscription->link_count * sizeof(*items) + 1);
    struct osm_trigger_link *link;
    UA_SetTriggeringRequest request;

    UA_SetTriggeringRequest_init(&request);
    request.subscriptionId = subscription->server_id;
    request.triggeringItemId = osm_monitored_item_server_id(subscription, trigger);
    request.linksToAdd = items;
    DL_FOREACH (subscription->links, link) {
        if (link->trigger != trigger || !is_due(subscription, link))
            continue;
        items[request.linksToAddSize++] = osm_monitored_item_server_id(subscription, link->item);
        link->tried = true;
    }
    osm_recovery_call(session, &osm_service_set_triggering, &request);
}

static bool links_send(struct osm_session *session)
{
    struct osm_subscription *subscription;
    struct osm_trigger_link *link;

    for (subscription = session->subscriptions.by_id; subscription;
         subscription = subscription->hh.next) {
        link = first_due_link(subscription);
        if (!link)
            continue;
        session->recovery.subscription = subscription->id;
        session->recovery.trigger = link->trigger;
        links_request(session, subscription, link->trigger);
        return true;
    }
    return false;
}

static void links_answered(struct osm_session *session, void *response, UA_StatusCode status)
{
    const UA_SetTriggeringResponse *answer = response;

    for (size_t i = 0; answer && i < answer->addResultsSize && status == UA_STATUSCODE_GOOD; i++)
        status = answer->addResults[i];
    if (status != UA_STATUSCODE_GOOD)
        osm_log_warning("Session %s: the server does not link all items to item %u of subscription "
                        "%u as before (%s)",
                        session->id, session->recovery.trigger, session->recovery.subscription,
                        UA_StatusCode_name(status));
}

/* A link that is there already is no harm. */
static void links_unanswered(struct osm_session *session)
{
    struct osm_subscription *subscription = at_work(session);
    struct osm_trigger_link *link;

    if (!subscription)
        return;
    DL_FOREACH (subscription->links, link)
        if (link->trigger == session->recovery.trigger)
            link->tried = false;
}

const struct osm_recovery_step osm_recovery_steps[] = {
    {"TransferSubscriptions", transfer_send, transfer_answered, NULL},
    {"DeleteSubscriptions", discard_send, discard_answered, NULL},
    {"CreateSubscription", create_send, create_answered, NULL},
    {"CreateMonitoredItems", items_send, items_answered, doubt},
    {"SetTriggering", links_send, links_answered, links_unanswered},
    {0},
};
