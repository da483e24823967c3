/* SPDX-License-Identifier: MIT */
/*
 * Connections to peers that do not behave, on real sockets: what connecting fails with, to the
 * letter, that nothing is told twice or nested, and that nothing is left (ASan). And to one that
 * does, for what a well-behaved server never shows: losses in the middle of calls.
 */
#include <signal.h>

#include "testing/testing_conn.h"

#define SOON_MS 150
#define LATE_MS TEST_PATIENCE_MS /* something else is to come before */

static void fails_with(struct test_conn_world *world, struct test_watched *watched,
                       enum osm_fault_type type, const char *message)
{
    test_conn_run_until(world, watched, watched->events + 1);
    assert_int_equal(watched->told, TOLD_FAILED);
    assert_string_equal(watched->message, message);
    assert_int_equal(watched->type, type);
}

/* Fails, and fails in the same way when tried again. */
static void fails_within(struct test_conn_world *world, osm_msec timeout, enum osm_fault_type type,
                         const char *message)
{
    struct test_watched watched;

    test_conn_to_peer(world, timeout, &watched);
    for (unsigned i = 1; i <= 2; i++) {
        test_conn_begin(&watched);
        fails_with(world, &watched, type, message);
        assert_int_equal(watched.events, i);
    }
    test_conn_let_go(&watched);
    test_conn_run_for(world, 20);
    assert_int_equal(watched.events, 2);
}

static void refused(struct test_conn_world *world, enum osm_fault_type type, const char *message)
{
    fails_within(world, LATE_MS, type, message);
}

static void not_answered(struct test_conn_world *world)
{
    fails_within(world, SOON_MS, OSM_FAULT_CONNECTION, "Read timeout");
}

static void test_nobody_listens(void **state)
{
    struct test_conn_world *world = *state;
    char message[100];

    (void)snprintf(message, sizeof(message),
                   "Failed to connect to 127.0.0.1:%d: [111] Connection refused", world->peer.port);
    test_peer_close(&world->peer);
    test_conn_run_for(world, 1);
    refused(world, OSM_FAULT_CONNECTION, message);
}

static void test_hangs_up_at_once(void **state)
{
    struct test_conn_world *world = *state;

    world->peer.manner = PEER_CLOSES;
    refused(world, OSM_FAULT_CONNECTION, "Connection closed by remote");
    assert_true(world->peer.calls <= 8); /* no storm of attempts */
}

static void test_never_says_a_word(void **state)
{
    struct test_conn_world *world = *state;

    world->peer.manner = PEER_SILENT;
    not_answered(world);
}

static void says(struct test_conn_world *world, const char *bytes, size_t length, bool hang_up)
{
    world->peer.manner = PEER_BYTES;
    world->peer.bytes = bytes;
    world->peer.bytes_length = length;
    world->peer.hang_up = hang_up;
}

static void test_speaks_something_else(void **state)
{
    struct test_conn_world *world = *state;
    static const char http[] = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";

    says(world, http, sizeof(http) - 1, true);
    refused(world, OSM_FAULT_PROTOCOL, "Invalid message size: 825110831"); /* "/1.1" */
    says(world, http, sizeof(http) - 1, false);
    refused(world, OSM_FAULT_PROTOCOL, "Invalid message size: 825110831");
    says(world, "XYZF\x0C\0\0\0abcd", 12, false);
    refused(world, OSM_FAULT_MESSAGE_TYPE, "Expected ACK response, got: XYZ");
}

static void test_sizes_that_cannot_be(void **state)
{
    struct test_conn_world *world = *state;

    says(world, "ACKF\0\0\0\0", 8, false);
    refused(world, OSM_FAULT_PROTOCOL, "Invalid message size: 0");
    says(world, "ACKF\xFF\xFF\xFF\xFF", 8, false);
    refused(world, OSM_FAULT_PROTOCOL, "Invalid message size: 4294967295");
}

static void test_half_an_answer(void **state)
{
    struct test_conn_world *world = *state;

    says(world, "ACKF\x1C\0\0\0\0\0", 10, false);
    not_answered(world);
    says(world, "ACKF\x1C\0\0\0\0\0", 10, true);
    refused(world, OSM_FAULT_CONNECTION, "Connection closed by remote");
}

