/* SPDX-License-Identifier: MIT */
/* What a token may have at once: connections, requests, memory; and what operators see of it. */
#include "testing/testing_ipc.h"

#include "serve/ipc/ipc_internal.h"
#include "serve/ipc/token_set.h"
#include "serve/request/grant.h"

#define ONE ",\"authToken\":\"one\"}\n"
#define TWO ",\"authToken\":\"two\"}\n"
#define TOO_MANY "Too many concurrent connections"

static void start_with(const char *tokens)
{
    struct osm_buf err = {0};

    test_ipc.config.tokens = osm_token_set_parse(tokens, strlen(tokens), "tokens", &err);
    assert_non_null(test_ipc.config.tokens);
    osm_buf_deinit(&err);
    test_ipc_start_server(NULL);
}

static struct osm_grant *grant(size_t n)
{
    return osm_token_set_get(osm_ipc_server_config(test_ipc.server)->tokens, n);
}

static int send_on_new(const char *line)
{
    int fd = test_ipc_dial();

    test_ipc_send_text(fd, line);
    return fd;
}

static int persistent(const char *line)
{
    int fd = send_on_new(line);

    test_ipc_expect_line(fd, PONG_ID("1"));
    return fd;
}

/* The message of the one reply, and whether it is of that quota with that use. */
static void expect_used_up(int fd, const char *quota_and_use)
{
    const char *line = test_ipc_read_line(fd);

    if (!strstr(line, "\"quota_exceeded\"") || !strstr(line, quota_and_use))
        fail_msg("%s", line);
}

static void test_quota_of_connections(void **state)
{
    int fds[2], running;

    start_with("read one connections=2\nread two\n");
    fds[0] = persistent("{\"command\":\"ping\",\"id\":1" ONE);
    running = send_on_new("{\"command\":\"hold\",\"name\":\"a\"" ONE);
    test_ipc_wait_until(test_ipc.n_held == 1);
    assert_int_equal(grant(0)->used[OSM_QUOTA_CONNECTIONS], 2);
    assert_int_equal(grant(0)->classic, 1);
    fds[1] = send_on_new("{\"command\":\"ping\"" ONE);
    expect_used_up(fds[1], "connections=2 in the token file, 2 in use");
    close(fds[1]);
    fds[1] =
        send_on_new("{\"command\":\"ping\",\"id\":1" ONE); /* may be tried again, with another */
    expect_used_up(fds[1], "connections=2 in the token file, 2 in use");
    test_ipc_send_text(fds[1], "{\"command\":\"ping\",\"id\":1" TWO);
    test_ipc_expect_line(fds[1], PONG_ID("1"));
    assert_int_equal(test_ipc.stats->over_quota, 2);
    assert_int_equal(grant(1)->used[OSM_QUOTA_CONNECTIONS], 1);
    test_ipc_answer_held("a");
    test_ipc_expect_last_line(running, "{\"success\":true,\"data\":\"a\"}");
    close(fds[0]);
    close(fds[1]);
    test_ipc_wait_until(test_ipc.stats->persistent_open == 0);
    assert_int_equal(grant(0)->used[OSM_QUOTA_CONNECTIONS], 0);
    assert_int_equal(grant(0)->classic, 0);
    close(persistent("{\"command\":\"ping\",\"id\":1" ONE));
}

