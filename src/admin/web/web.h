/* SPDX-License-Identifier: MIT */
#ifndef OSM_ADMIN_WEB_WEB_H
#define OSM_ADMIN_WEB_WEB_H
/*
 * The web page (--web): its files, and the way of its requests to the daemon.
 *
 *   page ──POST /api/request──▶ lines ──▶ ╔════════════════╗
 *                                         ║ a connection   ║ serve/ipc, as any caller's
 *   page ◀──POST /api/stream──  events ◀──╚════════════════╝
 *
 * There is no second way to the commands: /api/stream makes a connection to the daemon inside the
 * process (a link), and what comes on it goes to the page as server-sent events; /api/request takes
 * request lines for it. So tokens, roles, quotas, limits and counters are those of every caller,
 * and so is what is answered. A page that reads slowly is read from slowly.
 *
 * A link ends with its stream, whoever ends that.
 */
#include <uv.h>

#include "admin/http/http.h"
#include "serve/ipc/server.h"

struct osm_web;

/* Links at once. */
#define OSM_WEB_LINKS 64
/* Bytes of requests a link keeps for a connection that does not take them; beyond: 503. */
#define OSM_WEB_UNSENT ((size_t)256 << 10)

/* NULL, or why this program has no page: a text for the user. */
const char *osm_web_is_missing(void);
/* Adds its routes to http. All three are borrowed; http must end before ipc does. */
struct osm_web *osm_web_new(uv_loop_t *loop, struct osm_http_server *http,
                            struct osm_ipc_server *ipc);
/* After the HTTP server has been freed. NULL is fine; returns NULL. */
struct osm_web *osm_web_free(struct osm_web *web);

#endif
