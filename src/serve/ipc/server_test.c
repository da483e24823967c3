/* SPDX-License-Identifier: MIT */
/* Beginning and end of the server, and what it does when the process runs out of descriptors. */
#include "testing/testing_ipc.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include "serve/ipc/ipc_internal.h"

static void test_failure_leaves_nothing(void **state)
{
    _cleanup_(osm_freep) char *error = NULL;
    struct osm_ipc_server *server = NULL;

    assert_int_equal(osm_address_parse("/proc/nonexistent/s", &test_ipc.endpoint, &error), 0);
    test_ipc.config.endpoint = &test_ipc.endpoint;
    assert_int_equal(osm_ipc_server_new(&test_ipc.loop, NULL, &test_ipc.config, &server, &error),
                     -ENOENT);
    assert_string_equal(error,
                        "Failed to listen on Unix domain socket \"unix:///proc/nonexistent/s\": "
                        "No such file or directory");
    assert_null(server);
    assert_false(uv_loop_alive(&test_ipc.loop));
    assert_null(osm_ipc_server_free(NULL));
}

static void test_close_without_connections(void **state)
{
    struct stat status;

    test_ipc_start_server(NULL);
    test_ipc_stop_server();
    assert_int_equal(lstat(osm_address_path(&test_ipc.endpoint), &status), -1);
}

/* Stop accepting: the socket is gone at once, who is there is served on. */
static void test_stop_accepting(void **state)
{
    struct stat status;
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, "{\"command\":\"ping\",\"id\":1}\n");
    test_ipc_expect_line(fd, PONG_ID("1"));
    osm_ipc_server_stop_accepting(test_ipc.server);
    osm_ipc_server_stop_accepting(test_ipc.server);
    assert_int_equal(lstat(osm_address_path(&test_ipc.endpoint), &status), -1);
    test_ipc_send_text(fd, "{\"command\":\"ping\",\"id\":2}\n");
    test_ipc_expect_line(fd, PONG_ID("2"));
    close(fd);
}

/* Closing: idle ones at once, a reply that comes in time goes out. */
static void test_close_lets_replies_out(void **state)
{
    int idle, reading, running;

    test_ipc.config.close_timeout = 5000;
    test_ipc_start_server(NULL);
    idle = test_ipc_dial();
    test_ipc_send_text(idle, "{\"command\":\"ping\",\"id\":1}\n");
    test_ipc_expect_line(idle, PONG_ID("1"));
    reading = test_ipc_dial();
    running = test_ipc_dial();
    test_ipc_send_text(running, "{\"command\":\"hold\",\"name\":\"a\"}\n");
    test_ipc_wait_until(test_ipc.n_held == 1 && test_ipc.stats->classic_open == 2);
    osm_ipc_server_close(test_ipc.server, test_ipc_closed, &test_ipc);
    test_ipc_expect_line(idle, "");
    test_ipc_expect_line(reading, "");
    assert_false(test_ipc.closed);
    test_ipc_answer_held("a");
    test_ipc_expect_line(running, "{\"success\":true,\"data\":\"a\"}");
    test_ipc_wait_until(test_ipc.closed);
    test_ipc.server = osm_ipc_server_free(test_ipc.server);
    close(idle);
    close(reading);
    close(running);
}

/* Closing is bounded: a request that does not end and a caller that does not read are left. */
static void test_close_is_bounded(void **state)
{
    osm_msec begin = osm_clock_now(osm_clock_system());
    int running, deaf;

    test_ipc.config.close_timeout = 150;
    test_ipc_start_server(NULL);
    running = test_ipc_dial();
    test_ipc_send_text(running, "{\"command\":\"hold\",\"id\":1,\"name\":\"a\"}\n"
                                "{\"command\":\"hold\",\"id\":2,\"name\":\"b\"}\n");
    deaf = test_ipc_dial();
    test_ipc_send_text(deaf, "{\"command\":\"big\",\"bytes\":4000000}\n");
    test_ipc_wait_until(test_ipc.n_held == 2 && test_ipc.stats->unsent_bytes > 0);
    osm_ipc_server_close(test_ipc.server, test_ipc_closed, &test_ipc);
    test_ipc_wait_until(test_ipc.closed);
    assert_true(osm_clock_now(osm_clock_system()) - begin >= 150);
    test_ipc_expect_line(running, "");
    assert_int_equal(test_ipc.stats->vanished, 0); /* it is we who leave */
    assert_int_equal(test_ipc.stats->abandoned, 2);
    /* The last request to come home frees the server. */
    test_ipc.server = osm_ipc_server_free(test_ipc.server);
    test_ipc_answer_held("a");
    test_ipc_answer_held("b");
    assert_int_equal(test_ipc.n_abandoned, 2);
    close(running);
    close(deaf);
}

