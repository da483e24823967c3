/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_IPC_IPC_INTERNAL_H
#define OSM_SERVE_IPC_IPC_INTERNAL_H
/*
 * What the files of this folder share: the server, its connections, and the requests on their
 * way. Start reading at osm_ipc_connection_settle() in settle.c.
 *
 *   accept.c      fd ─────────▶ connection, or a refusal
 *   intake.c      bytes ──────▶ lines ──▶ requests ──▶ osm_command_dispatch()
 *   exchange.c    a request between dispatch and its reply
 *   output.c      replies ────▶ bytes
 *   settle.c      what a connection does next, and what it watches for
 *   connection.c  states, deadlines, closing
 *   server.c      construction, shutdown, the flush once per turn
 *
 * Sockets are read and written directly, libuv says when (uv_poll_t): the usual request (read
 * right after accept, answered at once) is over before the loop has to know the connection.
 *
 * Invariants
 *  - A connection is in exactly one state; osm_connection_state() alone changes it.
 *  - It is charged to at most one gauge (`gauge`), so the gauges are true by construction.
 *  - A closed connection stays readable memory until the end of the loop's turn: whoever has
 *    called something may still look at its state.
 *  - Bytes of the shared read buffer are borrowed by a frame only inside one callback.
 */
#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "rim/io/deadline.h"
#include "rim/io/listener.h"
#include "serve/ipc/frame.h"
#include "serve/ipc/server.h"
#include "serve/request/push.h"
#include "serve/request/request.h"

/* One read per turn and connection, so that no caller can hold the loop. */
#define OSM_IPC_READ_BYTES ((size_t)65536)
/* So long a connection's requests are taken in one turn, looked at after so many and from the first
 * look on: each of them may begin a session. The others wait in the frame, and the caller behind
 * them. */
#define OSM_IPC_SPELL ((uint64_t)500) /* microseconds */
#define OSM_IPC_SPELL_LOOK 4
/* Input discarded after an early reply before the connection is closed anyway. */
#define OSM_IPC_LINGER_BYTES ((size_t)2 << 20)
/* Lingering connections at once; beyond, early replies are followed by an immediate close. */
#define OSM_IPC_LINGERING 512
/* Requests that still run though their callers have gone; beyond, those who call without a token
 * of the file are refused, … */
#define OSM_IPC_ABANDONED 1024
/* … and those with one, beyond as many of theirs. */
#define OSM_IPC_ABANDONED_TOKEN 256
/* Places for newcomers who may show a token, while others who have not fill all places. */
#define OSM_IPC_UNPROVED 8
/* What is let in although other requests take all memory they may: of a connection that has
 * nothing else in flight. */
#define OSM_IPC_SMALL_BYTES ((size_t)16384)
/* Of the places for connections one token takes at most all but this part. */
#define OSM_IPC_SHARE 8
/* Bytes a connection may owe before its streams wait. */
#define OSM_IPC_PUSH_BYTES ((size_t)65536)
/* Wrong tokens in a row a persistent connection may send. */
#define OSM_IPC_AUTH_STRIKES 8
/* Objects kept for reuse. */
#define OSM_IPC_SPARE_CONNECTIONS 64
#define OSM_IPC_SPARE_EXCHANGES 64
/* Memory a connection keeps for its replies while it owes none. */
#define OSM_IPC_KEEP_BYTES ((size_t)65536)

#define OSM_CONNECTION_STATES(X)                                                                   \
    X(READING, "reading")       /* no authenticated request yet */                                 \
    X(RUNNING, "running")       /* classic: its request is with the commands */                    \
    X(PERSISTENT, "persistent") /* any number of requests, each with an id */                      \
    X(ENDING, "ending")         /* the last reply is on its way */                                 \
    X(LINGERING, "lingering")   /* write side shut down, input is discarded */                     \
    X(CLOSED, "closed")

