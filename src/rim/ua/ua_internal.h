/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_UA_INTERNAL_H
#define OSM_RIM_UA_UA_INTERNAL_H
/*
 * What the files of src/ua share; nobody else includes this.
 *
 *   loop.c      UA_EventLoop on libuv: the library's timers and delayed callbacks, our deferred
 *               work, the moment in each loop turn at which everything corked is sent
 *   tcp.c       UA_ConnectionManager on libuv: resolve, connect, send, receive, close
 *   peek.c      looks at what passes by in clear: errors, revised times, messages to be refused
 *   policies.c  sets of security policies, shared by clients with the same needs
 *   secure.c    connecting with security or a user: two stages, endpoint_select.c, secure_work.c,
 *               key_pair.c, own_cert.c, cert.c
 *   conn.c      one connection: its life (struct osm_ua_conn)
 *   call.c      service calls
 *   connect_error.c   what went wrong while connecting, in the words of the contract
 *
 * The library calls back synchronously from inside our own calls (state changes during
 * UA_Client_connectAsync, for example), holds its lock meanwhile and must not be deleted there.
 * So no callback of the library acts: it notes what it saw and asks for a deferred look at the
 * connection, which happens on the loop with nothing of the library on the stack.
 */
#include <stdbool.h>
#include <stdint.h>

#include <open62541/client.h>
#include <open62541/plugin/eventloop.h>
#include <uv.h>

#include "port/ua_ops.h"
#include "rim/ua/policies.h"
#include "rim/ua/secure.h"
#include "rim/ua/ua.h"
#include "util/buf.h"
#include "util/macros.h"

/* Work to be done on the loop outside the library. Embedded; queued at most once. */
struct osm_ua_deferred {
    struct osm_ua_deferred *next;
    void (*run)(struct osm_ua_deferred *deferred);
    bool queued;
};

struct osm_tcp;
struct cyclic;

/* Bytes read from or encoded for a connection at a time; shared by all connections, because the
 * library encodes synchronously and copies what it keeps. */
#define OSM_UA_RX_BYTES ((size_t)256 * 1024)
#define OSM_UA_TX_BYTES ((size_t)64 * 1024)

struct osm_ua {
    uv_loop_t *loop;
    UA_EventLoop el; /* what the library sees */
    UA_ConnectionManager cm;
    UA_Logger logger;
    uv_prepare_t prepare; /* before the loop sleeps */
    uv_check_t check;     /* after it has read */

    struct osm_ua_deferred *deferred_first;
    struct osm_ua_deferred **deferred_last;
    UA_DelayedCallback *delayed;      /* the library's, in reverse order of arrival */
    struct cyclic *housekeeping;      /* the clients', called together by the housekeeper … */
    struct cyclic *housekeeping_next; /* … which will call this one next */
    uv_timer_t housekeeper;
    unsigned housekeeping_turn;
    struct osm_tcp *corked;  /* connections with output that waits for the end of the turn */
    struct osm_tcp *closing; /* connections whose CLOSING has not been told yet */
    char *rx;                /* OSM_UA_RX_BYTES */
    UA_ByteString tx;        /* grows to the largest chunk */
    bool tx_lent;

    struct osm_own_cert *own_cert;
    struct osm_policy_set *plain;       /* policy None alone */
    struct osm_policy_set *policy_sets; /* in use */
    struct osm_trust_watch *trust_watches;
    unsigned handles; /* uv handles of ours that are not closed yet */
    void (*done)(void *context);
    void *done_context;
};

/* loop.c */
void osm_ua_loop_init(struct osm_ua *ua);
void osm_ua_loop_close(struct osm_ua *ua);
void osm_ua_defer(struct osm_ua *ua, struct osm_ua_deferred *deferred);
void osm_ua_undefer(struct osm_ua *ua, struct osm_ua_deferred *deferred);
/* One of our handles has closed; after the last one osm_ua_free() ends. */
void osm_ua_handle_closed(struct osm_ua *ua);

/* peek.c */
/* How the service messages of a channel are covered. */
enum osm_peek_cover { OSM_PEEK_CLEAR, OSM_PEEK_SIGNED, OSM_PEEK_ENCRYPTED };