static void test_refuses_the_greeting(void **state)
{
    struct test_conn_world *world = *state;

    world->peer.refuse_at = "HEL";
    refused(world, OSM_FAULT_HANDSHAKE,
            "Server error during handshake: [2148728832] Not /you/today/");
}

static void test_refuses_the_channel(void **state)
{
    struct test_conn_world *world = *state;

    world->peer.refuse_at = "OPN";
    refused(world, OSM_FAULT_PROTOCOL, "OPN rejected by server: 0x80130000 \u2014 Not /you/today/");
}

static void test_refuses_in_the_session(void **state)
{
    struct test_conn_world *world = *state;

    world->peer.refuse_at = "MSG";
    refused(world, OSM_FAULT_SERVICE, "Server error 0x80130000: Not /you/today/");
}

static void test_hangs_up_later(void **state)
{
    static const char *const types[] = {"HEL", "OPN", "MSG"};
    struct test_conn_world *world = *state;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(types); i++) {
        memcpy(world->peer.hang_up_at, types[i], 3);
        refused(world, OSM_FAULT_CONNECTION, "Connection closed by remote");
    }
}

static void test_a_timeout_of_nothing(void **state)
{
    struct test_conn_world *world = *state;
    struct test_watched watched;

    test_conn_to_peer(world, 0, &watched);
    test_conn_begin(&watched);
    fails_with(world, &watched, OSM_FAULT_CONNECTION, "Read timeout");
    test_conn_let_go(&watched);
}

static void test_urls(void **state)
{
    struct test_watched watched;

    assert_null(test_conn_to(*state, "opc.tcp://", 100, &watched));
    assert_null(test_conn_to(*state, "x", 100, &watched));
}

/* --- leaving in the middle ----------------------------------------------------------------- */

static void test_free_at_any_time(void **state)
{
    struct test_conn_world *world = *state;

    for (unsigned turns = 0; turns < 40; turns++) {
        struct test_watched watched;

        test_conn_to_peer(world, LATE_MS, &watched);
        test_conn_begin(&watched);
        for (unsigned i = 0; i < turns; i++)
            uv_run(&world->loop, UV_RUN_NOWAIT);
        test_conn_let_go(&watched);
        test_conn_run_for(world, 1);
        assert_true(watched.events <= 1);
    }
}

static void test_drop_at_any_time(void **state)
{
    static const struct osm_fault reason = {OSM_FAULT_CONNECTION, "Read timeout"};
    struct test_conn_world *world = *state;

    for (unsigned turns = 0; turns < 40; turns++) {
        struct test_watched watched;
        bool connected;

        test_conn_to_peer(world, LATE_MS, &watched);
        test_conn_begin(&watched);
        for (unsigned i = 0; i < turns; i++)
            uv_run(&world->loop, UV_RUN_NOWAIT);
        connected = watched.told == TOLD_CONNECTED;
        watched.inside = true;
        osm_ua_ops()->conn_drop(watched.conn, &reason);
        watched.inside = false;
        test_conn_run_until(world, &watched, connected + 1);
        assert_int_equal(watched.told, connected ? TOLD_LOST : TOLD_FAILED);
        assert_string_equal(watched.message, "Read timeout");
        test_conn_begin(&watched); /* and it can be used again */
        test_conn_run_until(world, &watched, connected + 2);
        assert_int_equal(watched.told, TOLD_CONNECTED);
        test_conn_let_go(&watched);
    }
}

static void test_close_at_any_time(void **state)
{
    struct test_conn_world *world = *state;

    for (unsigned turns = 0; turns < 40; turns++) {
        struct test_watched watched;
        unsigned before;

        test_conn_to_peer(world, LATE_MS, &watched);
        if (turns)
            test_conn_begin(&watched);
        for (unsigned i = 1; i < turns; i++)
            uv_run(&world->loop, UV_RUN_NOWAIT);
        before = watched.events;
        watched.inside = true;
        osm_ua_ops()->conn_close(watched.conn, 1000);
        watched.inside = false;
        test_conn_run_until(world, &watched, before + 1);
        assert_int_equal(watched.told, TOLD_CLOSED);
        test_conn_let_go(&watched);
    }
}