/* Without descriptors callers wait; as soon as there is one, they are served. */
static void test_out_of_descriptors(void **state)
{
    struct rlimit before, tight;
    int fd, spare;

    test_ipc_start_server(NULL);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    fd = test_ipc_dial();
    spare = fcntl(fd, F_DUPFD, 0);
    close(spare);
    tight = (struct rlimit){.rlim_cur = (rlim_t)spare, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    assert_int_equal(send(fd, "{\"command\":\"ping\"}\n", 19, 0), 19);
    test_ipc_wait_until(test_ipc.stats->accept_pauses >= 2); /* tries again, without spinning */
    assert_true(test_ipc.stats->accept_pauses < 100);
    assert_int_equal(test_ipc.stats->accepted, 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    test_ipc_expect_last_line(fd, PONG);
}

/* Requests whose callers have gone are bounded: beyond, newcomers are refused until some end. */
static void test_abandoned_bound(void **state)
{
    int fds[OSM_IPC_ABANDONED / 4], fd;

    test_ipc.config.max_classic = OSM_ARRAY_SIZE(fds);
    test_ipc_start_server(NULL);
    for (size_t round = 1; round <= 4; round++) {
        for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++) {
            fds[i] = test_ipc_dial();
            test_ipc_send_text(fds[i], "{\"command\":\"hold\",\"name\":\"a\"}\n");
        }
        test_ipc_wait_until(test_ipc.n_held == round * OSM_ARRAY_SIZE(fds));
        for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++)
            close(fds[i]);
        test_ipc_wait_until(test_ipc.stats->classic_open == 0);
    }
    fd = test_ipc_dial();
    test_ipc_expect_last_line(fd, ERROR("too_many_connections", "Too many concurrent connections"));
    test_ipc_answer_held("a");
    fd = test_ipc_dial();
    test_ipc_send_text(fd, "{\"command\":\"ping\"}\n");
    test_ipc_expect_last_line(fd, PONG);
}

/* Lingering is a courtesy for so many at a time. */
static void test_lingering_bound(void **state)
{
    struct rlimit limit;
    int fds[OSM_IPC_LINGERING + 3];

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    test_ipc.config.linger_timeout = 60000;
    test_ipc_start_server(NULL);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++) {
        fds[i] = test_ipc_dial();
        test_ipc_send_text(fds[i], "{\"command\":\"ping\"}\nrest");
        test_ipc_expect_line(fds[i], PONG);
        test_ipc_expect_line(fds[i], "");
    }
    assert_int_equal(test_ipc.stats->lingering, OSM_IPC_LINGERING);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++)
        close(fds[i]);
    test_ipc_wait_until(test_ipc.stats->lingering == 0);
}

/* Hundreds of callers in all states at once, and nothing of them is left. */
static void test_many_callers(void **state)
{
    int fds[200];

    test_ipc.config.max_classic = 1000;
    test_ipc_start_server(NULL);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++) {
        static const char *const texts[] = {"{\"command\":\"ping\"}\n",
                                            "{\"comm",
                                            "",
                                            "{\"command\":\"hold\",\"name\":\"x\"}\n",
                                            "{\"command\":\"ping\",\"id\":5}\nrest",
                                            "x\nrest",
                                            "{\"command\":\"big\",\"bytes\":900000}\n"};

        fds[i] = test_ipc_dial();
        test_ipc_send_text(fds[i], texts[i % OSM_ARRAY_SIZE(texts)]);
        if (i % 3 == 0)
            close(fds[i]);
    }
    test_ipc_wait_until(test_ipc.stats->accepted == OSM_ARRAY_SIZE(fds));
    test_ipc_answer_all_held();
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++) {
        if (i % 3 != 0)
            close(fds[i]);
    }
    test_ipc_wait_until(test_ipc.stats->classic_open + test_ipc.stats->persistent_open == 0);
    test_ipc_wait_until(test_ipc.stats->lingering == 0);
}

