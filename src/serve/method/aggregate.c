/* SPDX-License-Identifier: MIT */
/*
 * aggregate and historyAggregate (methods.md §4.4): values of the caller, or of a node's history,
 * aggregated in the daemon. Large pages of a history are read off the loop; what takes many steps
 * is computed and written there. What that works with is its own, and an operation that ends
 * meanwhile forgets it.
 *
 * Samples come from one place at a time: while a large page is read its connection waits.
 */
#include "core/aggregate/aggregate.h"
#include "core/event/event_fields.h"
#include "core/manager/registry.h"
#include "serve/method/history.h"
#include "util/alloc.h"
#include "wire/tagged/tagged_decode.h"

/* Fewer are sooner done than given to another thread. */
#define STEPS_ON_THE_LOOP 10000.0

struct job {
    struct osm_manager *manager;
    struct osm_op *op; /* NULL once the operation is over */
    bool at_work;      /* whoever works with it frees it */
    bool ended;        /* there are no more pages than the one that is being read */
    struct osm_arena arena;
    struct osm_aggregate what;
    struct osm_samples samples;
    struct osm_ua_work reading;
    const UA_DataValue *page; /* of the answer that stays for it */
    size_t page_size;

    struct osm_wire_context context;
    const struct osm_style *style;
    struct osm_json json;
    struct osm_buf text; /* the results, or … */
    struct osm_fault fault;
    size_t intervals;
};

struct aggregate {
    struct osm_history_read read; /* first: see history.h */
    UA_ReadRawModifiedDetails details;
    struct osm_aggregate what;
    struct osm_samples samples; /* of the caller */
    struct job *job;
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
    {.name = ""}};

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
        .name = ""                                                                                 \
    }

/* --- the samples ---------------------------------------------------------------------------- */

static void job_free(struct job *job)
{
    osm_buf_deinit(&job->text);
    osm_arena_deinit(&job->arena);
    free(job);
}

/* An operation that is over, or begins anew. */
static void forget(struct osm_op *op)
{
    struct aggregate *aggregate = op->state;
    struct job *job = osm_steal(aggregate->job);

    if (!job)
        return;
    job->op = NULL;
    if (!job->at_work)
        job_free(job);
}

static void begin(struct osm_op *op)
{
    struct aggregate *aggregate = op->state;

    forget(op);
    aggregate->job = osm_alloc(sizeof(*aggregate->job));
    aggregate->job->op = op;
    aggregate->job->manager = osm_registry_manager(osm_op_session(op));
    aggregate->job->what = aggregate->what;
    osm_arena_init(&aggregate->job->arena);
    osm_buf_init(&aggregate->job->text);
}

/* --- the computation ------------------------------------------------------------------------ */

/* Perhaps on another thread: touches nothing but the job. */
static void run(void *context)
{
    struct job *job = context;
    struct osm_encoder encoder;
    UA_DataValue *results;

    results =
        osm_aggregate_compute(&job->what, &job->samples, &job->arena, &job->fault, &job->intervals);
    if (!results)
        return;
    osm_json_init(&job->json, &job->text);
    encoder = osm_encoder_make(&job->json, &job->context, job->style);
    osm_encode_list(&encoder, results, job->intervals, &UA_TYPES[UA_TYPES_DATAVALUE]);
}

static void tell_computed(const struct job *job)
{
    const struct aggregate *aggregate = job->op->state;
    const UA_NodeId *node = &aggregate->read.node;

    osm_tell(osm_op_session(job->op), OSM_EVENT_AGGREGATE_COMPUTED,
             osm_field_text("function", osm_aggregate_function_name(job->what.function)),
             osm_field_uint("rawInputCount", job->samples.size),
             osm_field_uint("intervalCount", job->intervals),
             osm_field_node_id("nodeId", UA_NodeId_isNull(node) ? NULL : node));
}

static void reply(const struct job *job)
{
    struct osm_op *op = job->op;

    if (osm_fault_is_set(&job->fault)) {
        osm_op_fail(op, &job->fault);
        return;
    }
    tell_computed(job);
    osm_json_raw(osm_reply_begin(op), job->text.data, job->text.length);
    osm_op_finish(op);
}

static void done(void *context)
{
    struct job *job = context;

    if (osm_registry_work_end(job->manager) && job->op)
        reply(job);
    job_free(job);
}

static void compute(struct osm_op *op)
{
    struct job *job = ((struct aggregate *)op->state)->job;
    const struct osm_loop *loop = &osm_manager_env(job->manager)->loop;
    const struct osm_encoder encoder = osm_reply_encoder_more(op);

    job->ended = true;
    if (job->at_work) /* with the last page */
        return;
    job->style = encoder.style;
    job->context.strict = encoder.context->strict; /* results have no names, and no bytes */
    job->at_work = true;
    osm_registry_work_begin(job->manager);
    if (osm_aggregate_steps(&job->what, job->samples.size) > STEPS_ON_THE_LOOP) {
        loop->ops->work(loop->context, run, done, job);
        return;
    }
    run(job);
    done(job);
}

/* --- aggregate ------------------------------------------------------------------------------ */

static void start(struct osm_op *op)
{
    struct aggregate *aggregate = op->state;

    begin(op);
    op->cleanup = forget;
    osm_samples_join(&aggregate->job->samples, &aggregate->samples, &aggregate->job->arena);
    compute(op);
}

static bool aggregate_complete(struct osm_args *args, void *state)
{
    return osm_aggregate_check(&((struct aggregate *)state)->what, args->decode->arena,
                               args->decode->fault);
}

static const struct osm_parameter aggregate_parameters[] = {
    {"rawValues", NULL, OSM_READ(read_samples, struct aggregate, samples)}, AGGREGATE_ROWS};

OSM_METHOD(aggregate, .flags = OSM_OP_READS | OSM_OP_LOCAL, .state_size = sizeof(struct aggregate),
           .parameters = aggregate_parameters, .complete = aggregate_complete, .start = start);

/* --- historyAggregate ----------------------------------------------------------------------- */

static struct job *job_of(struct osm_ua_work *reading)
{
    return osm_container_of(reading, struct job, reading);
}

static void read_page(struct osm_ua_work *reading)
{
    struct job *job = job_of(reading);

    for (size_t i = 0; i < job->page_size; i++)
        osm_samples_add(&job->samples, &job->page[i], &job->arena);
}

static void have_read(struct osm_ua_work *reading)
{
    struct job *job = job_of(reading);

    job->at_work = false;
    if (!job->op)
        job_free(job);
    else if (job->ended)
        compute(job->op);
}

/* A page that is not large is read at once. */
static void add_page(struct osm_op *op, const void *response, const UA_DataValue *values,
                     size_t size)
{
    const struct osm_env *env = op->link->env;
    struct job *job = ((struct aggregate *)op->state)->job;

    job->page = values;
    job->page_size = size;
    job->reading = (struct osm_ua_work){.run = read_page, .done = have_read};
    if (!osm_ua_answer_is_large(env->ua_ops, env->ua, response)) {
        read_page(&job->reading);
        return;
    }
    job->at_work = true;
    env->ua_ops->answer_keep(env->ua, response, &job->reading);
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
    aggregate->read.end = compute;
    aggregate->read.left = forget;
    return aggregate_complete(args, state);
}

static const struct osm_parameter history_parameters[] = {
    {"nodeId", NULL, OSM_NODE(struct aggregate, read.node)}, AGGREGATE_ROWS};

OSM_METHOD(historyAggregate, .flags = OSM_OP_READS, .state_size = sizeof(struct aggregate),
           .parameters = history_parameters, .complete = history_complete,
           .start = osm_history_read_start);
