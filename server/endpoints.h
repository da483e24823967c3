/* SPDX-License-Identifier: MIT */
/* Where the server listens and with which security. */
#ifndef OSM_DEMO_ENDPOINTS_H
#define OSM_DEMO_ENDPOINTS_H

#include <open62541/server.h>
#include <stdint.h>

/* Finds out whether 127.0.0.1:`*port` can be listened on, and replaces 0 by a free port.
 * Returns 0 or a negative errno, -EADDRINUSE for a port in use. */
int osm_endpoints_probe(uint32_t *port);

/* Fills `config` (zeroed but for its logger) with the library's defaults, the loopback
 * address and the endpoints. */
UA_StatusCode osm_endpoints_apply(UA_ServerConfig *config, uint16_t port);

#endif
