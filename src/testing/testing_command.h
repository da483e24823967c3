/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_COMMAND_H
#define OSM_TESTING_TESTING_COMMAND_H
/*
 * For tests: whole requests, as callers send them, on the hand-turned world of testing/testing.h.
 * In requests and expected replies single quotes stand for double ones.
 */
#include "serve/command/command.h"
#include "testing/testing.h"

/* Dispatches a request; nothing else happens yet. */
struct test_request *test_dispatch(struct test_world *world, const char *text);

/* The same, and everything that happens without the clock moving. */
struct test_request *test_ask(struct test_world *world, const char *text);

struct test_request *test_ask_format(struct test_world *world, const char *format, ...)
    OSM_PRINTF(2, 3);

/* The session an open has been answered with. */
struct osm_session *test_opened(struct test_world *world, const struct test_request *test);

/* A session of its own with that config. */
struct osm_session *test_open(struct test_world *world, const char *config);

/* A query that has been dispatched; the server has not answered yet. */
struct test_request *test_query(struct test_world *world, const struct osm_session *session,
                                const char *method, const char *params);

/* The same with invoke; `more` are further members of the request, each with its comma. */
struct test_request *test_invoke_with(struct test_world *world, const struct osm_session *session,
                                      const char *method, const char *args, const char *more);

#define test_invoke(world, session, method, args) test_invoke_with(world, session, method, args, "")

/* A query that never gets to the server: its fault. */
#define test_query_refused(world, session, method, params, type, message)                          \
    test_fault_is(test_query(world, session, method, params), type, message)

#endif