enum osm_connection_state {
#define X(id, name) OSM_CONNECTION_##id,
    OSM_CONNECTION_STATES(X)
#undef X
};

/* What can be waited for, each a list of deadlines of one length. */
enum osm_ipc_wait {
    OSM_WAIT_PROOF,
    OSM_WAIT_FRAME,
    OSM_WAIT_IDLE,
    OSM_WAIT_STALL,
    OSM_WAIT_LINGER,
    OSM_WAIT_SLOW,   /* a classic request that takes long */
    OSM_WAIT_ACCEPT, /* the listener, after running out of descriptors */
    OSM_WAIT_LEAVE,  /* callers that have gone: there are more of them */
    OSM_WAIT_CLOSE,  /* the server, while it closes */
    OSM_WAIT_COUNT_,
};

struct osm_connection {
    struct osm_connection *prev, *next;         /* in server->open, or server->buried, or spare */
    struct osm_connection *prev_due, *next_due; /* in server->due */
    struct osm_ipc_server *server;
    uint64_t serial; /* for the log */
    uint64_t *gauge; /* in server->stats: what this connection is counted as; or NULL */
    enum osm_connection_state state;
    int fd;

    bool has_poll; /* poll has been initialised and must be closed */
    int watched;   /* events asked of poll */
    uv_poll_t poll;

    bool is_inside;     /* of this process: who may connect is no question */
    bool by_id;         /* a request with an id has come: persistent framing and replies */
    bool due;           /* in server->due */
    bool settling;      /* osm_ipc_connection_settle() is at work: it will send */
    bool paused;        /* reading is suspended at a bound */
    bool resting;       /* it has had its spell in this turn: more in a later one */
    unsigned rest_turn; /* since this one of the server's */
    bool eof;           /* the caller will send nothing more */
    bool hung_up;       /* the caller's half-close has been seen without reading up to it */
    bool may_send;      /* the caller may still be sending: linger before closing */
    bool waited;        /* its classic request was not answered at once … */
    bool slow;          /* … and not soon: watch whether the caller stays */
    unsigned strikes;   /* wrong tokens in a row */

    struct osm_grant *grant; /* of its first request that may; counted, with the connection */
    struct osm_frame frame;
    struct osm_push channel;        /* of streams */
    struct osm_exchange *exchanges; /* requests without reply */
    unsigned in_flight;
    size_t held;        /* bytes these take */
    size_t expected;    /* what a reply may take, by the last ones */
    struct osm_buf out; /* replies; the first `sent` bytes are gone … */
    size_t sent;
    struct osm_shared_text *shared; /* `out` is a view of that one's; NULL = its own */
    struct osm_output_part *behind; /* … and these follow */
    size_t unsent;                  /* bytes in both */
    size_t discarded;
    struct osm_deadline deadline;
};

/* Replies behind connection->out, each of its bound or one larger reply; or what others have, too.
 */
struct osm_output_part {
    struct osm_output_part *prev, *next;
    struct osm_buf bytes;
    struct osm_shared_text *shared; /* as of the connection */
};

/* Memory to be given back in slices: hundreds of megabytes at once hold the loop. */
struct osm_ipc_waste {
    struct osm_ipc_waste *next;
    struct osm_buf bytes;
};

/* A request on its way. Belongs to the command between dispatch and done. */
struct osm_exchange {
    struct osm_request request;
    struct osm_exchange *prev, *next; /* in connection->exchanges, server->answered or spare */
    struct osm_ipc_server *server;
    struct osm_connection *connection; /* NULL: the caller has gone */
    size_t bytes;                      /* it is charged for */
    bool charged;                      /* counted as its token's */
    bool leaving;                      /* in server->leaving */
    bool dispatching;                  /* osm_command_dispatch() has not returned yet */
    bool answered;
};

