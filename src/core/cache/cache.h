/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_CACHE_CACHE_H
#define OSM_CORE_CACHE_CACHE_H
/*
 * The daemon's one cache of what servers have answered (contract: methods.md §1.2, daemon.md §8).
 * It knows keys and bytes: whose result it is lies in the key (cache_key.h), what the bytes mean
 * is its user's business (serve/method/cached.h).
 *
 *   memory   cache_memory.c: bounded, least recently used goes first; answers at once
 *   files    cache_file.c: a store on the disk, all work off the loop; survives the daemon
 *   off      nothing is kept, every get is a miss
 *
 * Invariants: caching never fails anything – what cannot be kept is not kept, what cannot be read
 * is a miss. What is asked of the cache takes effect in the order in which it was asked. A result
 * that was under way when something was invalidated is not kept: `generation`.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <open62541/types.h>

#include "port/loop_ops.h"
#include "port/store_ops.h"

enum osm_cache_kind { OSM_CACHE_OFF, OSM_CACHE_IN_MEMORY, OSM_CACHE_IN_FILES };

struct osm_cache_config {
    enum osm_cache_kind kind;
    const char *path;                  /* of the directory, which exists; files only, borrowed */
    const struct osm_store_ops *store; /* files only: what keeps them */
    int64_t ttl;                       /* seconds an entry lives; <= 0: for ever */
    size_t max_entries;                /* memory only; 0 = OSM_CACHE_ENTRIES */
    size_t max_bytes;                  /* memory only; 0 = OSM_CACHE_BYTES */
};

#define OSM_CACHE_ENTRIES ((size_t)65536)
#define OSM_CACHE_BYTES ((size_t)64 * 1024 * 1024)
/* Nothing larger than this share of the memory is kept: it would push out everything else. */
#define OSM_CACHE_SHARE 4

/* Borrowed bytes. The first `subject` of them name endpoint and node; all keys that begin with
 * them belong to that node. */
struct osm_cache_key {
    const uint8_t *data; /* NULL = no key */
    size_t length;
    size_t subject;
};

struct osm_cache_counters {
    uint64_t hits, misses, stores;
    uint64_t evicted; /* for want of room */
    uint64_t expired;
    uint64_t dropped; /* not stored: too large, overtaken, or the disk does not keep up */
};

struct osm_cache;
struct osm_cache_wait; /* something asked for that has not been told yet */

/* value: what get found, NULL for a miss and for everything that is no get; valid during the
 * call, and only until the cache is used again. */
typedef void osm_cache_told_fn(void *context, const UA_ByteString *value);

struct osm_cache *osm_cache_new(const struct osm_cache_config *config, const struct osm_loop *loop);
/* Nobody is told any more. Work under way may outlive the call; it cleans up after itself. */
struct osm_cache *osm_cache_free(struct osm_cache *cache);
/* False: every get would be a miss. */
/* Seconds that what is stored from now on lives; <= 0: for ever. */
void osm_cache_set_ttl(struct osm_cache *cache, int64_t ttl);
bool osm_cache_is_on(const struct osm_cache *cache);
const struct osm_cache_counters *osm_cache_counters(const struct osm_cache *cache);

/* Each of these calls told(context) once: at once, and returns NULL, or later on the loop. */
struct osm_cache_wait *osm_cache_get(struct osm_cache *cache, const struct osm_cache_key *key,
                                     osm_cache_told_fn *told, void *context);
/* Forgets everything about the node the key is about: all kinds, all users. */
struct osm_cache_wait *osm_cache_invalidate(struct osm_cache *cache,
                                            const struct osm_cache_key *key,
                                            osm_cache_told_fn *told, void *context);
/* Forgets everything. */
struct osm_cache_wait *osm_cache_flush(struct osm_cache *cache, osm_cache_told_fn *told,
                                       void *context);
/* Nobody is to be told any more; what was asked for happens all the same. NULL is fine. */
void osm_cache_unwait(struct osm_cache_wait *wait);

/* Changes with every invalidation. */
uint64_t osm_cache_generation(const struct osm_cache *cache);
/* Keeps a value under a key, instead of what was there. The bytes (on the heap) are taken over,
 * also when they are not kept: because the generation is no longer the one of the get. */
void osm_cache_put(struct osm_cache *cache, const struct osm_cache_key *key, UA_ByteString value,
                   uint64_t generation);

#endif
