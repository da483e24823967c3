/* SPDX-License-Identifier: MIT */
#ifndef OSM_SINK_CHILD_H
#define OSM_SINK_CHILD_H
/*
 * A program (rim/io/program.h) on the loop. What it prints comes as lines; writing to it never
 * waits. A child is made anew for each start and frees itself when process and pipes are closed.
 */
#include <sys/uio.h>

#include <uv.h>

#include "rim/io/program.h"
#include "util/macros.h"

struct osm_child;

struct osm_child_ops {
    /* Standard input has room again after a short osm_child_write(). */
    void (*writable)(void *context);
    /* A line it printed, without '\n', cut at OSM_CHILD_LINE bytes. stream: 1 or 2. */
    void (*line)(void *context, int stream, const char *text, size_t length);
    /* It has ended, and all it printed was handed out. status: -1 when a signal has ended it, or
     * when nobody knows. Do not touch it after this. */
    void (*ended)(void *context, int64_t status, int signal);
};

#define OSM_CHILD_LINE 2048

/* Takes the program over. */
struct osm_child *osm_child_new(struct osm_program *program, uv_loop_t *loop,
                                const struct osm_child_ops *ops, void *context);
/* Writes what fits; returns the number of bytes, or negative errno (-EPIPE: it does not read any
 * more). After less than everything ops->writable() will be called. */
OSM_MUST_CHECK ssize_t osm_child_write(struct osm_child *child, const struct iovec *pieces,
                                       int count);
/* Closes its standard input. */
void osm_child_finish(struct osm_child *child);
void osm_child_kill(struct osm_child *child, int signal);
int osm_child_pid(const struct osm_child *child);

#endif
