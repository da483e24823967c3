/* SPDX-License-Identifier: MIT */
/* The value between samples; see aggregate.h. */
#include "core/aggregate/aggregate.h"

#define EXACT ((UA_DateTime)UA_DATETIME_USEC) /* closer than this counts as the same moment */

/* A sample up to the start. */
static void pass(struct osm_interpolation *walk, const struct osm_sample *sample, UA_DateTime start)
{
    if (!osm_sample_usable(walk->aggregate, sample)) {
        walk->bad = true;
        return;
    }
    walk->previous = walk->earlier;
    walk->earlier = sample;
    walk->bad = false;
    if (!walk->exact && sample->numeric && start - sample->time < EXACT)
        walk->exact = sample;
}

static void walk_on(struct osm_interpolation *walk, UA_DateTime start)
{
    const struct osm_samples *samples = walk->samples;

    while (walk->next < samples->size && osm_samples_at(samples, walk->next)->time <= start)
        pass(walk, osm_samples_at(samples, walk->next++), start);
    walk->after = OSM_MAX(walk->after, walk->next);
    while (walk->after < samples->size &&
           !osm_sample_counts(walk->aggregate, osm_samples_at(samples, walk->after)))
        walk->after++;
    walk->later = walk->after < samples->size ? osm_samples_at(samples, walk->after) : NULL;
}

static void search_all(struct osm_interpolation *walk, UA_DateTime start)
{
    walk->earlier = walk->previous = walk->later = NULL;
    walk->bad = false;
    for (size_t i = 0; i < walk->samples->size; i++) {
        const struct osm_sample *sample = osm_samples_at(walk->samples, i);

        if (sample->time <= start)
            pass(walk, sample, start);
        else if (!walk->later && osm_sample_counts(walk->aggregate, sample))
            walk->later = sample;
    }
}

/* What the line through two samples is worth at a time. */
static double on_line(const struct osm_sample *a, const struct osm_sample *b, UA_DateTime time)
{
    return a->number +
           (b->number - a->number) * ((double)(time - a->time) / (double)(b->time - a->time));
}

/* No sample follows. */
static double extrapolate(const struct osm_interpolation *walk, UA_DateTime start)
{
    const struct osm_sample *earlier = walk->earlier, *previous = walk->previous;

    if (walk->aggregate->sloped_extrapolation && !walk->aggregate->stepped && previous &&
        previous->numeric && previous->time != earlier->time)
        return on_line(previous, earlier, start);
    return earlier->number;
}

UA_StatusCode osm_interpolation_at(struct osm_interpolation *walk, UA_DateTime start, double *out)
{
    walk->exact = NULL;
    if (walk->samples->unsorted)
        search_all(walk, start);
    else
        walk_on(walk, start);
    if (!walk->exact && walk->later && walk->later->time - start < EXACT)
        walk->exact = walk->later;
    if (walk->exact) {
        *out = walk->exact->number;
        return osm_aggregate_status(false, OSM_AGGREGATE_CALCULATED);
    }
    if (!walk->earlier || !walk->earlier->numeric)
        return OSM_AGGREGATE_NO_DATA;
    if (!walk->later)
        *out = extrapolate(walk, start);
    else if (walk->aggregate->stepped)
        *out = walk->earlier->number;
    else
        *out = on_line(walk->earlier, walk->later, start);
    return osm_aggregate_status(walk->bad || !walk->later,
                                OSM_AGGREGATE_CALCULATED | OSM_AGGREGATE_INTERPOLATED);
}
