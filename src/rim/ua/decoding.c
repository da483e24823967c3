/* SPDX-License-Identifier: MIT */
/* See decoding.h. A job runs two or three times: to decode, to do what the one who was told has to
 * do with the response, and to give the memory back. */
#include "rim/ua/decoding.h"

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

    work->run(work);
}

static void work_done(struct osm_job *job)
{
    struct osm_decoding *decoding = decoding_of(job);
    struct osm_ua_work *work = osm_steal(decoding->work);

    release(decoding);
    work->done(work);
}

static void tell(struct osm_decoding *decoding)
{
    if (!decoding->told)
        return;
    decoding->stack->told = decoding;
    decoding->told(decoding->context, &decoding->decoded);
    decoding->stack->told = NULL;
}

static void done(struct osm_job *job)
{
    struct osm_decoding *decoding = decoding_of(job);

    tell(decoding);
    if (!decoding->work) {
        release(decoding);
        return;
    }
    decoding->work->begin(decoding->work);
    decoding->job.run = run_work;
    decoding->job.done = work_done;
    osm_jobs_submit(&decoding->stack->jobs, &decoding->job);
}

bool osm_decoding_is_large(const struct osm_stack *stack, const void *response)
{
    const struct osm_decoding *told = stack->told;

    return told && !told->work && told->decoded.response == response;
}

void osm_decoding_keep(struct osm_stack *stack, struct osm_ua_work *work)
{
    osm_assert(stack->told && !stack->told->work);
    stack->told->work = work;
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
