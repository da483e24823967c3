/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_AGGREGATE_AGGREGATE_H
#define OSM_CORE_AGGREGATE_AGGREGATE_H
/*
 * Aggregates computed in the daemon (methods.md §4.4) from raw values somebody else has fetched:
 * pure computation, no server is asked. They are the callers' aggregates, not those of OPC
 * 10000-13, whose status bits they borrow.
 *
 * A raw value becomes a sample; what has no source timestamp belongs to no time and is left out.
 * Samples are taken in the order given. The work is one pass over samples and intervals; only
 * interpolating between samples that are not in order of time takes one pass per interval.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <open62541/types.h>

#include "util/arena.h"
#include "util/fault.h"
#include "util/macros.h"

#define OSM_AGGREGATE_INTERVALS 200000 /* per request */

/* name in code, name on the wire */
#define OSM_AGGREGATE_FUNCTIONS(X)                                                                 \
    X(INTERPOLATE, "interpolate")                                                                  \
    X(MINIMUM, "minimum")                                                                          \
    X(MAXIMUM, "maximum")                                                                          \
    X(AVERAGE, "average")                                                                          \
    X(COUNT, "count")

enum osm_aggregate_function {
#define X(id, name) OSM_AGGREGATE_##id,
    OSM_AGGREGATE_FUNCTIONS(X)
#undef X
};

struct osm_aggregate {
    UA_DateTime start, end;
    double interval_ms; /* 0 = one interval from start to end */
    enum osm_aggregate_function function;
    bool stepped;                /* interpolate: the earlier value instead of a line */
    bool treat_uncertain_as_bad; /* the default is true */
    bool sloped_extrapolation;   /* interpolate: go on as the last two values went */
};

enum osm_sample_quality { OSM_SAMPLE_GOOD, OSM_SAMPLE_UNCERTAIN, OSM_SAMPLE_BAD };

struct osm_sample {
    UA_DateTime time;
    double number;
    enum osm_sample_quality quality;
    bool numeric; /* number is one */
};

#define OSM_SAMPLES_PAGE 256

/* A list that grows by pages, so that what is in it is never moved; starts zeroed, memory in the
 * arena. */
struct osm_samples {
    struct osm_sample **pages;
    size_t size;
    bool unsorted; /* not in order of time */
};

static inline const struct osm_sample *osm_samples_at(const struct osm_samples *samples, size_t i)
{
    return &samples->pages[i / OSM_SAMPLES_PAGE][i % OSM_SAMPLES_PAGE];
}

void osm_samples_add(struct osm_samples *samples, const UA_DataValue *value,
                     struct osm_arena *arena);
/* Appends what another list has. */
void osm_samples_join(struct osm_samples *samples, const struct osm_samples *more,
                      struct osm_arena *arena);

/* False for a name that is none. */
OSM_MUST_CHECK bool osm_aggregate_function_find(const char *name,
                                                enum osm_aggregate_function *function);
const char *osm_aggregate_function_name(enum osm_aggregate_function function);
/* InvalidArgumentException for times or an interval that give no intervals, or too many. */
OSM_MUST_CHECK bool osm_aggregate_check(const struct osm_aggregate *aggregate,
                                        struct osm_arena *arena, struct osm_fault *fault);
/* At most so many steps are computed for that many samples. The aggregate has passed the check. */
double osm_aggregate_steps(const struct osm_aggregate *aggregate, size_t samples);
/* One DataValue per interval, memory in the arena; NULL with a fault when the work would be out
 * of all proportion. The aggregate has passed the check. */
UA_DataValue *osm_aggregate_compute(const struct osm_aggregate *aggregate,
                                    const struct osm_samples *samples, struct osm_arena *arena,
                                    struct osm_fault *fault, size_t *size);

/* --- between aggregate.c and interpolate.c --- */

#define OSM_AGGREGATE_NO_DATA 0x80B10000u   /* BadNoDataAvailable */
#define OSM_AGGREGATE_UNCERTAIN 0x40A30000u /* severity and code when something bad was met */

enum osm_aggregate_info { /* OPC 10000-4 §7.39.1: info bits of a historical value */
                          OSM_AGGREGATE_CALCULATED = 0x01,
                          OSM_AGGREGATE_INTERPOLATED = 0x02,
                          OSM_AGGREGATE_PARTIAL = 0x04,
                          OSM_AGGREGATE_MULTI_VALUE = 0x10
};

static inline UA_StatusCode osm_aggregate_status(bool uncertain, uint32_t info)
{
    return (uncertain ? OSM_AGGREGATE_UNCERTAIN : 0) | 0x400u | info;
}

static inline bool osm_sample_usable(const struct osm_aggregate *aggregate,
                                     const struct osm_sample *sample)
{
    return sample->quality == OSM_SAMPLE_GOOD ||
           (sample->quality == OSM_SAMPLE_UNCERTAIN && !aggregate->treat_uncertain_as_bad);
}

/* Whether it can be calculated with. */
static inline bool osm_sample_counts(const struct osm_aggregate *aggregate,
                                     const struct osm_sample *sample)
{
    return sample->numeric && osm_sample_usable(aggregate, sample);
}

/* Walks through the samples while the intervals go by, from the first to the last; starts with
 * the two pointers set and the rest zeroed. */
struct osm_interpolation {
    const struct osm_aggregate *aggregate;
    const struct osm_samples *samples;
    size_t next, after;                          /* in sorted samples, where the searches go on */
    const struct osm_sample *earlier, *previous; /* the last two usable ones up to the start */
    const struct osm_sample *later;              /* the first usable number behind it */
    const struct osm_sample *exact;              /* one at the start itself */
    bool bad;                                    /* something unusable follows `earlier` */
};

/* The value at an interval's start, which lies behind that of the call before. Returns the
 * status without Partial; Bad = there is no value. */
UA_StatusCode osm_interpolation_at(struct osm_interpolation *walk, UA_DateTime start, double *out);

#endif
