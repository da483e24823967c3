/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_SERVER_H
#define OSM_TESTING_TESTING_SERVER_H
/*
 * For tests: a scripted OPC UA server behind struct osm_ua_ops. It keeps the rules of
 * port/ua_ops.h to the letter (nothing nested, LOST before lost, newest call first) and checks
 * that the core keeps them too. What happens is queued and delivered by test_server_step().
 *
 * By default it answers the core's own requests (limits and namespaces, keep-alive) and leaves
 * the callers' requests to the test, which finds them in server->calls.
 */
#include <open62541/nodeids.h>
#include <open62541/types_generated_handling.h>

#include "core/session/session.h"
#include "port/ua_ops.h"
#include "testing/testing_loop.h"
#include "util/arena.h"

enum test_conn_phase {
    TEST_IDLE,
    TEST_CONNECTING,
    TEST_CONNECTED,
    TEST_DROPPING,
    TEST_CLOSING,
    TEST_CLOSED
};

enum test_event_kind { TEST_CONNECT, TEST_ANSWER, TEST_BEGIN, TEST_WORK, TEST_LOSE, TEST_END };

struct test_event {
    enum test_event_kind kind;
    struct osm_ua_conn *conn;
    struct osm_ua_call *call; /* ANSWER */
    UA_StatusCode status;     /* ANSWER: service result */
    void *response;           /* ANSWER, WORK: heap, owned; NULL with a bad status */
    struct osm_ua_work *work; /* what keeps the response */
    struct osm_ua *server;
    const void *as;         /* the response, as whoever has it calls it */
    bool taken;             /* it is somebody's */
    struct osm_fault fault; /* LOSE; ANSWER: why there is none; message owned */
    struct test_event *prev, *next;
};

struct osm_ua_call {
    struct osm_ua_conn *conn;
    const struct osm_ua_service *service;
    void *request; /* a copy, owned */
    osm_ua_call_fn *done;
    void *context;
    bool sent;      /* what a loss will report */
    bool over;      /* answered, lost or abandoned */
    bool abandoned; /* an answer is taken and thrown away */
    struct osm_ua_call *prev, *next;
};

struct osm_ua_conn {
    struct osm_ua *server;
    const struct osm_ua_events *events;
    void *context;
    char *endpoint_url;
    osm_msec timeout;
    enum test_conn_phase phase;
    bool deaf; /* cannot send although nobody has told yet */
    bool was_connected;
    bool freed;
    unsigned messages;
    unsigned connects; /* attempts */
    osm_msec close_limit;
    struct osm_ua_conn *prev, *next;
};

struct osm_ua {
    struct osm_ua_conn *conns; /* all there ever were */
    struct osm_ua_call *calls; /* callers' requests, in order */
    struct osm_ua_call *own;   /* the core's own ones */
    struct test_event *events;
    struct test_event *told; /* the answer that is delivered */
    bool delivering;
    bool large;                 /* every answer counts as large (answer_keep) … */
    unsigned works;             /* … and so many were kept */
    struct test_event *taken;   /* large ones that are somebody's and have no work */
    bool refuse_new;            /* conn_new fails */
    bool down;                  /* connecting fails */
    bool hold_connect;          /* connecting takes until test_server_connect() */
    bool hold_setup;            /* limits and namespaces are not answered */
    bool hold_close;            /* no goodbye comes back */
    bool silent;                /* keep-alives are not answered */
    bool deaf;                  /* new channels cannot send */
    bool sent;                  /* requests leave completely */
    bool new_session;           /* the next connect makes a new one */
    UA_StatusCode setup_status; /* service result of the setup Read */
    UA_StatusCode keep_alive_status;
    const char *namespaces[4];      /* from index 2 on; NULL-terminated; empty = the usual one */
    UA_Variant max_read, max_write; /* scalars over static memory; empty = Bad */
    UA_Variant max_others;          /* the other limits */
    size_t max_setup;               /* nodes of one setup Read; 0 = any number */
    unsigned setups;                /* such Reads */
    uint32_t session_timeout;
    unsigned keep_alives;
    /* Answers callers' requests, or leaves them to the test; may be NULL. */
    void (*serve)(struct osm_ua *server, struct osm_ua_call *call);
    void *serve_context;
};

/* --- events -------------------------------------------------------------------------------- */

/* Delivers the next event; false when there is none. */
bool test_server_step(struct osm_ua *server);

/* --- what tests do ------------------------------------------------------------------------- */

/* The connect that was held back is decided now. */
void test_server_connect(struct osm_ua_conn *conn);

/* Answers with a response made by UA_new(); it is taken over. */
void test_answer(struct osm_ua_call *call, void *response);

/* Everything asked for is answered: with results that are all zero, as many as there are to be. */
void test_answer_each(struct osm_ua_call *call);

void test_answer_fault(struct osm_ua_call *call, UA_StatusCode status);
/* With what cannot be decoded. */
void test_answer_unreadable(struct osm_ua_call *call);
void test_lose_as(struct osm_ua_conn *conn, enum osm_fault_type type, const char *message);
void test_lose(struct osm_ua_conn *conn);
void test_server_goodbye(struct osm_ua_conn *conn);

/* --- the operations ------------------------------------------------------------------------ */

/* With the first `size` results. */
void test_answer_setup(struct osm_ua *server, struct osm_ua_call *call, size_t size);

const struct osm_ua_ops *test_server_ops(void);
/* Every server from now on has large answers only: the tests of a program can run once more. */
extern bool test_server_is_large;

/* --- its life ------------------------------------------------------------------------------ */

void test_server_init(struct osm_ua *server);

/* The core must have let go of every connection. */
void test_server_deinit(struct osm_ua *server);

#endif
