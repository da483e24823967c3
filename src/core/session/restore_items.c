/* SPDX-License-Identifier: MIT */
/*
 * The steps that put monitored items right, in subscriptions the server has: those nobody wants
 * are deleted, browse paths are looked up, what is missing is made, what has changed is modified.
 * See restore.c and recovery.h.
 */
#include <utlist.h>

#include <open62541/nodeids.h>
#include <open62541/types_generated_handling.h>

#include "core/link/operation_limit.h"
#include "core/session/restore_internal.h"
#include "core/subscription/event_filter.h"
#include "core/subscription/publisher.h"
#include "core/subscription/wish.h"
#include "port/service.h"
#include "util/alloc.h"
#include "util/log.h"
#include "wire/value/browse_path.h"

/* --- what every step does ------------------------------------------------------------------ */

typedef struct osm_monitored_item *list_fn(const struct osm_subscription *subscription);

static struct osm_monitored_item *missing(const struct osm_subscription *subscription)
{
    return subscription->missing;
}

static struct osm_monitored_item *changed(const struct osm_subscription *subscription)
{
    return subscription->changed_items;
}

static struct osm_monitored_item *doomed(const struct osm_subscription *subscription)
{
    return subscription->doomed_items;
}

/* The first subscription that has such items. */
static struct osm_subscription *first_with(const struct osm_session *session, list_fn *list)
{
    struct osm_subscription *subscription = session->subscriptions.by_id;

    while (subscription && !(osm_restore_is_here(subscription) && list(subscription)))
        subscription = subscription->hh.next;
    return subscription;
}

/* The items of the next request, from the first of the list on: as many as fit. */
static size_t note_items(struct osm_session *session, struct osm_subscription *subscription,
                         const struct osm_monitored_item *first)
{
    _cleanup_(osm_freep) uint32_t *ids = osm_alloc(OSM_RECOVERY_ITEMS * sizeof(*ids));
    size_t size = 0;

    for (const struct osm_monitored_item *item = first; item && size < OSM_RECOVERY_ITEMS;
         item = item->next)
        ids[size++] = item->id;
    size =
        OSM_MIN(size, osm_operation_limit(&session->link.limits, OSM_LIMIT_MONITORED_ITEMS, size));
    session->recovery.subscription = subscription->id;
    osm_restore_note_ids(session, ids, size);
    return size;
}

static struct osm_monitored_item *noted(const struct osm_session *session,
                                        const struct osm_subscription *subscription, size_t i)
{
    return osm_monitored_item_find(subscription, session->recovery.ids[i]);
}

/* What a configuration wishes in vain is told once; an endless series of the same is no news. */
static void log_refusal(const struct osm_session *session,
                        const struct osm_subscription *subscription,
                        const struct osm_monitored_item *item, UA_StatusCode status)
{
    struct osm_arena arena;

    osm_arena_init(&arena);
    if (item->wish && !item->refusal.failures)
        osm_log_warning("Session %s: item %s refused: %s (it is tried again)", session->id,
                        osm_monitored_item_text(item, &arena), UA_StatusCode_name(status));
    else
        osm_log_debug("Session %s: item %u of subscription %u refused (%s), trying again later",
                      session->id, item->id, subscription->id, UA_StatusCode_name(status));
    osm_arena_deinit(&arena);
}

static void refuse(struct osm_session *session, struct osm_subscription *subscription,
                   struct osm_monitored_item *item, UA_StatusCode status)
{
    log_refusal(session, subscription, item, status);
    osm_monitored_item_refuse(&session->subscriptions, subscription, item, status,
                              osm_session_now(session), session->recovery.random);
}

/* The whole request was refused. True when nothing more is to be done about it. */
static bool request_refused(struct osm_session *session, struct osm_subscription *subscription,
                            enum osm_operation_limit_kind kind, UA_StatusCode status)
{
    if (osm_operation_limit_learn(&session->link.limits, kind, session->recovery.ids_size, status))
        return true; /* the next look asks for fewer */
    if (status != UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID) {
        osm_log_warning("Session %s: %s of %zu items of subscription %u refused (%s)", session->id,
                        session->recovery.step->name, session->recovery.ids_size, subscription->id,
                        UA_StatusCode_name(status));
        return false;
    }
    osm_publisher_gone(osm_session_publisher(session), subscription, "the server does not know it");
    return true;
}

