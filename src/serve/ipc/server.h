/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_IPC_SERVER_H
#define OSM_SERVE_IPC_SERVER_H
/*
 * The socket side of the daemon: a listener, its connections, and the way of a line from a
 * caller to osm_command_dispatch() and of the reply back (contract: ipc-protocol.md §1–3,
 * extensions.md §1). The only header of this folder that other floors need, beside address.h.
 *
 * Use: parse the endpoint (errors before anything exists on disk) → osm_ipc_config_init() →
 * osm_ipc_server_new() → run the loop → osm_ipc_server_stop_accepting() →
 * osm_manager_shutdown() → osm_ipc_server_close() → in its callback or later
 * osm_ipc_server_free(). Everything runs on the loop's thread.
 */
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "core/manager/manager.h"
#include "rim/io/address.h"
#include "util/clock.h"
#include "util/macros.h"

struct osm_grant;
struct osm_ipc_server;
struct osm_peer_rules;
struct osm_token_set;
struct osm_request;
struct osm_grant;
struct osm_buf;

/* The longest frame a classic connection may send, and the default for persistent ones. */
#define OSM_IPC_FRAME_BYTES ((size_t)65536)
/* What --max-frame-bytes can be raised to. */
#define OSM_IPC_FRAME_BYTES_MAX ((size_t)16 << 20)

struct osm_ipc_config {
    const struct osm_address *endpoint; /* parsed; copied */
    unsigned socket_mode;               /* permissions of a Unix socket, e.g. 0600 */
    const char *token;                  /* copied; NULL = no token that allows everything */
    struct osm_token_set *tokens;       /* taken over; NULL = none. Without both none is needed */
    struct osm_peer_rules *peers;       /* who may connect (peer.h); taken over, NULL = anybody */

    unsigned max_classic;     /* one-request connections open at once: 50 */
    unsigned max_connections; /* persistent connections open at once: 1000 */
    unsigned max_in_flight;   /* unanswered requests of one persistent connection: 256 */
    size_t max_frame_bytes;   /* longest frame of a persistent connection: 65 536 … 16 MiB */
    /* Bytes a connection may owe its caller before no further request is taken from it. */
    size_t max_unsent;
    /* Unsent bytes of one connection, and half of those of all, beyond which replies that are
     * not small become errors; a connection that owes no more than max_unsent gets any reply. */
    size_t max_owed;
    /* What requests in flight may be expected to take before no further one is let in. */
    size_t max_ahead;

    size_t max_held;            /* bytes requests in flight may take, of all connections … */
    size_t max_held_connection; /* … and of one, before no further one is taken from it */

    /* Milliseconds. Each may fire up to a quarter of a second late, never early. */
    osm_msec proof_timeout;  /* a silent newcomer beyond max_classic: 250 ms */
    osm_msec frame_timeout;  /* from accept to the first complete frame: 30 s */
    osm_msec idle_timeout;   /* persistent, nothing asked and nothing owed; 0 = never */
    osm_msec stall_timeout;  /* a caller that takes no byte of its reply: 60 s */
    osm_msec linger_timeout; /* reading on after an early reply, so that it stays readable: 1 s */
    osm_msec close_timeout;  /* what osm_ipc_server_close() grants replies on their way: 1 s */

    /* NULL = the kernel's. Not a loop's cached time: it lags behind in a long turn, and deadlines
     * set then would come early. */
    const struct osm_clock *clock;
};

/* Sets every field but endpoint and token to the defaults named above, socket_mode to 0600. */
void osm_ipc_config_init(struct osm_ipc_config *config);

/*
 * Binds, listens and serves as soon as the loop runs. Loop and manager are borrowed and must
 * outlive the server.
 * Returns 0, or negative errno and in *error a message for standard error, to be freed by the
 * caller. A failure leaves nothing behind, neither on disk nor in the loop.
 */
OSM_MUST_CHECK int osm_ipc_server_new(uv_loop_t *loop, struct osm_manager *manager,
                                      const struct osm_ipc_config *config,
                                      struct osm_ipc_server **out, char **error);

/* Where it listens, with the real port if 0 was asked for. Borrowed. */
const struct osm_address *osm_ipc_server_endpoint(const struct osm_ipc_server *server);

/* Tokens that have been read anew (taken over). Of those that are gone, streams and connections
 * end; the others keep theirs, with what they may do from now on. */
void osm_ipc_server_set_tokens(struct osm_ipc_server *server, struct osm_token_set *tokens);

/* What a caller with that token (NULL = none) may do who comes by another way than the socket:
 * false = nothing, else *grant (borrowed; NULL = everything). Counts no failure. */
bool osm_ipc_server_identify(const struct osm_ipc_server *server, const char *token, size_t length,
                             struct osm_grant **grant);
/* The token that allows everything (copied; NULL = none). Connections that came with another one
 * end. */
void osm_ipc_server_set_token(struct osm_ipc_server *server, const char *token);
/* Who may connect (taken over; NULL = anybody); connections of others end. */
void osm_ipc_server_set_peers(struct osm_ipc_server *server, struct osm_peer_rules *peers);

