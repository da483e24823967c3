/* SPDX-License-Identifier: MIT */
/* The library's log on stderr: its own logger writes to stdout, which belongs to the one
 * line that says the server is ready. */
#ifndef OSM_DEMO_LOGGER_H
#define OSM_DEMO_LOGGER_H

#include <open62541/plugin/log.h>

struct osm_logger {
    UA_Logger base; /* to be given to the library; lives as long as the server */
    UA_LogLevel least;
};

/* Messages below `least` are dropped. `logger` is memory of the caller; nothing to end. */
void osm_logger_init(struct osm_logger *logger, UA_LogLevel least);

#endif
