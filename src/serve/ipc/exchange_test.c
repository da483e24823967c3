/* SPDX-License-Identifier: MIT */
/* What a request in flight may ask about its caller: whether he is there, and has room. */
#include "testing/testing_ipc.h"

#include "serve/ipc/ipc_internal.h"

#define HOLD "{\"command\":\"hold\",\"id\":1,\"name\":\"a\"}\n"

static int hold_on_new(void)
{
    size_t before = test_ipc.n_held;
    int fd = test_ipc_dial();

    test_ipc_send_text(fd, HOLD);
    test_ipc_wait_until(test_ipc.n_held == before + 1);
    return fd;
}

/* As if so many bytes were on their way to the caller of that request; they leave with the turn. */
static void owe(const struct osm_request *request, size_t bytes)
{
    _cleanup_(osm_freep) char *line = osm_alloc(bytes);
    const struct osm_rope_part part = {.data = memset(line, 'x', bytes), .length = bytes};

    line[bytes - 1] = '\n';
    request->channel->ops->push(request->channel, &part, 1);
}

static bool has_room(const struct osm_request *request, size_t size)
{
    return request->has_room(request, size);
}

static void test_room_for_a_reply(void **state)
{
    const struct osm_request *request, *other;
    int fds[2];

    test_ipc.config.max_unsent = 1000;
    test_ipc.config.max_owed = 10000;
    test_ipc_start_server(NULL);
    fds[0] = hold_on_new();
    fds[1] = hold_on_new();
    request = test_ipc.held[0];
    other = test_ipc.held[1];
    assert_true(has_room(request, SIZE_MAX / 2));
    owe(request, 1000);
    assert_true(has_room(request, SIZE_MAX / 2)); /* who owes little gets any reply */
    owe(request, 1);
    assert_true(has_room(request, 8999));
    assert_false(has_room(request, 9000));
    assert_int_equal(test_ipc.stats->dropped_replies, 1);
    assert_true(has_room(other, 9000));
    owe(other, 15000); /* 16 001 of all; 20 000 are allowed */
    assert_true(has_room(request, 3999));
    assert_false(has_room(request, 4000));
    assert_int_equal(test_ipc.stats->dropped_replies, 2);
    close(fds[0]);
    close(fds[1]);
    test_ipc_wait_until(test_ipc.stats->persistent_open == 0);
    assert_true(has_room(request, 100)); /* nobody's: it is dropped later */
}

static void test_whether_the_caller_is_there(void **state)
{
    const struct osm_request *request;
    int fd;

    test_ipc_start_server(NULL);
    fd = hold_on_new();
    request = test_ipc.held[0];
    assert_true(request->is_there(request));
    shutdown(fd, SHUT_WR);
    assert_true(request->is_there(request)); /* he may wait for the reply */
    close(fd);
    assert_false(request->is_there(request)); /* though nobody has told us yet */
    test_ipc_wait_until(test_ipc.stats->vanished == 1);
    assert_false(request->is_there(request));
}

/* Many requests whose callers have gone: they end over some turns, and nothing is left of them. */
static void test_many_requests_of_one_who_leaves(void **state)
{
    enum { MANY = 100, BYTES = 60000 };
    static char line[BYTES];
    int fd;

    memset(line, ' ', sizeof(line));
    memcpy(line, HOLD, strlen(HOLD) - 2);
    memcpy(line + sizeof(line) - 2, "}\n", 2);
    test_ipc_start_server(NULL);
    fd = test_ipc_dial();
    for (int i = 0; i < MANY; i++)
        test_ipc_send_bytes(fd, line, sizeof(line));
    test_ipc_wait_until(test_ipc.n_held == MANY);
    assert_true(test_ipc.stats->held_bytes > (uint64_t)MANY * BYTES);
    assert_int_equal(test_ipc.server->open->held, test_ipc.stats->held_bytes);
    close(fd);
    test_ipc_wait_until(test_ipc.stats->abandoned == MANY);
    test_ipc_wait_until(!test_ipc.server->leaving);
    assert_int_equal(test_ipc.stats->in_flight, MANY);
    test_ipc_answer_all_held();
    assert_int_equal(test_ipc.n_abandoned, MANY);
    assert_int_equal(test_ipc.stats->abandoned, 0);
    assert_int_equal(test_ipc.stats->held_bytes, 0);
}

/* When it is quiet nothing is kept for the next callers, who are answered all the same. */
static void test_what_is_kept_for_the_next_callers(void **state)
{
    const struct osm_ipc_server *server;

    test_ipc_start_server(NULL);
    server = test_ipc.server;
    for (int round = 0; round < 2; round++) {
        int fds[] = {test_ipc_dial(), test_ipc_dial()};

        for (size_t i = 0; i < OSM_ARRAY_SIZE(fds); i++) {
            test_ipc_send_text(fds[i], "{\"command\":\"ping\"}\n");
            test_ipc_expect_last_line(fds[i], PONG);
        }
        test_ipc_wait_until(server->n_spare_connections == 2);
        assert_int_equal(server->n_spare_exchanges, 1); /* for one after the other */
        osm_ipc_server_trim(test_ipc.server);
        assert_null(server->spare_connections);
        assert_int_equal(server->n_spare_connections, 0);
        assert_null(server->spare_exchanges);
        assert_int_equal(server->n_spare_exchanges, 0);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, test_ipc_setup, test_ipc_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_room_for_a_reply),
        TEST(test_whether_the_caller_is_there),
        TEST(test_many_requests_of_one_who_leaves),
        TEST(test_what_is_kept_for_the_next_callers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
