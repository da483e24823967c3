/* SPDX-License-Identifier: MIT */
#ifndef OSM_SINK_COMMAND_H
#define OSM_SINK_COMMAND_H
/*
 * `--event-command`: a child process that is given events on its standard input, a line each. It
 * is started at once, and started again with growing pauses whenever it ends. What it prints goes
 * to the log line by line.
 *
 * Without acknowledgements an event counts as delivered when its line is in the pipe: what a
 * child that dies has not read from there (64 KiB) is lost to it. With them the child prints
 * `ack <cursor>` when everything up to that event is done; a new child is given again whatever
 * was not acknowledged.
 */
#include <uv.h>

#include "core/manager/sink_status.h"
#include "port/loop_ops.h"
#include "util/macros.h"

struct osm_sink;
struct osm_program;

struct osm_command_sink_config {
    const char *command; /* command_line.h, well-formed if program is given */
    bool acks;
    /* The child, taken over; with {0} a thread starts it. NULL = it is started in the call, which
     * blocks. */
    struct osm_program *program;
};

/* Starts the program of a command line. Returns 0, or negative errno and a message for the user in
 * *error, to be freed. Blocks. */
OSM_MUST_CHECK int osm_command_program_start(const char *line, struct osm_program *program,
                                             char **error);
/* Returns 0, or negative errno and a message for the user in *error, to be freed, when the child
 * cannot be started in the call. Both loops are the same one; the uv loop is for processes. */
OSM_MUST_CHECK int osm_command_sink_new(const struct osm_command_sink_config *config,
                                        const struct osm_loop *loop, uv_loop_t *uv,
                                        struct osm_sink **out, char **error);

#endif
