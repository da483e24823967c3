/* SPDX-License-Identifier: MIT */
/* Orphans are seen to, and the loop's own children still tell the loop how they ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/process/orphans.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rim/io/program.h"

static void start(struct osm_program *program, const char *command)
{
    char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, NULL, NULL};
    char text[200];

    snprintf(text, sizeof(text), "%s", command);
    argv[2] = text;
    assert_int_equal(osm_program_start(argv, program), 0);
}

/* Nobody but the test asks for its end, and that only now. */
static int status_of(struct osm_program *program)
{
    int status = -1;

    assert_true(osm_program_is_ours(program->pid));
    assert_true(osm_program_has_ended(program->pid, &status));
    assert_false(osm_program_is_ours(program->pid));
    for (size_t i = 0; i < OSM_PROGRAM_PIPES; i++)
        close(program->pipes[i]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Without taking its status from whoever waits for it. */
static void wait_for_end(pid_t pid)
{
    siginfo_t info = {0};

    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

static pid_t read_number(int fd)
{
    char text[32] = "";

    assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
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
    struct osm_program left, own;
    uv_loop_t loop;
    pid_t orphan;

    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(osm_orphans_init(&orphans, &loop), 0);
    uv_ref((uv_handle_t *)&orphans.child); /* there is something to wait for */

    /* A program that leaves one behind, which ends when it is told to. */
    start(&left, "sh -c 'echo $$; exec >/dev/null; kill -STOP $$' & exit 3");
    orphan = read_number(left.pipes[1]);
    wait_for_end(left.pid);
    (void)uv_run(&loop, UV_RUN_ONCE); /* the signal */
    assert_int_equal(status_of(&left), 3);
    assert_true(is_there(orphan));

    /* Both end; the program's end is not asked for yet, and comes before the orphan's. */
    start(&own, "exit 7");
    wait_for_end(own.pid);
    assert_int_equal(kill(orphan, SIGKILL), 0);
    wait_for_end(orphan);
    for (int i = 0; i < 3; i++)
        (void)uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(status_of(&own), 7);
    while (is_there(orphan)) /* without a further signal */
        (void)uv_run(&loop, UV_RUN_ONCE);

    osm_orphans_close(&orphans);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
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