/* A request may take as long as it takes: nothing ends its connection, and what looks after those
 * that take long does so once. */
static void test_what_takes_long_has_no_deadline(void **state)
{
    const struct osm_connection *connection;
    int classic, persistent;

    test_ipc_start_server(NULL);
    classic = test_ipc_dial();
    test_ipc_send_text(classic, "{\"command\":\"hold\",\"name\":\"a\"}\n");
    test_ipc_wait_until(test_ipc.n_held == 1);
    connection = test_ipc.server->open;
    test_ipc_wait_until(connection->slow);
    assert_null(connection->deadline.list);
    persistent = test_ipc_dial();
    test_ipc_send_text(persistent, "{\"command\":\"hold\",\"id\":1,\"name\":\"b\"}\n");
    test_ipc_wait_until(test_ipc.n_held == 2);
    connection = test_ipc.server->open == connection ? connection->next : test_ipc.server->open;
    assert_int_equal(connection->state, OSM_CONNECTION_PERSISTENT);
    test_ipc_wait_until(!connection->deadline.list);
    assert_false(connection->slow);
    test_ipc_answer_held("b");
    test_ipc_expect_line(persistent, HELD_ID("1", "b"));
    test_ipc_answer_held("a");
    test_ipc_expect_last_line(classic, "{\"success\":true,\"data\":\"a\"}");
    close(persistent);
}

/* A half-close is noticed once, also where the caller is watched by then. */
static void test_half_close_of_what_takes_long(void **state)
{
    const struct osm_connection *connection;
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, "{\"command\":\"hold\",\"name\":\"a\"}\n");
    test_ipc_wait_until(test_ipc.n_held == 1);
    connection = test_ipc.server->open;
    test_ipc_wait_until(connection->slow);
    shutdown(fd, SHUT_WR);
    test_ipc_wait_until(connection->hung_up);
    for (int i = 0; i < 20; i++)
        test_ipc_turn(-1, 0);
    assert_false(test_ipc_loop_has_events());
    assert_int_equal(test_ipc.stats->vanished, 0);
    test_ipc_answer_held("a");
    test_ipc_expect_last_line(fd, "{\"success\":true,\"data\":\"a\"}");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, test_ipc_setup, test_ipc_teardown)

/* Who has not shown a token and does not read gives his place up. */
static void test_unproved_callers_who_do_not_read(void **state)
{
    int fds[1 + 3 * OSM_IPC_UNPROVED], fd;
    char flood[60000];

    (void)state;
    for (size_t i = 0; i < sizeof(flood); i++)
        flood[i] = i % 2 ? '\n' : 'x';
    test_ipc.config.token = "secret";
    test_ipc.config.max_classic = 1;
    test_ipc.config.proof_timeout = 60000;
    test_ipc_start_server(NULL);
    fds[0] = test_ipc_dial();
    test_ipc_wait_until(test_ipc.stats->classic_open == 1);
    for (size_t i = 1; i < OSM_ARRAY_SIZE(fds); i++) {
        fds[i] = test_ipc_dial();
        test_ipc_send_text(fds[i], "{\"id\":1}\n");
        test_ipc_send_bytes(fds[i], flood, sizeof(flood));
        test_ipc_wait_until(test_ipc.stats->read_pauses >= i);
    }
    fd = test_ipc_dial();
    test_ipc_send_text(fd, "{\"command\":\"ping\",\"authToken\":\"secret\"}\n");
    test_ipc_expect_last_line(fd, PONG);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++)
        close(fds[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_failure_leaves_nothing),
        TEST(test_close_without_connections),
        TEST(test_stop_accepting),
        TEST(test_close_lets_replies_out),
        TEST(test_close_is_bounded),
        TEST(test_out_of_descriptors),
        TEST(test_abandoned_bound),
        TEST(test_lingering_bound),
        TEST(test_many_callers),
        TEST(test_unproved_callers_who_do_not_read),
        TEST(test_what_takes_long_has_no_deadline),
        TEST(test_half_close_of_what_takes_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
