/* SPDX-License-Identifier: MIT */
/* Jobs in the thread pool; see jobs.h. */
#include "rim/ua/jobs.h"

#include <unistd.h>

#include <utlist.h>

#include "util/macros.h"

void osm_jobs_init(struct osm_jobs *jobs, const struct osm_loop *loop, size_t limit)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    *jobs = (struct osm_jobs){.loop = loop, .limit = limit};
    if (!limit)
        jobs->limit = processors > 0 ? (size_t)processors : 1;
}

void osm_jobs_deinit(struct osm_jobs *jobs)
{
    osm_assert(!jobs->waiting && !jobs->running);
}

static void run(void *context)
{
    struct osm_job *job = context;

    job->run(job);
}

static void done(void *context);

static void leave_queue(struct osm_job *job)
{
    DL_DELETE(job->jobs->waiting, job);
    job->jobs->waiting_count--;
    job->waits = false;
}

static void start_next(struct osm_jobs *jobs)
{
    while (jobs->waiting && jobs->running < jobs->limit) {
        struct osm_job *job = jobs->waiting;

        leave_queue(job);
        jobs->running++;
        jobs->loop->ops->work(jobs->loop->context, run, done, job);
    }
}

static void done(void *context)
{
    struct osm_job *job = context;
    struct osm_jobs *jobs = job->jobs;

    jobs->running--;
    start_next(jobs);
    job->done(job);
}

static void submit(struct osm_jobs *jobs, struct osm_job *job, bool first)
{
    osm_assert(job->run && job->done);
    job->jobs = jobs;
    job->waits = true;
    if (first)
        DL_PREPEND(jobs->waiting, job);
    else
        DL_APPEND(jobs->waiting, job);
    jobs->waiting_count++;
    jobs->most_waiting = OSM_MAX(jobs->most_waiting, jobs->waiting_count);
    start_next(jobs);
}

void osm_jobs_submit(struct osm_jobs *jobs, struct osm_job *job)
{
    submit(jobs, job, false);
}

void osm_jobs_submit_first(struct osm_jobs *jobs, struct osm_job *job)
{
    submit(jobs, job, true);
}

bool osm_jobs_withdraw(struct osm_job *job)
{
    if (!job->waits)
        return false;
    leave_queue(job);
    return true;
}