static void test_quota_of_requests(void **state)
{
    int fd;

    start_with("read one requests=2\n");
    fd = send_on_new("{\"command\":\"hold\",\"id\":1,\"name\":\"a\"" ONE);
    test_ipc_send_text(fd, "{\"command\":\"hold\",\"id\":2,\"name\":\"b\"" ONE);
    test_ipc_wait_until(test_ipc.n_held == 2);
    test_ipc_send_text(fd, "{\"command\":\"ping\",\"id\":3" ONE);
    expect_used_up(fd, "requests=2 in the token file, 2 in use");
    assert_int_equal(grant(0)->used[OSM_QUOTA_REQUESTS], 2);
    test_ipc_answer_held("a");
    test_ipc_expect_line(fd, HELD_ID("1", "a"));
    test_ipc_send_text(fd, "{\"command\":\"ping\",\"id\":1" ONE);
    test_ipc_expect_line(fd, PONG_ID("1"));
    assert_int_equal(grant(0)->used[OSM_QUOTA_REQUESTS], 1);
    assert_int_equal(test_ipc.stats->over_quota, 1);
    close(fd); /* who has gone counts as long as his request runs */
    test_ipc_wait_until(test_ipc.stats->abandoned == 1);
    assert_int_equal(grant(0)->used[OSM_QUOTA_REQUESTS], 1);
    assert_int_equal(grant(0)->abandoned, 1);
    test_ipc_answer_held("b");
    assert_int_equal(grant(0)->used[OSM_QUOTA_REQUESTS], 0);
    assert_int_equal(grant(0)->used[OSM_QUOTA_BYTES], 0);
    assert_int_equal(grant(0)->abandoned, 0);
    assert_int_equal(test_ipc.stats->held_bytes, 0);
}

/* A `hold` of so many bytes, most of them blanks. */
static void send_long(int fd, size_t length)
{
    static const char begin[] =
        "{\"command\":\"hold\",\"id\":1,\"name\":\"a\",\"authToken\":\"one\"";
    _cleanup_(osm_freep) char *line = osm_alloc(length);

    memset(line, ' ', length);
    memcpy(line, begin, sizeof(begin) - 1);
    memcpy(line + length - 2, "}\n", 2);
    test_ipc_send_bytes(fd, line, length);
}

static void test_quota_of_bytes(void **state)
{
    int fd;

    start_with("read one bytes=100000\n");
    fd = test_ipc_dial();
    send_long(fd, 60000);
    test_ipc_wait_until(test_ipc.n_held == 1);
    assert_in_range(grant(0)->used[OSM_QUOTA_BYTES], 60000, 100000);
    assert_int_equal(grant(0)->used[OSM_QUOTA_BYTES], test_ipc.stats->held_bytes);
    assert_int_equal(grant(0)->used[OSM_QUOTA_BYTES], test_ipc.server->open->held);
    send_long(fd, 60000);
    expect_used_up(fd, "bytes=100000 in the token file");
    assert_int_equal(test_ipc.stats->over_quota, 1);
    test_ipc_answer_all_held();
    test_ipc_expect_line(fd, HELD_ID("1", "late"));
    send_long(fd, 60000);
    test_ipc_wait_until(test_ipc.n_held == 1);
    close(fd);
}

/* One token leaves others an eighth of the places of each kind. */
static void test_one_token_leaves_places(void **state)
{
    int fds[7], other;

    test_ipc.config.max_connections = 8;
    test_ipc.config.max_classic = 8;
    start_with("read one\nread two\n");
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++)
        fds[i] = persistent("{\"command\":\"ping\",\"id\":1" ONE);
    other = send_on_new("{\"command\":\"ping\",\"id\":1" ONE);
    test_ipc_expect_last_line(other, ERROR_ID("1", "too_many_connections", TOO_MANY));
    assert_int_equal(test_ipc.stats->refused, 1);
    other =
        send_on_new("{\"command\":\"ping\"" ONE); /* those for one request count by themselves */
    test_ipc_expect_last_line(other, PONG);
    close(persistent("{\"command\":\"ping\",\"id\":1" TWO));
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++)
        close(fds[i]);
    test_ipc_wait_until(test_ipc.stats->persistent_open == 0);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++)
        fds[i] = send_on_new("{\"command\":\"hold\",\"name\":\"a\"" ONE);
    test_ipc_wait_until(test_ipc.n_held == OSM_ARRAY_SIZE(fds));
    other = send_on_new("{\"command\":\"ping\"" ONE);
    test_ipc_expect_last_line(other, ERROR("too_many_connections", TOO_MANY));
    close(persistent("{\"command\":\"ping\",\"id\":1" ONE));
    other = send_on_new("{\"command\":\"ping\"" TWO);
    test_ipc_expect_last_line(other, PONG);
    test_ipc_answer_all_held();
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++)
        close(fds[i]);
}

