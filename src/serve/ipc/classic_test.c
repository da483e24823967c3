/* SPDX-License-Identifier: MIT */
/* One request per connection: what upstream's callers see (ipc-protocol.md §2 and §3). */
#include "testing/testing_ipc.h"

#define MEGABYTE ((size_t)1048576)
#define FRAME_ERROR ERROR("payload_too_large", "Request frame exceeds maximum size of 65536 bytes")
#define INPUT_ERROR ERROR("payload_too_large", "Request exceeds maximum size of 1MB")
#define TOO_MANY ERROR("too_many_connections", "Too many concurrent connections")

static void expect_reply(const char *request, const char *reply)
{
    int fd = test_ipc_dial();

    test_ipc_send_text(fd, request);
    test_ipc_expect_last_line(fd, reply);
}

static void test_one_request(void **state)
{
    test_ipc_start_server(NULL);
    expect_reply("{\"command\":\"ping\"}\n", PONG);
    expect_reply("{\"command\":\"ping\"}\r\n", PONG);
    expect_reply("[]\n", PONG);
    expect_reply("{\"command\":\"ping\",\"id\":1.5}\n", PONG);
    expect_reply("{\"command\":\"ping\",\"id\":null}\n", PONG);
    assert_int_equal(test_ipc.stats->accepted, 5);
    assert_int_equal(test_ipc.stats->frames, 5);
    assert_int_equal(test_ipc.stats->replies, 5);
}

static void test_invalid_json(void **state)
{
    test_ipc_start_server(NULL);
    expect_reply("\n", ERROR("invalid_json", "Invalid JSON"));
    expect_reply("nonsense\n", ERROR("invalid_json", "Invalid JSON"));
    expect_reply("5\n", ERROR("invalid_json", "Invalid JSON"));
    expect_reply("{\"command\":\"\xff\"}\n", ERROR("invalid_json", "Invalid JSON"));
    expect_reply("{\"command\":\"ping\"} x\n", ERROR("invalid_json", "Invalid JSON"));
    assert_int_equal(test_ipc.stats->invalid, 5);
}

static void test_nul_bytes(void **state)
{
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_bytes(fd, "{\"a\":\0}\n", 8);
    test_ipc_expect_last_line(fd, ERROR("invalid_json", "Invalid JSON"));
}

static void test_tcp(void **state)
{
    test_ipc_start_server("tcp://127.0.0.1:0");
    expect_reply("{\"command\":\"ping\"}\n", PONG);
    test_ipc_stop_server();
    test_ipc.closed = false;
    test_ipc_start_server("tcp://[::1]:0");
    expect_reply("{\"command\":\"ping\"}\n", PONG);
}

/* The line comes in pieces, each long after the other. */
static void test_half_lines(void **state)
{
    uint64_t seen = 0;
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    for (const char *text = "{\"command\":\"ping\"}\n"; *text; text++) {
        test_ipc_send_bytes(fd, text, 1);
        test_ipc_wait_until(test_ipc.stats->bytes_in == seen + 1);
        seen++;
    }
    test_ipc_expect_last_line(fd, PONG);
}

static void test_only_first_line_counts(void **state)
{
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, "{\"command\":\"ping\"}\n{\"command\":\"big\",\"bytes\":9}\n");
    test_ipc_expect_line(fd, PONG);
    /* The daemon has shut its side down and discards what we go on sending. */
    test_ipc_expect_line(fd, "");
    test_ipc_send_text(fd, "and more");
    assert_int_equal(test_ipc.stats->frames, 1);
    close(fd);
    test_ipc_wait_until(test_ipc.stats->lingering == 0);
}

static void test_no_newline_no_reply(void **state)
{
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, "{\"command\":\"ping\"}");
    shutdown(fd, SHUT_WR);
    test_ipc_expect_line(fd, "");
    close(fd);
    close(test_ipc_dial());
    test_ipc_wait_until(test_ipc.stats->accepted == 2 && test_ipc.stats->classic_open == 0);
    assert_int_equal(test_ipc.stats->replies, 0);
}

