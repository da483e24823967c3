/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_TEXT_CALENDAR_H
#define OSM_WIRE_TEXT_CALENDAR_H
/* What reading and writing of times share. Ticks are 100 ns since 1601-01-01T00:00:00Z. */
#include <stdint.h>

#define OSM_TICKS_PER_SECOND INT64_C(10000000)
#define OSM_TICKS_PER_MICRO INT64_C(10)
#define OSM_SECONDS_PER_DAY INT64_C(86400)
/* 1970-01-01 */
#define OSM_EPOCH_SECONDS INT64_C(11644473600)
#define OSM_EPOCH_TICKS (OSM_EPOCH_SECONDS * OSM_TICKS_PER_SECOND)

/* Days since 1601-01-01, proleptic Gregorian. A day beyond its month counts on into the next. */
int64_t osm_calendar_days(int64_t year, int64_t month, int64_t day);

#endif
