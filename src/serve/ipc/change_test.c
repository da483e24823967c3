/* SPDX-License-Identifier: MIT */
/* What changes while the server runs: who is sent away, and who notices nothing (server.h). */
#include "testing/testing_ipc.h"

#include "rim/io/peer.h"
#include "serve/ipc/ipc_internal.h"
#include "serve/ipc/token_set.h"
#include "serve/request/grant.h"

#define SENT_AWAY(message) ERROR("auth_failed", message)
#define TAKEN_OUT SENT_AWAY("The token of this connection has been taken out of the token file")
#define NO_LONGER SENT_AWAY("The token of this connection counts no longer")
#define NOT_THIS_USER                                                                              \
    ERROR("access_denied", "This user may not call the daemon (--allow-uid, --allow-gid)")

static struct osm_token_set *tokens(const char *text)
{
    struct osm_buf err = {0};
    struct osm_token_set *set = osm_token_set_parse(text, strlen(text), "tokens", &err);

    assert_non_null(set);
    osm_buf_deinit(&err);
    return set;
}

/* A persistent connection that has shown the token (NULL = none). */
static int call_with(const char *token)
{
    _cleanup_(osm_freep) char *line = NULL;
    int fd = test_ipc_dial();

    line = token ? osm_printf("{\"command\":\"ping\",\"id\":1,\"authToken\":\"%s\"}\n", token)
                 : osm_printf("{\"command\":\"ping\",\"id\":1}\n");
    test_ipc_send_text(fd, line);
    test_ipc_expect_line(fd, PONG_ID("1"));
    return fd;
}

static void still_there(int fd, const char *token)
{
    _cleanup_(osm_freep) char *line =
        osm_printf("{\"command\":\"ping\",\"id\":2,\"authToken\":\"%s\"}\n", token);

    test_ipc_send_text(fd, line);
    test_ipc_expect_line(fd, PONG_ID("2"));
    close(fd);
}

static void test_tokens_taken_out_of_the_file(void **state)
{
    int gone, kept, running, reading;

    test_ipc.config.tokens = tokens("read one\nread two\n");
    test_ipc_start_server(NULL);
    gone = call_with("one");
    kept = call_with("two");
    running = test_ipc_dial();
    test_ipc_send_text(running, "{\"command\":\"hold\",\"name\":\"a\",\"authToken\":\"one\"}\n");
    reading = test_ipc_dial();
    test_ipc_wait_until(test_ipc.n_held == 1 && test_ipc.stats->classic_open == 2);
    osm_ipc_server_set_tokens(test_ipc.server, tokens("read two\nread three\n"));
    test_ipc_expect_last_line(gone, TAKEN_OUT);
    test_ipc_expect_last_line(running, TAKEN_OUT);
    assert_int_equal(test_ipc.stats->revoked, 2);
    assert_int_equal(test_ipc.stats->abandoned, 1);
    test_ipc_answer_held("a");
    assert_int_equal(test_ipc.n_abandoned, 1);
    assert_int_equal(test_ipc.stats->abandoned, 0);
    still_there(kept, "two");
    still_there(call_with("three"), "three");
    test_ipc_send_text(reading, "{\"command\":\"ping\",\"authToken\":\"one\"}\n");
    test_ipc_expect_last_line(reading, ERROR("auth_failed", "Invalid or missing auth token"));
}

/* Streams end with their own token, not with their connection's. */
static struct osm_push_user *left;

static void note_gone(struct osm_push_user *user)
{
    left = user;
}

static void test_streams_of_tokens_taken_out(void **state)
{
    struct osm_push_user one = {.gone = note_gone}, two = {.gone = note_gone};
    struct osm_grant *grant;
    struct osm_push *channel;
    int fd;

    test_ipc.config.tokens = tokens("read one\nread two\n");
    grant = osm_grant_ref(osm_token_set_get(test_ipc.config.tokens, 0)); /* as its request does */
    one.grant = grant;
    two.grant = osm_token_set_get(test_ipc.config.tokens, 1);
    test_ipc_start_server(NULL);
    fd = call_with("two");
    channel = &test_ipc.server->open->channel;
    osm_push_join(channel, &one);
    osm_push_join(channel, &two);
    left = NULL;
    osm_ipc_server_set_tokens(test_ipc.server, tokens("read two\n"));
    assert_ptr_equal(left, &one);
    assert_ptr_equal(channel->users, &two);
    osm_push_leave(&two);
    (void)osm_grant_unref(grant);
    still_there(fd, "two");
}

static void test_the_one_token(void **state)
{
    int before, after;

    test_ipc.config.token = "secret";
    test_ipc_start_server(NULL);
    before = call_with("secret");
    osm_ipc_server_set_token(test_ipc.server, "secret"); /* what it was: nobody notices */
    still_there(before, "secret");
    before = call_with("secret");
    osm_ipc_server_set_token(test_ipc.server, "other");
    test_ipc_expect_last_line(before, NO_LONGER);
    assert_int_equal(test_ipc.stats->revoked, 1);
    after = call_with("other");
    osm_ipc_server_set_token(test_ipc.server, NULL); /* none is needed any more */
    still_there(after, "whatever");
    before = call_with(NULL);
    osm_ipc_server_set_token(test_ipc.server, NULL);
    still_there(before, "whatever");
    before = call_with(NULL);
    osm_ipc_server_set_token(test_ipc.server, "third");
    test_ipc_expect_last_line(before, NO_LONGER);
    still_there(call_with("third"), "third");
}

