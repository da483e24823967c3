/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_PRINTF_H
#define OSM_UTIL_PRINTF_H
/* Printing into memory that is always there (alloc.h). */

/* Like asprintf(); the result is the caller's. */
char *osm_printf(const char *format, ...)
    __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

#endif
