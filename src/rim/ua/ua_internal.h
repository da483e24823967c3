/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_UA_INTERNAL_H
#define OSM_RIM_UA_UA_INTERNAL_H
/*
 * What the files that make connections out of the stack share.
 *
 *   ua.c            what all connections share, and the table of operations
 *   conn.c          one connection: its phases
 *   conn_connect.c  the way up: discovery, choice, credentials, channel, session
 *   conn_call.c     service calls
 *   conn_move.c     a session in another process, at another server
 */
#include "rim/io/loop.h"
#include "rim/ua/reverse.h"
#include "rim/ua/tcp.h"
#include "rim/ua/trust_watch.h"
#include "rim/ua/ua.h"
#include "rim/ua/ua_session.h"

struct osm_ua {
    const struct osm_io_loop *io;
    struct osm_stack stack;
    struct osm_tcp_hub *hub;
    struct osm_discovery discovery;
    struct osm_own_cert *own_cert;
    struct osm_reverse *reverse; /* NULL = servers cannot connect to us */
    bool reverse_ends;
    struct osm_trust_watches watches;
    struct osm_ua_conn *conns; /* all that are not freed, also those that only say goodbye */
    struct osm_timer *end;     /* looks whether everything has ended */
    unsigned looks;
    void (*done)(void *context);
    void *done_context;
};

/*
 *   IDLE ─connect─▶ OPENING ⇄ DISCOVERING, PREPARING ─▶ SESSION ─▶ CONNECTED ──close──▶ CLOSING
 *     ▲                │           │            │         │   ▲        │ loss, drop       │
 *     │                ▼           ▼            ▼         ▼   │        ▼                  ▼
 *     └─failed, lost── DROPPING ◀──────────── LEAVING   REPLACING  DROPPING             CLOSED
 *
 * OPENING: a channel, without security to ask for endpoints, or the one that is wanted.
 * PREPARING: files and certificates are looked at, off the loop. REPLACING: the server will not
 * give the old session back; it is closed before a new one is made. LEAVING: a session that was
 * made and is not active is closed on the channel that made it. DROPPING: the channel is on its
 * way out; what follows is told when it has gone.
 */
enum osm_conn_phase {
    OSM_CONN_IDLE,
    OSM_CONN_OPENING,
    OSM_CONN_DISCOVERING,
    OSM_CONN_PREPARING,
    OSM_CONN_SESSION,
    OSM_CONN_REPLACING,
    OSM_CONN_CONNECTED,
    OSM_CONN_LEAVING,
    OSM_CONN_DROPPING,
    OSM_CONN_CLOSING,
    OSM_CONN_CLOSED,
};

/* What is needed until the session is active, by the procedure that makes it as well. */
struct osm_conn_way {
    struct osm_credentials credentials;
    struct osm_ua_session_setup setup;
    char *policy_id;
};

struct osm_ua_conn {
    struct osm_ua *ua;
    const struct osm_ua_events *events;
    void *context;

    /* what is wanted, for good */
    const char *url; /* shared: as opc.tcp://host:port/path; what is known of a server goes by it */
    const char
        *said; /* shared: as the caller wrote it; HEL, GetEndpoints and CreateSession carry it */
    osm_msec timeout;
    uint32_t session_timeout;        /* to be asked for, milliseconds; 0 = the usual one */
    const struct osm_policy *policy; /* NULL = None */
    UA_MessageSecurityMode mode;
    UA_UserTokenType user;
    char *username, *password;             /* wiped at the end */
    struct osm_credentials_source *source; /* NULL: neither security nor a user, none are needed */
    bool reverse;                          /* the server connects to us */

    enum osm_conn_phase phase;
    struct osm_stack_error *reason; /* why it is being given up; NULL = it is not */
    bool was_connected;             /* what is being given up was a connection, not an attempt */
    bool given_up;                  /* by the owner: nothing is tried again */
    bool freed;                     /* the owner has let go: no events */
    bool warned;                    /* of what is not checked */