/* Sends what `ask` makes of the first items of such a list; false when there are none. */
static bool send_items(struct osm_session *session, list_fn *list,
                       void (*ask)(struct osm_session *session,
                                   struct osm_subscription *subscription, size_t size,
                                   struct osm_arena *arena))
{
    struct osm_subscription *subscription = first_with(session, list);
    struct osm_arena arena;

    if (!subscription)
        return false;
    osm_arena_init(&arena);
    ask(session, subscription, note_items(session, subscription, list(subscription)), &arena);
    osm_arena_deinit(&arena);
    return true;
}

/* An answer with one result for each of the noted items; without one the status is of all. */
struct answer {
    const char *results; /* NULL = none */
    size_t stride;       /* bytes from one to the next */
    UA_StatusCode status;
};

#define ANSWER(type, response, status)                                                             \
    (struct answer)                                                                                \
    {                                                                                              \
        (response) ? (const void *)((const type *)(response))->results : NULL,                     \
            sizeof(*((const type *)0)->results), (status)                                          \
    }

/* What becomes of an item; `result` is NULL when the server has none, then `status` counts. */
typedef void take_fn(struct osm_session *session, struct osm_subscription *subscription,
                     struct osm_monitored_item *item, const void *result, UA_StatusCode status);

/* here: what the server says of a subscription that it has no more, or in doubt, is nothing. */
static void take_items(struct osm_session *session, enum osm_operation_limit_kind limit, bool here,
                       struct answer answer, take_fn *take)
{
    struct osm_subscription *subscription = osm_restore_at_work(session);

    if (!subscription || (here && subscription->place != OSM_SUBSCRIPTION_HERE) ||
        (!answer.results && request_refused(session, subscription, limit, answer.status)))
        return;
    for (size_t i = 0; i < session->recovery.ids_size; i++) {
        struct osm_monitored_item *item = noted(session, subscription, i);

        if (item)
            take(session, subscription, item,
                 answer.results ? answer.results + i * answer.stride : NULL, answer.status);
    }
}

/* --- deleting ------------------------------------------------------------------------------ */

static void delete_ask(struct osm_session *session, struct osm_subscription *subscription,
                       size_t size, struct osm_arena *arena)
{
    UA_DeleteMonitoredItemsRequest request;

    UA_DeleteMonitoredItemsRequest_init(&request);
    request.subscriptionId = subscription->server_id;
    request.monitoredItemIdsSize = size;
    request.monitoredItemIds = osm_arena_array(arena, size, sizeof(*request.monitoredItemIds));
    for (size_t i = 0; i < size; i++)
        request.monitoredItemIds[i] = noted(session, subscription, i)->server_id;
    osm_recovery_call(session, &osm_service_delete_monitored_items, &request);
}

static bool delete_send(struct osm_session *session)
{
    struct osm_subscription *subscription;

    for (subscription = session->subscriptions.by_id; subscription;
         subscription = subscription->hh.next)
        osm_subscription_sweep_items(&session->subscriptions, subscription);
    return send_items(session, doomed, delete_ask);
}

/* Whatever the server says: it has been asked. */
static void deleted(struct osm_session *session, struct osm_subscription *subscription,
                    struct osm_monitored_item *item, const void *result, UA_StatusCode status)
{
    if (item->place != OSM_MONITORED_ITEM_DOOMED)
        return;
    osm_observe(&session->observer, item_deleted, subscription->id, item->id,
                result ? *(const UA_StatusCode *)result : status);
    osm_monitored_item_remove(&session->subscriptions, subscription, item);
}

