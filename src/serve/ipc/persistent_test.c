/* SPDX-License-Identifier: MIT */
/* Persistent, pipelined connections (extensions.md §1). */
#include "testing/testing_ipc.h"

#define NEEDS_ID                                                                                   \
    ERROR("invalid_argument",                                                                      \
          "A request on a persistent connection needs an \\\"id\\\" (string or integer)")
#define INVALID ERROR("invalid_json", "Invalid JSON")
#define PING_1 "{\"command\":\"ping\",\"id\":1}\n"

static void hold(int fd, int number)
{
    _cleanup_(osm_freep) char *line =
        osm_printf("{\"command\":\"hold\",\"id\":%d,\"name\":\"%d\"}\n", number, number);

    test_ipc_send_text(fd, line);
}

static void expect_held(int fd, int number)
{
    _cleanup_(osm_freep) char *line =
        osm_printf("{\"id\":%d,\"success\":true,\"data\":\"%d\"}", number, number);

    test_ipc_expect_line(fd, line);
}

static void answer_number(int number)
{
    _cleanup_(osm_freep) char *name = osm_printf("%d", number);

    test_ipc_answer_held(name);
}

/* A request with id, filled with blanks to so many bytes. */
static void send_sized(int fd, size_t length)
{
    _cleanup_(osm_freep) char *line = osm_alloc(length + 1);

    memset(line, ' ', length);
    memcpy(line, "{\"command\":\"ping\",\"id\":7}", 25);
    line[length] = '\n';
    test_ipc_send_bytes(fd, line, length + 1);
}

static void test_stays_open(void **state)
{
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, PING_1);
    test_ipc_expect_line(fd, PONG_ID("1"));
    assert_int_equal(test_ipc.stats->persistent_open, 1);
    assert_int_equal(test_ipc.stats->classic_open, 0);
    test_ipc_send_text(fd, "{\"command\":\"ping\",\"id\":\"x\\\"y\"}\n");
    test_ipc_expect_line(fd, PONG_ID("\"x\\\"y\""));
    test_ipc_send_text(fd, "{\"command\":\"ping\",\"id\":-9223372036854775808}\n");
    test_ipc_expect_line(fd, PONG_ID("-9223372036854775808"));
    close(fd);
    test_ipc_wait_until(test_ipc.stats->persistent_open == 0);
}

static void test_every_request_needs_an_id(void **state)
{
    static const char *const without[] = {
        "{\"command\":\"ping\"}\n", "[]\n", "{\"command\":\"ping\",\"id\":1.5}\n",
        "{\"command\":\"ping\",\"id\":null}\n", "{\"command\":\"ping\",\"id\":[1]}\n"};
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, PING_1);
    test_ipc_expect_line(fd, PONG_ID("1"));
    for (size_t i = 0; i < OSM_ARRAY_SIZE(without); i++) {
        test_ipc_send_text(fd, without[i]);
        test_ipc_expect_line(fd, NEEDS_ID);
    }
    test_ipc_send_text(fd, "nonsense\n\n");
    test_ipc_expect_line(fd, INVALID);
    test_ipc_expect_line(fd, INVALID);
    test_ipc_send_text(fd, PING_1);
    test_ipc_expect_line(fd, PONG_ID("1"));
    close(fd);
}

static void test_replies_in_order_of_completion(void **state)
{
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    hold(fd, 1);
    hold(fd, 2);
    test_ipc_send_text(
        fd, "{\"command\":\"hold\",\"id\":3,\"name\":\"3\"}\n{\"command\":\"ping\",\"id\":4}\n");
    test_ipc_expect_line(fd, PONG_ID("4"));
    test_ipc_wait_until(test_ipc.n_held == 3);
    answer_number(2);
    expect_held(fd, 2);
    answer_number(3);
    answer_number(1);
    expect_held(fd, 3);
    expect_held(fd, 1);
    close(fd);
}

