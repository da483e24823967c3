/* SPDX-License-Identifier: MIT */
/* The server, its answers and its callers (testing_ipc.h). */
#include "testing/testing_ipc.h"

struct test_ipc test_ipc;

/* --- the commands --------------------------------------------------------------------------- */

static void reply_text(struct osm_request *request, const char *text, size_t length)
{
    osm_json_text(osm_request_reply_begin(request), text, length);
    osm_request_reply_end(request);
}

/* With as many bytes as it asks for. */
static void reply_bytes(struct osm_request *request)
{
    size_t size = (size_t)yyjson_get_uint(osm_json_get(request->root, "bytes"));
    _cleanup_(osm_freep) char *text = osm_alloc(size + 1);

    reply_text(request, memset(text, 'z', size), size);
}

static void be_busy(void)
{
    uint64_t end = osm_clock_microseconds() + TEST_IPC_BUSY;

    while (osm_clock_microseconds() < end)
        ;
}

void osm_command_dispatch(struct osm_manager *manager, struct osm_request *request)
{
    const char *command = yyjson_get_str(osm_request_get(request, OSM_REQUEST_command));

    if (command && strcmp(command, "hold") == 0) {
        assert_true(test_ipc.n_held < OSM_ARRAY_SIZE(test_ipc.held));
        test_ipc.held[test_ipc.n_held++] = request;
    } else if (command && strcmp(command, "big") == 0) {
        reply_bytes(request);
    } else {
        if (command && strcmp(command, "busy") == 0)
            be_busy();
        reply_text(request, "pong", 4);
    }
}

void test_ipc_answer_held(const char *name)
{
    for (size_t i = 0; i < test_ipc.n_held; i++) {
        struct osm_request *request = test_ipc.held[i];
        yyjson_val *value = osm_json_get(request->root, "name");

        if (!yyjson_equals_str(value, name))
            continue;
        memmove(&test_ipc.held[i], &test_ipc.held[i + 1],
                (--test_ipc.n_held - i) * sizeof(test_ipc.held[0]));
        test_ipc.n_abandoned += request->caller.abandoned;
        reply_text(request, yyjson_get_str(value), yyjson_get_len(value));
        return;
    }
    fail_msg("nothing named %s is held", name);
}

void test_ipc_answer_all_held(void)
{
    while (test_ipc.n_held > 0) {
        struct osm_request *request = test_ipc.held[--test_ipc.n_held];

        test_ipc.n_abandoned += request->caller.abandoned;
        if (osm_json_get(request->root, "bytes"))
            reply_bytes(request);
        else
            reply_text(request, "late", 4);
    }
}

/* --- the loop ------------------------------------------------------------------------------- */

void test_ipc_turn(int fd, short events)
{
    struct pollfd wait[2] = {{.fd = fd, .events = events},
                             {.fd = uv_backend_fd(&test_ipc.loop), .events = POLLIN}};

    uv_run(&test_ipc.loop, UV_RUN_NOWAIT);
    (void)poll(wait, 2, 1); /* lint: allow poll – a test turns the loop itself */
}

bool test_ipc_loop_has_events(void)
{
    struct pollfd backend = {.fd = uv_backend_fd(&test_ipc.loop), .events = POLLIN};

    return poll(&backend, 1, 0) > 0; /* lint: allow poll – a test looks at the loop */
}

/* --- callers -------------------------------------------------------------------------------- */