static void delete_answered(struct osm_session *session, void *response, UA_StatusCode status)
{
    take_items(session, OSM_LIMIT_MONITORED_ITEMS, false,
               ANSWER(UA_DeleteMonitoredItemsResponse, response, status), deleted);
}

const struct osm_recovery_step osm_restore_delete_items = {"DeleteMonitoredItems", delete_send,
                                                           delete_answered, NULL};

/* --- namespaces ---------------------------------------------------------------------------- */

static void number_item(struct osm_session *session, struct osm_subscription *subscription,
                        struct osm_monitored_item *item, struct osm_names *names,
                        struct osm_arena *arena)
{
    struct osm_fault fault = {0};

    if (osm_subscription_number_item(item, names, arena, &fault))
        return;
    if (!item->refusal.failures)
        osm_log_warning("Session %s: item %s: %s", session->id,
                        osm_monitored_item_text(item, arena), fault.message);
    refuse(session, subscription, item, UA_STATUSCODE_BADNODEIDUNKNOWN);
}

/* Items of namespaces the server has not got cannot be asked for. */
static void number_items(struct osm_session *session)
{
    struct osm_names names = osm_link_names(&session->link);
    struct osm_subscription *subscription;
    struct osm_monitored_item *item, *next;
    struct osm_arena arena;

    if (!names.known)
        names.size = 0; /* the server would not say */
    names.known = true;
    osm_arena_init(&arena);
    for (subscription = session->subscriptions.by_id; subscription;
         subscription = subscription->hh.next) {
        if (!osm_restore_is_here(subscription))
            continue;
        DL_FOREACH_SAFE (subscription->missing, item, next)
            if (item->absent_namespace.length || item->by_uri)
                number_item(session, subscription, item, &names, &arena);
    }
    osm_arena_deinit(&arena);
}

/* --- browse paths -------------------------------------------------------------------------- */

static bool is_unresolved(const struct osm_monitored_item *item)
{
    return item->params.path.length && UA_NodeId_isNull(&item->params.node_id);
}

static size_t note_paths(struct osm_session *session, const struct osm_subscription *subscription,
                         struct osm_arena *arena, UA_BrowsePath *paths)
{
    uint32_t ids[OSM_RECOVERY_PATHS];
    const struct osm_monitored_item *item;
    size_t size = 0;

    DL_FOREACH (subscription->missing, item) {
        if (size == OSM_RECOVERY_PATHS || !is_unresolved(item))
            continue;
        ids[size] = item->id;
        osm_browse_path_parse(&item->params.path, UA_NODEID_NUMERIC(0, UA_NS0ID_ROOTFOLDER), arena,
                              &paths[size++]);
    }
    size = OSM_MIN(size, osm_operation_limit(&session->link.limits, OSM_LIMIT_TRANSLATE, size));
    osm_restore_note_ids(session, ids, size);
    return size;
}

static bool resolve_send(struct osm_session *session)
{
    struct osm_subscription *subscription;
    UA_BrowsePath paths[OSM_RECOVERY_PATHS];
    UA_TranslateBrowsePathsToNodeIdsRequest request;
    struct osm_arena arena;

    number_items(session);
    UA_TranslateBrowsePathsToNodeIdsRequest_init(&request);
    request.browsePaths = paths;
    osm_arena_init(&arena);
    for (subscription = session->subscriptions.by_id; subscription && !request.browsePathsSize;
         subscription = subscription->hh.next) {
        if (!osm_restore_is_here(subscription))
            continue;
        session->recovery.subscription = subscription->id;
        request.browsePathsSize = note_paths(session, subscription, &arena, paths);
    }
    if (request.browsePathsSize)
        osm_recovery_call(session, &osm_service_translate_browse_paths, &request);
    osm_arena_deinit(&arena);
    return request.browsePathsSize > 0;
}

/* OPC 10000-4 §5.8.4: a path may lead out of the server; its node cannot be watched here. */
static bool is_elsewhere(const UA_ExpandedNodeId *target)
{
    return target->serverIndex || target->namespaceUri.length;
}

