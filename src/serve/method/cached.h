/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_CACHED_H
#define OSM_SERVE_METHOD_CACHED_H
/*
 * Results that may come from the cache (methods.md §1.2): look up, then hit, or miss and – when
 * the server has answered – store. Embedded in the method's state.
 *
 *   look_up ──▶ hit(op, value)
 *          └──▶ miss(op) ─ … ─▶ store(value)
 *
 * Both may be called at once, before look_up returns: whoever looks up in a row counts with it.
 * Stored are the UA binary encodings of structures, so that both wire encodings are served.
 */
#include "core/cache/cache_key.h"
#include "serve/method/method.h"

/* The value, of the type asked for; what is moved out of it must be replaced by nothing. */
typedef void osm_cached_hit_fn(struct osm_op *op, void *value);

struct osm_cached {
    struct osm_op *op;
    struct osm_cache_key key; /* none: the cache is bypassed */
    uint64_t generation;
    const char *name; /* of the look-up, for events: kind and node, in the arena */
    const UA_DataType *type;
    osm_cached_hit_fn *hit;
    osm_op_start_fn *miss;
};

/* What a result is kept as; NULL = bypass the cache, both ways (useCache = false). */
void osm_cached_look_up(struct osm_cached *cached, struct osm_op *op,
                        const struct osm_cache_what *what, const UA_DataType *type,
                        osm_cached_hit_fn *hit, osm_op_start_fn *miss);
/* The same without a look: what is stored later overwrites. */
void osm_cached_skip(struct osm_cached *cached, struct osm_op *op,
                     const struct osm_cache_what *what, const UA_DataType *type);
/* Keeps a result of the type looked up. Fails nothing; does nothing when bypassed. */
void osm_cached_store(const struct osm_cached *cached, const void *value);

/* A value the cache has kept, structures as the server's own bytes. *owned: it is to be cleared,
 * else its bytes are the operation's. */
bool osm_cached_decode(struct osm_op *op, const UA_ByteString *bytes, const UA_DataType *type,
                       void *value, bool *owned);

#endif
