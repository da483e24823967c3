/* SPDX-License-Identifier: MIT */
#ifndef OSM_ADMIN_HTTP_HTTP_H
#define OSM_ADMIN_HTTP_HTTP_H
/*
 * An HTTP server for the operator: metrics, health, the page. libmicrohttpd speaks HTTP/1.1; its
 * epoll descriptor is one handle of the daemon's loop, there is no second thread. Only loopback
 * and Unix sockets are listened on (rim/io/address.h).
 *
 * How a module adds what it serves: a table of routes and one call,
 *
 *   static const struct osm_http_route rows[] = {
 *       {OSM_HTTP_GET, "/metrics", OSM_HTTP_ROLE_READ, serve_metrics, "metrics as text"},
 *       {OSM_HTTP_GET, "/static/", OSM_HTTP_ANYBODY, serve_file, "the page's files"},
 *   };
 *   module->routes = (struct osm_http_routes){rows, OSM_ARRAY_SIZE(rows), module};
 *   osm_http_server_add(server, &module->routes);
 *
 * A path that ends in `/` takes all below it (osm_http_rest()); `/` alone only itself. GET rows
 * answer HEAD, too. What has no row is 404, a row of another method 405 with Allow, a path that is
 * not plain (http_text.h) 404. A handler is called on the loop with the whole body (at most
 * config.max_body) and does one of these, now or in a later turn, but once:
 *
 *   osm_http_answer()   a buffer
 *   osm_http_stream()   a text made in pieces: `produce` is asked for more as the client takes it
 *   osm_http_fail()     an error, as JSON {"error": …}
 *
 * Later means: within config.request_timeout, or the client gets 504 and `gone` is called. After
 * the answer (for streams: after `ended`) the exchange must not be touched any more.
 *
 * Who asks: `Authorization: Bearer <token>`, or the cookie OSM_HTTP_COOKIE. The owner of the tokens
 * says what they are worth (config.identify). A wrong token is 401 everywhere, a missing one where
 * a row needs a role, a role too low 403; failures are counted and told at most every ten seconds.
 * Requests without token, and all where none is needed, must name this machine in Host (a foreign
 * page whose name points here is turned away), and what changes something must come from a page of
 * ours (Origin).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "rim/io/address.h"
#include "serve/request/grant.h"
#include "util/buf.h"
#include "util/clock.h"

struct osm_http_exchange;
struct osm_http_server;
struct osm_peer_rules;

#define OSM_HTTP_COOKIE "osm_token"

enum osm_http_method { OSM_HTTP_GET, OSM_HTTP_POST };

/* What a row takes. Daemons without tokens let everybody do everything. */
enum osm_http_role {
    OSM_HTTP_ANYBODY,
    OSM_HTTP_ROLE_READ = OSM_ROLE_READ + 1,
    OSM_HTTP_ROLE_WRITE = OSM_ROLE_WRITE + 1,
    OSM_HTTP_ROLE_ADMIN = OSM_ROLE_ADMIN + 1
};

struct osm_http_route {
    enum osm_http_method method;
    const char *path;
    enum osm_http_role role;
    void (*handle)(struct osm_http_exchange *exchange, void *context);
    const char *help; /* one line */
};

struct osm_http_routes {
    const struct osm_http_route *rows;
    size_t size;
    void *context;
    struct osm_http_routes *prev, *next; /* the server's */
};

struct osm_http_config {
    const struct osm_address *endpoint;  /* parsed; copied */
    const char *name;                    /* for the log and counters: "metrics"; static text */
    unsigned socket_mode;                /* of a Unix socket: 0600 */
    struct osm_peer_rules *const *peers; /* where it stands who may connect; NULL = anybody may */
    /* Whether that token (NULL = none was given) may come in; *grant (borrowed) is what it allows,
     * NULL = everything. */
    bool (*identify)(void *context, const char *token, size_t length, struct osm_grant **grant);
    void *identify_context;

    unsigned max_connections; /* 256; the one that has been silent longest makes room */
    unsigned max_per_address; /* 128 of one IP address or user; further ones are closed */
    size_t max_header;        /* request line and headers of one request: 16 KiB, else 431 or 414 */
    size_t max_body;          /* 64 KiB, else 413 */
    /* Milliseconds. */
    osm_msec request_timeout; /* from accept or the last answer to the end of the next: 30 s */
    unsigned idle_seconds;    /* a client that takes or sends no byte: 20 s */
    osm_msec penalty;         /* what a request with a wrong token waits for its answer: 1 s */
    osm_msec beat;            /* streams that have said nothing for so long send their beat: 15 s */
    const struct osm_clock *clock; /* NULL = the kernel's */
};

/* All but endpoint, name and identify. */
void osm_http_config_init(struct osm_http_config *config);

/* Binds, listens and serves as soon as the loop runs, which must outlive it. Returns 0, or negative
 * errno and in *error a message for the user, to be freed; then nothing is left behind. */
