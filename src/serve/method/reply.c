/* SPDX-License-Identifier: MIT */
/* Encoders for the methods' replies. */
#include "serve/method/method.h"
#include "serve/request/reply_later.h"
#include "wire/value/styles.h"

struct osm_json *osm_reply_begin(struct osm_op *op)
{
    return osm_request_reply_begin(osm_op_request(op));
}

void osm_reply_null(struct osm_op *op)
{
    osm_json_null(osm_reply_begin(op));
    osm_op_finish(op);
}

struct osm_encoder osm_reply_encoder_more(struct osm_op *op)
{
    struct osm_request *request = osm_op_request(op);
    const struct osm_style *style = request->style ? request->style : &osm_plain_style;
    struct osm_wire_context *wire = &osm_method_work(op)->wire;

    /* Fetched anew at every step: a recovery may have brought another namespace table. */
    *wire = osm_link_wire_context(op->link);
    wire->binary_base64 = request->binary_base64;
    wire->strict = osm_reply_is_strict(op);
    return osm_encoder_make(&request->json, wire, style);
}

struct osm_encoder osm_reply_encoder(struct osm_op *op)
{
    (void)osm_reply_begin(op);
    return osm_reply_encoder_more(op);
}

struct osm_encoder osm_reply_answer_encoder_more(struct osm_op *op, const void *response)
{
    struct osm_encoder encoder = osm_reply_encoder_more(op);

    encoder.later = osm_reply_later_note(osm_op_request(op), op->link->env, response, &encoder);
    return encoder;
}

struct osm_encoder osm_reply_answer_encoder(struct osm_op *op, const void *response)
{
    (void)osm_reply_begin(op);
    return osm_reply_answer_encoder_more(op, response);
}

void osm_reply_answer(struct osm_op *op, const void *response, const struct osm_record *record,
                      const void *value)
{
    struct osm_encoder encoder = osm_reply_answer_encoder(op, response);

    osm_record_encode(&encoder, record, value);
    osm_op_finish(op);
}

void osm_reply_uint(struct osm_op *op, uint64_t value)
{
    osm_json_uint(osm_reply_begin(op), value);
    osm_op_finish(op);
}

void osm_reply_value(struct osm_op *op, const void *value, const UA_DataType *type)
{
    struct osm_encoder encoder = osm_reply_encoder(op);

    osm_encode_value(&encoder, value, type);
    osm_op_finish(op);
}

void osm_reply_record(struct osm_op *op, const struct osm_record *record, const void *value)
{
    struct osm_encoder encoder = osm_reply_encoder(op);

    osm_record_encode(&encoder, record, value);
    osm_op_finish(op);
}

void osm_reply_records(struct osm_op *op, const struct osm_record *record, const void *values,
                       size_t size)
{
    struct osm_encoder encoder = osm_reply_encoder(op);

    osm_record_encode_all(&encoder, record, values, size);
    osm_op_finish(op);
}

void osm_reply_answer_records(struct osm_op *op, const void *response,
                              const struct osm_record *record, const void *values, size_t size)
{
    struct osm_encoder encoder = osm_reply_answer_encoder(op, response);

    osm_record_encode_all(&encoder, record, values, size);
    osm_op_finish(op);
}

void osm_reply_list_end(struct osm_op *op)
{
    osm_json_array_end(&osm_op_request(op)->json);
    osm_op_finish(op);
}

bool osm_method_is_strict(const struct osm_request *request, const struct osm_session *session)
{
    if (request->strict != OSM_STRICT_AS_CONFIGURED)
        return request->strict == OSM_STRICT_YES;
    return osm_config_bool(osm_session_config(session), OSM_CONFIG_strict, false);
}

bool osm_reply_is_strict(const struct osm_op *op)
{
    return osm_method_is_strict(osm_op_request(op), osm_op_session(op));
}

bool osm_reply_fail_strictly(struct osm_op *op, UA_StatusCode status)
{
    if (!UA_StatusCode_isBad(status) || !osm_reply_is_strict(op))
        return false;
    osm_op_failf(op, OSM_FAULT_SERVICE, "%s: the server answered 0x%08X %s", op->name, status,
                 UA_StatusCode_name(status));
    return true;
}
