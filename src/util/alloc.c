/* SPDX-License-Identifier: MIT */
/* Allocation that aborts instead of failing; see alloc.h for why. */
#include "util/alloc.h"

#include <stdio.h>
#include <stdlib.h>

void osm_alloc_failed(size_t size)
{
    fprintf(stderr, "opcua-session-manager: out of memory (%zu bytes)\n", size);
    abort();
}

void *osm_alloc(size_t size)
{
    void *memory = calloc(1, size ? size : 1);

    if (!memory)
        osm_alloc_failed(size);
    return memory;
}

void *osm_alloc_raw(size_t size)
{
    void *memory = malloc(size ? size : 1);

    if (!memory)
        osm_alloc_failed(size);
    return memory;
}

void *osm_alloc_resize(void *memory, size_t size)
{
    void *moved = realloc(memory, size ? size : 1);

    if (!moved)
        osm_alloc_failed(size);
    return moved;
}
