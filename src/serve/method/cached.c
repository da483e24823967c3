/* SPDX-License-Identifier: MIT */
/* Results that may come from the cache; see cached.h. */
#include "serve/method/cached.h"

#include <open62541/types_generated_handling.h>

#include "core/event/event_fields.h"
#include "core/manager/registry.h"
#include "wire/text/node_id.h"

#define LARGEST_TYPE 512

static bool is_told(const struct osm_cached *cached)
{
    const osm_event_types types =
        OSM_EVENT_BIT(OSM_EVENT_CACHE_HIT) | OSM_EVENT_BIT(OSM_EVENT_CACHE_MISS);

    return osm_bus_wants_any(osm_op_session(cached->op), types);
}

static const char *name_of(const struct osm_cached *cached, const struct osm_cache_what *what)
{
    struct osm_arena *arena = osm_op_arena(cached->op);

    return what->node
               ? osm_arena_printf(arena, "%s:%s", what->kind, osm_node_id_text(arena, what->node))
               : what->kind;
}

static void tell(const struct osm_cached *cached, enum osm_event_type type)
{
    if (cached->name)
        osm_tell(osm_op_session(cached->op), type, osm_field_text("key", cached->name));
}

bool osm_cached_decode(struct osm_op *op, const UA_ByteString *bytes, const UA_DataType *type,
                       void *value, bool *owned)
{
    const struct osm_ua_ops *ops = op->link->env->ua_ops;

    *owned = !ops->decode;
    return ops->decode ? ops->decode(bytes, type, osm_op_arena(op), value)
                       : UA_decodeBinary(bytes, value, type, NULL) == UA_STATUSCODE_GOOD;
}

static void told(void *context, const UA_ByteString *bytes)
{
    struct osm_cached *cached = context;
    _Alignas(max_align_t) char value[LARGEST_TYPE];
    bool owned = false;

    osm_op_looked_up(cached->op);
    if (!bytes || !osm_cached_decode(cached->op, bytes, cached->type, value, &owned)) {
        tell(cached, OSM_EVENT_CACHE_MISS);
        cached->miss(cached->op);
    } else {
        const UA_DataType *type = cached->type;

        tell(cached, OSM_EVENT_CACHE_HIT);
        cached->hit(cached->op, value);
        if (owned)
            UA_clear(value, type);
    }
}

void osm_cached_skip(struct osm_cached *cached, struct osm_op *op,
                     const struct osm_cache_what *what, const UA_DataType *type)
{
    const struct osm_cache_scope scope = osm_session_cache_scope(osm_op_session(op));
    const struct osm_cache *cache = op->link->env->cache;

    *cached = (struct osm_cached){.op = op, .type = type};
    if (!what || !osm_cache_is_on(cache))
        return;
    cached->key = osm_cache_key_make(osm_op_arena(op), &scope, what);
    cached->generation = osm_cache_generation(cache);
}

void osm_cached_look_up(struct osm_cached *cached, struct osm_op *op,
                        const struct osm_cache_what *what, const UA_DataType *type,
                        osm_cached_hit_fn *hit, osm_op_start_fn *miss)
{
    osm_assert(type->memSize <= LARGEST_TYPE);
    osm_cached_skip(cached, op, what, type);
    cached->hit = hit;
    cached->miss = miss;
    if (cached->key.data && is_told(cached))
        cached->name = name_of(cached, what);
    if (cached->key.data)
        osm_op_look_up(op, &cached->key, told, cached);
    else
        miss(op);
}

void osm_cached_store(const struct osm_cached *cached, const void *value)
{
    UA_ByteString bytes = UA_BYTESTRING_NULL;

    if (!cached->key.data)
        return;
    if (UA_encodeBinary(value, cached->type, &bytes) == UA_STATUSCODE_GOOD)
        osm_cache_put(cached->op->link->env->cache, &cached->key, bytes, cached->generation);
    else
        UA_ByteString_clear(&bytes);
}
