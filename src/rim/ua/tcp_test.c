/* SPDX-License-Identifier: MIT */
/* Connections on loopback sockets: connecting, refusal, names, bytes both ways, ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rim/ua/tcp.h"
#include "util/alloc.h"
#include "util/buf.h"

#define TURNS 100000 /* a name server that does not answer takes its time */

struct world {
    uv_loop_t uv;
    uv_timer_t tick;
    struct osm_tcp_hub *hub;
    uv_tcp_t listener;
    uv_tcp_t peer; /* the server's end */
    bool has_peer, deaf;
    int port;
    struct osm_buf heard; /* by the server */
    struct osm_transport *transport;
    unsigned connected, closed;
    struct osm_buf got;
    struct osm_stack_error error;
    uint64_t written;
};

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static void turn(struct world *world)
{
    uv_timer_start(&world->tick, on_tick, 1, 1);
    uv_run(&world->uv, UV_RUN_ONCE);
}

static void give(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    static char bytes[65536];

    (void)handle;
    (void)suggested;
    *buf = uv_buf_init(bytes, sizeof(bytes));
}

static void peer_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buf)
{
    struct world *world = stream->data;

    if (length > 0)
        osm_buf_add(&world->heard, buf->base, (size_t)length);
}

static void on_connection(uv_stream_t *server, int status)
{
    struct world *world = server->data;

    assert_int_equal(status, 0);
    if (world->has_peer)
        return; /* one is enough, the others stay in the queue */
    uv_tcp_init(&world->uv, &world->peer);
    world->peer.data = world;
    assert_int_equal(uv_accept(server, (uv_stream_t *)&world->peer), 0);
    world->has_peer = true;
    if (!world->deaf)
        uv_read_start((uv_stream_t *)&world->peer, give, peer_read);
}

static int setup(void **state)
{
    struct world *world = osm_alloc(sizeof(*world));
    struct sockaddr_in address;
    int length = sizeof(address);

    uv_loop_init(&world->uv);
    uv_timer_init(&world->uv, &world->tick);
    world->hub = osm_tcp_hub_new(&world->uv, &osm_lookup_threads);
    uv_tcp_init(&world->uv, &world->listener);
    world->listener.data = world;
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_bind(&world->listener, (struct sockaddr *)&address, 0);
    assert_int_equal(uv_listen((uv_stream_t *)&world->listener, 8, on_connection), 0);
    uv_tcp_getsockname(&world->listener, (struct sockaddr *)&address, &length);
    world->port = ntohs(address.sin_port);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;

    if (world->transport)
        (void)world->transport->ops->close(world->transport);
    if (!uv_is_closing((uv_handle_t *)&world->listener))
        uv_close((uv_handle_t *)&world->listener, NULL);
    if (world->has_peer && !uv_is_closing((uv_handle_t *)&world->peer))
        uv_close((uv_handle_t *)&world->peer, NULL);
    uv_close((uv_handle_t *)&world->tick, NULL);
    osm_tcp_hub_free(world->hub);
    uv_run(&world->uv, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->uv), 0);
    osm_buf_deinit(&world->heard);
    osm_buf_deinit(&world->got);
    free(world);
    return 0;
}

static void on_connected(void *context)
{
    struct world *world = context;

    world->connected++;
}

static void on_bytes(void *context, uint8_t *data, size_t length)
{
    struct world *world = context;

    osm_buf_add(&world->got, data, length);
}

static void on_closed(void *context, const struct osm_stack_error *error)
{
    struct world *world = context;

    world->closed++;
    world->error = *error;
    world->written = world->transport->ops->written(world->transport);
    world->transport = NULL;
}

static const struct osm_transport_events events = {on_connected, on_bytes, on_closed};

static void connect_to(struct world *world, const char *host, uint64_t limit)
{
    world->transport =
        osm_tcp_connect(world->hub, host, (uint16_t)world->port, limit, 30000, &events, world);
    assert_int_equal(world->connected + world->closed, 0); /* never from inside */
    for (int i = 0; i < TURNS && !world->connected && !world->closed; i++)
        turn(world);
}

