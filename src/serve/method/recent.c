/* SPDX-License-Identifier: MIT */
/* Recent values in replies; see recent.h. */
#include "serve/method/recent.h"

#include <open62541/types_generated_handling.h>

#include "serve/method/cached.h"
#include "serve/method/method.h"

UA_ByteString osm_recent_look_up(struct osm_op *op, const UA_ReadValueId *node)
{
    struct osm_value_cache *values = op->link->env->values;
    struct osm_session *session = osm_op_session(op);
    struct osm_cache_scope scope;

    if (!op->caller->max_age || node->indexRange.length)
        return UA_BYTESTRING_NULL;
    scope = osm_session_cache_scope(session);
    osm_value_cache_want(values, osm_session_identity(session));
    return osm_value_cache_get(values, &scope, node, op->caller->max_age, osm_op_arena(op));
}

bool osm_recent_is_wanted(struct osm_op *op)
{
    return osm_value_cache_is_wanted(op->link->env->values,
                                     osm_session_identity(osm_op_session(op)));
}

void osm_recent_keep(struct osm_op *op, const UA_ReadValueId *node, const UA_DataValue *value)
{
    const struct osm_cache_scope scope = osm_session_cache_scope(osm_op_session(op));

    if (!node->indexRange.length)
        osm_value_cache_keep(op->link->env->values, &scope, node, value, osm_op_sent_at(op));
}

void osm_recent_forget(struct osm_op *op, const UA_NodeId *node)
{
    const struct osm_cache_scope scope = osm_session_cache_scope(osm_op_session(op));

    osm_value_cache_forget(op->link->env->values, &scope, node);
}

bool osm_recent_show(struct osm_op *op, const UA_ByteString *bytes,
                     void (*show)(struct osm_op *op, void *value))
{
    UA_DataValue value;
    bool owned;

    if (!osm_cached_decode(op, bytes, &UA_TYPES[UA_TYPES_DATAVALUE], &value, &owned))
        return false;
    show(op, &value);
    if (owned)
        UA_DataValue_clear(&value);
    return true;
}
