/* SPDX-License-Identifier: MIT */
/*
 * The routes of the page; see web.h. The files are for everybody who asks on this machine, and say
 * nothing; whatever is told of servers takes a token, in a header that no foreign page can send:
 * there is no cookie that a browser would add by itself.
 */
#include "admin/web/web.h"

#include <stdlib.h>
#include <string.h>

#include "admin/http/http_text.h"
#include "admin/web/page.h"
#include "admin/web/web_internal.h"
#include "util/alloc.h"
#include "util/wipe.h"

/* Nothing from elsewhere, nothing inline, nothing that frames or is framed. */
#define POLICY                                                                                     \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "        \
    "'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static void serve(struct osm_http_exchange *exchange, const char *name)
{
    const struct osm_page_file *file = osm_page_find(name);
    const char *accept = osm_http_header(exchange, "Accept-Encoding");

    if (!file) {
        osm_http_fail(exchange, 404, "The page has no such file");
        return;
    }
    if (!accept || !strstr(accept, "gzip")) {
        osm_http_fail(exchange, 406, "The page is kept compressed: accept gzip");
        return;
    }
    osm_http_set_header(exchange, "Content-Security-Policy", POLICY);
    osm_http_set_header(exchange, "Content-Encoding", "gzip");
    osm_http_answer_static(exchange, file->type, file->data, file->size);
}

static void serve_index(struct osm_http_exchange *exchange, void *context)
{
    (void)context;
    serve(exchange, "index.html");
}

static void serve_file(struct osm_http_exchange *exchange, void *context)
{
    (void)context;
    serve(exchange, osm_http_rest(exchange));
}

/* The token, when the request may be a page's of ours; else NULL, and it has been answered. A
 * browser says where a request comes from; other programs do not, and have their token. */
static const char *admit(struct osm_http_exchange *exchange)
{
    const char *origin = osm_http_header(exchange, "Origin");
    const char *site = osm_http_header(exchange, "Sec-Fetch-Site");
    const char *token = osm_http_bearer(osm_http_header(exchange, "Authorization"));

    if ((site && strcmp(site, "same-origin") != 0) ||
        (origin && !osm_http_origin_is(origin, osm_http_header(exchange, "Host")))) {
        osm_http_fail(exchange, 403, "Requests are taken from the daemon's own page only");
        return NULL;
    }
    if (!token)
        osm_http_fail(exchange, 401, "A token is needed: Authorization: Bearer <token>");
    return token;
}

static void open_stream(struct osm_http_exchange *exchange, void *context)
{
    const char *token = admit(exchange);

    if (token)
        osm_web_link_open(context, exchange, token);
}

static void take_requests(struct osm_http_exchange *exchange, void *context)
{
    const struct osm_buf *body = osm_http_body(exchange);
    const char *token = admit(exchange);
    struct osm_web_link *link;
    struct osm_buf lines = {0}, nothing = {0};

    if (!token)
        return;
    link =
        osm_web_link_find(context, osm_http_header(exchange, "X-Link"), osm_http_grant(exchange));
    if (!link)
        osm_http_fail(exchange, 404, "There is no such link: open one by POST /api/stream");
    else if (!osm_web_text_requests(body->data, body->length, token, OSM_WEB_UNSENT, &lines))
        osm_http_fail(exchange, 400,
                      "The body must be requests, a JSON object a line, and not too many at once");
    else if (!osm_web_link_send(link, &lines))
        osm_http_fail(exchange, 503, "Too many requests of this page wait: try again later");
    else
        osm_http_answer(exchange, 202, "text/plain", &nothing);
    if (lines.length)
        osm_wipe(lines.data, lines.length);
    osm_buf_deinit(&lines);
}

static const struct osm_http_route rows[] = {
    {OSM_HTTP_GET, "/", OSM_HTTP_ANYBODY, serve_index, "the page"},
    {OSM_HTTP_GET, "/page/", OSM_HTTP_ANYBODY, serve_file, "its files"},
    {OSM_HTTP_POST, "/api/stream", OSM_HTTP_ROLE_READ, open_stream,
     "replies and events, as server-sent events"},
    {OSM_HTTP_POST, "/api/request", OSM_HTTP_ROLE_READ, take_requests,
     "requests as on the socket, a line each"},
};

const char *osm_web_is_missing(void)
{
    return osm_page_find("uplot.js") ? NULL
                                     : "this program was built without npm at hand, so it has no "
                                       "page: run `scripts/setup web` and build it again";
}

struct osm_web *osm_web_new(uv_loop_t *loop, struct osm_http_server *http,
                            struct osm_ipc_server *ipc)
{
    struct osm_web *web = osm_alloc(sizeof(*web));

    web->loop = loop;
    web->ipc = ipc;
    web->routes =
        (struct osm_http_routes){.rows = rows, .size = OSM_ARRAY_SIZE(rows), .context = web};
    osm_http_server_add(http, &web->routes);
    return web;
}

struct osm_web *osm_web_free(struct osm_web *web)
{
    osm_assert(!web || !web->links);
    free(web);
    return NULL;
}
