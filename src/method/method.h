/* SPDX-License-Identifier: MIT */
#ifndef OSM_METHOD_METHOD_H
#define OSM_METHOD_METHOD_H
/*
 * The methods of `query` (methods.md §2): one table row each, families in one file each. A row
 * says how a method decodes its parameters, how it may be ordered and repeated, and what it does
 * first; everything between is the operation's machinery (core/op.h).
 */
#include <stdbool.h>
#include <stddef.h>

#include <yyjson.h>

#include "core/op.h"
#include "wire/plain_decode.h"

/* Positional parameters: a list, or an object with the keys "0", "1", … (ipc-protocol.md §4). */
struct osm_params {
    yyjson_val *container; /* NULL = none */
};

struct osm_method {
    const char *name;
    unsigned flags;    /* enum osm_op_flags */
    size_t state_size; /* of what decode fills and the operation works on */
    /* Decodes all parameters in order of position; false = fault set in decode->fault. NULL when
     * there are none. */
    bool (*decode)(struct osm_decode *decode, const struct osm_params *params,
                   const struct osm_session *session, void *state);
    osm_op_start_fn *start;
    const char *parameters; /* for documentation */
};

/* All 44 methods of the whitelist, ended by NULL. */
extern const struct osm_method *const osm_methods[];
/* The row, or NULL when the name is not in the whitelist. */
const struct osm_method *osm_method_find(const char *name, size_t length);

/* --- parameters, cast as PHP would (params.c) --- */

/* NULL when absent. */
yyjson_val *osm_param(const struct osm_params *params, int position);
bool osm_param_bool(const struct osm_params *params, int position, bool fallback);
int64_t osm_param_int(const struct osm_params *params, int position, int64_t fallback);

/* An item field that is not cast: an integer or absent; else a TypeError. */
OSM_MUST_CHECK bool osm_item_uint32(struct osm_decode *decode, yyjson_val *item, const char *key,
                                    uint32_t fallback, uint32_t *out);
/* A list of objects: sets up iteration and an array for them in the arena. */
OSM_MUST_CHECK bool osm_param_items(struct osm_decode *decode, const struct osm_params *params,
                                    int position, size_t item_size, struct osm_list *list,
                                    void *array);

/* How many of `total` nodes go into one request: batchSize, else the server's limit, else all. */
size_t osm_batch_size(const struct osm_session *session, uint32_t server_limit, size_t total);

/* --- rows, one line per method; each family's file defines its own --- */
#define OSM_METHOD_ROW(name) extern const struct osm_method osm_method_##name;
OSM_METHOD_ROW(read)
OSM_METHOD_ROW(readMulti)
OSM_METHOD_ROW(write)
OSM_METHOD_ROW(writeMulti)
OSM_METHOD_ROW(browse)
OSM_METHOD_ROW(browseAll)
OSM_METHOD_ROW(browseWithContinuation)
OSM_METHOD_ROW(browseNext)
OSM_METHOD_ROW(call)
OSM_METHOD_ROW(getEndpoints)
OSM_METHOD_ROW(isConnected)
OSM_METHOD_ROW(getConnectionState)
OSM_METHOD_ROW(reconnect)
OSM_METHOD_ROW(getTimeout)
OSM_METHOD_ROW(getAutoRetry)
OSM_METHOD_ROW(getBatchSize)
OSM_METHOD_ROW(getDefaultBrowseMaxDepth)
OSM_METHOD_ROW(getServerMaxNodesPerRead)
OSM_METHOD_ROW(getServerMaxNodesPerWrite)
OSM_METHOD_ROW(getTrustStore)
OSM_METHOD_ROW(getTrustPolicy)
OSM_METHOD_ROW(getEventDispatcher)
OSM_METHOD_ROW(getLogger)
#undef OSM_METHOD_ROW

#endif
