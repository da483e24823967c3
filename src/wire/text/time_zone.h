/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_TEXT_TIME_ZONE_H
#define OSM_WIRE_TEXT_TIME_ZONE_H
/* The few time zones that have a fixed offset: no zone database is read on the request path. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/macros.h"

/* `±HH`, `±HHMM` or `±HH:MM` as seconds east of UTC. */
OSM_MUST_CHECK bool osm_zone_offset(const char *text, size_t length, int64_t *seconds);
/* A zone as PHP's date objects name it: type 1 offset, 2 abbreviation, 3 zone name. Of type 3
 * only names of UTC are known (others would need their daylight-saving rules). */
OSM_MUST_CHECK bool osm_zone_by_type(int64_t type, const char *text, size_t length,
                                     int64_t *seconds);

#endif
