/* SPDX-License-Identifier: MIT */
/* A session's states: every event in every state (the picture is in session.h). */
#include "testing/testing_place.h"

#include "core/session/session_internal.h"

#define NOT_CONNECTED "Not connected"
#define REFUSED "Failed to connect to plant:4840: [111] Connection refused"

static void closed(void *context)
{
    (*(unsigned *)context)++;
}

/* --- the way up ---------------------------------------------------------------------------- */

static void test_first_connect(void **state)
{
    struct test_world *world = *state;
    struct test_waiter first = test_waiting(), second = test_waiting();
    struct osm_session *session = test_bring_to(world, TEST_AT_CONNECTING, &first);

    osm_session_wait(session, &second.waiter);
    test_counts_are(world, 1, 0, 0, 0, 0);
    assert_int_equal(osm_registry_counts(world->manager)->now[OSM_SESSION_CONNECTING], 1);
    test_let_go(world);
    test_server_connect(osm_session_link(session)->conn);
    test_turn(world);
    test_was_told(&first, "");
    test_was_told(&second, "");
    test_counts_are(world, 0, 1, 0, 0, 0);
    assert_int_equal(osm_session_link(session)->numbering->size, 3);
    osm_session_wait(session, &first.waiter); /* at once now */
    test_was_told(&first, "");
}

static void test_first_connect_fails(void **state)
{
    struct test_world *world = *state;
    struct test_waiter first = test_waiting(), second = test_waiting();
    struct osm_session *session = test_bring_to(world, TEST_AT_CONNECTING, &first);
    struct osm_ua_conn *conn = osm_session_link(session)->conn;

    osm_session_wait(session, &second.waiter);
    world->server.down = true;
    test_server_connect(conn);
    test_turn(world);
    test_was_told(&first, REFUSED);
    test_was_told(&second, REFUSED);
    assert_true(conn->freed); /* nothing is left of it */
    test_counts_are(world, 0, 0, 0, 0, 0);
    assert_int_equal(osm_registry_counts(world->manager)->now[OSM_SESSION_CONNECTING], 0);
}

static void test_lost_while_setting_up(void **state)
{
    struct test_world *world = *state;
    struct test_waiter waiter = test_waiting();
    struct osm_session *session = test_bring_to(world, TEST_AT_SETTING_UP, &waiter);

    test_lose_now(world, session);
    test_was_told(&waiter, "Connection closed by remote");
    test_counts_are(world, 0, 0, 0, 0, 0);
}

static void test_setting_up_takes_too_long(void **state)
{
    struct test_world *world = *state;
    struct test_waiter waiter = test_waiting();

    (void)test_bring_to(world, TEST_AT_SETTING_UP, &waiter);
    test_advance(world, 4999);
    test_was_not_told(&waiter);
    test_advance(world, 1);
    test_was_told(&waiter, "Read timeout");
    test_counts_are(world, 0, 0, 0, 0, 0);
}

/* A server without operation limits is served all the same. */
static void test_setting_up_is_refused(void **state)
{
    struct test_world *world = *state;
    struct test_waiter waiter = test_waiting();
    struct osm_session *session;

    world->server.setup_status = 0x800B0000;
    session = test_bring_to(world, TEST_AT_ACTIVE, &waiter);
    assert_int_equal(
        osm_operation_limits_server(&osm_session_link(session)->limits)->named[OSM_LIMIT_READ], 0);
    assert_int_equal(osm_session_link(session)->numbering->size, 0);
}

/* … but not one that has forgotten the session it made. */
static void test_setting_up_finds_no_session(void **state)
{
    struct test_world *world = *state;
    struct test_waiter waiter = test_waiting();
    struct osm_session *session;

    world->server.setup_status = UA_STATUSCODE_BADSESSIONIDINVALID;
    session = test_session_new(world, "{}");
    osm_session_wait(session, &waiter.waiter);
    test_turn(world);
    test_was_told(&waiter, "Server returned ServiceFault: 0x80250000 BadSessionIdInvalid");
    test_counts_are(world, 0, 0, 0, 0, 0);
}

