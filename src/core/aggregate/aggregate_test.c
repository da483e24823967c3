/* SPDX-License-Identifier: MIT */
/* Aggregates (methods.md §4.4): every function with its options over gaps, bad and uncertain
 * values, hits and ends. Times are seconds after START. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <open62541/types_generated.h>

#include "core/aggregate/aggregate.h"

#define START ((UA_DateTime)1000000 * UA_DATETIME_SEC)
#define BAD UA_STATUSCODE_BADSENSORFAILURE
#define UNSURE UA_STATUSCODE_UNCERTAINLASTUSABLEVALUE

struct fixture {
    struct osm_arena arena;
    struct osm_samples samples;
    struct osm_aggregate aggregate;
};

static int setup(void **state)
{
    struct fixture *fixture = test_calloc(1, sizeof(*fixture));

    osm_arena_init(&fixture->arena);
    fixture->aggregate = (struct osm_aggregate){
        .start = START, .end = START + 30 * UA_DATETIME_SEC, .treat_uncertain_as_bad = true};
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    osm_arena_deinit(&fixture->arena);
    test_free(fixture);
    return 0;
}

static UA_DateTime at(double seconds)
{
    return START + (UA_DateTime)llround(seconds * (double)UA_DATETIME_SEC);
}

static void add(struct fixture *fixture, double seconds, const void *value, size_t type,
                UA_StatusCode status)
{
    UA_DataValue raw = {.hasValue = value != NULL,
                        .hasStatus = status != 0,
                        .status = status,
                        .hasSourceTimestamp = true,
                        .sourceTimestamp = at(seconds)};

    if (value)
        UA_Variant_setScalar(&raw.value, (void *)(uintptr_t)value, &UA_TYPES[type]);
    osm_samples_add(&fixture->samples, &raw, &fixture->arena);
}

/* `<seconds>=<number>` each, with ! when it is bad, ? when it is uncertain. */
static void give(struct fixture *fixture, const char *text)
{
    fixture->samples = (struct osm_samples){0};
    while (*text) {
        char *rest;
        double seconds = strtod(text, &rest);
        double number = strtod(rest + 1, &rest);
        UA_StatusCode status = *rest == '!' ? BAD : *rest == '?' ? UNSURE : 0;

        add(fixture, seconds, &number, UA_TYPES_DOUBLE, status);
        text = rest + strspn(rest, "!? ");
    }
}

/* One text per interval: `<seconds>=<value>:<status>`, a missing value is -. */
static const char *result_text(const UA_DataValue *result, char *out, size_t size)
{
    double seconds = (double)(result->sourceTimestamp - START) / (double)UA_DATETIME_SEC;
    char value[32] = "-";

    assert_true(result->hasSourceTimestamp && result->hasStatus);
    assert_false(result->hasServerTimestamp);
    if (result->hasValue && result->value.type == &UA_TYPES[UA_TYPES_DOUBLE])
        (void)snprintf(value, sizeof(value), "%.6g", *(UA_Double *)result->value.data);
    else if (result->hasValue)
        (void)snprintf(value, sizeof(value), "#%d", *(UA_Int32 *)result->value.data);
    (void)snprintf(out, size, "%g=%s:%08X", seconds, value, (unsigned)result->status);
    return out;
}

static void expect(struct fixture *fixture, enum osm_aggregate_function function,
                   const char *expected)
{
    char all[1024] = "", one[96];
    struct osm_fault fault = {0};
    UA_DataValue *results;
    size_t size;

    fixture->aggregate.function = function;
    assert_true(osm_aggregate_check(&fixture->aggregate, &fixture->arena, &fault));
    results = osm_aggregate_compute(&fixture->aggregate, &fixture->samples, &fixture->arena, &fault,
                                    &size);
    assert_non_null(results);
    for (size_t i = 0; i < size; i++)
        (void)snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? " " : "",
                       result_text(&results[i], one, sizeof(one)));
    assert_string_equal(all, expected);
}