/* Many requests in one write, many replies in few. */
static void test_pipeline(void **state)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    for (int i = 0; i < 5000; i++)
        osm_buf_printf(&out, "{\"command\":\"ping\",\"id\":%d}\n", i);
    for (size_t sent = 0; sent < out.length;) {
        ssize_t n = send(fd, out.data + sent, out.length - sent, 0);

        if (n > 0)
            sent += (size_t)n;
        test_ipc_turn(fd, POLLOUT);
    }
    for (int i = 0; i < 5000; i++) {
        _cleanup_(osm_freep) char *expected =
            osm_printf("{\"id\":%d,\"success\":true,\"data\":\"pong\"}", i);

        test_ipc_expect_line(fd, expected);
    }
    close(fd);
}

/* At the bound reading stops, nothing fails, and each reply lets one more in. */
static void test_in_flight_bound(void **state)
{
    int fd;

    test_ipc.config.max_in_flight = 4;
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    for (int i = 1; i <= 10; i++)
        hold(fd, i);
    test_ipc_wait_until(test_ipc.n_held == 4);
    for (int i = 0; i < 20; i++)
        test_ipc_turn(-1, 0);
    assert_int_equal(test_ipc.n_held, 4);
    assert_int_equal(test_ipc.stats->in_flight, 4);
    assert_int_equal(test_ipc.stats->read_pauses, 1);
    for (int i = 1; i <= 10; i++) {
        answer_number(i);
        expect_held(fd, i);
        test_ipc_wait_until(test_ipc.n_held == (size_t)OSM_MIN(4, 10 - i));
    }
    test_ipc_send_text(fd, PING_1);
    test_ipc_expect_line(fd, PONG_ID("1"));
    close(fd);
}

/* All that was in one read when the bound was reached is taken up later, whatever others have
 * sent meanwhile. */
static void test_resume_from_one_write(void **state)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};
    int fd, other;

    test_ipc.config.max_in_flight = 2;
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    other = test_ipc_dial();
    for (int i = 1; i <= 6; i++)
        osm_buf_printf(&out, "{\"command\":\"hold\",\"id\":%d,\"name\":\"%d\"}\n", i, i);
    test_ipc_send_bytes(fd, out.data, out.length);
    shutdown(fd, SHUT_WR);
    for (int i = 1; i <= 6; i++) {
        test_ipc_wait_until(test_ipc.n_held == (size_t)OSM_MIN(2, 7 - i));
        send_sized(other, 2000);
        test_ipc_expect_line(other, PONG_ID("7"));
        answer_number(i);
        expect_held(fd, i);
    }
    test_ipc_expect_line(fd, "");
    close(fd);
    close(other);
}

static void test_caller_that_never_reads(void **state)
{
    uint64_t in_before, peak = 0;
    int fd, other;

    test_ipc.config.max_unsent = 500000;
    test_ipc.config.stall_timeout = 300;
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    other = test_ipc_dial();
    /* Requests until the daemon takes no more of them. */
    do {
        const char *line = "{\"command\":\"big\",\"id\":1,\"bytes\":50000}\n";

        in_before = test_ipc.stats->bytes_in;
        for (int i = 0; i < 50; i++)
            (void)send(fd, line, strlen(line), MSG_NOSIGNAL);
        for (int i = 0; i < 5; i++)
            test_ipc_turn(-1, 0);
        peak = OSM_MAX(peak, test_ipc.stats->unsent_bytes);
    } while (test_ipc.stats->bytes_in > in_before);
    assert_true(peak > 500000);
    assert_true(peak < 500000 + 2 * 50100);
    test_ipc_send_text(other, PING_1);
    test_ipc_expect_line(other, PONG_ID("1"));
    test_ipc_wait_until(test_ipc.stats->stall_timeouts == 1);
    assert_int_equal(test_ipc.stats->persistent_open, 1);
    assert_int_equal(test_ipc.stats->unsent_bytes, 0);
    close(fd);
    close(other);
}

/* A caller that reads slowly loses nothing. */
static void test_slow_reader(void **state)
{
    const size_t length = strlen("{\"id\":1,\"success\":true,\"data\":\"\"}") + 50000;
    int fd;

    test_ipc.config.max_unsent = 100000;
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    for (int i = 0; i < 40; i++)
        test_ipc_send_text(fd, "{\"command\":\"big\",\"id\":1,\"bytes\":50000}\n");
    for (int i = 0; i < 40; i++)
        assert_int_equal(strlen(test_ipc_read_line(fd)), length);
    assert_true(test_ipc.stats->read_pauses > 0);
    close(fd);
}

