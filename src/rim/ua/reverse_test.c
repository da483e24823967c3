/* SPDX-License-Identifier: MIT */
/* Servers that connect to us, on loopback sockets: what they say, who gets them, who is refused,
 * and what is counted. The clock is set on by hand where deadlines matter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rim/io/loop.h"
#include "rim/ua/framing.h"
#include "rim/ua/reverse.h"
#include "util/alloc.h"
#include "util/buf.h"

#define TURNS 10000
#define URL "opc.tcp://plant:4840"
#define URI "urn:plant"

struct world {
    uv_loop_t uv;
    uv_timer_t tick;
    struct osm_io_loop io;
    struct osm_clock real;
    osm_msec ahead; /* of the real clock */
    struct osm_stack stack;
    struct osm_tcp_hub *hub;
    struct osm_reverse *reverse;
    const struct osm_reverse_stats *stats;
    uint16_t port;
    unsigned told, failed;
    struct osm_transport *transport;
    struct osm_stack_error error;
    bool gone;
};

static osm_msec later_now(void *context)
{
    const struct world *world = context;

    return osm_clock_now(&world->real) + world->ahead;
}

static void on_tick(uv_timer_t *timer)
{
}

static void turn(struct world *world)
{
    uv_timer_start(&world->tick, on_tick, 1, 1);
    uv_run(&world->uv, UV_RUN_ONCE);
}

static void until(struct world *world, const uint64_t *counter, uint64_t value)
{
    for (int i = 0; i < TURNS && *counter != value; i++)
        turn(world);
    assert_int_equal(*counter, value);
}

static struct world *begin(char *const *allowed)
{
    struct world *world = osm_alloc(sizeof(*world));
    struct osm_address address;
    char *error = NULL;

    uv_loop_init(&world->uv);
    uv_timer_init(&world->uv, &world->tick);
    osm_io_loop_init(&world->io, &world->uv);
    world->real = world->io.clock;
    world->io.clock.monotonic = later_now;
    world->io.clock.context = world;
    osm_stack_init(&world->stack, &world->io.loop);
    world->hub = osm_tcp_hub_new(&world->uv, &osm_lookup_threads);
    assert_int_equal(osm_address_parse_tcp("tcp://127.0.0.1:0", &address, &error), 0);
    assert_int_equal(osm_reverse_new(&world->uv, &world->stack, world->hub, &address, allowed,
                                     &world->reverse, &error),
                     0);
    world->stats = osm_reverse_stats(world->reverse);
    world->port = (uint16_t)strtol(strrchr(osm_reverse_uri(world->reverse), ':') + 1, NULL, 10);
    return world;
}

static void let_go(void *context)
{
    ((struct world *)context)->gone = true;
}

static void end(struct world *world)
{
    if (world->transport)
        (void)world->transport->ops->close(world->transport);
    osm_reverse_free(world->reverse, let_go, world);
    for (int i = 0; i < TURNS && !world->gone; i++)
        turn(world);
    assert_true(world->gone);
    uv_close((uv_handle_t *)&world->tick, NULL);
    osm_tcp_hub_free(world->hub);
    osm_stack_deinit(&world->stack);
    uv_run(&world->uv, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->uv), 0);
    free(world);
}

/* --- the server's side --------------------------------------------------------------------- */

