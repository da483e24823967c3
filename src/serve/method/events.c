/* SPDX-License-Identifier: MIT */
/* Events of methods; see events.h. */
#include "serve/method/events.h"

#include "serve/method/method.h"

const char *osm_event_type_name(uint32_t builtin)
{
    return UA_TYPES[builtin - 1].typeName;
}

const char *osm_event_direction_name(UA_BrowseDirection direction)
{
    static const char *const names[] = {"Forward", "Inverse", "Both"};

    return names[direction];
}

void osm_event_of_write(struct osm_op *op, const UA_WriteValue *value, uint32_t builtin,
                        UA_StatusCode status)
{
    if (status == UA_STATUSCODE_GOOD)
        osm_tell(osm_op_session(op), OSM_EVENT_NODE_VALUE_WRITTEN,
                 osm_field_node_id("nodeId", &value->nodeId),
                 osm_field_content("value", &value->value.value),
                 osm_field_text("type", osm_event_type_name(builtin)),
                 osm_field_uint("statusCode", status));
    else
        osm_tell(osm_op_session(op), OSM_EVENT_NODE_VALUE_WRITE_FAILED,
                 osm_field_node_id("nodeId", &value->nodeId), osm_field_uint("statusCode", status));
}

void osm_event_item_created(struct osm_op *op, uint32_t subscription, uint32_t id,
                            const UA_NodeId *node, UA_StatusCode status)
{
    osm_tell(osm_op_session(op), OSM_EVENT_MONITORED_ITEM_CREATED,
             osm_field_uint("subscriptionId", subscription), osm_field_uint("monitoredItemId", id),
             osm_field_node_id("nodeId", node), osm_field_uint("statusCode", status));
}

void osm_event_item_changed(struct osm_op *op, enum osm_event_type type, uint32_t subscription,
                            uint32_t id, UA_StatusCode status)
{
    osm_tell(osm_op_session(op), type, osm_field_uint("subscriptionId", subscription),
             osm_field_uint("monitoredItemId", id), osm_field_uint("statusCode", status));
}

/* --- history -------------------------------------------------------------------------------- */

static const char *perform_name(UA_PerformUpdateType perform)
{
    static const char *const names[] = {[UA_PERFORMUPDATETYPE_INSERT] = "Insert",
                                        [UA_PERFORMUPDATETYPE_REPLACE] = "Replace",
                                        [UA_PERFORMUPDATETYPE_UPDATE] = "Update"};

    return names[perform];
}

void osm_event_of_history(struct osm_op *op, const void *details, const UA_DataType *type,
                          size_t size, const UA_StatusCode *results, size_t results_size)
{
    struct osm_event_field operation_results =
        osm_field_numbers("operationResults", results, results_size);

    if (type == &UA_TYPES[UA_TYPES_UPDATEDATADETAILS]) {
        const UA_UpdateDataDetails *update = details;

        osm_tell(osm_op_session(op), OSM_EVENT_HISTORY_DATA_UPDATED,
                 osm_field_node_id("nodeId", &update->nodeId),
                 osm_field_text("performType", perform_name(update->performInsertReplace)),
                 osm_field_uint("valueCount", size), operation_results);
    } else if (type == &UA_TYPES[UA_TYPES_UPDATEEVENTDETAILS]) {
        const UA_UpdateEventDetails *update = details;

        osm_tell(osm_op_session(op), OSM_EVENT_HISTORY_EVENT_UPDATED,
                 osm_field_node_id("nodeId", &update->nodeId),
                 osm_field_text("performType", perform_name(update->performInsertReplace)),
                 osm_field_uint("eventCount", size), operation_results);
    } else if (type == &UA_TYPES[UA_TYPES_DELETEATTIMEDETAILS]) {
        osm_tell(osm_op_session(op), OSM_EVENT_HISTORY_DATA_DELETED,
                 osm_field_node_id("nodeId", &((const UA_DeleteAtTimeDetails *)details)->nodeId),
                 osm_field_text("kind", "atTime"), osm_field_uint("statusCode", 0),
                 operation_results);
    } else if (type == &UA_TYPES[UA_TYPES_DELETEEVENTDETAILS]) {
        osm_tell(osm_op_session(op), OSM_EVENT_HISTORY_EVENT_DELETED,
                 osm_field_node_id("nodeId", &((const UA_DeleteEventDetails *)details)->nodeId),
                 osm_field_uint("eventCount", size), operation_results);
    }
}
