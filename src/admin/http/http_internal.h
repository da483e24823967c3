/* SPDX-License-Identifier: MIT */
#ifndef OSM_ADMIN_HTTP_HTTP_INTERNAL_H
#define OSM_ADMIN_HTTP_HTTP_INTERNAL_H
/*
 * The parts of an HTTP server: http_server.c has the listener, the library's descriptor and the
 * end; http_exchange.c the way of a request to its handler; http_answer.c the way back.
 *
 * An exchange stands still (libmicrohttpd: is suspended) while its handler or its stream has
 * nothing to say. The library must not be entered from within itself, so waking only marks and has
 * the library run in the next turn.
 */
#include <microhttpd.h>

#include "admin/http/http.h"
#include "rim/io/deadline.h"
#include "rim/io/listener.h"

enum osm_http_wait {
    OSM_HTTP_WAIT_REQUEST, /* of peers */
    OSM_HTTP_WAIT_BEAT,    /* of exchanges */
    OSM_HTTP_WAIT_PENALTY, /* the same, with a wrong token */
    OSM_HTTP_WAIT_ACCEPT,  /* of the server, out of descriptors */
    OSM_HTTP_WAIT_COUNT_
};

/* One connection. */
struct osm_http_peer {
    struct osm_http_server *server;
    struct osm_http_peer *prev, *next;  /* in server->peers */
    struct osm_http_exchange *exchange; /* the present one; NULL between two */
    struct osm_deadline deadline;
    int fd;              /* the library's */
    uint8_t address[16]; /* who it is: the IP address, or the user of a Unix socket */
    bool ended;          /* shut down, the library has not noticed yet */
};

struct osm_http_exchange {
    struct osm_http_server *server;
    struct osm_http_peer *peer;
    struct MHD_Connection *connection;
    const struct osm_http_route *route; /* NULL: none yet */
    const struct osm_http_routes *routes;
    struct osm_grant *grant; /* one reference */
    const char *path;        /* the library's, until the answer */
    struct osm_buf body;
    bool plain;   /* the target is */
    bool begun;   /* headers have been looked at */
    bool called;  /* the handler has been */
    bool queued;  /* the library has the answer */
    bool inside;  /* the library waits for us to return */
    bool waiting; /* suspended */
    bool slowed;  /* has shown a wrong token: what it gets comes later */
    bool woken;

    struct MHD_Response *response; /* to be queued */
    unsigned status;
    char *headers[2 * 8]; /* name and value in turn, set by the handler */
    size_t header_count;
    void (*gone)(void *context);
    void *gone_context;

    const struct osm_http_stream *stream; /* NULL: none, or ended */
    void *stream_context;
    struct osm_buf piece;
    size_t sent; /* of piece */
    bool done;   /* the stream has said its last */
    bool beat_due;
    struct osm_deadline beat; /* or the end of its penalty */
};

struct osm_http_server {
    uv_loop_t *loop;
    struct osm_http_config config;
    struct osm_listener listener;
    struct MHD_Daemon *daemon;
    struct osm_http_stats stats;
    struct osm_http_routes *routes;
    struct osm_http_peer *peers;
    struct osm_http_peer *arriving; /* while the library is told of it */

    uv_poll_t accept_poll, poll;
    uv_timer_t timer; /* the library's next turn */
    struct osm_deadlines deadlines;
    struct osm_deadline_list waits[OSM_HTTP_WAIT_COUNT_];
    unsigned handles; /* in the loop */
    bool running;     /* inside the library */
    struct osm_deadline accept_deadline;
    bool ending;

    osm_msec told; /* when wrong tokens were last told of; 0 = never */
    uint64_t untold;
};

/* http_server.c */
/* Has the library run in the next turn. */
void osm_http_server_soon(struct osm_http_server *server);

/* http_exchange.c: for the library. */
void *osm_http_exchange_begin(void *context, const char *target, struct MHD_Connection *connection);
enum MHD_Result osm_http_exchange_handle(void *context, struct MHD_Connection *connection,
                                         const char *url, const char *method, const char *version,
                                         const char *upload, size_t *upload_size, void **object);
void osm_http_exchange_completed(void *context, struct MHD_Connection *connection, void **exchange,
                                 enum MHD_RequestTerminationCode code);
/* Its owner is told, then it is freed. NULL is fine. */
void osm_http_exchange_free(struct osm_http_exchange *exchange);

/* http_answer.c */
/* Gives the library the answer, once there is one. */
enum MHD_Result osm_http_answer_queue(struct osm_http_exchange *exchange);
/* Lets an exchange that stands still go on. */
void osm_http_exchange_resume(struct osm_http_exchange *exchange);
/* Its stream's owner is told that it is over. */
void osm_http_stream_end(struct osm_http_exchange *exchange);
void osm_http_beat_due(struct osm_deadline *deadline);
void osm_http_penalty_over(struct osm_deadline *deadline);

#endif
