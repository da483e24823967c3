/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_HISTORY_H
#define OSM_SERVE_METHOD_HISTORY_H
/*
 * What the history methods share: reading a node's history page by page (OPC 10000-4 §5.10.3),
 * and HistoryUpdate with one result (§5.10.5). Both are about one node, so what servers refuse as
 * too large is cut along its values.
 */
#include "core/link/points.h"
#include "serve/method/batch.h"

/* Asked for at a time when a server cannot send all at once; less if it cannot send these. */
#define OSM_HISTORY_PAGE 10000
/* A server that never ends a history is stopped here. */
#define OSM_HISTORY_VALUES ((size_t)4 * 1000 * 1000)
#define OSM_HISTORY_REPLY ((size_t)256 * 1024 * 1024)
#define OSM_HISTORY_EMPTY_PAGES 1000 /* in a row */
#define OSM_HISTORY_PAGES 100000

/*
 * A HistoryRead of one node. Whatever ends it before the server has, its continuation point is
 * released. The first member of a method's state; decode fills in the upper part. The status of the
 * result is not looked at: a node without history has no values (M9).
 */
struct osm_history_read {
    UA_NodeId node;
    const UA_DataType *details_type; /* of UA_ReadRawModifiedDetails and its like */
    void *details;
    size_t parts; /* requests it can be cut into; 0 = not this way */
    /* Makes details those of the parts from first on. */
    void (*narrow)(struct osm_history_read *read, size_t first, size_t count);
    uint32_t *page_size; /* in details, of those that are not cut; 0 there = everything */
    uint32_t wanted;     /* values; the rest is released at the server; 0 = everything */
    void (*begin)(struct osm_op *op);
    /* Values are the response's. */
    void (*page)(struct osm_op *op, const void *response, const UA_DataValue *values, size_t size);
    void (*end)(struct osm_op *op);
    void (*left)(struct osm_op *op); /* an attempt is over, or was lost; NULL = nothing to do */

    struct osm_batch batch;
    bool begun;
    size_t values; /* so far */
    unsigned pages, empty_pages;
    size_t points;                 /* bytes of the continuation points that came with them */
    struct osm_points_place place; /* in the queue for continuation points */
    struct osm_fault fault;        /* to be told when the point is released */
};

/* The start function of methods that read; osm_op.state is a struct osm_history_read. */
void osm_history_read_start(struct osm_op *op);
/* ReadRawModifiedDetails, already filled in, for values as they were recorded. */
void osm_history_read_raw(struct osm_history_read *read, UA_ReadRawModifiedDetails *details);

/* Sends the one details structure, which must not be sent twice; step gets a HistoryUpdate
 * response. */
void osm_history_update_send(struct osm_op *op, void *details, const UA_DataType *type,
                             osm_op_step_fn *step);

/* Changes of a list of values or events. The first member of a method's state. */
struct osm_history_changes {
    void *details;
    const UA_DataType *details_type;
    size_t list; /* where the list's size stands in details, its items right behind */
    size_t item_size;

    char *items; /* of the whole list */
    size_t size;
    UA_StatusCode *results; /* of the items so far, for events; in the arena */
    size_t results_size;
    struct osm_batch batch;
};

/* decode has filled details with the whole list. */
void osm_history_changes_init(struct osm_history_changes *changes, void *details,
                              const UA_DataType *type, size_t list, size_t item_size);
/* The start function of such methods: replies with the operation results, [] if there are none. */
void osm_history_changes_start(struct osm_op *op);

#endif
