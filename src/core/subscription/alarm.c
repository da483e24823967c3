/* SPDX-License-Identifier: MIT */
/* Reading alarms from the fields of events; see alarm.h. What has changed is alarm_change.c. */
#include "core/subscription/alarm.h"

#include <string.h>
#include <strings.h>

#include <open62541/nodeids.h>

#include "core/subscription/event_filter.h"
#include "util/macros.h"

/* --- values -------------------------------------------------------------------------------- */

static const void *scalar(const UA_Variant *field, const UA_DataType *type)
{
    return UA_Variant_hasScalarType(field, type) ? field->data : NULL;
}

/* A String, or the text of a LocalizedText. */
static UA_String text_of(const UA_Variant *field)
{
    const UA_String *string = scalar(field, &UA_TYPES[UA_TYPES_STRING]);
    const UA_LocalizedText *localized = scalar(field, &UA_TYPES[UA_TYPES_LOCALIZEDTEXT]);

    if (string)
        return *string;
    return localized ? localized->text : UA_STRING_NULL;
}

static bool integer_of(const UA_Variant *field, int64_t *out)
{
    if (!field->type || !UA_Variant_isScalar(field))
        return false;
    switch (field->type->typeKind) {
    case UA_DATATYPEKIND_BYTE:
        *out = *(const UA_Byte *)field->data;
        return true;
    case UA_DATATYPEKIND_INT16:
        *out = *(const UA_Int16 *)field->data;
        return true;
    case UA_DATATYPEKIND_UINT16:
        *out = *(const UA_UInt16 *)field->data;
        return true;
    case UA_DATATYPEKIND_INT32:
        *out = *(const UA_Int32 *)field->data;
        return true;
    case UA_DATATYPEKIND_UINT32:
        *out = *(const UA_UInt32 *)field->data;
        return true;
    case UA_DATATYPEKIND_INT64:
        *out = *(const UA_Int64 *)field->data;
        return true;
    default:
        return false;
    }
}

/* --- words --------------------------------------------------------------------------------- */

static const char *const words[OSM_ALARM_ASPECT_COUNT_][2] = {
    [OSM_ALARM_ACTIVE] = {"active", NULL},
    [OSM_ALARM_ACKED] = {"acknowledged", "acked"},
    [OSM_ALARM_CONFIRMED] = {"confirmed", NULL},
    [OSM_ALARM_SHELVED] = {"shelved", NULL},
};

static bool text_has(UA_String text, size_t at, const char *word)
{
    size_t length = strlen(word);

    return at + length <= text.length &&
           strncasecmp((const char *)text.data + at, word, length) == 0;
}

static bool is_before(UA_String text, size_t at, const char *word)
{
    size_t length = strlen(word);

    return at >= length && text_has(text, at - length, word);
}

static bool is_denied(UA_String text, size_t at)
{
    return is_before(text, at, "un") || is_before(text, at, "not ") || is_before(text, at, "in");
}

static enum osm_alarm_state word_says(UA_String text, const char *word)
{
    for (size_t at = 0; word && at < text.length; at++)
        if (text_has(text, at, word))
            return is_denied(text, at) ? OSM_ALARM_NO : OSM_ALARM_YES;
    return OSM_ALARM_UNKNOWN;
}

/* The text of a state is a few words: what is longer is none. */
#define STATE_BYTES ((size_t)1024)

static enum osm_alarm_state text_says(UA_String text, enum osm_alarm_aspect aspect)
{
    enum osm_alarm_state state;

    text.length = OSM_MIN(text.length, STATE_BYTES);
    state = word_says(text, words[aspect][0]);

    return state != OSM_ALARM_UNKNOWN ? state : word_says(text, words[aspect][1]);
}

/* --- fields by name ------------------------------------------------------------------------ */

enum meaning {
    EVENT_ID,
    EVENT_TYPE,
    SOURCE_NODE,
    SOURCE_NAME,
    TIME,
    MESSAGE,
    SEVERITY,
    CONDITION_NAME,
    LIMIT_STATE,
    LIMIT_FLAG, /* of one limit: it is exceeded */
    STATE_ID,   /* true or false */
    STATE_TEXT,
    SHELVING_ID, /* a state of ShelvedStateMachineType */
};

