/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_WIPE_H
#define OSM_UTIL_WIPE_H
/* The end of secrets: passwords, tokens, keys. */
#include <stddef.h>

/* Overwrites memory so that the compiler cannot drop it. */
void osm_wipe(void *memory, size_t size);
/* Wipes and frees a text that held a secret; NULL is fine. */
void osm_wipe_and_free(char *text);

#endif
