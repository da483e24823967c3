/* SPDX-License-Identifier: MIT */
/* A server on a real loop, and clients that say what they like on bare sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin/http/http_internal.h"
#include "util/alloc.h"
#include "util/fd.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n"
#define PIECES 1500 /* more than sockets take */
#define CLOSE "Connection: close\r\n\r\n"
#define WITH(token) "Authorization: Bearer " token "\r\n"

static struct {
    uv_loop_t loop;
    struct osm_http_server *server;
    osm_msec now;
    struct osm_clock clock;
    struct osm_http_exchange *late, *events;
    unsigned gone, ended, said;
    bool needs_token;
} world;

/* --- what is served ------------------------------------------------------------------------ */

static void serve_hello(struct osm_http_exchange *exchange, void *context)
{
    struct osm_buf body = {0};

    assert_ptr_equal(context, &world);
    osm_buf_add_text(&body, "hello you");
    osm_http_answer(exchange, 200, "text/plain", &body);
}

static void serve_file(struct osm_http_exchange *exchange, void *context)
{
    static const char file[] = "file";

    (void)context;
    assert_string_equal(osm_http_rest(exchange), "page.css");
    osm_http_answer_static(exchange, "text/css", file, sizeof(file) - 1);
}

static void serve_echo(struct osm_http_exchange *exchange, void *context)
{
    struct osm_buf body = {0};

    (void)context;
    osm_buf_add(&body, osm_http_body(exchange)->data, osm_http_body(exchange)->length);
    osm_http_answer(exchange, 200, "text/plain", &body);
}

static void on_gone(void *context)
{
    assert_ptr_equal(context, &world);
    world.gone++;
    world.late = NULL;
}

static void serve_late(struct osm_http_exchange *exchange, void *context)
{
    world.late = exchange;
    osm_http_on_gone(exchange, on_gone, context);
}

static enum osm_http_next say(void *context, struct osm_buf *out, size_t room)
{
    (void)context;
    assert_int_equal(room, OSM_HTTP_PIECE);
    if (!world.said)
        return OSM_HTTP_WAIT;
    world.said--;
    osm_buf_add_text(out, "data: x\n\n");
    return OSM_HTTP_MORE;
}

static void on_ended(void *context)
{
    (void)context;
    world.ended++;
    world.events = NULL;
}

static void serve_events(struct osm_http_exchange *exchange, void *context)
{
    static const struct osm_http_stream stream = {say, on_ended, ":\n\n"};

    world.events = exchange;
    osm_http_stream(exchange, "text/event-stream", &stream, context);
}

static enum osm_http_next fill_a_lot(void *context, struct osm_buf *out, size_t room)
{
    (void)context;
    memset(osm_buf_reserve(out, room), 'x', room);
    osm_buf_commit(out, room);
    return ++world.said == PIECES ? OSM_HTTP_END : OSM_HTTP_MORE;
}

static void serve_much(struct osm_http_exchange *exchange, void *context)
{
    static const struct osm_http_stream stream = {fill_a_lot, on_ended, NULL};

    osm_http_stream(exchange, "text/plain", &stream, context);
}

static const struct osm_http_route rows[] = {
    {OSM_HTTP_GET, "/", OSM_HTTP_ANYBODY, serve_hello, "greets"},
    {OSM_HTTP_GET, "/read", OSM_HTTP_ROLE_READ, serve_hello, "greets readers"},
    {OSM_HTTP_POST, "/write", OSM_HTTP_ROLE_WRITE, serve_echo, "says it again"},
    {OSM_HTTP_GET, "/static/", OSM_HTTP_ANYBODY, serve_file, "files"},
    {OSM_HTTP_GET, "/late", OSM_HTTP_ANYBODY, serve_late, "takes its time"},
    {OSM_HTTP_GET, "/events", OSM_HTTP_ANYBODY, serve_events, "goes on"},
    {OSM_HTTP_GET, "/much", OSM_HTTP_ANYBODY, serve_much, "is long"},
};
static struct osm_http_routes routes = {rows, OSM_ARRAY_SIZE(rows), &world, NULL, NULL};

/* --- the world ----------------------------------------------------------------------------- */

static struct osm_grant *reader;

static bool identify(void *context, const char *token, size_t length, struct osm_grant **grant)
{
    (void)context;
    *grant = NULL;
    if (!world.needs_token)
        return true;
    if (length == 4 && memcmp(token, "read", 4) == 0)
        *grant = reader;
    return *grant || (length == 3 && memcmp(token, "all", 3) == 0);
}

static osm_msec now(void *context)
{
    (void)context;
    return world.now;
}

