/* SPDX-License-Identifier: MIT */
/* Aggregates over intervals; see aggregate.h. */
#include "core/aggregate/aggregate.h"

#include <math.h>
#include <string.h>

#include <open62541/types_generated.h>

/* Samples × intervals, when the samples are out of order: some tenths of a second. */
#define SEARCHES 100000000.0

/* --- intervals ----------------------------------------------------------------------------- */

static double ticks_of(const struct osm_aggregate *aggregate)
{
    return aggregate->interval_ms * (double)UA_DATETIME_MSEC;
}

/* The k-th interval begins here; the last one ends at the end. */
static UA_DateTime boundary(const struct osm_aggregate *aggregate, size_t k, size_t count)
{
    double ticks = k ? round((double)k * ticks_of(aggregate)) : 0;

    if (k >= count || ticks >= (double)(aggregate->end - aggregate->start))
        return aggregate->end;
    return aggregate->start + (UA_DateTime)ticks;
}

static double wanted(const struct osm_aggregate *aggregate)
{
    double length = (double)(aggregate->end - aggregate->start);

    return aggregate->interval_ms > 0 ? OSM_MAX(ceil(length / ticks_of(aggregate)), 1) : 1;
}

static size_t interval_count(const struct osm_aggregate *aggregate)
{
    size_t count = (size_t)wanted(aggregate);

    while (count > 1 && boundary(aggregate, count - 1, count) >= aggregate->end)
        count--;
    return count;
}

/* The interval that contains the time. */
static size_t interval_at(const struct osm_aggregate *aggregate, UA_DateTime time, size_t count)
{
    double guess = count > 1 ? floor((double)(time - aggregate->start) / ticks_of(aggregate)) : 0;
    size_t k = guess < (double)count ? (size_t)guess : count - 1;

    while (k > 0 && time < boundary(aggregate, k, count))
        k--;
    while (k + 1 < count && time >= boundary(aggregate, k + 1, count))
        k++;
    return k;
}

bool osm_aggregate_check(const struct osm_aggregate *aggregate, struct osm_arena *arena,
                         struct osm_fault *fault)
{
    if (aggregate->end <= aggregate->start)
        return osm_fault_set(fault, arena, OSM_FAULT_INVALID_ARGUMENT_EXCEPTION,
                             "endTime must be strictly greater than startTime");
    if (!(aggregate->interval_ms >= 0))
        return osm_fault_set(fault, arena, OSM_FAULT_INVALID_ARGUMENT_EXCEPTION,
                             "processingIntervalMs must be >= 0");
    if (!(wanted(aggregate) <= OSM_AGGREGATE_INTERVALS))
        return osm_fault_set(fault, arena, OSM_FAULT_INVALID_ARGUMENT_EXCEPTION,
                             "processingIntervalMs is too short: it gives more than %d intervals; "
                             "use a longer one or a shorter time range",
                             OSM_AGGREGATE_INTERVALS);
    return true;
}

static const char *const function_names[] = {
#define X(id, name) name,
    OSM_AGGREGATE_FUNCTIONS(X)
#undef X
};

const char *osm_aggregate_function_name(enum osm_aggregate_function function)
{
    osm_assert(function < OSM_ARRAY_SIZE(function_names));
    return function_names[function];
}

bool osm_aggregate_function_find(const char *name, enum osm_aggregate_function *function)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(function_names); i++)
        if (!strcmp(function_names[i], name)) {
            *function = (enum osm_aggregate_function)i;
            return true;
        }
    return false;
}

/* --- minimum, maximum, average, count ------------------------------------------------------ */

struct tally {
    size_t usable;  /* of whatever type */
    size_t numbers; /* of these */
    bool bad;       /* something else was there, too */
    double sum;
    double extreme;
    size_t reached; /* how often */
};

static bool is_beyond(enum osm_aggregate_function function, double number, double extreme)
{
    return function == OSM_AGGREGATE_MINIMUM ? number < extreme : number > extreme;
}

static void count_in(const struct osm_aggregate *aggregate, struct tally *tally,
                     const struct osm_sample *sample)
{
    tally->usable += osm_sample_usable(aggregate, sample);
    if (!osm_sample_counts(aggregate, sample)) {
        tally->bad = true;
        return;
    }
    if (!tally->numbers || is_beyond(aggregate->function, sample->number, tally->extreme)) {
        tally->extreme = sample->number;
        tally->reached = 0;
    }
    tally->reached += sample->number == tally->extreme;
    tally->sum += sample->number;
    tally->numbers++;
}

static struct tally *tally_all(const struct osm_aggregate *aggregate,
                               const struct osm_samples *samples, size_t count,
                               struct osm_arena *arena)
{
    struct tally *tallies = osm_arena_array(arena, count, sizeof(*tallies));

