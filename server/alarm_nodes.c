/* SPDX-License-Identifier: MIT */
/* A condition as nodes: one table of fields says what stands below Alarms/<name>, of which
 * type it is and what it shows. The same table writes them all before each event.
 *
 * Nodes are begun from the top and finished from the bottom: finishing a node makes what its
 * type wants and what is not there yet, so the fields named here come first, under their
 * paths, and the library adds the rest (EventId, SourceNode, ReceiveTime, …). */
#include <stdio.h>
#include <string.h>

#include "alarm.h"

union field_value {
    UA_Boolean truth;
    UA_UInt16 small;
    UA_Double real;
    UA_DateTime time;
    UA_StatusCode status;
    UA_NodeId node;
    UA_String string;
    UA_LocalizedText text;
};

struct field {
    const char *path;         /* below the condition; its last part is the browse name */
    enum osm_alarm_kind kind; /* which alarms have it */
    unsigned type;            /* of UA_TYPES; NO_VALUE is an object */
    UA_UInt32 definition;     /* 0 = a property */
    void (*get)(const struct osm_alarm *alarm, union field_value *out);
};

#define NO_VALUE UINT32_MAX

#define ID_TWO_STATE 8995
#define ID_CONDITION_VARIABLE 9002
#define ID_FINITE_STATE 2760
#define ID_SHELVED_STATE_MACHINE 2929
#define ID_EXCLUSIVE_LIMIT_STATE_MACHINE 9318
#define ID_PROCESS_CONDITION_CLASS 11164

#define GET(name) static void get_##name(const struct osm_alarm *alarm, union field_value *out)

/* The messages live as long as the call that shows them. */
static char message[128];

static UA_UInt32 type_of(const struct osm_alarm_row *row)
{
    switch (row->kind) {
    case OSM_ALARM_NON_EXCLUSIVE:
        return UA_NS0ID_NONEXCLUSIVELEVELALARMTYPE;
    case OSM_ALARM_EXCLUSIVE:
        return UA_NS0ID_EXCLUSIVELEVELALARMTYPE;
    default:
        return UA_NS0ID_OFFNORMALALARMTYPE;
    }
}

GET(event_type)
{
    out->node = UA_NODEID_NUMERIC(0, type_of(alarm->row));
}

GET(source_name)
{
    out->string = osm_borrow(alarm->row->input);
}

GET(condition_name)
{
    out->string = osm_borrow(alarm->row->name);
}

GET(time)
{
    out->time = UA_DateTime_now();
}

GET(message)
{
    snprintf(message, sizeof(message), "%s: %s at %g", alarm->row->input, alarm->what,
             alarm->value);
    out->text = osm_borrow_text(message);
}

GET(severity)
{
    out->small = alarm->severity;
}

GET(last_severity)
{
    out->small = alarm->last_severity;
}

GET(class_id)
{
    out->node = UA_NODEID_NUMERIC(0, ID_PROCESS_CONDITION_CLASS);
}

GET(class_name)
{
    out->text = osm_borrow_text("ProcessConditionClassType");
}

GET(null_node)
{
    out->node = UA_NODEID_NULL;
}

GET(retain)
{
    out->truth = osm_alarm_retained(alarm);
}

GET(quality)
{
    out->status = UA_STATUSCODE_GOOD;
}

GET(comment)
{
    out->text = (UA_LocalizedText){osm_borrow("en"), alarm->comment};
}

GET(user)
{
    out->string = osm_borrow(alarm->user);
}

GET(input_node)
{
    static char path[OSM_PATH_MAX];
    osm_plant_path(path, sizeof(path), "Alarms", alarm->row->input);
    out->node = osm_plant_id(alarm->plant, path);
}

GET(suppressed)
{
    out->truth = alarm->shelving != OSM_UNSHELVED;
}

GET(max_shelved)
{
    out->real = OSM_ALARM_MAX_SHELVED_MS;
}

GET(unshelve_time)
{
    UA_DateTime left = alarm->unshelve_at - UA_DateTime_nowMonotonic();
    out->real = alarm->unshelve_at != 0 && left > 0 ? (UA_Double)left / UA_DATETIME_MSEC : 0;
}

struct state_name {
    const char *name;
    UA_UInt32 id;
};

GET(shelving)
{
    static const char *const names[] = {"Unshelved", "TimedShelved", "OneShotShelved"};
    out->text = osm_borrow_text(names[alarm->shelving]);
}

GET(shelving_id)
{
    static const UA_UInt32 ids[] = {2930, 2932, 2933};
    out->node = UA_NODEID_NUMERIC(0, ids[alarm->shelving]);
}