struct osm_ipc_server {
    uv_loop_t *loop;
    struct osm_manager *manager;
    struct osm_ipc_config config; /* token is our copy, endpoint is in the listener */
    struct osm_ipc_stats stats;
    struct osm_listener listener;
    uint64_t serial;
    unsigned abandoned;      /* exchanges without connection and without grant */
    osm_msec starved_logged; /* when lack of descriptors was last logged; 0 = never */

    uv_poll_t accept_poll;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t resting;  /* runs as long as connections rest: the loop does not wait */
    unsigned rest_turn; /* how often it ran */
    struct osm_deadlines deadlines;
    struct osm_deadline_list waits[OSM_WAIT_COUNT_];
    struct osm_deadline accept_deadline, leave_deadline, close_deadline;
    unsigned handles; /* in the loop */

    bool accepting; /* accept_poll and listener are open */
    bool closing;   /* osm_ipc_server_close() has been called */
    bool ending;    /* all connections are gone, the last handles are being closed */
    bool orphaned;  /* freed while requests still ran: the last of them frees it */
    void (*closed)(void *context);
    void *closed_context;

    struct osm_connection *open;   /* all that are not closed */
    struct osm_connection *due;    /* have got a reply since they were last settled */
    struct osm_connection *buried; /* closed in this turn, without handle */
    struct osm_connection *spare_connections;
    unsigned n_spare_connections;
    struct osm_exchange *leaving;  /* abandoned, to be ended soon */
    struct osm_exchange *answered; /* may still be on a command's stack: reused next turn */
    struct osm_exchange *spare_exchanges;
    unsigned n_spare_exchanges;
    struct osm_ipc_waste *waste;
    /* When the line before this one was answered, if that was just now, in microseconds; 0 = not.
     * Of many lines read together each clock that is asked is a part that can be seen. */
    uint64_t moment;

    char input[OSM_IPC_READ_BYTES]; /* shared by all reads */
};

/* connection.c ---------------------------------------------------------------------------- */

/* A connection on an accepted socket, in state READING and charged to nothing. Takes fd. */
struct osm_connection *osm_connection_new(struct osm_ipc_server *server, int fd);
void osm_connection_free(struct osm_connection *connection);
void osm_connection_state(struct osm_connection *connection, enum osm_connection_state state,
                          const char *reason);
const char *osm_connection_state_name(enum osm_connection_state state);
/* Counts it as *gauge (or as nothing: NULL) from now on. */
void osm_connection_charge(struct osm_connection *connection, uint64_t *gauge);
/* Has it settled once, at the end of this turn's callbacks. */
void osm_connection_set_due(struct osm_connection *connection);
void osm_connection_close(struct osm_connection *connection, const char *reason);
/* Whatever is due or buried at this point of the turn. */
void osm_connections_turn(struct osm_ipc_server *server);
/* There are too many: it is told so, and ended. */
void osm_ipc_connection_refuse(struct osm_connection *connection);
/* The deadlines' ends. */
void osm_connection_frame_timeout(struct osm_deadline *deadline);
void osm_connection_idle_timeout(struct osm_deadline *deadline);
void osm_connection_stall_timeout(struct osm_deadline *deadline);
void osm_connection_linger_timeout(struct osm_deadline *deadline);
void osm_ipc_connection_unproved(struct osm_deadline *deadline);
/* Counts it as its token's. */
void osm_ipc_connection_set_grant(struct osm_connection *connection, struct osm_grant *grant);
/* Ends it, or streams of it, if their tokens have been taken out of the file. */
void osm_ipc_connection_check_grant(struct osm_connection *connection);
/* What let it in counts no longer: it is told why, and ended. One that has not asked for anything
 * yet, or is ending, is left alone. */
void osm_ipc_connection_revoke(struct osm_connection *connection, enum osm_fault_type type,
                               const char *message);
void osm_connection_slow(struct osm_deadline *deadline);

static inline size_t osm_connection_unsent(const struct osm_connection *connection)
{
    return connection->unsent;
}

