/* SPDX-License-Identifier: MIT */
/* Sessions in each of their states; see testing_place.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "testing/testing_place.h"

#include "core/session/session_internal.h"
#include "util/alloc.h"

static void ready(struct osm_session_waiter *waiter, const struct osm_fault *fault)
{
    struct test_waiter *self = osm_container_of(waiter, struct test_waiter, waiter);

    self->told++;
    free(self->fault);
    self->fault = osm_strdup(fault ? fault->message : "");
}

struct test_waiter test_waiting(void)
{
    return (struct test_waiter){.waiter = {.ready = ready}};
}

void test_was_told(struct test_waiter *waiter, const char *fault)
{
    assert_int_equal(waiter->told, 1);
    assert_string_equal(waiter->fault, fault);
    free(waiter->fault);
    *waiter = test_waiting();
}

void test_was_not_told(const struct test_waiter *waiter)
{
    assert_int_equal(waiter->told, 0);
}

/* --- bringing a session into a state ------------------------------------------------------- */

const struct test_place_row test_places[TEST_PLACES] = {
    [TEST_AT_CONNECTING] = {OSM_SESSION_CONNECTING, false},
    [TEST_AT_SETTING_UP] = {OSM_SESSION_CONNECTING, false},
    [TEST_AT_ACTIVE] = {OSM_SESSION_ACTIVE, true},
    [TEST_AT_KEEPING_ALIVE] = {OSM_SESSION_ACTIVE, true},
    [TEST_AT_FAILED] = {OSM_SESSION_FAILED, true},
    [TEST_AT_RECOVERING] = {OSM_SESSION_RECOVERING, true},
    [TEST_AT_RECOVERING_SETTING_UP] = {OSM_SESSION_RECOVERING, true},
    [TEST_AT_DROPPING_TO_RECONNECT] = {OSM_SESSION_RECOVERING, true},
};

struct osm_session *test_bring_to(struct test_world *world, enum test_place place,
                                  struct test_waiter *waiter)
{
    struct osm_ua *server = &world->server;
    struct osm_session *session;

    server->hold_connect = place == TEST_AT_CONNECTING;
    server->hold_setup = place == TEST_AT_SETTING_UP;
    session =
        test_places[place].stored ? test_session_open(world, "{}") : test_session_new(world, "{}");
    if (!test_places[place].stored)
        osm_session_wait(session, &waiter->waiter);
    test_turn(world);
    server->hold_connect = place == TEST_AT_RECOVERING;
    server->hold_setup = place == TEST_AT_RECOVERING_SETTING_UP;
    server->silent = place == TEST_AT_KEEPING_ALIVE;
    if (place == TEST_AT_KEEPING_ALIVE)
        test_advance(world, 20000);
    if (place == TEST_AT_FAILED || place == TEST_AT_RECOVERING ||
        place == TEST_AT_RECOVERING_SETTING_UP)
        test_lose_now(world, session);
    if (place == TEST_AT_RECOVERING || place == TEST_AT_RECOVERING_SETTING_UP)
        osm_session_wait(session, &waiter->waiter);
    if (place == TEST_AT_DROPPING_TO_RECONNECT)
        osm_session_reconnect(session, &waiter->waiter);
    else
        test_turn(world);
    assert_int_equal(osm_session_state(session), test_places[place].state);
    assert_int_equal(session->capabilities.call != NULL,
                     place == TEST_AT_SETTING_UP || place == TEST_AT_RECOVERING_SETTING_UP);
    assert_int_equal(session->keep_alive.call != NULL, place == TEST_AT_KEEPING_ALIVE);
    return session;
}

struct osm_ua_call *test_setup_call(struct osm_session *session)
{
    return session->capabilities.call;
}

bool test_somebody_waits(enum test_place place)
{
    return place != TEST_AT_ACTIVE && place != TEST_AT_KEEPING_ALIVE && place != TEST_AT_FAILED;
}

void test_let_go(struct test_world *world)
{
    world->server.hold_connect = false;
    world->server.hold_setup = false;
    world->server.silent = false;
}

void test_counts_are(struct test_world *world, unsigned connecting, unsigned active,
                     unsigned failed, unsigned recovering, unsigned closing)
{
    const unsigned expected[] = {connecting, active, failed, recovering, closing};

    for (size_t i = 0; i < OSM_SESSION_STATE_COUNT_; i++)
        assert_int_equal(osm_registry_counts(world->manager)->now[i], expected[i]);
}
