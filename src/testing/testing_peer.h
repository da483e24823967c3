/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_PEER_H
#define OSM_TESTING_TESTING_PEER_H
/*
 * For tests: a peer on a real socket, on the same loop. It can refuse to speak, speak nonsense,
 * or speak just enough OPC UA (policy None, single chunks) for a session, and then answer service
 * requests as the test wants. Nothing waits for luck: every test runs the loop until a condition
 * holds and fails after TEST_PATIENCE_MS.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <open62541/types_generated_handling.h>
#include <utlist.h>
#include <uv.h>

#include "rim/ua/ua.h"
#include "util/alloc.h"
#include "util/buf.h"
#include "util/log.h"

#define TEST_PATIENCE_MS 60000

enum test_peer_manner {
    PEER_SPEAKS, /* OPC UA */
    PEER_SILENT, /* reads and says nothing */
    PEER_CLOSES, /* hangs up when somebody calls */
    PEER_BYTES   /* answers the first bytes with peer->bytes, then as after_bytes says */
};

struct test_peer;

struct test_peer_link {
    uv_tcp_t handle;
    struct test_peer *peer;
    struct osm_buf in;
    uint32_t sequence;
    bool closing;
    struct test_peer_link *prev, *next;
};

struct test_peer {
    uv_loop_t *loop;
    uv_tcp_t listener;
    int port;
    enum test_peer_manner manner;
    const char *bytes;
    size_t bytes_length;
    bool hang_up;                /* after the bytes */
    unsigned char hang_up_at[3]; /* SPEAKS: hangs up instead of answering this message type */
    const char *refuse_at;       /* SPEAKS: answers this message type with ERR */
    struct test_peer_link *links;
    unsigned calls;        /* connections taken */
    unsigned requests;     /* service requests of a session */
    unsigned created;      /* sessions */
    unsigned goodbyes;     /* CloseSession requests */
    bool forgets;          /* ActivateSession of a known session is refused */
    UA_StatusCode refuses; /* every ActivateSession is refused with this */
    bool keeps;            /* CloseSession is not answered */
    bool mute;             /* service requests are not answered … */
    UA_StatusCode fault;   /* … or with this service fault */
    bool anonymous_header; /* faults come without handle and time */
    uint32_t last_request_id, last_handle;
    double revised_timeout;
};

/* --- writing ------------------------------------------------------------------------------- */

void test_err_chunk(struct osm_buf *out, uint32_t code, const char *reason);

/* --- the peer ------------------------------------------------------------------------------ */

/* Small messages on a fresh local socket: they fit. */
void test_link_send(struct test_peer_link *link, const void *data, size_t length);

void test_respond(struct test_peer_link *link, uint32_t request_id, void *response,
                  const UA_DataType *type);
void *test_endpoints(struct test_peer *peer);
void test_peer_listen(struct test_peer *peer, uv_loop_t *loop);

/* Hangs up on everybody. */
void test_peer_hang_up(struct test_peer *peer);

void test_peer_close(struct test_peer *peer);

#endif
