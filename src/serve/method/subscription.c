/* SPDX-License-Identifier: MIT */
/*
 * createSubscription, deleteSubscription, transferSubscriptions, setTriggering (methods.md
 * §2.14, §2.19, §2.20, §2.23; OPC 10000-4 §5.12.5, §5.13). The session keeps track of what they
 * do, whether query or invoke has asked for it (differences.md R11).
 */
#include "core/subscription/subscription.h"
#include "core/manager/registry.h"
#include "core/session/recovery.h"

#include "core/subscription/publisher.h"
#include "serve/method/events.h"
#include "serve/method/method.h"
#include "util/log.h"

/* --- createSubscription -------------------------------------------------------------------- */

static bool create_decode(struct osm_decode *decode, struct osm_args *args,
                          const struct osm_session *session, void *state)
{
    struct osm_subscription_params *params = state;
    uint32_t priority;

    if (!osm_arg_double(decode, args, 0, 500.0, &params->publishing_interval) ||
        !osm_arg_uint32(decode, args, 1, 2400, &params->lifetime_count) ||
        !osm_arg_uint32(decode, args, 2, 10, &params->keep_alive_count) ||
        !osm_arg_uint32(decode, args, 3, 0, &params->max_notifications) ||
        !osm_arg_bool(decode, args, 4, true, &params->publishing_enabled) ||
        !osm_arg_uint32(decode, args, 5, 0, &priority))
        return false;
    params->priority = (uint8_t)priority;
    return true;
}

static void create_step(struct osm_op *op, void *response)
{
    UA_CreateSubscriptionResponse *answer = response;
    struct osm_session *session = osm_op_session(op);
    struct osm_encoder encoder = osm_reply_encoder(op);
    struct osm_subscription *subscription;

    osm_recovery_displace(session, answer->subscriptionId);
    subscription = osm_subscription_add(osm_session_subscriptions(session), op->state, answer);
    answer->subscriptionId = subscription->id;
    osm_record_encode(&encoder, &osm_record_subscription_result, answer);
    osm_tell(osm_op_session(op), OSM_EVENT_SUBSCRIPTION_CREATED,
             osm_field_uint("subscriptionId", answer->subscriptionId),
             osm_field_double("revisedPublishingInterval", answer->revisedPublishingInterval),
             osm_field_uint("revisedLifetimeCount", answer->revisedLifetimeCount),
             osm_field_uint("revisedMaxKeepAliveCount", answer->revisedMaxKeepAliveCount));
    osm_publisher_subscribed(osm_session_publisher(osm_op_session(op)), subscription);
    osm_op_finish(op);
}

static void create_start(struct osm_op *op)
{
    const struct osm_subscription_params *params = op->state;
    UA_CreateSubscriptionRequest request;

    if (osm_subscriptions_are_full(osm_session_subscriptions(osm_op_session(op)))) {
        osm_op_failf(op, OSM_FAULT_SERVICE,
                     "This session has %d subscriptions, more are not kept: delete some first",
                     OSM_SUBSCRIPTIONS_TRACKED);
        return;
    }
    osm_subscription_request(params, &request);
    osm_op_send_once(op, &osm_service_create_subscription, &request, create_step);
}

static const struct osm_parameter create_parameters[] = {{"publishingInterval", "500.0"},
                                                         {"lifetimeCount", "2400"},
                                                         {"maxKeepAliveCount", "10"},
                                                         {"maxNotificationsPerPublish", "0"},
                                                         {"publishingEnabled", "true"},
                                                         {"priority", "0"},
                                                         {0}};

const struct osm_method osm_method_createSubscription = {
    .name = "createSubscription",
    .state_size = sizeof(struct osm_subscription_params),
    .parameters = create_parameters,
    .decode = create_decode,
    .start = create_start,
};

/* --- deleteSubscription -------------------------------------------------------------------- */

static bool delete_decode(struct osm_decode *decode, struct osm_args *args,
                          const struct osm_session *session, void *state)
{
    return osm_arg_uint32(decode, args, 0, 0, state);
}

static void delete_done(struct osm_op *op, UA_StatusCode status)
{
    struct osm_subscriptions *all = osm_session_subscriptions(osm_op_session(op));
    struct osm_subscription *subscription = osm_subscription_find(all, *(uint32_t *)op->state);

    if (status == UA_STATUSCODE_GOOD && subscription) {
        osm_publisher_forget(osm_session_publisher(osm_op_session(op)), subscription);
        osm_subscription_remove(all, subscription);
        osm_publisher_go(osm_session_publisher(osm_op_session(op)));
    }
    osm_tell(osm_op_session(op), OSM_EVENT_SUBSCRIPTION_DELETED,
             osm_field_uint("subscriptionId", *(uint32_t *)op->state),
             osm_field_uint("statusCode", status));
    osm_json_uint(osm_reply_begin(op), status);
    osm_op_finish(op);
}

static void delete_step(struct osm_op *op, void *response)
{
    const UA_DeleteSubscriptionsResponse *answer = response;

    delete_done(op, answer->resultsSize ? answer->results[0] : UA_STATUSCODE_BADUNEXPECTEDERROR);
}