static void test_setting_up_cannot_be_sent(void **state)
{
    struct test_world *world = *state;
    struct test_waiter waiter = test_waiting();
    struct osm_session *session;

    world->server.deaf = true;
    session = test_session_new(world, "{}");
    osm_session_wait(session, &waiter.waiter);
    test_turn(world);
    test_was_told(&waiter, "Failed to send data");
    test_counts_are(world, 0, 0, 0, 0, 0);
}

/* --- losses and recoveries ----------------------------------------------------------------- */

static void test_loss_of_an_idle_session(void **state)
{
    struct test_world *world = *state;
    struct test_waiter waiter = test_waiting();
    struct osm_session *session = test_bring_to(world, TEST_AT_ACTIVE, &waiter);

    test_lose_now(world, session);
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
    assert_string_equal(osm_ops_kept_loss(osm_session_ops(session)), "Connection closed by remote");
    test_advance(world, 100000);
    assert_int_equal(osm_session_state(session),
                     OSM_SESSION_FAILED); /* nobody needs it: nothing is tried */
    assert_int_equal(osm_session_link(session)->conn->connects, 1);
}

static void test_recovery_succeeds(void **state)
{
    struct test_world *world = *state;
    struct test_waiter first = test_waiting(), second = test_waiting();
    struct osm_session *session = test_bring_to(world, TEST_AT_RECOVERING, &first);

    osm_session_wait(session, &second.waiter);
    test_let_go(world);
    test_server_connect(osm_session_link(session)->conn);
    test_turn(world);
    test_was_told(&first, "");
    test_was_told(&second, "");
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    assert_null(osm_ops_kept_loss(osm_session_ops(session)));
}

static void test_recovery_fails(void **state)
{
    struct test_world *world = *state;
    struct test_waiter first = test_waiting(), second = test_waiting();
    struct osm_session *session = test_bring_to(world, TEST_AT_RECOVERING, &first);

    osm_session_wait(session, &second.waiter);
    world->server.down = true;
    test_server_connect(osm_session_link(session)->conn);
    test_turn(world);
    test_was_told(&first, REFUSED);
    test_was_told(&second, REFUSED);
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED); /* it stays */
    assert_int_equal(osm_session_view(session).losses, 1);            /* the one before */
    assert_int_equal(osm_session_view(session).reconnects, 0);
    assert_ptr_equal(
        osm_registry_get(world->manager, osm_session_id(session), OSM_SESSION_ID_LENGTH), session);
    world->server.down = false;
    test_let_go(world);
    osm_session_wait(session, &first.waiter);
    test_was_not_told(&first);
    test_turn(world);
    test_was_told(&first, "");
}

static void test_recovery_is_lost_while_setting_up(void **state)
{
    struct test_world *world = *state;
    struct test_waiter waiter = test_waiting();
    struct osm_session *session = test_bring_to(world, TEST_AT_RECOVERING_SETTING_UP, &waiter);

    test_lose_now(world, session);
    test_was_told(&waiter, "Connection closed by remote");
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
}

static void test_recovery_takes_too_long(void **state)
{
    struct test_world *world = *state;
    struct test_waiter waiter = test_waiting();
    struct osm_session *session = test_bring_to(world, TEST_AT_RECOVERING_SETTING_UP, &waiter);

    test_advance(world, 5000);
    test_was_told(&waiter, "Read timeout");
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
}

/* Who asks again when told that it failed starts a new attempt and is not told twice. */
static void ask_again(struct osm_session_waiter *waiter, const struct osm_fault *fault)
{
    struct test_waiter *self = osm_container_of(waiter, struct test_waiter, waiter);
    struct osm_session *session = (struct osm_session *)(void *)self->fault;

    self->told++;
    if (fault && self->told < 4)
        osm_session_wait(session, waiter);
}