static void send_bytes(struct world *world, const char *bytes, size_t length)
{
    uint8_t *room = world->transport->ops->reserve(world->transport, length);

    assert_non_null(room);
    memcpy(room, bytes, length);
    world->transport->ops->commit(world->transport, length);
}

static uint64_t let_go(struct world *world)
{
    struct osm_transport *transport = osm_steal(world->transport);

    return transport->ops->close(transport);
}

static void test_bytes_both_ways(void **state)
{
    struct world *world = *state;
    char text[] = "answer";
    uv_buf_t answer = uv_buf_init(text, 6);

    connect_to(world, "127.0.0.1", 5000);
    assert_int_equal(world->connected, 1);
    send_bytes(world, "one ", 4);
    send_bytes(world, "two", 3);
    assert_int_equal(world->transport->ops->queued(world->transport), 7);
    assert_int_equal(world->transport->ops->written(world->transport), 0); /* corked */
    for (int i = 0; i < TURNS && world->heard.length < 7; i++)
        turn(world);
    assert_memory_equal(world->heard.data, "one two", 7);
    assert_int_equal(world->transport->ops->written(world->transport), 7);
    world->transport->ops->pause(world->transport, true);
    uv_try_write((uv_stream_t *)&world->peer, &answer, 1);
    for (int i = 0; i < 5; i++)
        turn(world);
    assert_int_equal(world->got.length, 0);
    world->transport->ops->pause(world->transport, false);
    for (int i = 0; i < TURNS && world->got.length < 6; i++)
        turn(world);
    assert_memory_equal(world->got.data, "answer", 6);
    send_bytes(world, "bye", 3);
    assert_int_equal(let_go(world), 10);
}

static void test_name_with_addresses_of_both_families(void **state)
{
    struct world *world = *state;

    connect_to(world, "localhost", 5000);
    assert_int_equal(world->connected, 1); /* also when ::1 comes first and nobody listens there */
}

static void test_refusal_and_unknown_names(void **state)
{
    struct world *world = *state;
    char text[100];

    uv_close((uv_handle_t *)&world->listener, NULL);
    turn(world);
    connect_to(world, "127.0.0.1", 5000);
    (void)snprintf(text, sizeof(text),
                   "Failed to connect to 127.0.0.1:%d: [111] Connection refused", world->port);
    assert_int_equal(world->closed, 1);
    assert_string_equal(world->error.text, text);
    assert_int_equal(world->error.origin, OSM_ORIGIN_NETWORK);
    world->closed = 0;
    connect_to(world, "no.such.host.invalid", 0);
    assert_int_equal(world->closed, 1);
    (void)snprintf(text, sizeof(text),
                   "Failed to connect to no.such.host.invalid:%d: [0] php_network_getaddresses: "
                   "geta",
                   world->port);
    assert_memory_equal(world->error.text, text, strlen(text));
    assert_non_null(strstr(world->error.text, "for no.such.host.invalid failed: "));
}

static void test_the_other_side_hangs_up(void **state)
{
    struct world *world = *state;

    connect_to(world, "127.0.0.1", 5000);
    for (int i = 0; i < TURNS && !world->has_peer; i++)
        turn(world);
    uv_close((uv_handle_t *)&world->peer, NULL);
    for (int i = 0; i < TURNS && !world->closed; i++)
        turn(world);
    assert_int_equal(world->closed, 1);
    assert_string_equal(world->error.text, "Connection closed by remote");
    assert_int_equal(world->error.status, UA_STATUSCODE_BADCONNECTIONCLOSED);
}

/* The buffer of a connection that has sent all it had is the next one's. */
static void test_nothing_stays_of_what_was_sent(void **state)
{
    static const char secret[] = "the password of a user";
    struct world *world = *state;
    const uint8_t *room;

    connect_to(world, "127.0.0.1", 5000);
    for (int i = 0; i < 3; i++)
        send_bytes(world, secret, sizeof(secret));
    for (int i = 0; i < TURNS && world->heard.length < 3 * sizeof(secret); i++)
        turn(world);
    assert_non_null(memmem(world->heard.data, world->heard.length, secret, sizeof(secret)));
    room = world->transport->ops->reserve(world->transport, 500);
    assert_non_null(room);
    assert_null(memmem(room, 500, secret, sizeof(secret)));
}

