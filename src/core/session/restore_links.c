/* SPDX-License-Identifier: MIT */
/*
 * The step that sets triggering links again, between items the server has; see restore.c and
 * recovery.h.
 */
#include <utlist.h>

#include <open62541/types_generated_handling.h>

#include "core/session/restore_internal.h"
#include "port/service.h"
#include "util/alloc.h"
#include "util/log.h"

static bool is_on_server(const struct osm_subscription *subscription, uint32_t id)
{
    const struct osm_monitored_item *item = osm_monitored_item_find(subscription, id);

    return item && item->server_id;
}

static bool is_due(const struct osm_subscription *subscription, const struct osm_trigger_link *link)
{
    return !link->tried && is_on_server(subscription, link->trigger) &&
           is_on_server(subscription, link->item);
}

static struct osm_trigger_link *first_due_link(const struct osm_subscription *subscription)
{
    struct osm_trigger_link *link;

    if (osm_restore_is_here(subscription))
        DL_FOREACH (subscription->links, link)
            if (is_due(subscription, link))
                return link;
    return NULL;
}

/* All of one trigger at once. */
static void links_request(struct osm_session *session, struct osm_subscription *subscription,
                          uint32_t trigger)
{
    _cleanup_(osm_freep) UA_UInt32 *add = osm_alloc(subscription->link_count * sizeof(*add));
    _cleanup_(osm_freep) UA_UInt32 *remove = osm_alloc(subscription->link_count * sizeof(*remove));
    struct osm_trigger_link *link;
    UA_SetTriggeringRequest request;

    UA_SetTriggeringRequest_init(&request);
    request.subscriptionId = subscription->server_id;
    request.triggeringItemId = osm_monitored_item_server_id(subscription, trigger);
    request.linksToAdd = add;
    request.linksToRemove = remove;
    DL_FOREACH (subscription->links, link) {
        if (link->trigger != trigger || !is_due(subscription, link))
            continue;
        if (link->doomed)
            remove[request.linksToRemoveSize++] =
                osm_monitored_item_server_id(subscription, link->item);
        else
            add[request.linksToAddSize++] = osm_monitored_item_server_id(subscription, link->item);
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

/* A server that would not take them away will not do it later either. */
static void forget_links(struct osm_subscription *subscription, uint32_t trigger)
{
    struct osm_trigger_link *link, *next;

    if (subscription)
        DL_FOREACH_SAFE (subscription->links, link, next)
            if (link->trigger == trigger && link->doomed && link->tried)
                osm_monitored_item_set_link(subscription, trigger, link->item, false);
}

static void links_answered(struct osm_session *session, void *response, UA_StatusCode status)
{
    const UA_SetTriggeringResponse *answer = response;

    forget_links(osm_restore_at_work(session), session->recovery.trigger);
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
    struct osm_subscription *subscription = osm_restore_at_work(session);
    struct osm_trigger_link *link;

    if (!subscription)
        return;
    DL_FOREACH (subscription->links, link)
        if (link->trigger == session->recovery.trigger)
            link->tried = false;
}

const struct osm_recovery_step osm_restore_links = {"SetTriggering", links_send, links_answered,
                                                    links_unanswered};
