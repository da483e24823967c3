/* SPDX-License-Identifier: MIT */
/*
 * Bump allocation in chunks; see arena.h.
 *
 * Nothing tells one piece of a chunk from the next, so that what reads or writes behind its own
 * goes unseen. Debug builds therefore leave a gap behind each piece: with AddressSanitizer it may
 * not be touched; without, it holds bytes that are no pointer, no count and no end of a text, and
 * is looked at when the arena is emptied.
 */
#include "util/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#if defined(OSM_ARENA_POISON)
#include <sanitizer/asan_interface.h>
#endif

#include "util/alloc.h"
#include "util/slab.h"
#include "util/wipe.h"

enum { OSM_ARENA_ALIGN = alignof(max_align_t) };

struct osm_arena_chunk {
    struct osm_arena_chunk *older;
    struct osm_slab *home; /* NULL = it is from the heap */
    size_t size;
    alignas(max_align_t) char data[];
};

/* A request with its parsed JSON and one small OPC UA request fits into the first chunk. */
#define OSM_ARENA_CHUNK (OSM_SLAB_CELL - sizeof(struct osm_arena_chunk))

static size_t align_up(size_t size)
{
    return (size + OSM_ARENA_ALIGN - 1) & ~(size_t)(OSM_ARENA_ALIGN - 1);
}

#if defined(OSM_ARENA_POISON)

enum { HEAD = 0, GAP = 16 };

static void gaps_make(char *data, size_t size)
{
    ASAN_POISON_MEMORY_REGION(data, size);
}

static void gaps_part(char *memory, size_t size)
{
    ASAN_UNPOISON_MEMORY_REGION(memory, size);
}

static void gaps_end(char *data, size_t size)
{
    ASAN_UNPOISON_MEMORY_REGION(data, size);
}

#elif defined(OSM_ARENA_GAPS)

/* In front of each piece stands its size. */
enum { HEAD = OSM_ARENA_ALIGN, GAP = 16, UNTOUCHED = 0xa5 };

static void gaps_make(char *data, size_t size)
{
    memset(data, UNTOUCHED, size);
}

static void gaps_part(char *memory, size_t size)
{
    memcpy(memory - HEAD, &size, sizeof(size));
}

static void gaps_end(char *data, size_t size)
{
    const char *end = data + size;

    while (end - data >= HEAD + GAP) {
        memcpy(&size, data, sizeof(size));
        if (size == (size_t)0xa5a5a5a5a5a5a5a5)
            return;
        data += HEAD + size;
        for (size_t left = align_up(size + GAP) - size; left > 0; left--, data++)
            osm_assert((unsigned char)*data == UNTOUCHED);
    }
}

#else

enum { HEAD = 0, GAP = 0 };

static void gaps_make(char *data, size_t size)
{
    (void)data;
    (void)size;
}

static void gaps_part(char *memory, size_t size)
{
    gaps_make(memory, size);
}

static void gaps_end(char *data, size_t size)
{
    gaps_make(data, size);
}

#endif

/* What a piece of size bytes takes of its chunk. */
static size_t piece(size_t size)
{
    return HEAD + align_up(size + GAP);
}

static struct osm_arena_chunk *chunk_new(size_t size)
{
    struct osm_slab *home = NULL;
    struct osm_arena_chunk *chunk = NULL;

    if (size == OSM_ARENA_CHUNK)
        chunk = osm_slab_take(&home);
    if (!chunk)
        chunk = osm_alloc_raw(sizeof(*chunk) + size);
    chunk->home = home;
    chunk->size = size;
    return chunk;
}

static void chunk_free(struct osm_arena_chunk *chunk)
{
    if (chunk->home)
        osm_slab_give(chunk->home, chunk);
    else
        free(chunk);
}

static void arena_add_chunk(struct osm_arena *arena, size_t least)
{
    size_t size = OSM_MAX(least, OSM_ARENA_CHUNK);
    struct osm_arena_chunk *chunk;

    /* Doubling keeps the number of chunks logarithmic in the size of large requests. */
    if (arena->chunks)
        size = OSM_MAX(least, OSM_MIN(2 * arena->chunks->size, (size_t)1 << 20));
    chunk = chunk_new(size);
    chunk->older = arena->chunks;
    gaps_make(chunk->data, size);
    arena->chunks = chunk;
    arena->next = chunk->data;
    arena->end = chunk->data + size;
}

void osm_arena_init(struct osm_arena *arena)
{
    *arena = (struct osm_arena){0};
}

static void arena_drop_chunks(struct osm_arena *arena, bool keep_first, bool wipe)
{
    struct osm_arena_chunk *chunk = arena->chunks;
    struct osm_arena_chunk *older;

    for (; chunk; chunk = older) {
        gaps_end(chunk->data, chunk->size);
        if (wipe)
            osm_wipe(chunk->data, chunk->size);
        older = chunk->older;
        if (!older && keep_first)
            break;
        chunk_free(chunk);
    }
    if (chunk)
        gaps_make(chunk->data, chunk->size);
    arena->chunks = chunk;
    arena->next = chunk ? chunk->data : NULL;
    arena->end = chunk ? chunk->data + chunk->size : NULL;
    arena->used = 0;
}

void osm_arena_wipe(struct osm_arena *arena)
{
    arena_drop_chunks(arena, false, true);
}

void osm_arena_deinit(struct osm_arena *arena)
{
    if (arena)
        arena_drop_chunks(arena, false, false);
}

void osm_arena_reset(struct osm_arena *arena)
{
    arena_drop_chunks(arena, true, false);
}

/* The chunk at hand has room for it. */
static inline void *part(struct osm_arena *arena, size_t size)
{
    char *memory = arena->next + HEAD;

    gaps_part(memory, size);
    arena->next += piece(size);
    arena->used += align_up(size);
    return memory;
}

static __attribute__((noinline)) void *take_from_new(struct osm_arena *arena, size_t size)
{
    arena_add_chunk(arena, piece(size));
    return part(arena, size);
}

static void *arena_take(struct osm_arena *arena, size_t size)
{
    osm_assert(size < (size_t)1 << 40);
    if (!arena->next || (size_t)(arena->end - arena->next) < piece(size))
        return take_from_new(arena, size);
    return part(arena, size);
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

    if (old && (GAP ? size <= old_size : size <= align_up(old_size)))
        return old;
    if (old && (char *)old - HEAD + piece(old_size) == arena->next) {
        size_t more = piece(size) - piece(old_size);

        if ((size_t)(arena->end - arena->next) >= more) {
            gaps_part(old, size);
            arena->next += more;
            arena->used += align_up(size) - align_up(old_size);
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
