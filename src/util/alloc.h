/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_ALLOC_H
#define OSM_UTIL_ALLOC_H
/*
 * Allocation that cannot fail: a daemon that cannot get a few kilobytes cannot serve anybody, and
 * half-handled ENOMEM paths are never tested. Sizes that come from outside are bounded before
 * they get here (frame limits, array limits), so an abort means the machine is out of memory.
 */
#include <stddef.h>

/* Zeroed memory, to be given back with free(). Aborts with a message when there is none. */
void *osm_alloc(size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1)));
void *osm_realloc(void *memory, size_t size) __attribute__((returns_nonnull, alloc_size(2)));
char *osm_strdup(const char *text) __attribute__((malloc, returns_nonnull));
char *osm_strndup(const char *text, size_t length) __attribute__((malloc, returns_nonnull));
/* Like asprintf(); the result is the caller's. */
char *osm_printf(const char *format, ...)
    __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));
/* Overwrites memory so that the compiler cannot drop it: passwords, tokens, keys. */
void osm_wipe(void *memory, size_t size);
/* Wipes and frees a text that held a secret; NULL is fine. */
void osm_free_secret(char *text);

static inline void osm_freep(void *pointer)
{
    extern void free(void *);
    free(*(void **)pointer);
}

#endif
