/* SPDX-License-Identifier: MIT */
/* What the methods share: encoders for their replies, and the size of their batches. */
#include "method/method.h"
#include "wire/styles.h"

struct osm_encoder osm_op_encoder(struct osm_op *op)
{
    struct osm_request *request = op->request;
    const struct osm_style *style = request->style ? request->style : &osm_plain_style;

    /* Fetched anew at every step: a recovery may have brought another namespace table. */
    op->wire = osm_session_wire_context(op->session);
    op->wire.binary_base64 = request->binary_base64;
    return osm_encoder_make(&request->json, &op->wire, style);
}

struct osm_encoder osm_op_reply_encoder(struct osm_op *op)
{
    (void)osm_op_reply(op);
    return osm_op_encoder(op);
}

size_t osm_batch_size(const struct osm_session *session, uint32_t server_limit, size_t total)
{
    int64_t batch = osm_config_int(&session->config, OSM_CONFIG_batchSize, 0);

    if (osm_config_has(&session->config, OSM_CONFIG_batchSize))
        return batch > 0 && (uint64_t)batch < total ? (size_t)batch : total;
    return server_limit && server_limit < total ? server_limit : total;
}
