/* SPDX-License-Identifier: MIT */
/* One request per connection: what upstream's callers see (ipc-protocol.md §2 and §3). */
#include "testing/testing_ipc.h"

#define MEGABYTE ((size_t)1048576)
#define FRAME_ERROR ERROR("payload_too_large", "Request frame exceeds maximum size of 65536 bytes")
#define INPUT_ERROR ERROR("payload_too_large", "Request exceeds maximum size of 1MB")
#define TOO_MANY ERROR("too_many_connections", "Too many concurrent connections")

static void expect_reply(const char *request, const char *reply)
{
    int fd = dial();

    send_text(fd, request);
    expect_last_line(fd, reply);
}

static void test_one_request(void **state)
{
    start_server(NULL);
    expect_reply("{\"command\":\"ping\"}\n", PONG);
    expect_reply("{\"command\":\"ping\"}\r\n", PONG);
    expect_reply("[]\n", PONG);
    expect_reply("{\"command\":\"ping\",\"id\":1.5}\n", PONG);
    expect_reply("{\"command\":\"ping\",\"id\":null}\n", PONG);
    assert_int_equal(fixture.stats->accepted, 5);
    assert_int_equal(fixture.stats->frames, 5);
    assert_int_equal(fixture.stats->replies, 5);
}

static void test_invalid_json(void **state)
{
    start_server(NULL);
    expect_reply("\n", ERROR("invalid_json", "Invalid JSON"));
    expect_reply("nonsense\n", ERROR("invalid_json", "Invalid JSON"));
    expect_reply("5\n", ERROR("invalid_json", "Invalid JSON"));
    expect_reply("{\"command\":\"\xff\"}\n", ERROR("invalid_json", "Invalid JSON"));
    expect_reply("{\"command\":\"ping\"} x\n", ERROR("invalid_json", "Invalid JSON"));
    assert_int_equal(fixture.stats->invalid, 5);
}

static void test_nul_bytes(void **state)
{
    int fd;

    start_server(NULL);
    fd = dial();
    send_bytes(fd, "{\"a\":\0}\n", 8);
    expect_last_line(fd, ERROR("invalid_json", "Invalid JSON"));
}

static void test_tcp(void **state)
{
    start_server("tcp://127.0.0.1:0");
    expect_reply("{\"command\":\"ping\"}\n", PONG);
    stop_server();
    fixture.closed = false;
    start_server("tcp://[::1]:0");
    expect_reply("{\"command\":\"ping\"}\n", PONG);
}

/* The line comes in pieces, each long after the other. */
static void test_half_lines(void **state)
{
    uint64_t seen = 0;
    int fd;

    start_server(NULL);
    fd = dial();
    for (const char *text = "{\"command\":\"ping\"}\n"; *text; text++) {
        send_bytes(fd, text, 1);
        wait_until(fixture.stats->bytes_in == seen + 1);
        seen++;
    }
    expect_last_line(fd, PONG);
}

static void test_only_first_line_counts(void **state)
{
    int fd;

    start_server(NULL);
    fd = dial();
    send_text(fd, "{\"command\":\"ping\"}\n{\"command\":\"big\",\"bytes\":9}\n");
    expect_line(fd, PONG);
    /* The daemon has shut its side down and discards what we go on sending. */
    expect_line(fd, "");
    send_text(fd, "and more");
    assert_int_equal(fixture.stats->frames, 1);
    close(fd);
    wait_until(fixture.stats->lingering == 0);
}

static void test_no_newline_no_reply(void **state)
{
    int fd;

    start_server(NULL);
    fd = dial();
    send_text(fd, "{\"command\":\"ping\"}");
    shutdown(fd, SHUT_WR);
    expect_line(fd, "");
    close(fd);
    close(dial());
    wait_until(fixture.stats->accepted == 2 && fixture.stats->classic_open == 0);
    assert_int_equal(fixture.stats->replies, 0);
}

static void test_half_close_is_no_goodbye(void **state)
{
    int fd;

    start_server(NULL);
    fd = dial();
    send_text(fd, "{\"command\":\"hold\",\"name\":\"a\"}\n");
    shutdown(fd, SHUT_WR);
    wait_until(fixture.n_held == 1);
    for (int i = 0; i < 20; i++)
        turn(-1, 0);
    assert_false(loop_has_events()); /* it is noticed once, not over and over */
    answer_held("a");
    expect_last_line(fd, "{\"success\":true,\"data\":\"a\"}");
    assert_int_equal(fixture.stats->vanished, 0);
}

