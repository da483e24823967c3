/* SPDX-License-Identifier: MIT */
/* Timers, work and time from libuv; see loop.h. */
#include "rim/io/loop.h"

#include <utlist.h>

#include "rim/io/turn.h"
#include "util/alloc.h"
#include "util/macros.h"

static struct osm_timer *timer_new(void *loop, osm_timer_fn *fire, void *context)
{
    struct osm_io_loop *io = loop;

    return osm_io_timer_new(&io->timers, fire, context);
}

struct osm_io_job {
    union {
        uv_work_t request;
        uv_idle_t turn;
    };
    struct osm_io_loop *io;
    void (*work)(void *context);
    void (*done)(void *context);
    void *context;
    struct osm_io_job *prev, *next;
};

static _Thread_local bool is_work;

bool osm_io_is_work(void)
{
    return is_work;
}

static void run(struct osm_io_job *job)
{
    is_work = true;
    job->work(job->context);
    is_work = false;
}

static struct osm_io_job *job_new(void *loop, void (*work)(void *context),
                                  void (*done)(void *context), void *context)
{
    struct osm_io_job *job = osm_alloc(sizeof(*job));

    job->io = loop;
    job->work = work;
    job->done = done;
    job->context = context;
    return job;
}

static void run_in_pool(uv_work_t *request)
{
    run(osm_container_of(request, struct osm_io_job, request));
}

static void pool_done(uv_work_t *request, int status)
{
    struct osm_io_job *job = osm_container_of(request, struct osm_io_job, request);

    (void)status;
    osm_turn_name("end of work off the loop");
    job->done(job->context);
    free(job);
}

static void work_in_pool(void *loop, void (*work)(void *context), void (*done)(void *context),
                         void *context)
{
    struct osm_io_job *job = job_new(loop, work, done, context);
    int r = uv_queue_work(job->io->uv, &job->request, run_in_pool, pool_done);

    osm_assert(r == 0); /* fails only without a work function */
}

static void on_turn_closed(uv_handle_t *handle)
{
    free(osm_container_of((uv_idle_t *)handle, struct osm_io_job, turn));
}

static void on_turn(uv_idle_t *handle)
{
    struct osm_io_job *job = osm_container_of(handle, struct osm_io_job, turn);
    struct osm_io_loop *io = job->io;

    osm_turn_name("work in the loop's thread");
    DL_DELETE(io->here, job);
    if (io->here)
        (void)uv_idle_start(&io->here->turn, on_turn); /* its turn is the next one */
    run(job);
    uv_update_time(io->uv);
    uv_close((uv_handle_t *)handle, on_turn_closed);
    job->done(job->context);
}

static void work_here(void *loop, void (*work)(void *context), void (*done)(void *context),
                      void *context)
{
    struct osm_io_job *job = job_new(loop, work, done, context);
    struct osm_io_loop *io = job->io;

    (void)uv_idle_init(io->uv, &job->turn);
    DL_APPEND(io->here, job);
    if (io->here == job)
        (void)uv_idle_start(&job->turn, on_turn);
}

static const struct osm_loop_ops pool_ops = {
    .timer_new = timer_new,
    .timer_start = osm_io_timer_start,
    .timer_stop = osm_io_timer_stop,
    .timer_free = osm_io_timer_free,
    .work = work_in_pool,
};

static const struct osm_loop_ops threadless_ops = {
    .timer_new = timer_new,
    .timer_start = osm_io_timer_start,
    .timer_stop = osm_io_timer_stop,
    .timer_free = osm_io_timer_free,
    .work = work_here,
};

static osm_msec loop_monotonic(void *context)
{
    return uv_now(context);
}

static double loop_wall(void *context)
{
    (void)context;
    return osm_clock_wall(osm_clock_system());
}

static uint64_t loop_microseconds(void *context)
{
    (void)context;
    return osm_clock_microseconds();
}

static void init(struct osm_io_loop *io, uv_loop_t *loop, const struct osm_loop_ops *ops)
{
    *io = (struct osm_io_loop){.uv = loop, .timers = {.uv = loop}};
    io->clock = (struct osm_clock){.monotonic = loop_monotonic,
                                   .wall = loop_wall,
                                   .microseconds = loop_microseconds,
                                   .context = loop};
    io->loop = (struct osm_loop){ops, io, &io->clock};
}

void osm_io_loop_init(struct osm_io_loop *io, uv_loop_t *loop)
{
    init(io, loop, &pool_ops);
}

void osm_io_loop_init_threadless(struct osm_io_loop *io, uv_loop_t *loop)
{
    init(io, loop, &threadless_ops);
}