/* What a server may send as one message, its chunks' headers counted. */
#define OSM_PEEK_MESSAGE_BYTES ((size_t)16 * 1024 * 1024)
#define OSM_PEEK_MESSAGE_CHUNKS 4096
/* Channel id, token id, sequence number, request id. */
#define OSM_PEEK_SERVICE_HEADER ((size_t)16)
#define OSM_PEEK_TYPE_ID ((size_t)7) /* the longest form services use */

struct osm_peek {
    char first[4];             /* type of the first message of this channel, "" = none yet */
    bool error_seen;           /* an ERR message came */
    UA_StatusCode error;       /* its code … */
    char *error_reason;        /* … and text, owned */
    uint32_t session_timeout;  /* revised, milliseconds; 0 = unknown */
    uint32_t channel_id;       /* of the newest OPN answer */
    uint32_t channel_lifetime; /* revised, milliseconds; 0 = unknown */
    bool settled;              /* the session is up: service messages are of no more interest */
    unsigned messages;         /* chunks seen */
    bool wants_endpoints;      /* an answer to GetEndpoints is kept … */
    UA_GetEndpointsResponse *endpoints; /* … here, owned */
    bool size_is_bad;                   /* a message header with an impossible size … */
    uint32_t bad_size;                  /* … namely this one */
    /* assembling: header bytes of the next chunk and bytes of it still to come */
    unsigned char head[8];
    size_t head_length;
    size_t body_left;
    struct osm_buf body;    /* start of the chunk's body, only of chunks that are looked at */
    struct osm_buf message; /* bodies of the chunks before it */
    /* the guard: the chunk that comes … */
    enum osm_peek_cover cover;
    unsigned char start[OSM_PEEK_SERVICE_HEADER + OSM_PEEK_TYPE_ID];
    size_t start_length;
    size_t body_size;
    /* … and the message it belongs to, so far */
    unsigned char type_id[OSM_PEEK_TYPE_ID];
    size_t type_id_length;
    size_t message_bytes;
    unsigned message_chunks;
    const char *refused; /* what must not reach the library, a constant text; NULL = nothing */
};
void osm_peek_reset(struct osm_peek *peek); /* a new channel starts */
void osm_peek_deinit(struct osm_peek *peek);
/* Bytes received; never changes them. False: the library must not see them nor anything behind
 * them, refused says why. */
OSM_MUST_CHECK bool osm_peek_bytes(struct osm_peek *peek, const char *data, size_t length);

/* tcp.c */
void osm_tcp_manager_init(struct osm_ua *ua);
/* Sends everything corked. */
void osm_tcp_flush_all(struct osm_ua *ua);
/* Tells the library about every connection that has been closed. */
void osm_tcp_tell_closed(struct osm_ua *ua);
/* Bytes queued for the socket so far, and bytes it has taken. Counted per connection object, so
 * that they can still be compared after the socket has gone. */

/* conn.c */
enum osm_conn_phase {
    OSM_CONN_IDLE,
    OSM_CONN_CONNECTING,
    OSM_CONN_PREPARING, /* between the stages of a secured connect */
    OSM_CONN_CONNECTED,
    OSM_CONN_DROPPING, /* the channel is being closed after a failure or loss */
    OSM_CONN_FAREWELL, /* a session that could not be activated is being closed */
    OSM_CONN_CLOSING,  /* CloseSession is under way */
    OSM_CONN_CLOSED
};

/* How far an attempt to connect has come: decides what a failure is called. */
enum osm_conn_stage {
    OSM_STAGE_RESOLVE,
    OSM_STAGE_TCP,
    OSM_STAGE_HELLO,
    OSM_STAGE_CHANNEL,
    OSM_STAGE_DISCOVERY,
    OSM_STAGE_CREATE_SESSION,
    OSM_STAGE_ACTIVATE_SESSION
};

struct osm_ua_conn {
    struct osm_ua *ua;
    UA_Client *client;
    const struct osm_ua_events *events;
    void *context;

    char *host; /* from the endpoint URL */
    uint16_t port;
    char *url;                 /* in the form the library takes */
    struct osm_secure *secure; /* NULL = no security, no user */
    osm_msec timeout;