static void delete_start(struct osm_op *op)
{
    const struct osm_subscriptions *all = osm_session_subscriptions(osm_op_session(op));
    const struct osm_subscription *subscription =
        osm_subscription_find(all, *(uint32_t *)op->state);
    UA_UInt32 id = osm_subscription_server_id(all, *(uint32_t *)op->state);
    UA_DeleteSubscriptionsRequest request;

    if (subscription && subscription->place == OSM_SUBSCRIPTION_GONE) {
        delete_done(op,
                    UA_STATUSCODE_GOOD); /* the server has lost it, and would not have it back */
        return;
    }
    UA_DeleteSubscriptionsRequest_init(&request);
    request.subscriptionIds = &id;
    request.subscriptionIdsSize = 1;
    osm_op_send(op, &osm_service_delete_subscriptions, &request, delete_step);
}

static const struct osm_parameter delete_parameters[] = {{"subscriptionId", NULL}, {0}};

const struct osm_method osm_method_deleteSubscription = {
    .name = "deleteSubscription",
    .state_size = sizeof(uint32_t),
    .parameters = delete_parameters,
    .decode = delete_decode,
    .start = delete_start,
};

/* --- transferSubscriptions ----------------------------------------------------------------- */

struct transfer {
    uint32_t *ids; /* as the caller knows them, from this session or the one that has them */
    size_t size;
    bool send_initial_values;
    uint32_t *server_ids;
};

static bool transfer_decode(struct osm_decode *decode, struct osm_args *args,
                            const struct osm_session *session, void *state)
{
    struct transfer *transfer = state;

    if (!osm_arg_uint32s(decode, args, 0, true, &transfer->ids, &transfer->size) ||
        !osm_arg_bool(decode, args, 1, false, &transfer->send_initial_values))
        return false;
    transfer->server_ids = osm_arena_array(decode->arena, transfer->size, sizeof(uint32_t));
    return true;
}

/* The server has given it to this session. If another of our sessions had it, all that is known
 * of it comes along. */
static struct osm_subscription *take_over(struct osm_session *session, uint32_t id,
                                          uint32_t server_id)
{
    struct osm_subscriptions *all = osm_session_subscriptions(session);
    struct osm_session *holder = osm_registry_holder(session, id);
    struct osm_subscription *subscription =
        holder ? osm_subscription_find(osm_session_subscriptions(holder), id) : NULL;

    if (osm_subscription_find_server(all, server_id))
        return osm_subscription_find_server(all, server_id);
    if (subscription && subscription->server_id == server_id) {
        osm_publisher_forget(osm_session_publisher(holder), subscription);
        osm_subscription_move(osm_session_subscriptions(holder), all, subscription);
        osm_publisher_go(osm_session_publisher(holder));
        return subscription;
    }
    if (!osm_subscriptions_are_full(all))
        return osm_subscription_adopt(all, id, server_id);
    osm_log_warning("Session %s: subscription %u is not kept, there are %d already",
                    osm_session_id(session), id, OSM_SUBSCRIPTIONS_TRACKED);
    return NULL;
}

/* What the server still has of it is asked for, unless callers publish themselves. */
static void transferred(struct osm_session *session, struct osm_subscription *subscription,
                        const UA_TransferResult *result)
{
    uint32_t id = subscription->id;

    if (osm_publisher_is_on(osm_session_publisher(session)))
        osm_publisher_transferred(osm_session_publisher(session), subscription,
                                  result->availableSequenceNumbers,
                                  result->availableSequenceNumbersSize);
    /* What was held of it has been delivered: it may have said that this was the end. */
    if (osm_subscription_find(osm_session_subscriptions(session), id) == subscription)
        osm_publisher_subscribed(osm_session_publisher(session), subscription);
}

static void transfer_step(struct osm_op *op, void *response)
{
    const UA_TransferSubscriptionsResponse *answer = response;
    const struct transfer *transfer = op->state;
    struct osm_encoder encoder = osm_reply_encoder(op);

    for (size_t i = 0; i < answer->resultsSize && i < transfer->size; i++) {
        struct osm_subscription *subscription =
            answer->results[i].statusCode == UA_STATUSCODE_GOOD
                ? take_over(osm_op_session(op), transfer->ids[i], transfer->server_ids[i])
                : NULL;

        osm_tell(osm_op_session(op), OSM_EVENT_SUBSCRIPTION_TRANSFERRED,
                 osm_field_uint("subscriptionId", transfer->ids[i]),
                 osm_field_uint("statusCode", answer->results[i].statusCode));
        if (subscription)
            transferred(osm_op_session(op), subscription, &answer->results[i]);
    }
    osm_record_encode_all(&encoder, &osm_record_transfer_result, answer->results,
                          answer->resultsSize);
    osm_op_finish(op);
}