/* --- what belongs to whom ------------------------------------------------------------------ */

static void test_no_data(void **state)
{
    struct fixture *fixture = *state;

    expect(fixture, OSM_AGGREGATE_MINIMUM, "0=-:80B10000");
    expect(fixture, OSM_AGGREGATE_MAXIMUM, "0=-:80B10000");
    expect(fixture, OSM_AGGREGATE_AVERAGE, "0=-:80B10000");
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=-:80B10000");
    expect(fixture, OSM_AGGREGATE_COUNT, "0=#0:00000405");
}

static void test_intervals(void **state)
{
    struct fixture *fixture = *state;

    give(fixture, "0=1 9.9999999=2 10=3 20=4 25=5 30=6");
    expect(fixture, OSM_AGGREGATE_COUNT, "0=#5:00000401");
    fixture->aggregate.interval_ms = 10000;
    expect(fixture, OSM_AGGREGATE_COUNT, "0=#2:00000401 10=#1:00000401 20=#2:00000401");
    fixture->aggregate.interval_ms = 20000; /* the last one is cut off at the end */
    expect(fixture, OSM_AGGREGATE_COUNT, "0=#3:00000401 20=#2:00000401");
    fixture->aggregate.interval_ms = 12500;
    expect(fixture, OSM_AGGREGATE_MAXIMUM, "0=3:00000401 12.5=4:00000401 25=5:00000401");
    fixture->aggregate.interval_ms = 60000;
    expect(fixture, OSM_AGGREGATE_COUNT, "0=#5:00000401");
    fixture->aggregate.interval_ms = INFINITY;
    expect(fixture, OSM_AGGREGATE_COUNT, "0=#5:00000401");
    fixture->aggregate.interval_ms = 30000;
    expect(fixture, OSM_AGGREGATE_COUNT, "0=#5:00000401");
}

/* Lengths no binary fraction can hold must not make one interval more. */
static void test_broken_lengths(void **state)
{
    struct fixture *fixture = *state;
    struct osm_fault fault = {0};
    size_t size;

    for (int n = 1; n < 1000; n++) {
        UA_DataValue *results;

        fixture->aggregate.interval_ms = 30000.0 / n;
        results = osm_aggregate_compute(&fixture->aggregate, &fixture->samples, &fixture->arena,
                                        &fault, &size);
        assert_int_equal(size, n);
        assert_true(results[n - 1].sourceTimestamp < fixture->aggregate.end);
    }
}

/* An interval as long as its share of a tick is short begins where rounding puts it, and what lies
 * right at a boundary belongs to the later one. */
static void test_boundaries_between_ticks(void **state)
{
    struct fixture *fixture = *state;
    UA_DataValue *results;
    struct osm_fault fault = {0};
    size_t size;

    fixture->aggregate.end = START + 10;
    fixture->aggregate.interval_ms = 0.00036; /* 3.6 ticks: 0, 4, 7 */
    fixture->aggregate.function = OSM_AGGREGATE_COUNT;
    give(fixture, "0=1 0.0000003=1 0.0000004=1 0.0000006=1 0.0000007=1 0.0000009=1");
    assert_true(osm_aggregate_check(&fixture->aggregate, &fixture->arena, &fault));
    results = osm_aggregate_compute(&fixture->aggregate, &fixture->samples, &fixture->arena, &fault,
                                    &size);
    assert_int_equal(size, 3);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(*(UA_Int32 *)results[i].value.data, 2);
    assert_int_equal(results[1].sourceTimestamp - START, 4);
    assert_int_equal(results[2].sourceTimestamp - START, 7);
    /* so short a rest that it rounds to nothing is no interval */
    fixture->aggregate.interval_ms = 0.00048; /* 4.8 ticks: 0, 5; the third would begin at 9.6 */
    results = osm_aggregate_compute(&fixture->aggregate, &fixture->samples, &fixture->arena, &fault,
                                    &size);
    assert_int_equal(size, 2);
    assert_int_equal(*(UA_Int32 *)results[0].value.data, 3);
    assert_int_equal(*(UA_Int32 *)results[1].value.data, 3);
}