static void resolved(struct osm_session *session, struct osm_subscription *subscription,
                     struct osm_monitored_item *item, const void *result, UA_StatusCode status)
{
    const UA_BrowsePathResult *path = result;

    if (item->place != OSM_MONITORED_ITEM_MISSING)
        return;
    if (path)
        status = path->statusCode;
    if (path && !UA_StatusCode_isBad(status))
        status = path->targetsSize && !is_elsewhere(&path->targets[0].targetId)
                     ? UA_NodeId_copy(&path->targets[0].targetId.nodeId, &item->params.node_id)
                     : UA_STATUSCODE_BADNOMATCH;
    if (is_unresolved(item))
        refuse(session, subscription, item,
               UA_StatusCode_isBad(status) ? status : UA_STATUSCODE_BADNOMATCH);
}

static void resolve_answered(struct osm_session *session, void *response, UA_StatusCode status)
{
    take_items(session, OSM_LIMIT_TRANSLATE, false,
               ANSWER(UA_TranslateBrowsePathsToNodeIdsResponse, response, status), resolved);
}

const struct osm_recovery_step osm_restore_resolve_paths = {"TranslateBrowsePathsToNodeIds",
                                                            resolve_send, resolve_answered, NULL};

/* --- creating ------------------------------------------------------------------------------ */

static void create_ask(struct osm_session *session, struct osm_subscription *subscription,
                       size_t size, struct osm_arena *arena)
{
    UA_CreateMonitoredItemsRequest request;

    UA_CreateMonitoredItemsRequest_init(&request);
    request.subscriptionId = subscription->server_id;
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH;
    request.itemsToCreateSize = size;
    request.itemsToCreate = osm_arena_array(arena, size, sizeof(*request.itemsToCreate));
    for (size_t i = 0; i < size; i++) {
        struct osm_monitored_item *item = noted(session, subscription, i);

        item->stale = false;
        osm_monitored_item_create_request(&item->params, item->handle, arena,
                                          &request.itemsToCreate[i]);
    }
    osm_recovery_call(session, &osm_service_create_monitored_items, &request);
}

static bool create_send(struct osm_session *session)
{
    return send_items(session, missing, create_ask);
}

/* A server that would not have our own fields beside those asked for is asked without them. */
static bool ask_barely(struct osm_monitored_item *item, const UA_MonitoredItemCreateResult *result)
{
    struct osm_monitored_item_params *params = &item->params;

    if (!result || !params->event || params->bare || item->place != OSM_MONITORED_ITEM_MISSING ||
        !osm_event_filter_is_refused(params->event, params->selected, result->statusCode,
                                     osm_event_filter_result(&result->filterResult)))
        return false;
    params->bare = true;
    return true;
}

/* What selects nothing is told once. */
static void log_filter_result(const struct osm_session *session,
                              const struct osm_monitored_item *item,
                              const UA_MonitoredItemCreateResult *created)
{
    const UA_EventFilterResult *result =
        created && item->params.event ? osm_event_filter_result(&created->filterResult) : NULL;
    const char **warnings;
    struct osm_arena arena;
    size_t size = 0;

    osm_arena_init(&arena);
    warnings = result ? osm_event_filter_warnings(item->params.event, item->params.selected, result,
                                                  &arena, &size)
                      : NULL;
    for (size_t i = 0; i < size; i++)
        osm_log_warning("Session %s: event item %s: %s", session->id,
                        osm_monitored_item_text(item, &arena), warnings[i]);
    osm_arena_deinit(&arena);
}

/* The first time it is told like a caller's. Items that are doomed meanwhile are deleted next. */
static void created(struct osm_session *session, struct osm_subscription *subscription,
                    struct osm_monitored_item *item, const void *result, UA_StatusCode status)
{
    const UA_MonitoredItemCreateResult *made = result;
    bool first = item->unborn;

