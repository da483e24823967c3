/* SPDX-License-Identifier: MIT */
/* See decoding.h. A job runs two times or more: to decode, to do what the one who was told has to
 * do with the response, perhaps again, and to give the memory back. */
#include "rim/ua/decoding.h"

#include <utlist.h>

#include "rim/ua/binary.h"
#include "rim/ua/message.h"
#include "util/alloc.h"

void osm_decoding_read(const UA_ByteString *message, const UA_DataType *wanted,
                       struct osm_arena *arena, struct osm_decoded *out)
{
    const UA_DataType *fault = &UA_TYPES[UA_TYPES_SERVICEFAULT];
    UA_ByteString body;
    uint32_t id;

    *out = (struct osm_decoded){.typed = osm_message_type(message, &id, &body)};
    if (!out->typed)
        return;
    if (id == osm_message_id_of(wanted))
        out->type = wanted;
    else if (id == osm_message_id_of(fault))
        out->type = fault;
    else
        return;
    out->response = osm_arena_alloc(arena, out->type->memSize);
    out->status = osm_binary_decode(body.data, body.length, out->type, out->response, arena, NULL);
}

/* --- as a job ------------------------------------------------------------------------------ */

struct osm_decoding {
    struct osm_job job;
    struct osm_stack *stack;
    const UA_DataType *wanted;
    void (*told)(void *context, const struct osm_decoded *decoded);
    void *context;
    struct osm_ua_work *work; /* of who was told; NULL = nothing */
    const void *as;           /* the response, as whoever works on it calls it */
    bool taken;               /* it is somebody's, until he gives it back */
    bool told_now;
    struct osm_stack_later begin;     /* of work that was found outside of telling */
    struct osm_decoding *prev, *next; /* of those that are taken */
    struct osm_channel_hold hold;
    struct osm_assembly answer;
    struct osm_arena arena;
    struct osm_decoded decoded;
};

static struct osm_decoding *decoding_of(struct osm_job *job)
{
    return osm_container_of(job, struct osm_decoding, job);
}

static void run_release(struct osm_job *job)
{
    struct osm_decoding *decoding = decoding_of(job);

    osm_arena_deinit(&decoding->arena);
    osm_buf_deinit(&decoding->answer.bytes);
}

static void released(struct osm_job *job)
{
    struct osm_decoding *decoding = decoding_of(job);

    osm_framing_reset(&decoding->answer, decoding->stack);
    free(decoding);
}

static void release(struct osm_decoding *decoding)
{
    osm_channel_go_on(&decoding->hold);
    decoding->job.run = run_release;
    decoding->job.done = released;
    osm_jobs_submit_first(&decoding->stack->jobs, &decoding->job);
}

static void run(struct osm_job *job)
{
    struct osm_decoding *decoding = decoding_of(job);
    const struct osm_buf *bytes = &decoding->answer.bytes;
    const UA_ByteString message = {bytes->length, (UA_Byte *)bytes->data};

    osm_decoding_read(&message, decoding->wanted, &decoding->arena, &decoding->decoded);
}

static void run_work(struct osm_job *job)
{
    struct osm_ua_work *work = decoding_of(job)->work;

    if (work->run)
        work->run(work);
}

static void work_done(struct osm_job *job);

static void start_work(struct osm_decoding *decoding)
{
    struct osm_ua_work *work = decoding->work;

    if (work->begin)
        work->begin(work);
    decoding->job.run = run_work;
    decoding->job.done = work_done;
    osm_jobs_submit(&decoding->stack->jobs, &decoding->job);
}

/* Whoever keeps it counts it in a budget of his own. */
static void leave_to_taker(struct osm_decoding *decoding)
{
    osm_channel_go_on(&decoding->hold);
    osm_budget_give(&decoding->stack->receiving, decoding->answer.taken);
    decoding->answer.taken = 0;
}

/* It has been told, or what was to be done with it has been. */
static void go_on(struct osm_decoding *decoding)
{
    if (decoding->work)
        start_work(decoding);
    else if (decoding->taken)
        leave_to_taker(decoding);
    else
        release(decoding);
}

/* In there more work may be found for it. */
static void begin_telling(struct osm_decoding *decoding)
{
    decoding->stack->told = decoding;
    decoding->told_now = true;
}

static void end_telling(struct osm_decoding *decoding)
{
    decoding->told_now = false;
    decoding->stack->told = NULL;
    go_on(decoding);
}

static void work_done(struct osm_job *job)
{
    struct osm_decoding *decoding = decoding_of(job);
    struct osm_ua_work *work = osm_steal(decoding->work);

    begin_telling(decoding);
    work->done(work);
    end_telling(decoding);
}

static void done(struct osm_job *job)
{
    struct osm_decoding *decoding = decoding_of(job);

    decoding->as = decoding->decoded.response;
    begin_telling(decoding);
    if (decoding->told)
        decoding->told(decoding->context, &decoding->decoded);
    end_telling(decoding);
}

/* That one, if it has no work: it is being told, or is somebody's. */
static struct osm_decoding *find(const struct osm_stack *stack, const void *response)
{
    struct osm_decoding *decoding = stack->told;

    if (!decoding || decoding->as != response)
        DL_SEARCH_SCALAR(stack->taken, decoding, as, response);
    return decoding && !decoding->work ? decoding : NULL;
}

bool osm_decoding_is_large(const struct osm_stack *stack, const void *response)
{
    return find(stack, response) != NULL;
}

static void on_begin(struct osm_stack_later *begin)
{
    start_work(osm_container_of(begin, struct osm_decoding, begin));
}

void osm_decoding_keep(struct osm_stack *stack, const void *response, struct osm_ua_work *work)
{
    struct osm_decoding *decoding = find(stack, response);

    osm_assert(decoding);
    decoding->work = work;
    if (decoding->told_now)
        return;
    decoding->begin.run = on_begin;
    osm_stack_defer(stack, &decoding->begin);
}

struct osm_decoding *osm_decoding_take(struct osm_stack *stack, const void *as)
{
    struct osm_decoding *decoding = stack->told;

    osm_assert(decoding && !decoding->taken);
    decoding->taken = true;
    decoding->as = as;
    DL_APPEND(stack->taken, decoding);
    return decoding;
}

void osm_decoding_give_back(struct osm_decoding *decoding)
{
    osm_assert(decoding->taken && decoding->stack->taken);
    decoding->taken = false;
    decoding->as = NULL;
    DL_DELETE(decoding->stack->taken, decoding);
    if (!decoding->told_now && !decoding->work)
        release(decoding);
}

struct osm_decoding *
osm_decoding_start(struct osm_stack *stack, struct osm_secure_channel *channel,
                   struct osm_assembly *answer, const UA_DataType *wanted,
                   void (*told)(void *context, const struct osm_decoded *decoded), void *context)
{
    struct osm_decoding *decoding = osm_alloc(sizeof(*decoding));

    *decoding = (struct osm_decoding){.job = {.run = run, .done = done},
                                      .stack = stack,
                                      .wanted = wanted,
                                      .told = told,
                                      .context = context,
                                      .answer = *answer};
    *answer = (struct osm_assembly){0};
    osm_arena_init(&decoding->arena);
    osm_channel_hold(channel, &decoding->hold);
    osm_jobs_submit(&stack->jobs, &decoding->job);
    return decoding;
}

void osm_decoding_abandon(struct osm_decoding *decoding)
{
    if (!decoding)
        return;
    decoding->told = NULL;
    osm_channel_go_on(&decoding->hold);
    if (osm_jobs_withdraw(&decoding->job))
        release(decoding);
}