/* Inactive, an exclusive limit has no state: null in both. */
static const struct state_name limit_states[OSM_N_LEVELS] = {
    [OSM_LEVEL_LOW_LOW] = {"LowLow", 9335},
    [OSM_LEVEL_LOW] = {"Low", 9333},
    [OSM_LEVEL_HIGH] = {"High", 9331},
    [OSM_LEVEL_HIGH_HIGH] = {"HighHigh", 9329},
};

GET(limit)
{
    out->text = osm_borrow_text(limit_states[alarm->level].name);
}

GET(limit_id)
{
    out->node = UA_NODEID_NUMERIC(0, limit_states[alarm->level].id);
}

/* A state of two: its name and its truth, from one expression. */
#define TWO_STATE(name, condition, yes, no)                                                        \
    GET(name)                                                                                      \
    {                                                                                              \
        out->text = osm_borrow_text((condition) ? (yes) : (no));                                   \
    }                                                                                              \
    GET(name##_id)                                                                                 \
    {                                                                                              \
        out->truth = (condition);                                                                  \
    }

TWO_STATE(enabled, alarm->enabled, "Enabled", "Disabled")
TWO_STATE(active, alarm->active, "Active", "Inactive")
TWO_STATE(acked, alarm->acked, "Acknowledged", "Unacknowledged")
TWO_STATE(confirmed, alarm->confirmed, "Confirmed", "Unconfirmed")

/* Not exclusive: very high is high as well. */
TWO_STATE(high_high, alarm->level == OSM_LEVEL_HIGH_HIGH, "HighHigh active", "HighHigh inactive")
TWO_STATE(high, alarm->level >= OSM_LEVEL_HIGH, "High active", "High inactive")
TWO_STATE(low, alarm->level == OSM_LEVEL_LOW || alarm->level == OSM_LEVEL_LOW_LOW, "Low active",
          "Low inactive")
TWO_STATE(low_low, alarm->level == OSM_LEVEL_LOW_LOW, "LowLow active", "LowLow inactive")

#define LIMIT(field)                                                                               \
    GET(field##_limit)                                                                             \
    {                                                                                              \
        out->real = alarm->row->field;                                                             \
    }
LIMIT(high_high)
LIMIT(high)
LIMIT(low)
LIMIT(low_low)

#define ANY OSM_ALARM_ANY
#define LIMITS OSM_ALARM_LIMITS
#define EXCLUSIVE OSM_ALARM_EXCLUSIVE
#define NON_EXCLUSIVE OSM_ALARM_NON_EXCLUSIVE
#define STATE_PAIR(path, kind, getter)                                                             \
    {path, kind, UA_TYPES_LOCALIZEDTEXT, ID_TWO_STATE, get_##getter},                              \
    {                                                                                              \
        path "/Id", kind, UA_TYPES_BOOLEAN, 0, get_##getter##_id                                   \
    }

static const struct field fields[] = {
    {"EventType", ANY, UA_TYPES_NODEID, 0, get_event_type},
    {"SourceName", ANY, UA_TYPES_STRING, 0, get_source_name},
    {"Time", ANY, UA_TYPES_DATETIME, 0, get_time},
    {"Message", ANY, UA_TYPES_LOCALIZEDTEXT, 0, get_message},
    {"Severity", ANY, UA_TYPES_UINT16, 0, get_severity},
    {"ConditionClassId", ANY, UA_TYPES_NODEID, 0, get_class_id},
    {"ConditionClassName", ANY, UA_TYPES_LOCALIZEDTEXT, 0, get_class_name},
    {"ConditionName", ANY, UA_TYPES_STRING, 0, get_condition_name},
    {"BranchId", ANY, UA_TYPES_NODEID, 0, get_null_node},
    {"Retain", ANY, UA_TYPES_BOOLEAN, 0, get_retain},
    STATE_PAIR("EnabledState", ANY, enabled),
    {"Quality", ANY, UA_TYPES_STATUSCODE, ID_CONDITION_VARIABLE, get_quality},
    {"LastSeverity", ANY, UA_TYPES_UINT16, ID_CONDITION_VARIABLE, get_last_severity},
    {"Comment", ANY, UA_TYPES_LOCALIZEDTEXT, ID_CONDITION_VARIABLE, get_comment},
    {"ClientUserId", ANY, UA_TYPES_STRING, 0, get_user},
    STATE_PAIR("AckedState", ANY, acked),
    STATE_PAIR("ConfirmedState", ANY, confirmed),
    STATE_PAIR("ActiveState", ANY, active),
    {"InputNode", ANY, UA_TYPES_NODEID, 0, get_input_node},
    {"SuppressedOrShelved", ANY, UA_TYPES_BOOLEAN, 0, get_suppressed},
    {"MaxTimeShelved", ANY, UA_TYPES_DOUBLE, 0, get_max_shelved},
    {"ShelvingState", ANY, NO_VALUE, ID_SHELVED_STATE_MACHINE, NULL},
    {"ShelvingState/CurrentState", ANY, UA_TYPES_LOCALIZEDTEXT, ID_FINITE_STATE, get_shelving},
    {"ShelvingState/CurrentState/Id", ANY, UA_TYPES_NODEID, 0, get_shelving_id},
    {"ShelvingState/UnshelveTime", ANY, UA_TYPES_DOUBLE, 0, get_unshelve_time},
    {"HighHighLimit", LIMITS, UA_TYPES_DOUBLE, 0, get_high_high_limit},
    {"HighLimit", LIMITS, UA_TYPES_DOUBLE, 0, get_high_limit},
    {"LowLimit", LIMITS, UA_TYPES_DOUBLE, 0, get_low_limit},
    {"LowLowLimit", LIMITS, UA_TYPES_DOUBLE, 0, get_low_low_limit},
    STATE_PAIR("HighHighState", NON_EXCLUSIVE, high_high),
    STATE_PAIR("HighState", NON_EXCLUSIVE, high),
    STATE_PAIR("LowState", NON_EXCLUSIVE, low),
    STATE_PAIR("LowLowState", NON_EXCLUSIVE, low_low),
    {"LimitState", EXCLUSIVE, NO_VALUE, ID_EXCLUSIVE_LIMIT_STATE_MACHINE, NULL},
    {"LimitState/CurrentState", EXCLUSIVE, UA_TYPES_LOCALIZEDTEXT, ID_FINITE_STATE, get_limit},
    {"LimitState/CurrentState/Id", EXCLUSIVE, UA_TYPES_NODEID, 0, get_limit_id},
    {"NormalState", OSM_ALARM_OFF_NORMAL, UA_TYPES_NODEID, 0, get_null_node},
};
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

/* The announced type of the few that are subtypes in the specification. */
static UA_NodeId data_type_of(const struct field *field)
{
    if (strcmp(field->path, "Time") == 0)
        return UA_NODEID_NUMERIC(0, UA_NS0ID_UTCTIME);
    if (field->type == UA_TYPES_DOUBLE && strstr(field->path, "Limit") == NULL)
        return UA_NODEID_NUMERIC(0, UA_NS0ID_DURATION);
    return UA_TYPES[field->type].typeId;
}

static void condition_path(char *out, size_t size, const struct osm_alarm *alarm)
{
    osm_plant_path(out, size, "Alarms", alarm->row->name);
}

static void begin_object(struct osm_plant *plant, struct osm_alarm *alarm, const char *path,
                         const char *parent, const char *name, UA_QualifiedName browse_name,
                         UA_UInt32 type)
{
    UA_ObjectAttributes attributes = UA_ObjectAttributes_default;
    attributes.displayName = osm_borrow_text(name);
    osm_plant_check(plant, path,
                    UA_Server_addNode_begin(plant->server, UA_NODECLASS_OBJECT,
                                            osm_plant_id(plant, path), osm_plant_id(plant, parent),
                                            UA_NODEID_NUMERIC(0, UA_NS0ID_HASCOMPONENT),
                                            browse_name, UA_NODEID_NUMERIC(0, type), &attributes,
                                            &UA_TYPES[UA_TYPES_OBJECTATTRIBUTES], alarm, NULL));
}

static void begin_variable(struct osm_plant *plant, struct osm_alarm *alarm, const char *path,
                           const char *parent, UA_QualifiedName browse_name,
                           const struct field *field)
{
    union field_value value;
    field->get(alarm, &value);
    UA_VariableAttributes attributes = UA_VariableAttributes_default;
    attributes.displayName = (UA_LocalizedText){osm_borrow("en"), browse_name.name};
    UA_Variant_setScalar(&attributes.value, &value, &UA_TYPES[field->type]);
    attributes.dataType = data_type_of(field);
    attributes.valueRank = UA_VALUERANK_SCALAR;
    bool property = field->definition == 0;
    UA_NodeId reference =
        UA_NODEID_NUMERIC(0, property ? UA_NS0ID_HASPROPERTY : UA_NS0ID_HASCOMPONENT);
    UA_NodeId definition =
        UA_NODEID_NUMERIC(0, property ? UA_NS0ID_PROPERTYTYPE : field->definition);
    osm_plant_check(plant, path,
                    UA_Server_addNode_begin(plant->server, UA_NODECLASS_VARIABLE,
                                            osm_plant_id(plant, path), osm_plant_id(plant, parent),
                                            reference, browse_name, definition, &attributes,
                                            &UA_TYPES[UA_TYPES_VARIABLEATTRIBUTES], NULL, NULL));
}

static void begin_field(struct osm_plant *plant, struct osm_alarm *alarm, const char *path,
                        const struct field *field)
{
    char parent[OSM_PATH_MAX];
    snprintf(parent, sizeof(parent), "%s", path);
    char *slash = strrchr(parent, '/');
    *slash = '\0';
    UA_QualifiedName browse_name = {0, osm_borrow(slash + 1)};
    if (field->type == NO_VALUE)
        begin_object(plant, alarm, path, parent, slash + 1, browse_name, field->definition);
    else
        begin_variable(plant, alarm, path, parent, browse_name, field);
}

static void finish(struct osm_plant *plant, const char *path)
{
    if (plant->status == UA_STATUSCODE_GOOD)
        osm_plant_check(plant, path,
                        UA_Server_addNode_finish(plant->server, osm_plant_id(plant, path)));
}

static void refer(struct osm_plant *plant, const char *from, UA_UInt32 type, UA_NodeId to)
{
    UA_ExpandedNodeId target = {.nodeId = to};
    osm_plant_check(plant, from,
                    UA_Server_addReference(plant->server, osm_plant_id(plant, from),
                                           UA_NODEID_NUMERIC(0, type), target, true));
}

void osm_alarm_build(struct osm_plant *plant, struct osm_alarm *alarm)
{
    char top[OSM_PATH_MAX];
    char path[OSM_PATH_MAX];
    char input[OSM_PATH_MAX];
    condition_path(top, sizeof(top), alarm);
    osm_plant_path(input, sizeof(input), "Alarms", alarm->row->input);
    begin_object(plant, alarm, top, "Alarms", alarm->row->name,
                 (UA_QualifiedName){plant->ns, osm_borrow(alarm->row->name)}, type_of(alarm->row));
    for (size_t i = 0; i < N_FIELDS && plant->status == UA_STATUSCODE_GOOD; i++) {
        if (!(fields[i].kind & alarm->row->kind))
            continue;
        osm_plant_path(path, sizeof(path), top, fields[i].path);
        begin_field(plant, alarm, path, &fields[i]);
    }
    for (size_t i = N_FIELDS; i-- > 0 && plant->status == UA_STATUSCODE_GOOD;) {
        if (!(fields[i].kind & alarm->row->kind))
            continue;
        osm_plant_path(path, sizeof(path), top, fields[i].path);
        finish(plant, path);
    }
    finish(plant, top);
    if (plant->status != UA_STATUSCODE_GOOD)
        return;
    refer(plant, input, UA_NS0ID_HASCONDITION, osm_plant_id(plant, top));
    /* Confirm is optional in the type, so no instance gets it by itself. */
    refer(plant, top, UA_NS0ID_HASCOMPONENT,
          UA_NODEID_NUMERIC(0, UA_NS0ID_ACKNOWLEDGEABLECONDITIONTYPE_CONFIRM));
}

static UA_StatusCode write_fields(struct osm_alarm *alarm, const char *top)
{
    UA_StatusCode status = UA_STATUSCODE_GOOD;
    for (size_t i = 0; i < N_FIELDS; i++) {
        const struct field *field = &fields[i];
        if (!(field->kind & alarm->row->kind) || field->type == NO_VALUE)
            continue;
        char path[OSM_PATH_MAX];
        union field_value value;
        UA_Variant variant;
        osm_plant_path(path, sizeof(path), top, field->path);
        field->get(alarm, &value);
        UA_Variant_setScalar(&variant, &value, &UA_TYPES[field->type]);
        status |=
            UA_Server_writeValue(alarm->plant->server, osm_plant_id(alarm->plant, path), variant);
    }
    return status;
}

void osm_alarm_report(struct osm_alarm *alarm)
{
    char top[OSM_PATH_MAX];
    char input[OSM_PATH_MAX];
    struct osm_plant *plant = alarm->plant;
    UA_ByteString event = UA_BYTESTRING_NULL;
    condition_path(top, sizeof(top), alarm);
    osm_plant_path(input, sizeof(input), "Alarms", alarm->row->input);
    UA_StatusCode status = write_fields(alarm, top);
    if (status == UA_STATUSCODE_GOOD)
        status = UA_Server_triggerEvent(plant->server, osm_plant_id(plant, top),
                                        osm_plant_id(plant, input), &event, false);
    if (status != UA_STATUSCODE_GOOD)
        fprintf(stderr, "opcua-demo-server: no event of %s: %s; --verbose tells more\n", top,
                UA_StatusCode_name(status));
    osm_alarm_fired(alarm, event);
}