/* The only token of the file may take all. */
static void test_a_token_alone_takes_all_places(void **state)
{
    int fds[8];

    test_ipc.config.max_connections = 8;
    start_with("read one\n");
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++)
        fds[i] = persistent("{\"command\":\"ping\",\"id\":1" ONE);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++)
        close(fds[i]);
}

/* Requests whose callers have gone are bounded for each token. */
static void test_abandoned_bound_of_a_token(void **state)
{
    int fd, other;

    test_ipc.config.max_in_flight = OSM_IPC_ABANDONED_TOKEN;
    start_with("read one\nread two\n");
    fd = test_ipc_dial();
    for (int i = 0; i < OSM_IPC_ABANDONED_TOKEN - 1; i++)
        test_ipc_send_text(fd, "{\"command\":\"hold\",\"id\":1" ONE);
    test_ipc_wait_until(test_ipc.n_held == OSM_IPC_ABANDONED_TOKEN - 1);
    close(fd);
    test_ipc_wait_until(test_ipc.stats->abandoned == OSM_IPC_ABANDONED_TOKEN - 1);
    fd = persistent("{\"command\":\"ping\",\"id\":1" ONE); /* one more is let in */
    test_ipc_send_text(fd, "{\"command\":\"hold\",\"id\":1" ONE);
    test_ipc_wait_until(test_ipc.n_held == OSM_IPC_ABANDONED_TOKEN);
    close(fd);
    test_ipc_wait_until(test_ipc.stats->abandoned == OSM_IPC_ABANDONED_TOKEN);
    other = send_on_new("{\"command\":\"ping\"" ONE);
    test_ipc_expect_last_line(other, ERROR("too_many_connections", TOO_MANY));
    close(persistent("{\"command\":\"ping\",\"id\":1" TWO));
    test_ipc_answer_all_held();
    close(persistent("{\"command\":\"ping\",\"id\":1" ONE));
}

/* What all requests may take: beyond, large ones are refused, and small ones are let in. */
static void test_memory_of_all(void **state)
{
    uint64_t frames;
    int fd, other;

    test_ipc.config.max_held = 50000;
    start_with("read one\n");
    fd = test_ipc_dial();
    send_long(fd, 60000);
    test_ipc_wait_until(test_ipc.n_held == 1);
    other = test_ipc_dial();
    send_long(other, 30000);
    assert_non_null(strstr(test_ipc_read_line(other), " bytes already, 50000 are allowed"));
    test_ipc_send_text(other, "{\"command\":\"ping\",\"id\":1" ONE);
    test_ipc_expect_line(other, PONG_ID("1"));
    /* And who has one in flight waits with the next. */
    frames = test_ipc.stats->frames;
    test_ipc_send_text(fd, "{\"command\":\"ping\",\"id\":1" ONE);
    for (int i = 0; i < 20; i++)
        test_ipc_turn(-1, 0);
    assert_int_equal(test_ipc.stats->frames, frames);
    assert_int_equal(test_ipc.stats->read_pauses, 1);
    test_ipc_answer_all_held();
    test_ipc_expect_line(fd, HELD_ID("1", "late"));
    test_ipc_expect_line(fd, PONG_ID("1"));
    send_long(other, 30000);
    test_ipc_wait_until(test_ipc.n_held == 1);
    close(fd);
    close(other);
}

