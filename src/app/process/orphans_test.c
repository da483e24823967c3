/* SPDX-License-Identifier: MIT */
/* Orphans are seen to, and the loop's own children still tell the loop how they ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/process/orphans.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static void on_exit_status(uv_process_t *process, int64_t status, int signal)
{
    int64_t *out = process->data;

    (void)signal;
    *out = status;
    uv_close((uv_handle_t *)process, NULL);
}

/* Starts `sh -c command`, whose standard output is `out` (-1: none). */
static void start(uv_loop_t *loop, uv_process_t *process, const char *command, int out,
                  int64_t *status)
{
    char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, NULL, NULL};
    uv_stdio_container_t stdio[2] = {{.flags = UV_IGNORE}, {.flags = UV_IGNORE}};
    uv_process_options_t options = {
        .file = "sh", .args = argv, .stdio = stdio, .stdio_count = 2, .exit_cb = on_exit_status};
    char text[200];

    snprintf(text, sizeof(text), "%s", command);
    argv[2] = text;
    if (out >= 0) {
        stdio[1].flags = UV_INHERIT_FD;
        stdio[1].data.fd = out;
    }
    *status = -1;
    process->data = status;
    assert_int_equal(uv_spawn(loop, process, &options), 0);
}

static pid_t read_number(int fd)
{
    char text[32] = "";

    assert_true(read(fd, text, sizeof(text) - 1) > 0);
    return (pid_t)strtol(text, NULL, 10);
}

static bool is_there(pid_t pid)
{
    return kill(pid, 0) == 0;
}

static void test_orphans_go_and_statuses_stay(void **state)
{
    struct osm_orphans orphans;
    uv_process_t left, own;
    int64_t left_status, own_status;
    uv_loop_t loop;
    int ends[2];
    pid_t orphan;

    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(osm_orphans_init(&orphans, &loop), 0);
    assert_int_equal(pipe(ends), 0);

    /* A program that leaves one behind, which ends when it is told to. */
    start(&loop, &left, "sh -c 'echo $$; exec >/dev/null; kill -STOP $$' & exit 3", ends[1],
          &left_status);
    orphan = read_number(ends[0]);
    while (left_status < 0)
        (void)uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(left_status, 3);
    assert_true(is_there(orphan));

    /* Both end at about the same time. */
    start(&loop, &own, "exit 7", -1, &own_status);
    assert_int_equal(kill(orphan, SIGKILL), 0);
    uv_ref((uv_handle_t *)&orphans.child); /* there is something to wait for */
    while (own_status < 0 || is_there(orphan))
        (void)uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(own_status, 7);

    osm_orphans_close(&orphans);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    close(ends[0]);
    close(ends[1]);
}

static void test_others_watch_nothing(void **state)
{
    struct osm_orphans orphans;
    uv_loop_t loop;

    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(osm_orphans_init(&orphans, &loop), 0);
    osm_orphans_close(&orphans);
    assert_int_equal(uv_loop_close(&loop), 0); /* no handle was made */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orphans_go_and_statuses_stay),
        cmocka_unit_test(test_others_watch_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
