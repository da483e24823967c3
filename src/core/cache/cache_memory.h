/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_CACHE_CACHE_MEMORY_H
#define OSM_CORE_CACHE_CACHE_MEMORY_H
/* The cache in memory. Bounded in entries and bytes: beyond either the entry goes that was used
 * least recently. For cache.c, which documents what the functions mean. */
#include "core/cache/cache.h"

struct osm_cache_memory;

/* Clock and counters must outlive it. */
void osm_cache_memory_set_ttl(struct osm_cache_memory *memory, int64_t ttl);
struct osm_cache_memory *osm_cache_memory_new(const struct osm_cache_config *config,
                                              const struct osm_clock *clock,
                                              struct osm_cache_counters *counters);
void osm_cache_memory_free(struct osm_cache_memory *memory);
/* NULL = miss. The bytes stay until the memory is used again. */
const UA_ByteString *osm_cache_memory_get(struct osm_cache_memory *memory,
                                          const struct osm_cache_key *key);
void osm_cache_memory_put(struct osm_cache_memory *memory, const struct osm_cache_key *key,
                          UA_ByteString value);
void osm_cache_memory_invalidate(struct osm_cache_memory *memory, const struct osm_cache_key *key);
void osm_cache_memory_flush(struct osm_cache_memory *memory);

#endif