/* Input that comes while the request runs does not reset the connection under the reply. */
static void test_input_while_running(void **state)
{
    int fd;

    start_server(NULL);
    fd = dial();
    send_text(fd, "{\"command\":\"hold\",\"name\":\"a\"}\n");
    wait_until(fixture.n_held == 1);
    send_text(fd, "and more");
    answer_held("a");
    expect_last_line(fd, "{\"success\":true,\"data\":\"a\"}");
}

/* A line of so many bytes (JSON, filled with blanks) and its '\n'. */
static void expect_sized(size_t length, const char *reply)
{
    _cleanup_(osm_freep) char *line = osm_alloc(length + 1);
    int fd = dial();

    memset(line, ' ', length);
    memcpy(line, "{\"command\":\"ping\"}", 18);
    line[length] = '\n';
    (void)try_send(fd, line, length + 1);
    expect_last_line(fd, reply);
}

static void test_frame_limit(void **state)
{
    start_server(NULL);
    expect_sized(65535, PONG);
    expect_sized(65536, PONG);
    expect_sized(65537, FRAME_ERROR);
    expect_sized(MEGABYTE - 1, FRAME_ERROR);
    expect_sized(MEGABYTE, INPUT_ERROR);
    expect_sized(2 * MEGABYTE, INPUT_ERROR);
    assert_int_equal(fixture.stats->oversized, 4);
}

/* Raising the limit is for persistent connections only. */
static void test_frame_limit_raised(void **state)
{
    fixture.config.max_frame_bytes = (size_t)80000;
    start_server(NULL);
    expect_sized(65536, PONG);
    expect_sized(65537, FRAME_ERROR);
    expect_sized(80000, FRAME_ERROR);
    expect_sized(80001, FRAME_ERROR);
}

static void test_endless_line(void **state)
{
    static char block[65536];
    int fd;

    start_server(NULL);
    fd = dial();
    memset(block, 'x', sizeof(block));
    for (size_t i = 0; i < MEGABYTE / sizeof(block); i++)
        send_bytes(fd, block, sizeof(block));
    wait_until(fixture.stats->bytes_in == MEGABYTE);
    assert_int_equal(fixture.stats->replies, 0);
    /* Two megabytes more than it wants, in one go: the error is still readable. */
    for (size_t i = 0; i < MEGABYTE / sizeof(block); i++)
        send_bytes(fd, block, sizeof(block));
    expect_last_line(fd, INPUT_ERROR);
    wait_until(fixture.stats->lingering == 0);
}

/* Who goes on sending for ever is cut off after 2 MiB. */
static void test_linger_ends_by_size(void **state)
{
    static char block[65536];
    bool taken = true;
    int fd;

    fixture.config.linger_timeout = 60000;
    start_server(NULL);
    fd = dial();
    memset(block, 'x', sizeof(block));
    for (size_t sent = 0; taken; sent += sizeof(block)) {
        taken = try_send(fd, block, sizeof(block));
        assert_true(sent < 5 * MEGABYTE);
    }
    assert_true(fixture.stats->bytes_in > 3 * MEGABYTE);
    assert_int_equal(fixture.stats->lingering, 0);
    close(fd);
}

static void test_linger_ends_by_time(void **state)
{
    int fd;

    start_server(NULL);
    fd = dial();
    send_text(fd, "{\"command\":\"ping\"}\nrest");
    expect_line(fd, PONG);
    assert_int_equal(fixture.stats->lingering, 1);
    assert_int_equal(fixture.stats->classic_open, 0);
    wait_until(fixture.stats->lingering == 0);
    close(fd);
}

static void test_frame_timeout(void **state)
{
    osm_msec begin;
    int fd;

    fixture.config.frame_timeout = 150;
    start_server(NULL);
    begin = osm_clock_now(osm_clock_system());
    fd = dial();
    send_text(fd, "{\"command\":");
    expect_last_line(fd, ERROR("connection_timeout", "IPC connection timed out"));
    assert_true(osm_clock_now(osm_clock_system()) - begin >= 150);
    assert_int_equal(fixture.stats->frame_timeouts, 1);
}

/* The limit ends with the frame: the operation may take as long as it takes. */
static void test_no_timeout_while_running(void **state)
{
    int slow, idle;

    fixture.config.frame_timeout = 100;
    start_server(NULL);
    slow = dial();
    send_text(slow, "{\"command\":\"hold\",\"name\":\"a\"}\n");
    wait_until(fixture.n_held == 1);
    idle = dial();
    expect_last_line(idle, ERROR("connection_timeout", "IPC connection timed out"));
    answer_held("a");
    expect_last_line(slow, "{\"success\":true,\"data\":\"a\"}");
    assert_int_equal(fixture.stats->frame_timeouts, 1);
}

