/* SPDX-License-Identifier: MIT */
/*
 * The layers of the sandbox, each in a child that enters it and tries what is forbidden. A kernel
 * without a layer, or a build for which it is left out, skips its tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/process/sandbox.h"
#include "util/macros.h"

enum { CHILD_SKIPS = 77 };

/* What a child finds out: 0, or the number of the first check that failed. */
static void in_child(int (*checks)(void *context), void *context)
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(checks(context));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == CHILD_SKIPS)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static bool enter_seccomp(bool children)
{
    struct osm_seccomp_report report;

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           osm_seccomp_apply(children, &report) == 0 && report.refused > 40;
}

static bool fails_with(long result, int error)
{
    return result < 0 && errno == error;
}

static bool runs_programs(void)
{
    char *const argv[] = {(char *)(uintptr_t) "true", NULL};
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        execv("/bin/true", argv);
        _exit(1);
    }
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Code of a file, and of memory that was written before. */
static bool maps_code(void)
{
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), memory = memfd_create("x", MFD_CLOEXEC);
    void *file = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    bool mapped = file != MAP_FAILED;

    mapped |= ftruncate(memory, 4096) == 0 &&
              /* cppcheck-suppress leakReturnValNotUsed ; the process ends */
              mmap(NULL, 4096, PROT_EXEC, MAP_SHARED, memory, 0) != MAP_FAILED;
    close(fd);
    close(memory);
    return mapped;
}

static int no_calls(void *context)
{
    /* cppcheck-suppress invalidFunctionArg ; -1 is what anonymous memory wants */
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)context;
    if (!enter_seccomp(false))
        return CHILD_SKIPS;
    if (!fails_with(ptrace(PTRACE_TRACEME, 0, NULL, NULL), EPERM))
        return 1;
    if (!fails_with(socket(AF_PACKET, SOCK_RAW, 0), EAFNOSUPPORT) ||
        !fails_with(socket(44, SOCK_RAW, 0), EAFNOSUPPORT))
        return 2;
    if (!fails_with(unshare(CLONE_NEWNS), EPERM))
        return 3;
    if (!fails_with(setuid(getuid()), EPERM))
        return 4;
    if (runs_programs())
        return 5;
    if (page == MAP_FAILED || !fails_with(mprotect(page, 4096, PROT_READ | PROT_EXEC), EPERM))
        return 6;
    return maps_code() ? 7 : 0;
}

static int still_works(void *context)
{
    int fds[2] = {-1, -1}, tcp;

    (void)context;
    if (!enter_seccomp(false))
        return CHILD_SKIPS;
    tcp = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (tcp < 0 && errno != EAFNOSUPPORT)
        return 1;
    return socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0 && write(fds[0], "x", 1) == 1 ? 0 : 2;
}

static int with_children(void *context)
{
    (void)context;
    if (!enter_seccomp(true))
        return CHILD_SKIPS;
    return runs_programs() ? 0 : 1;
}

static void test_system_calls(void **state)
{
    in_child(no_calls, NULL);
    in_child(still_works, NULL);
    in_child(with_children, NULL);
}

/* --- files --------------------------------------------------------------------------------- */

struct places {
    char mine[64], other[64];
};

static bool enter_landlock(bool children, char *const *writable)
{
    struct osm_landlock_report report;

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           osm_landlock_apply(children, writable, &report) == 0;
}

static bool writes(const char *folder, const char *name)
{
    char path[128];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0 && unlink(path) == 0;
}

static int writes_only_there(void *context)
{
    const struct places *places = context;
    char later[80];
    char *writable[] = {(char *)(uintptr_t)places->mine, later, NULL};
    int fd;

    (void)snprintf(later, sizeof(later), "%s/not/yet", places->mine);
    if (!writes(places->other, "before"))
        return 1;
    if (!enter_landlock(false, writable))
        return CHILD_SKIPS;
    if (!writes(places->mine, "x") || mkdir(later, 0700) == 0)
        return 2;
    if (writes(places->other, "x") || errno != EACCES)
        return 3;
    fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || access("/etc/passwd", R_OK) < 0)
        return 4;
    close(fd);
    return runs_programs() ? 5 : 0;
}

static int writes_anywhere(void *context)
{
    const struct places *places = context;

    if (!enter_landlock(true, NULL))
        return CHILD_SKIPS;
    return writes(places->other, "x") && runs_programs() ? 0 : 1;
}

static void test_files(void **state)
{
    struct places places = {"/tmp/osm-mine-XXXXXX", "/tmp/osm-other-XXXXXX"};

    assert_non_null(mkdtemp(places.mine));
    assert_non_null(mkdtemp(places.other));
    in_child(writes_only_there, &places);
    in_child(writes_anywhere, &places);
    assert_int_equal(rmdir(places.mine), 0);
    assert_int_equal(rmdir(places.other), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_system_calls),
        cmocka_unit_test(test_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
