/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_BATCH_H
#define OSM_SERVE_METHOD_BATCH_H
/*
 * Requests for many nodes, cut into what the server takes: batchSize, else the limit it names,
 * and never more than it has been found to take. A server that refuses a request as too large
 * (BadTooManyOperations, BadRequestTooLarge, BadResponseTooLarge, BadEncodingLimitsExceeded) is
 * asked again for half as many, and remembered (methods.md §3, M17).
 *
 * Batches go one after the other, so results come in the order of the items.
 */
#include "core/link/operation_limit.h"
#include "serve/method/method.h"

/* Embedded in the method's state. */
struct osm_batch {
    enum osm_operation_limit_kind kind;
    size_t total;
    size_t next;  /* first item of the request under way */
    size_t asked; /* its items */
    size_t size;  /* most items of one request */
    bool resumes; /* osm_batch_resume() */
    void (*send)(struct osm_op *op, size_t first, size_t count);
};

/* Sends the first batch; one, empty, request if there are no items. */
void osm_batch_start(struct osm_op *op, struct osm_batch *batch, enum osm_operation_limit_kind kind,
                     size_t total, void (*send)(struct osm_op *op, size_t first, size_t count));
/* The same for what must not be done twice: items that have been answered are not sent again
 * when a recovery starts the operation anew. The batch is zero before the first time. */
void osm_batch_resume(struct osm_op *op, struct osm_batch *batch,
                      enum osm_operation_limit_kind kind, size_t total,
                      void (*send)(struct osm_op *op, size_t first, size_t count));
/* After an answer: sends the next batch, or returns false when there is none. */
OSM_MUST_CHECK bool osm_batch_next(struct osm_op *op);

#endif
