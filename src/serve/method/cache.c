/* SPDX-License-Identifier: MIT */
/* invalidateCache and flushCache (methods.md §2.28, M5). In order with the session's other
 * operations, but they need no connection. */
#include "core/cache/cache_key.h"
#include "serve/method/method.h"

static void forgotten(void *context, const UA_ByteString *nothing)
{
    struct osm_op *op = context;

    osm_op_looked_up(op);
    osm_reply_null(op);
}

static void invalidate_start(struct osm_op *op)
{
    const struct osm_cache_scope scope = osm_session_cache_scope(osm_op_session(op));
    const struct osm_cache_what what = {.node = op->state};
    struct osm_cache_key key = osm_cache_key_make(osm_op_arena(op), &scope, &what);

    osm_op_forget(op, &key, forgotten, op);
}

static const struct osm_parameter invalidate_parameters[] = {
    {"nodeId", NULL, .read = osm_parameter_node}, {.name = ""}};

OSM_METHOD(invalidateCache, .flags = OSM_OP_LOCAL, .state_size = sizeof(UA_NodeId),
           .parameters = invalidate_parameters, .start = invalidate_start);

static void flush_start(struct osm_op *op)
{
    osm_op_forget(op, NULL, forgotten, op);
}

OSM_METHOD(flushCache, .flags = OSM_OP_LOCAL, .start = flush_start);