static void test_partial_intervals(void **state)
{
    struct fixture *fixture = *state;

    fixture->aggregate.interval_ms = 10000;
    give(fixture, "1=1 11=2 12=4");
    expect(fixture, OSM_AGGREGATE_AVERAGE, "0=1:00000401 10=3:00000405 20=-:80B10000");
    expect(fixture, OSM_AGGREGATE_MINIMUM, "0=1:00000401 10=2:00000405 20=-:80B10000");
    expect(fixture, OSM_AGGREGATE_COUNT, "0=#1:00000401 10=#2:00000405 20=#0:00000405");
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=-:80B10000 10=1.9:00000407 20=4:40A30407");
    /* what follows may be bad, and lie behind the end */
    give(fixture, "1=1 11=2 12=4 30=0!");
    expect(fixture, OSM_AGGREGATE_AVERAGE, "0=1:00000401 10=3:00000401 20=-:80B10000");
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=-:80B10000 10=1.9:00000403 20=4:40A30403");
}

/* --- minimum, maximum, average, count ------------------------------------------------------ */

static void test_extremes(void **state)
{
    struct fixture *fixture = *state;

    give(fixture, "1=3 2=-1 3=7 4=-1 5=7 30=99");
    expect(fixture, OSM_AGGREGATE_MINIMUM, "0=-1:00000411");
    expect(fixture, OSM_AGGREGATE_MAXIMUM, "0=7:00000411");
    expect(fixture, OSM_AGGREGATE_AVERAGE, "0=3:00000401");
    give(fixture, "1=3 2=3 3=2");
    expect(fixture, OSM_AGGREGATE_MINIMUM, "0=2:00000405");
    expect(fixture, OSM_AGGREGATE_MAXIMUM, "0=3:00000415");
}

static void test_bad_values(void **state)
{
    struct fixture *fixture = *state;

    give(fixture, "1=3 2=-100! 3=5 31=0");
    expect(fixture, OSM_AGGREGATE_MINIMUM, "0=3:40A30401");
    expect(fixture, OSM_AGGREGATE_MAXIMUM, "0=5:40A30401");
    expect(fixture, OSM_AGGREGATE_AVERAGE, "0=4:40A30401");
    expect(fixture, OSM_AGGREGATE_COUNT, "0=#2:00000401");
    give(fixture, "1=3! 2=4! 31=0");
    expect(fixture, OSM_AGGREGATE_AVERAGE, "0=-:80B10000");
    expect(fixture, OSM_AGGREGATE_COUNT, "0=#0:00000401");
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=-:80B10000");
}

static void test_uncertain_values(void **state)
{
    struct fixture *fixture = *state;

    give(fixture, "0=1 1=9? 2=2 31=0");
    expect(fixture, OSM_AGGREGATE_MAXIMUM, "0=2:40A30401");
    expect(fixture, OSM_AGGREGATE_COUNT, "0=#2:00000401");
    fixture->aggregate.treat_uncertain_as_bad = false;
    expect(fixture, OSM_AGGREGATE_MAXIMUM, "0=9:00000401");
    expect(fixture, OSM_AGGREGATE_AVERAGE, "0=4:00000401");
    expect(fixture, OSM_AGGREGATE_COUNT, "0=#3:00000401");
}

