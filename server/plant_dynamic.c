/* SPDX-License-Identifier: MIT */
/* Dynamic/: values computed from the clock when they are read, so that they need no timer
 * and two clients reading at the same time see the same. */
#include <math.h>

#include "plant.h"

union dynamic_value {
    UA_Double real;
    UA_Double reals[8];
    UA_UInt32 natural;
    UA_Boolean truth;
    UA_String text;
    UA_DateTime time;
};

struct dynamic_row {
    struct osm_plant_node node;
    const char *name;
    const char *description;
    unsigned type;
    size_t length; /* 0 = scalar */
    void (*make)(double seconds, union dynamic_value *out);
};

static double sine(double seconds, double period)
{
    return sin(seconds * 2 * M_PI / period);
}

/* 100 ms steps: faster than a hand, slow enough to be seen twice. */
static UA_UInt32 step(double seconds)
{
    return (UA_UInt32)(seconds * 10);
}

static void make_sine(double seconds, union dynamic_value *out)
{
    out->real = sine(seconds, 10);
}

static void make_ramp(double seconds, union dynamic_value *out)
{
    out->real = fmod(seconds * 10, 100);
}

static void make_counter(double seconds, union dynamic_value *out)
{
    out->natural = step(seconds);
}

/* The finalizer of splitmix64: well mixed, and the same for everyone within a step. */
static void make_random(double seconds, union dynamic_value *out)
{
    UA_UInt64 x = step(seconds) + 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    x ^= x >> 31;
    out->real = (double)(x >> 11) / (double)(1ULL << 53);
}

static void make_toggle(double seconds, union dynamic_value *out)
{
    out->truth = (UA_UInt32)seconds % 2 == 1;
}

static void make_text(double seconds, union dynamic_value *out)
{
    static const char *const words[] = {"filling", "heating", "stirring", "settling", "emptying"};
    out->text = osm_borrow(words[(UA_UInt32)seconds % (sizeof(words) / sizeof(words[0]))]);
}

static void make_clock(double seconds, union dynamic_value *out)
{
    out->time = UA_DateTime_now();
}

static void make_wave(double seconds, union dynamic_value *out)
{
    for (size_t i = 0; i < 8; i++)
        out->reals[i] = sine(seconds + (double)i, 8);
}

#define ALL                                                                                        \
    {                                                                                              \
        OSM_ROLE_ALL, OSM_ROLE_CHANGERS                                                            \
    }

static const struct dynamic_row rows[] = {
    {ALL, "Sine", "-1 to 1 in 10 s", UA_TYPES_DOUBLE, 0, make_sine},
    {ALL, "Ramp", "0 to 100 in 10 s", UA_TYPES_DOUBLE, 0, make_ramp},
    {ALL, "Counter", "tenths of a second since the start", UA_TYPES_UINT32, 0, make_counter},
    {ALL, "Random", "0 to 1, new every 100 ms", UA_TYPES_DOUBLE, 0, make_random},
    {ALL, "Toggle", "changes every second", UA_TYPES_BOOLEAN, 0, make_toggle},
    {ALL, "Text", "a word, new every second", UA_TYPES_STRING, 0, make_text},
    {ALL, "Clock", "the time of the server", UA_TYPES_DATETIME, 0, make_clock},
    {ALL, "Wave", "eight points of a sine", UA_TYPES_DOUBLE, 8, make_wave},
};

static UA_StatusCode read_dynamic(UA_Server *server, const UA_NodeId *session,
                                  void *session_context, const UA_NodeId *node, void *context,
                                  UA_Boolean with_timestamp, const UA_NumericRange *range,
                                  UA_DataValue *out)
{
    const struct dynamic_row *row = context;
    const UA_DataType *type = &UA_TYPES[row->type];
    union dynamic_value value;
    row->make(osm_plant_seconds(osm_plant_of(server)), &value);
    UA_Variant whole;
    if (row->length > 0)
        UA_Variant_setArray(&whole, &value, row->length, type);
    else
        UA_Variant_setScalar(&whole, &value, type);
    if (with_timestamp) {
        out->hasSourceTimestamp = true;
        out->sourceTimestamp = UA_DateTime_now();
    }
    UA_StatusCode status = range ? UA_Variant_copyRange(&whole, &out->value, *range)
                                 : UA_Variant_copy(&whole, &out->value);
    out->hasValue = status == UA_STATUSCODE_GOOD;
    return status;
}

void osm_plant_dynamic_build(struct osm_plant *plant)
{
    static const UA_DataSource source = {.read = read_dynamic};
    osm_plant_folder(plant, "", "Dynamic", "values that change by themselves");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct osm_variable variable = {
            .type = &UA_TYPES[rows[i].type],
            .rank = rows[i].length > 0 ? 1 : 0,
            .read = &source,
            .node = &rows[i].node,
            .description = rows[i].description,
        };
        osm_plant_variable(plant, "Dynamic", rows[i].name, &variable);
    }
}
