/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_BROWSE_MANY_H
#define OSM_SERVE_METHOD_BROWSE_MANY_H
/*
 * The references of many nodes, in one request as far as the server can: what it cannot send in one
 * piece, or has no continuation point for, is fetched node by node behind it (references.h), so
 * that every list is whole (M28). The send of a batch (batch.h) may use it.
 */
#include "serve/method/references.h"

/* The first member of a method's state; its cleanup calls osm_references_clear. */
struct osm_browse_many {
    struct osm_references references;
    UA_BrowseDescription *list;
    size_t size;
    /* The whole list of the i-th node; valid during the call. Of one the server knows nothing of:
     * none. */
    void (*take)(struct osm_op *op, size_t i, const UA_BrowseResult *result);
    osm_op_start_fn *done; /* all have been taken */
    size_t *left;          /* nodes that are fetched by themselves, in the arena */
    size_t left_size, left_next;
    bool (*refused)(struct osm_op *op, UA_StatusCode status); /* the batch's */
};

/* The list stays until done. */
void osm_browse_many(struct osm_op *op, UA_BrowseDescription *list, size_t size,
                     void (*take)(struct osm_op *op, size_t i, const UA_BrowseResult *result),
                     osm_op_start_fn *done);

#endif
