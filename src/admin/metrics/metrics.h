/* SPDX-License-Identifier: MIT */
#ifndef OSM_ADMIN_METRICS_METRICS_H
#define OSM_ADMIN_METRICS_METRICS_H
/*
 * What the daemon counts, over HTTP (admin/http): routes for `/metrics`, `/healthz` and `/readyz`.
 * Everything is from memory, from tables: counters and bounds of the parts
 * (core/manager/counters.h), tallies of requests (core/manager/tally.h), and the tables of this
 * folder (metrics_internal.h).
 *
 * Labels: `command`, `method`, `server` (the label of a connection of the configuration file;
 * sessions of callers together are "callers"), `sink`, `state`, `queue`, `budget`. Nothing a caller
 * or a server can make up.
 */
#include "admin/http/http.h"
#include "core/manager/counters.h"
#include "core/manager/manager.h"
#include "util/histogram.h"

struct osm_metrics;

/* turns: how long the loop was held, in a struct that stays. Both are borrowed. */
struct osm_metrics *osm_metrics_new(struct osm_manager *manager, const struct osm_histogram *turns);
/* For osm_http_server_add(); stays as long as the metrics. */
struct osm_http_routes *osm_metrics_routes(struct osm_metrics *metrics);
/* After the servers it was added to. NULL is fine. Returns NULL. */
struct osm_metrics *osm_metrics_free(struct osm_metrics *metrics);

/* The page of the documentation; groups: of the parts, so many lists of so many. */
struct osm_metrics_groups {
    const struct osm_counter_group *list;
    size_t size;
};
void osm_metrics_write_markdown(struct osm_buf *out, const struct osm_metrics_groups *groups,
                                size_t count);

#endif
