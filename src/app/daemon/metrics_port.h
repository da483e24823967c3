/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_METRICS_PORT_H
#define OSM_APP_DAEMON_METRICS_PORT_H
/* The HTTP server of --metrics, and the routes of metrics and health on it. */
#include "admin/metrics/metrics.h"
#include "app/conf/options.h"
#include "serve/ipc/server.h"

struct osm_metrics_port {
    struct osm_http_server *http; /* NULL = none */
    struct osm_metrics *metrics;
    const struct osm_ipc_server *ipc;
};

/* Listens. Nothing without --metrics. 0, or negative errno and in *error a message to be freed. */
OSM_MUST_CHECK int osm_metrics_port_start(struct osm_metrics_port *port,
                                          const struct osm_options *options, uv_loop_t *loop,
                                          char **error);
/* From now on it answers; before the loop runs. All is borrowed and must outlive the port. */
void osm_metrics_port_serve(struct osm_metrics_port *port, struct osm_manager *manager,
                            const struct osm_ipc_server *ipc, const struct osm_histogram *turns);
/* May be called again. */
void osm_metrics_port_end(struct osm_metrics_port *port);

#endif