static void test_half_close_is_no_goodbye(void **state)
{
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, "{\"command\":\"hold\",\"name\":\"a\"}\n");
    shutdown(fd, SHUT_WR);
    test_ipc_wait_until(test_ipc.n_held == 1);
    for (int i = 0; i < 20; i++)
        test_ipc_turn(-1, 0);
    assert_false(test_ipc_loop_has_events()); /* it is noticed once, not over and over */
    test_ipc_answer_held("a");
    test_ipc_expect_last_line(fd, "{\"success\":true,\"data\":\"a\"}");
    assert_int_equal(test_ipc.stats->vanished, 0);
}

/* Input that comes while the request runs does not reset the connection under the reply. */
static void test_input_while_running(void **state)
{
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, "{\"command\":\"hold\",\"name\":\"a\"}\n");
    test_ipc_wait_until(test_ipc.n_held == 1);
    test_ipc_send_text(fd, "and more");
    test_ipc_answer_held("a");
    test_ipc_expect_last_line(fd, "{\"success\":true,\"data\":\"a\"}");
}

/* A line of so many bytes (JSON, filled with blanks) and its '\n'. */
static void expect_sized(size_t length, const char *reply)
{
    _cleanup_(osm_freep) char *line = osm_alloc(length + 1);
    int fd = test_ipc_dial();

    memset(line, ' ', length);
    memcpy(line, "{\"command\":\"ping\"}", 18);
    line[length] = '\n';
    (void)test_ipc_try_send(fd, line, length + 1);
    test_ipc_expect_last_line(fd, reply);
}

static void test_frame_limit(void **state)
{
    test_ipc_start_server(NULL);
    expect_sized(65535, PONG);
    expect_sized(65536, PONG);
    expect_sized(65537, FRAME_ERROR);
    expect_sized(MEGABYTE - 1, FRAME_ERROR);
    expect_sized(MEGABYTE, INPUT_ERROR);
    expect_sized(2 * MEGABYTE, INPUT_ERROR);
    assert_int_equal(test_ipc.stats->oversized, 4);
}

/* Raising the limit is for persistent connections only. */
static void test_frame_limit_raised(void **state)
{
    test_ipc.config.max_frame_bytes = (size_t)80000;
    test_ipc_start_server(NULL);
    expect_sized(65536, PONG);
    expect_sized(65537, FRAME_ERROR);
    expect_sized(80000, FRAME_ERROR);
    expect_sized(80001, FRAME_ERROR);
}

static void test_endless_line(void **state)
{
    static char block[65536];
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    memset(block, 'x', sizeof(block));
    for (size_t i = 0; i < MEGABYTE / sizeof(block); i++)
        test_ipc_send_bytes(fd, block, sizeof(block));
    test_ipc_wait_until(test_ipc.stats->bytes_in == MEGABYTE);
    assert_int_equal(test_ipc.stats->replies, 0);
    /* Two megabytes more than it wants, in one go: the error is still readable. */
    for (size_t i = 0; i < MEGABYTE / sizeof(block); i++)
        test_ipc_send_bytes(fd, block, sizeof(block));
    test_ipc_expect_last_line(fd, INPUT_ERROR);
    test_ipc_wait_until(test_ipc.stats->lingering == 0);
}

/* Who goes on sending for ever is cut off after 2 MiB. */
static void test_linger_ends_by_size(void **state)
{
    static char block[65536];
    bool taken = true;
    int fd;

    test_ipc.config.linger_timeout = 60000;
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    memset(block, 'x', sizeof(block));
    for (size_t sent = 0; taken; sent += sizeof(block)) {
        taken = test_ipc_try_send(fd, block, sizeof(block));
        assert_true(sent < 5 * MEGABYTE);
    }
    assert_true(test_ipc.stats->bytes_in > 3 * MEGABYTE);
    assert_int_equal(test_ipc.stats->lingering, 0);
    close(fd);
}

