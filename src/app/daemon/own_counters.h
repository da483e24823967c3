/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_OWN_COUNTERS_H
#define OSM_APP_DAEMON_OWN_COUNTERS_H
/* Registers what the floors around the core count: the socket (`ipc`), the loop (`loop`),
 * HTTP (`http`), servers that connect to us (`reverse`), sinks that do not end (`sinks`). */
#include "admin/http/http.h"
#include "core/manager/counters.h"
#include "rim/io/watchdog.h"
#include "rim/ua/ua.h"
#include "serve/ipc/server.h"
#include "sink/sinks.h"

#define OSM_OWN_COUNTER_GROUPS 5
#define OSM_OWN_BOUNDS 5

struct osm_own_counters {
    struct osm_counter_group groups[OSM_OWN_COUNTER_GROUPS];
    struct osm_bound bounds[OSM_OWN_BOUNDS];
};

/* Those of these floors that count and are bounded; http may be NULL. */
struct osm_own_counted {
    const struct osm_ipc_server *server;
    struct osm_watchdog *watchdog;
    const struct osm_ua *ua;
    const struct osm_http_server *http;
    struct osm_sinks *const *sinks; /* NULL while there are none */
};

/* The groups, for pages of the documentation: no context is set in them. */
const struct osm_counter_group *osm_own_counters_of_daemon(size_t *size);

/* Everything is borrowed and must stay as long as the manager. */
void osm_own_counters_register(struct osm_own_counters *counters, struct osm_manager *manager,
                               const struct osm_own_counted *counted);

#endif
