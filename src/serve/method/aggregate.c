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

static bool read_function(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                          void *out)
{
    const char *name;

    return osm_tagged_read_aggregate_function(args->decode, value, &name) &&
           (osm_aggregate_function_find(name, out) ||
            osm_decode_type_error(args->decode, "an AggregateFunction"));
}

/* It changes nothing here. */
static bool check_percentage(struct osm_args *args, const struct osm_parameter *row,
                             yyjson_val *value, void *out)
{
    uint32_t unused;

    return osm_parameter_strict_uint32(args, row, value, &unused);
}

static const struct osm_parameter option_rows[] = {
    {"stepped", "false", OSM_BOOL(struct osm_aggregate, stepped)},
    {"treatUncertainAsBad", "true", OSM_BOOL(struct osm_aggregate, treat_uncertain_as_bad)},
    {"useSlopedExtrapolation", "false", OSM_BOOL(struct osm_aggregate, sloped_extrapolation)},
    {"percentDataBad", "100", .read = check_percentage},
    {"percentDataGood", "100", .read = check_percentage},
    {0}};

static bool read_options(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                         void *out)
{
    ((struct osm_aggregate *)out)->treat_uncertain_as_bad = true;
    return !value || osm_parameter_map(args, row, value, out);
}

static bool read_samples(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                         void *out)
{
    struct osm_decode *decode = args->decode;
    struct osm_list list;
    yyjson_val *item;
    UA_DataValue sample;

    if (!osm_plain_read_list(decode, value, &list))
        return false;
    for (decode->item = 0; (item = osm_cast_list_next(&list)); decode->item++) {
        if (!osm_tagged_read_data_value(decode, item, &sample))
            return false;
        osm_samples_add(out, &sample, decode->arena);
    }
    return true;
}

/* What follows the first parameter. */
#define AGGREGATE_ROWS                                                                             \
    {"startTime", NULL, OSM_TIME(struct aggregate, what.start)},                                   \
        {"endTime", NULL, OSM_TIME(struct aggregate, what.end)},                                   \
        {"processingIntervalMs", NULL, OSM_DOUBLE(struct aggregate, what.interval_ms)},            \
        {"function", NULL, OSM_READ(read_function, struct aggregate, what.function)},              \
        {"options", "null", OSM_READ(read_options, struct aggregate, what), .of = option_rows},    \
    {                                                                                              \
        0                                                                                          \
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

static bool aggregate_complete(struct osm_args *args, void *state)
{
    return osm_aggregate_check(&((struct aggregate *)state)->what, args->decode->arena,
                               args->decode->fault);
}

static const struct osm_parameter aggregate_parameters[] = {
    {"rawValues", NULL, OSM_READ(read_samples, struct aggregate, samples)}, AGGREGATE_ROWS};

OSM_METHOD(aggregate, .flags = OSM_OP_READS | OSM_OP_LOCAL, .state_size = sizeof(struct aggregate),
           .parameters = aggregate_parameters, .complete = aggregate_complete, .start = reply);

/* --- historyAggregate ----------------------------------------------------------------------- */

static void begin(struct osm_op *op)
{
    ((struct aggregate *)op->state)->samples = (struct osm_samples){0};
}

static void add_page(struct osm_op *op, const void *response, const UA_DataValue *values,
                     size_t size)
{
    struct aggregate *aggregate = op->state;

    for (size_t i = 0; i < size; i++)
        osm_samples_add(&aggregate->samples, &values[i], osm_op_arena(op));
}

static bool history_complete(struct osm_args *args, void *state)
{
    struct aggregate *aggregate = state;

    aggregate->details.startTime = aggregate->what.start;
    aggregate->details.endTime = aggregate->what.end;
    aggregate->details.returnBounds = true;
    osm_history_read_raw(&aggregate->read, &aggregate->details);
    aggregate->read.begin = begin;
    aggregate->read.page = add_page;
    aggregate->read.end = reply;
    return aggregate_complete(args, state);
}

static const struct osm_parameter history_parameters[] = {
    {"nodeId", NULL, OSM_NODE(struct aggregate, read.node)}, AGGREGATE_ROWS};

OSM_METHOD(historyAggregate, .flags = OSM_OP_READS, .state_size = sizeof(struct aggregate),
           .parameters = history_parameters, .complete = history_complete,
           .start = osm_history_read_start);