static void test_linger_ends_by_time(void **state)
{
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, "{\"command\":\"ping\"}\nrest");
    test_ipc_expect_line(fd, PONG);
    assert_int_equal(test_ipc.stats->lingering, 1);
    assert_int_equal(test_ipc.stats->classic_open, 0);
    test_ipc_wait_until(test_ipc.stats->lingering == 0);
    close(fd);
}

static void test_frame_timeout(void **state)
{
    osm_msec begin;
    int fd;

    test_ipc.config.frame_timeout = 150;
    test_ipc_start_server(NULL);
    begin = osm_clock_now(osm_clock_system());
    fd = test_ipc_dial();
    test_ipc_send_text(fd, "{\"command\":");
    test_ipc_expect_last_line(fd, ERROR("connection_timeout", "IPC connection timed out"));
    assert_true(osm_clock_now(osm_clock_system()) - begin >= 150);
    assert_int_equal(test_ipc.stats->frame_timeouts, 1);
}

/* The limit ends with the frame: the operation may take as long as it takes. */
static void test_no_timeout_while_running(void **state)
{
    int slow, idle;

    test_ipc.config.frame_timeout = 100;
    test_ipc_start_server(NULL);
    slow = test_ipc_dial();
    test_ipc_send_text(slow, "{\"command\":\"hold\",\"name\":\"a\"}\n");
    test_ipc_wait_until(test_ipc.n_held == 1);
    idle = test_ipc_dial();
    test_ipc_expect_last_line(idle, ERROR("connection_timeout", "IPC connection timed out"));
    test_ipc_answer_held("a");
    test_ipc_expect_last_line(slow, "{\"success\":true,\"data\":\"a\"}");
    assert_int_equal(test_ipc.stats->frame_timeouts, 1);
}

static void test_too_many_connections(void **state)
{
    int fds[50], extra;

    test_ipc_start_server(NULL);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++)
        fds[i] = test_ipc_dial();
    test_ipc_wait_until(test_ipc.stats->classic_open == 50);
    /* Refused without being asked anything, and readable for who writes first. */
    extra = test_ipc_dial();
    test_ipc_expect_last_line(extra, TOO_MANY);
    extra = test_ipc_dial();
    assert_true(test_ipc_try_send(extra, "{\"command\":\"ping\"}\n", 19));
    test_ipc_expect_last_line(extra, TOO_MANY);
    assert_int_equal(test_ipc.stats->refused, 2);
    /* One leaves and another one comes in the same turn. */
    close(fds[7]);
    fds[7] = test_ipc_dial();
    test_ipc_send_text(fds[7], "{\"command\":\"ping\"}\n");
    test_ipc_expect_last_line(fds[7], PONG);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++) {
        if (i != 7)
            close(fds[i]);
    }
    test_ipc_wait_until(test_ipc.stats->classic_open == 0);
}

/* A caller that leaves while its request runs: the request is told, nobody is hurt. */
static void test_vanishing_caller(void **state)
{
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, "{\"command\":\"hold\",\"name\":\"a\"}\n");
    test_ipc_wait_until(test_ipc.n_held == 1);
    close(fd);
    test_ipc_wait_until(test_ipc.stats->vanished == 1);
    assert_int_equal(test_ipc.stats->classic_open, 0);
    assert_int_equal(test_ipc.stats->in_flight, 1);
    test_ipc_answer_held("a");
    assert_int_equal(test_ipc.n_abandoned, 1);
    assert_int_equal(test_ipc.stats->in_flight, 0);
    expect_reply("{\"command\":\"ping\"}\n", PONG);
}

/* The same before anybody watches the caller: a newcomer finds the place free. */
static void test_vanished_callers_hold_no_place(void **state)
{
    int fd;

    test_ipc.config.max_classic = 1;
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, "{\"command\":\"hold\",\"name\":\"a\"}\n");
    test_ipc_wait_until(test_ipc.n_held == 1);
    close(fd);
    expect_reply("{\"command\":\"ping\"}\n", PONG);
    assert_int_equal(test_ipc.stats->vanished, 1);
    assert_int_equal(test_ipc.stats->refused, 0);
    test_ipc_answer_held("a");
}

