/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_PLACE_H
#define OSM_TESTING_TESTING_PLACE_H
/* For tests: sessions brought into each of their states, and somebody who waits for them. */
#include "testing/testing.h"

/* Somebody who waits, and what he was told. */
struct test_waiter {
    struct osm_session_waiter waiter;
    unsigned told;
    char *fault; /* "" when it went well */
};

struct test_waiter test_waiting(void);
/* Once, and that; "" when it went well. He waits anew. */
void test_was_told(struct test_waiter *waiter, const char *fault);
void test_was_not_told(const struct test_waiter *waiter);

/* --- bringing a session into a state ------------------------------------------------------- */

enum test_place {
    TEST_AT_CONNECTING,    /* no channel yet */
    TEST_AT_SETTING_UP,    /* limits and namespaces are being read, first time */
    TEST_AT_ACTIVE,        /* nothing outstanding */
    TEST_AT_KEEPING_ALIVE, /* TEST_AT_ACTIVE, a keep-alive is outstanding */
    TEST_AT_FAILED,        /* nobody needs it */
    TEST_AT_RECOVERING,    /* no channel yet */
    TEST_AT_RECOVERING_SETTING_UP,
    TEST_AT_DROPPING_TO_RECONNECT, /* the old connection is still being given up */
    TEST_PLACES
};

extern const struct test_place_row {
    enum osm_session_state state;
    bool stored;
} test_places[TEST_PLACES];

/* The waiter is one who waits in that state, where somebody does. */
struct osm_session *test_bring_to(struct test_world *world, enum test_place place,
                                  struct test_waiter *waiter);
/* The request that is outstanding while it is set up. */
struct osm_ua_call *test_setup_call(struct osm_session *session);
bool test_somebody_waits(enum test_place place);
/* Everything goes on as it would have. */
void test_let_go(struct test_world *world);
void test_counts_are(struct test_world *world, unsigned connecting, unsigned active,
                     unsigned failed, unsigned recovering, unsigned closing);

#endif
