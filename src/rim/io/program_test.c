/* SPDX-License-Identifier: MIT */
/* What a program finds when it is started, and what is said of one that cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rim/io/program.h"
#include "util/alloc.h"

static char dir[64];

static int setup(void **state)
{
    (void)state;
    (void)snprintf(dir, sizeof(dir), "/tmp/osm-program-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return rmdir(dir);
}

static void write_script(char *path, size_t size, const char *text, mode_t mode)
{
    FILE *file;

    (void)snprintf(path, size, "%s/script", dir);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static int start(struct osm_program *program, const char *name, const char *option,
                 const char *text)
{
    const char *argv[] = {name, option, text, NULL};

    return osm_program_start((char **)(uintptr_t)argv, program);
}

/* All it prints, and how it ends. */
static int run_out(struct osm_program *program, char *text, size_t size)
{
    siginfo_t info = {0};
    size_t length = 0;
    int status;
    ssize_t n;

    assert_int_equal(fcntl(program->pipes[1], F_SETFL, 0), 0);
    while ((n = read(program->pipes[1], text + length, size - 1 - length)) > 0)
        length += (size_t)n;
    text[length] = '\0';
    assert_int_equal(waitid(P_PID, (id_t)program->pid, &info, WEXITED | WNOWAIT), 0);
    assert_true(osm_program_has_ended(program->pid, &status));
    for (size_t i = 0; i < OSM_PROGRAM_PIPES; i++)
        (void)close(program->pipes[i]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_pipes_and_status(void **state)
{
    struct osm_program program;
    char text[200];

    (void)state;
    assert_int_equal(start(&program, "sh", "-c", "read line; echo got $line; exit 7"), 0);
    assert_true(osm_program_is_ours(program.pid));
    assert_false(osm_program_is_starting());
    assert_int_equal(write(program.pipes[0], "it\n", 3), 3);
    assert_int_equal(run_out(&program, text, sizeof(text)), 7);
    assert_string_equal(text, "got it\n");
    assert_false(osm_program_is_ours(program.pid));
}

/* Also one that was not meant to be kept from it. */
static void test_no_descriptor_of_ours(void **state)
{
    int careless = fcntl(STDERR_FILENO, F_DUPFD, 57);
    struct osm_program program;
    char text[200];

    (void)state;
    assert_true(careless >= 57);
    assert_int_equal(start(&program, "ls", "/proc/self/fd", NULL), 0);
    assert_int_equal(run_out(&program, text, sizeof(text)), 0);
    assert_string_equal(text, "0\n1\n2\n3\n"); /* the last is the folder it reads */
    (void)close(careless);
}

/* The mask of signals behind a name in what /proc says of it, without those that are libc's own
 * (32 and 33), which posix_spawn() always ignores. */
static unsigned long long mask_of(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    assert_non_null(at);
    return strtoull(at + strlen(name), NULL, 16) & ~(3ULL << 31);
}

static void test_signals_as_they_are_by_default(void **state)
{
    struct osm_program program;
    sigset_t set, before;
    char text[400];
    int r;

    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigfillset(&set);
    assert_int_equal(sigprocmask(SIG_SETMASK, &set, &before), 0);
    r = start(&program, "grep", "^Sig", "/proc/self/status");
    assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
    assert_int_equal(r, 0);
    assert_int_equal(run_out(&program, text, sizeof(text)), 0);
    assert_int_equal(mask_of(text, "SigBlk:\t"), 0);
    assert_int_equal(mask_of(text, "SigIgn:\t"), 0);
}

static void test_what_cannot_be_started(void **state)
{
    struct osm_program program;
    char path[96];

    (void)state;
    assert_int_equal(start(&program, "/no/such/program", NULL, NULL), -ENOENT);
    assert_int_equal(program.pid, 0);
    assert_int_equal(start(&program, "no-such-program-anywhere", NULL, NULL), -ENOENT);
    write_script(path, sizeof(path), "#!/no/such/shell\n", 0600);
    assert_int_equal(start(&program, path, NULL, NULL), -EACCES);
    assert_int_equal(chmod(path, 0700), 0);
    assert_int_equal(start(&program, path, NULL, NULL), -ENOENT);
    assert_int_equal(unlink(path), 0);
    assert_false(osm_program_is_starting());
}

/* The shell's, as for execvp(). */
static void test_a_script_without_a_first_line(void **state)
{
    struct osm_program program;
    char path[96], text[200];

    (void)state;
    write_script(path, sizeof(path), "echo $1 and $2; exit 5\n", 0700);
    assert_int_equal(start(&program, path, "one", "two"), 0);
    assert_int_equal(run_out(&program, text, sizeof(text)), 5);
    assert_string_equal(text, "one and two\n");
    assert_int_equal(unlink(path), 0);
}

/* Standard descriptors that are closed do not get in the way of each other. */
static void test_without_standard_descriptors(void **state)
{
    int kept[OSM_PROGRAM_PIPES], error = -1;
    struct osm_program program = {0};
    char text[200] = "";

    (void)state;
    for (int i = 0; i < OSM_PROGRAM_PIPES; i++) {
        kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
        (void)close(i);
    }
    error = start(&program, "sh", "-c", "read line; echo $line; echo no >&2; exit 3");
    for (int i = 0; i < OSM_PROGRAM_PIPES; i++) /* ours may have their places */
        if (program.pipes[i] < OSM_PROGRAM_PIPES)
            program.pipes[i] = fcntl(program.pipes[i], F_DUPFD_CLOEXEC, 10);
    for (int i = 0; i < OSM_PROGRAM_PIPES; i++) {
        (void)dup2(kept[i], i);
        (void)close(kept[i]);
    }
    assert_int_equal(error, 0);
    assert_int_equal(write(program.pipes[0], "through\n", 8), 8);
    assert_int_equal(run_out(&program, text, sizeof(text)), 3);
    assert_string_equal(text, "through\n");
}

static void test_nobody_has_taken_it(void **state)
{
    struct osm_program program;
    pid_t pid;

    (void)state;
    assert_int_equal(start(&program, "sleep", "1000", NULL), 0);
    pid = program.pid;
    osm_program_end(&program);
    osm_program_end(&program);
    assert_false(osm_program_is_ours(pid));
    assert_int_equal(kill(pid, 0), -1);
}

#define TEST(function) cmocka_unit_test(function)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pipes_and_status),
        TEST(test_no_descriptor_of_ours),
        TEST(test_signals_as_they_are_by_default),
        TEST(test_what_cannot_be_started),
        TEST(test_a_script_without_a_first_line),
        TEST(test_without_standard_descriptors),
        TEST(test_nobody_has_taken_it),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