static int setup(void **state)
{
    struct osm_address endpoint;
    struct osm_http_config config;
    char *error = NULL;

    (void)state;
    memset(&world, 0, sizeof(world));
    world.now = 1;
    world.clock = (struct osm_clock){.monotonic = now};
    reader = osm_grant_new(1, &(struct osm_grant_terms){.role = OSM_ROLE_READ});
    osm_http_config_init(&config);
    config.endpoint = &endpoint;
    config.name = "test";
    config.identify = identify;
    config.max_connections = 8;
    config.max_per_address = 6;
    config.clock = &world.clock;
    if (uv_loop_init(&world.loop) < 0 ||
        osm_address_parse("tcp://127.0.0.1:0", &endpoint, &error) < 0 ||
        osm_http_server_new(&world.loop, &config, &world.server, &error) < 0)
        return -1;
    osm_http_server_add(world.server, &routes);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    osm_http_server_free(world.server);
    uv_run(&world.loop, UV_RUN_DEFAULT);
    routes.prev = routes.next = NULL;
    osm_grant_unref(reader);
    return uv_loop_close(&world.loop);
}

static int dial(const char *request)
{
    const struct osm_address *to = osm_http_server_endpoint(world.server);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to->address, to->address_length), 0);
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    return fd;
}

/* Lets the loop do what there is to do, then waits a little for more, for it or at `fd`. */
static void turn_with(int fd)
{
    struct pollfd ends[] = {{fd, POLLIN, 0}, {uv_backend_fd(&world.loop), POLLIN, 0}};

    uv_run(&world.loop, UV_RUN_NOWAIT);
    (void)poll(ends, OSM_ARRAY_SIZE(ends), 1); /* lint: allow poll – a test turns the loop itself */
}

/* Lets the loop run until `found` has come, or the end (NULL); all that came. */
static char *hear(int fd, const char *found)
{
    struct osm_buf heard = {0};
    ssize_t size;

    for (;;) {
        char *to = osm_buf_reserve(&heard, 4096);

        size = recv(fd, to, 4096, MSG_DONTWAIT);
        if (size == 0 || (size < 0 && errno != EAGAIN))
            break;
        if (size > 0)
            osm_buf_commit(&heard, (size_t)size);
        if (found && strstr(osm_buf_text(&heard), found))
            break;
        turn_with(fd);
    }
    (void)osm_buf_text(&heard);
    return heard.data;
}

/* The whole answer to a request after which the connection is closed begins and ends so. */
static void expect(const char *request, const char *status, const char *end)
{
    _cleanup_(osm_close_fd) int fd = dial(request);
    _cleanup_(osm_freep) char *heard = hear(fd, NULL);
    size_t length = strlen(heard);

    if (strncmp(heard, "HTTP/1.1 ", 9) != 0 || strncmp(heard + 9, status, strlen(status)) != 0 ||
        length < strlen(end) || strcmp(heard + length - strlen(end), end) != 0)
        fail_msg("%s: %s", request, heard);
}

static void turn(unsigned times)
{
    while (times--)
        uv_run(&world.loop, UV_RUN_NOWAIT);
}

static void advance(osm_msec milliseconds)
{
    world.now += milliseconds;
    osm_deadlines_sweep(&world.server->deadlines);
    turn(5);
}

/* --- requests ------------------------------------------------------------------------------ */

static void test_answers(void **state)
{
    (void)state;
    expect(GET("/") CLOSE, "200", "\r\n\r\nhello you");
    expect(GET("/?name=a%20b") CLOSE, "200", "hello you");
    expect(GET("/?name=a%00b") CLOSE, "200", "hello you");
    expect("HEAD / HTTP/1.1\r\nHost: localhost\r\n" CLOSE, "200", "\r\n\r\n");
    expect(GET("/static/page.css") CLOSE, "200", "file");
    expect("POST /write HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n" CLOSE "abc", "200",
           "\r\n\r\nabc");
}

static void test_refusals(void **state)
{
    (void)state;
    expect(GET("/nothing") CLOSE, "404", "}\n");
    expect(GET("/reading") CLOSE, "404", "}\n");
    expect(GET("/static/../read") CLOSE, "404", "}\n");
    expect(GET("/static/%2e%2e/read") CLOSE, "404", "}\n");
    expect(GET("http://localhost/read") CLOSE, "404", "}\n");
    expect("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n" CLOSE, "405", "}\n");
    expect("BREW / HTTP/1.1\r\nHost: localhost\r\n" CLOSE, "405", "}\n");
    expect(GET("/write") CLOSE, "405", "}\n");
    expect("GET / HTTP/1.1\r\n" CLOSE, "400", "");
    expect("GET / HTTP/1.1\r\nHost: evil.org\r\n" CLOSE, "421", "}\n");
    expect("POST /write HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.org\r\n" CLOSE, "403",
           "}\n");
    expect("POST /write HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65537\r\n" CLOSE, "413",
           "}\n");
    assert_true(osm_http_server_stats(world.server)->failures >= 11);
}

