/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_TEXT_INDEX_RANGE_H
#define OSM_WIRE_TEXT_INDEX_RANGE_H
/*
 * NumericRange (OPC 10000-4 §7.27): a part of an array, matrix, String or ByteString. For each
 * dimension an index `n`, or `n:m` with n < m; dimensions are separated by commas. The text goes to
 * the server as it is: here it is only looked at, so that a slip is told by whoever made it.
 */
#include <stdbool.h>
#include <stddef.h>

/* What is wrong with a text, for messages. */
#define OSM_INDEX_RANGE_EXPECTED                                                                   \
    "an index range: n, or n:m with n < m, for each dimension, separated by commas"

/* An empty text is none: it stands for everything where it may be left out. */
bool osm_index_range_check(const char *text, size_t length);

#endif
