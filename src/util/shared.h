/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_SHARED_H
#define OSM_UTIL_SHARED_H
/*
 * What many keep and nobody changes: equal bytes are there once, however many sessions keep them.
 * Certificates, URLs and what is known of a server are most of what a session would be otherwise.
 *
 * Invariants: nobody writes to shared bytes. They belong to one loop; what a job reads of them is a
 * copy. They go with the last who keeps them.
 */
#include <stddef.h>

struct osm_shared;

/* All of one loop. Zeroed = empty. */
struct osm_shared_table {
    struct osm_shared *all;
};

/* These bytes, aligned for anything, to be given back by osm_shared_drop(). None are NULL. */
const void *osm_shared_keep(struct osm_shared_table *table, const void *bytes, size_t size);
/* The same of a text with its end. */
const char *osm_shared_text(struct osm_shared_table *table, const char *text);
/* Gives them back; returns NULL. NULL is fine. */
void *osm_shared_drop(const void *kept);

#endif