/* A peer that does not say goodbye is left when the time is over, not when its answer is late. */
static void test_close_takes_no_longer_than_its_limit(void **state)
{
    struct test_conn_world *world = *state;
    struct test_watched watched;

    test_conn_to_peer(world, 100 * TEST_PATIENCE_MS, &watched);
    test_conn_begin(&watched);
    test_conn_run_until(world, &watched, 1);
    world->peer.manner = PEER_SILENT;
    osm_ua_ops()->conn_close(watched.conn, 100);
    test_conn_run_until(world, &watched, 2);
    assert_int_equal(watched.told, TOLD_CLOSED);
    test_conn_let_go(&watched);
}

static void many(struct test_conn_world *world, unsigned count, bool wait)
{
    struct test_watched *watched = osm_alloc(count * sizeof(*watched));

    for (unsigned i = 0; i < count; i++) {
        test_conn_to_peer(world, LATE_MS, &watched[i]);
        test_conn_begin(&watched[i]);
    }
    for (unsigned i = 0; i < count && wait; i++)
        test_conn_run_until(world, &watched[i], 1);
    for (unsigned i = 0; i < count; i++)
        test_conn_let_go(&watched[i]);
    test_conn_run_for(world, 1);
    free(watched);
}

static void test_five_hundred_leave_nothing(void **state)
{
    struct test_conn_world *world = *state;

    for (unsigned i = 0; i < 10; i++) {
        many(world, 25, true);
        many(world, 25, false);
    }
    world->peer.manner = PEER_CLOSES;
    many(world, 50, true);
}

/* --- sessions ------------------------------------------------------------------------------ */

static void test_a_session(void **state)
{
    struct test_conn_world *world = *state;
    struct test_watched watched;

    test_conn_connected(world, &watched);
    assert_true(watched.new_session);
    assert_int_equal(osm_ua_ops()->conn_session_timeout(watched.conn), 60000);
    /* endpoints, create, activate */
    assert_int_equal(osm_ua_ops()->conn_messages(watched.conn), 3);
    test_conn_let_go(&watched);
}

/* The same session on a new channel, unless the server has forgotten it. */
static void test_sessions_outlive_channels(void **state)
{
    struct test_conn_world *world = *state;
    struct test_watched watched;
    unsigned calls;

    test_conn_connected(world, &watched);
    test_peer_hang_up(&world->peer);
    test_conn_run_until(world, &watched, 2);
    assert_int_equal(watched.told, TOLD_LOST);
    assert_string_equal(watched.message, "Connection closed by remote");
    calls = world->peer.calls;
    test_conn_run_for(world, 20);
    assert_int_equal(world->peer.calls, calls); /* reconnecting is the core's decision */
    test_conn_begin(&watched);
    test_conn_run_until(world, &watched, 3);
    assert_int_equal(watched.told, TOLD_CONNECTED);
    assert_false(watched.new_session);
    test_peer_hang_up(&world->peer);
    test_conn_run_until(world, &watched, 4);
    world->peer.forgets = true;
    test_conn_begin(&watched);
    test_conn_run_until(world, &watched, 5);
    assert_int_equal(watched.told, TOLD_CONNECTED);
    assert_true(watched.new_session);
    test_conn_let_go(&watched);
}

static void test_an_error_message_ends_it(void **state)
{
    struct test_conn_world *world = *state;
    struct test_watched watched;
    struct osm_buf out = {0};

    test_conn_connected(world, &watched);
    test_err_chunk(&out, 0x80080000, "Out of chairs");
    test_link_send(world->peer.links, out.data, out.length);
    osm_buf_deinit(&out);
    test_conn_run_until(world, &watched, 2);
    assert_int_equal(watched.told, TOLD_LOST);
    assert_string_equal(watched.message, "Server error 0x80080000: Out of chairs");
    assert_int_equal(watched.type, OSM_FAULT_SERVICE);
    test_conn_let_go(&watched);
}

/* A server that was known and refuses the user's token is asked for its endpoints anew, once the
 * session it has made is closed. Here it has got that far and has not heard back. */
