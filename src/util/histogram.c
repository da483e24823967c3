/* SPDX-License-Identifier: MIT */
/* The bounds; see histogram.h. */
#include "util/histogram.h"

const uint32_t osm_histogram_bounds[OSM_HISTOGRAM_BOUNDS] = {
    100,   250,    500,    1000,    2500,    5000,     10000,
    25000, 100000, 250000, 1000000, 2500000, 10000000, 30000000,
};
