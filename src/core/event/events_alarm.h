/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_EVENT_EVENTS_ALARM_H
#define OSM_CORE_EVENT_EVENTS_ALARM_H
/* Between events_notification.c and events_alarm.c; nobody else includes this. */
#include "core/subscription/subscription.h"
#include "wire/value/result.h"

/* Where a notification came from. */
struct osm_event_place {
    struct osm_session *session;
    struct osm_subscription *subscription;
    uint32_t sequence_number;
    bool republished;
};

/* What follows from an event for alarms, in the order of daemon.md §11. */
void osm_events_of_alarm(const struct osm_event_place *place, const struct osm_notification *event);

#endif
