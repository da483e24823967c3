/* SPDX-License-Identifier: MIT */
/* What a link keeps for a connection that takes its requests slowly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin/web/web_internal.h"

#define LINE ((size_t)1000)

/* The daemon's end takes a line whenever one is sent, and so is never done. */
static void test_requests_that_never_end(void **state)
{
    struct osm_web_link link = {0};
    struct osm_buf line = {0};
    uv_loop_t loop;
    int fds[2];
    char taken[LINE];

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    link.fd = fds[0];
    assert_int_equal(uv_poll_init(&loop, &link.poll, link.fd), 0);
    memset(osm_buf_reserve(&line, LINE), 'x', LINE);
    osm_buf_commit(&line, LINE);
    while (osm_web_link_send(&link, &line))
        ;
    for (size_t i = 0; i < 4 * OSM_WEB_UNSENT / LINE; i++) {
        while (!osm_web_link_send(&link, &line)) {
            assert_true(recv(fds[1], taken, LINE, 0) > 0);
            (void)uv_run(&loop, UV_RUN_NOWAIT);
        }
        assert_true(link.out.length <= 2 * OSM_WEB_UNSENT);
    }
    uv_close((uv_handle_t *)&link.poll, NULL);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    close(fds[0]);
    close(fds[1]);
    osm_buf_deinit(&line);
    osm_buf_deinit(&link.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_requests_that_never_end)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