/* Those who wait for their reply keep their place. */
static void test_callers_who_wait_keep_their_place(void **state)
{
    int fd;

    test_ipc.config.max_classic = 1;
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, "{\"command\":\"hold\",\"name\":\"a\"}\n");
    test_ipc_wait_until(test_ipc.n_held == 1);
    test_ipc_expect_last_line(test_ipc_dial(), TOO_MANY);
    assert_int_equal(test_ipc.stats->classic_open, 1);
    test_ipc_answer_held("a");
    test_ipc_expect_line(fd, "{\"success\":true,\"data\":\"a\"}");
    test_ipc_expect_line(fd, "");
    assert_int_equal(test_ipc.stats->lingering, 0); /* he has sent nothing more */
    assert_int_equal(test_ipc.stats->vanished, 0);
    close(fd);
}

static void test_vanishing_mid_reply(void **state)
{
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, "{\"command\":\"big\",\"bytes\":4000000}\n");
    test_ipc_wait_until(test_ipc.stats->unsent_bytes > 0);
    close(fd);
    test_ipc_wait_until(test_ipc.stats->classic_open == 0);
    assert_int_equal(test_ipc.stats->unsent_bytes, 0);
    expect_reply("{\"command\":\"ping\"}\n", PONG);
}

static void test_big_reply(void **state)
{
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, "{\"command\":\"big\",\"bytes\":300000}\n");
    assert_int_equal(strlen(test_ipc_read_line(fd)),
                     300000 + strlen("{\"success\":true,\"data\":\"\"}"));
    test_ipc_expect_line(fd, "");
    close(fd);
}

static void test_caller_that_never_reads(void **state)
{
    int fd;

    test_ipc.config.stall_timeout = 150;
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, "{\"command\":\"big\",\"bytes\":4000000}\n");
    test_ipc_wait_until(test_ipc.stats->unsent_bytes > 0);
    expect_reply("{\"command\":\"ping\"}\n", PONG);
    test_ipc_wait_until(test_ipc.stats->stall_timeouts == 1);
    assert_int_equal(test_ipc.stats->classic_open, 0);
    close(fd);
}

static void test_token(void **state)
{
    test_ipc.config.token = "secret";
    test_ipc_start_server(NULL);
    expect_reply("{\"command\":\"ping\",\"authToken\":\"secret\"}\n", PONG);
    expect_reply("{\"command\":\"ping\"}\n", ERROR("auth_failed", "Invalid or missing auth token"));
    expect_reply("[]\n", ERROR("auth_failed", "Invalid or missing auth token"));
    expect_reply("{\"command\":\"ping\",\"authToken\":[\"secret\"]}\n",
                 ERROR("auth_failed", "Invalid or missing auth token"));
    expect_reply("{\"authToken\":\"secret\",\"authToken\":\"wrong\"}\n",
                 ERROR("auth_failed", "Invalid or missing auth token"));
    expect_reply("{\"authToken\":\"wrong\",\"authToken\":\"secret\"}\n", PONG);
    expect_reply("{\n", ERROR("invalid_json", "Invalid JSON"));
    assert_int_equal(test_ipc.stats->auth_failures, 4);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, test_ipc_setup, test_ipc_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_request),
        TEST(test_invalid_json),
        TEST(test_nul_bytes),
        TEST(test_tcp),
        TEST(test_half_lines),
        TEST(test_only_first_line_counts),
        TEST(test_no_newline_no_reply),
        TEST(test_half_close_is_no_goodbye),
        TEST(test_input_while_running),
        TEST(test_frame_limit),
        TEST(test_frame_limit_raised),
        TEST(test_endless_line),
        TEST(test_linger_ends_by_size),
        TEST(test_linger_ends_by_time),
        TEST(test_frame_timeout),
        TEST(test_no_timeout_while_running),
        TEST(test_too_many_connections),
        TEST(test_vanishing_caller),
        TEST(test_vanished_callers_hold_no_place),
        TEST(test_callers_who_wait_keep_their_place),
        TEST(test_vanishing_mid_reply),
        TEST(test_big_reply),
        TEST(test_caller_that_never_reads),
        TEST(test_token),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
