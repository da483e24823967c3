/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_CACHE_CACHE_KEY_H
#define OSM_CORE_CACHE_CACHE_KEY_H
/*
 * The keys of the cache (methods.md §1.2, with S2 and M4). A key is a row of parts, each with its
 * length before it, so that no part can pass for another:
 *
 *   endpoint URL, node        the subject: what invalidateCache forgets
 *   policy, mode, user        whose result it is: another user may be shown something else
 *   numbering                 of the server's namespaces: the node, and what the result says, mean
 *                             something else once they are numbered anew. Not in the key of an
 *                             identity alone, which is about no node and has no suffix
 *   kind, suffix              what it is
 *
 * The endpoint is the session's URL as the caller wrote it. A user is a name or a certificate's
 * path. The node is its UA binary encoding, which exists in one form only.
 */
#include "core/cache/cache.h"
#include "core/cache/identity.h"
#include "util/arena.h"

/* Whose results they are and what node ids mean to them; borrowed. */
struct osm_cache_scope {
    const struct osm_identity *identity;
    const uint8_t *numbering; /* OSM_SHA1_BYTES of them (core/link/link.h) */
};

struct osm_cache_what {
    const char *kind;      /* "browse", "readMeta", … */
    const UA_NodeId *node; /* NULL = about no node */
    const void *suffix;    /* what else the result depends on */
    size_t suffix_size;
};

/* The key, in the arena. */
struct osm_cache_key osm_cache_key_make(struct osm_arena *arena,
                                        const struct osm_cache_scope *scope,
                                        const struct osm_cache_what *what);

#endif
