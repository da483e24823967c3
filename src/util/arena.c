/* SPDX-License-Identifier: MIT */
/* Bump allocation in chunks; see arena.h. */
#include "util/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "util/alloc.h"
#include "util/wipe.h"

/* A request with its parsed JSON and one small OPC UA request fits into the first chunk. */
#define OSM_ARENA_CHUNK ((size_t)8192)
#define OSM_ARENA_ALIGN ((size_t)alignof(max_align_t))

struct osm_arena_chunk {
    struct osm_arena_chunk *older;
    size_t size;
    alignas(max_align_t) char data[];
};

static size_t align_up(size_t size)
{
    return (size + OSM_ARENA_ALIGN - 1) & ~(OSM_ARENA_ALIGN - 1);
}

static void arena_add_chunk(struct osm_arena *arena, size_t least)
{
    size_t size = OSM_MAX(least, OSM_ARENA_CHUNK);
    struct osm_arena_chunk *chunk;

    /* Doubling keeps the number of chunks logarithmic in the size of large requests. */
    if (arena->chunks)
        size = OSM_MAX(least, OSM_MIN(2 * arena->chunks->size, (size_t)1 << 20));
    chunk = malloc(sizeof(*chunk) + size);
    if (!chunk)
        chunk = osm_alloc(sizeof(*chunk) + size);
    chunk->older = arena->chunks;
    chunk->size = size;
    arena->chunks = chunk;
    arena->next = chunk->data;
    arena->end = chunk->data + size;
}

void osm_arena_init(struct osm_arena *arena)
{
    *arena = (struct osm_arena){0};
}

static void arena_drop_chunks(struct osm_arena *arena, bool keep_first)
{
    struct osm_arena_chunk *chunk = arena->chunks;

    while (chunk && (chunk->older || !keep_first)) {
        struct osm_arena_chunk *older = chunk->older;

        free(chunk);
        chunk = older;
    }
    arena->chunks = chunk;
    arena->next = chunk ? chunk->data : NULL;
    arena->end = chunk ? chunk->data + chunk->size : NULL;
    arena->used = 0;
}

void osm_arena_wipe(struct osm_arena *arena)
{
    for (struct osm_arena_chunk *chunk = arena->chunks; chunk; chunk = chunk->older)
        osm_wipe(chunk->data, chunk->size);
    osm_arena_deinit(arena);
}

void osm_arena_deinit(struct osm_arena *arena)
{
    if (arena)
        arena_drop_chunks(arena, false);
}

void osm_arena_reset(struct osm_arena *arena)
{
    arena_drop_chunks(arena, true);
}

static void *arena_take(struct osm_arena *arena, size_t size)
{
    void *memory;

    osm_assert(size < (size_t)1 << 40);
    size = align_up(size);
    if (!arena->next || (size_t)(arena->end - arena->next) < size)
        arena_add_chunk(arena, size);
    memory = arena->next;
    arena->next += size;
    arena->used += size;
    return memory;
}

void *osm_arena_alloc_raw(struct osm_arena *arena, size_t size)
{
    return arena_take(arena, size);
}

void *osm_arena_alloc(struct osm_arena *arena, size_t size)
{
    return memset(arena_take(arena, size), 0, size);
}

static size_t size_of(size_t count, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(count, size, &total))
        osm_assert(!"arena array overflows");
    return total;
}

void *osm_arena_array_raw(struct osm_arena *arena, size_t count, size_t size)
{
    return arena_take(arena, size_of(count, size));
}

void *osm_arena_array(struct osm_arena *arena, size_t count, size_t size)
{
    return osm_arena_alloc(arena, size_of(count, size));
}

void *osm_arena_grow(struct osm_arena *arena, void *old, size_t old_size, size_t size)
{
    void *moved;

    if (size <= align_up(old_size) && old)
        return old;
    if (old && (char *)old + align_up(old_size) == arena->next) {
        size_t more = align_up(size) - align_up(old_size);

        if ((size_t)(arena->end - arena->next) >= more) {
            arena->next += more;
            arena->used += more;
            return old;
        }
    }
    moved = arena_take(arena, size);
    if (old)
        memcpy(moved, old, old_size);
    return moved;
}

void *osm_arena_room(struct osm_arena *arena, void *list, size_t count, size_t size)
{
    if (list && (count & (count - 1)) != 0)
        return list;
    return osm_arena_grow(arena, list, count * size, size_of(OSM_MAX(2 * count, (size_t)1), size));
}

char *osm_arena_text(struct osm_arena *arena, const char *text, size_t length)
{
    char *copy = arena_take(arena, length + 1);

    if (length)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *osm_arena_printf(struct osm_arena *arena, const char *format, ...)
{
    va_list args, again;
    char *text;
    int length;

    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    osm_assert(length >= 0);
    text = arena_take(arena, (size_t)length + 1);
    (void)vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
