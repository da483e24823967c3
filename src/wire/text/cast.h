/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_TEXT_CAST_H
#define OSM_WIRE_TEXT_CAST_H
/*
 * PHP's casts on parsed JSON (contract: ipc-protocol.md §4): callers may send a text where a
 * number is meant, an object where a list is meant, nothing at all. A NULL value counts as null.
 *
 * Documents are read with YYJSON_READ_BIGNUM_AS_RAW: integers beyond 64 bits and reals that a
 * double cannot hold arrive as raw text; every function here takes them as the number they are.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yyjson.h>

#include "util/arena.h"
#include "util/macros.h"

/* Absent or null. */
static inline bool osm_is_null(yyjson_val *value)
{
    return !value || yyjson_is_null(value);
}

/* 0, "", "0", [], {}, null, false are false, all else is true. */
bool osm_cast_bool(yyjson_val *value);
/* Fraction cut off; texts by their leading number; lists 0 if empty, else 1; numbers beyond
 * int64 as PHP on a 64-bit machine takes them (modulo 2^64; NaN and infinity 0). */
int64_t osm_cast_int(yyjson_val *value);
double osm_cast_float(yyjson_val *value);
/* What follows, of all but texts. */
const char *osm_cast_other_text(yyjson_val *value, struct osm_arena *arena, size_t *length);
/* Number in its shortest PHP form, true "1", false and null "", list or object "Array". The
 * result points into the document or the arena and is NUL-terminated; length may be NULL. */
static inline const char *osm_cast_text(yyjson_val *value, struct osm_arena *arena, size_t *length)
{
    if (!yyjson_is_str(value))
        return osm_cast_other_text(value, arena, length);
    if (length)
        *length = yyjson_get_len(value);
    return yyjson_get_str(value);
}

/* A number, also a raw one. */
bool osm_cast_is_number(yyjson_val *value);
/* The value of any number as a double (raw ones included); 0 for what is none. */
double osm_cast_number_double(yyjson_val *value);
/*
 * An integral number as the 64 bits it stands for: integers, and reals such as 1.0 or 1e3
 * without a fraction. Returns false when value is no number, has a fraction, or lies outside
 * −2^63 … 2^64−1. `negative` tells how to read the bits.
 */
OSM_MUST_CHECK bool osm_cast_number_integer(yyjson_val *value, uint64_t *bits, bool *negative);

/* The elements of an array, or of an object as the list of its values (PHP sends arrays with
 * gaps as objects). Of repeated keys the last value counts, at the place of the first. */
struct osm_list {
    size_t size; /* number of elements */
    bool object;
    bool repeated; /* the object has repeated keys: take the slow way */
    yyjson_arr_iter array_iter;
    yyjson_obj_iter object_iter;
    yyjson_val *container;
};

/* False when value is neither an array nor an object (or a huge object with repeated keys). */
OSM_MUST_CHECK bool osm_cast_list(yyjson_val *value, struct osm_list *list);
/* The next one of an object, … */
yyjson_val *osm_cast_list_next_member(struct osm_list *list);
/* … and of either; NULL at the end. */
static inline yyjson_val *osm_cast_list_next(struct osm_list *list)
{
    return list->object ? osm_cast_list_next_member(list) : yyjson_arr_iter_next(&list->array_iter);
}

#endif
