/* SPDX-License-Identifier: MIT */
#ifndef OSM_METHOD_HISTORY_H
#define OSM_METHOD_HISTORY_H
/*
 * What the history methods share: reading a node's history page by page (OPC 10000-4 §5.10.3),
 * and one HistoryUpdate with one result (§5.10.5).
 */
#include "method/method.h"

/* A server that never ends a history is stopped here. */
#define OSM_HISTORY_VALUES ((size_t)4 * 1000 * 1000)
#define OSM_HISTORY_REPLY ((size_t)256 * 1024 * 1024)
#define OSM_HISTORY_EMPTY_PAGES 1000 /* in a row */

/*
 * A HistoryRead of one node. The first member of a method's state; decode fills in the upper
 * part. The status of the result is not looked at: a node without history has no values (M9).
 */
struct osm_history_read {
    UA_NodeId node;
    const UA_DataType *details_type; /* of UA_ReadRawModifiedDetails and its like */
    void *details;
    bool first_page_only; /* the rest is released at the server */
    void (*begin)(struct osm_op *op);
    /* Values are valid during the call. */
    void (*page)(struct osm_op *op, const UA_DataValue *values, size_t size);
    void (*end)(struct osm_op *op);

    size_t values; /* so far */
    unsigned empty_pages;
};

/* The start function of methods that read; osm_op.state is a struct osm_history_read. */
void osm_history_read_start(struct osm_op *op);
/* ReadRawModifiedDetails for values as they were recorded; times 0 = unset. */
void osm_history_read_raw(struct osm_history_read *read, UA_ReadRawModifiedDetails *details,
                          UA_DateTime start, UA_DateTime end);

/* Sends the one details structure, which must not be sent twice; step gets a HistoryUpdate
 * response. */
void osm_history_update_send(struct osm_op *op, void *details, const UA_DataType *type,
                             osm_op_step_fn *step);
/* Replies with the operation results of the first result, [] if there is none. */
void osm_history_update_results(struct osm_op *op, void *response);

#endif
