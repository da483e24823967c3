/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_DUTIES_H
#define OSM_APP_DAEMON_DUTIES_H
/*
 * What the service manager hears while the daemon runs: a line of what it does (STATUS=), whenever
 * that has changed, and a sign of life (WATCHDOG=1) as long as the loop turns *and* the slowest
 * duty moves: a thread of the pool, which names, private keys, files and the spool need, has
 * answered within half the time the manager grants. A pool whose threads all hang – a dead network
 * file system, say – is a daemon that cannot do its work, although its loop turns; then the manager
 * starts it anew. A server, broker or program that is away is no reason for that.
 */
#include <stdint.h>

#include <uv.h>

#include "core/manager/manager.h"

struct osm_duties {
    uv_timer_t timer;
    uv_work_t pool;
    struct osm_manager *manager;
    uint64_t asked_at; /* of the pool; 0 = it has answered */
    uint64_t patience;
    bool started, late;
    bool owes_ready; /* READY=1, which the manager has not taken yet */
    char status[256];
};

/* Begins; the loop and the manager are borrowed. Does nothing where nobody listens. */
void osm_duties_start(struct osm_duties *duties, uv_loop_t *loop, struct osm_manager *manager);
/* Told at once: the reload is over. */
void osm_duties_reloaded(struct osm_duties *duties);
/* Begins to close; the struct must stay until the loop has run once more. */
void osm_duties_end(struct osm_duties *duties);

#endif