/* Beside a token file: who came with a token of the file stays. */
static void test_the_one_token_beside_others(void **state)
{
    int all, one;

    test_ipc.config.token = "secret";
    test_ipc.config.tokens = tokens("read one\n");
    test_ipc_start_server(NULL);
    all = call_with("secret");
    one = call_with("one");
    osm_ipc_server_set_token(test_ipc.server, NULL);
    test_ipc_expect_last_line(all, NO_LONGER);
    still_there(one, "one");
    all = test_ipc_dial();
    test_ipc_send_text(all, "{\"command\":\"ping\"}\n");
    test_ipc_expect_last_line(all, ERROR("auth_failed", "Invalid or missing auth token"));
}

/* Of a user who calls nowhere here. */
static struct osm_peer_rules *nobody_here(void)
{
    char number[] = "4000000001", *const users[] = {number, NULL};
    struct osm_peer_rules *rules;
    char *error;

    assert_int_equal(osm_peer_rules_new(users, NULL, &rules, &error), 0);
    return rules;
}

static void test_who_may_connect(void **state)
{
    const char *ping = "{\"command\":\"ping\",\"id\":2,\"authToken\":\"x\"}\n";
    int outside, inside, late;

    test_ipc_start_server(NULL);
    outside = call_with(NULL);
    inside = osm_ipc_server_connect(test_ipc.server, ping, strlen(ping));
    assert_true(inside >= 0);
    test_ipc_expect_line(inside, PONG_ID("2"));
    osm_ipc_server_set_peers(test_ipc.server, nobody_here());
    test_ipc_expect_last_line(outside, NOT_THIS_USER);
    assert_int_equal(test_ipc.stats->revoked, 1);
    late = test_ipc_dial();
    test_ipc_expect_last_line(late, NOT_THIS_USER);
    assert_int_equal(test_ipc.stats->refused, 1);
    still_there(inside, "x");
    osm_ipc_server_set_peers(test_ipc.server, NULL);
    still_there(call_with(NULL), "x");
}

static void set_limits(unsigned connections, unsigned in_flight, size_t frame, osm_msec idle)
{
    osm_ipc_server_set_limits(test_ipc.server,
                              &(struct osm_ipc_limits){connections, in_flight, frame, idle});
}

/* Persistent ones take longer frames at once; those who are there stay, and count. */
static void test_limits_of_frames_and_places(void **state)
{
    static char blanks[70001];
    int fd, extra;

    memset(blanks, ' ', sizeof(blanks));
    blanks[70000] = '\n';
    memcpy(blanks, "{\"command\":\"ping\",\"id\":7}", 25);
    test_ipc_start_server(NULL);
    fd = call_with(NULL);
    set_limits(1, 256, 70000, 0);
    test_ipc_send_bytes(fd, blanks, sizeof(blanks));
    test_ipc_expect_line(fd, PONG_ID("7"));
    extra = test_ipc_dial();
    test_ipc_send_text(extra, "{\"command\":\"ping\",\"id\":1}\n");
    test_ipc_expect_last_line(
        extra, ERROR_ID("1", "too_many_connections", "Too many concurrent connections"));
    set_limits(2, 256, 65536, 0);
    test_ipc_send_bytes(fd, blanks, sizeof(blanks));
    test_ipc_expect_line(
        fd, ERROR("payload_too_large", "Request frame exceeds maximum size of 65536 bytes"));
    close(call_with(NULL));
    close(fd);
}

/* Who waits at a bound goes on when it is raised. */
static void test_limit_of_requests_in_flight(void **state)
{
    int fd;

    test_ipc.config.max_in_flight = 1;
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    for (int i = 0; i < 3; i++)
        test_ipc_send_text(fd, "{\"command\":\"hold\",\"id\":1,\"name\":\"a\"}\n");
    test_ipc_wait_until(test_ipc.n_held == 1 && test_ipc.stats->read_pauses == 1);
    set_limits(1000, 2, 65536, 0);
    test_ipc_wait_until(test_ipc.n_held == 2);
    for (int i = 0; i < 20; i++)
        test_ipc_turn(-1, 0);
    assert_int_equal(test_ipc.n_held, 2);
    close(fd);
    test_ipc_wait_until(test_ipc.stats->persistent_open == 0);
}

/* An idle connection waits as long as is said now; zero is for ever. */
static void test_limit_of_idleness(void **state)
{
    const struct osm_connection *connection;
    int fd, busy;

    test_ipc.config.idle_timeout = 3600000;
    test_ipc_start_server(NULL);
    busy = call_with(NULL);
    test_ipc_send_text(busy, "{\"command\":\"hold\",\"id\":1,\"name\":\"a\"}\n");
    test_ipc_wait_until(test_ipc.n_held == 1);
    fd = call_with(NULL);
    connection = test_ipc.server->open->next;
    test_ipc_wait_until(connection->deadline.list == &test_ipc.server->waits[OSM_WAIT_IDLE]);
    set_limits(1000, 256, 65536, 20);
    test_ipc_expect_line(fd, "");
    assert_int_equal(test_ipc.stats->idle_timeouts, 1);
    assert_int_equal(test_ipc.stats->persistent_open, 1);
    close(fd);
    close(busy);
    test_ipc_wait_until(test_ipc.stats->persistent_open == 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, test_ipc_setup, test_ipc_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_tokens_taken_out_of_the_file),
        TEST(test_streams_of_tokens_taken_out),
        TEST(test_the_one_token),
        TEST(test_the_one_token_beside_others),
        TEST(test_who_may_connect),
        TEST(test_limits_of_frames_and_places),
        TEST(test_limit_of_requests_in_flight),
        TEST(test_limit_of_idleness),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