/* As in struct osm_ipc_config. */
struct osm_ipc_limits {
    unsigned max_connections, max_in_flight;
    size_t max_frame_bytes;
    osm_msec idle_timeout;
};
/* Counts from now on, for connections that are there, too; nobody is sent away. */
void osm_ipc_server_set_limits(struct osm_ipc_server *server, const struct osm_ipc_limits *limits);

/* Frees what is kept for the next callers, who then have to make it. */
void osm_ipc_server_trim(struct osm_ipc_server *server);

/* A caller's connection, as operators see it. Valid during the visit. */
struct osm_ipc_client {
    uint64_t id; /* as in the log */
    const char *peer, *state;
    bool persistent;
    const struct osm_grant *grant; /* NULL = none, or not known yet */
    unsigned in_flight;
    size_t held, unsent; /* bytes: of requests in flight; of replies */
};
/* All that are open; the visitor changes nothing. */
void osm_ipc_server_each_client(const struct osm_ipc_server *server,
                                void (*visit)(void *arg, const struct osm_ipc_client *client),
                                void *arg);
/* Closes a connection without a word; false when there is none of that id. */
bool osm_ipc_server_kill_client(struct osm_ipc_server *server, uint64_t id);
/* Who has sent the request, which is one of the socket's: for the log. */
void osm_ipc_describe_caller(const struct osm_request *request, struct osm_buf *out);

/* A connection from inside the process, as if somebody had called: returns our end of it (to be
 * closed by the caller), on which requests are written and replies read, or negative errno. first
 * is what the caller says at once: request lines, short enough for a socket. */
OSM_MUST_CHECK int osm_ipc_server_connect(struct osm_ipc_server *server, const char *first,
                                          size_t length);

/* Closes the listening socket and removes its file if that is still ours. Connections live on.
 * May be called again. */
void osm_ipc_server_stop_accepting(struct osm_ipc_server *server);

/*
 * Ends everything: no further request is read, replies that are due or on their way get
 * close_timeout, then all connections are closed and requests that are still running are
 * abandoned. done(context) is called once, from the loop, when no handle is left in it.
 */
void osm_ipc_server_close(struct osm_ipc_server *server, void (*done)(void *context),
                          void *context);

/* Only before the loop knows it or after done; NULL is fine. Returns NULL. */
struct osm_ipc_server *osm_ipc_server_free(struct osm_ipc_server *server);

/* What is … */
#define OSM_IPC_GAUGES(X)                                                                          \
    X(classic_open, "connections open for one request")                                            \
    X(persistent_open, "persistent connections open")                                              \
    X(unproved_open, "connections beyond the limit that may still show a token")                   \
    X(lingering, "answered connections whose rest of input is being discarded")                    \
    X(in_flight, "requests handed to the commands and not answered yet")                           \
    X(abandoned, "of these, requests whose callers have gone")                                     \
    X(held_bytes, "bytes of memory requests in flight take")                                       \
    X(unsent_bytes, "bytes of replies callers have not taken yet")                                 \
    X(waste_bytes, "bytes of large replies that are over, on their way back to the system")

/* … and what has been since the start. */
#define OSM_IPC_COUNTERS(X)                                                                        \
    X(accepted, "connections accepted")                                                            \
    X(refused, "connections refused because there were too many")                                  \
    X(accept_pauses, "times accepting paused for lack of descriptors or memory")                   \
    X(frames, "complete frames received")                                                          \
    X(replies, "reply lines handed to the socket")                                                 \
    X(pushed, "lines of streams handed to the socket")                                             \
    X(oversized, "frames or inputs above their size limit")                                        \
    X(invalid, "frames that were no JSON request")                                                 \
    X(over_quota, "requests and connections refused by a quota of their token")                    \
    X(revoked, "connections closed because their token or user counts no longer")                  \
    X(auth_failures, "requests with a missing or wrong token")                                     \
    X(frame_timeouts, "connections that sent no complete frame in time")                           \
    X(idle_timeouts, "persistent connections closed for idleness")                                 \
    X(stall_timeouts, "connections closed because the caller did not read")                        \
    X(dropped_replies, "replies not sent because too many others were not taken")                  \
    X(read_pauses, "times reading from a connection paused at a bound")                            \
    X(vanished, "callers that left while a request of theirs was running")                         \
    X(bytes_in, "bytes received")                                                                  \
    X(bytes_out, "bytes sent")

#define OSM_IPC_STATS(X) OSM_IPC_GAUGES(X) OSM_IPC_COUNTERS(X)

struct osm_ipc_stats {
#define X(name, help) uint64_t name;
    OSM_IPC_STATS(X)
#undef X
};

/* As it counts. Borrowed. */
const struct osm_ipc_config *osm_ipc_server_config(const struct osm_ipc_server *server);

/* The current numbers. Borrowed; they change under the reader only while the loop runs. */
const struct osm_ipc_stats *osm_ipc_server_stats(const struct osm_ipc_server *server);

#endif
