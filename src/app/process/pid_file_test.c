/* SPDX-License-Identifier: MIT */
/* The PID file: names, exclusiveness, stale and foreign files, a crowd that starts at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/process/pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/alloc.h"

static char folder[64], path[80], other[80];

static int setup(void **state)
{
    snprintf(folder, sizeof(folder), "/tmp/osm-pid-test-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/s.pid", folder);
    snprintf(other, sizeof(other), "%s/other", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)unlink(path);
    (void)unlink(other);
    return rmdir(folder);
}

static void give_file(const char *name, const char *content)
{
    int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    close(fd);
}

static void assert_content(const char *name, const char *expected)
{
    char text[64] = "";
    int fd = open(name, O_RDONLY);

    assert_true(fd >= 0);
    assert_true(read(fd, text, sizeof(text) - 1) >= 0);
    close(fd);
    assert_string_equal(text, expected);
}

static void assert_refused(int result, const char *message)
{
    struct osm_pid_file *file = NULL;
    char *error = NULL;

    assert_int_equal(osm_pid_file_new(path, &file, &error), result);
    assert_null(file);
    assert_string_equal(error, message);
    free(error);
}

static struct osm_pid_file *take(void)
{
    struct osm_pid_file *file = NULL;
    char *error = NULL;

    if (osm_pid_file_new(path, &file, &error) < 0)
        fail_msg("%s", error);
    return file;
}

static void test_names(void **state)
{
    static const struct {
        bool is_unix;
        const char *uri, *temporary, *expected;
    } cases[] = {
        {true, "unix:///run/x/s.sock", "/ignored", "/run/x/s.sock.pid"},
        {false, "tcp://127.0.0.1:9990", NULL, "/tmp/opcua-session-manager-tcp_127.0.0.1_9990.pid"},
        {false, "tcp://[::1]:9990", "", "/tmp/opcua-session-manager-tcp_1_9990.pid"},
        {false, "tcp://localhost:1", "/var/tmp",
         "/var/tmp/opcua-session-manager-tcp_localhost_1.pid"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct osm_address endpoint;
        char *error = NULL, *name;

        assert_int_equal(osm_address_parse(cases[i].uri, &endpoint, &error), 0);
        assert_int_equal(endpoint.is_unix, cases[i].is_unix);
        name = osm_pid_file_path(&endpoint, cases[i].temporary);
        assert_string_equal(name, cases[i].expected);
        free(name);
    }
}

static void test_content_mode_and_removal(void **state)
{
    mode_t mask = umask(077);
    struct osm_pid_file *file = take();
    char *expected = osm_printf("%d", (int)getpid());
    struct stat status;

    umask(mask);
    assert_content(path, expected);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0644);
    assert_null(osm_pid_file_free(file));
    assert_int_equal(access(path, F_OK), -1);
    assert_null(osm_pid_file_free(NULL));
    free(expected);
}

static void test_a_locked_file_is_a_live_daemon(void **state)
{
    struct osm_pid_file *file = take();
    char *expected = osm_printf("Another daemon instance is already running (PID: %d). If this is "
                                "stale, remove %s",
                                (int)getpid(), path);

    assert_refused(-EBUSY, expected);
    assert_int_equal(access(path, F_OK), 0);
    osm_pid_file_free(file);
    free(expected);
}

/* A daemon that does not lock, or any process of another user. */
static void test_a_live_number_is_a_live_daemon(void **state)
{
    char *expected = osm_printf(
        "Another daemon instance is already running (PID: 1). If this is stale, remove %s", path);

    give_file(path, "1");
    assert_refused(-EBUSY, expected);
    assert_content(path, "1");
    free(expected);
}

static void test_stale_files_are_replaced(void **state)
{
    char *dead, *mine = osm_printf("%d", (int)getpid());
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    dead = osm_printf("%d", (int)child);
    {
        /* The last one is ours, from a former life of the same number. */
        const char *const contents[] = {dead, "", "no number", "-5", "0", "99999999999999999999",
                                        mine};

        for (size_t i = 0; i < OSM_ARRAY_SIZE(contents); i++) {
            give_file(path, contents[i]);
            struct osm_pid_file *file = take();

            assert_content(path, mine);
            osm_pid_file_free(file);
        }
    }
    free(dead);
    free(mine);
}

