/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_PROBE_H
#define OSM_TESTING_TESTING_PROBE_H
/* For tests: operations that read once, told apart by the numeric identifier they ask for. */
#include "port/service.h"
#include "testing/testing.h"

/* An operation that reads node i=<id> and replies with the id. */
struct test_probe {
    uint32_t id;
    unsigned starts;
    bool once;
};

void test_probe_step(struct osm_op *op, void *response);
/* The same with a Read, whoever asks. */
void test_probe_read(struct osm_op *op);
void test_probe_start(struct osm_op *op);
struct test_request *test_probe_submit_as(struct osm_session *session, unsigned flags, uint32_t id,
                                          bool once, osm_op_start_fn *start);
struct test_request *test_probe_submit(struct osm_session *session, unsigned flags, uint32_t id);
uint32_t test_probe_id(const struct osm_ua_call *call);

/* The ids the server has been asked for, in order. */
void test_probe_asked_is(struct test_world *world, const char *expected);

void test_probe_answer(struct test_world *world, struct osm_ua_call *call);

/* Answers everything that is outstanding until nothing is. */
void test_probe_answer_all(struct test_world *world);

void test_probe_running(const struct osm_session *session, unsigned count, unsigned waiting);
void test_probe_nothing_left(const struct osm_session *session);

#endif
