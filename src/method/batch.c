/* SPDX-License-Identifier: MIT */
/* Cutting requests to the server's size; see batch.h. */
#include "method/batch.h"

#include "util/log.h"

static bool is_too_large(UA_StatusCode status)
{
    return status == UA_STATUSCODE_BADTOOMANYOPERATIONS ||
           status == UA_STATUSCODE_BADREQUESTTOOLARGE ||
           status == UA_STATUSCODE_BADRESPONSETOOLARGE ||
           status == UA_STATUSCODE_BADENCODINGLIMITSEXCEEDED;
}

static uint32_t named_limit(const struct osm_session *session, enum osm_batch_kind kind)
{
    switch (kind) {
    case OSM_BATCH_READ:
        return session->limits.max_nodes_per_read;
    case OSM_BATCH_WRITE:
        return session->limits.max_nodes_per_write;
    default:
        return 0;
    }
}

size_t osm_batch_limit(const struct osm_session *session, enum osm_batch_kind kind, size_t total)
{
    int64_t configured = osm_config_int(&session->config, OSM_CONFIG_batchSize, 0);
    uint32_t named = named_limit(session, kind);
    uint32_t learnt = session->learnt_limits[kind];
    size_t limit = OSM_MAX(total, 1);

    if (osm_config_has(&session->config, OSM_CONFIG_batchSize))
        named = configured > 0 && configured < UINT32_MAX ? (uint32_t)configured : 0;
    if (named)
        limit = OSM_MIN(limit, named);
    if (learnt)
        limit = OSM_MIN(limit, learnt);
    return limit;
}

static void send(struct osm_op *op, struct osm_batch *batch)
{
    batch->asked = OSM_MIN(batch->size, batch->total - batch->next);
    batch->send(op, batch->next, batch->asked);
}

/* The server's refusal of a whole request: nothing of it has been done. */
static bool refused(struct osm_op *op, UA_StatusCode status)
{
    struct osm_batch *batch = op->batch;

    if (!is_too_large(status) || batch->asked < 2)
        return false;
    batch->size = batch->asked / 2;
    op->session->learnt_limits[batch->kind] = (uint32_t)batch->size;
    osm_log_info("The server refused %zu items at once (%s): sending %zu at a time", batch->asked,
                 UA_StatusCode_name(status), batch->size);
    send(op, batch);
    return true;
}

void osm_batch_start(struct osm_op *op, struct osm_batch *batch, enum osm_batch_kind kind,
                     size_t total,
                     void (*send_batch)(struct osm_op *op, size_t first, size_t count))
{
    batch->kind = kind;
    batch->total = total;
    batch->next = 0;
    batch->size = osm_batch_limit(op->session, kind, total);
    batch->send = send_batch;
    op->batch = batch;
    op->refused = refused;
    send(op, batch);
}

bool osm_batch_next(struct osm_op *op)
{
    struct osm_batch *batch = op->batch;

    batch->next += batch->asked;
    if (batch->next >= batch->total) {
        op->refused = NULL;
        return false;
    }
    send(op, batch);
    return true;
}
