/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_REVERSE_H
#define OSM_RIM_UA_REVERSE_H
/*
 * Reverse connect (OPC 10000-6 §7.1.3): servers that may not be reached connect to us, say which
 * endpoint they are (ReverseHello), and wait for our Hello on that socket. A connection that is to
 * be had this way waits here for a socket of its endpoint instead of making one; a socket nobody
 * waits for is kept for the next one who does.
 *
 *   accepted ──ReverseHello──▶ allowed ──▶ handed over, or kept ──▶ handed over
 *      │ late, malformed          │ no        │ too old, too many of its endpoint, more bytes
 *      └──────────────────────────┴───────────┴──▶ closed
 *
 * What a ReverseHello says proves nothing: who the server is shows in the secure channel.
 */
#include "rim/io/listener.h"
#include "rim/ua/stack.h"
#include "rim/ua/tcp.h"

/* Sockets at a time; the oldest goes when another one comes. */
#define OSM_REVERSE_SOCKETS 256
/* Kept of one endpoint. */
#define OSM_REVERSE_KEPT 4
/* How long a socket may take for its ReverseHello, and how long one is kept. */
#define OSM_REVERSE_HELLO_MS 5000
#define OSM_REVERSE_KEPT_MS 60000
#define OSM_REVERSE_UNACKED_MS 30000

/* What is … */
#define OSM_REVERSE_GAUGES(X)                                                                      \
    X(sockets, "sockets of servers that are kept, or have not said who they are")                  \
    X(waiting, "connections that wait for their server to connect")

/* … and what has been since the start. Each accepted socket ends as one of the others but the last.
 */
#define OSM_REVERSE_COUNTERS(X)                                                                    \
    X(accepted, "sockets of servers accepted")                                                     \
    X(handed_over, "sockets a connection went on with")                                            \
    X(malformed, "sockets refused: what they sent is no ReverseHello")                             \
    X(not_allowed, "sockets refused: --reverse-allow does not name them")                          \
    X(late, "sockets refused: no ReverseHello in time")                                            \
    X(impatient, "sockets refused: they sent more before our Hello")                               \
    X(crowded, "sockets refused: the oldest of too many")                                          \
    X(surplus, "sockets given up: the oldest of too many of one endpoint")                         \
    X(expired, "sockets given up: no connection wanted them in time")                              \
    X(vanished, "sockets their server closed first")                                               \
    X(unserved, "connections no server came for in time")

struct osm_reverse_stats {
#define X(name, help) uint64_t name;
    OSM_REVERSE_GAUGES(X)
    OSM_REVERSE_COUNTERS(X)
#undef X
};

struct osm_reverse;
struct osm_reverse_wait;

/* A socket of the endpoint, or why there is none (then transport is NULL). The transport is
 * connected: its events and their context are to be set, at once. */
typedef void osm_reverse_fn(void *context, struct osm_transport *transport,
                            const struct osm_stack_error *error);

/* Listens. allowed: server URIs and endpoint URLs that are let in, NULL-terminated, borrowed; NULL
 * = any. Returns 0, or negative errno and a message to be freed. */
OSM_MUST_CHECK int osm_reverse_new(uv_loop_t *loop, struct osm_stack *stack,
                                   struct osm_tcp_hub *hub, const struct osm_address *address,
                                   char *const *allowed, struct osm_reverse **out, char **error);
/* Nobody waits any more. gone(context) is called once libuv has let go of it. NULL is fine. */
void osm_reverse_free(struct osm_reverse *reverse, void (*gone)(void *context), void *context);
/* Where it listens: "tcp://…", with the port the kernel has chosen. */
const char *osm_reverse_uri(const struct osm_reverse *reverse);

/* Waits for a server to connect for that URL (opc.tcp:// form; borrowed while it waits), at most so
 * many milliseconds. told is called once, later. */
struct osm_reverse_wait *osm_reverse_wait(struct osm_reverse *reverse, const char *url,
                                          osm_msec limit, osm_reverse_fn *told, void *context);
/* told will not be called. NULL is fine. */
void osm_reverse_cancel(struct osm_reverse_wait *wait);

/* Valid as long as it lives. */
const struct osm_reverse_stats *osm_reverse_stats(const struct osm_reverse *reverse);

#endif
