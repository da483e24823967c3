/* SPDX-License-Identifier: MIT */
/* See metrics_port.h. */
#include "app/daemon/metrics_port.h"

#include "util/log.h"

static bool identify(void *context, const char *token, size_t length, struct osm_grant **grant)
{
    const struct osm_metrics_port *port = context;

    return osm_ipc_server_identify(port->ipc, token, length, grant);
}

int osm_metrics_port_start(struct osm_metrics_port *port, const struct osm_options *options,
                           uv_loop_t *loop, char **error)
{
    struct osm_http_config config;
    struct osm_address endpoint;
    int r;

    if (!options->metrics)
        return 0;
    r = osm_address_parse(options->metrics, &endpoint, error);
    if (r < 0)
        return r;
    osm_http_config_init(&config);
    config.endpoint = &endpoint;
    config.name = "metrics";
    config.socket_mode = (unsigned)options->socket_mode;
    config.identify = identify;
    config.identify_context = port;
    return osm_http_server_new(loop, &config, &port->http, error);
}

void osm_metrics_port_serve(struct osm_metrics_port *port, struct osm_manager *manager,
                            const struct osm_ipc_server *ipc, const struct osm_histogram *turns)
{
    if (!port->http)
        return;
    port->ipc = ipc;
    port->metrics = osm_metrics_new(manager, turns);
    if (osm_http_server_endpoint(port->http)->is_unix)
        osm_http_server_set_peers(port->http, &osm_ipc_server_config(ipc)->peers);
    osm_http_server_add(port->http, osm_metrics_routes(port->metrics));
    osm_log_info("Metrics on %s", osm_http_server_endpoint(port->http)->uri);
}

void osm_metrics_port_end(struct osm_metrics_port *port)
{
    port->http = osm_http_server_free(port->http);
    port->metrics = osm_metrics_free(port->metrics);
}
