/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_EVENT_EVENTS_ALARM_H
#define OSM_CORE_EVENT_EVENTS_ALARM_H
/* Between events_notification.c, events_alarm.c and events_prepare.c; nobody else includes this. */
#include "core/event/events_prepare.h"
#include "core/subscription/subscription.h"
#include "wire/value/result.h"

#define OSM_EVENTS_OF_ALARMS                                                                       \
    (OSM_EVENT_BIT(OSM_EVENT_ALARM_EVENT_RECEIVED) |                                               \
     OSM_EVENT_BIT(OSM_EVENT_ALARM_SEVERITY_CHANGED) |                                             \
     OSM_EVENT_BIT(OSM_EVENT_LIMIT_ALARM_EXCEEDED) |                                               \
     OSM_EVENT_BIT(OSM_EVENT_OFF_NORMAL_ALARM_TRIGGERED) |                                         \
     OSM_EVENT_BIT(OSM_EVENT_ALARM_ACTIVATED) | OSM_EVENT_BIT(OSM_EVENT_ALARM_DEACTIVATED) |       \
     OSM_EVENT_BIT(OSM_EVENT_ALARM_ACKNOWLEDGED) | OSM_EVENT_BIT(OSM_EVENT_ALARM_CONFIRMED) |      \
     OSM_EVENT_BIT(OSM_EVENT_ALARM_SHELVED) | OSM_EVENT_BIT(OSM_EVENT_QUEUE_OVERFLOW))

/* Where a notification came from. */
struct osm_event_place {
    struct osm_session *session;
    struct osm_subscription *subscription;
    uint32_t sequence_number;
    bool republished;
    const struct osm_prepared_events *prepared; /* NULL = nothing is large */
};

/* The fields of an event, as a list. */
void osm_event_add_fields(const struct osm_event_place *place, struct osm_json *json,
                          const struct osm_notification *event);
/* What follows from an event for alarms, in the order of daemon.md §11. */
void osm_events_of_alarm(const struct osm_event_place *place, const struct osm_notification *event);

#endif
