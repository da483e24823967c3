/* SPDX-License-Identifier: MIT */
#ifndef OSM_SINK_FILE_H
#define OSM_SINK_FILE_H
/*
 * `--event-log`: events appended to a file, one line each.
 *
 * Everything that touches the file happens off the loop, one job at a time. A file holds whole
 * lines only: what was written of a line when the disk ran full is cut off again, and the line
 * waits. What cannot be cut (a pipe) is continued where it stopped.
 */
#include "core/manager/sink_status.h"
#include "port/loop_ops.h"
#include "util/macros.h"

struct osm_sink;

struct osm_file_sink_config {
    const char *path; /* copied */
    bool durable;     /* confirm only what has reached the disk */
    int fd;           /* of osm_file_sink_open(), taken over; 0 = it is opened here */
};

/* Opens a file for a sink that is made later: it may wait for the disk. A descriptor or negative
 * errno. */
OSM_MUST_CHECK int osm_file_sink_open(const char *path);
/* Opens the file, which is made if missing (0640), and so are its directories (0750). This may
 * wait for the disk: only at start. Returns 0, or negative errno and a message for the user in
 * *error, to be freed. */
OSM_MUST_CHECK int osm_file_sink_new(const struct osm_file_sink_config *config,
                                     const struct osm_loop *loop, struct osm_sink **out,
                                     char **error);

#endif
