/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_CACHE_CACHE_FILE_H
#define OSM_CORE_CACHE_CACHE_FILE_H
/*
 * The cache in a file, the loop's side; the file is a store's (port/store_ops.h). What is asked for
 * waits in one queue and is done in its order, off the loop, by one thread at a time, everything
 * that waits in one transaction. For cache.c, which documents what the functions mean.
 *
 * A disk that does not answer holds nobody: after OSM_CACHE_PATIENCE everybody who waits is told
 * a miss, and until the disk is back every get is one at once and nothing is stored.
 */
#include "core/cache/cache.h"

#define OSM_CACHE_PATIENCE ((osm_msec)2000)
/* Values waiting to be stored; beyond either they are dropped. */
#define OSM_CACHE_PUTS_WAITING 1024
#define OSM_CACHE_PUT_BYTES_WAITING ((size_t)32 * 1024 * 1024)
/* Nodes to be forgotten once a disk that hangs is back; beyond it everything is forgotten. */
#define OSM_CACHE_CHANGES_WAITING 1024

struct osm_cache_files;

void osm_cache_files_set_ttl(struct osm_cache_files *files, int64_t ttl);
struct osm_cache_files *osm_cache_files_new(const struct osm_cache_config *config,
                                            const struct osm_loop *loop);
void osm_cache_files_free(struct osm_cache_files *files);
const struct osm_cache_counters *osm_cache_files_counters(const struct osm_cache_files *files);
struct osm_cache_wait *osm_cache_files_get(struct osm_cache_files *files,
                                           const struct osm_cache_key *key, osm_cache_told_fn *told,
                                           void *context);
void osm_cache_files_put(struct osm_cache_files *files, const struct osm_cache_key *key,
                         UA_ByteString value);
struct osm_cache_wait *osm_cache_files_invalidate(struct osm_cache_files *files,
                                                  const struct osm_cache_key *key,
                                                  osm_cache_told_fn *told, void *context);
struct osm_cache_wait *osm_cache_files_flush(struct osm_cache_files *files, osm_cache_told_fn *told,
                                             void *context);

#endif
