/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_TEXT_CAST_TEXT_H
#define OSM_WIRE_TEXT_CAST_TEXT_H
/* Numbers in texts and numbers as texts, the way PHP reads and writes them. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/macros.h"

/* The number a text begins with (white space before it is skipped), 0 when there is none. As int
 * it is cut off, saturated at the ends of int64, and 0 for infinity. */
int64_t osm_text_leading_int(const char *text, size_t length);
double osm_text_leading_double(const char *text, size_t length);
/* A text that is a number and nothing else, white space around it allowed. */
OSM_MUST_CHECK bool osm_text_is_numeric(const char *text, size_t length, double *out);
/* Decimal digits, with a minus before them if allowed, that fit: the value as 64 bits. */
OSM_MUST_CHECK bool osm_text_integer(const char *text, size_t length, uint64_t *bits,
                                     bool *negative);
/* The value of a JSON number's text. */
double osm_text_double(const char *text, size_t length);
/* A float as PHP's (string) prints it: 14 digits at most, "1.0E+25", "INF", "-0". */
const char *osm_cast_php_double(struct osm_arena *arena, double value);

#endif