    if (item->server_id)
        return;
    if (ask_barely(item, made))
        return;
    if (first)
        log_filter_result(session, item, made);
    if (made)
        status = made->statusCode;
    if (made && !UA_StatusCode_isBad(status)) {
        osm_monitored_item_made(&session->subscriptions, subscription, item, made->monitoredItemId);
        osm_monitored_item_revised(subscription, item, made->revisedSamplingInterval,
                                   made->revisedQueueSize);
        subscription->refresh_due |= item->params.refresh;
    } else if (item->place == OSM_MONITORED_ITEM_MISSING) {
        refuse(session, subscription, item, status);
    }
    if (first && made)
        osm_observe(&session->observer, item_made, subscription->id, item->unborn ? 0 : item->id,
                    &item->params.node_id, status);
}

static void create_answered(struct osm_session *session, void *response, UA_StatusCode status)
{
    take_items(session, OSM_LIMIT_MONITORED_ITEMS, true,
               ANSWER(UA_CreateMonitoredItemsResponse, response, status), created);
}

/* The server may have made them: they are made anew, with their subscription. */
static void create_unanswered(struct osm_session *session)
{
    osm_recovery_doubt(osm_restore_at_work(session));
}

const struct osm_recovery_step osm_restore_create_items = {"CreateMonitoredItems", create_send,
                                                           create_answered, create_unanswered};

/* --- modifying ----------------------------------------------------------------------------- */

static void modify_request(struct osm_monitored_item *item, struct osm_arena *arena,
                           UA_MonitoredItemModifyRequest *out)
{
    item->stale = false;
    UA_MonitoredItemModifyRequest_init(out);
    out->monitoredItemId = item->server_id;
    out->requestedParameters.clientHandle = item->handle;
    out->requestedParameters.samplingInterval = item->params.sampling_interval;
    out->requestedParameters.queueSize = item->params.queue_size;
    out->requestedParameters.discardOldest = item->params.discard_oldest;
    osm_monitored_item_filter(&item->params, arena, &out->requestedParameters.filter);
}

static void modify_ask(struct osm_session *session, struct osm_subscription *subscription,
                       size_t size, struct osm_arena *arena)
{
    UA_ModifyMonitoredItemsRequest request;

    UA_ModifyMonitoredItemsRequest_init(&request);
    request.subscriptionId = subscription->server_id;
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH;
    request.itemsToModifySize = size;
    request.itemsToModify = osm_arena_array(arena, size, sizeof(*request.itemsToModify));
    for (size_t i = 0; i < size; i++)
        modify_request(noted(session, subscription, i), arena, &request.itemsToModify[i]);
    osm_recovery_call(session, &osm_service_modify_monitored_items, &request);
}

static bool modify_send(struct osm_session *session)
{
    return send_items(session, changed, modify_ask);
}

static void modified(struct osm_session *session, struct osm_subscription *subscription,
                     struct osm_monitored_item *item, const void *result, UA_StatusCode status)
{
    const UA_MonitoredItemModifyResult *changed = result;

    if (item->place != OSM_MONITORED_ITEM_CHANGED)
        return;
    if (changed)
        status = changed->statusCode;
    osm_observe(&session->observer, item_modified, subscription->id, item->id, status);
    if (status == UA_STATUSCODE_BADMONITOREDITEMIDINVALID) /* the server has lost it */
        osm_monitored_item_lose(&session->subscriptions, subscription, item);
    else if (UA_StatusCode_isBad(status))
        refuse(session, subscription, item, status);
    else
        osm_monitored_item_modified(&session->subscriptions, subscription, item);
    if (changed && !UA_StatusCode_isBad(status))
        osm_monitored_item_revised(subscription, item, changed->revisedSamplingInterval,
                                   changed->revisedQueueSize);
}

static void modify_answered(struct osm_session *session, void *response, UA_StatusCode status)
{
    take_items(session, OSM_LIMIT_MONITORED_ITEMS, true,
               ANSWER(UA_ModifyMonitoredItemsResponse, response, status), modified);
}

const struct osm_recovery_step osm_restore_modify_items = {"ModifyMonitoredItems", modify_send,
                                                           modify_answered, NULL};
