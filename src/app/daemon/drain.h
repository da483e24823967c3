/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_DRAIN_H
#define OSM_APP_DAEMON_DRAIN_H
/*
 * The console's DRAIN: no new sessions, and the daemon ends as after a signal when no caller's
 * request is under way any more, or when its time is over.
 */
#include "core/manager/manager.h"
#include "serve/ipc/server.h"

struct osm_drain {
    struct osm_manager *manager;
    const struct osm_ipc_server *server;
    void (*end)(void *context); /* the orderly shutdown */
    void *context;
    struct osm_timer *timer; /* NULL = it has not begun */
    osm_msec deadline;
};

/* Again: with another deadline. */
void osm_drain_begin(struct osm_drain *drain, unsigned seconds);
/* The daemon ends anyway. A zeroed one is fine. */
void osm_drain_stop(struct osm_drain *drain);

#endif
