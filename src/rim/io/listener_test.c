/* SPDX-License-Identifier: MIT */
/* The listening socket and its file: whose it is, what is in its way, what is left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rim/io/listener.h"
#include "util/alloc.h"

static char folder[] = "/tmp/osm-listener-XXXXXX";
static char path[128];
static struct osm_address endpoint;

static int setup(void **state)
{
    char *error;

    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(path, sizeof(path), "%s/socket", folder);
    return osm_address_parse(path, &endpoint, &error);
}

static int teardown(void **state)
{
    unlink(path);
    return rmdir(folder);
}

static void expect_open(struct osm_listener *listener, unsigned mode)
{
    char *error = NULL;

    if (osm_listener_open(listener, &endpoint, mode, &error) != 0)
        fail_msg("%s", error);
}

static void expect_refused(int code, const char *reason)
{
    _cleanup_(osm_freep) char *prefix = osm_printf(
        "Failed to listen on Unix domain socket \"unix://%s\": ", osm_address_path(&endpoint));
    _cleanup_(osm_freep) char *error = NULL;
    struct osm_listener listener;

    assert_int_equal(osm_listener_open(&listener, &endpoint, 0600, &error), code);
    assert_int_equal(listener.fd, -1);
    assert_memory_equal(error, prefix, strlen(prefix));
    assert_non_null(strstr(error + strlen(prefix), reason));
}

/* Binds path to a socket that nobody listens on any more. */
static void leave_stale(int type)
{
    int fd = socket(AF_UNIX, type, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&endpoint.address, endpoint.address_length), 0);
    close(fd);
}

static void test_mode(void **state)
{
    struct osm_listener listener;
    struct stat status;

    expect_open(&listener, 0660);
    assert_int_equal(lstat(path, &status), 0);
    assert_true(S_ISSOCK(status.st_mode));
    assert_int_equal(status.st_mode & 07777, 0660);
    osm_listener_close(&listener);
    osm_listener_close(&listener);
    assert_int_equal(lstat(path, &status), -1);
}

static void test_umask_is_restored(void **state)
{
    struct osm_listener listener;
    mode_t before = umask(0027);

    expect_open(&listener, 0600);
    assert_int_equal(umask(before), 0027);
    osm_listener_close(&listener);
}

static void test_stale_socket(void **state)
{
    struct osm_listener listener;

    leave_stale(SOCK_STREAM);
    expect_open(&listener, 0600);
    osm_listener_close(&listener);
    leave_stale(SOCK_DGRAM);
    expect_open(&listener, 0600);
    osm_listener_close(&listener);
}

static void test_live_socket(void **state)
{
    struct osm_listener other;
    struct stat before, after;
    int fd;

    expect_open(&other, 0600);
    lstat(path, &before);
    expect_refused(-EADDRINUSE, "another process is listening there");
    lstat(path, &after);
    assert_int_equal(before.st_ino, after.st_ino);
    osm_listener_close(&other);

    fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&endpoint.address, endpoint.address_length), 0);
    expect_refused(-EADDRINUSE, "another process is listening there");
    close(fd);
}

static void test_regular_file(void **state)
{
    struct stat status;
    int fd = open(path, O_CREAT | O_WRONLY, 0600);

    assert_int_equal(write(fd, "precious", 8), 8);
    close(fd);
    expect_refused(-EEXIST, "not a socket");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 8);
}

/* A link is not followed, not even to a stale socket. */
static void test_symbolic_link(void **state)
{
    assert_int_equal(symlink("elsewhere", path), 0);
    expect_refused(-EEXIST, "not a socket");
}

/* In a folder for everybody what others have put there is left alone, and named. */
static void test_what_others_have_put_there(void **state)
{
    struct osm_listener listener;

    (void)state;
    if (geteuid() != 0)
        skip();
    leave_stale(SOCK_STREAM);
    assert_int_equal(lchown(path, 12345, 12345), 0);
    expect_open(&listener, 0600); /* in our own folder it is only stale */
    osm_listener_close(&listener);
    assert_int_equal(chmod(folder, 01777), 0);
    leave_stale(SOCK_STREAM);
    assert_int_equal(lchown(path, 12345, 12345), 0);
    expect_refused(-EADDRINUSE, "a socket of another user (uid 12345)");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("elsewhere", path), 0);
    assert_int_equal(lchown(path, 12345, 12345), 0);
    expect_refused(-EADDRINUSE, "a symbolic link of another user (uid 12345)");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(chmod(folder, 0700), 0);
}

static void test_directory_missing(void **state)
{
    _cleanup_(osm_freep) char *deeper = osm_printf("%s/no/socket", folder);
    char *error;

    assert_int_equal(osm_address_parse(deeper, &endpoint, &error), 0);
    expect_refused(-ENOENT, "No such file or directory");
}

/* Somebody has put their own socket there meanwhile: it stays. */
static void test_file_replaced(void **state)
{
    struct osm_listener listener;
    struct stat status;

    expect_open(&listener, 0600);
    unlink(path);
    leave_stale(SOCK_STREAM);
    osm_listener_close(&listener);
    assert_int_equal(lstat(path, &status), 0);
}

static void expect_connect(const struct osm_listener *listener)
{
    const struct osm_address *where = &listener->endpoint;
    int fd = socket(where->address.ss_family, SOCK_STREAM, 0);

    assert_int_equal(connect(fd, (const struct sockaddr *)&where->address, where->address_length),
                     0);
    close(fd);
}

static void test_tcp(void **state)
{
    static const char *const texts[] = {"tcp://127.0.0.1:0", "tcp://[::1]:0"};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(texts); i++) {
        _cleanup_(osm_freep) char *error = NULL;
        struct osm_listener listener, second;

        assert_int_equal(osm_address_parse(texts[i], &endpoint, &error), 0);
        expect_open(&listener, 0600);
        assert_true(osm_address_port(&listener.endpoint) > 0);
        expect_connect(&listener);
        assert_int_equal(osm_listener_open(&second, &listener.endpoint, 0600, &error), -EADDRINUSE);
        assert_memory_equal(error, "Failed to listen on TCP socket \"tcp://", 38);
        osm_listener_close(&listener);
    }
}

/* A socket that came with the process is as one of our own: callers' sockets inherit from it. */
static void test_inherited_tcp(void **state)
{
    struct sockaddr_in bound = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(bound), size = sizeof(int);
    int fd = socket(AF_INET, SOCK_STREAM, 0), no_delay = 0;
    _cleanup_(osm_freep) char *uri = NULL, *error = NULL;
    struct osm_listener listener;
    struct osm_address address;

    assert_int_equal(bind(fd, (struct sockaddr *)&bound, sizeof(bound)), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&bound, &length), 0);
    uri = osm_printf("tcp://127.0.0.1:%u", (unsigned)ntohs(bound.sin_port));
    assert_int_equal(osm_address_parse(uri, &address, &error), 0);
    osm_listener_inherit(fd);
    assert_int_equal(osm_listener_open(&listener, &address, 0, &error), 0);
    assert_int_equal(listener.fd, fd);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
    assert_true(no_delay);
    osm_listener_close(&listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_mode, setup, teardown),
        cmocka_unit_test_setup_teardown(test_umask_is_restored, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stale_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(test_live_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(test_regular_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_symbolic_link, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_others_have_put_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_directory_missing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tcp, setup, teardown),
        cmocka_unit_test_setup_teardown(test_inherited_tcp, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
