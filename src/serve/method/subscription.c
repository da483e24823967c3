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

static bool read_priority(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                          void *out)
{
    uint32_t priority;

    if (!osm_parameter_uint32(args, row, value, &priority))
        return false;
    *(uint8_t *)out = (uint8_t)priority;
    return true;
}

static void create_step(struct osm_op *op, void *response)
{
    UA_CreateSubscriptionResponse *answer = response;
    struct osm_session *session = osm_op_session(op);
    struct osm_subscription *subscription;

    osm_recovery_displace(session, answer->subscriptionId);
    subscription = osm_subscription_add(osm_session_subscriptions(session), op->state, answer);
    subscription->maker = op->caller->maker;
    answer->subscriptionId = subscription->id;
    osm_tell(osm_op_session(op), OSM_EVENT_SUBSCRIPTION_CREATED,
             osm_field_uint("subscriptionId", answer->subscriptionId),
             osm_field_double("revisedPublishingInterval", answer->revisedPublishingInterval),
             osm_field_uint("revisedLifetimeCount", answer->revisedLifetimeCount),
             osm_field_uint("revisedMaxKeepAliveCount", answer->revisedMaxKeepAliveCount));
    osm_publisher_subscribed(osm_session_publisher(osm_op_session(op)), subscription);
    osm_reply_record(op, &osm_record_subscription_result, answer);
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

#define PARAMS struct osm_subscription_params
static const struct osm_parameter create_parameters[] = {
    {"publishingInterval", "500.0", OSM_DOUBLE(PARAMS, publishing_interval)},
    {"lifetimeCount", "2400", OSM_UINT32(PARAMS, lifetime_count)},
    {"maxKeepAliveCount", "10", OSM_UINT32(PARAMS, keep_alive_count)},
    {"maxNotificationsPerPublish", "0", OSM_UINT32(PARAMS, max_notifications)},
    {"publishingEnabled", "true", OSM_BOOL(PARAMS, publishing_enabled)},
    {"priority", "0", OSM_READ_AS(read_priority, PARAMS, priority, uint8_t)},
    {.name = ""}};

OSM_METHOD(createSubscription, .state_size = sizeof(PARAMS), .parameters = create_parameters,
           .start = create_start);

/* --- deleteSubscription -------------------------------------------------------------------- */

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
    osm_reply_uint(op, status);
}

static void delete_step(struct osm_op *op, void *response)
{
    const UA_DeleteSubscriptionsResponse *answer = response;

    delete_done(op, answer->results[0]);
}

static void delete_start(struct osm_op *op)
{
    const struct osm_subscriptions *all = osm_session_subscriptions(osm_op_session(op));
    const struct osm_subscription *subscription =
        osm_subscription_find(all, *(uint32_t *)op->state);
    UA_UInt32 id = osm_subscription_server_id(all, *(uint32_t *)op->state);
    UA_DeleteSubscriptionsRequest request = {.subscriptionIds = &id, .subscriptionIdsSize = 1};

    if (subscription && !osm_method_may_change(op, subscription->maker))
        return;
    if (subscription && subscription->place == OSM_SUBSCRIPTION_GONE) {
        delete_done(op,
                    UA_STATUSCODE_GOOD); /* the server has lost it, and would not have it back */
        return;
    }
    osm_publisher_deleting(osm_session_publisher(osm_op_session(op)));
    osm_op_send(op, &osm_service_delete_subscriptions, &request, delete_step);
}

static const struct osm_parameter delete_parameters[] = {
    {"subscriptionId", NULL, .read = osm_parameter_uint32}, {.name = ""}};

OSM_METHOD(deleteSubscription, .state_size = sizeof(uint32_t), .parameters = delete_parameters,
           .start = delete_start);

/* --- transferSubscriptions ----------------------------------------------------------------- */

struct transfer {
    size_t size;
    uint32_t *ids; /* as the caller knows them, from this session or the one that has them */
    bool send_initial_values;
    uint32_t *server_ids;
};

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

    for (size_t i = 0; i < answer->resultsSize; i++) {
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
    osm_reply_answer_records(op, response, &osm_record_transfer_result, answer->results,
                             answer->resultsSize);
}

static void transfer_start(struct osm_op *op)
{
    struct transfer *transfer = op->state;
    struct osm_session *session = osm_op_session(op);
    UA_TransferSubscriptionsRequest request = {.sendInitialValues = transfer->send_initial_values};

    transfer->server_ids = osm_arena_array(osm_op_arena(op), transfer->size, sizeof(uint32_t));
    for (size_t i = 0; i < transfer->size; i++) {
        uint32_t id = transfer->ids[i];
        const struct osm_session *holder =
            osm_subscription_find(osm_session_subscriptions(session), id)
                ? session
                : osm_registry_holder(session, id);

        transfer->server_ids[i] =
            holder ? osm_subscription_server_id(osm_session_subscriptions(holder), id) : id;
    }
    request.subscriptionIds = transfer->server_ids;
    request.subscriptionIdsSize = transfer->size;
    osm_op_send(op, &osm_service_transfer_subscriptions, &request, transfer_step);
}

