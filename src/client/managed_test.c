/* SPDX-License-Identifier: MIT */
/* The connection to a daemon whose backlog is full. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/back_end.h"
#include "util/alloc.h"
#include "util/macros.h"

#define MOST 16

struct fixture {
    struct sockaddr_un address;
    char uri[160];
    int listener;
    int fillers[MOST]; /* wait to be accepted */
    size_t count;
    osm_msec now;
    struct osm_clock clock; /* turned by hand */
    struct osm_back_end_user user;
    struct osm_back_end *back_end;
    char line[32]; /* that it told */
};

static osm_msec now_of(void *context)
{
    return ((const struct fixture *)context)->now;
}

static void on_line(struct osm_back_end_user *user, char *line, size_t length)
{
    struct fixture *fixture = osm_container_of(user, struct fixture, user);

    assert_true(length < sizeof(fixture->line));
    memcpy(fixture->line, line, length + 1);
}

/* True when the backlog took it. */
static bool fill(struct fixture *fixture)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0 && fixture->count < MOST);
    fixture->fillers[fixture->count++] = fd;
    return connect(fd, (const struct sockaddr *)&fixture->address, sizeof(fixture->address)) == 0;
}

static int setup(void **state)
{
    struct fixture *fixture = osm_alloc(sizeof(*fixture));
    char dir[] = "/tmp/osm-managed-XXXXXX";

    assert_non_null(mkdtemp(dir));
    fixture->user.line = on_line;
    fixture->clock = (struct osm_clock){.monotonic = now_of, .context = fixture};
    fixture->address.sun_family = AF_UNIX;
    (void)snprintf(fixture->address.sun_path, sizeof(fixture->address.sun_path), "%s/socket", dir);
    (void)snprintf(fixture->uri, sizeof(fixture->uri), "unix://%s", fixture->address.sun_path);
    fixture->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fixture->listener, (const struct sockaddr *)&fixture->address,
                          sizeof(fixture->address)),
                     0);
    assert_int_equal(listen(fixture->listener, 1), 0);
    while (fill(fixture))
        ;
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    if (fixture->back_end)
        fixture->back_end->ops->free(fixture->back_end);
    for (size_t i = 0; i < fixture->count; i++)
        (void)close(fixture->fillers[i]);
    (void)close(fixture->listener);
    (void)unlink(fixture->address.sun_path);
    *strrchr(fixture->address.sun_path, '/') = '\0';
    assert_int_equal(rmdir(fixture->address.sun_path), 0);
    free(fixture);
    return 0;
}

static void process(struct fixture *fixture)
{
    struct opcua_error error = {0};

    if (!fixture->back_end->ops->process(fixture->back_end, &error))
        fail_msg("%s", error.message);
}

static bool can_be_read(const struct fixture *fixture)
{
    struct pollfd ready = {.fd = fixture->back_end->ops->fd(fixture->back_end),
                           .events = fixture->back_end->ops->events(fixture->back_end)};

    return poll(&ready, 1, 0) > 0;
}

/* Takes those who came before, and the one after them. */
static int accept_last(const struct fixture *fixture)
{
    for (size_t i = 0; i + 1 < fixture->count; i++)
        (void)close(accept(fixture->listener, NULL, NULL));
    process((struct fixture *)(uintptr_t)fixture);
    return accept(fixture->listener, NULL, NULL);
}

static void test_a_full_backlog(void **state)
{
    struct fixture *fixture = *state;
    struct osm_back_end *back_end;
    struct opcua_error error = {0};
    char got[16] = "";
    int fd, peer;

    back_end = fixture->back_end =
        osm_managed_new(fixture->uri, &fixture->clock, &fixture->user, &error);
    assert_non_null(back_end);
    fd = back_end->ops->fd(back_end);
    assert_true(back_end->ops->timeout(back_end) > 0);
    assert_true(back_end->ops->send(back_end, "ask\n", 4, &error));
    process(fixture);
    assert_false(can_be_read(fixture)); /* nobody turns in circles meanwhile */
    peer = accept_last(fixture);
    assert_int_equal(back_end->ops->timeout(back_end), -1);
    assert_int_equal(back_end->ops->fd(back_end), fd);
    assert_int_equal(read(peer, got, sizeof(got)), 4);
    assert_string_equal(got, "ask\n");
    assert_false(can_be_read(fixture));
    assert_int_equal(write(peer, "told\n", 5), 5);
    assert_true(can_be_read(fixture));
    process(fixture);
    assert_string_equal(fixture->line, "told");
    (void)close(peer);
    assert_true(can_be_read(fixture));
    assert_false(back_end->ops->process(back_end, &error));
}

static void test_it_stays_full(void **state)
{
    struct fixture *fixture = *state;
    struct opcua_error error = {0};

    fixture->back_end = osm_managed_new(fixture->uri, &fixture->clock, &fixture->user, &error);
    assert_non_null(fixture->back_end);
    fixture->now = 4999;
    process(fixture);
    fixture->now = 5000;
    assert_false(fixture->back_end->ops->process(fixture->back_end, &error));
    assert_string_equal(error.kind, "ConnectionException");
    assert_non_null(strstr(error.next, "takes no connections"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_full_backlog),
        TEST(test_it_stays_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