/* Large and small ones wait in parts, and leave in order. */
static void test_large_replies_behind_each_other(void **state)
{
    static const size_t sizes[] = {700000, 10, 600000, 5, 1100000};
    const size_t around = strlen("{\"id\":1,\"success\":true,\"data\":\"\"}");
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    for (size_t i = 0; i < OSM_ARRAY_SIZE(sizes); i++) {
        char line[100];

        (void)snprintf(line, sizeof(line), "{\"command\":\"hold\",\"id\":1,\"bytes\":%zu}\n",
                       sizes[i]);
        test_ipc_send_text(fd, line);
    }
    test_ipc_wait_until(test_ipc.n_held == OSM_ARRAY_SIZE(sizes));
    test_ipc_answer_all_held();
    for (size_t i = OSM_ARRAY_SIZE(sizes); i-- > 0;) /* the last one was answered first */
        assert_int_equal(strlen(test_ipc_read_line(fd)), sizes[i] + around);
    assert_int_equal(test_ipc.stats->unsent_bytes, 0);
    close(fd);
}

static void test_large_reply_nobody_takes_goes_in_slices(void **state)
{
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, "{\"command\":\"big\",\"id\":1,\"bytes\":20000000}\n");
    test_ipc_wait_until(test_ipc.stats->unsent_bytes > 0);
    close(fd);
    test_ipc_wait_until(test_ipc.stats->waste_bytes > 0);
    assert_int_equal(test_ipc.stats->unsent_bytes, 0);
    test_ipc_wait_until(test_ipc.stats->waste_bytes == 0);
}

static void hold_bytes(int fd, int count)
{
    for (int i = 0; i < count; i++)
        test_ipc_send_text(fd, "{\"command\":\"hold\",\"id\":1,\"bytes\":50000}\n");
}

/* Replies to what was already running when the caller stopped reading are bounded, too: beyond
 * that an error says so. */
static void test_too_much_owed(void **state)
{
    uint64_t errors = 0, replies = 0;
    int fd;

    test_ipc.config.max_unsent = 100000;
    test_ipc.config.max_owed = 400000;
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    hold_bytes(fd, 60);
    test_ipc_wait_until(test_ipc.n_held == 60);
    test_ipc_answer_all_held();
    assert_true(test_ipc.stats->unsent_bytes <= 400000 + 60 * 300);
    for (int i = 0; i < 60; i++) {
        const char *line = test_ipc_read_line(fd);

        replies += strlen(line) > 50000;
        errors += strstr(line, "ConnectionException") && strstr(line, "is dropped: too many");
    }
    assert_int_equal(replies + errors, 60);
    assert_in_range(replies, 7, 20);
    assert_int_equal(test_ipc.stats->dropped_replies, errors);
    assert_int_equal(test_ipc.stats->unsent_bytes, 0);
    test_ipc_send_text(
        fd, "{\"command\":\"big\",\"id\":1,\"bytes\":900000}\n"); /* owes nothing: gets any */
    assert_true(strlen(test_ipc_read_line(fd)) > 900000);
    close(fd);
}

/* Whose replies are large is let in with few requests at a time. */
static void test_large_replies_take_room(void **state)
{
    int fd;

    test_ipc.config.max_ahead = 100000;
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, "{\"command\":\"big\",\"id\":1,\"bytes\":50000}\n");
    assert_true(strlen(test_ipc_read_line(fd)) > 50000);
    hold_bytes(fd, 9);
    for (int i = 0; i < 9; i += 2) {
        test_ipc_wait_until(test_ipc.n_held == (size_t)OSM_MIN(2, 9 - i));
        for (int j = 0; j < 20; j++)
            test_ipc_turn(-1, 0);
        assert_int_equal(test_ipc.n_held, OSM_MIN(2, 9 - i));
        test_ipc_answer_all_held();
        for (int j = i; j < OSM_MIN(i + 2, 9); j++)
            assert_true(strlen(test_ipc_read_line(fd)) > 50000);
    }
    assert_int_equal(test_ipc.stats->dropped_replies, 0);
    close(fd);
}

