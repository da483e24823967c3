/* SPDX-License-Identifier: MIT */
/* The cache as its users see it; see cache.h. Hands on to the driver that was asked for. */
#include "core/cache/cache.h"

#include "core/cache/cache_file.h"
#include "core/cache/cache_memory.h"
#include "util/alloc.h"
#include "util/log.h"

struct osm_cache {
    struct osm_cache_memory *memory; /* at most one of the two */
    struct osm_cache_files *files;
    uint64_t generation;
    struct osm_cache_counters counters;
};

struct osm_cache *osm_cache_new(const struct osm_cache_config *config, const struct osm_loop *loop)
{
    struct osm_cache *cache = osm_alloc(sizeof(*cache));

    if (config->kind == OSM_CACHE_IN_MEMORY)
        cache->memory = osm_cache_memory_new(config, loop->clock, &cache->counters);
    else if (config->kind == OSM_CACHE_IN_FILES)
        cache->files = osm_cache_files_new(config, loop);
    return cache;
}

struct osm_cache *osm_cache_free(struct osm_cache *cache)
{
    const struct osm_cache_counters *counters;

    if (!cache)
        return NULL;
    counters = osm_cache_counters(cache);
    osm_log_debug("Cache: %llu hits, %llu misses, %llu stored, %llu evicted, %llu expired, %llu "
                  "not kept",
                  (unsigned long long)counters->hits, (unsigned long long)counters->misses,
                  (unsigned long long)counters->stores, (unsigned long long)counters->evicted,
                  (unsigned long long)counters->expired, (unsigned long long)counters->dropped);
    osm_cache_memory_free(cache->memory);
    osm_cache_files_free(cache->files);
    free(cache);
    return NULL;
}

void osm_cache_set_ttl(struct osm_cache *cache, int64_t ttl)
{
    if (cache->memory)
        osm_cache_memory_set_ttl(cache->memory, ttl);
    if (cache->files)
        osm_cache_files_set_ttl(cache->files, ttl);
}

bool osm_cache_is_on(const struct osm_cache *cache)
{
    return cache->memory || cache->files;
}

const struct osm_cache_counters *osm_cache_counters(const struct osm_cache *cache)
{
    return cache->files ? osm_cache_files_counters(cache->files) : &cache->counters;
}

uint64_t osm_cache_generation(const struct osm_cache *cache)
{
    return cache->generation;
}

struct osm_cache_wait *osm_cache_get(struct osm_cache *cache, const struct osm_cache_key *key,
                                     osm_cache_told_fn *told, void *context)
{
    if (cache->files)
        return osm_cache_files_get(cache->files, key, told, context);
    told(context, cache->memory ? osm_cache_memory_get(cache->memory, key) : NULL);
    return NULL;
}

struct osm_cache_wait *osm_cache_invalidate(struct osm_cache *cache,
                                            const struct osm_cache_key *key,
                                            osm_cache_told_fn *told, void *context)
{
    cache->generation++;
    if (cache->files)
        return osm_cache_files_invalidate(cache->files, key, told, context);
    if (cache->memory)
        osm_cache_memory_invalidate(cache->memory, key);
    told(context, NULL);
    return NULL;
}

struct osm_cache_wait *osm_cache_flush(struct osm_cache *cache, osm_cache_told_fn *told,
                                       void *context)
{
    cache->generation++;
    if (cache->files)
        return osm_cache_files_flush(cache->files, told, context);
    if (cache->memory)
        osm_cache_memory_flush(cache->memory);
    told(context, NULL);
    return NULL;
}

void osm_cache_put(struct osm_cache *cache, const struct osm_cache_key *key, UA_ByteString value,
                   uint64_t generation)
{
    if (generation != cache->generation || !osm_cache_is_on(cache)) {
        cache->counters.dropped++;
        UA_ByteString_clear(&value);
    } else if (cache->memory) {
        osm_cache_memory_put(cache->memory, key, value);
    } else {
        osm_cache_files_put(cache->files, key, value);
    }
}