/* Where no token is needed any text is as good as none, and proves nothing. */
static void test_foreign_pages_bring_a_token(void **state)
{
    (void)state;
    expect(GET("/read") WITH("all") CLOSE, "200", "hello you");
    expect("GET /read HTTP/1.1\r\nHost: evil.org\r\n" CLOSE, "421", "}\n");
    expect("GET /read HTTP/1.1\r\nHost: evil.org\r\n" WITH("x") CLOSE, "421", "}\n");
    expect("GET /read HTTP/1.1\r\nHost: evil.org\r\nCookie: osm_token=x\r\n" CLOSE, "421", "}\n");
}

static void test_allow_and_headers(void **state)
{
    _cleanup_(osm_close_fd) int fd = dial("DELETE /write HTTP/1.1\r\nHost: localhost\r\n" CLOSE);
    _cleanup_(osm_freep) char *heard = hear(fd, NULL);

    (void)state;
    assert_non_null(strstr(heard, "\r\nAllow: POST\r\n"));
    assert_non_null(strstr(heard, "\r\nX-Content-Type-Options: nosniff\r\n"));
    assert_non_null(strstr(heard, "\r\nContent-Security-Policy: default-src 'none'"));
    assert_non_null(strstr(heard, "\r\nCache-Control: no-store\r\n"));
}

/* Who has a wrong token waits a second for being told so. */
static void expect_late(const char *request)
{
    const uint64_t failures = osm_http_server_stats(world.server)->auth_failures;
    _cleanup_(osm_close_fd) int fd = dial(request);
    _cleanup_(osm_freep) char *heard = NULL;
    char byte;

    while (osm_http_server_stats(world.server)->auth_failures == failures)
        turn(1);
    turn(5);
    advance(999);
    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
    advance(1);
    heard = hear(fd, NULL);
    assert_memory_equal(heard, "HTTP/1.1 401", 12);
}

static void test_tokens(void **state)
{
    (void)state;
    world.needs_token = true;
    expect(GET("/") CLOSE, "200", "hello you");
    expect(GET("/read") CLOSE, "401", "}\n");
    expect_late(GET("/read") WITH("rea") CLOSE);
    expect_late("POST /write HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n" WITH("rea") CLOSE
                "a");
    expect(GET("/read") WITH("read") CLOSE, "200", "hello you");
    expect(GET("/read") "Cookie: a=b; osm_token=read\r\n" CLOSE, "200", "hello you");
    expect("GET /read HTTP/1.1\r\nHost: proxy.plant\r\n" WITH("all") CLOSE, "200", "hello you");
    expect("POST /write HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n" WITH("read") CLOSE
           "a",
           "403", "}\n");
    expect("POST /write HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n" WITH("all") CLOSE "a",
           "200", "\r\n\r\na");
    assert_int_equal(osm_http_server_stats(world.server)->auth_failures, 3);
}

static void test_pipelines(void **state)
{
    _cleanup_(osm_close_fd) int fd =
        dial(GET("/?name=1") "\r\n" GET("/nothing") "\r\n" GET("/static/page.css") CLOSE);
    _cleanup_(osm_freep) char *heard = hear(fd, NULL);
    const char *first = strstr(heard, "hello you"), *second = strstr(heard, " 404 ");

    (void)state;
    assert_non_null(first);
    assert_true(second > first);
    assert_true(strstr(heard, "\r\n\r\nfile") > second);
}

static void test_long_headers(void **state)
{
    static char request[32768];
    int length = snprintf(request, sizeof(request), "%s", GET("/") "X-Long: ");

    (void)state;
    memset(request + length, 'x', sizeof(request) - 8 - (size_t)length);
    memcpy(request + sizeof(request) - 8, "\r\n\r\n", 5);
    expect(request, "431", "");
}

/* --- later --------------------------------------------------------------------------------- */

static void test_late_answers(void **state)
{
    _cleanup_(osm_close_fd) int fd = dial(GET("/late") CLOSE);
    _cleanup_(osm_freep) char *heard = NULL;
    struct osm_buf body = {0};

    (void)state;
    while (!world.late)
        uv_run(&world.loop, UV_RUN_NOWAIT);
    osm_buf_add_text(&body, "at last");
    osm_http_answer(world.late, 200, "text/plain", &body);
    heard = hear(fd, NULL);
    assert_non_null(strstr(heard, "\r\n\r\nat last"));
    assert_int_equal(world.gone, 0);
}