static void transfer_start(struct osm_op *op)
{
    struct transfer *transfer = op->state;
    struct osm_session *session = osm_op_session(op);
    UA_TransferSubscriptionsRequest request;

    for (size_t i = 0; i < transfer->size; i++) {
        uint32_t id = transfer->ids[i];
        const struct osm_session *holder =
            osm_subscription_find(osm_session_subscriptions(session), id)
                ? session
                : osm_registry_holder(session, id);

        transfer->server_ids[i] =
            holder ? osm_subscription_server_id(osm_session_subscriptions(holder), id) : id;
    }
    UA_TransferSubscriptionsRequest_init(&request);
    request.subscriptionIds = transfer->server_ids;
    request.subscriptionIdsSize = transfer->size;
    request.sendInitialValues = transfer->send_initial_values;
    osm_op_send(op, &osm_service_transfer_subscriptions, &request, transfer_step);
}

static const struct osm_parameter transfer_parameters[] = {
    {"subscriptionIds", NULL}, {"sendInitialValues", "false"}, {0}};

const struct osm_method osm_method_transferSubscriptions = {
    .name = "transferSubscriptions",
    .state_size = sizeof(struct transfer),
    .parameters = transfer_parameters,
    .decode = transfer_decode,
    .start = transfer_start,
};

/* --- setTriggering ------------------------------------------------------------------------- */

struct triggering {
    uint32_t subscription, trigger;
    uint32_t *add, *remove;
    size_t add_size, remove_size;
};

static bool triggering_decode(struct osm_decode *decode, struct osm_args *args,
                              const struct osm_session *session, void *state)
{
    struct triggering *triggering = state;

    return osm_arg_uint32(decode, args, 0, 0, &triggering->subscription) &&
           osm_arg_uint32(decode, args, 1, 0, &triggering->trigger) &&
           osm_arg_uint32s(decode, args, 2, true, &triggering->add, &triggering->add_size) &&
           osm_arg_uint32s(decode, args, 3, true, &triggering->remove, &triggering->remove_size);
}

static void note_links(struct osm_op *op, const uint32_t *items, size_t size,
                       const UA_StatusCode *results, size_t results_size, bool linked)
{
    const struct triggering *triggering = op->state;
    struct osm_subscription *subscription = osm_subscription_find(
        osm_session_subscriptions(osm_op_session(op)), triggering->subscription);

    for (size_t i = 0; subscription && i < size && i < results_size; i++)
        if (results[i] == UA_STATUSCODE_GOOD)
            osm_monitored_item_set_link(subscription, triggering->trigger, items[i], linked);
}

static void triggering_step(struct osm_op *op, void *response)
{
    const UA_SetTriggeringResponse *answer = response;
    const struct triggering *triggering = op->state;
    struct osm_encoder encoder = osm_reply_encoder(op);

    note_links(op, triggering->remove, triggering->remove_size, answer->removeResults,
               answer->removeResultsSize, false);
    note_links(op, triggering->add, triggering->add_size, answer->addResults,
               answer->addResultsSize, true);
    osm_tell(osm_op_session(op), OSM_EVENT_TRIGGERING_CONFIGURED,
             osm_field_uint("subscriptionId", triggering->subscription),
             osm_field_uint("triggeringItemId", triggering->trigger),
             osm_field_numbers("addResults", answer->addResults, answer->addResultsSize),
             osm_field_numbers("removeResults", answer->removeResults, answer->removeResultsSize));
    osm_record_encode(&encoder, &osm_record_set_triggering_result, answer);
    osm_op_finish(op);
}

static UA_UInt32 *server_ids(struct osm_op *op, const struct osm_subscription *subscription,
                             const uint32_t *ids, size_t size)
{
    UA_UInt32 *out = osm_arena_array(osm_op_arena(op), size, sizeof(*out));

    for (size_t i = 0; i < size; i++)
        out[i] = osm_monitored_item_server_id(subscription, ids[i]);
    return out;
}

static void triggering_start(struct osm_op *op)
{
    const struct triggering *triggering = op->state;
    const struct osm_subscriptions *all = osm_session_subscriptions(osm_op_session(op));
    const struct osm_subscription *subscription =
        osm_subscription_find(all, triggering->subscription);
    UA_SetTriggeringRequest request;

    UA_SetTriggeringRequest_init(&request);
    request.subscriptionId = osm_subscription_server_id(all, triggering->subscription);
    request.triggeringItemId = osm_monitored_item_server_id(subscription, triggering->trigger);
    request.linksToAdd = server_ids(op, subscription, triggering->add, triggering->add_size);
    request.linksToAddSize = triggering->add_size;
    request.linksToRemove =
        server_ids(op, subscription, triggering->remove, triggering->remove_size);
    request.linksToRemoveSize = triggering->remove_size;
    osm_op_send(op, &osm_service_set_triggering, &request, triggering_step);
}

static const struct osm_parameter triggering_parameters[] = {{"subscriptionId", NULL},
                                                             {"triggeringItemId", NULL},
                                                             {"linksToAdd", "[]"},
                                                             {"linksToRemove", "[]"},
                                                             {0}};

const struct osm_method osm_method_setTriggering = {
    .name = "setTriggering",
    .state_size = sizeof(struct triggering),
    .parameters = triggering_parameters,
    .decode = triggering_decode,
    .start = triggering_start,
};
