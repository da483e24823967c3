/* SPDX-License-Identifier: MIT */
/* Cutting requests to the server's size; see batch.h. */
#include "serve/method/batch.h"

static void send(struct osm_op *op, struct osm_batch *batch)
{
    batch->asked = OSM_MIN(batch->size, batch->total - batch->next);
    batch->send(op, batch->next, batch->asked);
}

/* The server's refusal of a whole request: nothing of it has been done. */
static bool refused(struct osm_op *op, UA_StatusCode status)
{
    struct osm_batch *batch = osm_method_work(op)->batch;

    if (!osm_operation_limit_learn(&op->link->limits, batch->kind, batch->asked, status))
        return false;
    batch->size = batch->asked / 2;
    send(op, batch);
    return true;
}

static void begin(struct osm_op *op, struct osm_batch *batch, enum osm_operation_limit_kind kind,
                  size_t total, void (*send_batch)(struct osm_op *op, size_t first, size_t count))
{
    batch->kind = kind;
    batch->total = total;
    batch->size = osm_operation_limit(&op->link->limits, kind, total);
    batch->send = send_batch;
    osm_method_work(op)->batch = batch;
    op->refused = refused;
    send(op, batch);
}

void osm_batch_start(struct osm_op *op, struct osm_batch *batch, enum osm_operation_limit_kind kind,
                     size_t total,
                     void (*send_batch)(struct osm_op *op, size_t first, size_t count))
{
    batch->next = 0;
    batch->resumes = false;
    begin(op, batch, kind, total, send_batch);
}

void osm_batch_resume(struct osm_op *op, struct osm_batch *batch,
                      enum osm_operation_limit_kind kind, size_t total,
                      void (*send_batch)(struct osm_op *op, size_t first, size_t count))
{
    batch->resumes = true;
    begin(op, batch, kind, total, send_batch);
}

bool osm_batch_next(struct osm_op *op)
{
    struct osm_batch *batch = osm_method_work(op)->batch;

    batch->next += batch->asked;
    if (batch->next >= batch->total) {
        op->refused = NULL;
        return false;
    }
    if (batch->resumes)
        osm_op_goes_on(op);
    send(op, batch);
    return true;
}
