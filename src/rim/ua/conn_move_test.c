/* SPDX-License-Identifier: MIT */
/* Sessions that go on in another connection, as after a restart, and at another URL. */
#include <signal.h>

#include "testing/testing_conn.h"

#include "rim/ua/session_state.h"

static void lose(struct test_conn_world *world, struct test_watched *watched)
{
    test_peer_hang_up(&world->peer);
    test_conn_run_until(world, watched, 2);
    assert_int_equal(watched->told, TOLD_LOST);
}

/* The state of a session whose connection is lost. */
static void export(struct test_conn_world *world, struct osm_buf *state)
{
    struct test_watched watched;

    test_conn_to_peer(world, TEST_PATIENCE_MS, &watched);
    assert_false(osm_ua_ops()->conn_export(watched.conn, state)); /* there is none yet */
    test_conn_let_go(&watched);
    test_conn_connected(world, &watched);
    lose(world, &watched);
    assert_true(osm_ua_ops()->conn_export(watched.conn, state));
    test_conn_let_go(&watched);
    test_conn_run_for(world, 5);
    assert_int_equal(world->peer.created, 1);
    assert_int_equal(world->peer.goodbyes, 0);
}

static void imported(struct test_conn_world *world, const struct osm_buf *state,
                     struct test_watched *watched)
{
    test_conn_to_peer(world, TEST_PATIENCE_MS, watched);
    assert_true(osm_ua_ops()->conn_import(watched->conn, state->data, state->length));
    test_conn_begin(watched);
    test_conn_run_until(world, watched, 1);
    assert_int_equal(watched->told, TOLD_CONNECTED);
}

static void test_goes_on_in_another_connection(void **state)
{
    struct test_conn_world *world = *state;
    struct test_watched watched;
    struct osm_buf bytes = {0}, again = {0};

    export(world, &bytes);
    imported(world, &bytes, &watched);
    assert_false(watched.new_session);
    assert_int_equal(world->peer.created, 1);
    assert_int_equal(osm_ua_ops()->conn_session_timeout(watched.conn), 60000);
    assert_true(osm_ua_ops()->conn_export(watched.conn, &again));
    assert_int_equal(again.length, bytes.length);
    test_conn_let_go(&watched);
    assert_true(test_conn_run_while_below(world, &world->peer.goodbyes, 1, TEST_PATIENCE_MS));
    osm_buf_deinit(&again);
    osm_buf_deinit(&bytes);
}

static void test_a_server_that_has_forgotten_it(void **state)
{
    struct test_conn_world *world = *state;
    struct test_watched watched;
    struct osm_buf bytes = {0};

    export(world, &bytes);
    world->peer.forgets = true;
    imported(world, &bytes, &watched);
    assert_true(watched.new_session);
    assert_int_equal(world->peer.created, 2);
    test_conn_let_go(&watched);
    osm_buf_deinit(&bytes);
}

/* Every byte changed, every length: refused, or read as something; nothing is left of it. */
static void test_what_is_no_state(void **state)
{
    struct test_conn_world *world = *state;
    struct osm_buf bytes = {0};
    struct test_watched watched;

    export(world, &bytes);
    test_conn_to_peer(world, TEST_PATIENCE_MS, &watched);
    for (size_t length = 0; length < bytes.length; length++)
        assert_false(osm_ua_ops()->conn_import(watched.conn, bytes.data, length));
    for (size_t i = 0; i < bytes.length; i++) {
        bytes.data[i] ^= 0x55;
        (void)osm_ua_ops()->conn_import(watched.conn, bytes.data, bytes.length);
        bytes.data[i] ^= 0x55;
    }
    bytes.data[8 + 4 + 30] ^= 1; /* another policy */
    assert_false(osm_ua_ops()->conn_import(watched.conn, bytes.data, bytes.length));
    test_conn_let_go(&watched);
    osm_buf_deinit(&bytes);
}

/* The peers of a set know each other's sessions. */
static void test_goes_to_another_server(void **state)
{
    struct test_conn_world *world = *state;
    struct test_watched watched;
    struct test_peer other;
    char url[64];

    test_peer_listen(&other, &world->loop);
    (void)snprintf(url, sizeof(url), "opc.tcp://127.0.0.1:%d/other", other.port);
    test_conn_connected(world, &watched);
    lose(world, &watched);
    assert_false(osm_ua_ops()->conn_go_to(watched.conn, "nowhere"));
    assert_true(osm_ua_ops()->conn_go_to(watched.conn, url));
    test_conn_begin(&watched);
    test_conn_run_until(world, &watched, 3);
    assert_int_equal(watched.told, TOLD_CONNECTED);
    assert_false(watched.new_session);
    assert_int_equal(other.calls, 1);
    assert_int_equal(other.created, 0);
    test_peer_close(&other);
    test_conn_run_until(world, &watched, 4);
    assert_int_equal(watched.told, TOLD_LOST);
    test_conn_let_go(&watched);
}

#define on_a_loop(test) cmocka_unit_test_setup_teardown(test, test_conn_setup, test_conn_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_a_loop(test_goes_on_in_another_connection),
        on_a_loop(test_a_server_that_has_forgotten_it),
        on_a_loop(test_what_is_no_state),
        on_a_loop(test_goes_to_another_server),
    };

    (void)signal(SIGPIPE, SIG_IGN); /* as the daemon does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