static void test_too_late_answers(void **state)
{
    _cleanup_(osm_close_fd) int fd = dial(GET("/late") CLOSE);
    _cleanup_(osm_freep) char *heard = NULL;

    (void)state;
    while (!world.late)
        uv_run(&world.loop, UV_RUN_NOWAIT);
    advance(30000);
    assert_int_equal(world.gone, 1);
    heard = hear(fd, NULL);
    assert_non_null(strstr(heard, " 504 "));
}

static void test_events(void **state)
{
    _cleanup_(osm_close_fd) int fd = dial(GET("/events") "\r\n");
    char *heard = hear(fd, "\r\n\r\n");

    (void)state;
    assert_non_null(strstr(heard, "text/event-stream"));
    free(heard);
    world.said = 1;
    osm_http_wake(world.events);
    free(hear(fd, "data: x\n\n"));
    advance(15000); /* nothing to say */
    free(hear(fd, ":\n\n"));
    advance(60000); /* longer than a request may take */
    free(hear(fd, ":\n\n"));
    assert_int_equal(osm_http_server_stats(world.server)->streaming, 1);
    assert_int_equal(world.ended, 0);
    shutdown(fd, SHUT_RDWR);
    close(fd);
    fd = -1;
    for (unsigned i = 0; i < 3 && !world.ended; i++)
        advance(15000);
    assert_int_equal(world.ended, 1);
    assert_int_equal(osm_http_server_stats(world.server)->streaming, 0);
}

static void test_slow_readers_cost_a_piece(void **state)
{
    _cleanup_(osm_close_fd) int fd = dial(GET("/much") CLOSE);
    _cleanup_(osm_freep) char *heard = NULL;

    (void)state;
    turn(5 * PIECES);
    assert_true(world.said < PIECES); /* the rest is not made before somebody takes it */
    heard = hear(fd, NULL);
    assert_true(strlen(heard) > PIECES * OSM_HTTP_PIECE);
    assert_int_equal(world.ended, 1);
    assert_int_equal(world.said, PIECES);
}

static void test_end_with_all_kinds(void **state)
{
    _cleanup_(osm_close_fd) int late = dial(GET("/late") CLOSE);
    _cleanup_(osm_close_fd) int events = dial(GET("/events") CLOSE);
    _cleanup_(osm_close_fd) int half = dial("GET / HT");

    (void)state;
    (void)half;
    while (!world.late || !world.events)
        uv_run(&world.loop, UV_RUN_NOWAIT);
    /* The rest is the tear-down's, which must not find handles or memory left. */
}

/* --- too many ------------------------------------------------------------------------------ */

static void test_silent_ones_make_room(void **state)
{
    int silent[20];

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(silent); i++) {
        silent[i] = dial("GET / HT");
        turn(2);
    }
    assert_true(osm_http_server_stats(world.server)->open <= 6);
    expect(GET("/") CLOSE, "200", "hello you");
    assert_true(osm_http_server_stats(world.server)->evicted >= 14);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(silent); i++)
        close(silent[i]);
}

static void test_busy_ones_do_not(void **state)
{
    int busy[6];

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(busy); i++) {
        busy[i] = dial(GET("/events") CLOSE);
        free(hear(busy[i], "\r\n\r\n"));
    }
    {
        _cleanup_(osm_close_fd) int fd = dial("");
        _cleanup_(osm_freep) char *heard = hear(fd, NULL);

        assert_string_equal(heard, "");
    }
    assert_int_equal(osm_http_server_stats(world.server)->refused, 1);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(busy); i++)
        close(busy[i]);
}

static void test_silent_ones_are_closed(void **state)
{
    _cleanup_(osm_close_fd) int fd = dial("GET / HT");
    _cleanup_(osm_freep) char *heard = NULL;

    (void)state;
    while (!osm_http_server_stats(world.server)->open)
        uv_run(&world.loop, UV_RUN_NOWAIT);
    advance(30000);
    heard = hear(fd, NULL);
    assert_string_equal(heard, "");
    assert_int_equal(osm_http_server_stats(world.server)->timeouts, 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_answers),
        TEST(test_refusals),
        TEST(test_foreign_pages_bring_a_token),
        TEST(test_allow_and_headers),
        TEST(test_tokens),
        TEST(test_pipelines),
        TEST(test_long_headers),
        TEST(test_late_answers),
        TEST(test_too_late_answers),
        TEST(test_events),
        TEST(test_slow_readers_cost_a_piece),
        TEST(test_end_with_all_kinds),
        TEST(test_silent_ones_make_room),
        TEST(test_busy_ones_do_not),
        TEST(test_silent_ones_are_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