/* Order and content, also when the buffer has to move. */
static void test_a_buffer_that_grows(void **state)
{
    struct world *world = *state;
    size_t size = 5000, sent = 0;
    char *bytes = osm_alloc(size);

    connect_to(world, "127.0.0.1", 5000);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(i * 31 % 251);
    for (size_t part = 1; sent < size; part = part * 2 + 1) {
        part = OSM_MIN(part, size - sent);
        send_bytes(world, bytes + sent, part);
        sent += part;
    }
    for (int i = 0; i < TURNS && world->heard.length < size; i++)
        turn(world);
    assert_int_equal(world->heard.length, size);
    assert_memory_equal(world->heard.data, bytes, size);
    free(bytes);
}

static void test_unsent_bytes_are_bounded(void **state)
{
    struct world *world = *state;
    size_t step = (size_t)1 << 20, sent = 0;
    char *bytes = osm_alloc(step);

    world->deaf = true;
    connect_to(world, "127.0.0.1", 5000);
    while (world->transport->ops->reserve(world->transport, step) && sent < 128 * step) {
        send_bytes(world, bytes, step);
        sent += step;
        turn(world);
    }
    assert_true(sent >= OSM_TCP_UNSENT_BYTES);
    assert_true(sent < 128 * step); /* what the sockets hold and the bound */
    assert_int_equal(world->transport->ops->queued(world->transport), sent);
    assert_true(sent - world->transport->ops->written(world->transport) <= OSM_TCP_UNSENT_BYTES);
    free(bytes);
}

static void test_one_server_does_not_take_the_whole_turn(void **state)
{
    struct world *world = *state;
    size_t size = (size_t)3 << 20, before = 0, most = 0;
    char *bytes = osm_alloc(size);
    uv_buf_t flood = uv_buf_init(bytes, (unsigned)size);
    uv_write_t write;

    connect_to(world, "127.0.0.1", 5000);
    for (int i = 0; i < TURNS && !world->has_peer; i++)
        turn(world);
    assert_int_equal(uv_write(&write, (uv_stream_t *)&world->peer, &flood, 1, NULL), 0);
    for (int i = 0; i < TURNS && world->got.length < size; i++) {
        before = world->got.length;
        turn(world);
        most = OSM_MAX(most, world->got.length - before);
    }
    assert_int_equal(world->got.length, size);
    assert_true(most <= (size_t)320 * 1024);
    free(bytes);
}

static void test_owner_goes_at_any_time(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < 4; i++) {
        world->transport = osm_tcp_connect(world->hub, i & 1 ? "localhost" : "127.0.0.1",
                                           (uint16_t)world->port, 5000, 0, &events, world);
        for (int j = 0; j < i / 2; j++)
            turn(world);
        (void)let_go(world);
    }
}

static void test_a_socket_of_ours_is_taken_over(void **state)
{
    struct world *world = *state;
    int ends[2];
    char got[3];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    world->transport = osm_tcp_adopt(world->hub, ends[0], 0, &events, world);
    assert_int_equal(world->connected, 0);
    for (int i = 0; i < TURNS && !world->connected; i++)
        turn(world);
    assert_int_equal(world->connected, 1);
    send_bytes(world, "hey", 3);
    turn(world);
    assert_int_equal(recv(ends[1], got, 3, 0), 3);
    shutdown(ends[1], SHUT_RDWR);
    for (int i = 0; i < TURNS && !world->closed; i++)
        turn(world);
    assert_int_equal(world->closed, 1);
    assert_int_equal(world->written, 3);
    (void)close(ends[1]);
}

#define test_case(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_case(test_bytes_both_ways),
        test_case(test_nothing_stays_of_what_was_sent),
        test_case(test_a_buffer_that_grows),
        test_case(test_name_with_addresses_of_both_families),
        test_case(test_refusal_and_unknown_names),
        test_case(test_the_other_side_hangs_up),
        test_case(test_unsent_bytes_are_bounded),
        test_case(test_one_server_does_not_take_the_whole_turn),
        test_case(test_owner_goes_at_any_time),
        test_case(test_a_socket_of_ours_is_taken_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
