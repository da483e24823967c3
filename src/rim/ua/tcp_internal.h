/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_TCP_INTERNAL_H
#define OSM_RIM_UA_TCP_INTERNAL_H
/*
 * What the files of TCP connections share.
 *
 *   tcp.c          the hub, reading, writing, closing
 *   tcp_connect.c  names, addresses, attempts
 *
 * Every socket is an attempt of its own until one of them is connected; that one stays, the others
 * are closed. Memory of a socket lives until libuv has closed it, longer than its connection.
 */
#include "rim/ua/tcp.h"
#include "util/buf.h"

#define OSM_TCP_RX_BYTES ((size_t)65536)
#define OSM_TCP_ADDRESSES ((size_t)16) /* of one name that are tried */

struct osm_tcp;

struct osm_tcp_hub {
    uv_loop_t *loop;
    uv_prepare_t prepare;
    const struct osm_lookup_ops *names;
    void *lookups;
    struct osm_tcp *corked;
    struct osm_tcp *resting; /* have brought enough in this turn */
    uint64_t turn;
    size_t handles;       /* that libuv has not closed yet, the lookups among them */
    struct osm_buf spare; /* of the last that has sent all it had */
    bool freed;
    char rx[OSM_TCP_RX_BYTES];
};

struct osm_tcp_attempt {
    uv_tcp_t handle;
    struct osm_tcp_hub *hub;
    struct osm_tcp *tcp; /* NULL once given up */
    struct osm_tcp_attempt *prev, *next;
};

struct osm_tcp_timer {
    uv_timer_t handle;
    struct osm_tcp_hub *hub;
    struct osm_tcp *tcp;
};

/* What is only needed until a socket is connected. */
struct osm_tcp_way {
    char *host;
    uint16_t port;
    struct osm_lookup *lookup;
    struct osm_tcp_timer *timer;
    uint64_t give_up_at; /* loop time; UINT64_MAX = never */
    struct osm_tcp_attempt *trying;
    struct sockaddr_in6 addresses[OSM_TCP_ADDRESSES]; /* IPv4 ones fit as well */
    size_t count, next;
    int error; /* of the attempt that failed last, negative */
    bool resolved;
};

struct osm_tcp {
    struct osm_transport base;
    struct osm_tcp_hub *hub;
    struct osm_tcp_way *way;      /* NULL once connected */
    struct osm_tcp_attempt *link; /* the connected socket */
    struct osm_buf out;           /* corked, or waiting behind a write */
    uint64_t queued, written;
    size_t writing; /* bytes given to uv_write() that has not called back */
    uint32_t unacked_ms;
    size_t turn_bytes; /* read since the turn it rested last */
    uint64_t turn;
    bool corked, paused, resting;
    struct osm_tcp *prev, *next;                 /* in hub->corked */
    struct osm_tcp *resting_prev, *resting_next; /* in hub->resting */
};

extern const struct osm_transport_ops osm_tcp_ops;

/* tcp.c */
/* libuv has closed one of the hub's handles. */
void osm_tcp_handle_closed(struct osm_tcp_hub *hub);
/* The socket is closed; its memory follows. */
void osm_tcp_give_up(struct osm_tcp_attempt *attempt);
/* The connection ends with that error, or because the peer has gone; it is freed. */
void osm_tcp_fail(struct osm_tcp *tcp, const struct osm_stack_error *error);
void osm_tcp_fail_lost(struct osm_tcp *tcp);
bool osm_tcp_start_reading(struct osm_tcp *tcp);

/* tcp_connect.c */
/* What was only needed until a socket was connected; fine when it is gone. */
void osm_tcp_drop_way(struct osm_tcp *tcp);

#endif
