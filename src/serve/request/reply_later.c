/* SPDX-License-Identifier: MIT */
/* See reply_later.h. */
#include "serve/request/reply_later.h"

#include <stdlib.h>

#include "util/alloc.h"
#include "wire/value/later.h"

/* Room made for the end of a reply, so that it moves nothing. */
#define END_ROOM ((size_t)4096)

struct osm_reply_later {
    struct osm_ua_work work;
    struct osm_request *request; /* NULL: dropped */
    bool open;                   /* the answer is being told */
    bool busy;                   /* from then on until done */
    bool ends;                   /* nothing more follows but what is in request->out */
    struct osm_buf text;
    size_t most;             /* of the reply … */
    bool too_long;           /* what is at work makes it longer … */
    bool exceeded;           /* … and has, which stays so */
    struct osm_fault excess; /* what it becomes then */

    /* Of the answer at work. */
    struct osm_later parts;
    struct osm_buf around; /* the text they are noted in */
    struct osm_json json;
    struct osm_wire_context context; /* kept */
    const struct osm_style *style;
};

static struct osm_reply_later *later_of(struct osm_ua_work *work)
{
    return osm_container_of(work, struct osm_reply_later, work);
}

/* What is written from now on stands behind. */
static void begin(struct osm_ua_work *work)
{
    struct osm_reply_later *later = later_of(work);

    later->open = false;
    if (!later->request) {
        osm_later_deinit(&later->parts);
        return;
    }
    later->around = later->request->out;
    osm_buf_init(&later->request->out);
}

static void run(struct osm_ua_work *work)
{
    struct osm_reply_later *later = later_of(work);
    struct osm_encoder encoder = osm_encoder_make(&later->json, &later->context, later->style);

    osm_json_init(&later->json, &later->text);
    osm_wire_context_prepare(&later->context);
    if (later->exceeded)
        return;
    later->too_long = !osm_later_write(&later->parts, &later->around, &encoder, later->most);
    if (later->too_long) {
        osm_buf_deinit(&later->text);
        return;
    }
    (void)osm_buf_reserve(&later->text, END_ROOM);
}

static void free_answer(struct osm_reply_later *later)
{
    osm_later_deinit(&later->parts);
    osm_buf_deinit(&later->around);
    osm_wire_context_release(&later->context);
}

static void later_free(struct osm_reply_later *later)
{
    free_answer(later);
    osm_buf_deinit(&later->text);
    free(later);
}

static void done(struct osm_ua_work *work)
{
    struct osm_reply_later *later = later_of(work);
    struct osm_request *request = later->request;

    later->busy = false;
    later->exceeded = later->too_long;
    if (!request) {
        later_free(later);
        return;
    }
    free_answer(later);
    request->json.too_deep = request->json.too_deep || later->json.too_deep;
    if (later->ends && later->exceeded)
        osm_request_fail(request, &(struct osm_fault){later->excess.type, later->excess.message});
    else if (later->ends)
        osm_request_reply_finish(request);
}

static struct osm_reply_later *later_new(struct osm_request *request)
{
    struct osm_reply_later *later = osm_alloc(sizeof(*later));

    *later = (struct osm_reply_later){
        .work = {.begin = begin, .run = run, .done = done}, .request = request, .most = SIZE_MAX};
    return later;
}

struct osm_later *osm_reply_later_note(struct osm_request *request, const struct osm_env *env,
                                       const void *response, const struct osm_encoder *encoder)
{
    struct osm_reply_later *later = request->later;

    if (later && later->busy)
        return later->open ? &later->parts : NULL;
    if (!osm_ua_answer_is_large(env->ua_ops, env->ua, response)) /* as nearly all are not */
        return NULL;
    if (!later)
        later = request->later = later_new(request);
    env->ua_ops->answer_keep(env->ua, response, &later->work);
    later->open = later->busy = true;
    later->context = osm_wire_context_keep(encoder->context);
    later->style = encoder->style;
    return &later->parts;
}

bool osm_reply_later_waits(struct osm_request *request)
{
    struct osm_reply_later *later = request->later;

    if (!later)
        return false;
    if (later->busy) {
        later->ends = true;
        return true;
    }
    osm_buf_add(&later->text, request->out.data, request->out.length);
    osm_buf_deinit(&request->out);
    request->out = later->text;
    osm_buf_init(&later->text);
    osm_reply_later_drop(request);
    return false;
}

size_t osm_reply_later_written(const struct osm_request *request)
{
    const struct osm_reply_later *later = request->later;

    if (later && later->exceeded)
        return SIZE_MAX;
    return request->out.length + (later && !later->busy ? later->text.length : 0);
}

void osm_reply_later_bound(struct osm_request *request, size_t most, const struct osm_fault *fault)
{
    struct osm_reply_later *later = request->later;

    if (!later || !later->busy)
        return;
    later->most = most;
    later->excess = *fault;
}

void osm_reply_later_drop(struct osm_request *request)
{
    struct osm_reply_later *later = osm_steal(request->later);

    if (!later)
        return;
    later->request = NULL;
    if (!later->busy)
        later_free(later);
}
