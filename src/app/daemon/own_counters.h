/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_OWN_COUNTERS_H
#define OSM_APP_DAEMON_OWN_COUNTERS_H
/* Registers what the floors around the core count: the socket (`ipc`) and the loop (`loop`). */
#include "core/manager/counters.h"
#include "rim/io/watchdog.h"
#include "serve/ipc/server.h"

struct osm_own_counters {
    struct osm_counter_group ipc, loop;
};

/* Everything is borrowed and must stay as long as the manager. */
void osm_own_counters_register(struct osm_own_counters *counters, struct osm_manager *manager,
                               const struct osm_ipc_server *server, struct osm_watchdog *watchdog);

#endif