static void test_what_is_a_number(void **state)
{
    struct fixture *fixture = *state;
    const UA_SByte sbyte = -1;
    const UA_Byte byte = 2;
    const UA_Int16 int16 = -3;
    const UA_UInt16 uint16 = 4;
    const UA_Int32 int32 = -5;
    const UA_UInt32 uint32 = 6;
    const UA_Int64 int64 = -7;
    const UA_UInt64 uint64 = UINT64_MAX;
    const UA_Float real = 0.5F;
    const UA_Boolean boolean = true;
    const UA_String text = UA_STRING_STATIC("8");
    const UA_DateTime time = 9;

    add(fixture, 1, &sbyte, UA_TYPES_SBYTE, 0);
    add(fixture, 2, &byte, UA_TYPES_BYTE, 0);
    add(fixture, 3, &int16, UA_TYPES_INT16, 0);
    add(fixture, 4, &uint16, UA_TYPES_UINT16, 0);
    add(fixture, 5, &int32, UA_TYPES_INT32, 0);
    add(fixture, 6, &uint32, UA_TYPES_UINT32, 0);
    add(fixture, 7, &int64, UA_TYPES_INT64, 0);
    add(fixture, 8, &real, UA_TYPES_FLOAT, 0);
    add(fixture, 31, &real, UA_TYPES_FLOAT, 0);
    expect(fixture, OSM_AGGREGATE_COUNT, "0=#8:00000401");
    expect(fixture, OSM_AGGREGATE_MINIMUM, "0=-7:00000401");
    expect(fixture, OSM_AGGREGATE_AVERAGE, "0=-0.4375:00000401");
    add(fixture, 9, &uint64, UA_TYPES_UINT64, 0);
    expect(fixture, OSM_AGGREGATE_MAXIMUM, "0=1.84467e+19:00000401");
    add(fixture, 10, &boolean, UA_TYPES_BOOLEAN, 0);
    add(fixture, 11, &text, UA_TYPES_STRING, 0);
    add(fixture, 12, &time, UA_TYPES_DATETIME, 0);
    add(fixture, 13, NULL, 0, 0);
    expect(fixture, OSM_AGGREGATE_COUNT, "0=#13:00000401"); /* of whatever type */
    expect(fixture, OSM_AGGREGATE_MINIMUM, "0=-7:40A30401");
}

static void test_values_without_time_or_as_lists(void **state)
{
    struct fixture *fixture = *state;
    UA_Double numbers[] = {1, 2};
    UA_DataValue raw = {.hasValue = true, .hasServerTimestamp = true, .serverTimestamp = at(1)};

    UA_Variant_setScalar(&raw.value, numbers, &UA_TYPES[UA_TYPES_DOUBLE]);
    osm_samples_add(&fixture->samples, &raw, &fixture->arena);
    assert_int_equal(fixture->samples.size, 0);
    raw.hasSourceTimestamp = true;
    raw.sourceTimestamp = at(1);
    UA_Variant_setArray(&raw.value, numbers, 2, &UA_TYPES[UA_TYPES_DOUBLE]);
    osm_samples_add(&fixture->samples, &raw, &fixture->arena);
    assert_int_equal(osm_samples_at(&fixture->samples, 0)->quality, OSM_SAMPLE_GOOD);
    assert_false(osm_samples_at(&fixture->samples, 0)->numeric);
}

/* --- interpolate --------------------------------------------------------------------------- */

static void test_exact_hits(void **state)
{
    struct fixture *fixture = *state;

    fixture->aggregate.interval_ms = 10000;
    give(fixture, "-5=1 0=5 10=6 20=7 30=8");
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=5:00000401 10=6:00000401 20=7:00000401");
    /* less than a microsecond beside it; a whole one is beside it */
    give(fixture, "-0.0000009=5 10.0000009=6 20.000001=7 30=8");
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=5:00000401 10=6:00000401 20=7:00000403");
    give(fixture, "-0.000001=5 9.999999=6 30=8");
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=5:00000403 10=6:00000403 20=7:00000403");
    /* a hit at the very end of the data */
    give(fixture, "0=5 20=7");
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=5:00000401 10=6:00000403 20=7:00000405");
}