/* In a folder for everybody a file of another user could name any process, and stop the start. */
static void test_files_of_others_in_a_shared_folder(void **state)
{
    char *expected = osm_printf("Cannot use PID file %s: it belongs to another user (uid 12345), "
                                "and everybody may put files there. Remove it, or choose another "
                                "path with --socket",
                                path);

    (void)state;
    if (geteuid() == 0) {
        give_file(path, "1");
        assert_int_equal(chown(path, 12345, 12345), 0);
        assert_int_equal(chmod(folder, 01777), 0);
        assert_refused(-EBUSY, expected);
        assert_int_equal(chmod(folder, 0700), 0);
        assert_int_equal(unlink(path), 0);
    }
    free(expected);
}

static void test_links_are_not_followed(void **state)
{
    char *expected = osm_printf("Cannot open PID file %s: it is a symbolic link", path);

    give_file(other, "precious");
    assert_int_equal(symlink(other, path), 0);
    assert_refused(-EBUSY, expected);
    assert_content(other, "precious");
    assert_int_equal(unlink(other), 0); /* nor is a dangling one filled */
    assert_refused(-EBUSY, expected);
    assert_int_equal(access(other, F_OK), -1);
    free(expected);
}

static void test_hard_links_are_not_written_through(void **state)
{
    struct osm_pid_file *file;

    give_file(other, "precious");
    assert_int_equal(link(other, path), 0);
    file = take();
    assert_content(other, "precious");
    osm_pid_file_free(file);
}

static void test_what_is_no_file(void **state)
{
    char *expected = osm_printf("Cannot use PID file %s: it is not a regular file", path);

    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(-EBUSY, expected);
    free(expected);
}

static void test_missing_folder(void **state)
{
    struct osm_pid_file *file = NULL;
    char *error = NULL;

    assert_int_equal(osm_pid_file_new("/proc/nonexistent/s.pid", &file, &error), -ENOENT);
    assert_string_equal(
        error, "Cannot create PID file /proc/nonexistent/s.pid: No such file or directory");
    free(error);
}

static void test_only_our_own_is_removed(void **state)
{
    struct osm_pid_file *file = take();

    assert_int_equal(unlink(path), 0);
    give_file(path, "somebody else");
    osm_pid_file_free(file);
    assert_content(path, "somebody else");
}

/* Many starts at once over a stale file: exactly one gets it, in every round. */
static void test_a_crowd(void **state)
{
    enum { CROWD = 12, ROUNDS = 20 };

    for (int round = 0; round < ROUNDS; round++) {
        pid_t children[CROWD];
        int gate[2], hold[2], winners = 0;
        char token;

        give_file(path, round % 2 ? "" : "999999999");
        assert_int_equal(pipe(gate), 0);
        assert_int_equal(pipe(hold), 0);
        for (int i = 0; i < CROWD; i++) {
            children[i] = fork();
            if (children[i] == 0) {
                struct osm_pid_file *file = NULL;
                char *error = NULL;

                close(gate[1]);
                close(hold[1]);
                (void)!read(gate[0], &token, 1); /* all are let go by the end of file */
                if (osm_pid_file_new(path, &file, &error) < 0)
                    _exit(0);
                (void)!read(hold[0], &token, 1); /* live on until all have tried */
                _exit(1);
            }
        }
        close(gate[0]);
        close(hold[0]);
        close(gate[1]);
        for (int left = CROWD - 1; left > 0; left--)
            assert_int_not_equal(waitpid(-1, NULL, 0), -1);
        close(hold[1]);
        for (int status; wait(&status) > 0;)
            winners += WIFEXITED(status) ? WEXITSTATUS(status) : 0;
        assert_int_equal(winners, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_names),
        T(test_content_mode_and_removal),
        T(test_a_locked_file_is_a_live_daemon),
        T(test_a_live_number_is_a_live_daemon),
        T(test_stale_files_are_replaced),
        T(test_files_of_others_in_a_shared_folder),
        T(test_links_are_not_followed),
        T(test_hard_links_are_not_written_through),
        T(test_what_is_no_file),
        T(test_missing_folder),
        T(test_only_our_own_is_removed),
        T(test_a_crowd),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