static const struct osm_parameter transfer_parameters[] = {
    {"subscriptionIds", NULL, OSM_LAX_LIST(struct transfer, size, ids, &osm_parameter_uint32s)},
    {"sendInitialValues", "false", OSM_BOOL(struct transfer, send_initial_values)},
    {.name = ""}};

OSM_METHOD(transferSubscriptions, .state_size = sizeof(struct transfer),
           .parameters = transfer_parameters, .start = transfer_start);

/* --- setTriggering ------------------------------------------------------------------------- */

struct triggering {
    uint32_t subscription, trigger;
    size_t add_size;
    uint32_t *add;
    size_t remove_size;
    uint32_t *remove;
};

static void note_links(struct osm_op *op, const uint32_t *items, size_t size,
                       const UA_StatusCode *results, bool linked)
{
    const struct triggering *triggering = op->state;
    struct osm_subscription *subscription = osm_subscription_find(
        osm_session_subscriptions(osm_op_session(op)), triggering->subscription);

    for (size_t i = 0; subscription && i < size; i++)
        if (results[i] == UA_STATUSCODE_GOOD)
            osm_monitored_item_set_link(subscription, triggering->trigger, items[i], linked);
}

static void triggering_step(struct osm_op *op, void *response)
{
    const UA_SetTriggeringResponse *answer = response;
    const struct triggering *triggering = op->state;

    note_links(op, triggering->remove, triggering->remove_size, answer->removeResults, false);
    note_links(op, triggering->add, triggering->add_size, answer->addResults, true);
    osm_tell(osm_op_session(op), OSM_EVENT_TRIGGERING_CONFIGURED,
             osm_field_uint("subscriptionId", triggering->subscription),
             osm_field_uint("triggeringItemId", triggering->trigger),
             osm_field_numbers("addResults", answer->addResults, answer->addResultsSize),
             osm_field_numbers("removeResults", answer->removeResults, answer->removeResultsSize));
    osm_reply_record(op, &osm_record_set_triggering_result, answer);
}

static UA_UInt32 *server_ids(struct osm_op *op, const struct osm_subscription *subscription,
                             const uint32_t *ids, size_t size)
{
    UA_UInt32 *out = osm_arena_array(osm_op_arena(op), size, sizeof(*out));

    for (size_t i = 0; i < size; i++)
        out[i] = osm_monitored_item_server_id(subscription, ids[i]);
    return out;
}

static bool may_change_items(struct osm_op *op, const struct osm_subscription *subscription,
                             const uint32_t *ids, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const struct osm_monitored_item *item = osm_monitored_item_find(subscription, ids[i]);

        if (item && !osm_method_may_change(op, item->maker))
            return false;
    }
    return true;
}

static bool may_trigger(struct osm_op *op, const struct osm_subscription *subscription)
{
    const struct triggering *triggering = op->state;

    return !subscription ||
           (osm_method_may_change(op, subscription->maker) &&
            may_change_items(op, subscription, &triggering->trigger, 1) &&
            may_change_items(op, subscription, triggering->add, triggering->add_size) &&
            may_change_items(op, subscription, triggering->remove, triggering->remove_size));
}

static void triggering_start(struct osm_op *op)
{
    const struct triggering *triggering = op->state;
    const struct osm_subscriptions *all = osm_session_subscriptions(osm_op_session(op));
    const struct osm_subscription *subscription =
        osm_subscription_find(all, triggering->subscription);
    UA_SetTriggeringRequest request = {
        .subscriptionId = osm_subscription_server_id(all, triggering->subscription),
        .triggeringItemId = osm_monitored_item_server_id(subscription, triggering->trigger),
        .linksToAdd = server_ids(op, subscription, triggering->add, triggering->add_size),
        .linksToAddSize = triggering->add_size,
        .linksToRemove = server_ids(op, subscription, triggering->remove, triggering->remove_size),
        .linksToRemoveSize = triggering->remove_size};

    if (!may_trigger(op, subscription))
        return;
    osm_op_send(op, &osm_service_set_triggering, &request, triggering_step);
}

static const struct osm_parameter triggering_parameters[] = {
    {"subscriptionId", NULL, OSM_UINT32(struct triggering, subscription)},
    {"triggeringItemId", NULL, OSM_UINT32(struct triggering, trigger)},
    {"linksToAdd", "[]", OSM_LIST(struct triggering, add_size, add, &osm_parameter_uint32s)},
    {"linksToRemove", "[]",
     OSM_LIST(struct triggering, remove_size, remove, &osm_parameter_uint32s)},
    {.name = ""}};

OSM_METHOD(setTriggering, .state_size = sizeof(struct triggering),
           .parameters = triggering_parameters, .start = triggering_start);
