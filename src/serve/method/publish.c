/* SPDX-License-Identifier: MIT */
/*
 * publish and republish (methods.md §2.21, §2.22; OPC 10000-4 §5.13.5, §5.13.6). How Publish
 * requests wait is the session's business (core/subscription/publisher.h).
 */
#include "core/subscription/notification.h"
#include "core/subscription/publisher.h"
#include "serve/method/method.h"

/* --- publish ------------------------------------------------------------------------------- */

struct publish {
    UA_SubscriptionAcknowledgement *acks;
    size_t size;
};

static bool number(struct osm_decode *decode, yyjson_val *item, const char *key, uint32_t *out)
{
    decode->key = key;
    if (osm_is_null(osm_json_get(item, key)))
        return osm_decode_type_error(decode, "an integer");
    return osm_arg_item_uint32(decode, item, key, 0, out);
}

static bool publish_decode(struct osm_decode *decode, struct osm_args *args,
                           const struct osm_session *session, void *state)
{
    struct publish *publish = state;
    struct osm_list list;
    yyjson_val *item;

    if (!osm_arg_array(decode, args, 0, true, sizeof(*publish->acks), &list, &publish->acks))
        return false;
    while ((item = osm_cast_list_next(&list))) {
        UA_SubscriptionAcknowledgement *ack = &publish->acks[publish->size];

        if (!osm_arg_item_check(decode, item, (int)publish->size++) ||
            !number(decode, item, "subscriptionId", &ack->subscriptionId) ||
            !number(decode, item, "sequenceNumber", &ack->sequenceNumber))
            return false;
    }
    return true;
}

static void publish_step(struct osm_op *op, void *response)
{
    const UA_PublishResponse *answer = response;
    const UA_NotificationMessage *message = &answer->notificationMessage;
    const struct osm_subscription *subscription = osm_subscription_find_server(
        osm_session_subscriptions(osm_op_session(op)), answer->subscriptionId);
    struct osm_publish_result result = {
        .subscription_id = subscription ? subscription->id : answer->subscriptionId,
        .sequence_number = message->sequenceNumber,
        .more_notifications = answer->moreNotifications,
        .available_sequence_numbers = answer->availableSequenceNumbers,
        .available_sequence_numbers_size = answer->availableSequenceNumbersSize};
    struct osm_encoder encoder = osm_reply_encoder(op);

    result.notifications =
        osm_notifications_read(subscription, message, osm_op_arena(op), &result.notifications_size);
    osm_record_encode(&encoder, &osm_record_publish_result, &result);
    osm_op_finish(op);
}

static void publish_start(struct osm_op *op)
{
    const struct publish *publish = op->state;

    osm_publisher_next(osm_session_publisher(osm_op_session(op)), op, publish->acks, publish->size,
                       publish_step);
}

static const struct osm_parameter publish_parameters[] = {{"acknowledgements", "[]"}, {0}};

const struct osm_method osm_method_publish = {
    .name = "publish",
    .flags = OSM_OP_ASIDE,
    .state_size = sizeof(struct publish),
    .parameters = publish_parameters,
    .decode = publish_decode,
    .start = publish_start,
};

/* --- republish ----------------------------------------------------------------------------- */

struct republish {
    uint32_t subscription, sequence_number;
};

static bool republish_decode(struct osm_decode *decode, struct osm_args *args,
                             const struct osm_session *session, void *state)
{
    struct republish *republish = state;

    return osm_arg_uint32(decode, args, 0, 0, &republish->subscription) &&
           osm_arg_uint32(decode, args, 1, 0, &republish->sequence_number);
}

static void republish_step(struct osm_op *op, void *response)
{
    const UA_NotificationMessage *message =
        &((const UA_RepublishResponse *)response)->notificationMessage;
    const struct republish *republish = op->state;
    struct osm_republish_result result = {.sequence_number = message->sequenceNumber,
                                          .publish_time = message->publishTime};
    struct osm_encoder encoder = osm_reply_encoder(op);

    result.notifications =
        osm_notifications_read(osm_subscription_find(osm_session_subscriptions(osm_op_session(op)),
                                                     republish->subscription),
                               message, osm_op_arena(op), &result.notifications_size);
    osm_record_encode(&encoder, &osm_record_republish_result, &result);
    osm_op_finish(op);
}

static void republish_start(struct osm_op *op)
{
    const struct republish *republish = op->state;
    UA_RepublishRequest request;

    UA_RepublishRequest_init(&request);
    request.subscriptionId = osm_subscription_server_id(
        osm_session_subscriptions(osm_op_session(op)), republish->subscription);
    request.retransmitSequenceNumber = republish->sequence_number;
    osm_op_send(op, &osm_service_republish, &request, republish_step);
}

static const struct osm_parameter republish_parameters[] = {
    {"subscriptionId", NULL}, {"retransmitSequenceNumber", NULL}, {0}};

const struct osm_method osm_method_republish = {
    .name = "republish",
    .flags = OSM_OP_READS,
    .state_size = sizeof(struct republish),
    .parameters = republish_parameters,
    .decode = republish_decode,
    .start = republish_start,
};
