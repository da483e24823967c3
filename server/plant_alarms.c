/* SPDX-License-Identifier: MIT */
/* Alarms/: variables to write, each with a condition that watches it. Whoever wants an alarm
 * writes a level beyond a limit or sets a fault; --alarm-period lets the level swing by
 * itself, from 0 to 100 and back. */
#include <stdlib.h>

#include "alarm.h"

#define SWING_STEPS 40 /* of 5 % each, there and back */

static const struct osm_alarm_row rows[] = {
    {"LevelAlarm", "Level", OSM_ALARM_NON_EXCLUSIVE, 5, 20, 80, 95, {0, 100}, 50},
    {"PressureAlarm", "Pressure", OSM_ALARM_EXCLUSIVE, 0.5, 1, 6, 8, {0, 10}, 3},
    {"PumpAlarm", "PumpFault", OSM_ALARM_OFF_NORMAL, 0, 0, 0, 0, {0, 1}, 0},
    {"DoorAlarm", "DoorOpen", OSM_ALARM_OFF_NORMAL, 0, 0, 0, 0, {0, 1}, 0},
};
#define N_ALARMS (sizeof(rows) / sizeof(rows[0]))

/* The context of an input's node. */
struct input {
    struct osm_plant_node node;
    struct osm_alarm *alarm;
};

struct osm_alarms {
    struct osm_alarm alarms[N_ALARMS];
    struct input inputs[N_ALARMS];
    UA_UInt64 timer;
    unsigned step;
};

static bool is_switch(const struct osm_alarm *alarm)
{
    return alarm->row->kind == OSM_ALARM_OFF_NORMAL;
}

static void set(struct osm_alarm *alarm, UA_Double value)
{
    if (osm_alarm_set_value(alarm, value))
        osm_alarm_report(alarm);
}

static UA_StatusCode read_input(UA_Server *server, const UA_NodeId *session, void *session_context,
                                const UA_NodeId *node, void *context, UA_Boolean with_timestamp,
                                const UA_NumericRange *range, UA_DataValue *out)
{
    const struct osm_alarm *alarm = ((const struct input *)context)->alarm;
    if (with_timestamp) {
        out->hasSourceTimestamp = true;
        out->sourceTimestamp = UA_DateTime_now();
    }
    out->hasValue = true;
    UA_Boolean truth = alarm->value != 0;
    return is_switch(alarm)
               ? UA_Variant_setScalarCopy(&out->value, &truth, &UA_TYPES[UA_TYPES_BOOLEAN])
               : UA_Variant_setScalarCopy(&out->value, &alarm->value, &UA_TYPES[UA_TYPES_DOUBLE]);
}

/* The library has checked access and data type before. */
static UA_StatusCode write_input(UA_Server *server, const UA_NodeId *session, void *session_context,
                                 const UA_NodeId *node, void *context, const UA_NumericRange *range,
                                 const UA_DataValue *value)
{
    struct osm_alarm *alarm = ((struct input *)context)->alarm;
    const UA_DataType *type = &UA_TYPES[is_switch(alarm) ? UA_TYPES_BOOLEAN : UA_TYPES_DOUBLE];
    if (range)
        return UA_STATUSCODE_BADINDEXRANGEINVALID;
    if (!value->hasValue || !UA_Variant_hasScalarType(&value->value, type))
        return UA_STATUSCODE_BADTYPEMISMATCH;
    UA_Double number =
        is_switch(alarm) ? *(UA_Boolean *)value->value.data : *(UA_Double *)value->value.data;
    if (!(number >= alarm->row->range.low && number <= alarm->row->range.high))
        return UA_STATUSCODE_BADOUTOFRANGE;
    set(alarm, number);
    return UA_STATUSCODE_GOOD;
}

static void add_input(struct osm_plant *plant, struct input *input)
{
    static const UA_DataSource source = {.read = read_input, .write = write_input};
    const struct osm_alarm_row *row = input->alarm->row;
    struct osm_variable variable = {
        .type = &UA_TYPES[is_switch(input->alarm) ? UA_TYPES_BOOLEAN : UA_TYPES_DOUBLE],
        .access = OSM_READ_WRITE,
        .read = &source,
        .node = &input->node,
        .description = "drives an alarm",
    };
    osm_plant_variable(plant, "Alarms", row->input, &variable);
    if (is_switch(input->alarm))
        return;
    char path[OSM_PATH_MAX];
    UA_Range range = row->range;
    osm_plant_path(path, sizeof(path), "Alarms", row->input);
    osm_plant_property(plant, path, "EURange", &range, &UA_TYPES[UA_TYPES_RANGE]);
}

static void swing(UA_Server *server, void *data)
{
    struct osm_alarms *alarms = data;
    unsigned step = ++alarms->step % SWING_STEPS;
    unsigned up = step <= SWING_STEPS / 2 ? step : SWING_STEPS - step;
    set(&alarms->alarms[0], 100.0 * up / (SWING_STEPS / 2.0));
}

static void start_swing(struct osm_plant *plant)
{
    UA_Double step = plant->options->alarm_period / (UA_Double)SWING_STEPS;
    /* It begins in the middle, where Level starts. */
    plant->alarms->step = SWING_STEPS / 4;
    osm_plant_check(plant, "Alarms",
                    UA_Server_addRepeatedCallback(plant->server, swing, plant->alarms, step,
                                                  &plant->alarms->timer));
}

void osm_plant_alarms_build(struct osm_plant *plant)
{
    osm_plant_object(plant, "", "Alarms", UA_EVENTNOTIFIER_SUBSCRIBE_TO_EVENT,
                     "inputs, and conditions that watch them");
    plant->alarms = calloc(1, sizeof(*plant->alarms));
    if (plant->alarms == NULL) {
        osm_plant_check(plant, "Alarms", UA_STATUSCODE_BADOUTOFMEMORY);
        return;
    }
    for (size_t i = 0; i < N_ALARMS; i++) {
        struct osm_alarm *alarm = &plant->alarms->alarms[i];
        osm_alarm_init(alarm, &rows[i]);
        alarm->node = (struct osm_plant_node){OSM_ROLE_ALL, OSM_ROLE_CHANGERS};
        alarm->plant = plant;
        plant->alarms->inputs[i] = (struct input){alarm->node, alarm};
        add_input(plant, &plant->alarms->inputs[i]);
        osm_alarm_build(plant, alarm);
    }
    osm_alarm_methods_build(plant);
    if (plant->options->alarm_period > 0)
        start_swing(plant);
}

struct osm_alarm *osm_plant_alarms(struct osm_plant *plant, size_t *count)
{
    *count = plant->alarms ? N_ALARMS : 0;
    return plant->alarms ? plant->alarms->alarms : NULL;
}

void osm_plant_alarms_stop(struct osm_plant *plant)
{
    if (plant->alarms == NULL)
        return;
    UA_Server_removeCallback(plant->server, plant->alarms->timer);
    for (size_t i = 0; i < N_ALARMS; i++)
        UA_Server_removeCallback(plant->server, plant->alarms->alarms[i].unshelve_timer);
}

void osm_plant_alarms_deinit(struct osm_plant *plant)
{
    for (size_t i = 0; plant->alarms && i < N_ALARMS; i++)
        osm_alarm_deinit(&plant->alarms->alarms[i]);
    free(plant->alarms);
    plant->alarms = NULL;
}
