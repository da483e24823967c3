/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_STR_H
#define OSM_UTIL_STR_H
/* Copies of texts that cannot fail (alloc.h), to be given back with free(). */
#include <stddef.h>

char *osm_strdup(const char *text) __attribute__((malloc, returns_nonnull));
/* text may be NULL when length is 0. */
char *osm_strndup(const char *text, size_t length) __attribute__((malloc, returns_nonnull));

#endif
