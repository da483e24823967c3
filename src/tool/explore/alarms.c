/* SPDX-License-Identifier: MIT */
/* Conditions from events. */
#include "tool/explore/alarms.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/macros.h"

#define MOST ((size_t)10000)

enum field {
    CONDITION,
    EVENT_ID,
    SOURCE_NODE,
    SOURCE,
    NAME,
    TIME,
    MESSAGE,
    SEVERITY,
    ACTIVE,
    ACKED,
    CONFIRMED,
    SHELVING,
    RETAIN,
    FIELDS,
};

const char *const explore_alarm_fields[] = {
    [CONDITION] = "ConditionId",
    [EVENT_ID] = "EventId",
    [SOURCE_NODE] = "SourceNode",
    [SOURCE] = "SourceName",
    [NAME] = "ConditionName",
    [TIME] = "Time",
    [MESSAGE] = "Message",
    [SEVERITY] = "Severity",
    [ACTIVE] = "ActiveState/Id",
    [ACKED] = "AckedState/Id",
    [CONFIRMED] = "ConfirmedState/Id",
    [SHELVING] = "ShelvingState/CurrentState",
    [RETAIN] = "Retain",
};
const size_t explore_alarm_field_count = FIELDS;

static char *text_of(const struct opcua_value *value)
{
    const char *text;

    if (value->type == OPCUA_TYPE_LOCALIZED_TEXT && !value->is_array && value->length == 1)
        text = value->items[0].localized.text.data;
    else
        text = opcua_value_to_text(value);
    return osm_strdup(text && strcmp(text, "i=0") != 0 ? text : "");
}

static bool flag_of(const struct opcua_value *value, bool otherwise)
{
    bool flag;

    return opcua_value_to_boolean(value, &flag) ? flag : otherwise;
}

static bool is_shelved(const struct opcua_value *state)
{
    _cleanup_(osm_freep) char *text = text_of(state);

    return *text && strcmp(text, "Unshelved") != 0;
}

static void clear(struct explore_alarm *alarm)
{
    free(alarm->condition);
    free(alarm->source_node);
    free(alarm->source);
    free(alarm->name);
    free(alarm->message);
    opcua_value_clear(&alarm->event_id);
}

void explore_alarms_deinit(struct explore_alarms *alarms)
{
    for (size_t i = 0; i < alarms->count; i++)
        clear(&alarms->alarms[i]);
    free(alarms->alarms);
    *alarms = (struct explore_alarms){0};
}

static struct explore_alarm make(const struct opcua_value *fields)
{
    struct explore_alarm alarm = {0};
    int64_t severity = 0;

    alarm.condition = text_of(&fields[CONDITION]);
    alarm.source_node = text_of(&fields[SOURCE_NODE]);
    alarm.source = text_of(&fields[SOURCE]);
    alarm.name = text_of(&fields[NAME]);
    alarm.message = text_of(&fields[MESSAGE]);
    opcua_value_copy(&alarm.event_id, &fields[EVENT_ID]);
    if (fields[TIME].type == OPCUA_TYPE_DATETIME && fields[TIME].length == 1)
        alarm.time = fields[TIME].items[0].time;
    if (opcua_value_to_int64(&fields[SEVERITY], &severity))
        alarm.severity = (unsigned)severity;
    alarm.is_active = flag_of(&fields[ACTIVE], false);
    alarm.is_acked = flag_of(&fields[ACKED], true);
    alarm.is_confirmed = flag_of(&fields[CONFIRMED], true);
    alarm.is_shelved = is_shelved(&fields[SHELVING]);
    return alarm;
}

static bool is_same(const struct explore_alarm *a, const struct explore_alarm *b)
{
    return strcmp(a->condition, b->condition) == 0 && strcmp(a->source_node, b->source_node) == 0 &&
           strcmp(a->name, b->name) == 0;
}

static int compare(const void *left, const void *right)
{
    const struct explore_alarm *a = left, *b = right;

    if (a->is_active != b->is_active)
        return a->is_active ? -1 : 1;
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    if (a->time != b->time)
        return a->time > b->time ? -1 : 1;
    return strcmp(a->name, b->name);
}

bool explore_alarms_take(struct explore_alarms *alarms, const struct opcua_value *fields,
                         size_t count)
{
    struct explore_alarm alarm;

    if (count < FIELDS || fields[RETAIN].type != OPCUA_TYPE_BOOLEAN)
        return false;
    alarm = make(fields);
    for (size_t i = 0; i < alarms->count; i++) {
        if (!is_same(&alarms->alarms[i], &alarm))
            continue;
        clear(&alarms->alarms[i]);
        alarms->alarms[i] = alarms->alarms[--alarms->count];
        break;
    }
    if (!flag_of(&fields[RETAIN], false) || alarms->count == MOST) {
        clear(&alarm);
    } else {
        if (alarms->count == alarms->room) {
            alarms->room = alarms->room ? 2 * alarms->room : 16;
            alarms->alarms = osm_alloc_resize(alarms->alarms, alarms->room * sizeof(alarm));
        }
        alarms->alarms[alarms->count++] = alarm;
    }
    if (alarms->count)
        qsort(alarms->alarms, alarms->count, sizeof(alarm), compare);
    return true;
}

size_t explore_alarms_open(const struct explore_alarms *alarms)
{
    size_t open = 0;

    for (size_t i = 0; i < alarms->count; i++)
        open += alarms->alarms[i].is_active || !alarms->alarms[i].is_acked;
    return open;
}
