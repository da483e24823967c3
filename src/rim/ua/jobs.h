/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_JOBS_H
#define OSM_RIM_UA_JOBS_H
/*
 * Private-key operations on their way through the thread pool, at most as many at a time as there
 * are processors: more would only make each of them slower, and name resolution and files wait in
 * the same pool.
 *
 * Invariant: a job is told done exactly once, on the loop, never from inside submit, unless it is
 * withdrawn. It owns what it works on; an owner that has gone withdraws it, or, when it has begun,
 * is noted in the job, whose done() then only frees it.
 */
#include <stdbool.h>
#include <stddef.h>

#include "port/loop_ops.h"

struct osm_jobs;

/* Embedded at the beginning of, or in, the owner's own struct. */
struct osm_job {
    void (*run)(struct osm_job *job);  /* on another thread */
    void (*done)(struct osm_job *job); /* on the loop; may free the job */
    struct osm_jobs *jobs;
    bool waits; /* submitted and not begun */
    struct osm_job *prev, *next;
};

struct osm_jobs {
    const struct osm_loop *loop;
    struct osm_job *waiting; /* in order of arrival */
    size_t running, limit;
    size_t most_waiting; /* counter */
    size_t waiting_count;
};

/* limit 0 = as many as there are processors. The loop outlives the jobs. */
void osm_jobs_init(struct osm_jobs *jobs, const struct osm_loop *loop, size_t limit);
/* All jobs must be over. */
void osm_jobs_deinit(struct osm_jobs *jobs);
/* run and done are set. */
void osm_jobs_submit(struct osm_jobs *jobs, struct osm_job *job);
/* The same, before all that wait: what gives memory back. */
void osm_jobs_submit_first(struct osm_jobs *jobs, struct osm_job *job);
/* Takes back a job that has not begun: true, and it is told nothing. False: it works, is over or
 * was never submitted. */
bool osm_jobs_withdraw(struct osm_job *job);

#endif
