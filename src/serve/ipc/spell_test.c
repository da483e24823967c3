/* SPDX-License-Identifier: MIT */
/* Callers who send so much at once that taking it would hold the loop. */
#include "testing/testing_ipc.h"

#define LINES 100
/* Looked at after four, and again after four of which three take longer than a spell. */
#define MOST 8

static uv_prepare_t turn;
static uint64_t taken, most; /* in the turn that ended */

static void on_prepare(uv_prepare_t *prepare)
{
    uint64_t now = test_ipc.stats->frames - taken;

    (void)prepare;
    most = OSM_MAX(most, now);
    taken += now;
}

/* What one turn takes is counted from now on. */
static int begin(void)
{
    test_ipc_start_server(NULL);
    taken = most = 0;
    assert_int_equal(uv_prepare_init(&test_ipc.loop, &turn), 0);
    assert_int_equal(uv_prepare_start(&turn, on_prepare), 0);
    uv_unref((uv_handle_t *)&turn);
    return test_ipc_dial();
}

static void end(int fd)
{
    close(fd);
    uv_close((uv_handle_t *)&turn, NULL);
}

static void ask(int fd)
{
    _cleanup_(osm_buf_deinit) struct osm_buf lines = {0};

    for (int i = 0; i < LINES; i++)
        osm_buf_printf(&lines, "{\"command\":\"busy\",\"id\":%d}\n", i);
    test_ipc_send_bytes(fd, lines.data, lines.length);
}

static void expect_pong(int fd, int id)
{
    _cleanup_(osm_freep) char *line =
        osm_printf("{\"id\":%d,\"success\":true,\"data\":\"pong\"}", id);

    test_ipc_expect_line(fd, line);
}

static void test_a_spell_a_turn(void **state)
{
    int fd = begin();

    ask(fd);
    for (int i = 0; i < LINES; i++)
        expect_pong(fd, i);
    assert_true(most > 0 && most <= MOST);
    end(fd);
}

static void test_others_come_between(void **state)
{
    int fd = begin(), other = test_ipc_dial();

    ask(fd);
    expect_pong(fd, 0);
    test_ipc_send_text(other, "{\"command\":\"ping\",\"id\":1}\n");
    test_ipc_expect_line(other, PONG_ID("1"));
    assert_true(test_ipc.stats->frames < LINES);
    for (int i = 1; i < LINES; i++)
        expect_pong(fd, i);
    close(other);
    end(fd);
}

/* What was begun is answered, what waits is not begun. */
static void test_the_end_between(void **state)
{
    int fd = begin();
    uint64_t begun;

    ask(fd);
    test_ipc_wait_until(test_ipc.stats->frames > 0);
    begun = test_ipc.stats->frames;
    assert_true(begun < LINES);
    osm_ipc_server_close(test_ipc.server, test_ipc_closed, &test_ipc);
    for (uint64_t i = 0; i < begun; i++)
        expect_pong(fd, (int)i);
    assert_string_equal(test_ipc_read_line(fd), "");
    test_ipc_wait_until(test_ipc.closed);
    test_ipc.server = osm_ipc_server_free(test_ipc.server);
    end(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_ipc_setup, test_ipc_teardown)
        TEST(test_a_spell_a_turn),
        TEST(test_others_come_between),
        TEST(test_the_end_between),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