static int test_ipc_dial_endpoint(const struct osm_address *endpoint)
{
    int fd = socket(endpoint->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    if (connect(fd, (const struct sockaddr *)&endpoint->address, endpoint->address_length) < 0)
        fail_msg("connect: %s", strerror(errno));
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

int test_ipc_dial(void)
{
    return test_ipc_dial_endpoint(osm_ipc_server_endpoint(test_ipc.server));
}

bool test_ipc_try_send(int fd, const char *data, size_t size)
{
    osm_msec end = osm_clock_now(osm_clock_system()) + TEST_IPC_PATIENCE;

    while (size > 0) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

        if (n < 0 && errno != EAGAIN)
            return false;
        if (n > 0) {
            data += n;
            size -= (size_t)n;
        }
        assert_true(osm_clock_now(osm_clock_system()) < end);
        test_ipc_turn(fd, POLLOUT);
    }
    return true;
}

void test_ipc_send_bytes(int fd, const char *data, size_t size)
{
    assert_true(test_ipc_try_send(fd, data, size));
}

void test_ipc_send_text(int fd, const char *text)
{
    test_ipc_send_bytes(fd, text, strlen(text));
}

/* Takes what has come of the line, and no byte of the next: -1 when nothing has, 0 at the end,
 * and whether the line is whole. */
static ssize_t take(int fd, struct osm_buf *line, bool *whole)
{
    static char piece[64 * 1024];
    ssize_t n = recv(fd, piece, sizeof(piece), MSG_PEEK);
    const char *end = n > 0 ? memchr(piece, '\n', (size_t)n) : NULL;

    *whole = end;
    if (n > 0)
        n = recv(fd, piece, end ? (size_t)(end - piece) + 1 : (size_t)n, 0);
    if (n > 0)
        osm_buf_add(line, piece, (size_t)n - *whole);
    return n;
}

const char *test_ipc_read_line(int fd)
{
    static struct osm_buf line;
    osm_msec end = osm_clock_now(osm_clock_system()) + TEST_IPC_PATIENCE;
    bool whole;

    line.length = 0;
    for (;;) {
        ssize_t n = take(fd, &line, &whole);

        if (n == 0 || whole)
            return osm_buf_text(&line);
        if (n < 0 && errno != EAGAIN)
            return "RESET";
        if (n > 0)
            continue;
        if (osm_clock_now(osm_clock_system()) > end)
            fail_msg("no line within %d ms", (int)TEST_IPC_PATIENCE);
        test_ipc_turn(fd, POLLIN);
    }
}

void test_ipc_expect_line(int fd, const char *expected)
{
    assert_string_equal(test_ipc_read_line(fd), expected);
}

void test_ipc_expect_last_line(int fd, const char *expected)
{
    test_ipc_expect_line(fd, expected);
    test_ipc_expect_line(fd, "");
    close(fd);
}

/* --- set-up --------------------------------------------------------------------------------- */

void test_ipc_start_server(const char *endpoint)
{
    _cleanup_(osm_freep) char *path = osm_printf("%s/s", test_ipc.folder);
    _cleanup_(osm_freep) char *error = NULL;

    assert_int_equal(osm_address_parse(endpoint ? endpoint : path, &test_ipc.endpoint, &error), 0);
    test_ipc.config.endpoint = &test_ipc.endpoint;
    if (osm_ipc_server_new(&test_ipc.loop, NULL, &test_ipc.config, &test_ipc.server, &error) < 0)
        fail_msg("%s", error);
    test_ipc.stats = osm_ipc_server_stats(test_ipc.server);
}

void test_ipc_closed(void *context)
{
    assert_ptr_equal(context, &test_ipc);
    test_ipc.closed = true;
}

int test_ipc_setup(void **state)
{
    test_ipc = (struct test_ipc){.folder = "/tmp/osm-ipc-XXXXXX"};
    assert_non_null(mkdtemp(test_ipc.folder));
    assert_int_equal(uv_loop_init(&test_ipc.loop), 0);
    osm_ipc_config_init(&test_ipc.config);
    test_ipc.config.linger_timeout = 100;
    test_ipc.config.close_timeout = 100;
    osm_log_threshold = OSM_LOG_EMERGENCY;
    return 0;
}

void test_ipc_stop_server(void)
{
    osm_ipc_server_close(test_ipc.server, test_ipc_closed, &test_ipc);
    test_ipc_wait_until(test_ipc.closed);
    test_ipc_answer_all_held();
    assert_int_equal(test_ipc.stats->classic_open, 0);
    assert_int_equal(test_ipc.stats->persistent_open, 0);
    assert_int_equal(test_ipc.stats->lingering, 0);
    assert_int_equal(test_ipc.stats->unsent_bytes, 0);
    assert_int_equal(test_ipc.stats->in_flight, 0);
    test_ipc.server = osm_ipc_server_free(test_ipc.server);
}

int test_ipc_teardown(void **state)
{
    if (test_ipc.server)
        test_ipc_stop_server();
    uv_run(&test_ipc.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&test_ipc.loop), 0);
    return rmdir(test_ipc.folder);
}