    for (size_t i = 0; i < samples->size; i++) {
        const struct osm_sample *sample = osm_samples_at(samples, i);

        if (sample->time >= aggregate->start && sample->time < aggregate->end)
            count_in(aggregate, &tallies[interval_at(aggregate, sample->time, count)], sample);
    }
    return tallies;
}

static UA_StatusCode tally_result(const struct osm_aggregate *aggregate, const struct tally *tally,
                                  double *out)
{
    uint32_t info = OSM_AGGREGATE_CALCULATED;

    if (!tally->numbers)
        return OSM_AGGREGATE_NO_DATA;
    if (aggregate->function == OSM_AGGREGATE_AVERAGE) {
        *out = tally->sum / (double)tally->numbers;
    } else {
        *out = tally->extreme;
        if (tally->reached > 1)
            info |= OSM_AGGREGATE_MULTI_VALUE;
    }
    return osm_aggregate_status(tally->bad, info);
}

/* --- all of it ----------------------------------------------------------------------------- */

/* The value of one interval: a number, or how many. */
union value {
    double number;
    UA_Int32 count;
};

static void set_value(UA_DataValue *result, union value *value, const UA_DataType *type)
{
    UA_Variant_setScalar(&result->value, value, type);
    result->value.storageType = UA_VARIANT_DATA_NODELETE;
    result->hasValue = true;
}

static void fill_counts(const struct tally *tallies, union value *values, UA_DataValue *results,
                        size_t size)
{
    for (size_t k = 0; k < size; k++) {
        values[k].count = (UA_Int32)tallies[k].usable;
        results[k].status = osm_aggregate_status(false, OSM_AGGREGATE_CALCULATED);
    }
}

static UA_DateTime latest_of(const struct osm_samples *samples)
{
    UA_DateTime latest = INT64_MIN;

    for (size_t i = 0; i < samples->size; i++)
        latest = OSM_MAX(latest, osm_samples_at(samples, i)->time);
    return latest;
}

/* Nothing follows an interval that reaches beyond the latest sample: it is partial. */
static void finish(const struct osm_aggregate *aggregate, UA_DateTime latest, union value *values,
                   UA_DataValue *results, size_t size)
{
    bool counts = aggregate->function == OSM_AGGREGATE_COUNT;

    for (size_t k = 0; k < size; k++) {
        if (results[k].status == OSM_AGGREGATE_NO_DATA)
            continue;
        set_value(&results[k], &values[k], &UA_TYPES[counts ? UA_TYPES_INT32 : UA_TYPES_DOUBLE]);
        if (latest < boundary(aggregate, k + 1, size))
            results[k].status |= OSM_AGGREGATE_PARTIAL;
    }
}

static void fill_in(const struct osm_aggregate *aggregate, const struct osm_samples *samples,
                    struct osm_arena *arena, UA_DataValue *results, size_t size)
{
    union value *values = osm_arena_array(arena, size, sizeof(*values));
    struct osm_interpolation walk = {.aggregate = aggregate, .samples = samples};
    struct tally *tallies;

    if (aggregate->function == OSM_AGGREGATE_INTERPOLATE) {
        for (size_t k = 0; k < size; k++)
            results[k].status =
                osm_interpolation_at(&walk, results[k].sourceTimestamp, &values[k].number);
    } else {
        tallies = tally_all(aggregate, samples, size, arena);
        for (size_t k = 0; k < size && aggregate->function != OSM_AGGREGATE_COUNT; k++)
            results[k].status = tally_result(aggregate, &tallies[k], &values[k].number);
        if (aggregate->function == OSM_AGGREGATE_COUNT)
            fill_counts(tallies, values, results, size);
    }
    finish(aggregate, latest_of(samples), values, results, size);
}

double osm_aggregate_steps(const struct osm_aggregate *aggregate, size_t samples)
{
    double count = (double)interval_count(aggregate), each = (double)samples;

    return count + (aggregate->function == OSM_AGGREGATE_INTERPOLATE ? each * count : each);
}

UA_DataValue *osm_aggregate_compute(const struct osm_aggregate *aggregate,
                                    const struct osm_samples *samples, struct osm_arena *arena,
                                    struct osm_fault *fault, size_t *size)
{
    size_t count = interval_count(aggregate);
    UA_DataValue *results;

    if (aggregate->function == OSM_AGGREGATE_INTERPOLATE &&
        (double)samples->size * (double)count > SEARCHES && samples->unsorted) {
        osm_fault_set(fault, arena, OSM_FAULT_INVALID_ARGUMENT_EXCEPTION,
                      "%zu values out of order cannot be interpolated in %zu intervals: sort them "
                      "by sourceTimestamp",
                      samples->size, count);
        return NULL;
    }
    results = osm_arena_array(arena, count, sizeof(*results));
    for (size_t k = 0; k < count; k++) {
        results[k].sourceTimestamp = boundary(aggregate, k, count);
        results[k].hasSourceTimestamp = results[k].hasStatus = true;
    }
    fill_in(aggregate, samples, arena, results, count);
    *size = count;
    return results;
}
