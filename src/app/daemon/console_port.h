/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_CONSOLE_PORT_H
#define OSM_APP_DAEMON_CONSOLE_PORT_H
/* What the console asks of the daemon: callers, options, reload and drain. */
#include "admin/console/console.h"
#include "app/daemon/drain.h"
#include "app/daemon/reload.h"

struct osm_console_port {
    struct osm_ipc_server *server;
    const struct osm_options *options;
    struct osm_reload *reload;
    struct osm_drain *drain;
};

/* Their context is a struct osm_console_port. */
extern const struct osm_console_ops osm_console_port_ops;

#endif
