/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_PROCESS_ORPHANS_H
#define OSM_APP_PROCESS_ORPHANS_H
/*
 * Processes that lose their parent become children of the first process, which has to ask for
 * their end or they stay as zombies. In a container that is the daemon: what the program of
 * --event-command started and left behind comes to it. So it does for whoever was told to be the
 * reaper of its descendants (PR_SET_CHILD_SUBREAPER). Everybody else has nothing to do here.
 */
#include <uv.h>

#include "util/macros.h"

struct osm_orphans {
    uv_signal_t child; /* SIGCHLD */
    uv_timer_t later;
};

/* Begins to watch, if this process is the one that orphans come to. The end of programs that the
 * daemon has started (rim/io/program.h) stays theirs who have. Does not keep the loop alive. */
OSM_MUST_CHECK int osm_orphans_init(struct osm_orphans *orphans, uv_loop_t *loop);
/* Begins to close; the struct must stay until the loop has run once more. */
void osm_orphans_close(struct osm_orphans *orphans);

#endif
