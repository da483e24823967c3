/* SPDX-License-Identifier: MIT */
/* Growing pauses; see backoff.h. */
#include "util/backoff.h"

#include "util/digest.h"
#include "util/macros.h"
#include "util/random.h"

osm_msec osm_backoff_longest(const struct osm_backoff *backoff, unsigned failures)
{
    osm_msec delay = backoff->first;

    for (unsigned i = 1; i < failures && delay < backoff->most; i++)
        delay *= 2;
    return OSM_MIN(delay, backoff->most);
}

osm_msec osm_backoff_shorten(osm_msec delay, uint32_t random)
{
    return delay - delay / 2 * (random >> 16) / UINT16_MAX;
}

osm_msec osm_backoff_delay(const struct osm_backoff *backoff, unsigned failures, uint32_t random)
{
    return osm_backoff_shorten(osm_backoff_longest(backoff, failures), random);
}

uint32_t osm_backoff_random(void)
{
    uint32_t random;

    osm_random(&random, sizeof(random));
    return random;
}
