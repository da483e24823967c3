/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_ALARM_H
#define OSM_CORE_SUBSCRIPTION_ALARM_H
/*
 * What an event says about an alarm (daemon.md §11 with M15; OPC 10000-9). Fields are found by
 * the names the item selects; only where those are not known (a subscription that came by a
 * transfer) by their places in the default list. States come from `ActiveState/Id` and its like,
 * else from the words of the state's text; words with "un" or "not" before them say the contrary.
 *
 * An event tells how things are, not what has changed. What the events of an item have said of
 * each alarm is therefore remembered, so that an acknowledgement of an active alarm is an
 * acknowledgement and not another activation.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <open62541/types.h>

#include "core/subscription/subscription.h"

/* Alarms remembered per item; one more, and all are forgotten and met anew. */
#define OSM_ALARMS_REMEMBERED 1000

enum osm_alarm_state { OSM_ALARM_UNKNOWN, OSM_ALARM_NO, OSM_ALARM_YES };

/* In order of precedence when several have changed. */
enum osm_alarm_aspect {
    OSM_ALARM_ACTIVE,
    OSM_ALARM_ACKED,
    OSM_ALARM_CONFIRMED,
    OSM_ALARM_SHELVED,
    OSM_ALARM_ASPECT_COUNT_
};

/* Borrows from the event's fields. Strings without data are null. */
struct osm_alarm {
    const UA_NodeId *event_type, *source_node, *condition_id; /* NULL = not told */
    const UA_ByteString *event_id;
    const UA_DateTime *time;
    UA_String source_name, message, condition_name, limit_state;
    bool has_severity;
    int64_t severity;
    enum osm_alarm_state states[OSM_ALARM_ASPECT_COUNT_];
};

/* What is new in an event. */
struct osm_alarm_change {
    bool severity;
    enum osm_alarm_aspect aspect; /* OSM_ALARM_ASPECT_COUNT_ = none */
    enum osm_alarm_state state;   /* of it: YES, or NO for ACTIVE */
};

struct osm_alarms;

/* item may be NULL: the fields are then taken for the default list. */
void osm_alarm_read(const struct osm_monitored_item *item, const UA_Variant *fields, size_t size,
                    struct osm_alarm *out);
/* Compares with what the item's events have said before, and remembers it. Without an item all
 * that is told is new. */
struct osm_alarm_change osm_alarm_note(struct osm_monitored_item *item,
                                       const struct osm_alarm *alarm);
struct osm_alarms *osm_alarms_free(struct osm_alarms *alarms);

/* Its type is one of OPC 10000-9's limit alarms, or off-normal alarms. */
bool osm_alarm_is_limit(const struct osm_alarm *alarm);
bool osm_alarm_is_off_normal(const struct osm_alarm *alarm);
/* The server has dropped events from the item's queue (OPC 10000-4 §7.22.3). */
bool osm_alarm_is_queue_overflow(const struct osm_alarm *alarm);

#endif
