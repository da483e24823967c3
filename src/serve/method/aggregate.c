/* SPDX-License-Identifier: MIT */
/* aggregate and historyAggregate (methods.md §4.4): values of the caller, or of a node's history,
 * aggregated in the daemon. */
#include "core/aggregate/aggregate.h"
#include "core/event/event_fields.h"
#include "serve/method/history.h"
#include "wire/tagged/tagged_decode.h"

struct aggregate {
    struct osm_history_read read; /* first: see history.h */
    UA_ReadRawModifiedDetails details;
    struct osm_aggregate what;
    struct osm_samples samples;
};

static bool decode_function(struct osm_decode *decode, const struct osm_args *args, int position,
                            enum osm_aggregate_function *out)
{
    const char *name;

    *decode = osm_decode_at(decode, position);
    return osm_tagged_read_aggregate_function(decode, osm_arg(args, position), &name) &&
           (osm_aggregate_function_find(name, out) ||
            osm_decode_type_error(decode, "an AggregateFunction"));
}

static bool decode_options(struct osm_decode *decode, const struct osm_args *args, int position,
                           struct osm_aggregate *out)
{
    yyjson_val *options = osm_arg(args, position);
    uint32_t unused;

    *decode = osm_decode_at(decode, position);
    out->treat_uncertain_as_bad = true;
    if (osm_is_null(options))
        return true;
    if (!yyjson_is_ctn(options))
        return osm_decode_type_error(decode, "an object");
    return osm_arg_item_bool(decode, args, options, "stepped", false, &out->stepped) &&
           osm_arg_item_bool(decode, args, options, "treatUncertainAsBad", true,
                             &out->treat_uncertain_as_bad) &&
           osm_arg_item_bool(decode, args, options, "useSlopedExtrapolation", false,
                             &out->sloped_extrapolation) &&
           osm_arg_item_uint32(decode, options, "percentDataBad", 100, &unused) &&
           osm_arg_item_uint32(decode, options, "percentDataGood", 100, &unused);
}

/* What follows the first parameter. */
static bool decode_rest(struct osm_decode *decode, const struct osm_args *args,
                        struct osm_aggregate *out)
{
    return osm_arg_time(decode, args, 1, false, &out->start) &&
           osm_arg_time(decode, args, 2, false, &out->end) &&
           osm_arg_double(decode, args, 3, 0, &out->interval_ms) &&
           decode_function(decode, args, 4, &out->function) &&
           decode_options(decode, args, 5, out) &&
           osm_aggregate_check(out, decode->arena, decode->fault);
}

static void tell_computed(struct osm_op *op, size_t intervals)
{
    const struct aggregate *aggregate = op->state;
    const UA_NodeId *node = &aggregate->read.node;

    osm_tell(osm_op_session(op), OSM_EVENT_AGGREGATE_COMPUTED,
             osm_field_text("function", osm_aggregate_function_name(aggregate->what.function)),
             osm_field_uint("rawInputCount", aggregate->samples.size),
             osm_field_uint("intervalCount", intervals),
             osm_field_node_id("nodeId", UA_NodeId_isNull(node) ? NULL : node));
}

static void reply(struct osm_op *op)
{
    struct aggregate *aggregate = op->state;
    struct osm_fault fault = {0};
    size_t size;
    UA_DataValue *results = osm_aggregate_compute(&aggregate->what, &aggregate->samples,
                                                  osm_op_arena(op), &fault, &size);
    struct osm_encoder encoder;

    if (!results) {
        osm_op_fail(op, &fault);
        return;
    }
    tell_computed(op, size);
    encoder = osm_reply_encoder(op);
    osm_encode_list(&encoder, results, size, &UA_TYPES[UA_TYPES_DATAVALUE]);
    osm_op_finish(op);
}

/* --- aggregate ------------------------------------------------------------------------------ */

static bool aggregate_decode(struct osm_decode *decode, struct osm_args *args,
                             const struct osm_session *session, void *state)
{
    struct aggregate *aggregate = state;
    struct osm_list list;
    yyjson_val *item;

    if (!osm_arg_list(decode, args, 0, false, &list))
        return false;
    for (decode->item = 0; (item = osm_cast_list_next(&list)); decode->item++) {
        UA_DataValue value;

        if (!osm_tagged_read_data_value(decode, item, &value))
            return false;
        osm_samples_add(&aggregate->samples, &value, decode->arena);
    }
    return decode_rest(decode, args, &aggregate->what);
}

static const struct osm_parameter aggregate_parameters[] = {{"rawValues", NULL},
                                                            {"startTime", NULL},
                                                            {"endTime", NULL},
                                                            {"processingIntervalMs", NULL},
                                                            {"function", NULL},
                                                            {"options", "null"},
                                                            {0}};

const struct osm_method osm_method_aggregate = {
    .name = "aggregate",
    .flags = OSM_OP_READS | OSM_OP_LOCAL,
    .state_size = sizeof(struct aggregate),
    .parameters = aggregate_parameters,
    .decode = aggregate_decode,
    .start = reply,
};

/* --- historyAggregate ----------------------------------------------------------------------- */

static void begin(struct osm_op *op)
{
    ((struct aggregate *)op->state)->samples = (struct osm_samples){0};
}

static void add_page(struct osm_op *op, const UA_DataValue *values, size_t size)
{
    struct aggregate *aggregate = op->state;

    for (size_t i = 0; i < size; i++)
        osm_samples_add(&aggregate->samples, &values[i], osm_op_arena(op));
}

static bool history_decode(struct osm_decode *decode, struct osm_args *args,
                           const struct osm_session *session, void *state)
{
    struct aggregate *aggregate = state;

    if (!osm_arg_node_id(decode, args, 0, &aggregate->read.node) ||
        !decode_rest(decode, args, &aggregate->what))
        return false;
    osm_history_read_raw(&aggregate->read, &aggregate->details, aggregate->what.start,
                         aggregate->what.end);
    aggregate->details.returnBounds = true;
    aggregate->read.begin = begin;
    aggregate->read.page = add_page;
    aggregate->read.end = reply;
    return true;
}

static const struct osm_parameter history_parameters[] = {{"nodeId", NULL},
                                                          {"startTime", NULL},
                                                          {"endTime", NULL},
                                                          {"processingIntervalMs", NULL},
                                                          {"function", NULL},
                                                          {"options", "null"},
                                                          {0}};

const struct osm_method osm_method_historyAggregate = {
    .name = "historyAggregate",
    .flags = OSM_OP_READS,
    .state_size = sizeof(struct aggregate),
    .parameters = history_parameters,
    .decode = history_decode,
    .start = osm_history_read_start,
};
