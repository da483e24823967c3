/* SPDX-License-Identifier: MIT */
/* Edge/: values a translator stumbles over. All fixed. */
#include <math.h>

#include "plant.h"

struct edge_row {
    const char *name;
    unsigned type;
    void *value; /* static, only read */
};

static UA_Double not_a_number = NAN, infinity = INFINITY, minus_infinity = -INFINITY;
static UA_Double minus_zero = -0.0, not_exact = 0.1 + 0.2;
static UA_Float float_tenth = 0.1F, float_nan = NAN;
static UA_Int64 int64_min = INT64_MIN, beyond_double = 9007199254740993;
static UA_UInt64 uint64_max = UINT64_MAX;
static UA_DateTime never = 0, end_of_time = INT64_MAX;
static UA_String null_string = {0}, empty_string = {0, (UA_Byte *)UA_EMPTY_ARRAY_SENTINEL};
static UA_String bad_utf8 = OSM_STRING_STATIC("caf\xE9"), with_nul = OSM_STRING_STATIC("a\0b");
static UA_ByteString null_bytes = {0};
static UA_NodeId null_id = {0};

static const struct edge_row rows[] = {
    {"NaN", UA_TYPES_DOUBLE, &not_a_number},
    {"Infinity", UA_TYPES_DOUBLE, &infinity},
    {"MinusInfinity", UA_TYPES_DOUBLE, &minus_infinity},
    {"MinusZero", UA_TYPES_DOUBLE, &minus_zero},
    {"NotExact", UA_TYPES_DOUBLE, &not_exact},
    {"FloatTenth", UA_TYPES_FLOAT, &float_tenth},
    {"FloatNaN", UA_TYPES_FLOAT, &float_nan},
    {"Int64Min", UA_TYPES_INT64, &int64_min},
    {"BeyondDouble", UA_TYPES_INT64, &beyond_double},
    {"UInt64Max", UA_TYPES_UINT64, &uint64_max},
    {"DateTimeNull", UA_TYPES_DATETIME, &never},
    {"DateTimeMax", UA_TYPES_DATETIME, &end_of_time},
    {"StringNull", UA_TYPES_STRING, &null_string},
    {"StringEmpty", UA_TYPES_STRING, &empty_string},
    {"StringBadUtf8", UA_TYPES_STRING, &bad_utf8},
    {"StringWithNul", UA_TYPES_STRING, &with_nul},
    {"ByteStringNull", UA_TYPES_BYTESTRING, &null_bytes},
    {"NodeIdNull", UA_TYPES_NODEID, &null_id},
};

/* 1 MB in more than one chunk, 100000 elements: sizes that make buffers grow. */
#define LARGE_STRING 1000000
#define LARGE_ARRAY 100000

static void build_large(struct osm_plant *plant)
{
    UA_String text;
    UA_Double *numbers = UA_Array_new(LARGE_ARRAY, &UA_TYPES[UA_TYPES_DOUBLE]);
    if (UA_ByteString_allocBuffer(&text, LARGE_STRING) != UA_STATUSCODE_GOOD || numbers == NULL) {
        osm_plant_check(plant, "Edge", UA_STATUSCODE_BADOUTOFMEMORY);
        return;
    }
    for (size_t i = 0; i < LARGE_STRING; i++)
        text.data[i] = (UA_Byte)('a' + i % 26);
    for (size_t i = 0; i < LARGE_ARRAY; i++)
        numbers[i] = (double)i / 2;
    struct osm_variable string = {.description = "a million characters"};
    struct osm_variable array = {.description = "100000 numbers"};
    UA_Variant_setScalar(&string.value, &text, &UA_TYPES[UA_TYPES_STRING]);
    UA_Variant_setArray(&array.value, numbers, LARGE_ARRAY, &UA_TYPES[UA_TYPES_DOUBLE]);
    osm_plant_variable(plant, "Edge", "LargeString", &string);
    osm_plant_variable(plant, "Edge", "LargeArray", &array);
    UA_String_clear(&text);
    UA_Array_delete(numbers, LARGE_ARRAY, &UA_TYPES[UA_TYPES_DOUBLE]);
}

void osm_plant_edge_build(struct osm_plant *plant)
{
    osm_plant_folder(plant, "", "Edge", "values a translator stumbles over");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct osm_variable variable = {0};
        UA_Variant_setScalar(&variable.value, rows[i].value, &UA_TYPES[rows[i].type]);
        osm_plant_variable(plant, "Edge", rows[i].name, &variable);
    }
    build_large(plant);
}
