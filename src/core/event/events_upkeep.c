/* SPDX-License-Identifier: MIT */
/* Events about messages and subscriptions that were lost or made anew; see events.h. */
#include "core/event/event_bus.h"
#include "core/event/events.h"

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
