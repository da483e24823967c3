/* SPDX-License-Identifier: MIT */
/* Cells of one size in mappings of their own; see slab.h. */
#include "util/slab.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <utlist.h>

#include "util/alloc.h"
#include "util/macros.h"

#define SLAB_BYTES (OSM_SLAB_CELLS * OSM_SLAB_CELL)

struct cell {
    struct cell *next;
};

struct osm_slab {
    char *memory;
    struct cell *free; /* those that have been given back */
    unsigned fresh;    /* cells that were never taken: they cost no memory yet */
    unsigned used;
    struct osm_slab *prev, *next; /* in slabs.open or slabs.spare; in neither when it is full */
};

static struct {
    pthread_mutex_t lock;
    bool begun;
    struct osm_slab *open;  /* some cells are used, some are not */
    struct osm_slab *spare; /* none is used */
    size_t spare_count, keep, moves;
} slabs = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct osm_slab *slab_new(void)
{
    void *memory =
        mmap(NULL, SLAB_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct osm_slab *slab;

    if (memory == MAP_FAILED)
        return NULL;
    slab = osm_alloc(sizeof(*slab));
    slab->memory = memory;
    slab->fresh = OSM_SLAB_CELLS;
    return slab;
}

static void slab_free(struct osm_slab *slab)
{
    (void)munmap(slab->memory, SLAB_BYTES);
    free(slab);
}

/* One with a free cell, in slabs.open; NULL = the kernel gives none. */
static struct osm_slab *slab_open(void)
{
    struct osm_slab *slab = slabs.open;

    if (slab)
        return slab;
    slab = slabs.spare;
    if (slab) {
        DL_DELETE(slabs.spare, slab);
        slabs.spare_count--;
    } else {
        slab = slab_new();
    }
    if (slab)
        DL_PREPEND(slabs.open, slab);
    return slab;
}

static void *take_from(struct osm_slab *slab)
{
    void *cell = slab->free;

    if (cell)
        slab->free = slab->free->next;
    else
        cell = slab->memory + (OSM_SLAB_CELLS - slab->fresh--) * OSM_SLAB_CELL;
    slabs.moves++;
    if (++slab->used == OSM_SLAB_CELLS)
        DL_DELETE(slabs.open, slab);
    return cell;
}

void osm_slab_begin(size_t spare)
{
    slabs.keep = spare;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    slabs.begun = true;
#endif
}

void *osm_slab_take(struct osm_slab **home)
{
    void *cell = NULL;

    *home = NULL;
    if (!slabs.begun)
        return NULL;
    pthread_mutex_lock(&slabs.lock);
    *home = slab_open();
    if (*home)
        cell = take_from(*home);
    pthread_mutex_unlock(&slabs.lock);
    return cell;
}

void osm_slab_give(struct osm_slab *home, void *cell)
{
    struct osm_slab *unwanted = NULL;
    struct cell *given = cell;

    pthread_mutex_lock(&slabs.lock);
    slabs.moves++;
    given->next = home->free;
    home->free = given;
    if (home->used-- == OSM_SLAB_CELLS)
        DL_PREPEND(slabs.open, home);
    if (home->used == 0) {
        DL_DELETE(slabs.open, home);
        if (slabs.spare_count < slabs.keep) {
            DL_PREPEND(slabs.spare, home);
            slabs.spare_count++;
        } else {
            unwanted = home;
        }
    }
    pthread_mutex_unlock(&slabs.lock);
    if (unwanted)
        slab_free(unwanted);
}

size_t osm_slab_trim(void)
{
    struct osm_slab *unwanted, *slab, *next;
    size_t bytes = 0;

    pthread_mutex_lock(&slabs.lock);
    unwanted = osm_steal(slabs.spare);
    slabs.spare_count = 0;
    pthread_mutex_unlock(&slabs.lock);
    DL_FOREACH_SAFE (unwanted, slab, next) {
        slab_free(slab);
        bytes += SLAB_BYTES;
    }
    return bytes;
}

size_t osm_slab_moves(void)
{
    size_t moves;

    pthread_mutex_lock(&slabs.lock);
    moves = slabs.moves;
    pthread_mutex_unlock(&slabs.lock);
    return moves;
}
