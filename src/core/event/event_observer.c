/* SPDX-License-Identifier: MIT */
/* The table of emitters; see event_observer.h. */
#include "core/event/event_observer.h"

#include "core/event/event_bus.h"
#include "core/event/events.h"
#include "core/event/events_connection.h"
#include "core/event/events_prepare.h"
#include "core/session/session.h"

/* Its events stay. */
static void leave(struct osm_session *session)
{
    osm_event_origin_leave(osm_session_origin(session));
}

const struct osm_observer_ops osm_event_observer = {
    .connecting = osm_event_connecting,
    .activated = osm_events_of_connection,
    .judged = osm_event_judged,
    .renewed = osm_event_renewed,
    .connected = osm_event_connected,
    .failed = osm_event_connection_failed,
    .reconnecting = osm_event_reconnecting,
    .leaving = osm_events_of_goodbye,
    .disconnected = osm_event_disconnected,
    .freed = leave,
    .retried = osm_event_retry,
    .retries_exhausted = osm_event_retries_exhausted,
    .prepare = osm_events_prepare,
    .prepared_write = osm_prepared_events_write,
    .prepared_free = osm_prepared_events_free,
    .prepared_suffices = osm_prepared_events_suffice,
    .published = osm_events_of_publish,
    .published_some = osm_events_of_publish_some,
    .notifications_lost = osm_event_notifications_lost,
    .subscription_transferred = osm_event_subscription_transferred,
    .subscription_made = osm_event_subscription_made,
    .subscription_deleted = osm_event_subscription_deleted,
    .item_made = osm_event_item_made,
    .item_modified = osm_event_item_modified,
    .item_deleted = osm_event_item_deleted,
    .subscription_recreated = osm_event_subscription_recreated,
    .subscription_lost = osm_event_subscription_lost,
    .health_changed = osm_event_health_changed,
};
