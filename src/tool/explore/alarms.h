/* SPDX-License-Identifier: MIT */
#ifndef OSM_TOOL_EXPLORE_ALARMS_H
#define OSM_TOOL_EXPLORE_ALARMS_H
/*
 * The conditions a server retains (OPC 10000-9 §5.5.2), made of their events: the newest state of
 * each, gone when it is no longer retained. Pure.
 */
#include <opcua-session.h>

struct explore_alarm {
    char *condition; /* node id; "" when the server does not tell */
    char *source_node, *source, *name, *message;
    struct opcua_value event_id;
    int64_t time;
    unsigned severity;
    bool is_active, is_acked, is_confirmed, is_shelved;
};

struct explore_alarms {
    struct explore_alarm *alarms; /* active first, then by severity and time */
    size_t count, room;
};

/* The fields of an event explore_alarms_take() wants, in this order. */
extern const char *const explore_alarm_fields[];
extern const size_t explore_alarm_field_count;

void explore_alarms_deinit(struct explore_alarms *alarms);
/* Whether the event was one of a condition. */
bool explore_alarms_take(struct explore_alarms *alarms, const struct opcua_value *fields,
                         size_t count);
/* How many are active, or wait to be acknowledged. */
size_t explore_alarms_open(const struct explore_alarms *alarms);

#endif