static void test_lines_and_steps(void **state)
{
    struct fixture *fixture = *state;

    fixture->aggregate.interval_ms = 10000;
    give(fixture, "-10=0 5=30 25=70 35=0");
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=20:00000403 10=40:00000403 20=60:00000403");
    fixture->aggregate.stepped = true;
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=0:00000403 10=30:00000403 20=30:00000403");
}

static void test_bad_ones_between(void **state)
{
    struct fixture *fixture = *state;

    fixture->aggregate.interval_ms = 10000;
    /* before the start it matters, behind it is skipped */
    give(fixture, "-10=0 -5=9! 5=30 12=9! 25=70 35=0");
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=20:40A30403 10=40:00000403 20=60:40A30403");
    give(fixture, "0=0 10=5! 20=20 30=0");
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=0:00000401 10=10:40A30403 20=20:00000401");
    give(fixture, "0=0 10=5? 20=20 30=0");
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=0:00000401 10=10:40A30403 20=20:00000401");
    fixture->aggregate.treat_uncertain_as_bad = false;
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=0:00000401 10=5:00000401 20=20:00000401");
}

static void test_nothing_before(void **state)
{
    struct fixture *fixture = *state;

    fixture->aggregate.interval_ms = 10000;
    give(fixture, "-1=5! 15=5 35=5");
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=-:80B10000 10=-:80B10000 20=5:00000403");
}

static void test_nothing_behind(void **state)
{
    struct fixture *fixture = *state;

    fixture->aggregate.interval_ms = 10000;
    give(fixture, "1=1 5=5");
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=-:80B10000 10=5:40A30407 20=5:40A30407");
    fixture->aggregate.sloped_extrapolation = true;
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=-:80B10000 10=10:40A30407 20=20:40A30407");
    fixture->aggregate.stepped = true;
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=-:80B10000 10=5:40A30407 20=5:40A30407");
    fixture->aggregate.stepped = false;
    give(fixture, "5=5"); /* no slope without a second value */
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=-:80B10000 10=5:40A30407 20=5:40A30407");
    give(fixture, "5=1 5=5"); /* nor between two of one moment */
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=-:80B10000 10=5:40A30407 20=5:40A30407");
    /* the slope goes through usable ones, whatever lies between */
    give(fixture, "1=1 3=100! 5=5 40=0!");
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=-:80B10000 10=10:40A30403 20=20:40A30403");
}

/* Of several at one moment the first number is the hit, the last one what a line begins at. */
static void test_several_at_one_moment(void **state)
{
    struct fixture *fixture = *state;

    fixture->aggregate.interval_ms = 10000;
    give(fixture, "0=1 0=2 20=22");
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=1:00000401 10=12:00000403 20=22:00000405");
    give(fixture, "20=22 0=1 0=2"); /* the same out of order */
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=1:00000401 10=12:00000403 20=22:00000405");
    /* a hit right behind the start, whatever bad one came before */
    give(fixture, "-5=3 -1=9! 0.0000005=7 40=0");
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=7:00000401 10=5.25:00000403 20=3.5:00000403");
}

/* What is usable and no number stands between: it is not passed over towards the start, but it is
 * behind it. */
static void test_text_among_numbers(void **state)
{
    struct fixture *fixture = *state;
    const UA_String text = UA_STRING_STATIC("open");

    fixture->aggregate.interval_ms = 10000;
    give(fixture, "-5=1 5=2");
    add(fixture, 8, &text, UA_TYPES_STRING, 0);
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=1.5:00000407 10=-:80B10000 20=-:80B10000");
    add(fixture, 20, &text, UA_TYPES_STRING, 0);
    add(fixture, 21, &text, UA_TYPES_STRING, BAD);
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=1.5:00000403 10=-:80B10000 20=-:80B10000");
    give(fixture, "-5=1");
    add(fixture, 8, &text, UA_TYPES_STRING, UNSURE);
    add(fixture, 12, &text, UA_TYPES_STRING, 0);
    expect(fixture, OSM_AGGREGATE_COUNT, "0=#0:00000401 10=#1:00000405 20=#0:00000405");
    fixture->aggregate.treat_uncertain_as_bad = false;
    expect(fixture, OSM_AGGREGATE_COUNT, "0=#1:00000401 10=#1:00000405 20=#0:00000405");
}

