/* SPDX-License-Identifier: MIT */
/* Plant/: three tanks, small enough to follow and alive enough to watch.
 *
 * Each tank is filled through its valve, drained by its pump while that runs, and heated
 * towards the setpoint. A timer moves the model every 100 ms; the nodes read and write the
 * model, so nothing is kept twice. */
#include <stdio.h>
#include <stdlib.h>

#include "plant.h"

#define TANKS 3
#define TICK_MS 100

struct tank {
    UA_Double level;       /* % */
    UA_Double temperature; /* degree Celsius */
    UA_Double setpoint;    /* degree Celsius, of the temperature */
    UA_Double valve;       /* % open */
    UA_Double flow;        /* l/min through the valve */
    UA_Boolean pump;
};

struct item_row {
    const char *name;
    const char *description;
    unsigned type;
    size_t offset; /* in struct tank */
    UA_Byte access;
    UA_Range range;
    const char *unit; /* NULL: not an analog value */
    UA_Int32 unit_id; /* UN/CEFACT code as the standard numbers it */
};

#define ITEM(name, field, text, access, low, high, unit, id)                                       \
    {                                                                                              \
        name, text, UA_TYPES_DOUBLE, offsetof(struct tank, field), access, {low, high}, unit, id   \
    }

static const struct item_row items[] = {
    ITEM("Level", level, "how full it is", OSM_READ, 0, 100, "%", 20529),
    ITEM("Temperature", temperature, "of the content", OSM_READ, 0, 150, "°C", 4408652),
    ITEM("Setpoint", setpoint, "of the temperature", OSM_READ_WRITE, 10, 120, "°C", 4408652),
    ITEM("Valve", valve, "how far it is open", OSM_READ_WRITE, 0, 100, "%", 20529),
    ITEM("Flow", flow, "through the valve", OSM_READ, 0, 60, "l/min", 19506),
    {"Pump",
     "drains while it runs",
     UA_TYPES_BOOLEAN,
     offsetof(struct tank, pump),
     OSM_READ_WRITE,
     {0, 0},
     NULL,
     0},
};
#define N_ITEMS (sizeof(items) / sizeof(items[0]))

/* The context of an item's node. */
struct item {
    struct osm_plant_node node;
    const struct item_row *row;
    struct tank *tank;
};

struct osm_tanks {
    struct tank tanks[TANKS];
    struct item items[TANKS][N_ITEMS];
    UA_UInt64 timer;
};

static const struct tank at_start[TANKS] = {
    {.level = 20, .temperature = 20, .setpoint = 60, .valve = 40, .pump = true},
    {.level = 55, .temperature = 35, .setpoint = 80, .valve = 25, .pump = false},
    {.level = 90, .temperature = 65, .setpoint = 30, .valve = 0, .pump = true},
};

