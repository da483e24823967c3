/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_IPC_H
#define OSM_TESTING_TESTING_IPC_H
/*
 * For this folder's tests only; included once per test program. A real server on a real socket
 * in a loop that the test turns, callers with plain sockets, and in place of the commands:
 *
 *   ping          answers at once: "pong"
 *   hold          answers when the test says so (answer_held): its `name`, or `bytes` bytes
 *   big           answers at once with `bytes` bytes of text
 *
 * Nothing sleeps: every wait turns the loop until its condition holds, or fails after ten
 * seconds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/command/command.h"
#include "serve/ipc/server.h"
#include "util/alloc.h"
#include "util/log.h"

#define FIXTURE_PATIENCE ((osm_msec)10000)

static struct fixture {
    char folder[32];
    uv_loop_t loop;
    struct osm_ipc_config config;
    struct osm_address endpoint;
    struct osm_ipc_server *server;
    const struct osm_ipc_stats *stats;
    struct osm_request *held[1024];
    size_t n_held, n_abandoned;
    bool closed;
} fixture;

/* The commands ---------------------------------------------------------------------------- */

static void reply_text(struct osm_request *request, const char *text, size_t length)
{
    osm_json_text(osm_request_reply_begin(request), text, length);
    osm_request_reply_end(request);
}

/* With as many bytes as it asks for. */
static void reply_bytes(struct osm_request *request)
{
    size_t size = (size_t)yyjson_get_uint(osm_request_get(request, "bytes"));
    _cleanup_(osm_freep) char *text = osm_alloc(size + 1);

    reply_text(request, memset(text, 'z', size), size);
}

void osm_command_dispatch(struct osm_manager *manager, struct osm_request *request)
{
    const char *command = yyjson_get_str(osm_request_get(request, "command"));

    if (command && strcmp(command, "hold") == 0) {
        assert_true(fixture.n_held < OSM_ARRAY_SIZE(fixture.held));
        fixture.held[fixture.n_held++] = request;
    } else if (command && strcmp(command, "big") == 0) {
        reply_bytes(request);
    } else {
        reply_text(request, "pong", 4);
    }
}

/* Answers the held request of that name. */
static OSM_UNUSED void answer_held(const char *name)
{
    for (size_t i = 0; i < fixture.n_held; i++) {
        struct osm_request *request = fixture.held[i];
        yyjson_val *value = osm_request_get(request, "name");

        if (!yyjson_equals_str(value, name))
            continue;
        memmove(&fixture.held[i], &fixture.held[i + 1],
                (--fixture.n_held - i) * sizeof(fixture.held[0]));
        fixture.n_abandoned += request->caller.abandoned;
        reply_text(request, yyjson_get_str(value), yyjson_get_len(value));
        return;
    }
    fail_msg("nothing named %s is held", name);
}

static OSM_UNUSED void answer_all_held(void)
{
    while (fixture.n_held > 0) {
        struct osm_request *request = fixture.held[--fixture.n_held];

        fixture.n_abandoned += request->caller.abandoned;
        if (osm_request_get(request, "bytes"))
            reply_bytes(request);
        else
            reply_text(request, "late", 4);
    }
}

/* The loop -------------------------------------------------------------------------------- */

static void turn(int fd, short events)
{
    struct pollfd wait[2] = {{.fd = fd, .events = events},
                             {.fd = uv_backend_fd(&fixture.loop), .events = POLLIN}};

    uv_run(&fixture.loop, UV_RUN_NOWAIT);
    (void)poll(wait, 2, 1); /* lint: allow poll – a test turns the loop itself */
}

/* Whether the next turn would find something to do. */
static OSM_UNUSED bool loop_has_events(void)
{
    struct pollfd backend = {.fd = uv_backend_fd(&fixture.loop), .events = POLLIN};

    return poll(&backend, 1, 0) > 0; /* lint: allow poll – a test looks at the loop */
}

