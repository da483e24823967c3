/* SPDX-License-Identifier: MIT */
/* Recent values in replies; see recent.h. */
#include "serve/method/recent.h"

#include <open62541/types_generated_handling.h>

#include "serve/method/method.h"

UA_ByteString osm_recent_look_up(struct osm_op *op, const UA_ReadValueId *node)
{
    if (!op->caller->max_age)
        return UA_BYTESTRING_NULL;
    osm_value_cache_want(osm_op_session(op));
    return osm_value_cache_get(osm_op_session(op), node, op->caller->max_age, osm_op_arena(op));
}

bool osm_recent_show(struct osm_op *op, const UA_ByteString *bytes,
                     void (*show)(struct osm_op *op, void *value))
{
    UA_DataValue value;

    if (UA_decodeBinary(bytes, &value, &UA_TYPES[UA_TYPES_DATAVALUE], NULL) != UA_STATUSCODE_GOOD)
        return false;
    show(op, &value);
    UA_DataValue_clear(&value);
    return true;
}
