/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_TEXT_TIME_TEXT_H
#define OSM_WIRE_TEXT_TIME_TEXT_H
/*
 * Time text ⇄ OPC UA ticks (100 ns since 1601), contract: types.md §3.4. All arithmetic is
 * integer; the proleptic Gregorian calendar is computed here, no time zone database is asked.
 */
#include <stdbool.h>
#include <stddef.h>

#include <open62541/types.h>
#include <yyjson.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/fault.h"
#include "util/macros.h"
#include "wire/text/json.h"

/* Longest text osm_time_text writes, without a NUL. */
#define OSM_TIME_TEXT 32

/* `YYYY-MM-DDTHH:MM:SS[.ffffff]+00:00` into out (OSM_TIME_TEXT bytes, no NUL); returns the
 * length. ticks must be > 0. Later than year 9999 is clamped. `always_micros` writes the six
 * digits even when they are zero (the `__t` form). */
size_t osm_time_text(char *out, UA_DateTime ticks, bool always_micros);
/* The same as a JSON string; null for ticks ≤ 0. At `at`, OSM_TIME_TEXT + 2 bytes; returns where
 * it ended. */
char *osm_time_put(char *at, UA_DateTime ticks, bool always_micros);
/* The same as the next value. */
void osm_time_print(struct osm_json *json, UA_DateTime ticks);
void osm_time_print_micros(struct osm_json *json, UA_DateTime ticks);

/* Every accepted form; now = wall clock, seconds since 1970. False when it is none. Before 1601
 * gives 0. */
OSM_MUST_CHECK bool osm_time_parse(const char *text, size_t length, double now, UA_DateTime *out);
/* The same, with the DateMalformedStringException of the contract (E3). */
OSM_MUST_CHECK bool osm_time_parse_or_fault(const char *text, size_t length, double now,
                                            UA_DateTime *out, struct osm_arena *arena,
                                            struct osm_fault *fault);
/* `YYYY-MM-DDTHH:MM:SS.ffffff±HH:MM`, nothing else: the `__t` form of types.md §5. */
OSM_MUST_CHECK bool osm_time_parse_strict(const char *text, size_t length, UA_DateTime *out);
/* The object PHP makes of a date value: {"date","timezone_type","timezone"}. False when value is
 * not of this form or names a zone that is not known. */
OSM_MUST_CHECK bool osm_time_from_php(yyjson_val *value, UA_DateTime *out);

/* Ticks of a wall clock (seconds since 1970). */
UA_DateTime osm_time_from_epoch(double seconds);

#endif
