/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_CACHE_CACHE_DISK_H
#define OSM_CORE_CACHE_CACHE_DISK_H
/*
 * The files of a cache directory, `<sha1 hex of key>.cache` (daemon.md §8). All of it may wait
 * for the disk: for cache_file.c only, which calls it off the loop, one call at a time. Nothing
 * here touches anything but its arguments.
 *
 * A file is written under another name and renamed, so that a reader sees a whole one or none.
 * What is found expired or unreadable is deleted. Another daemon on the same directory is met
 * with every step and does no harm.
 *
 * Times are milliseconds since 1970. Returned: 0, or a negative errno.
 */
#include "core/cache/cache.h"
#include "util/macros.h"

/* value (on the heap) stays empty with data NULL when there is none. */
OSM_MUST_CHECK int osm_cache_disk_get(const char *dir, const struct osm_cache_key *key, int64_t now,
                                      UA_ByteString *value);
OSM_MUST_CHECK int osm_cache_disk_put(const char *dir, const struct osm_cache_key *key,
                                      const UA_ByteString *value, int64_t expires);
/* Every file whose key begins with the subject of this one. */
OSM_MUST_CHECK int osm_cache_disk_invalidate(const char *dir, const struct osm_cache_key *key,
                                             int64_t now);
/* Every file that is called *.cache. */
OSM_MUST_CHECK int osm_cache_disk_flush(const char *dir);
/* What an interrupted daemon has left, and what has expired meanwhile. */
OSM_MUST_CHECK int osm_cache_disk_tidy(const char *dir, int64_t now);

#endif
