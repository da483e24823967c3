/* SPDX-License-Identifier: MIT */
/* Keep-alive against a scripted server: when it asks, what silence and losses mean (keep_alive.h).
 */
#include "testing/testing_place.h"

/* Every sixth of the revised timeout, within bounds. */
static void interval_is(uint32_t session_timeout, osm_msec expected)
{
    struct test_world *world = test_world_new();

    world->server.session_timeout = session_timeout;
    (void)test_session_open(world, "{}");
    test_advance(world, expected - 1);
    assert_int_equal(world->server.keep_alives, 0);
    test_advance(world, 1);
    assert_int_equal(world->server.keep_alives, 1);
    test_advance(world, expected - 1);
    assert_int_equal(world->server.keep_alives, 1);
    test_advance(world, 1);
    assert_int_equal(world->server.keep_alives, 2);
    test_world_free(world);
}

static void test_keep_alive_interval(void **state)
{
    interval_is(120000, 20000);
    interval_is(60000, 10000);
    interval_is(0, 5000);
    interval_is(1, 500);
    interval_is(UINT32_MAX, 20000);
}

/* Looks every `step` at what the server has heard: never nothing for a third of its timeout. */
static void test_the_server_hears_often_enough(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    osm_msec heard = world->loop.now;
    unsigned before = 0;

    for (unsigned i = 0; i < 6000; i++) {
        test_advance(world, 100);
        if (i % 173 == 0)
            osm_session_link(session)->conn->messages++; /* callers' traffic, off and on */
        if (world->server.keep_alives != before || i % 173 == 0)
            heard = world->loop.now;
        before = world->server.keep_alives;
        assert_true(world->loop.now - heard <= 40000);
    }
}

static void test_traffic_saves_keep_alives(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    for (unsigned i = 0; i < 10; i++) {
        osm_session_link(session)->conn->messages++;
        test_advance(world, 20000);
    }
    assert_int_equal(world->server.keep_alives, 0);
    test_advance(world, 20000);
    assert_int_equal(world->server.keep_alives, 1);
}

static void test_no_answer_means_lost(void **state)
{
    struct test_world *world = *state;
    struct test_waiter waiter = test_waiting();
    struct osm_session *session = test_bring_to(world, TEST_AT_KEEPING_ALIVE, &waiter);

    test_advance(world, 4999);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    test_advance(world, 1);
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
    assert_string_equal(osm_ops_kept_loss(osm_session_ops(session)), "Read timeout");
    test_advance(world, 600000);
    assert_int_equal(world->server.keep_alives, 1);
}

/* A server that answers others is slow, not dead: its callers would pay for a drop. */
static void test_a_slow_keep_alive_costs_nothing(void **state)
{
    struct test_world *world = *state;
    struct test_waiter waiter = test_waiting();
    struct osm_session *session = test_bring_to(world, TEST_AT_KEEPING_ALIVE, &waiter);

    test_advance(world, 3000);
    osm_session_link(session)->conn->messages++;
    test_advance(world, 2000);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    world->server.silent = false;
    test_advance(world, 40000);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    assert_true(world->server.keep_alives >= 2);
}

/* A server that has forgotten the session says so: found out before a caller has to. */
static void test_keep_alive_finds_no_session(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    world->server.keep_alive_status = 0x80020000; /* any other trouble is an answer */
    test_advance(world, 20000);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    world->server.keep_alive_status = UA_STATUSCODE_BADSESSIONNOTACTIVATED;
    test_advance(world, 20000);
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
    assert_string_equal(osm_ops_kept_loss(osm_session_ops(session)),
                        "Server returned ServiceFault: 0x80270000 0x80270000");
}

static void test_keep_alive_that_cannot_be_sent(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    osm_session_link(session)->conn->deaf = true;
    test_advance(world, 25000);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    osm_session_link(session)->conn->deaf = false;
    test_advance(world, 20000);
    assert_int_equal(world->server.keep_alives, 1); /* it has not been given up */
}

static void test_keep_alive_begins_again_after_a_recovery(void **state)
{
    struct test_world *world = *state;
    struct test_waiter waiter = test_waiting();
    struct osm_session *session = test_bring_to(world, TEST_AT_FAILED, &waiter);

    test_advance(world, 60000);
    assert_int_equal(world->server.keep_alives, 0);
    osm_session_wait(session, &waiter.waiter);
    test_advance(world, 19999);
    test_was_told(&waiter, "");
    assert_int_equal(world->server.keep_alives, 0);
    test_advance(world, 1);
    assert_int_equal(world->server.keep_alives, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keep_alive_interval),
        test_in_world(test_the_server_hears_often_enough),
        test_in_world(test_traffic_saves_keep_alives),
        test_in_world(test_no_answer_means_lost),
        test_in_world(test_a_slow_keep_alive_costs_nothing),
        test_in_world(test_keep_alive_finds_no_session),
        test_in_world(test_keep_alive_that_cannot_be_sent),
        test_in_world(test_keep_alive_begins_again_after_a_recovery),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
