/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_H
#define OSM_TESTING_TESTING_H
/*
 * For tests: a manager on a hand-turned loop with a scripted server behind it, and requests
 * whose replies are kept. As in the daemon, a request that has been answered is recycled at the
 * end of the turn, so whoever touches it later is caught by the sanitizers.
 */
#include <string.h>

#include "core/link/op.h"
#include "core/manager/manager.h"
#include "core/manager/registry.h"
#include "core/session/session.h"
#include "serve/request/config.h"
#include "serve/request/request.h"
#include "testing/testing_loop.h"
#include "testing/testing_server.h"
#include "util/log.h"

#define TEST_URL "opc.tcp://plant:4840"

struct test_world;

struct test_request {
    struct osm_request request;
    struct test_world *world;
    char *reply;    /* without its '\n', NULL while there is none */
    unsigned order; /* of the replies, from 1 */
    bool recycled;
    struct test_request *prev, *next;
};

struct test_world {
    struct test_loop loop;
    struct osm_ua server;
    struct osm_manager *manager;
    struct test_request *requests;
    unsigned replies;
    unsigned ends; /* calls of test_shutdown_done */
};

/* --- requests ------------------------------------------------------------------------------ */

/* Single quotes stand for double ones; the result is the caller's. */
char *test_quotes(const char *text);

/* A request parsed from text; it must be JSON. */
struct test_request *test_request_parse(struct test_world *world, const char *text);

/* What the owner of requests does at the end of a turn. */
void test_recycle(struct test_world *world);

void test_reply_is(const struct test_request *test, const char *expected);

#define test_data_is(test, data) test_reply_is(test, "{'success':true,'data':" data "}")
#define test_fault_is(test, type, message)                                                         \
    test_reply_is(test, "{'success':false,'error':{'type':'" type "','message':'" message "'}}")

/* --- time ---------------------------------------------------------------------------------- */

/* Everything that happens without the clock moving. */
void test_turn(struct test_world *world);

/* As in the daemon: what happens at one moment is over before the clock goes on. */
void test_advance(struct test_world *world, osm_msec milliseconds);

/* --- the world ----------------------------------------------------------------------------- */

struct test_world *test_world_new_with(const struct osm_manager_config *config);
struct test_world *test_world_new(void);

/* Nobody may have been forgotten: every request that was put to work has its reply. */
void test_world_free(struct test_world *world);

void test_shutdown_done(void *context);
int test_setup(void **state);
int test_teardown(void **state);

/* --- operations ---------------------------------------------------------------------------- */

/* Begins the reply of an operation that works for a test_request. */
struct osm_json *test_reply(struct osm_op *op);

void test_finish_null(struct osm_op *op);

#define test_in_world(test) cmocka_unit_test_setup_teardown(test, test_setup, test_teardown)

/* --- sessions and calls -------------------------------------------------------------------- */

/* A session that has been asked to connect; nothing has been delivered yet. */
struct osm_session *test_session_new(struct test_world *world, const char *config);

/* An ACTIVE session in the store. */
struct osm_session *test_session_open(struct test_world *world, const char *config);

/* The n-th request of callers, from 0. */
struct osm_ua_call *test_call(struct test_world *world, size_t n);

size_t test_calls(struct test_world *world);

/* Loses the session's connection and lets everything happen that follows. */
void test_lose_now(struct test_world *world, struct osm_session *session);

#endif