static int dial(struct world *world)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(world->port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void add_text(struct osm_buf *out, const char *text, size_t length)
{
    uint8_t size[4];

    osm_framing_put_u32(size, (uint32_t)length);
    osm_buf_add(out, size, sizeof(size));
    osm_buf_add(out, text, length);
}

static struct osm_buf hello(const char *uri, const char *url)
{
    struct osm_buf out = {0};

    osm_buf_add(&out, "RHEF....", 8);
    add_text(&out, uri, strlen(uri));
    add_text(&out, url, strlen(url));
    osm_framing_put_u32((uint8_t *)out.data + 4, (uint32_t)out.length);
    return out;
}

static void say(int fd, const void *bytes, size_t length)
{
    assert_int_equal(send(fd, bytes, length, MSG_NOSIGNAL), length);
}

static int come(struct world *world, const char *uri, const char *url)
{
    _cleanup_(osm_buf_deinit) struct osm_buf said = hello(uri, url);
    int fd = dial(world);

    say(fd, said.data, said.length);
    return fd;
}

/* We have closed it. */
static void is_closed(struct world *world, int fd)
{
    char byte;
    ssize_t n = -1;

    for (int i = 0; i < TURNS; i++) {
        n = recv(fd, &byte, 1, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            break;
        turn(world);
    }
    assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
    close(fd);
}

/* --- our side ------------------------------------------------------------------------------ */

static void on_told(void *context, struct osm_transport *transport,
                    const struct osm_stack_error *error)
{
    struct world *world = context;

    if (!transport) {
        world->failed++;
        world->error = *error;
        return;
    }
    world->told++;
    if (world->transport)
        (void)world->transport->ops->close(world->transport);
    world->transport = transport;
}

static struct osm_reverse_wait *wait_for_plant(struct world *world)
{
    return osm_reverse_wait(world->reverse, URL, 60000, on_told, world);
}

/* --- tests --------------------------------------------------------------------------------- */

static void test_whole_hello_is_handed_to_who_waits(void **state)
{
    struct world *world = begin(NULL);
    int fd;

    wait_for_plant(world);
    assert_int_equal(world->stats->waiting, 1);
    fd = come(world, URI, URL);
    until(world, &world->stats->handed_over, 1);
    assert_int_equal(world->told, 1);
    assert_int_equal(world->stats->accepted, 1);
    assert_int_equal(world->stats->waiting + world->stats->sockets, 0);
    close(fd);
    end(world);
}

static void test_hello_byte_by_byte(void **state)
{
    struct world *world = begin(NULL);
    _cleanup_(osm_buf_deinit) struct osm_buf said = hello(URI, URL "/");
    int fd = dial(world);

    wait_for_plant(world);
    until(world, &world->stats->accepted, 1);
    for (size_t i = 0; i < said.length; i++) {
        assert_int_equal(world->told, 0);
        say(fd, said.data + i, 1);
        turn(world);
    }
    until(world, &world->stats->handed_over, 1);
    close(fd);
    end(world);
}

static void test_kept_until_somebody_waits(void **state)
{
    struct world *world = begin(NULL);
    int fd = come(world, URI, URL);

    until(world, &world->stats->accepted, 1);
    for (int i = 0; i < 20; i++)
        turn(world);
    assert_int_equal(world->stats->sockets, 1);
    wait_for_plant(world);
    assert_int_equal(world->told, 0); /* never from inside */
    until(world, &world->stats->handed_over, 1);
    close(fd);
    end(world);
}

static void test_other_endpoint_is_nobodys(void **state)
{
    struct world *world = begin(NULL);
    struct osm_reverse_wait *wait = wait_for_plant(world);
    int other = come(world, URI, "opc.tcp://plant:4841"), fd;

    until(world, &world->stats->accepted, 1);
    fd = come(world, URI, "OPC.TCP://PLANT");
    until(world, &world->stats->handed_over, 1);
    (void)wait; /* over */
    assert_int_equal(world->stats->sockets, 1);
    close(other);
    until(world, &world->stats->vanished, 1);
    assert_int_equal(world->stats->sockets, 0);
    close(fd);
    end(world);
}

static void refused(const void *bytes, size_t length)
{
    struct world *world = begin(NULL);
    int fd = dial(world);

    say(fd, bytes, length);
    is_closed(world, fd);
    assert_int_equal(world->stats->malformed, 1);
    assert_int_equal(world->stats->sockets, 0);
    end(world);
}

static void test_malformed(void **state)
{
    static const char *const urls[] = {"",
                                       "plant",
                                       "opc.tcp://plant:99999",
                                       "opc.tcp://",
                                       "plant:4840",
                                       "opc.https://plant:4840",
                                       "opc.tcp:plant:4840"};
    _cleanup_(osm_buf_deinit) struct osm_buf large = {0};
    char long_url[5000];

    refused("HELF\x08\0\0\0", 8);
    refused("RHEF\x08\0\0\0", 8);
    refused("RHEC\x10\0\0\0\0\0\0\0\0\0\0\0", 16);
    refused("GET / HTTP/1.1\r\n\r\n", 18);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(urls); i++) {
        _cleanup_(osm_buf_deinit) struct osm_buf said = hello(URI, urls[i]);

        refused(said.data, said.length);
    }
    memset(long_url, 'x', sizeof(long_url) - 1);
    long_url[sizeof(long_url) - 1] = '\0';
    memcpy(long_url, "opc.tcp://", 10);
    large = hello(URI, long_url);
    refused(large.data, large.length); /* within 8208 bytes, but the URL is not within 4096 */
    refused("RHEF\x11\x20\0\0", 8);    /* 8209 */
}

static void test_text_behind_its_end(void **state)
{
    _cleanup_(osm_buf_deinit) struct osm_buf said = hello(URI, URL);

    osm_framing_put_u32((uint8_t *)said.data + 8, 1000);
    refused(said.data, said.length);
}

static void test_zero_in_the_url(void **state)
{
    _cleanup_(osm_buf_deinit) struct osm_buf said = hello(URI, URL "/path");

    memset(memmem(said.data, said.length, "/path", 5), 0, 1);
    refused(said.data, said.length);
}

static void test_only_who_is_allowed(void **state)
{
    char *const allowed[] = {(char *)(uintptr_t)URI, (char *)(uintptr_t) "opc.tcp://mill:4841/",
                             NULL};
    struct world *world = begin(allowed);
    int fds[2];

    is_closed(world, come(world, "urn:stranger", URL));
    is_closed(world, come(world, "urn:plan", "opc.tcp://mill:4842"));
    assert_int_equal(world->stats->not_allowed, 2);
    fds[0] = come(world, URI, URL);
    fds[1] = come(world, "urn:stranger", "opc.tcp://MILL:4841");
    until(world, &world->stats->accepted, 4);
    for (int i = 0; i < 20; i++)
        turn(world);
    assert_int_equal(world->stats->sockets, 2);
    assert_int_equal(world->stats->not_allowed, 2);
    close(fds[0]);
    close(fds[1]);
    end(world);
}

static void test_goes_on_before_our_hello(void **state)
{
    struct world *world = begin(NULL);
    _cleanup_(osm_buf_deinit) struct osm_buf said = hello(URI, URL);
    int fd = come(world, URI, URL), behind;

    until(world, &world->stats->accepted, 1);
    for (int i = 0; i < 20; i++)
        turn(world);
    say(fd, "x", 1);
    is_closed(world, fd);
    assert_int_equal(world->stats->impatient, 1);
    behind = dial(world);
    osm_buf_add_byte(&said, 'x'); /* in one piece with the ReverseHello */
    say(behind, said.data, said.length);
    is_closed(world, behind);
    assert_int_equal(world->stats->impatient + world->stats->malformed, 2);
    end(world);
}

static void test_silent_and_unwanted_ones_go(void **state)
{
    struct world *world = begin(NULL);
    int silent = dial(world), kept = come(world, URI, URL), last;

    until(world, &world->stats->accepted, 2);
    for (int i = 0; i < 20; i++)
        turn(world);
    world->ahead += OSM_REVERSE_HELLO_MS;
    last = dial(world); /* has the deadlines looked at again */
    is_closed(world, silent);
    assert_int_equal(world->stats->late, 1);
    assert_int_equal(world->stats->sockets, 2);
    close(last);
    until(world, &world->stats->vanished, 1);
    world->ahead += OSM_REVERSE_KEPT_MS;
    last = dial(world);
    is_closed(world, kept);
    assert_int_equal(world->stats->expired, 1);
    close(last);
    end(world);
}

static void test_nobody_comes(void **state)
{
    struct world *world = begin(NULL);

    osm_reverse_wait(world->reverse, URL, 1, on_told, world);
    until(world, &world->stats->unserved, 1);
    assert_int_equal(world->failed, 1);
    assert_int_equal(world->stats->waiting, 0);
    assert_int_equal(world->error.origin, OSM_ORIGIN_NETWORK);
    assert_non_null(strstr(world->error.text, "No server has connected for " URL " within 0.001 s; "
                                              "reverse connect listens on tcp://127.0.0.1:"));
    end(world);
}

static void test_cancelled_wait_is_not_told(void **state)
{
    struct world *world = begin(NULL);
    struct osm_reverse_wait *wait = wait_for_plant(world);
    int fd;

    osm_reverse_cancel(wait);
    osm_reverse_cancel(NULL);
    assert_int_equal(world->stats->waiting, 0);
    fd = come(world, URI, URL);
    until(world, &world->stats->accepted, 1);
    for (int i = 0; i < 20; i++)
        turn(world);
    assert_int_equal(world->told + world->failed, 0);
    close(fd);
    end(world);
}

static void test_who_waits_first_gets_the_first(void **state)
{
    struct world *world = begin(NULL);
    int fds[3];

    for (int i = 0; i < 3; i++)
        wait_for_plant(world);
    for (int i = 0; i < 3; i++) {
        fds[i] = come(world, URI, URL);
        until(world, &world->stats->handed_over, (uint64_t)i + 1);
        assert_int_equal(world->stats->waiting, 2 - i);
    }
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    end(world);
}

static void test_bounds(void **state)
{
    struct world *world = begin(NULL);
    int same[OSM_REVERSE_KEPT + 1], silent[OSM_REVERSE_SOCKETS + 1];

    for (int i = 0; i <= OSM_REVERSE_KEPT; i++)
        same[i] = come(world, URI, URL);
    is_closed(world, same[0]);
    assert_int_equal(world->stats->surplus, 1);
    for (int i = 1; i <= OSM_REVERSE_KEPT; i++)
        close(same[i]);
    until(world, &world->stats->vanished, OSM_REVERSE_KEPT);
    for (uint64_t i = 0; i <= OSM_REVERSE_SOCKETS; i++) {
        silent[i] = dial(world);
        until(world, &world->stats->accepted, OSM_REVERSE_KEPT + 2 + i);
    }
    is_closed(world, silent[0]);
    assert_int_equal(world->stats->crowded, 1);
    assert_int_equal(world->stats->sockets, OSM_REVERSE_SOCKETS);
    for (int i = 1; i <= OSM_REVERSE_SOCKETS; i++)
        close(silent[i]);
    end(world);
}

static void test_closed_while_servers_wait(void **state)
{
    struct world *world = begin(NULL);
    int kept = come(world, URI, URL), silent = dial(world);
    char byte;

    until(world, &world->stats->accepted, 2);
    for (int i = 0; i < 20; i++)
        turn(world);
    end(world);
    assert_int_equal(recv(kept, &byte, 1, 0), 0);
    assert_int_equal(recv(silent, &byte, 1, 0), 0);
    close(kept);
    close(silent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_hello_is_handed_to_who_waits),
        cmocka_unit_test(test_hello_byte_by_byte),
        cmocka_unit_test(test_kept_until_somebody_waits),
        cmocka_unit_test(test_other_endpoint_is_nobodys),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_text_behind_its_end),
        cmocka_unit_test(test_zero_in_the_url),
        cmocka_unit_test(test_only_who_is_allowed),
        cmocka_unit_test(test_goes_on_before_our_hello),
        cmocka_unit_test(test_silent_and_unwanted_ones_go),
        cmocka_unit_test(test_nobody_comes),
        cmocka_unit_test(test_cancelled_wait_is_not_told),
        cmocka_unit_test(test_who_waits_first_gets_the_first),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_closed_while_servers_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