static void test_too_many_connections(void **state)
{
    int fds[50], extra;

    start_server(NULL);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++)
        fds[i] = dial();
    wait_until(fixture.stats->classic_open == 50);
    /* Refused without being asked anything, and readable for who writes first. */
    extra = dial();
    expect_last_line(extra, TOO_MANY);
    extra = dial();
    assert_true(try_send(extra, "{\"command\":\"ping\"}\n", 19));
    expect_last_line(extra, TOO_MANY);
    assert_int_equal(fixture.stats->refused, 2);
    /* One leaves and another one comes in the same turn. */
    close(fds[7]);
    fds[7] = dial();
    send_text(fds[7], "{\"command\":\"ping\"}\n");
    expect_last_line(fds[7], PONG);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++) {
        if (i != 7)
            close(fds[i]);
    }
    wait_until(fixture.stats->classic_open == 0);
}

/* A caller that leaves while its request runs: the request is told, nobody is hurt. */
static void test_vanishing_caller(void **state)
{
    int fd;

    start_server(NULL);
    fd = dial();
    send_text(fd, "{\"command\":\"hold\",\"name\":\"a\"}\n");
    wait_until(fixture.n_held == 1);
    close(fd);
    wait_until(fixture.stats->vanished == 1);
    assert_int_equal(fixture.stats->classic_open, 0);
    assert_int_equal(fixture.stats->in_flight, 1);
    answer_held("a");
    assert_int_equal(fixture.n_abandoned, 1);
    assert_int_equal(fixture.stats->in_flight, 0);
    expect_reply("{\"command\":\"ping\"}\n", PONG);
}

/* The same before anybody watches the caller: a newcomer finds the place free. */
static void test_vanished_callers_hold_no_place(void **state)
{
    int fd;

    fixture.config.max_classic = 1;
    start_server(NULL);
    fd = dial();
    send_text(fd, "{\"command\":\"hold\",\"name\":\"a\"}\n");
    wait_until(fixture.n_held == 1);
    close(fd);
    expect_reply("{\"command\":\"ping\"}\n", PONG);
    assert_int_equal(fixture.stats->vanished, 1);
    assert_int_equal(fixture.stats->refused, 0);
    answer_held("a");
}

static void test_vanishing_mid_reply(void **state)
{
    int fd;

    start_server(NULL);
    fd = dial();
    send_text(fd, "{\"command\":\"big\",\"bytes\":4000000}\n");
    wait_until(fixture.stats->unsent_bytes > 0);
    close(fd);
    wait_until(fixture.stats->classic_open == 0);
    assert_int_equal(fixture.stats->unsent_bytes, 0);
    expect_reply("{\"command\":\"ping\"}\n", PONG);
}

static void test_big_reply(void **state)
{
    int fd;

    start_server(NULL);
    fd = dial();
    send_text(fd, "{\"command\":\"big\",\"bytes\":300000}\n");
    assert_int_equal(strlen(read_line(fd)), 300000 + strlen("{\"success\":true,\"data\":\"\"}"));
    expect_line(fd, "");
    close(fd);
}

static void test_caller_that_never_reads(void **state)
{
    int fd;

    fixture.config.stall_timeout = 150;
    start_server(NULL);
    fd = dial();
    send_text(fd, "{\"command\":\"big\",\"bytes\":4000000}\n");
    wait_until(fixture.stats->unsent_bytes > 0);
    expect_reply("{\"command\":\"ping\"}\n", PONG);
    wait_until(fixture.stats->stall_timeouts == 1);
    assert_int_equal(fixture.stats->classic_open, 0);
    close(fd);
}

static void test_token(void **state)
{
    fixture.config.token = "secret";
    start_server(NULL);
    expect_reply("{\"command\":\"ping\",\"authToken\":\"secret\"}\n", PONG);
    expect_reply("{\"command\":\"ping\"}\n", ERROR("auth_failed", "Invalid or missing auth token"));
    expect_reply("[]\n", ERROR("auth_failed", "Invalid or missing auth token"));
    expect_reply("{\"command\":\"ping\",\"authToken\":[\"secret\"]}\n",
                 ERROR("auth_failed", "Invalid or missing auth token"));
    expect_reply("{\"authToken\":\"secret\",\"authToken\":\"wrong\"}\n",
                 ERROR("auth_failed", "Invalid or missing auth token"));
    expect_reply("{\"authToken\":\"wrong\",\"authToken\":\"secret\"}\n", PONG);
    expect_reply("{\n", ERROR("invalid_json", "Invalid JSON"));
    assert_int_equal(fixture.stats->auth_failures, 4);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup_server, teardown_server)

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
        TEST(test_vanishing_mid_reply),
        TEST(test_big_reply),
        TEST(test_caller_that_never_reads),
        TEST(test_token),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
