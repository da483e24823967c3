/* SPDX-License-Identifier: MIT */
/* The alarms of the plant: what each of them is (a row), how it is (a state), and the two ways
 * out of it: nodes and events.
 *
 *   plant_alarms.c   the rows, the inputs that drive them, the swinging level
 *   alarm_state.c    the state machine of Part 9, knows no server
 *   alarm_nodes.c    the state as nodes below the condition, and as events
 *   alarm_methods.c  what clients may do to a condition
 *
 * The library of Debian has no conditions, so the nodes are made here and kept in step by
 * osm_alarm_report(), which writes them all and fires the condition itself as the event. */
#ifndef OSM_DEMO_ALARM_H
#define OSM_DEMO_ALARM_H

#include "plant.h"

enum osm_alarm_kind {
    OSM_ALARM_NON_EXCLUSIVE = 1, /* NonExclusiveLevelAlarmType */
    OSM_ALARM_EXCLUSIVE = 2,     /* ExclusiveLevelAlarmType */
    OSM_ALARM_OFF_NORMAL = 4,    /* OffNormalAlarmType: active while its input is true */
    OSM_ALARM_LIMITS = OSM_ALARM_NON_EXCLUSIVE | OSM_ALARM_EXCLUSIVE,
    OSM_ALARM_ANY = OSM_ALARM_LIMITS | OSM_ALARM_OFF_NORMAL,
};

/* Where an input stands among the limits, from below; an off-normal alarm knows the first
 * two only. */
enum osm_alarm_level {
    OSM_LEVEL_NORMAL,
    OSM_LEVEL_OFF_NORMAL,
    OSM_LEVEL_LOW_LOW,
    OSM_LEVEL_LOW,
    OSM_LEVEL_HIGH,
    OSM_LEVEL_HIGH_HIGH,
    OSM_N_LEVELS,
};

enum osm_shelving { OSM_UNSHELVED, OSM_SHELVED_TIMED, OSM_SHELVED_ONCE, OSM_N_SHELVINGS };

#define OSM_ALARM_MAX_SHELVED_MS 3600000.0
#define OSM_ALARM_EVENTS 16 /* event ids a client may still name */

struct osm_alarm_row {
    const char *name;  /* of the condition */
    const char *input; /* of the variable that drives it */
    enum osm_alarm_kind kind;
    UA_Double low_low, low, high, high_high; /* limits; reached is exceeded */
    UA_Range range;                          /* of the input */
    UA_Double at_start;
};

struct osm_alarm {
    struct osm_plant_node node; /* first: the context of the condition's node */
    const struct osm_alarm_row *row;
    struct osm_plant *plant;

    UA_Double value; /* of the input; 0 and 1 for a Boolean */
    enum osm_alarm_level level;
    bool enabled, active, acked, confirmed;
    enum osm_shelving shelving;
    UA_DateTime unshelve_at; /* monotonic, while shelved for a time */
    UA_UInt64 unshelve_timer;
    UA_UInt16 severity, last_severity;
    const char *what;  /* happened last, for the message */
    UA_String comment; /* owned */
    const char *user;  /* who commented, acknowledged or confirmed last */

    UA_ByteString events[OSM_ALARM_EVENTS]; /* ids of the latest events, owned */
    unsigned n_events;
};

/* --- the state machine. The changes return whether there is something to report, the
 * actions of a client the status for him; Good has something to report. */

void osm_alarm_init(struct osm_alarm *alarm, const struct osm_alarm_row *row);
void osm_alarm_deinit(struct osm_alarm *alarm);

bool osm_alarm_set_value(struct osm_alarm *alarm, UA_Double value);
UA_StatusCode osm_alarm_enable(struct osm_alarm *alarm);
UA_StatusCode osm_alarm_disable(struct osm_alarm *alarm);
UA_StatusCode osm_alarm_acknowledge(struct osm_alarm *alarm, const UA_ByteString *event);
UA_StatusCode osm_alarm_confirm(struct osm_alarm *alarm, const UA_ByteString *event);
UA_StatusCode osm_alarm_comment(struct osm_alarm *alarm, const UA_ByteString *event);
UA_StatusCode osm_alarm_shelve_for(struct osm_alarm *alarm, UA_Double ms, UA_DateTime now);
UA_StatusCode osm_alarm_shelve_once(struct osm_alarm *alarm);
UA_StatusCode osm_alarm_unshelve(struct osm_alarm *alarm);

/* Whether clients should see it in a refresh: enabled, and something is left to do. */
bool osm_alarm_retained(const struct osm_alarm *alarm);

/* Remembers the id of an event that was fired; takes it. */
void osm_alarm_fired(struct osm_alarm *alarm, UA_ByteString event);

/* --- nodes and events */

/* Builds the condition Alarms/<name> of a row with everything below it. */
void osm_alarm_build(struct osm_plant *plant, struct osm_alarm *alarm);

/* Writes the state into the nodes and fires it. */
void osm_alarm_report(struct osm_alarm *alarm);

/* --- methods */

/* Gives the methods of the condition types something to do. After the alarms are built. */
void osm_alarm_methods_build(struct osm_plant *plant);

/* The alarms of the plant. */
struct osm_alarm *osm_plant_alarms(struct osm_plant *plant, size_t *count);

#endif
