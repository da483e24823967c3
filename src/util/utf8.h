/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_UTF8_H
#define OSM_UTIL_UTF8_H
/* UTF-8 as strict JSON wants it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

/* Length in bytes (1–4) of the valid sequence at text, or 0 when there is none. */
size_t osm_utf8_sequence(const char *text, size_t length);
bool osm_utf8_is_valid(const char *text, size_t length);
/* The largest length ≤ limit that does not cut a character. */
size_t osm_utf8_cut(const char *text, size_t length, size_t limit);

#endif