static void test_vanishing_caller(void **state)
{
    int fd;

    test_ipc.config.max_in_flight = 2;
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    for (int i = 1; i <= 3; i++)
        hold(fd, i);
    test_ipc_wait_until(test_ipc.n_held == 2);
    close(fd); /* noticed although nothing is read at the bound */
    test_ipc_wait_until(test_ipc.stats->vanished == 1);
    assert_int_equal(test_ipc.stats->persistent_open, 0);
    answer_number(2);
    answer_number(1);
    assert_int_equal(test_ipc.n_abandoned, 2);
    assert_int_equal(test_ipc.stats->in_flight, 0);
}

static void test_idle_timeout(void **state)
{
    int fd, busy;

    test_ipc.config.idle_timeout = 150;
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    busy = test_ipc_dial();
    test_ipc_send_text(fd, PING_1);
    hold(busy, 1);
    test_ipc_expect_line(fd, PONG_ID("1"));
    test_ipc_expect_line(fd, "");
    assert_int_equal(test_ipc.stats->idle_timeouts, 1);
    assert_int_equal(test_ipc.stats->persistent_open, 1);
    answer_number(1);
    expect_held(busy, 1);
    test_ipc_expect_line(busy, "");
    close(fd);
    close(busy);
}

static void test_first_frame_deadline_ends_with_it(void **state)
{
    int fd, idle;

    test_ipc.config.frame_timeout = 100;
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, PING_1);
    test_ipc_expect_line(fd, PONG_ID("1"));
    idle = test_ipc_dial();
    test_ipc_expect_last_line(idle, ERROR("connection_timeout", "IPC connection timed out"));
    test_ipc_send_text(fd, PING_1);
    test_ipc_expect_line(fd, PONG_ID("1"));
    close(fd);
}

static void test_frame_limit(void **state)
{
    int fd;

    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    send_sized(fd, 65536);
    test_ipc_expect_line(fd, PONG_ID("7"));
    send_sized(fd, 65537);
    test_ipc_expect_line(
        fd, ERROR("payload_too_large", "Request frame exceeds maximum size of 65536 bytes"));
    send_sized(fd, 3000000);
    test_ipc_expect_line(
        fd, ERROR("payload_too_large", "Request frame exceeds maximum size of 65536 bytes"));
    send_sized(fd, 65536);
    test_ipc_expect_line(fd, PONG_ID("7"));
    close(fd);
}

static void test_frame_limit_raised(void **state)
{
    int fd;

    test_ipc.config.max_frame_bytes = (size_t)2 << 20;
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    send_sized(fd, 100000); /* also the first one, as its id tells */
    test_ipc_expect_line(fd, PONG_ID("7"));
    send_sized(fd, (size_t)2 << 20);
    test_ipc_expect_line(fd, PONG_ID("7"));
    send_sized(fd, ((size_t)2 << 20) + 1);
    test_ipc_expect_line(
        fd, ERROR("payload_too_large", "Request frame exceeds maximum size of 2097152 bytes"));
    send_sized(fd, 25);
    test_ipc_expect_line(fd, PONG_ID("7"));
    close(fd);
}

/* They do not count among the 50, and have a limit of their own. */
static void test_max_connections(void **state)
{
    int fds[60], extra;

    test_ipc.config.max_connections = 60;
    test_ipc_start_server(NULL);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++) {
        fds[i] = test_ipc_dial();
        test_ipc_send_text(fds[i], PING_1);
        test_ipc_expect_line(fds[i], PONG_ID("1"));
    }
    assert_int_equal(test_ipc.stats->persistent_open, 60);
    extra = test_ipc_dial();
    test_ipc_send_text(extra, PING_1);
    test_ipc_expect_last_line(
        extra, ERROR_ID("1", "too_many_connections", "Too many concurrent connections"));
    extra = test_ipc_dial();
    test_ipc_send_text(extra, "{\"command\":\"ping\"}\n");
    test_ipc_expect_last_line(extra, PONG);
    assert_int_equal(test_ipc.stats->refused, 1);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++)
        close(fds[i]);
}