    /* this attempt */
    osm_msec give_up_at;             /* whatever the progress, it ends here (loop time) */
    struct osm_endpoints *endpoints; /* that were known before it */
    bool from_cache;
    bool activating; /* ActivateSession was refused */
    bool afresh;     /* after this one, the endpoints are asked for anew */
    bool fresh;      /* the endpoints known were wrong: they are asked for */
    struct osm_credentials_job *job;
    bool look_again; /* the trust store has changed while job looks at it */
    struct osm_conn_way *way;
    double own_ends, server_ends, user_ends; /* of its credentials, kept when they are not */
    struct osm_call *asking;                 /* GetEndpoints */
    struct osm_reverse_wait *awaited;        /* the server's socket */

    struct osm_secure_channel *channel;
    bool wanted_channel; /* it is the one that was asked for, not one for discovery */
    struct osm_calls calls;
    struct osm_ua_session session;
    unsigned messages; /* of channels before */

    struct osm_timer *timer; /* NULL unless something is waited for */
    struct osm_stack_later later;
    void (*step)(struct osm_ua_conn *conn); /* of later */
    struct osm_ua_call *outstanding;
    size_t abandoned;       /* calls, ever on this channel */
    UA_ByteString approved; /* shared: what the server has shown, for looks at trust */
    struct osm_trust_watch *watch;
    struct osm_ua_conn *prev, *next;
};

/* conn.c */
struct osm_ua_conn *osm_conn_new(struct osm_ua *ua, const struct osm_ua_params *params,
                                 const struct osm_ua_events *events, void *context,
                                 struct osm_arena *arena, struct osm_fault *fault);
void osm_conn_drop(struct osm_ua_conn *conn, const struct osm_fault *reason);
void osm_conn_close(struct osm_ua_conn *conn, osm_msec limit);
void osm_conn_free(struct osm_ua_conn *conn);
/* The server is that one; url is what osm_url_parse() makes of the caller's endpoint_url. */
void osm_conn_set_urls(struct osm_ua_conn *conn, const char *endpoint_url, const char *url);
/* At once, whatever it is doing: the loop ends. */
void osm_conn_bury(struct osm_ua_conn *conn);
/* The one way a phase changes. */
void osm_conn_enter(struct osm_ua_conn *conn, enum osm_conn_phase phase, const char *why);
/* What it is waiting for ends after so many milliseconds. */
void osm_conn_arm(struct osm_ua_conn *conn, osm_msec delay);
/* step(conn) on the loop, soon; instead of any other. */
void osm_conn_soon(struct osm_ua_conn *conn, void (*step)(struct osm_ua_conn *conn));
/* The attempt, or the connection, is over for that reason. */
void osm_conn_fail(struct osm_ua_conn *conn, const struct osm_stack_error *error);
/* The session is active. */
void osm_conn_up(struct osm_ua_conn *conn);
const struct osm_channel_events *osm_conn_channel_events(void);
/* Lets the channel go without a word about it. Not from inside a call's answer. */
void osm_conn_drop_channel(struct osm_ua_conn *conn);

/* conn_connect.c */
void osm_conn_connect(struct osm_ua_conn *conn);
/* Begins the attempt, or begins it anew. */
void osm_conn_start(struct osm_ua_conn *conn);
/* The channel has opened. */
void osm_conn_opened(struct osm_ua_conn *conn);
/* Forgets what belongs to an attempt; jobs end by themselves. */
void osm_conn_forget_attempt(struct osm_ua_conn *conn);
/* No procedure runs that needs it. */
void osm_conn_drop_way(struct osm_ua_conn *conn);
void osm_conn_look_at_trust(void *context);

/* conn_move.c */
bool osm_conn_export(const struct osm_ua_conn *conn, struct osm_buf *out);
bool osm_conn_import(struct osm_ua_conn *conn, const void *bytes, size_t length);
bool osm_conn_go_to(struct osm_ua_conn *conn, const char *endpoint_url);

/* conn_call.c */
struct osm_ua_call *osm_conn_call(struct osm_ua_conn *conn, const struct osm_ua_service *service,
                                  void *request, osm_ua_call_fn *done, void *context);
void osm_conn_call_abandon(struct osm_ua_call *call);
void osm_conn_call_adopt(struct osm_ua_call *call, osm_ua_call_fn *done, void *context);
/* Nobody waits for any of them any more. */
void osm_conn_calls_detach(struct osm_ua_conn *conn);

#endif