/* settle.c -------------------------------------------------------------------------------- */

/* Sends, takes further lines, closes if all is done, and watches for what comes next. The one
 * place that does so; to be called whenever something has happened to the connection. */
void osm_ipc_connection_settle(struct osm_connection *connection);
/* It has taken enough: what else has come is looked at in a later turn. */
void osm_ipc_connection_rest(struct osm_connection *connection);
/* Reads once and settles. */
void osm_ipc_connection_read(struct osm_connection *connection);
/* Both directions are closed, as far as the kernel can tell (Unix sockets: it can). A mere
 * half-close is no goodbye: callers may shut down their side and wait for the reply. */
bool osm_ipc_connection_is_gone(const struct osm_connection *connection);

/* intake.c -------------------------------------------------------------------------------- */

/* Hands on complete lines until there is none left or a bound is reached. Returns whether there
 * was one. */
bool osm_intake_run(struct osm_connection *connection);
/* Whether another line may be taken now. */
bool osm_intake_is_open(const struct osm_connection *connection);

/* exchange.c ------------------------------------------------------------------------------ */

struct osm_exchange *osm_exchange_new(struct osm_connection *connection);
/* Hands the request to the commands; the reply comes now or later. */
void osm_exchange_dispatch(struct osm_exchange *exchange);
/* Replies with an error instead. */
void osm_exchange_fail(struct osm_exchange *exchange, const struct osm_fault *fault);
/* The caller has gone: the reply will be dropped. */
void osm_exchange_abandon(struct osm_exchange *exchange);
/* Ends what nobody waits for any more, as far as nothing is lost with it. */
void osm_exchanges_leave(struct osm_ipc_server *server);
void osm_exchanges_leave_on(struct osm_deadline *deadline);
/* Makes what was answered in this turn reusable. */
void osm_exchanges_turn(struct osm_ipc_server *server);
void osm_exchange_free(struct osm_exchange *exchange);

/* output.c -------------------------------------------------------------------------------- */

/* Takes a complete reply line; *reply is emptied. */
void osm_output_add(struct osm_connection *connection, struct osm_buf *reply);
/* An error that belongs to no request. */
void osm_output_error(struct osm_connection *connection, enum osm_fault_type type,
                      const char *message);
/* The same as the last line this connection will get. */
void osm_output_end(struct osm_connection *connection, enum osm_fault_type type,
                    const char *message);
/* For osm_push: lines of streams. */
extern const struct osm_push_ops osm_output_channel;
/* Streams that wait for room are told when there is some. */
void osm_output_tell_room(struct osm_connection *connection);
/* Sends what the socket takes, up to a bound. Returns whether it took anything. May close the
 * connection. */
bool osm_output_send(struct osm_connection *connection);

/* Whatever has not been sent is dropped. */
void osm_output_drop(struct osm_connection *connection);

/* waste.c --------------------------------------------------------------------------------- */

/* Takes the buffer's memory; small ones are freed at once. */
void osm_ipc_waste_take(struct osm_ipc_server *server, struct osm_buf *buf);
/* Gives a slice of it back. */
void osm_ipc_waste_turn(struct osm_ipc_server *server);
/* Gives all of it back. */
void osm_ipc_waste_end(struct osm_ipc_server *server);

/* server.c -------------------------------------------------------------------------------- */

/* A handle has left the loop, or the last connection its list: ends the closing if that was it. */
void osm_ipc_server_advance(struct osm_ipc_server *server);
/* Frees a server nobody refers to any more. */
void osm_ipc_server_destroy(struct osm_ipc_server *server);

/* accept.c -------------------------------------------------------------------------------- */

/* A caller on that socket. */
void osm_ipc_accept_take(struct osm_ipc_server *server, int fd, bool is_inside);
void osm_accept_ready(uv_poll_t *poll, int status, int events);
void osm_accept_retry(struct osm_deadline *deadline);

#endif
