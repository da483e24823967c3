/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_METHOD_H
#define OSM_TESTING_TESTING_METHOD_H
/* Methods run on the kit of testing/testing.h: `test_query` and `test_invoke` do what the commands
 * do, the scripted server's answers are the test's. */
#include "testing/testing.h"

#include "serve/method/methods.h"
#include "serve/method/run.h"
#include "wire/value/styles.h"

struct test_request *test_run(struct test_world *world, struct osm_session *session,
                              const char *name, const char *params, bool tagged);

/* params: a JSON list; single quotes stand for double ones. */
#define test_query(world, session, name, params) test_run(world, session, name, params, false)
#define test_invoke(world, session, name, args) test_run(world, session, name, args, true)

#define test_invoke_is(test, data) test_reply_is(test, "{'success':true,'data':{'data':" data "}}")

/* The n-th request of callers; it must be one of that service. */
struct osm_ua_call *test_call_of(struct test_world *world, size_t n,
                                 const struct osm_ua_service *service);

void test_text_is(const UA_String *text, const char *expected);
void test_node_is(const UA_NodeId *id, const char *expected);

#endif