static const struct {
    const char *name;
    enum meaning meaning;
    enum osm_alarm_aspect aspect;
    const char *limit; /* its name in LimitState/CurrentState */
} names[] = {
    {.name = "EventId", .meaning = EVENT_ID},
    {.name = "EventType", .meaning = EVENT_TYPE},
    {.name = "SourceNode", .meaning = SOURCE_NODE},
    {.name = "SourceName", .meaning = SOURCE_NAME},
    {.name = "Time", .meaning = TIME},
    {.name = "Message", .meaning = MESSAGE},
    {.name = "Severity", .meaning = SEVERITY},
    {.name = "ConditionName", .meaning = CONDITION_NAME},
    {.name = "LimitState/CurrentState", .meaning = LIMIT_STATE},
    {.name = "HighHighState/Id", .meaning = LIMIT_FLAG, .limit = "HighHigh"},
    {.name = "HighState/Id", .meaning = LIMIT_FLAG, .limit = "High"},
    {.name = "LowLowState/Id", .meaning = LIMIT_FLAG, .limit = "LowLow"},
    {.name = "LowState/Id", .meaning = LIMIT_FLAG, .limit = "Low"},
    {.name = "ActiveState/Id", .meaning = STATE_ID, .aspect = OSM_ALARM_ACTIVE},
    {.name = "AckedState/Id", .meaning = STATE_ID, .aspect = OSM_ALARM_ACKED},
    {.name = "ConfirmedState/Id", .meaning = STATE_ID, .aspect = OSM_ALARM_CONFIRMED},
    {.name = "ShelvingState/CurrentState/Id", .meaning = SHELVING_ID},
    {.name = "ActiveState", .meaning = STATE_TEXT, .aspect = OSM_ALARM_ACTIVE},
    {.name = "AckedState", .meaning = STATE_TEXT, .aspect = OSM_ALARM_ACKED},
    {.name = "ConfirmedState", .meaning = STATE_TEXT, .aspect = OSM_ALARM_CONFIRMED},
    {.name = "ShelvingState/CurrentState", .meaning = STATE_TEXT, .aspect = OSM_ALARM_SHELVED},
};

/* Its row, or the number of rows. */
static size_t meaning_of(const UA_SimpleAttributeOperand *field)
{
    size_t i = 0;

    while (i < OSM_ARRAY_SIZE(names) && !osm_event_filter_is(field, names[i].name))
        i++;
    return i;
}

static void take_state(struct osm_alarm *out, enum osm_alarm_aspect aspect,
                       enum osm_alarm_state state, bool certain)
{
    if (state != OSM_ALARM_UNKNOWN && (certain || out->states[aspect] == OSM_ALARM_UNKNOWN))
        out->states[aspect] = state;
}

static void take_flag(struct osm_alarm *out, const UA_Variant *field, enum osm_alarm_aspect aspect)
{
    const UA_Boolean *flag = scalar(field, &UA_TYPES[UA_TYPES_BOOLEAN]);

    if (flag)
        take_state(out, aspect, *flag ? OSM_ALARM_YES : OSM_ALARM_NO, true);
}

static void take_shelving(struct osm_alarm *out, const UA_Variant *field)
{
    const UA_NodeId unshelved = UA_NODEID_NUMERIC(0, UA_NS0ID_SHELVEDSTATEMACHINETYPE_UNSHELVED);
    const UA_NodeId *state = scalar(field, &UA_TYPES[UA_TYPES_NODEID]);

    if (state && !UA_NodeId_isNull(state))
        take_state(out, OSM_ALARM_SHELVED,
                   UA_NodeId_equal(state, &unshelved) ? OSM_ALARM_NO : OSM_ALARM_YES, true);
}

/* Of several limits the outer one counts: it comes first in the table, but not in the event. */
static void take_limit(struct osm_alarm *out, const UA_Variant *field, const char *limit)
{
    const UA_Boolean *exceeded = scalar(field, &UA_TYPES[UA_TYPES_BOOLEAN]);

    if (exceeded && *exceeded && out->limit_state.length < strlen(limit))
        out->limit_state = (UA_String){strlen(limit), (UA_Byte *)(uintptr_t)limit};
}

static void take_field(struct osm_alarm *out, const UA_Variant *field, size_t row)
{
    switch (names[row].meaning) {
    case EVENT_ID:
        out->event_id = scalar(field, &UA_TYPES[UA_TYPES_BYTESTRING]);
        break;
    case EVENT_TYPE:
        out->event_type = scalar(field, &UA_TYPES[UA_TYPES_NODEID]);
        break;
    case SOURCE_NODE:
        out->source_node = scalar(field, &UA_TYPES[UA_TYPES_NODEID]);
        break;
    case SOURCE_NAME:
        out->source_name = text_of(field);
        break;
    case TIME:
        out->time = scalar(field, &UA_TYPES[UA_TYPES_DATETIME]);
        break;
    case MESSAGE:
        out->message = text_of(field);
        break;
    case SEVERITY:
        out->has_severity = integer_of(field, &out->severity);
        break;
    case CONDITION_NAME:
        out->condition_name = text_of(field);
        break;
    case LIMIT_STATE:
        out->limit_state = text_of(field);
        break;
    case LIMIT_FLAG:
        take_limit(out, field, names[row].limit);
        break;
    case STATE_ID:
        take_flag(out, field, names[row].aspect);
        break;
    case STATE_TEXT:
        take_state(out, names[row].aspect, text_says(text_of(field), names[row].aspect), false);
        break;
    case SHELVING_ID:
        take_shelving(out, field);
        break;
    }
}

