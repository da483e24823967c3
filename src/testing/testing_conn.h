/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_CONN_H
#define OSM_TESTING_TESTING_CONN_H
/* For tests of connections: a loop, the client of the rim, a peer (testing_peer.h), and what a
 * connection has told. */
#include "testing/testing_peer.h"

struct test_conn_world {
    uv_loop_t loop;
    struct osm_io_loop io;
    struct osm_ua *ua;
    struct test_peer peer;
    unsigned ua_gone;
};

enum test_told { TOLD_NOTHING, TOLD_CONNECTED, TOLD_FAILED, TOLD_LOST, TOLD_CLOSED };

/* One connection and what it told us. */
struct test_watched {
    struct osm_ua_conn *conn;
    enum test_told told;
    unsigned events;
    bool new_session;
    enum osm_fault_type type;
    char message[600];
    bool inside; /* one of our calls into the rim is on the stack */
};

int test_conn_setup(void **state);
/* The loop must run dry by itself: no handle, no timer is left. */
int test_conn_teardown(void **state);

/* Runs the loop until *value has reached `wanted`, at most `limit` milliseconds. */
bool test_conn_run_while_below(struct test_conn_world *world, const unsigned *value,
                               unsigned wanted, unsigned limit);
/* Until the connection has told that many things. */
void test_conn_run_until(struct test_conn_world *world, struct test_watched *watched,
                         unsigned wanted);
void test_conn_run_for(struct test_conn_world *world, unsigned milliseconds);

/* NULL when the URL is none. */
struct osm_ua_conn *test_conn_to(struct test_conn_world *world, const char *url, osm_msec timeout,
                                 struct test_watched *watched);
void test_conn_to_peer(struct test_conn_world *world, osm_msec timeout,
                       struct test_watched *watched);
void test_conn_begin(struct test_watched *watched);
void test_conn_let_go(struct test_watched *watched);
/* A connection to the peer that is up. */
void test_conn_connected(struct test_conn_world *world, struct test_watched *watched);

#endif