OSM_MUST_CHECK int osm_http_server_new(uv_loop_t *loop, const struct osm_http_config *config,
                                       struct osm_http_server **out, char **error);
/* Where it listens, with the real port. Borrowed. */
const struct osm_address *osm_http_server_endpoint(const struct osm_http_server *server);
/* Where it stands who may connect from now on (config.peers); borrowed. */
void osm_http_server_set_peers(struct osm_http_server *server, struct osm_peer_rules *const *peers);
/* The table is borrowed for as long as the server lives. */
void osm_http_server_add(struct osm_http_server *server, struct osm_http_routes *routes);
/* Ends all exchanges (`gone`, `ended` are called), closes the connections and frees itself once
 * the loop has let go of its handles. NULL is fine. Returns NULL. Not from inside a handler. */
struct osm_http_server *osm_http_server_free(struct osm_http_server *server);

/* --- one request and its answer -------------------------------------------------------------- */

/* Borrowed, until the answer; NULL = was not sent, or holds a NUL. */
const char *osm_http_header(const struct osm_http_exchange *exchange, const char *name);
const char *osm_http_cookie(const struct osm_http_exchange *exchange, const char *name);
/* What stands behind the row's path: "" unless that ends in `/`. */
const char *osm_http_rest(const struct osm_http_exchange *exchange);
/* The body, not NUL-terminated. */
const struct osm_buf *osm_http_body(const struct osm_http_exchange *exchange);
/* What the caller may do; NULL = everything. */
struct osm_grant *osm_http_grant(const struct osm_http_exchange *exchange);
/* Called when the client or the server has gone before the answer, which then must not come. */
void osm_http_on_gone(struct osm_http_exchange *exchange, void (*gone)(void *context),
                      void *context);

/* Whether its client has closed the connection: a stream that has nothing to say does not notice by
 * itself before its next beat. Costs a system call. */
bool osm_http_is_gone(const struct osm_http_exchange *exchange);

/* A header of the answer to come, besides or instead of those all answers have: nosniff, DENY,
 * no-store, no-referrer, same-origin and a CSP that allows nothing. */
void osm_http_set_header(struct osm_http_exchange *exchange, const char *name, const char *value);
/* Takes what is in body, which is left empty. */
void osm_http_answer(struct osm_http_exchange *exchange, unsigned status, const char *type,
                     struct osm_buf *body);
/* Bytes that live as long as the program: a file that was packed into it. */
void osm_http_answer_static(struct osm_http_exchange *exchange, const char *type, const void *data,
                            size_t size);
void osm_http_fail(struct osm_http_exchange *exchange, unsigned status, const char *message);

enum osm_http_next {
    OSM_HTTP_MORE, /* there is more to say at once */
    OSM_HTTP_WAIT, /* nothing now: osm_http_wake() when there is */
    OSM_HTTP_END
};

/* What is made in pieces of this size at the most takes little of a turn, and is all that is kept
 * for a client that reads slowly. */
#define OSM_HTTP_PIECE ((size_t)16384)

struct osm_http_stream {
    /* Appends the next piece, about `room` bytes at most. */
    enum osm_http_next (*produce)(void *context, struct osm_buf *out, size_t room);
    void (*ended)(void *context); /* once, whatever the reason; NULL = nothing to do */
    /* Server-sent events: goes on after config.request_timeout, and this is sent when there has
     * been nothing for config.beat, so that a client that has gone is noticed. NULL = neither. */
    const char *beat;
};
/* The rows of ops must stay; from now on the exchange is context's until `ended`. */
void osm_http_stream(struct osm_http_exchange *exchange, const char *type,
                     const struct osm_http_stream *ops, void *context);
/* Its `produce` will be called soon. Not after `ended`; harmless when it does not wait. */
void osm_http_wake(struct osm_http_exchange *exchange);

/* --- numbers --------------------------------------------------------------------------------- */

#define OSM_HTTP_GAUGES(X)                                                                         \
    X(open, "HTTP connections open")                                                               \
    X(streaming, "of these, streams that go on")

#define OSM_HTTP_COUNTERS(X)                                                                       \
    X(accepted, "HTTP connections accepted")                                                       \
    X(refused, "HTTP connections closed because there were too many")                              \
    X(evicted, "silent HTTP connections that made room for others")                                \
    X(requests, "HTTP requests")                                                                   \
    X(failures, "HTTP requests answered with an error")                                            \
    X(auth_failures, "HTTP requests with a missing or wrong token")                                \
    X(timeouts, "HTTP requests or answers that were not complete in time")                         \
    X(bytes_out, "bytes of HTTP bodies sent")

struct osm_http_stats {
#define X(name, help) uint64_t name;
    OSM_HTTP_GAUGES(X) OSM_HTTP_COUNTERS(X)
#undef X
};

const struct osm_http_stats *osm_http_server_stats(const struct osm_http_server *server);

#endif
