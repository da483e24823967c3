/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_ARENA_H
#define OSM_UTIL_ARENA_H
/*
 * Memory with the life of one request: taken piece by piece, given back all at once. The first
 * chunk is kept over a reset, so that the usual request never meets malloc.
 *
 * Invariant: pointers from an arena stay valid and in place until osm_arena_reset/_deinit.
 */
#include <stddef.h>

#include "util/macros.h"

struct osm_arena_chunk;

struct osm_arena {
    struct osm_arena_chunk *chunks; /* newest first; the last one survives a reset */
    char *next;                     /* free space of the newest chunk */
    char *end;
    size_t used; /* bytes handed out since the last reset */
};

void osm_arena_init(struct osm_arena *arena);
void osm_arena_deinit(struct osm_arena *arena);
/* Forgets everything handed out; keeps the first chunk. */
void osm_arena_reset(struct osm_arena *arena);

/* Overwrites everything, then ends as osm_arena_deinit() does: for arenas that held secrets. */
void osm_arena_wipe(struct osm_arena *arena);

/* Zeroed memory aligned for any type; never NULL. */
void *osm_arena_alloc(struct osm_arena *arena, size_t size)
    __attribute__((returns_nonnull, alloc_size(2)));
/* The same with anything in it, for what is set, or zeroed, piece by piece. */
void *osm_arena_alloc_raw(struct osm_arena *arena, size_t size)
    __attribute__((returns_nonnull, alloc_size(2)));
void *osm_arena_array_raw(struct osm_arena *arena, size_t count, size_t size)
    __attribute__((returns_nonnull, alloc_size(2, 3)));
/* Zeroed array; never NULL, a count of 0 gives a valid pointer to nothing. */
void *osm_arena_array(struct osm_arena *arena, size_t count, size_t size)
    __attribute__((returns_nonnull));
/* Grows the newest allocation in place if possible, else moves it. New bytes are not zeroed. */
void *osm_arena_grow(struct osm_arena *arena, void *old, size_t old_size, size_t size)
    __attribute__((returns_nonnull));
/* A list of count things of size bytes with room for one more, not zeroed: its room doubles. NULL
 * and 0 = the first one. */
void *osm_arena_room(struct osm_arena *arena, void *list, size_t count, size_t size)
    __attribute__((returns_nonnull));
/* A NUL-terminated copy of length bytes. */
char *osm_arena_text(struct osm_arena *arena, const char *text, size_t length)
    __attribute__((returns_nonnull));
char *osm_arena_printf(struct osm_arena *arena, const char *format, ...)
    __attribute__((returns_nonnull, format(printf, 2, 3)));

#endif
