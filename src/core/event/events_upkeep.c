/* SPDX-License-Identifier: MIT */
/* Events about messages and subscriptions that were lost or made anew; see events.h. */
#include "core/event/event_bus.h"
#include "core/event/event_fields.h"
#include "core/event/events.h"
#include "core/subscription/subscription.h"

static struct osm_json *begin(struct osm_session *session, enum osm_event_type type,
                              uint32_t subscription_id)
{
    struct osm_json *json;

    if (!osm_bus_wants(session, type))
        return NULL;
    json = osm_event_begin(session, type);
    osm_json_key(json, "subscriptionId");
    osm_json_uint(json, subscription_id);
    return json;
}

static void end(struct osm_session *session, struct osm_json *json, const char *reason)
{
    osm_json_key(json, "reason");
    osm_json_cstring(json, reason);
    osm_event_end(session);
}

void osm_event_notifications_lost(struct osm_session *session, uint32_t subscription_id,
                                  uint32_t from, uint32_t to, uint32_t dropped, const char *reason)
{
    struct osm_json *json = begin(session, OSM_EVENT_NOTIFICATIONS_LOST, subscription_id);

    if (!json)
        return;
    osm_json_key(json, "from");
    osm_json_uint(json, from);
    osm_json_key(json, "to");
    if (to)
        osm_json_uint(json, to);
    else
        osm_json_null(json);
    osm_json_key(json, "dropped");
    if (dropped == OSM_OBSERVED_UNKNOWN)
        osm_json_null(json);
    else
        osm_json_uint(json, dropped);
    end(session, json, reason);
}

void osm_event_subscription_transferred(struct osm_session *session, uint32_t subscription_id,
                                        UA_StatusCode status)
{
    struct osm_json *json = begin(session, OSM_EVENT_SUBSCRIPTION_TRANSFERRED, subscription_id);

    if (!json)
        return;
    osm_json_key(json, "statusCode");
    osm_json_uint(json, status);
    osm_event_end(session);
}

void osm_event_subscription_made(struct osm_session *session,
                                 const struct osm_subscription *subscription)
{
    osm_tell(session, OSM_EVENT_SUBSCRIPTION_CREATED,
             osm_field_uint("subscriptionId", subscription->id),
             osm_field_double("revisedPublishingInterval", subscription->revised_interval),
             osm_field_uint("revisedLifetimeCount", subscription->revised_lifetime),
             osm_field_uint("revisedMaxKeepAliveCount", subscription->revised_keep_alive));
}

void osm_event_subscription_deleted(struct osm_session *session, uint32_t subscription_id,
                                    UA_StatusCode status)
{
    osm_tell(session, OSM_EVENT_SUBSCRIPTION_DELETED,
             osm_field_uint("subscriptionId", subscription_id),
             osm_field_uint("statusCode", status));
}

void osm_event_item_made(struct osm_session *session, uint32_t subscription_id, uint32_t item_id,
                         const UA_NodeId *node, UA_StatusCode status)
{
    osm_tell(session, OSM_EVENT_MONITORED_ITEM_CREATED,
             osm_field_uint("subscriptionId", subscription_id),
             osm_field_uint("monitoredItemId", item_id), osm_field_node_id("nodeId", node),
             osm_field_uint("statusCode", status));
}

static void tell_item(struct osm_session *session, enum osm_event_type type,
                      uint32_t subscription_id, uint32_t item_id, UA_StatusCode status)
{
    osm_tell(session, type, osm_field_uint("subscriptionId", subscription_id),
             osm_field_uint("monitoredItemId", item_id), osm_field_uint("statusCode", status));
}

void osm_event_item_modified(struct osm_session *session, uint32_t subscription_id,
                             uint32_t item_id, UA_StatusCode status)
{
    tell_item(session, OSM_EVENT_MONITORED_ITEM_MODIFIED, subscription_id, item_id, status);
}

void osm_event_item_deleted(struct osm_session *session, uint32_t subscription_id, uint32_t item_id,
                            UA_StatusCode status)
{
    tell_item(session, OSM_EVENT_MONITORED_ITEM_DELETED, subscription_id, item_id, status);
}

void osm_event_subscription_recreated(struct osm_session *session, uint32_t subscription_id,
                                      const char *reason)
{
    struct osm_json *json = begin(session, OSM_EVENT_SUBSCRIPTION_RECREATED, subscription_id);

    if (json)
        end(session, json, reason);
}

void osm_event_subscription_lost(struct osm_session *session, uint32_t subscription_id,
                                 const char *reason)
{
    struct osm_json *json = begin(session, OSM_EVENT_SUBSCRIPTION_LOST, subscription_id);

    if (json)
        end(session, json, reason);
}

void osm_event_health_changed(struct osm_session *session, const char *ailment)
{
    osm_tell(session, OSM_EVENT_SESSION_HEALTH_CHANGED,
             osm_field_text("state", ailment ? "degraded" : "active"),
             osm_field_text("reason", ailment));
}
