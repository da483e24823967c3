/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_ITEM_H
#define OSM_TESTING_TESTING_ITEM_H
/* For tests of methods about subscriptions and monitored items: what they send, and answers to it.
 */
#include "serve/method/methods.h"
#include "testing/testing_publish.h"

/* Runs a method with parameters as text; single quotes stand for double ones. */
struct test_request *test_run_as(struct osm_session *session, const struct osm_method *method,
                                 const char *params, bool tagged);
struct test_request *test_run_query(struct osm_session *session, const struct osm_method *method,
                                    const char *params);
struct test_request *test_run_invoke(struct osm_session *session, const struct osm_method *method,
                                     const char *params);
/* The request of that service which has arrived last. */
void *test_last_request(struct test_world *world, const struct osm_ua_service *service);
void test_answer_last(struct test_world *world, void *response);
void test_reply_has(const struct test_request *test, const char *expected);
/* A session with subscription 7, made by the method. */
struct osm_session *test_open_subscribed(struct test_world *world);
/* Items with ids from `first` on, all Good. */
void test_answer_created(struct test_world *world, uint32_t first, size_t size);
/* What the last request asks for the item at that place. */
const UA_MonitoredItemCreateRequest *test_created(struct test_world *world, size_t index);
const UA_MonitoringParameters *test_modified(struct test_world *world, size_t index);
void test_answer_modified(struct test_world *world, UA_StatusCode status, size_t size);
/* A Publish answer with one data change. */
void test_answer_published(struct test_world *world, uint32_t handle);

#define TEST_EMPTY_VALUE                                                                           \
    "{'value':null,'type':null,'dimensions':null,'statusCode':0,'sourceTimestamp':null,"           \
    "'serverTimestamp':null}"

#endif
