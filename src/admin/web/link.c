/* SPDX-License-Identifier: MIT */
/*
 * A page's connection to the daemon: one end of a pair of sockets whose other end is a connection
 * of serve/ipc. It is read only as far as the page takes what was read before, so that a slow page
 * falls behind where every slow caller does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utlist.h>

#include "admin/web/web_internal.h"
#include "rim/io/turn.h"
#include "util/alloc.h"
#include "util/digest.h"
#include "util/log.h"
#include "util/random.h"
#include "util/wipe.h"

#define READ_BYTES ((size_t)65536)

static void on_ready(uv_poll_t *poll, int status, int events);

/* What the link waits for, as things are. */
static void watch(struct osm_web_link *link)
{
    int wanted = (!link->ended && link->told == link->in.length ? UV_READABLE : 0) |
                 (!link->ended && link->sent < link->out.length ? UV_WRITABLE : 0);

    if (wanted == link->watched)
        return;
    link->watched = wanted;
    if (wanted)
        (void)uv_poll_start(&link->poll, wanted, on_ready);
    else
        (void)uv_poll_stop(&link->poll);
}

/* --- to the daemon ------------------------------------------------------------------------- */

static void flush(struct osm_web_link *link)
{
    while (!link->ended && link->sent < link->out.length) {
        ssize_t n = send(link->fd, link->out.data + link->sent, link->out.length - link->sent,
                         MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n < 0) { /* what it had to say before can still be read */
            link->sent = link->out.length;
            break;
        }
        link->sent += (size_t)n;
    }
    if (link->out.length)
        osm_wipe(link->out.data, link->out.length);
    osm_buf_truncate(&link->out, 0);
    link->sent = 0;
}

/* Drops what has been sent: a link that is never quite done would keep all it has ever sent. */
static void make_room(struct osm_web_link *link)
{
    if (link->sent == 0)
        return;
    osm_buf_consume(&link->out, link->sent);
    osm_wipe(link->out.data + link->out.length, link->sent);
    link->sent = 0;
}

bool osm_web_link_send(struct osm_web_link *link, const struct osm_buf *lines)
{
    if (link->out.length - link->sent + lines->length > OSM_WEB_UNSENT)
        return false;
    make_room(link);
    osm_buf_add(&link->out, lines->data, lines->length);
    flush(link);
    watch(link);
    return true;
}

/* --- to the page --------------------------------------------------------------------------- */

static void receive(struct osm_web_link *link)
{
    ssize_t n;

    osm_buf_truncate(&link->in, 0);
    link->told = 0;
    osm_buf_reserve(&link->in, READ_BYTES);
    do
        n = recv(link->fd, link->in.data, READ_BYTES, 0);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        link->in.length = (size_t)n;
    else
        link->ended = n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct osm_web_link *link = osm_container_of(poll, struct osm_web_link, poll);

    (void)status;
    osm_turn_name("web page");
    if (events & UV_WRITABLE)
        flush(link);
    if ((events & UV_READABLE) && link->told == link->in.length) {
        receive(link);
        if (link->in.length || link->ended)
            osm_http_wake(link->exchange);
    }
    watch(link);
}

static void greet(struct osm_web_link *link, struct osm_buf *out)
{
    const char *role = osm_grant_role_name(link->grant ? link->grant->terms.role : OSM_ROLE_ADMIN);

    osm_buf_printf(out, "data: {\"link\":\"%s\",\"role\":\"%s\",\"version\":\"%s\"}\n\n", link->id,
                   role, OSM_VERSION);
    link->greeted = true;
}

static enum osm_http_next produce(void *context, struct osm_buf *out, size_t room)
{
    struct osm_web_link *link = context;

    if (!link->greeted) {
        greet(link, out);
        return OSM_HTTP_MORE;
    }
    link->told += osm_web_text_events(&link->events, link->in.data + link->told,
                                      link->in.length - link->told, room, out);
    if (link->told < link->in.length)
        return OSM_HTTP_MORE;
    watch(link);
    return link->ended ? OSM_HTTP_END : OSM_HTTP_WAIT;
}

/* --- life ---------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    struct osm_web_link *link = osm_container_of((uv_poll_t *)handle, struct osm_web_link, poll);

    close(link->fd);
    if (link->out.length)
        osm_wipe(link->out.data, link->out.length);
    osm_buf_deinit(&link->out);
    osm_buf_deinit(&link->in);
    free(link);
}

static void on_ended(void *context)
{
    struct osm_web_link *link = context;

    osm_log_info("Web page gone: link %.8s", link->id);
    DL_DELETE(link->web->links, link);
    link->web->count--;
    (void)osm_grant_unref(link->grant);
    uv_close((uv_handle_t *)&link->poll, on_closed);
}

static const struct osm_http_stream stream_ops = {produce, on_ended, ": \n\n"};

/* The first request makes the connection a persistent one, or is told why it may not be. */
static int connect_to(struct osm_web *web, const char *token)
{
    static const char hello[] = "{\"id\":\"hello\",\"command\":\"ping\"}";
    struct osm_buf line = {0};
    int fd;

    (void)osm_web_text_requests(hello, sizeof(hello) - 1, token, OSM_WEB_UNSENT, &line);
    fd = osm_ipc_server_connect(web->ipc, line.data, line.length);
    osm_wipe(line.data, line.length);
    osm_buf_deinit(&line);
    return fd;
}

/* Pages that were closed or loaded anew keep nobody out until their next beat. */
static void end_gone(struct osm_web *web)
{
    struct osm_web_link *link;

    DL_FOREACH (web->links, link) {
        if (link->ended || !osm_http_is_gone(link->exchange))
            continue;
        link->ended = true;
        watch(link);
        osm_http_wake(link->exchange);
    }
}

void osm_web_link_open(struct osm_web *web, struct osm_http_exchange *exchange, const char *token)
{
    uint8_t id[OSM_WEB_ID_BYTES];
    struct osm_web_link *link;
    int fd;

    end_gone(web);
    fd = web->count < OSM_WEB_LINKS ? connect_to(web, token) : -EMFILE;
    if (fd < 0) {
        osm_http_fail(exchange, 503,
                      fd == -EMFILE ? "There are too many pages: close one, or try again later"
                                    : "The daemon takes no connections at the moment");
        return;
    }
    link = osm_alloc(sizeof(*link));
    link->web = web;
    link->exchange = exchange;
    link->grant = osm_grant_ref(osm_http_grant(exchange));
    link->fd = fd;
    osm_random(id, sizeof(id));
    osm_hex_print(link->id, id, sizeof(id));
    (void)uv_poll_init(web->loop, &link->poll, fd);
    DL_APPEND(web->links, link);
    web->count++;
    osm_log_info("Web page: link %.8s, role %s", link->id,
                 osm_grant_role_name(link->grant ? link->grant->terms.role : OSM_ROLE_ADMIN));
    osm_http_stream(exchange, "text/event-stream", &stream_ops, link);
    watch(link);
}

struct osm_web_link *osm_web_link_find(struct osm_web *web, const char *id,
                                       const struct osm_grant *grant)
{
    struct osm_web_link *link;

    if (!id || strlen(id) != 2 * (size_t)OSM_WEB_ID_BYTES)
        return NULL;
    DL_FOREACH (web->links, link) {
        if (link->grant == grant &&
            osm_digest_bytes_equal((const uint8_t *)link->id, (const uint8_t *)id, strlen(id)))
            return link;
    }
    return NULL;
}
