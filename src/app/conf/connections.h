/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_CONF_CONNECTIONS_H
#define OSM_APP_CONF_CONNECTIONS_H
/* The map of connections (contract: daemon.md §12), from a file to struct osm_desired. */
#include "auto/desired.h"
#include "yaml/yaml_tree.h"

/*
 * Adds the connections of a map to `wanted`. `file` is its name in findings. A connection with an
 * error is left out; a label that `wanted` has already is an error. False when there was any.
 */
OSM_MUST_CHECK bool osm_connections_read(struct osm_desired *wanted, const char *file,
                                         const struct osm_node *map, struct osm_faults *faults);

#endif