static void test_asking_again_inside_the_word(void **state)
{
    struct test_world *world = *state;
    struct test_waiter first = test_waiting(), second = test_waiting();
    struct osm_session *session = test_bring_to(world, TEST_AT_RECOVERING, &first);
    struct test_waiter stubborn = {.waiter = {.ready = ask_again}, .fault = (char *)session};

    osm_session_wait(session, &stubborn.waiter);
    osm_session_wait(session, &second.waiter);
    test_let_go(world);
    world->server.down = true;
    test_server_connect(osm_session_link(session)->conn);
    test_turn(world);
    test_was_told(&first, REFUSED);
    test_was_told(&second, REFUSED);
    assert_int_equal(stubborn.told, 4);
    assert_int_equal(osm_session_link(session)->conn->connects, 5);
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
}

/* --- reconnect in every state -------------------------------------------------------------- */

static void test_reconnect_everywhere(void **state)
{
    struct test_world *world = *state;

    for (enum test_place place = TEST_AT_ACTIVE; place < TEST_PLACES; place++) {
        struct test_waiter before = test_waiting(), waiter = test_waiting();
        struct osm_session *session = test_bring_to(world, place, &before);
        unsigned connects = osm_session_link(session)->conn->connects;
        bool under_way = osm_session_state(session) == OSM_SESSION_RECOVERING;

        osm_session_reconnect(session, &waiter.waiter);
        assert_int_equal(osm_session_state(session), OSM_SESSION_RECOVERING);
        test_was_not_told(&waiter);
        test_let_go(world);
        if (place == TEST_AT_RECOVERING)
            test_server_connect(osm_session_link(session)->conn);
        if (place == TEST_AT_RECOVERING_SETTING_UP)
            test_answer_setup(&world->server, test_setup_call(session), 3);
        test_turn(world);
        test_was_told(&waiter, "");
        assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
        if (test_somebody_waits(place))
            test_was_told(&before, "");
        if (!under_way)
            assert_int_equal(osm_session_link(session)->conn->connects, connects + 1);
    }
}

static void test_reconnect_fails(void **state)
{
    struct test_world *world = *state;
    struct test_waiter waiter = test_waiting();
    struct osm_session *session = test_bring_to(world, TEST_AT_ACTIVE, &waiter);

    world->server.down = true;
    osm_session_reconnect(session, &waiter.waiter);
    test_turn(world);
    test_was_told(&waiter, REFUSED);
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
    assert_null(
        osm_ops_kept_loss(osm_session_ops(session))); /* asked for: nobody else has to hear of it */
}

/* --- close in every state ------------------------------------------------------------------ */

static void test_close_everywhere(void **state)
{
    struct test_world *world = *state;

    for (enum test_place place = TEST_AT_CONNECTING; place < TEST_PLACES; place++) {
        struct test_waiter waiter = test_waiting();
        struct osm_session *session = test_bring_to(world, place, &waiter);
        struct osm_ua_conn *conn = osm_session_link(session)->conn;
        unsigned ends = 0;

        osm_session_close(session, 1234, closed, &ends);
        test_counts_are(world, 0, 0, 0, 0, 1);
        if (test_somebody_waits(place))
            test_was_told(&waiter, NOT_CONNECTED);
        assert_int_equal(ends, 0);
        assert_int_equal(conn->close_limit, 1234);
        assert_int_equal(osm_registry_count(world->manager), 0);
        test_let_go(world);
        test_advance(world, 100000); /* no timer of it is left */
        assert_int_equal(ends, 1);
        assert_true(conn->freed);
        test_counts_are(world, 0, 0, 0, 0, 0);
    }
}