static double within(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

static void move(struct tank *tank, double seconds)
{
    tank->flow = tank->level < 100 ? tank->valve * 0.6 : 0;
    double drain = tank->pump && tank->level > 0 ? 18 : 0;
    tank->level = within(tank->level + (tank->flow - drain) * seconds / 60, 0, 100);
    tank->temperature += (tank->setpoint - tank->temperature) * seconds / 30;
    /* Left alone the tank would run full or empty and stand still: it is drained again. */
    if (tank->level >= 99)
        tank->pump = true;
    if (tank->level <= 1)
        tank->pump = false;
}

static void tick(UA_Server *server, void *data)
{
    struct osm_tanks *tanks = data;
    for (size_t i = 0; i < TANKS; i++)
        move(&tanks->tanks[i], TICK_MS / 1000.0);
}

static void *field_of(const struct item *item)
{
    return (char *)item->tank + item->row->offset;
}

static UA_StatusCode read_item(UA_Server *server, const UA_NodeId *session, void *session_context,
                               const UA_NodeId *node, void *context, UA_Boolean with_timestamp,
                               const UA_NumericRange *range, UA_DataValue *out)
{
    const struct item *item = context;
    if (with_timestamp) {
        out->hasSourceTimestamp = true;
        out->sourceTimestamp = UA_DateTime_now();
    }
    out->hasValue = true;
    return UA_Variant_setScalarCopy(&out->value, field_of(item), &UA_TYPES[item->row->type]);
}

/* The library has checked access and data type before. */
static UA_StatusCode write_item(UA_Server *server, const UA_NodeId *session, void *session_context,
                                const UA_NodeId *node, void *context, const UA_NumericRange *range,
                                const UA_DataValue *value)
{
    const struct item *item = context;
    const UA_Range *allowed = &item->row->range;
    if (range)
        return UA_STATUSCODE_BADINDEXRANGEINVALID;
    if (!value->hasValue || !UA_Variant_hasScalarType(&value->value, &UA_TYPES[item->row->type]))
        return UA_STATUSCODE_BADTYPEMISMATCH;
    if (item->row->type == UA_TYPES_BOOLEAN) {
        *(UA_Boolean *)field_of(item) = *(UA_Boolean *)value->value.data;
        return UA_STATUSCODE_GOOD;
    }
    UA_Double number = *(UA_Double *)value->value.data;
    if (!(number >= allowed->low && number <= allowed->high))
        return UA_STATUSCODE_BADOUTOFRANGE;
    *(UA_Double *)field_of(item) = number;
    return UA_STATUSCODE_GOOD;
}

static void add_unit(struct osm_plant *plant, const char *path, const struct item_row *row)
{
    UA_Range range = row->range;
    UA_EUInformation unit = {
        .namespaceUri = osm_borrow("http://www.opcfoundation.org/UA/units/un/cefact"),
        .unitId = row->unit_id,
        .displayName = osm_borrow_text(row->unit),
        .description = osm_borrow_text(row->unit),
    };
    osm_plant_property(plant, path, "EURange", &range, &UA_TYPES[UA_TYPES_RANGE]);
    osm_plant_property(plant, path, "EngineeringUnits", &unit, &UA_TYPES[UA_TYPES_EUINFORMATION]);
}

static void add_item(struct osm_plant *plant, const char *parent, struct item *item)
{
    static const UA_DataSource source = {.read = read_item, .write = write_item};
    struct osm_variable variable = {
        .type = &UA_TYPES[item->row->type],
        .access = item->row->access,
        .read = &source,
        .node = &item->node,
        .description = item->row->description,
    };
    osm_plant_variable(plant, parent, item->row->name, &variable);
    if (item->row->unit) {
        char path[OSM_PATH_MAX];
        osm_plant_path(path, sizeof(path), parent, item->row->name);
        add_unit(plant, path, item->row);
    }
}

static void build_tank(struct osm_plant *plant, struct osm_tanks *tanks, size_t at)
{
    char name[16];
    char path[OSM_PATH_MAX];
    snprintf(name, sizeof(name), "Tank%zu", at + 1);
    osm_plant_path(path, sizeof(path), "Plant", name);
    osm_plant_object(plant, "Plant", name, 0, "a tank with valve, heater and pump");
    tanks->tanks[at] = at_start[at];
    for (size_t i = 0; i < N_ITEMS; i++) {
        tanks->items[at][i] = (struct item){
            .node = {OSM_ROLE_ALL, OSM_ROLE_CHANGERS},
            .row = &items[i],
            .tank = &tanks->tanks[at],
        };
        add_item(plant, path, &tanks->items[at][i]);
    }
}

static UA_StatusCode call_reset(UA_Server *server, const UA_NodeId *session, void *session_context,
                                const UA_NodeId *method, void *method_context,
                                const UA_NodeId *object, void *object_context, size_t n_in,
                                const UA_Variant *in, size_t n_out, UA_Variant *out)
{
    struct osm_tanks *tanks = osm_plant_of(server)->tanks;
    for (size_t i = 0; i < TANKS; i++)
        tanks->tanks[i] = at_start[i];
    return UA_STATUSCODE_GOOD;
}

void osm_plant_tanks_build(struct osm_plant *plant)
{
    static const struct osm_method reset = {
        .name = "Reset",
        .call = call_reset,
        .description = "all tanks as they were at the start",
    };
    osm_plant_object(plant, "", "Plant", 0, "three tanks");
    plant->tanks = calloc(1, sizeof(*plant->tanks));
    if (plant->tanks == NULL) {
        osm_plant_check(plant, "Plant", UA_STATUSCODE_BADOUTOFMEMORY);
        return;
    }
    for (size_t i = 0; i < TANKS; i++)
        build_tank(plant, plant->tanks, i);
    osm_plant_method(plant, "Plant", &reset);
    osm_plant_check(plant, "Plant",
                    UA_Server_addRepeatedCallback(plant->server, tick, plant->tanks, TICK_MS,
                                                  &plant->tanks->timer));
}

void osm_plant_tanks_stop(struct osm_plant *plant)
{
    if (plant->tanks)
        UA_Server_removeCallback(plant->server, plant->tanks->timer);
}

void osm_plant_tanks_deinit(struct osm_plant *plant)
{
    free(plant->tanks);
    plant->tanks = NULL;
}
