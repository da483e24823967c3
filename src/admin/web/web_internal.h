/* SPDX-License-Identifier: MIT */
#ifndef OSM_ADMIN_WEB_WEB_INTERNAL_H
#define OSM_ADMIN_WEB_WEB_INTERNAL_H
/* What web.c (routes) and link.c (a page's connection to the daemon) share. */
#include "admin/web/web.h"
#include "admin/web/web_text.h"
#include "util/hex.h"

#define OSM_WEB_ID_BYTES 16

struct osm_web_link {
    struct osm_web_link *prev, *next; /* in web->links */
    struct osm_web *web;
    struct osm_http_exchange *exchange;
    struct osm_grant *grant;           /* of who has made it; one reference, NULL = everything */
    char id[2 * OSM_WEB_ID_BYTES + 1]; /* what requests name it by; nobody can guess it */
    int fd;
    uv_poll_t poll;
    int watched;
    struct osm_buf in; /* from the daemon; the first `told` bytes have gone to the page */
    size_t told;
    struct osm_buf out; /* to the daemon, `sent` of it is gone; holds tokens: to be wiped */
    size_t sent;
    struct osm_web_events events;
    bool greeted; /* the page knows its id */
    bool ended;   /* the daemon has closed the connection */
};

struct osm_web {
    uv_loop_t *loop;
    struct osm_ipc_server *ipc;
    struct osm_http_routes routes;
    struct osm_web_link *links;
    unsigned count;
};

/* Answers the exchange with the events of a new link; fails it when there can be none. */
void osm_web_link_open(struct osm_web *web, struct osm_http_exchange *exchange, const char *token);
/* The link of that id that this exchange may use, or NULL. */
struct osm_web_link *osm_web_link_find(struct osm_web *web, const char *id,
                                       const struct osm_grant *grant);
/* Request lines for the daemon, copied. False when too many wait already. */
bool osm_web_link_send(struct osm_web_link *link, const struct osm_buf *lines);

#endif
