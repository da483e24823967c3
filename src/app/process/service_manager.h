/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_PROCESS_SERVICE_MANAGER_H
#define OSM_APP_PROCESS_SERVICE_MANAGER_H
/*
 * Who started the daemon and wants to know how it does: systemd, or another manager that speaks
 * its protocols (sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3)). Written here and not
 * taken from libsystemd, because that waits for the manager's socket, and this loop must never
 * wait.
 *
 * One for the process. Without a manager every function does nothing. Only main.c and the daemon's
 * top call it.
 */
#include <stdbool.h>

#include "util/clock.h"
#include "util/macros.h"

/* Takes from the environment what the manager has said, so that no program started later believes
 * itself addressed. Sockets that came with the process are given to rim/io/listener.h. */
void osm_service_manager_init(void);
void osm_service_manager_deinit(void);

/* Whether there is one. */
bool osm_service_manager_listens(void);

/* How often the manager wants to hear of us, half of it at the latest; 0 = not at all. */
osm_msec osm_service_manager_watchdog(void);

/* READY=1, STATUS=…, WATCHDOG=1 and the others, joined by '\n'; what the manager does not take at
 * once is dropped, and false returned. */
bool osm_service_manager_tell(const char *format, ...) OSM_PRINTF(1, 2);

/* A reload begins (the manager waits for READY=1 then). */
void osm_service_manager_reloading(void);

#endif
