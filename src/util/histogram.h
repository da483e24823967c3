/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_HISTOGRAM_H
#define OSM_UTIL_HISTOGRAM_H
/* How often something took how long: counts by fixed bounds, from 100 µs to half a minute. */
#include <stddef.h>
#include <stdint.h>

#define OSM_HISTOGRAM_BOUNDS 14

/* Upper bounds in microseconds, ascending. */
extern const uint32_t osm_histogram_bounds[OSM_HISTOGRAM_BOUNDS];

struct osm_histogram {
    uint64_t
        counts[OSM_HISTOGRAM_BOUNDS + 1]; /* up to each bound, above the one before; the rest */
    uint64_t sum;                         /* microseconds */
};

static inline void osm_histogram_add(struct osm_histogram *histogram, uint64_t microseconds)
{
    size_t i = 0;

    while (i < OSM_HISTOGRAM_BOUNDS && microseconds > osm_histogram_bounds[i])
        i++;
    histogram->counts[i]++;
    histogram->sum += microseconds;
}

#endif
