/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_PROCESS_SIGNALS_H
#define OSM_APP_PROCESS_SIGNALS_H
/*
 * SIGTERM and SIGINT end the daemon, SIGHUP reopens the log (contract: daemon.md §5).
 *
 * The first two phases of an end are orderly and run on the loop. From osm_signals_arm() on a
 * further signal, or the end of the allowed time, ends the process from a plain signal handler,
 * because the loop may be the very thing that hangs.
 */
#include <uv.h>

#include "app/process/orphans.h"
#include "app/process/pid_file.h"

struct osm_signals {
    uv_signal_t terminate;
    uv_signal_t interrupt;
    uv_signal_t hangup;
    struct osm_orphans orphans;
    void (*stop)(void *context); /* called at most once */
    void (*reopen)(void *context);
    void *context;
};

/*
 * The first process of a container or machine gets no signal it has no handler for, so one that
 * came during the start would be lost: there the three are held back until osm_signals_init().
 * For main(), before anything else. No effect in any other process, which such a signal just ends.
 */
void osm_signals_hold_back(void);
/* Callbacks run on the loop. The watchers do not keep the loop alive. */
OSM_MUST_CHECK int osm_signals_init(struct osm_signals *signals, uv_loop_t *loop,
                                    void (*stop)(void *context), void (*reopen)(void *context),
                                    void *context);
/*
 * The end has begun: one more signal, or `seconds` going by, removes the PID file (borrowed) and
 * exits with status 1.
 */
void osm_signals_arm(const struct osm_pid_file *pid_file, unsigned seconds);
/* Only work in other threads is awaited now (a name lookup cannot be cancelled): after `seconds`
 * the process exits without it, with status 0. */
void osm_signals_orderly(unsigned seconds);
/* The PID file is about to be freed. */
void osm_signals_disarm(void);
/* Begins to close the watchers; the struct must stay until the loop has run once more. */
void osm_signals_close(struct osm_signals *signals);

#endif
