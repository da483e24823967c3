/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_ALLOC_H
#define OSM_UTIL_ALLOC_H
/*
 * Allocation that cannot fail: a daemon that cannot get a few kilobytes cannot serve anybody, and
 * half-handled ENOMEM paths are never tested. Sizes that come from outside are bounded before
 * they get here (frame limits, array limits), so an abort means the machine is out of memory.
 */
#include <stddef.h>

#include "util/printf.h" /* texts made the same way */
#include "util/str.h"

/* Zeroed memory, to be given back with free(). Aborts with a message when there is none. */
void *osm_alloc(size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1)));
/* The same, with anything in it: for what is set as a whole at once, and made for every request. */
void *osm_alloc_raw(size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1)));
void *osm_alloc_resize(void *memory, size_t size) __attribute__((returns_nonnull, alloc_size(2)));
/* For those that allocate in other ways: there is none. */
void osm_alloc_failed(size_t size) __attribute__((noreturn));

static inline void osm_freep(void *pointer)
{
    extern void free(void *);
    free(*(void **)pointer);
}

#endif