/* Turns the loop until the condition holds. */
#define wait_until(condition)                                                                      \
    do {                                                                                           \
        osm_msec end_ = osm_clock_now(osm_clock_system()) + FIXTURE_PATIENCE;                      \
        while (!(condition)) {                                                                     \
            if (osm_clock_now(osm_clock_system()) > end_)                                          \
                fail_msg("waited in vain for: %s", #condition);                                    \
            turn(-1, 0);                                                                           \
        }                                                                                          \
    } while (0)

/* Callers --------------------------------------------------------------------------------- */

static int dial_endpoint(const struct osm_address *endpoint)
{
    int fd = socket(endpoint->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    if (connect(fd, (const struct sockaddr *)&endpoint->address, endpoint->address_length) < 0)
        fail_msg("connect: %s", strerror(errno));
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static int dial(void)
{
    return dial_endpoint(osm_ipc_server_endpoint(fixture.server));
}

/* Sends all of it, turning the loop; false when the other side does not want it any more. */
static OSM_UNUSED bool try_send(int fd, const char *data, size_t size)
{
    osm_msec end = osm_clock_now(osm_clock_system()) + FIXTURE_PATIENCE;

    while (size > 0) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

        if (n < 0 && errno != EAGAIN)
            return false;
        if (n > 0) {
            data += n;
            size -= (size_t)n;
        }
        assert_true(osm_clock_now(osm_clock_system()) < end);
        turn(fd, POLLOUT);
    }
    return true;
}

static OSM_UNUSED void send_bytes(int fd, const char *data, size_t size)
{
    assert_true(try_send(fd, data, size));
}

static OSM_UNUSED void send_text(int fd, const char *text)
{
    send_bytes(fd, text, strlen(text));
}

/* One line, byte by byte so that the next one stays in the socket; "" at the end of input,
 * "RESET" if the connection was reset. */
static const char *read_line(int fd)
{
    static struct osm_buf line;
    osm_msec end = osm_clock_now(osm_clock_system()) + FIXTURE_PATIENCE;
    char byte;

    line.length = 0;
    for (;;) {
        ssize_t n = recv(fd, &byte, 1, 0);

        if (n < 0 && errno == EAGAIN) {
            if (osm_clock_now(osm_clock_system()) > end)
                fail_msg("no line within %d ms", (int)FIXTURE_PATIENCE);
            turn(fd, POLLIN);
            continue;
        }
        if (n < 0)
            return "RESET";
        if (n == 0 || byte == '\n')
            return osm_buf_text(&line);
        osm_buf_add_byte(&line, byte);
    }
}

static OSM_UNUSED void expect_line(int fd, const char *expected)
{
    assert_string_equal(read_line(fd), expected);
}

#define PONG "{\"success\":true,\"data\":\"pong\"}"
#define PONG_ID(id) "{\"id\":" id ",\"success\":true,\"data\":\"pong\"}"
#define HELD_ID(id, name) "{\"id\":" id ",\"success\":true,\"data\":\"" name "\"}"
#define ERROR(type, message)                                                                       \
    "{\"success\":false,\"error\":{\"type\":\"" type "\",\"message\":\"" message "\"}}"
#define ERROR_ID(id, type, message)                                                                \
    "{\"id\":" id ",\"success\":false,\"error\":{\"type\":\"" type "\",\"message\":\"" message     \
    "\"}}"

/* A reply, then the end. */
static OSM_UNUSED void expect_last_line(int fd, const char *expected)
{
    expect_line(fd, expected);
    expect_line(fd, "");
    close(fd);
}

/* Set-up ---------------------------------------------------------------------------------- */

/* Starts a server as fixture.config says; endpoint NULL = a fresh Unix socket. */
static void start_server(const char *endpoint)
{
    _cleanup_(osm_freep) char *path = osm_printf("%s/s", fixture.folder);
    _cleanup_(osm_freep) char *error = NULL;

    assert_int_equal(osm_address_parse(endpoint ? endpoint : path, &fixture.endpoint, &error), 0);
    fixture.config.endpoint = &fixture.endpoint;
    if (osm_ipc_server_new(&fixture.loop, NULL, &fixture.config, &fixture.server, &error) < 0)
        fail_msg("%s", error);
    fixture.stats = osm_ipc_server_stats(fixture.server);
}

static void on_closed(void *context)
{
    assert_ptr_equal(context, &fixture);
    fixture.closed = true;
}

static OSM_UNUSED int setup_server(void **state)
{
    fixture = (struct fixture){.folder = "/tmp/osm-ipc-XXXXXX"};
    assert_non_null(mkdtemp(fixture.folder));
    assert_int_equal(uv_loop_init(&fixture.loop), 0);
    osm_ipc_config_init(&fixture.config);
    fixture.config.linger_timeout = 100;
    fixture.config.close_timeout = 100;
    osm_log_threshold = OSM_LOG_EMERGENCY;
    return 0;
}

static void stop_server(void)
{
    osm_ipc_server_close(fixture.server, on_closed, &fixture);
    wait_until(fixture.closed);
    answer_all_held();
    assert_int_equal(fixture.stats->classic_open, 0);
    assert_int_equal(fixture.stats->persistent_open, 0);
    assert_int_equal(fixture.stats->lingering, 0);
    assert_int_equal(fixture.stats->unsent_bytes, 0);
    assert_int_equal(fixture.stats->in_flight, 0);
    fixture.server = osm_ipc_server_free(fixture.server);
}

static OSM_UNUSED int teardown_server(void **state)
{
    if (fixture.server)
        stop_server();
    uv_run(&fixture.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&fixture.loop), 0);
    return rmdir(fixture.folder);
}

#endif