/* The end of the process: nobody says goodbye, nobody is forgotten. */
static void test_free_everywhere(void **state)
{
    for (enum test_place place = TEST_AT_CONNECTING; place < TEST_PLACES; place++) {
        struct test_world *world = test_world_new();
        struct test_waiter waiter = test_waiting();

        (void)test_bring_to(world, place, &waiter);
        test_world_free(world);
        if (test_somebody_waits(place))
            test_was_told(&waiter, NOT_CONNECTED);
    }
}

static void test_free_while_closing(void **state)
{
    struct test_world *world = test_world_new();
    struct osm_session *session = test_session_open(world, "{}");
    unsigned ends = 0;

    world->server.hold_close = true;
    osm_session_close(session, 1000, closed, &ends);
    test_turn(world);
    assert_int_equal(ends, 0);
    test_world_free(world);
    assert_int_equal(ends, 1);
}

/* --- the rest ------------------------------------------------------------------------------ */

static void test_ids(void **state)
{
    struct osm_session *one = test_session_open(*state, "{}");
    struct osm_session *other = test_session_open(*state, "{}");

    assert_int_equal(strlen(osm_session_id(one)), 32);
    assert_int_equal(strspn(osm_session_id(one), "0123456789abcdef"), 32);
    assert_string_not_equal(osm_session_id(one), osm_session_id(other));
}

static void timeout_is(struct test_world *world, const char *config, osm_msec expected)
{
    struct osm_session *session = test_session_new(world, config);

    assert_int_equal(osm_session_timeout(session), expected);
    assert_int_equal(osm_session_link(session)->conn->timeout, expected);
}

static void test_timeouts(void **state)
{
    timeout_is(*state, "{}", 5000);
    timeout_is(*state, "{'opcuaTimeout':0.25}", 250);
    timeout_is(*state, "{'opcuaTimeout':0}", 0);
    timeout_is(*state, "{'opcuaTimeout':-3}", 5000);
    timeout_is(*state, "{'opcuaTimeout':1e300}", 1000000000000);
}

static void test_states_are_counted(void **state)
{
    struct test_world *world = *state;
    struct test_waiter waiter = test_waiting();
    struct osm_session *session = test_bring_to(world, TEST_AT_FAILED, &waiter);

    osm_session_wait(session, &waiter.waiter);
    test_turn(world);
    test_was_told(&waiter, "");
    osm_session_close(session, 0, NULL, NULL);
    test_turn(world);
    assert_int_equal(osm_registry_counts(world->manager)->entered[OSM_SESSION_CONNECTING], 1);
    assert_int_equal(osm_registry_counts(world->manager)->entered[OSM_SESSION_ACTIVE], 2);
    assert_int_equal(osm_registry_counts(world->manager)->entered[OSM_SESSION_FAILED], 1);
    assert_int_equal(osm_registry_counts(world->manager)->entered[OSM_SESSION_RECOVERING], 1);
    assert_int_equal(osm_registry_counts(world->manager)->entered[OSM_SESSION_CLOSING], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_first_connect),
        test_in_world(test_first_connect_fails),
        test_in_world(test_lost_while_setting_up),
        test_in_world(test_setting_up_takes_too_long),
        test_in_world(test_setting_up_is_refused),
        test_in_world(test_setting_up_finds_no_session),
        test_in_world(test_setting_up_cannot_be_sent),
        test_in_world(test_loss_of_an_idle_session),
        test_in_world(test_recovery_succeeds),
        test_in_world(test_recovery_fails),
        test_in_world(test_recovery_is_lost_while_setting_up),
        test_in_world(test_recovery_takes_too_long),
        test_in_world(test_asking_again_inside_the_word),
        test_in_world(test_reconnect_everywhere),
        test_in_world(test_reconnect_fails),
        test_in_world(test_close_everywhere),
        cmocka_unit_test(test_free_everywhere),
        cmocka_unit_test(test_free_while_closing),
        test_in_world(test_ids),
        test_in_world(test_timeouts),
        test_in_world(test_states_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