static void test_memory_of_a_connection(void **state)
{
    int fd, other;

    test_ipc.config.max_held_connection = 50000;
    start_with("read one\n");
    fd = test_ipc_dial();
    send_long(fd, 60000);
    send_long(fd, 100);
    test_ipc_wait_until(test_ipc.stats->read_pauses == 1);
    assert_int_equal(test_ipc.n_held, 1);
    other = persistent("{\"command\":\"ping\",\"id\":1" ONE); /* others are not held up by it */
    test_ipc_answer_all_held();
    test_ipc_expect_line(fd, HELD_ID("1", "late"));
    test_ipc_wait_until(test_ipc.n_held == 1);
    close(fd);
    close(other);
}

/* While callers who have not shown a token fill all places, newcomers may show one: some of them
 * at once, and of more the one who has been silent longest goes. */
static void test_newcomers_may_show_a_token(void **state)
{
    int fds[1 + OSM_IPC_UNPROVED], fd;

    test_ipc.config.max_classic = 1;
    test_ipc.config.proof_timeout = 60000;
    start_with("read one\n");
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++) {
        fds[i] = test_ipc_dial();
        test_ipc_wait_until(test_ipc.stats->accepted == i + 1);
    }
    assert_int_equal(test_ipc.stats->unproved_open, OSM_IPC_UNPROVED);
    assert_int_equal(test_ipc.stats->refused, 0);
    fd = send_on_new("{\"command\":\"ping\"" ONE);
    test_ipc_expect_last_line(fd, PONG);
    test_ipc_expect_last_line(fds[1], ERROR("too_many_connections", TOO_MANY));
    assert_int_equal(test_ipc.stats->refused, 1);
    assert_int_equal(test_ipc.stats->unproved_open, OSM_IPC_UNPROVED - 1);
    test_ipc_send_text(fds[2], "{\"command\":\"ping\"" ONE);
    test_ipc_expect_last_line(fds[2], PONG);
    for (size_t i = 3; i < OSM_ARRAY_SIZE(fds); i++)
        close(fds[i]);
    test_ipc_send_text(fds[0], "{\"command\":\"hold\",\"name\":\"a\"" ONE);
    test_ipc_wait_until(test_ipc.n_held == 1 && test_ipc.stats->unproved_open == 0);
    test_ipc_expect_last_line(test_ipc_dial(), /* all places are of those who have shown theirs */
                              ERROR("too_many_connections", TOO_MANY));
    test_ipc_answer_held("a");
    test_ipc_expect_last_line(fds[0], "{\"success\":true,\"data\":\"a\"}");
}

static void test_newcomers_who_stay_silent(void **state)
{
    int fd;

    test_ipc.config.max_classic = 1;
    test_ipc.config.proof_timeout = 20;
    start_with("read one\n");
    fd = test_ipc_dial();
    test_ipc_wait_until(test_ipc.stats->classic_open == 1);
    test_ipc_expect_last_line(test_ipc_dial(), ERROR("too_many_connections", TOO_MANY));
    assert_int_equal(test_ipc.stats->classic_open, 1);
    close(fd);
}

/* --- other ways in, and who is there -------------------------------------------------------- */

static bool identify(const char *token, struct osm_grant **found)
{
    return osm_ipc_server_identify(test_ipc.server, token, token ? strlen(token) : 0, found);
}

static void test_who_comes_by_another_way(void **state)
{
    struct osm_grant *found;

    test_ipc_start_server(NULL);
    assert_true(identify(NULL, &found) && !found); /* none is needed */
    osm_ipc_server_set_token(test_ipc.server, "secret");
    assert_true(identify("secret", &found) && !found);
    assert_false(identify("wrong", &found) || identify(NULL, &found));
    test_ipc_stop_server();
    test_ipc.closed = false;
    start_with("read one\n");
    assert_true(identify("one", &found));
    assert_ptr_equal(found, grant(0));
    assert_false(identify("secret", &found) || identify(NULL, &found));
    assert_null(found);
    osm_ipc_server_set_token(test_ipc.server, "secret");
    assert_true(identify("secret", &found) && !found);
    assert_true(identify("one", &found) && found == grant(0));
    assert_false(identify("wrong", &found));
    assert_int_equal(test_ipc.stats->auth_failures, 0);
}

