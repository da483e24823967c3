/* SPDX-License-Identifier: MIT */
/* The events an alarm's event brings: a table of their fields, and when each is due. */
#include "core/event/events_alarm.h"

#include "core/event/event_bus.h"
#include "core/subscription/alarm.h"

/* Fields behind subscriptionId and clientHandle, in the order of daemon.md §11. */
enum field {
    EVENT_FIELDS = 1 << 0,
    LIMIT_STATE = 1 << 1,
    SEVERITY = 1 << 2,
    SOURCE_NAME = 1 << 3,
    MESSAGE = 1 << 4,
    EVENT_TYPE = 1 << 5,
    TIME = 1 << 6,
};

struct told {
    const struct osm_event_place *place;
    const struct osm_notification *event;
    const struct osm_alarm *alarm;
};

/* A value that is large has been written; false = it is small. */
static bool add_prepared(const struct told *told, enum osm_prepared_form form, const void *of)
{
    struct osm_shared_text *text = osm_prepared_events_find(told->place->prepared, form, of);

    if (text)
        osm_event_add_shared(told->place->session, text);
    return text != NULL;
}

static void print_text(const struct told *told, struct osm_json *json, const char *key,
                       UA_String text)
{
    osm_json_key(json, key);
    if (add_prepared(told, OSM_PREPARED_TEXT, text.data))
        return;
    if (text.data)
        osm_json_text(json, (const char *)text.data, text.length);
    else
        osm_json_null(json);
}

static void print_severity(struct osm_json *json, const struct osm_alarm *alarm)
{
    osm_json_key(json, "severity");
    if (alarm->has_severity)
        osm_json_int(json, alarm->severity);
    else
        osm_json_null(json);
}

static void print_node_id(const struct told *told, struct osm_json *json, const char *key,
                          const UA_NodeId *id)
{
    struct osm_encoder encoder = osm_event_encoder(told->place->session);

    osm_json_key(json, key);
    if (add_prepared(told, OSM_PREPARED_NODE_ID, id))
        return;
    if (id)
        osm_encode_value(&encoder, id, &UA_TYPES[UA_TYPES_NODEID]);
    else
        osm_json_null(json);
}

static void print_time(const struct told *told, struct osm_json *json, const UA_DateTime *time)
{
    struct osm_encoder encoder = osm_event_encoder(told->place->session);

    osm_json_key(json, "eventTime"); /* `time` is when it came, in every event */
    if (time)
        osm_encode_value(&encoder, time, &UA_TYPES[UA_TYPES_DATETIME]);
    else
        osm_json_null(json);
}

static void print_fields(const struct told *told, struct osm_json *json, unsigned fields)
{
    const struct osm_alarm *alarm = told->alarm;

    if (fields & EVENT_FIELDS)
        osm_event_add_fields(told->place, json, told->event);
    if (fields & LIMIT_STATE)
        print_text(told, json, "limitState", alarm->limit_state);
    if (fields & SEVERITY)
        print_severity(json, alarm);
    if (fields & SOURCE_NAME)
        print_text(told, json, "sourceName", alarm->source_name);
    if (fields & MESSAGE)
        print_text(told, json, "message", alarm->message);
    if (fields & EVENT_TYPE)
        print_node_id(told, json, "eventType", alarm->event_type);
    if (fields & TIME)
        print_time(told, json, alarm->time);
}

/* What a caller needs to acknowledge, confirm or shelve it, in every event of a condition. One that
 * has no number is told from others of its source and type by its name; the states that follow the
 * first event have the members upstream gives them, and no more. */
static void print_condition(const struct told *told, struct osm_json *json, bool is_first)
{
    const struct osm_alarm *alarm = told->alarm;

    if (!alarm->condition_id || UA_NodeId_isNull(alarm->condition_id)) {
        if (is_first && alarm->condition_name.length)
            print_text(told, json, "conditionName", alarm->condition_name);
        return;
    }
    print_node_id(told, json, "conditionId", alarm->condition_id);
    if (!alarm->event_id)
        return;
    osm_json_key(json, "eventId");
    if (!add_prepared(told, OSM_PREPARED_BASE64, alarm->event_id->data))
        osm_json_base64(json, alarm->event_id->data, alarm->event_id->length);
}

static void tell(const struct told *told, enum osm_event_type type, unsigned fields)
{
    struct osm_session *session = told->place->session;
    struct osm_json *json;

    if (!osm_bus_wants(session, type))
        return;
    json = osm_event_begin(session, type);
    osm_json_key(json, "subscriptionId");
    osm_json_uint(json, told->place->subscription->id);
    osm_json_key(json, "clientHandle");
    osm_json_uint(json, told->event->client_handle);
    print_fields(told, json, fields);
    osm_json_key(json, "republished");
    osm_json_bool(json, told->place->republished);
    print_condition(told, json, type == OSM_EVENT_ALARM_EVENT_RECEIVED);
    osm_event_end(session);
}

static void tell_state(const struct told *told, const struct osm_alarm_change *change)
{
    static const struct {
        enum osm_event_type type;
        unsigned fields;
    } events[OSM_ALARM_ASPECT_COUNT_] = {
        [OSM_ALARM_ACTIVE] = {OSM_EVENT_ALARM_ACTIVATED, SOURCE_NAME | SEVERITY | MESSAGE},
        [OSM_ALARM_ACKED] = {OSM_EVENT_ALARM_ACKNOWLEDGED, SOURCE_NAME},
        [OSM_ALARM_CONFIRMED] = {OSM_EVENT_ALARM_CONFIRMED, SOURCE_NAME},
        [OSM_ALARM_SHELVED] = {OSM_EVENT_ALARM_SHELVED, SOURCE_NAME},
    };

    if (change->aspect == OSM_ALARM_ASPECT_COUNT_)
        return;
    if (change->state == OSM_ALARM_NO)
        tell(told, OSM_EVENT_ALARM_DEACTIVATED, SOURCE_NAME | MESSAGE);
    else
        tell(told, events[change->aspect].type, events[change->aspect].fields);
}

void osm_events_of_alarm(const struct osm_event_place *place, const struct osm_notification *event)
{
    struct osm_monitored_item *item;
    struct osm_alarm alarm;
    struct osm_alarm_change change;
    const struct told told = {place, event, &alarm};

    if (!osm_bus_wants_any(place->session, OSM_EVENTS_OF_ALARMS))
        return;
    item = osm_monitored_item_find_handle(place->subscription, event->server_handle);
    osm_alarm_read(item, event->event_fields, event->all_fields_size, &alarm);
    if (osm_alarm_is_queue_overflow(&alarm))
        tell(&told, OSM_EVENT_QUEUE_OVERFLOW, 0);
    change = osm_alarm_note(item, &alarm);
    if (alarm.has_severity || alarm.event_type)
        tell(&told, OSM_EVENT_ALARM_EVENT_RECEIVED,
             EVENT_FIELDS | SEVERITY | SOURCE_NAME | MESSAGE | EVENT_TYPE | TIME);
    if (change.severity)
        tell(&told, OSM_EVENT_ALARM_SEVERITY_CHANGED, SOURCE_NAME | SEVERITY);
    if (osm_alarm_is_limit(&alarm))
        tell(&told, OSM_EVENT_LIMIT_ALARM_EXCEEDED, SOURCE_NAME | LIMIT_STATE | SEVERITY);
    if (osm_alarm_is_off_normal(&alarm))
        tell(&told, OSM_EVENT_OFF_NORMAL_ALARM_TRIGGERED, SOURCE_NAME | SEVERITY);
    tell_state(&told, &change);
}
