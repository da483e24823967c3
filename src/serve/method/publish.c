/* SPDX-License-Identifier: MIT */
/*
 * publish and republish (methods.md §2.21, §2.22; OPC 10000-4 §5.13.5, §5.13.6). How Publish
 * requests wait is the session's business (core/subscription/publisher.h).
 */
#include "core/subscription/notification.h"
#include "core/subscription/publisher.h"
#include "serve/method/method.h"
#include "wire/value/later.h"

/* --- notifications of an answer ------------------------------------------------------------ */

/* Of a large one they are read where it is written: there may be millions. Lies in the operation's
 * arena, which stays until then, as does what the message points to. */
struct unread {
    UA_NotificationMessage message;
    struct osm_notification_names names;
    void *result;
    struct osm_notification **list; /* in the result */
    size_t *size;
};

static void write_unread(struct osm_encoder *encoder, const void *of, const void *values,
                         size_t count)
{
    const struct unread *unread = values;
    struct osm_notification_names names = unread->names;
    struct osm_arena arena;

    (void)count;
    osm_arena_init(&arena);
    *unread->list = osm_notifications_read(NULL, &unread->message, &arena, unread->size);
    osm_notifications_rename(&names, *unread->list, *unread->size);
    osm_record_encode(encoder, of, unread->result);
    osm_arena_deinit(&arena);
}

/* Replies with the result, into which the notifications of the answer belong. */
static void reply(struct osm_op *op, const void *response, const struct osm_record *record,
                  const struct osm_subscription *subscription, const struct unread *result)
{
    struct osm_encoder encoder = osm_reply_answer_encoder(op, response);
    struct unread *unread;

    if (encoder.later) {
        unread = osm_arena_alloc(osm_op_arena(op), sizeof(*unread));
        *unread = *result;
        unread->names = osm_notification_names(subscription, osm_op_arena(op));
        osm_later_add(&encoder, write_unread, record, unread, 1, 0);
    } else {
        *result->list =
            osm_notifications_read(subscription, &result->message, osm_op_arena(op), result->size);
        osm_record_encode(&encoder, record, result->result);
    }
    osm_op_finish(op);
}

/* --- publish ------------------------------------------------------------------------------- */

struct publish {
    size_t size;
    UA_SubscriptionAcknowledgement *acks;
};

static const struct osm_parameter ack_rows[] = {
    {"subscriptionId", NULL, OSM_STRICT_UINT32(UA_SubscriptionAcknowledgement, subscriptionId)},
    {"sequenceNumber", NULL, OSM_STRICT_UINT32(UA_SubscriptionAcknowledgement, sequenceNumber)},
    {.name = ""}};
static const struct osm_items acks = {sizeof(UA_SubscriptionAcknowledgement),
                                      {.read = osm_parameter_map, .of = ack_rows}};
static const struct osm_parameter publish_parameters[] = {
    {"acknowledgements", "[]", OSM_LIST(struct publish, size, acks, &acks)}, {.name = ""}};

static void publish_step(struct osm_op *op, void *response)
{
    const UA_PublishResponse *answer = response;
    const UA_NotificationMessage *message = &answer->notificationMessage;
    const struct osm_subscription *subscription = osm_subscription_find_server(
        osm_session_subscriptions(osm_op_session(op)), answer->subscriptionId);
    struct osm_publish_result *result = osm_arena_alloc(osm_op_arena(op), sizeof(*result));

    *result = (struct osm_publish_result){
        .subscription_id = subscription ? subscription->id : answer->subscriptionId,
        .sequence_number = message->sequenceNumber,
        .more_notifications = answer->moreNotifications,
        .available_sequence_numbers = answer->availableSequenceNumbers,
        .available_sequence_numbers_size = answer->availableSequenceNumbersSize,
        .publish_time = message->publishTime,
        .acknowledgement_results = answer->results,
        .acknowledgement_results_size = answer->resultsSize};

    reply(op, response, &osm_record_publish_result, subscription,
          &(struct unread){.message = *message,
                           .result = result,
                           .list = &result->notifications,
                           .size = &result->notifications_size});
}

static void publish_start(struct osm_op *op)
{
    const struct publish *publish = op->state;
    const struct osm_subscription *subscription, *next;

    /* An answer may be of any of them. */
    HASH_ITER (hh, osm_session_subscriptions(osm_op_session(op))->by_id, subscription, next)
        if (!osm_method_may_change(op, subscription->maker))
            return;
    osm_publisher_next(osm_session_publisher(osm_op_session(op)), op, publish->acks, publish->size,
                       publish_step);
}

OSM_METHOD(publish, .flags = OSM_OP_ASIDE, .state_size = sizeof(struct publish),
           .parameters = publish_parameters, .start = publish_start);

/* --- republish ----------------------------------------------------------------------------- */

struct republish {
    uint32_t subscription, sequence_number;
};

static void republish_step(struct osm_op *op, void *response)
{
    const UA_NotificationMessage *message =
        &((const UA_RepublishResponse *)response)->notificationMessage;
    const struct republish *republish = op->state;
    struct osm_republish_result *result = osm_arena_alloc(osm_op_arena(op), sizeof(*result));

    *result = (struct osm_republish_result){.sequence_number = message->sequenceNumber,
                                            .publish_time = message->publishTime};
    reply(op, response, &osm_record_republish_result,
          osm_subscription_find(osm_session_subscriptions(osm_op_session(op)),
                                republish->subscription),
          &(struct unread){.message = *message,
                           .result = result,
                           .list = &result->notifications,
                           .size = &result->notifications_size});
}

static void republish_start(struct osm_op *op)
{
    const struct republish *republish = op->state;
    const struct osm_subscription *subscription = osm_subscription_find(
        osm_session_subscriptions(osm_op_session(op)), republish->subscription);
    UA_RepublishRequest request = {
        .subscriptionId = osm_subscription_server_id(osm_session_subscriptions(osm_op_session(op)),
                                                     republish->subscription),
        .retransmitSequenceNumber = republish->sequence_number};

    if (subscription && !osm_method_may_change(op, subscription->maker))
        return;
    osm_op_send(op, &osm_service_republish, &request, republish_step);
}

static const struct osm_parameter republish_parameters[] = {
    {"subscriptionId", NULL, OSM_UINT32(struct republish, subscription)},
    {"retransmitSequenceNumber", NULL, OSM_UINT32(struct republish, sequence_number)},
    {.name = ""}};

OSM_METHOD(republish, .flags = OSM_OP_READS, .state_size = sizeof(struct republish),
           .parameters = republish_parameters, .start = republish_start);
