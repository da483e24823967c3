/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_SCRUB_H
#define OSM_UTIL_SCRUB_H
/*
 * open62541 copies keys and gives the copies back to malloc() as they are. Between begin and end
 * memory that is freed, by whatever thread, is overwritten; what small blocks keep all the same is
 * overwritten at the end for blocks of about one size. May be nested and used by several threads.
 * Does nothing where malloc() is not glibc's.
 */
#include <stddef.h>

void osm_scrub_begin(void);
/* size: of the secret that was copied. On the thread that has freed the copies. */
void osm_scrub_end(size_t size);

#endif
