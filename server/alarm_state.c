/* SPDX-License-Identifier: MIT */
/* The state machine of a condition, after Part 9, 5.5 to 5.8.
 *
 * An alarm that becomes active or grows worse wants to be acknowledged; once acknowledged it
 * wants to be confirmed. It is retained until it is inactive, acknowledged and confirmed.
 * While disabled it follows its input silently. A shelved alarm goes on changing and says so
 * with SuppressedOrShelved; shelved once ends with the alarm. */
#include <string.h>

#include "alarm.h"

static const UA_UInt16 severities[OSM_N_LEVELS] = {
    [OSM_LEVEL_NORMAL] = 100, [OSM_LEVEL_OFF_NORMAL] = 700, [OSM_LEVEL_LOW_LOW] = 900,
    [OSM_LEVEL_LOW] = 500,    [OSM_LEVEL_HIGH] = 500,       [OSM_LEVEL_HIGH_HIGH] = 900,
};

static const char *const level_words[OSM_N_LEVELS] = {
    [OSM_LEVEL_NORMAL] = "back to normal",
    [OSM_LEVEL_OFF_NORMAL] = "off normal",
    [OSM_LEVEL_LOW_LOW] = "very low",
    [OSM_LEVEL_LOW] = "low",
    [OSM_LEVEL_HIGH] = "high",
    [OSM_LEVEL_HIGH_HIGH] = "very high",
};

static enum osm_alarm_level level_of(const struct osm_alarm_row *row, UA_Double value)
{
    if (row->kind == OSM_ALARM_OFF_NORMAL)
        return value != 0 ? OSM_LEVEL_OFF_NORMAL : OSM_LEVEL_NORMAL;
    if (value >= row->high_high)
        return OSM_LEVEL_HIGH_HIGH;
    if (value >= row->high)
        return OSM_LEVEL_HIGH;
    if (value <= row->low_low)
        return OSM_LEVEL_LOW_LOW;
    return value <= row->low ? OSM_LEVEL_LOW : OSM_LEVEL_NORMAL;
}

static void unshelve(struct osm_alarm *alarm)
{
    alarm->shelving = OSM_UNSHELVED;
    alarm->unshelve_at = 0;
}

static void enter(struct osm_alarm *alarm, enum osm_alarm_level level)
{
    bool worse = severities[level] > severities[alarm->level] || !alarm->active;
    alarm->level = level;
    alarm->active = level != OSM_LEVEL_NORMAL;
    alarm->last_severity = alarm->severity;
    alarm->severity = severities[level];
    alarm->what = level_words[level];
    if (alarm->active && worse) {
        alarm->acked = false;
        alarm->confirmed = true; /* nothing to confirm before somebody acknowledges */
    }
    if (!alarm->active && alarm->shelving == OSM_SHELVED_ONCE)
        unshelve(alarm);
}

void osm_alarm_init(struct osm_alarm *alarm, const struct osm_alarm_row *row)
{
    *alarm = (struct osm_alarm){
        .row = row,
        .enabled = true,
        .acked = true,
        .confirmed = true,
        .severity = severities[OSM_LEVEL_NORMAL],
        .last_severity = severities[OSM_LEVEL_NORMAL],
        .value = row->at_start,
        .what = level_words[OSM_LEVEL_NORMAL],
        .user = "",
    };
}

void osm_alarm_deinit(struct osm_alarm *alarm)
{
    UA_String_clear(&alarm->comment);
    for (size_t i = 0; i < OSM_ALARM_EVENTS; i++)
        UA_ByteString_clear(&alarm->events[i]);
}

bool osm_alarm_set_value(struct osm_alarm *alarm, UA_Double value)
{
    alarm->value = value;
    enum osm_alarm_level level = level_of(alarm->row, value);
    if (!alarm->enabled || level == alarm->level)
        return false;
    enter(alarm, level);
    return true;
}

bool osm_alarm_retained(const struct osm_alarm *alarm)
{
    return alarm->enabled && (alarm->active || !alarm->acked || !alarm->confirmed);
}

UA_StatusCode osm_alarm_enable(struct osm_alarm *alarm)
{
    if (alarm->enabled)
        return UA_STATUSCODE_BADCONDITIONALREADYENABLED;
    alarm->enabled = true;
    if (!osm_alarm_set_value(alarm, alarm->value))
        alarm->what = "enabled";
    return UA_STATUSCODE_GOOD;
}

