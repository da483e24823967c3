/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_WEB_PAGE_H
#define OSM_APP_DAEMON_WEB_PAGE_H
/* The web page of --web: an HTTP server of its own, and the page's routes on it. */
#include <uv.h>

#include "admin/web/web.h"
#include "app/conf/options.h"
#include "core/manager/counters.h"

struct osm_web_page {
    struct osm_http_server *http; /* NULL = none */
    struct osm_web *web;
    uv_loop_t *loop;
    struct osm_ipc_server *ipc;
    struct osm_counter_group counters; /* of the HTTP server, as `web` */
};

/* Listens. Nothing without --web. 0, or negative errno and in *error a message to be freed. */
OSM_MUST_CHECK int osm_web_page_start(struct osm_web_page *page, const struct osm_options *options,
                                      uv_loop_t *loop, char **error);
/* From now on it is there; before the loop runs. ipc is borrowed and must outlive the page; the
 * page itself, not its end, must outlive the manager. */
void osm_web_page_serve(struct osm_web_page *page, struct osm_ipc_server *ipc,
                        struct osm_manager *manager);
/* May be called again. */
void osm_web_page_end(struct osm_web_page *page);

#endif
