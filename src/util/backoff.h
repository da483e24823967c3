/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_BACKOFF_H
#define OSM_UTIL_BACKOFF_H
/*
 * How long to wait before something that has failed is tried again: the first pause, doubled with
 * each failure that follows, up to the longest. Whoever waits together with others – sessions that
 * were lost at once – takes a random part off, so that they do not all come back at once.
 */
#include <stdint.h>

#include "util/clock.h"

struct osm_backoff {
    osm_msec first, most; /* milliseconds */
};

/* After so many failures in a row (1 = the first pause; 0 is taken for 1). */
osm_msec osm_backoff_longest(const struct osm_backoff *backoff, unsigned failures);
/* The same, up to half shorter: by the upper end of what random can be. */
osm_msec osm_backoff_delay(const struct osm_backoff *backoff, unsigned failures, uint32_t random);
/* A delay of one's own, up to half shorter. */
osm_msec osm_backoff_shorten(osm_msec delay, uint32_t random);
/* For these. */
uint32_t osm_backoff_random(void);

#endif