static struct osm_ipc_client seen[3];
static size_t n_seen;

static void see(void *arg, const struct osm_ipc_client *client)
{
    assert_ptr_equal(arg, &n_seen);
    assert_true(n_seen < OSM_ARRAY_SIZE(seen));
    assert_non_null(strstr(client->peer, "pid "));
    seen[n_seen++] = *client;
}

static void test_operators_see_callers(void **state)
{
    struct osm_buf caller = {0};
    int fds[3];

    start_with("read one\nread two\n");
    fds[0] = persistent("{\"command\":\"ping\",\"id\":1" TWO);
    fds[1] = send_on_new("{\"command\":\"hold\",\"name\":\"a\"" ONE);
    fds[2] = test_ipc_dial();
    test_ipc_wait_until(test_ipc.n_held == 1 && test_ipc.stats->classic_open == 2);
    n_seen = 0;
    osm_ipc_server_each_client(test_ipc.server, see, &n_seen);
    assert_int_equal(n_seen, 3);
    assert_string_equal(seen[0].state, "persistent");
    assert_string_equal(seen[1].state, "running");
    assert_string_equal(seen[2].state, "reading");
    assert_true(seen[0].persistent && !seen[1].persistent);
    assert_ptr_equal(seen[0].grant, grant(1));
    assert_ptr_equal(seen[1].grant, grant(0));
    assert_null(seen[2].grant);
    assert_true(seen[1].in_flight == 1 && seen[1].held > 0 && seen[0].in_flight == 0);
    osm_ipc_describe_caller(test_ipc.held[0], &caller);
    assert_non_null(strstr(osm_buf_text(&caller), "client 2, pid "));
    assert_false(osm_ipc_server_kill_client(test_ipc.server, 4));
    assert_true(osm_ipc_server_kill_client(test_ipc.server, 2));
    assert_false(osm_ipc_server_kill_client(test_ipc.server, 2));
    caller.length = 0;
    osm_ipc_describe_caller(test_ipc.held[0], &caller);
    assert_string_equal(osm_buf_text(&caller), "a caller who has gone");
    osm_buf_deinit(&caller);
    test_ipc_expect_last_line(fds[1], "");
    close(fds[0]);
    close(fds[2]);
}

static void test_callers_inside(void **state)
{
    static char much[1 << 20];
    int fd;

    test_ipc_start_server(NULL);
    fd = osm_ipc_server_connect(test_ipc.server, "{\"command\":\"ping\",\"id\":1}\n", 26);
    assert_true(fd >= 0);
    test_ipc_expect_line(fd, PONG_ID("1"));
    assert_int_equal(test_ipc.stats->persistent_open, 1);
    assert_int_equal(osm_ipc_server_connect(test_ipc.server, much, sizeof(much)), -ENOBUFS);
    osm_ipc_server_stop_accepting(test_ipc.server);
    assert_int_equal(osm_ipc_server_connect(test_ipc.server, "\n", 1), -ECONNREFUSED);
    close(fd);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, test_ipc_setup, test_ipc_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_quota_of_connections),
        TEST(test_quota_of_requests),
        TEST(test_quota_of_bytes),
        TEST(test_one_token_leaves_places),
        TEST(test_a_token_alone_takes_all_places),
        TEST(test_abandoned_bound_of_a_token),
        TEST(test_memory_of_all),
        TEST(test_memory_of_a_connection),
        TEST(test_newcomers_may_show_a_token),
        TEST(test_newcomers_who_stay_silent),
        TEST(test_who_comes_by_another_way),
        TEST(test_operators_see_callers),
        TEST(test_callers_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