/* --- fields by place ----------------------------------------------------------------------- */

/* The rows of osm_event_filter_fields. */
static const enum meaning default_order[OSM_EVENT_FILTER_FIELDS] = {
    EVENT_ID, EVENT_TYPE, SOURCE_NAME, TIME, MESSAGE, SEVERITY};

static size_t row_of(enum meaning meaning)
{
    size_t i = 0;

    while (names[i].meaning != meaning)
        i++;
    return i;
}

/* Behind the default list: true, false or a word decides. Returns whether it does. */
static bool take_guess(struct osm_alarm *out, const UA_Variant *field)
{
    static const enum osm_alarm_aspect order[] = {OSM_ALARM_ACKED, OSM_ALARM_CONFIRMED,
                                                  OSM_ALARM_SHELVED, OSM_ALARM_ACTIVE};
    UA_String text = text_of(field);

    take_flag(out, field, OSM_ALARM_ACTIVE);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(order); i++) {
        enum osm_alarm_state state = text_says(text, order[i]);

        if (state == OSM_ALARM_YES || (state == OSM_ALARM_NO && order[i] == OSM_ALARM_ACTIVE))
            take_state(out, order[i], state, true);
        if (out->states[order[i]] != OSM_ALARM_UNKNOWN)
            return true;
    }
    return false;
}

static void read_by_place(const UA_Variant *fields, size_t size, struct osm_alarm *out)
{
    size_t named = OSM_ARRAY_SIZE(default_order);

    for (size_t i = 0; i < size && i < named; i++)
        take_field(out, &fields[i], row_of(default_order[i]));
    if (size > named)
        out->limit_state = text_of(&fields[named]);
    for (size_t i = named; i < size; i++)
        if (take_guess(out, &fields[i]))
            return;
}

static void read_by_name(const UA_EventFilter *filter, const UA_Variant *fields, size_t size,
                         struct osm_alarm *out)
{
    for (size_t i = 0; i < size && i < filter->selectClausesSize; i++) {
        const UA_SimpleAttributeOperand *field = &filter->selectClauses[i];
        size_t row = meaning_of(field);

        if (row < OSM_ARRAY_SIZE(names))
            take_field(out, &fields[i], row);
        else if (osm_event_filter_is_condition_id(field))
            out->condition_id = scalar(&fields[i], &UA_TYPES[UA_TYPES_NODEID]);
    }
}

void osm_alarm_read(const struct osm_monitored_item *item, const UA_Variant *fields, size_t size,
                    struct osm_alarm *out)
{
    *out = (struct osm_alarm){0};
    if (item && item->params.event && item->params.event->selectClausesSize)
        read_by_name(item->params.event, fields, size, out);
    else
        read_by_place(fields, size, out);
}

/* --- types --------------------------------------------------------------------------------- */

static bool is_one_of(const struct osm_alarm *alarm, const uint32_t *ids, size_t count)
{
    const UA_NodeId *type = alarm->event_type;

    if (!type || type->namespaceIndex != 0 || type->identifierType != UA_NODEIDTYPE_NUMERIC)
        return false;
    for (size_t i = 0; i < count; i++)
        if (type->identifier.numeric == ids[i])
            return true;
    return false;
}

bool osm_alarm_is_limit(const struct osm_alarm *alarm)
{
    /* LimitAlarmType, its exclusive and non-exclusive subtypes, as the contract lists them. */
    static const uint32_t ids[] = {2955, 9341, 9906, 9482, 13225, 9764, 10368, 9623};

    return is_one_of(alarm, ids, OSM_ARRAY_SIZE(ids));
}

bool osm_alarm_is_off_normal(const struct osm_alarm *alarm)
{
    static const uint32_t ids[] = {10637, 10523}; /* OffNormalAlarmType, DiscreteAlarmType */

    return is_one_of(alarm, ids, OSM_ARRAY_SIZE(ids));
}

bool osm_alarm_is_queue_overflow(const struct osm_alarm *alarm)
{
    static const uint32_t ids[] = {UA_NS0ID_EVENTQUEUEOVERFLOWEVENTTYPE};

    return is_one_of(alarm, ids, OSM_ARRAY_SIZE(ids));
}
