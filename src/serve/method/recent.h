/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_RECENT_H
#define OSM_SERVE_METHOD_RECENT_H
/* Values of core/cache/value_cache.h for the methods that read. Parts of values (indexRange) are
 * not kept and not found. */
#include "core/cache/value_cache.h"
#include "core/link/op.h"

/* The encoded value, if the caller takes one (maxAge) and there is one young enough; else no
 * bytes. */
UA_ByteString osm_recent_look_up(struct osm_op *op, const UA_ReadValueId *node);
/* Decodes it and calls show(op, value), which may end the operation. False, and nothing has been
 * called, when it cannot be decoded. */
bool osm_recent_show(struct osm_op *op, const UA_ByteString *bytes,
                     void (*show)(struct osm_op *op, void *value));
/* Whether anybody asks for values the operation brings; else keeping them comes to nothing. */
bool osm_recent_is_wanted(struct osm_op *op);
/* What the server has sent for the operation's request. */
void osm_recent_keep(struct osm_op *op, const UA_ReadValueId *node, const UA_DataValue *value);
/* The operation writes to the node. */
void osm_recent_forget(struct osm_op *op, const UA_NodeId *node);

#endif
