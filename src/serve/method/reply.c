/* SPDX-License-Identifier: MIT */
/* Encoders for the methods' replies. */
#include "serve/method/method.h"
#include "wire/value/styles.h"

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