/* In the order given: the last one before, the first one behind. */
static void test_out_of_order(void **state)
{
    struct fixture *fixture = *state;

    fixture->aggregate.interval_ms = 10000;
    give(fixture, "40=100 25=50 5=5 -5=-5");
    expect(fixture, OSM_AGGREGATE_COUNT, "0=#1:00000401 10=#0:00000401 20=#1:00000401");
    fixture->aggregate.stepped = true;
    expect(fixture, OSM_AGGREGATE_INTERPOLATE, "0=-5:00000403 10=-5:00000403 20=-5:00000403");
    fixture->aggregate.stepped = false;
    expect(fixture, OSM_AGGREGATE_INTERPOLATE,
           "0=6.66667:00000403 10=30:00000403 20=53.3333:00000403");
}

/* --- bounds -------------------------------------------------------------------------------- */

static void refused(struct fixture *fixture, const char *message)
{
    struct osm_fault fault = {0};

    assert_false(osm_aggregate_check(&fixture->aggregate, &fixture->arena, &fault));
    assert_int_equal(fault.type, OSM_FAULT_INVALID_ARGUMENT_EXCEPTION);
    assert_memory_equal(fault.message, message, strlen(message));
}

static void test_refusals(void **state)
{
    struct fixture *fixture = *state;

    fixture->aggregate.interval_ms = -0.5;
    refused(fixture, "processingIntervalMs must be >= 0");
    fixture->aggregate.interval_ms = NAN;
    refused(fixture, "processingIntervalMs must be >= 0");
    fixture->aggregate.interval_ms = 0.15; /* exactly as many as there may be */
    assert_true(osm_aggregate_check(&fixture->aggregate, &fixture->arena, &(struct osm_fault){0}));
    fixture->aggregate.interval_ms = 0.149;
    refused(fixture, "processingIntervalMs is too short: it gives more than 200000 intervals");
    fixture->aggregate.interval_ms = 5e-324;
    refused(fixture, "processingIntervalMs is too short: it gives more than 200000 intervals");
    fixture->aggregate.interval_ms = -1;
    fixture->aggregate.end = START;
    refused(fixture, "endTime must be strictly greater than startTime");
    fixture->aggregate.end = START - 1;
    refused(fixture, "endTime must be strictly greater than startTime");
}

static void add_many(struct fixture *fixture, size_t count, double step)
{
    const UA_Double number = 1;

    for (size_t i = 0; i < count; i++)
        add(fixture, step * (double)i, &number, UA_TYPES_DOUBLE, BAD);
}

/* Many values in many intervals take one pass, unless they are out of order: then no hours. */
static void test_much(void **state)
{
    struct fixture *fixture = *state;
    struct osm_fault fault = {0};
    size_t size;

    fixture->aggregate.function = OSM_AGGREGATE_INTERPOLATE;
    fixture->aggregate.interval_ms = 0.15;
    add_many(fixture, 100000, 0.0003);
    assert_non_null(osm_aggregate_compute(&fixture->aggregate, &fixture->samples, &fixture->arena,
                                          &fault, &size));
    assert_int_equal(size, 200000);
    add_many(fixture, 1, 0);
    assert_null(osm_aggregate_compute(&fixture->aggregate, &fixture->samples, &fixture->arena,
                                      &fault, &size));
    assert_int_equal(fault.type, OSM_FAULT_INVALID_ARGUMENT_EXCEPTION);
}

