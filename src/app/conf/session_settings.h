/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_CONF_SESSION_SETTINGS_H
#define OSM_APP_CONF_SESSION_SETTINGS_H
/* `config` of a connection: the keys of `open` (contract: ipc-protocol.md §6). */
#include "port/session_config.h"
#include "yaml/fields.h"

/* Reads and checks the map; out is to be freed in any case. Stricter than `open`: a wrong kind is
 * an error here, because nobody reads a file twice. */
OSM_MUST_CHECK bool osm_session_config_read(const struct osm_fields *fields,
                                            const struct osm_node *map, struct osm_config *out);

#endif
