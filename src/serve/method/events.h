/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_EVENTS_H
#define OSM_SERVE_METHOD_EVENTS_H
/* What methods tell the event bus (daemon.md §11), beside osm_tell() itself, which is for events
 * whose fields are at hand. To be told before the operation ends: it takes its memory along. */
#include "core/event/event_fields.h"
#include "core/link/op.h"

/* Names of enumerations, static; of a builtin type, from 1 to 25. */
const char *osm_event_type_name(uint32_t builtin);
const char *osm_event_direction_name(UA_BrowseDirection direction);

/* NodeValueWritten or NodeValueWriteFailed. */
void osm_event_of_write(struct osm_op *op, const UA_WriteValue *value, uint32_t builtin,
                        UA_StatusCode status);
/* MonitoredItemCreated; id as callers know it. */
void osm_event_item_created(struct osm_op *op, uint32_t subscription, uint32_t id,
                            const UA_NodeId *node, UA_StatusCode status);
/* MonitoredItemModified or MonitoredItemDeleted. */
void osm_event_item_changed(struct osm_op *op, enum osm_event_type type, uint32_t subscription,
                            uint32_t id, UA_StatusCode status);
/* HistoryDataUpdated and its like, by the type of the details. size: of the list in them. */
void osm_event_of_history(struct osm_op *op, const void *details, const UA_DataType *type,
                          size_t size, const UA_StatusCode *results, size_t results_size);

#endif