/* What a caller may ask for is measured in steps: one pass, or one for each interval. */
static void test_steps(void **state)
{
    struct fixture *fixture = *state;

    fixture->aggregate.interval_ms = 10000;
    fixture->aggregate.function = OSM_AGGREGATE_AVERAGE;
    assert_true(osm_aggregate_steps(&fixture->aggregate, 7) == 3 + 7);
    fixture->aggregate.function = OSM_AGGREGATE_INTERPOLATE;
    assert_true(osm_aggregate_steps(&fixture->aggregate, 7) == 3 + 3 * 7);
}

/* Lists are joined in the order given; they are in order if the seam is. */
static void test_joined_lists(void **state)
{
    struct fixture *fixture = *state;
    struct osm_samples first, second;

    give(fixture, "1=1 2=2");
    first = fixture->samples;
    give(fixture, "2=3 3=4");
    second = fixture->samples;
    second.size = 1; /* what lies behind is not of it */
    osm_samples_join(&first, &second, &fixture->arena);
    assert_int_equal(first.size, 3);
    assert_true(osm_samples_at(&first, 2)->number == 3);
    assert_false(first.unsorted);
    osm_samples_join(&first, &second, &fixture->arena); /* 2 behind 2 */
    assert_false(first.unsorted);
    second.pages[0][0].time--;
    osm_samples_join(&first, &second, &fixture->arena);
    assert_int_equal(first.size, 5);
    assert_true(first.unsorted);
}

/* A list grows without moving what is in it. */
static void test_pages_of_samples(void **state)
{
    struct fixture *fixture = *state;
    struct osm_samples *samples = &fixture->samples;
    UA_DataValue raw = {.hasSourceTimestamp = true};
    const struct osm_sample *first;

    osm_samples_add(samples, &raw, &fixture->arena);
    first = osm_samples_at(samples, 0);
    for (int i = 1; i < 5 * OSM_SAMPLES_PAGE; i++) {
        raw.sourceTimestamp = i;
        osm_samples_add(samples, &raw, &fixture->arena);
    }
    assert_ptr_equal(osm_samples_at(samples, 0), first);
    assert_int_equal(samples->size, 5 * OSM_SAMPLES_PAGE);
    for (size_t i = 0; i < samples->size; i++)
        assert_int_equal(osm_samples_at(samples, i)->time, i);
    assert_false(samples->unsorted);
    raw.sourceTimestamp = 5 * OSM_SAMPLES_PAGE - 2;
    osm_samples_add(samples, &raw, &fixture->arena);
    assert_true(samples->unsorted);
}

static void test_names(void **state)
{
    enum osm_aggregate_function function;

    assert_true(osm_aggregate_function_find("interpolate", &function));
    assert_int_equal(function, OSM_AGGREGATE_INTERPOLATE);
    assert_true(osm_aggregate_function_find("count", &function));
    assert_int_equal(function, OSM_AGGREGATE_COUNT);
    assert_false(osm_aggregate_function_find("Count", &function));
    assert_false(osm_aggregate_function_find("", &function));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_no_data),
        TEST(test_intervals),
        TEST(test_broken_lengths),
        TEST(test_boundaries_between_ticks),
        TEST(test_partial_intervals),
        TEST(test_extremes),
        TEST(test_bad_values),
        TEST(test_uncertain_values),
        TEST(test_what_is_a_number),
        TEST(test_values_without_time_or_as_lists),
        TEST(test_exact_hits),
        TEST(test_lines_and_steps),
        TEST(test_bad_ones_between),
        TEST(test_nothing_before),
        TEST(test_nothing_behind),
        TEST(test_out_of_order),
        TEST(test_several_at_one_moment),
        TEST(test_text_among_numbers),
        TEST(test_refusals),
        TEST(test_much),
        TEST(test_steps),
        TEST(test_joined_lists),
        TEST(test_pages_of_samples),
        TEST(test_names),
    };

    return cmocka_run_group_tests_name("aggregate", tests, NULL, NULL);
}