    enum osm_conn_phase phase;
    enum osm_conn_stage stage;
    bool was_connected;   /* the drop under way ends a connection, not an attempt */
    bool session_created; /* this attempt made a new server session */
    UA_NodeId token;      /* of the server session we have, or had; owned */
    UA_ByteString nonce;  /* the server's last one for it; owned */
    bool unsure;          /* the answer to its activation was lost: it may be alive */
    bool farewell_due;    /* it was refused its activation */
    bool farewell_sent, farewell_over;
    bool again;           /* an old session was refused: after the goodbye a new one is tried */
    unsigned opens_left;  /* TCP connections the library may still open in this attempt */
    unsigned progress;    /* messages seen when the deadline was set last */
    osm_msec give_up_at;  /* whatever the progress, an attempt ends here (loop time) */
    int tcp_error;        /* last error of resolving or connecting, negative uv code */
    bool eof;             /* the peer closed */
    UA_StatusCode status; /* what the library said */
    struct osm_peek peek;
    struct osm_tcp *tcp;    /* open socket, NULL when none */
    uint64_t bytes_queued;  /* given to the socket, over all sockets of this connection … */
    uint64_t bytes_written; /* … and taken by it */

    struct osm_fault reason; /* why it is being dropped; message owned */

    uv_timer_t *timer;           /* deadline of the present phase */
    struct osm_ua_deferred look; /* a look at the client's state */
    bool prepared;               /* stage 2 may begin when the channel has closed */
    struct osm_ua_call *calls;   /* outstanding, newest first */
    unsigned abandoned;          /* of these, nobody waits for */
    bool calls_lost;             /* the library has given up requests: the channel must go */
    struct osm_ua_deferred bury; /* deletes it outside the library */
    bool freed;                  /* the owner has let go: no events */
};

/* The library's user pointer leads back to us. */
struct osm_ua_conn *osm_conn_of(UA_Client *client);
/* Asks for a look at the client's state at the end of this turn. */
void osm_conn_look(struct osm_ua_conn *conn);

/* The work between the stages is over; fault NULL = stage 2 may begin. */
void osm_conn_prepared(struct osm_ua_conn *conn, const struct osm_fault *fault);

/* The operations of port/ua_ops.h. */
struct osm_ua_conn *osm_conn_new(struct osm_ua *ua, const struct osm_ua_params *params,
                                 const struct osm_ua_events *events, void *context,
                                 struct osm_arena *arena, struct osm_fault *fault);
void osm_conn_connect(struct osm_ua_conn *conn);
void osm_conn_drop(struct osm_ua_conn *conn, const struct osm_fault *reason);
void osm_conn_close(struct osm_ua_conn *conn, osm_msec limit);
void osm_conn_free(struct osm_ua_conn *conn);

/* client.c */
/* A client set up for the connection (conn->url, ->ua); the token's texts are copied. */
UA_Client *osm_client_new(struct osm_ua_conn *conn, const struct osm_ua_params *params);
/* Lends it a set of policies, in place of another. */
void osm_client_lend(UA_ClientConfig *config, struct osm_policy_set *set);
/* Wipes the secrets, takes the shared parts out and deletes it. Only outside the library. */
void osm_client_delete(UA_Client *client);

/* call.c */
struct osm_ua_call *osm_call_start(struct osm_ua_conn *conn, const struct osm_ua_service *service,
                                   void *request, osm_ua_call_fn *done, void *context);
void osm_call_abandon(struct osm_ua_call *call);
void osm_call_detach_all(struct osm_ua_conn *conn);

/* close_session.c */
/* Keeps the authentication token of the session the library has at the moment. */
void osm_close_session_note_session(struct osm_ua_conn *conn);
/* The connection was lost while an old session was being activated. */
bool osm_close_session_is_unsure(const struct osm_ua_conn *conn);
/* The attempt to connect has failed because a session was refused its activation. */
bool osm_close_session_is_due(const struct osm_ua_conn *conn);
/* Opens a channel to close that session; returns how long this may take. */
osm_msec osm_close_session_begin(struct osm_ua_conn *conn);
/* True when it is over; the channel is to be closed then. */
bool osm_close_session_look(struct osm_ua_conn *conn, UA_SecureChannelState channel,
                            UA_StatusCode status);

/* connect_error.c */
/* Why the attempt or the connection ended; text in the arena. */
void osm_connect_error(const struct osm_ua_conn *conn, struct osm_arena *arena,
                       struct osm_fault *fault);

#endif