#define AUTH_1 ERROR_ID("1", "auth_failed", "Invalid or missing auth token")

static void test_token(void **state)
{
    int fd;

    test_ipc.config.token = "secret";
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, PING_1);
    test_ipc_expect_line(fd, AUTH_1);
    /* Open, but nothing special until the token is right. */
    assert_int_equal(test_ipc.stats->classic_open, 1);
    assert_int_equal(test_ipc.stats->persistent_open, 0);
    test_ipc_send_text(fd, "{\"command\":\"ping\",\"id\":2,\"authToken\":\"secret\"}\n");
    test_ipc_expect_line(fd, PONG_ID("2"));
    assert_int_equal(test_ipc.stats->persistent_open, 1);
    test_ipc_send_text(fd, PING_1);
    test_ipc_expect_line(fd, AUTH_1);
    test_ipc_send_text(fd, "{\"command\":\"ping\",\"authToken\":\"secret\"}\n");
    test_ipc_expect_line(fd, NEEDS_ID);
    close(fd);
}

static void test_token_guessing_ends(void **state)
{
    int fd;

    test_ipc.config.token = "secret";
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    for (int i = 0; i < 20; i++)
        (void)test_ipc_try_send(fd, PING_1, strlen(PING_1));
    for (int i = 0; i < 8; i++)
        test_ipc_expect_line(fd, AUTH_1);
    test_ipc_expect_line(fd, "");
    close(fd);
}

/* Only wrong tokens in a row count, and long frames are for those who had the right one. */
static void test_token_then_freedom(void **state)
{
    const char *right = "{\"command\":\"ping\",\"id\":2,\"authToken\":\"secret\"}\n";
    int fd;

    test_ipc.config.token = "secret";
    test_ipc.config.max_frame_bytes = 100000;
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, PING_1);
    test_ipc_expect_line(fd, AUTH_1);
    send_sized(fd, 65537);
    test_ipc_expect_line(
        fd, ERROR("payload_too_large", "Request frame exceeds maximum size of 65536 bytes"));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 5; i++) {
            test_ipc_send_text(fd, PING_1);
            test_ipc_expect_line(fd, AUTH_1);
        }
        test_ipc_send_text(fd, right);
        test_ipc_expect_line(fd, PONG_ID("2"));
    }
    send_sized(fd, 100000);
    test_ipc_expect_line(fd, ERROR_ID("7", "auth_failed", "Invalid or missing auth token"));
    close(fd);
}

static void test_unauthenticated_is_timed(void **state)
{
    int fd;

    test_ipc.config.token = "secret";
    test_ipc.config.frame_timeout = 150;
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    test_ipc_send_text(fd, PING_1);
    test_ipc_expect_line(fd, AUTH_1);
    test_ipc_expect_last_line(fd, ERROR("connection_timeout", "IPC connection timed out"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, test_ipc_setup, test_ipc_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_stays_open),
        TEST(test_every_request_needs_an_id),
        TEST(test_replies_in_order_of_completion),
        TEST(test_pipeline),
        TEST(test_in_flight_bound),
        TEST(test_too_much_owed),
        TEST(test_large_replies_take_room),
        TEST(test_resume_from_one_write),
        TEST(test_caller_that_never_reads),
        TEST(test_slow_reader),
        TEST(test_large_replies_behind_each_other),
        TEST(test_large_reply_nobody_takes_goes_in_slices),
        TEST(test_vanishing_caller),
        TEST(test_idle_timeout),
        TEST(test_first_frame_deadline_ends_with_it),
        TEST(test_frame_limit),
        TEST(test_frame_limit_raised),
        TEST(test_max_connections),
        TEST(test_token),
        TEST(test_token_guessing_ends),
        TEST(test_token_then_freedom),
        TEST(test_unauthenticated_is_timed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