static void leaves_to_begin_anew(struct test_conn_world *world, struct test_watched *watched)
{
    struct test_watched first;

    test_conn_connected(world, &first);
    test_conn_let_go(&first);
    test_conn_run_for(world, 20);
    world->peer.refuses = UA_STATUSCODE_BADIDENTITYTOKENINVALID;
    world->peer.keeps = true;
    world->peer.goodbyes = world->peer.created = 0;
    test_conn_to_peer(world, LATE_MS, watched);
    test_conn_begin(watched);
    assert_true(test_conn_run_while_below(world, &world->peer.goodbyes, 1, TEST_PATIENCE_MS));
    assert_int_equal(world->peer.created, 1);
}

static void answer_goodbye(struct test_conn_world *world)
{
    world->peer.keeps = false;
    test_respond(world->peer.links->prev, world->peer.last_request_id,
                 UA_CloseSessionResponse_new(), &UA_TYPES[UA_TYPES_CLOSESESSIONRESPONSE]);
}

static void test_begins_anew(void **state)
{
    struct test_conn_world *world = *state;
    struct test_watched watched;

    leaves_to_begin_anew(world, &watched);
    world->peer.refuses = 0;
    answer_goodbye(world);
    test_conn_run_until(world, &watched, 1);
    assert_int_equal(watched.told, TOLD_CONNECTED);
    assert_int_equal(world->peer.created, 2);
    test_conn_let_go(&watched);
}

/* Servers may hang up instead of answering the goodbye. */
static void test_begins_anew_after_a_loss(void **state)
{
    struct test_conn_world *world = *state;
    struct test_watched watched;

    leaves_to_begin_anew(world, &watched);
    world->peer.refuses = 0;
    test_peer_hang_up(&world->peer);
    test_conn_run_until(world, &watched, 1);
    assert_int_equal(watched.told, TOLD_CONNECTED);
    assert_int_equal(world->peer.created, 2);
    test_conn_let_go(&watched);
}

/* Nobody is logged in for an owner who has gone, or wants it no more. */
static void test_gone_owners_begin_nothing(void **state)
{
    static const struct osm_fault reason = {OSM_FAULT_CONNECTION, "Read timeout"};
    struct test_conn_world *world = *state;
    struct test_watched watched;

    for (unsigned drops = 0; drops <= 1; drops++) {
        leaves_to_begin_anew(world, &watched);
        if (drops)
            osm_ua_ops()->conn_drop(watched.conn, &reason);
        else
            test_conn_let_go(&watched);
        world->peer.refuses = 0;
        answer_goodbye(world);
        if (drops)
            test_conn_run_until(world, &watched, 1);
        test_conn_run_for(world, 30);
        assert_int_equal(watched.told, drops ? TOLD_FAILED : TOLD_NOTHING);
        assert_int_equal(world->peer.created, 1);
    }
    test_conn_let_go(&watched);
}

#define on_a_loop(test) cmocka_unit_test_setup_teardown(test, test_conn_setup, test_conn_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_a_loop(test_nobody_listens),
        on_a_loop(test_hangs_up_at_once),
        on_a_loop(test_never_says_a_word),
        on_a_loop(test_speaks_something_else),
        on_a_loop(test_sizes_that_cannot_be),
        on_a_loop(test_half_an_answer),
        on_a_loop(test_refuses_the_greeting),
        on_a_loop(test_refuses_the_channel),
        on_a_loop(test_refuses_in_the_session),
        on_a_loop(test_hangs_up_later),
        on_a_loop(test_a_timeout_of_nothing),
        on_a_loop(test_urls),
        on_a_loop(test_free_at_any_time),
        on_a_loop(test_drop_at_any_time),
        on_a_loop(test_close_at_any_time),
        on_a_loop(test_close_takes_no_longer_than_its_limit),
        on_a_loop(test_five_hundred_leave_nothing),
        on_a_loop(test_a_session),
        on_a_loop(test_sessions_outlive_channels),
        on_a_loop(test_an_error_message_ends_it),
        on_a_loop(test_begins_anew),
        on_a_loop(test_begins_anew_after_a_loss),
        on_a_loop(test_gone_owners_begin_nothing),
    };

    (void)signal(SIGPIPE, SIG_IGN); /* as the daemon does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
