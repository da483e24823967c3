/* SPDX-License-Identifier: MIT */
/* Names from a hosts file and a name server of the test's own, in the loop's thread alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/names.h"
#include "util/macros.h"

/* ---- in the place of libc's: files c-ares reads, and the way to port 53 -----------------------
 */

static uint16_t server_port;

/* The names of the parameters are libc's own. */
FILE *fopen(const char *filename, const char *modes)
{
    static const struct {
        const char *path;
        char text[64];
    } files[] = {
        {"/etc/resolv.conf", "nameserver 127.0.0.1\noptions ndots:1\n"},
        {"/etc/hosts", "127.0.0.1 localhost\n127.0.0.9 from-hosts\n::9 six\n"},
        {"/etc/nsswitch.conf", "hosts: files dns\n"},
    };
    int fd;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(files); i++)
        if (strcmp(filename, files[i].path) == 0)
            return fmemopen((void *)(uintptr_t)files[i].text, strlen(files[i].text), "r");
    fd = open(filename, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? NULL : fdopen(fd, modes);
}

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
    struct sockaddr_in other;

    if (addr->sa_family == AF_INET && len == sizeof(other)) {
        memcpy(&other, addr, len);
        if (other.sin_port == htons(53)) {
            other.sin_port = htons(server_port);
            return (int)syscall(SYS_connect, fd, &other, len);
        }
    }
    return (int)syscall(SYS_connect, fd, addr, len);
}

/* ---- the fixture: a name server (RFC 1035) -----------------------------------------------------
 */

struct fixture {
    uv_loop_t loop;
    void *lookups;
    uv_udp_t server;
    char packet[512];
    unsigned asked, told, gone;
    int status;
    size_t count;
    char first[INET6_ADDRSTRLEN];
};

static void give_packet(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct fixture *fixture = handle->data;

    (void)suggested;
    *buf = uv_buf_init(fixture->packet, sizeof(fixture->packet) - 16);
}

/* The question ends after its name, type and class; what follows (EDNS) is not repeated. */
static size_t end_of_question(const char *packet)
{
    size_t at = 12;

    while (packet[at])
        at += (size_t)(unsigned char)packet[at] + 1;
    return at + 5;
}

/* "slow" gets no answer, "missing" NXDOMAIN, all others one address for A and none for AAAA. */
static void on_question(uv_udp_t *server, ssize_t length, const uv_buf_t *buf,
                        const struct sockaddr *from, unsigned flags)
{
    static const char answer[] = "\xC0\x0C\0\x01\0\x01\0\0\0\x3C\0\x04\x7F\0\0\x07";
    struct fixture *fixture = server->data;
    char *packet = buf->base;
    const bool slow = length > 12 && memcmp(packet + 13, "slow", 4) == 0;
    const bool missing = length > 12 && memcmp(packet + 13, "missing", 7) == 0;
    uv_buf_t reply;
    size_t end;
    bool has_address;

    (void)flags;
    if (length < 17 || !from)
        return;
    fixture->asked++;
    if (slow)
        return;
    end = end_of_question(packet);
    has_address = !missing && packet[end - 3] == 1;
    packet[2] = '\x81';
    packet[3] = missing ? '\x83' : '\x80';
    memcpy(packet + 4, has_address ? "\0\x01\0\x01\0\0\0" : "\0\x01\0\0\0\0\0", 8);
    if (has_address) {
        memcpy(packet + end, answer, 16);
        end += 16;
    }
    reply = uv_buf_init(packet, (unsigned)end);
    assert_int_equal(uv_udp_try_send(server, &reply, 1, from), end);
}

static void on_found(void *context, int status, const struct addrinfo *addresses)
{
    struct fixture *fixture = context;

    fixture->told++;
    fixture->status = status;
    fixture->count = 0;
    for (const struct addrinfo *one = addresses; one; one = one->ai_next) {
        assert_int_equal(one->ai_socktype, SOCK_STREAM);
        if (fixture->count++ == 0)
            assert_int_equal(uv_ip_name(one->ai_addr, fixture->first, sizeof(fixture->first)), 0);
    }
}

static void on_gone(void *context)
{
    ((struct fixture *)context)->gone++;
}

