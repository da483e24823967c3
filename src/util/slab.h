/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_SLAB_H
#define OSM_UTIL_SLAB_H
/*
 * Memory for what comes and goes by the hundred, in pages of its own: cells of one size in slabs
 * the kernel gives and takes. From the heap such blocks lie between what stays for days, and what
 * stays keeps their pages for ever; a hundred secured opens at once left 6 KiB for each session so.
 *
 * Only a process that is ours begins with it (osm_slab_begin); in somebody else's, and under a
 * sanitizer that is to see each block, there are no slabs and callers use the heap. Any thread may
 * take and give.
 *
 * Invariant: a slab without used cells is a spare one or unmapped.
 */
#include <stddef.h>

#define OSM_SLAB_CELL ((size_t)8192)
#define OSM_SLAB_CELLS 16u

struct osm_slab;

/* From now on there are slabs, of which so many are kept when they are empty. */
void osm_slab_begin(size_t spare);
/* A cell, with anything in it, and the slab it is to be given back to. NULL = there are none. */
void *osm_slab_take(struct osm_slab **home);
void osm_slab_give(struct osm_slab *home, void *cell);
/* Unmaps the spare ones; how many bytes that were. */
size_t osm_slab_trim(void);
/* How often a cell was taken or given back so far: how busy the process is. */
size_t osm_slab_moves(void);

#endif
