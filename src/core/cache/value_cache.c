/* SPDX-License-Identifier: MIT */
/*
 * Recent values; see value_cache.h. They lie in a cache_memory of their own, under the keys of the
 * cache; a value's bytes are the moment it was true and its UA binary encoding.
 */
#include "core/cache/value_cache.h"

#include <string.h>

#include <open62541/types_generated_handling.h>

#include "core/cache/cache_memory.h"
#include "util/alloc.h"

/* A larger value is not kept: copying it in and out would hold the loop. */
#define OSM_VALUE_CACHE_LARGEST ((size_t)1024 * 1024)
#define OSM_VALUE_CACHE_IDLE ((osm_msec)10 * 60 * 1000)

struct osm_value_cache {
    const struct osm_clock *clock;
    struct osm_cache_memory *values;
    struct osm_cache_counters value_counters;
    struct osm_value_cache_counters counters;
    bool wanted; /* by anybody, ever: else there is nothing to forget */
};

struct osm_value_cache *osm_value_cache_new(const struct osm_clock *clock)
{
    static const struct osm_cache_config config = {.kind = OSM_CACHE_IN_MEMORY};
    struct osm_value_cache *recent = osm_alloc(sizeof(*recent));

    recent->clock = clock;
    recent->values = osm_cache_memory_new(&config, clock, &recent->value_counters);
    return recent;
}

struct osm_value_cache *osm_value_cache_free(struct osm_value_cache *recent)
{
    if (!recent)
        return NULL;
    osm_cache_memory_free(recent->values);
    free(recent);
    return NULL;
}

const struct osm_value_cache_counters *
osm_value_cache_counters(const struct osm_value_cache *recent)
{
    return &recent->counters;
}

/* --- who wants them ------------------------------------------------------------------------ */

void osm_value_cache_want(struct osm_value_cache *recent, struct osm_identity *identity)
{
    recent->wanted = true;
    identity->values_until = osm_clock_now(recent->clock) + OSM_VALUE_CACHE_IDLE;
}

bool osm_value_cache_is_wanted(const struct osm_value_cache *recent,
                               const struct osm_identity *identity)
{
    return osm_clock_now(recent->clock) < identity->values_until;
}

/* --- the values ---------------------------------------------------------------------------- */

static struct osm_cache_key key_of(struct osm_arena *arena, const struct osm_cache_scope *scope,
                                   const UA_ReadValueId *node)
{
    const struct osm_cache_what what = {"recent", &node->nodeId, &node->attributeId,
                                        sizeof(node->attributeId)};

    return osm_cache_key_make(arena, scope, &what);
}

/* The moment a kept value was true. */
static osm_msec moment_of(const UA_ByteString *bytes)
{
    osm_msec at;

    memcpy(&at, bytes->data, sizeof(at));
    return at;
}

UA_ByteString osm_value_cache_get(struct osm_value_cache *recent,
                                  const struct osm_cache_scope *scope, const UA_ReadValueId *node,
                                  osm_msec max_age, struct osm_arena *arena)
{
    struct osm_cache_key key = key_of(arena, scope, node);
    const UA_ByteString *bytes = osm_cache_memory_get(recent->values, &key);
    UA_ByteString found = UA_BYTESTRING_NULL;

    if (!bytes || osm_clock_now(recent->clock) - moment_of(bytes) > max_age) {
        recent->counters.misses++;
        return found;
    }
    recent->counters.hits++;
    found.length = bytes->length - sizeof(osm_msec);
    found.data = osm_arena_alloc(arena, found.length);
    memcpy(found.data, bytes->data + sizeof(osm_msec), found.length);
    return found;
}

/* The value's bytes behind the moment, on the heap; none when it cannot be encoded, or is large. */
static UA_ByteString encode(const UA_DataValue *value, osm_msec at)
{
    const UA_DataType *type = &UA_TYPES[UA_TYPES_DATAVALUE];
    UA_ByteString bytes = UA_BYTESTRING_NULL, body;
    size_t size = UA_calcSizeBinary(value, type);

    if (size > OSM_VALUE_CACHE_LARGEST ||
        UA_ByteString_allocBuffer(&bytes, sizeof(at) + size) != UA_STATUSCODE_GOOD)
        return UA_BYTESTRING_NULL;
    memcpy(bytes.data, &at, sizeof(at));
    body = (UA_ByteString){bytes.length - sizeof(at), bytes.data + sizeof(at)};
    if (UA_encodeBinary(value, type, &body) != UA_STATUSCODE_GOOD)
        UA_ByteString_clear(&bytes);
    return bytes;
}

static void put(struct osm_value_cache *recent, const struct osm_cache_key *key,
                const UA_DataValue *value, osm_msec at)
{
    const UA_ByteString *old = osm_cache_memory_get(recent->values, key);
    UA_ByteString bytes;

    if (old && moment_of(old) > at)
        return; /* a message that took its time tells nothing new */
    bytes = encode(value, at);
    if (!bytes.data)
        return;
    recent->counters.stores++;
    osm_cache_memory_put(recent->values, key, bytes);
    recent->counters.evicted = recent->value_counters.evicted;
}

void osm_value_cache_keep(struct osm_value_cache *recent, const struct osm_cache_scope *scope,
                          const UA_ReadValueId *node, const UA_DataValue *value, osm_msec at)
{
    struct osm_arena arena;
    struct osm_cache_key key;

    if (!osm_value_cache_is_wanted(recent, scope->identity) ||
        (value->hasStatus && UA_StatusCode_isBad(value->status)))
        return;
    osm_arena_init(&arena);
    key = key_of(&arena, scope, node);
    put(recent, &key, value, at);
    osm_arena_deinit(&arena);
}

void osm_value_cache_forget(struct osm_value_cache *recent, const struct osm_cache_scope *scope,
                            const UA_NodeId *node)
{
    UA_ReadValueId any = {.nodeId = *node};
    struct osm_arena arena;
    struct osm_cache_key key;

    if (!recent->wanted)
        return;
    osm_arena_init(&arena);
    key = key_of(&arena, scope, &any);
    osm_cache_memory_invalidate(recent->values, &key);
    osm_arena_deinit(&arena);
}
