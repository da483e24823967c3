/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_IO_PROGRAM_H
#define OSM_RIM_IO_PROGRAM_H
/*
 * A program started with three pipes. The start waits until the program is in place of us, however
 * long disk and processor take over that; so it is for threads, and for the time before the loop
 * runs. It costs the same however large the daemon is: its memory is lent, not copied (the
 * difference to fork, of which libuv's uv_spawn is made).
 *
 * Who waits for ends of processes can ask whether one is of these, in any thread.
 */
#include <stdbool.h>
#include <sys/types.h>

#include "port/loop_ops.h"
#include "util/macros.h"

#define OSM_PROGRAM_PIPES 3

/* Plain data, for handing over: whoever takes it leaves {0} behind. */
struct osm_program {
    pid_t pid;                    /* 0 = none */
    int pipes[OSM_PROGRAM_PIPES]; /* our ends of its descriptors 0, 1, 2; they do not block */
};

/* Starts argv[0], looked up in PATH, with our environment and folder, no signal blocked or ignored
 * and no other descriptor. Returns 0 or negative errno. Blocks. */
OSM_MUST_CHECK int osm_program_start(char **argv, struct osm_program *program);
/* Whether it has ended, and how: status as of waitpid(), -1 when that cannot be known. To be asked
 * until it has. */
bool osm_program_has_ended(pid_t pid, int *status);
/* Ends one nobody has taken. The first blocks until it has gone; the second has the loop's threads
 * do that. {0} is fine. */
void osm_program_end(struct osm_program *program);
void osm_program_end_later(struct osm_program *program, const struct osm_loop *loop);

/* Whether the end of that process will be asked for by whoever has started it. */
bool osm_program_is_ours(pid_t pid);
/* Whether there may be one of ours whose number is not known yet. */
bool osm_program_is_starting(void);

#endif
