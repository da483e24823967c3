/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_RANDOM_H
#define OSM_UTIL_RANDOM_H
/* Random bytes. */
#include <stddef.h>

/* Fills memory from the kernel's generator. */
void osm_random(void *memory, size_t size);

#endif