UA_StatusCode osm_alarm_disable(struct osm_alarm *alarm)
{
    if (!alarm->enabled)
        return UA_STATUSCODE_BADCONDITIONALREADYDISABLED;
    alarm->enabled = false;
    alarm->what = "disabled";
    return UA_STATUSCODE_GOOD;
}

static bool known(const struct osm_alarm *alarm, const UA_ByteString *event)
{
    for (size_t i = 0; event->length > 0 && i < OSM_ALARM_EVENTS; i++) {
        if (UA_ByteString_equal(&alarm->events[i], event))
            return true;
    }
    return false;
}

static UA_StatusCode check(const struct osm_alarm *alarm, const UA_ByteString *event)
{
    if (!alarm->enabled)
        return UA_STATUSCODE_BADCONDITIONDISABLED;
    return known(alarm, event) ? UA_STATUSCODE_GOOD : UA_STATUSCODE_BADEVENTIDUNKNOWN;
}

UA_StatusCode osm_alarm_acknowledge(struct osm_alarm *alarm, const UA_ByteString *event)
{
    UA_StatusCode status = check(alarm, event);
    if (status != UA_STATUSCODE_GOOD)
        return status;
    if (alarm->acked)
        return UA_STATUSCODE_BADCONDITIONBRANCHALREADYACKED;
    alarm->acked = true;
    alarm->confirmed = false;
    alarm->what = "acknowledged";
    return UA_STATUSCODE_GOOD;
}

UA_StatusCode osm_alarm_confirm(struct osm_alarm *alarm, const UA_ByteString *event)
{
    UA_StatusCode status = check(alarm, event);
    if (status != UA_STATUSCODE_GOOD)
        return status;
    if (alarm->confirmed)
        return UA_STATUSCODE_BADCONDITIONBRANCHALREADYCONFIRMED;
    alarm->confirmed = true;
    alarm->what = "confirmed";
    return UA_STATUSCODE_GOOD;
}

UA_StatusCode osm_alarm_comment(struct osm_alarm *alarm, const UA_ByteString *event)
{
    UA_StatusCode status = check(alarm, event);
    if (status == UA_STATUSCODE_GOOD)
        alarm->what = "commented";
    return status;
}

UA_StatusCode osm_alarm_shelve_for(struct osm_alarm *alarm, UA_Double ms, UA_DateTime now)
{
    if (!alarm->enabled)
        return UA_STATUSCODE_BADCONDITIONDISABLED;
    if (alarm->shelving == OSM_SHELVED_TIMED)
        return UA_STATUSCODE_BADCONDITIONALREADYSHELVED;
    if (!(ms > 0 && ms <= OSM_ALARM_MAX_SHELVED_MS))
        return UA_STATUSCODE_BADSHELVINGTIMEOUTOFRANGE;
    alarm->shelving = OSM_SHELVED_TIMED;
    alarm->unshelve_at = now + (UA_DateTime)(ms * UA_DATETIME_MSEC);
    alarm->what = "shelved for a time";
    return UA_STATUSCODE_GOOD;
}

UA_StatusCode osm_alarm_shelve_once(struct osm_alarm *alarm)
{
    if (!alarm->enabled)
        return UA_STATUSCODE_BADCONDITIONDISABLED;
    if (alarm->shelving == OSM_SHELVED_ONCE)
        return UA_STATUSCODE_BADCONDITIONALREADYSHELVED;
    alarm->shelving = OSM_SHELVED_ONCE;
    alarm->unshelve_at = 0;
    alarm->what = "shelved once";
    return UA_STATUSCODE_GOOD;
}

UA_StatusCode osm_alarm_unshelve(struct osm_alarm *alarm)
{
    if (!alarm->enabled)
        return UA_STATUSCODE_BADCONDITIONDISABLED;
    if (alarm->shelving == OSM_UNSHELVED)
        return UA_STATUSCODE_BADCONDITIONNOTSHELVED;
    unshelve(alarm);
    alarm->what = "unshelved";
    return UA_STATUSCODE_GOOD;
}

void osm_alarm_fired(struct osm_alarm *alarm, UA_ByteString event)
{
    UA_ByteString *place = &alarm->events[alarm->n_events++ % OSM_ALARM_EVENTS];
    UA_ByteString_clear(place);
    *place = event;
}
