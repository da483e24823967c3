/* SPDX-License-Identifier: MIT */
/* Timers, work and time from libuv; see loop.h. */
#include "rim/io/loop.h"

#include "rim/io/turn.h"
#include "util/alloc.h"
#include "util/macros.h"

/* Invariant: freed only by the close callback, as libuv demands. */
struct osm_timer {
    uv_timer_t handle;
    osm_timer_fn *fire;
    void *context;
};

static void on_timer(uv_timer_t *handle)
{
    struct osm_timer *timer = osm_container_of(handle, struct osm_timer, handle);

    osm_turn_name("timer");
    timer->fire(timer->context);
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(osm_container_of((uv_timer_t *)handle, struct osm_timer, handle));
}

static struct osm_timer *timer_new(void *loop, osm_timer_fn *fire, void *context)
{
    struct osm_timer *timer = osm_alloc(sizeof(*timer));
    int r = uv_timer_init(loop, &timer->handle);

    osm_assert(r == 0 && fire);
    timer->fire = fire;
    timer->context = context;
    return timer;
}

static void timer_start(struct osm_timer *timer, osm_msec delay)
{
    int r = uv_timer_start(&timer->handle, on_timer, delay, 0);

    osm_assert(r == 0); /* fails only on a handle that is being closed */
}

static void timer_stop(struct osm_timer *timer)
{
    (void)uv_timer_stop(&timer->handle);
}

static void timer_free(struct osm_timer *timer)
{
    if (timer)
        uv_close((uv_handle_t *)&timer->handle, on_timer_closed);
}

struct job {
    uv_work_t request;
    void (*work)(void *context);
    void (*done)(void *context);
    void *context;
};

static void run_job(uv_work_t *request)
{
    struct job *job = osm_container_of(request, struct job, request);

    job->work(job->context);
}

static void job_done(uv_work_t *request, int status)
{
    struct job *job = osm_container_of(request, struct job, request);

    osm_turn_name("end of work off the loop");
    job->done(job->context);
    free(job);
}

static void work(void *loop, void (*run)(void *context), void (*done)(void *context), void *context)
{
    struct job *job = osm_alloc(sizeof(*job));
    int r;

    job->work = run;
    job->done = done;
    job->context = context;
    r = uv_queue_work(loop, &job->request, run_job, job_done);
    osm_assert(r == 0); /* fails only without a work function */
}

static const struct osm_loop_ops uv_ops = {
    .timer_new = timer_new,
    .timer_start = timer_start,
    .timer_stop = timer_stop,
    .timer_free = timer_free,
    .work = work,
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

void osm_io_loop_init(struct osm_io_loop *io, uv_loop_t *loop)
{
    io->clock = (struct osm_clock){.monotonic = loop_monotonic,
                                   .wall = loop_wall,
                                   .microseconds = loop_microseconds,
                                   .context = loop};
    io->loop = (struct osm_loop){&uv_ops, loop, &io->clock};
}