static int setup(void **state)
{
    static struct fixture fixture;
    struct sockaddr_in address;
    int length = sizeof(address);

    fixture = (struct fixture){0};
    assert_int_equal(uv_loop_init(&fixture.loop), 0);
    fixture.lookups = osm_names_here.start(&fixture.loop);
    assert_int_equal(uv_ip4_addr("127.0.0.1", 0, &address), 0);
    assert_int_equal(uv_udp_init(&fixture.loop, &fixture.server), 0);
    assert_int_equal(uv_udp_bind(&fixture.server, (struct sockaddr *)&address, 0), 0);
    assert_int_equal(uv_udp_getsockname(&fixture.server, (struct sockaddr *)&address, &length), 0);
    server_port = ntohs(address.sin_port);
    fixture.server.data = &fixture;
    assert_int_equal(uv_udp_recv_start(&fixture.server, give_packet, on_question), 0);
    uv_unref((uv_handle_t *)&fixture.server);
    *state = &fixture;
    return 0;
}

/* The loop runs dry by itself: no socket, no timer is left. */
static int teardown(void **state)
{
    struct fixture *fixture = *state;

    osm_names_here.end(fixture->lookups, on_gone, fixture);
    uv_close((uv_handle_t *)&fixture->server, NULL);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(fixture->gone, 1);
    return uv_loop_close(&fixture->loop);
}

static struct osm_lookup *ask(struct fixture *fixture, const char *name)
{
    return osm_names_here.ask(fixture->lookups, name, 4840, on_found, fixture);
}

static void wait_for(struct fixture *fixture, const char *name)
{
    const unsigned before = fixture->told;

    (void)ask(fixture, name);
    assert_int_equal(fixture->told, before); /* never from inside */
    uv_run(&fixture->loop, UV_RUN_DEFAULT);  /* until it is told */
    assert_int_equal(fixture->told, before + 1);
}

/* ---- the tests ----------------------------------------------------------------------------------
 */

static void test_hosts(void **state)
{
    struct fixture *fixture = *state;

    wait_for(fixture, "from-hosts");
    assert_int_equal(fixture->status, 0);
    assert_string_equal(fixture->first, "127.0.0.9");
    wait_for(fixture, "six");
    assert_int_equal(fixture->status, 0);
    assert_string_equal(fixture->first, "::9");
    wait_for(fixture, "localhost");
    assert_int_equal(fixture->status, 0);
    assert_true(strcmp(fixture->first, "127.0.0.1") == 0 || strcmp(fixture->first, "::1") == 0);
    assert_int_equal(fixture->asked, 0);
}

static void test_name_server(void **state)
{
    struct fixture *fixture = *state;

    wait_for(fixture, "plant.test");
    assert_int_equal(fixture->status, 0);
    assert_int_equal(fixture->count, 1);
    assert_string_equal(fixture->first, "127.0.0.7");
    assert_true(fixture->asked > 0);
}

static void test_missing(void **state)
{
    struct fixture *fixture = *state;

    wait_for(fixture, "missing.test");
    assert_int_equal(fixture->status, UV_EAI_NONAME);
    assert_int_equal(fixture->count, 0);
}

static void test_no_name_server(void **state)
{
    struct fixture *fixture = *state;

    server_port = 1;
    wait_for(fixture, "plant.test");
    assert_int_equal(fixture->status, UV_EAI_AGAIN);
}

/* One that gets no answer holds up nobody, and is taken back at once. */
static void test_dropped(void **state)
{
    struct fixture *fixture = *state;
    struct osm_lookup *slow = ask(fixture, "slow.test");

    (void)ask(fixture, "plant.test");
    while (!fixture->told)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(fixture->status, 0);
    osm_names_here.drop(slow);
    osm_names_here.drop(NULL);
    osm_names_here.drop(ask(fixture, "from-hosts")); /* known, not told */
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(fixture->told, 1);
}

static void test_no_thread(void **state)
{
    DIR *folder = opendir("/proc/self/task");
    unsigned count = 0;

    (void)state;
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    closedir(folder);
    assert_int_equal(count, 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_hosts),          TEST(test_name_server), TEST(test_missing),
        TEST(test_no_name_server), TEST(test_dropped),     cmocka_unit_test(test_no_thread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
