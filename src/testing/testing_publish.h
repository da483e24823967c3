/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_PUBLISH_H
#define OSM_TESTING_TESTING_PUBLISH_H
/* For tests: subscriptions of a scripted server, and what it answers to Publish and Republish. */
#include "core/subscription/publisher.h"
#include "testing/testing.h"
#include "util/buf.h"

/* A session that publishes on its own account, without subscriptions. */
struct osm_session *test_publishing(struct test_world *world);

/* The server has made a subscription: 500 ms, keep-alive after 10. */
struct osm_subscription *test_subscribe(struct osm_session *session, uint32_t id);

void test_unsubscribe(struct osm_session *session, uint32_t id);

/* --- what the server has got ----------------------------------------------------------------- */

void test_newest_acks_are(struct test_world *world, const char *expected);
void test_oldest_acks_are(struct test_world *world, const char *expected);
void test_republish_is(struct test_world *world, uint32_t id, uint32_t number);
void test_no_republish(struct test_world *world);

/* It is asked to delete a subscription, and does. */
void test_discard_is(struct test_world *world, uint32_t id);

/* --- what it answers ------------------------------------------------------------------------- */

/* With so many values. */
UA_PublishResponse *test_publish_response(uint32_t id, uint32_t number, size_t values);
/* Answers the oldest Publish with that response, which it takes; what follows is to come. */
void test_publish_answer(struct test_world *world, UA_PublishResponse *response);

/* Answers the oldest Publish. */
void test_bring(struct test_world *world, uint32_t id, uint32_t number, size_t values);

void test_bring_status(struct test_world *world, uint32_t id, uint32_t number,
                       UA_StatusCode status);

/* Refuses the oldest Publish. */
void test_refuse(struct test_world *world, UA_StatusCode status);

/* Answers it with what cannot be decoded. */
void test_bring_nonsense(struct test_world *world);

/* Answers the Republish with that message, one value in it. */
void test_republish(struct test_world *world, uint32_t number);
/* What follows is to come. */
void test_republish_answer(struct test_world *world, uint32_t number);

void test_refuse_republish(struct test_world *world, UA_StatusCode status);

/* --- losses ---------------------------------------------------------------------------------- */

/* Somebody needs the session that has failed. */
void test_recover(struct test_world *world, struct osm_session *session);

/* The same server session goes on behind a new channel. */
void test_lose_and_resume(struct test_world *world, struct osm_session *session);

#endif
