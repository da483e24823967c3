/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_CONF_FILTERS_H
#define OSM_APP_CONF_FILTERS_H
/*
 * Filters of monitored items in files of connections: the same as in requests, read by the same
 * code, with a finding per mistake.
 */
#include "core/subscription/subscription.h"
#include "yaml/fields.h"

/* `filter` of a monitored item (differences.md M23). */
OSM_MUST_CHECK bool osm_filters_read_data_change(const struct osm_fields *fields,
                                                 const struct osm_node *map,
                                                 struct osm_monitored_item_params *params);
/* `select_fields` (NULL = the usual ones) and `where` (NULL = everything) of an event item
 * (extensions.md §8). */
OSM_MUST_CHECK bool osm_filters_read_event(const struct osm_fields *fields,
                                           const struct osm_node *select,
                                           const struct osm_node *where,
                                           struct osm_monitored_item_params *params);

#endif
