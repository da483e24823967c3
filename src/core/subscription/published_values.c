/* SPDX-License-Identifier: MIT */
/* Values out of Publish responses; see published_values.h. */
#include "core/subscription/published_values.h"

#include <open62541/types_generated_handling.h>

#include "core/subscription/notification_message.h"

/* Of one message; more would hold the loop. */
#define MOST 2000

/* How long ago the value was true when the message was sent; OSM_MSEC_NEVER = unknown. */
static osm_msec age_in(const UA_NotificationMessage *message, const UA_DataValue *value)
{
    UA_DateTime age = message->publishTime - value->serverTimestamp;

    if (!value->hasServerTimestamp || value->serverTimestamp <= 0 || message->publishTime <= 0)
        return OSM_MSEC_NEVER;
    return age > 0 ? (osm_msec)(age / UA_DATETIME_MSEC) : 0;
}

static void keep_change(const struct osm_published_values *out,
                        const struct osm_subscription *subscription,
                        const UA_NotificationMessage *message,
                        const UA_MonitoredItemNotification *change)
{
    const struct osm_monitored_item *item =
        osm_monitored_item_find_handle(subscription, change->clientHandle);
    osm_msec now = osm_clock_now(out->clock), age = age_in(message, &change->value);
    UA_ReadValueId node;

    if (!item || item->params.event || item->params.index_range.length || age > now)
        return;
    UA_ReadValueId_init(&node);
    node.nodeId = item->params.node_id;
    node.attributeId = item->params.attribute_id;
    osm_value_cache_keep(out->values, &out->scope, &node, &change->value, now - age);
}

void osm_published_values_keep(const struct osm_published_values *out,
                               const struct osm_subscriptions *all,
                               const UA_PublishResponse *response)
{
    const UA_NotificationMessage *message = &response->notificationMessage;
    const struct osm_subscription *subscription =
        osm_value_cache_is_wanted(out->values, out->scope.identity)
            ? osm_subscription_find_server(all, response->subscriptionId)
            : NULL;
    size_t kept = 0;

    for (size_t i = 0; subscription && i < message->notificationDataSize; i++) {
        const UA_DataChangeNotification *changes = osm_notification_message_data(
            &message->notificationData[i], &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]);

        for (size_t j = 0; changes && j < changes->monitoredItemsSize && kept < MOST; j++, kept++)
            keep_change(out, subscription, message, &changes->monitoredItems[j]);
    }
}
