/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_CACHE_VALUE_CACHE_H
#define OSM_CORE_CACHE_VALUE_CACHE_H
/*
 * Values that servers have lately sent, for callers who say with maxAge how old one may be
 * (extensions.md §4). Whose they are is the cache's notion: endpoint, policy, mode and user; all
 * sessions of one identity share them.
 *
 *   read, readMulti, Publish ──keep──▶ recent values ──get──▶ read, readMulti with maxAge
 *
 * Nothing is kept for an identity before somebody of it has asked with maxAge, nor ten minutes
 * after the last one has: everybody else pays one comparison. Bounded as the cache in memory is;
 * the value used least recently goes first. Bad values are not kept: the server is asked again.
 *
 * The age of a value that was read counts from when the request was sent; of one that was
 * published from the server's timestamp, by the server's own clock.
 */
#include <stdbool.h>
#include <stdint.h>

#include <open62541/types_generated.h>

#include "core/cache/cache_key.h"
#include "core/cache/identity.h"
#include "util/arena.h"
#include "util/clock.h"

struct osm_value_cache;

struct osm_value_cache_counters {
    uint64_t hits, misses, stores;
    uint64_t evicted; /* for want of room */
};

struct osm_value_cache *osm_value_cache_new(const struct osm_clock *clock);
struct osm_value_cache *osm_value_cache_free(struct osm_value_cache *recent);
const struct osm_value_cache_counters *
osm_value_cache_counters(const struct osm_value_cache *recent);

/* Somebody asks with maxAge: the identity's values are kept from now on. */
void osm_value_cache_want(struct osm_value_cache *recent, struct osm_identity *identity);
/* Whether values of the identity are worth an osm_value_cache_keep(). */
bool osm_value_cache_is_wanted(const struct osm_value_cache *recent,
                               const struct osm_identity *identity);

/* The encoded DataValue, in the arena, when there is one not older than max_age milliseconds;
 * else no bytes. */
UA_ByteString osm_value_cache_get(struct osm_value_cache *recent,
                                  const struct osm_cache_scope *scope, const UA_ReadValueId *node,
                                  osm_msec max_age, struct osm_arena *arena);
/* A value that was true at the moment `at`. */
void osm_value_cache_keep(struct osm_value_cache *recent, const struct osm_cache_scope *scope,
                          const UA_ReadValueId *node, const UA_DataValue *value, osm_msec at);
/* The node is being written to: what is known of it may be over, for everybody. */
void osm_value_cache_forget(struct osm_value_cache *recent, const struct osm_cache_scope *scope,
                            const UA_NodeId *node);

#endif
