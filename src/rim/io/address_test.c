/* SPDX-License-Identifier: MIT */
/* Endpoint strings: which are taken, as which address, and with which words others are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "rim/io/address.h"
#include "util/alloc.h"

static void expect_refused(const char *text, const char *message)
{
    _cleanup_(osm_freep) char *error = NULL;
    struct osm_address endpoint;

    assert_int_equal(osm_address_parse(text, &endpoint, &error), -EINVAL);
    assert_non_null(error);
    if (!strstr(error, message))
        fail_msg("\"%s\": \"%s\" does not contain \"%s\"", text, error, message);
}

static void expect_host_refused(const char *text, const char *host)
{
    _cleanup_(osm_freep) char *message =
        osm_printf("SessionManagerDaemon refuses to bind TCP listener to non-loopback host \"%s\". "
                   "Use 127.0.0.1 or ::1; layer TLS / SSH tunnel explicitly if remote access is "
                   "required.",
                   host);
    _cleanup_(osm_freep) char *error = NULL;
    struct osm_address endpoint;

    assert_int_equal(osm_address_parse(text, &endpoint, &error), -EINVAL);
    assert_string_equal(error, message);
}

static void test_unix(void **state)
{
    static const char *const forms[] = {"unix:///run/a.sock", "/run/a.sock"};
    struct osm_address endpoint;
    char *error;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(forms); i++) {
        assert_int_equal(osm_address_parse(forms[i], &endpoint, &error), 0);
        assert_true(endpoint.is_unix);
        assert_string_equal(endpoint.uri, "unix:///run/a.sock");
        assert_string_equal(osm_address_path(&endpoint), "/run/a.sock");
        assert_int_equal(endpoint.address.ss_family, AF_UNIX);
        assert_int_equal(osm_address_port(&endpoint), 0);
    }
    assert_int_equal(osm_address_parse("rel.sock", &endpoint, &error), 0);
    assert_string_equal(endpoint.uri, "unix://rel.sock");
    assert_int_equal(osm_address_parse(OSM_ADDRESS_DEFAULT, &endpoint, &error), 0);
}

static void test_unix_path_length(void **state)
{
    char text[128] = "unix://";
    struct osm_address endpoint;
    char *error;

    memset(text + 7, 'x', 107);
    assert_int_equal(osm_address_parse(text, &endpoint, &error), 0);
    assert_int_equal(strlen(osm_address_path(&endpoint)), 107);
    assert_string_equal(endpoint.uri, text);
    text[7 + 107] = 'y';
    expect_refused(text, "Unix socket path is too long: 108 bytes, but the Linux kernel limits "
                         "sun_path to 108 bytes (usable 107). ");
    expect_refused("unix://", "no socket path");
    expect_refused("", "no socket path");
}

static void test_tcp_loopback(void **state)
{
    static const struct {
        const char *text;
        int family;
        const char *address;
        unsigned port;
    } cases[] = {
        {"tcp://127.0.0.1:9990", AF_INET, "127.0.0.1", 9990},
        {"tcp://127.0.0.1:0", AF_INET, "127.0.0.1", 0},
        {"tcp://127.8.9.250:65535", AF_INET, "127.8.9.250", 65535},
        {"tcp://localhost:1", AF_INET, "127.0.0.1", 1},
        {"tcp://[::1]:9990", AF_INET6, "::1", 9990},
        {"tcp://::1:9990", AF_INET6, "::1", 9990},
        {"tcp://[::ffff:127.0.0.2]:80", AF_INET, "127.0.0.2", 80},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct osm_address endpoint;
        char address[INET6_ADDRSTRLEN];
        char *error = NULL;
        const void *raw;

        assert_int_equal(osm_address_parse(cases[i].text, &endpoint, &error), 0);
        assert_false(endpoint.is_unix);
        assert_string_equal(endpoint.uri, cases[i].text);
        assert_int_equal(endpoint.address.ss_family, cases[i].family);
        assert_int_equal(osm_address_port(&endpoint), cases[i].port);
        raw = cases[i].family == AF_INET
                  ? (void *)&((struct sockaddr_in *)&endpoint.address)->sin_addr
                  : (void *)&((struct sockaddr_in6 *)&endpoint.address)->sin6_addr;
        inet_ntop(cases[i].family, raw, address, sizeof(address));
        assert_string_equal(address, cases[i].address);
    }
}

static void test_tcp_other_hosts(void **state)
{
    expect_host_refused("tcp://0.0.0.0:9990", "0.0.0.0");
    expect_host_refused("tcp://[::]:9990", "::");
    expect_host_refused("tcp://:::9990", "::");
    expect_host_refused("tcp://:9990", "");
    expect_host_refused("tcp://[]:9990", "");
    expect_host_refused("tcp://192.168.1.1:9990", "192.168.1.1");
    expect_host_refused("tcp://example.org:9990", "example.org");
    expect_host_refused("tcp://127.0.0:9990", "127.0.0");
    expect_host_refused("tcp://127.0.0.256:9990", "127.0.0.256");
    expect_host_refused("tcp://127.evil.org:9990", "127.evil.org");
    expect_host_refused("tcp://[::ffff:10.0.0.1]:9990", "::ffff:10.0.0.1");
    expect_host_refused("tcp://[::2]:9990", "::2");
}

static void test_tcp_ports(void **state)
{
    static const char *const texts[] = {"tcp://127.0.0.1",       "tcp://127.0.0.1:",
                                        "tcp://127.0.0.1:65536", "tcp://127.0.0.1:99999999999",
                                        "tcp://127.0.0.1:80x",   "tcp://127.0.0.1:-1",
                                        "tcp://127.0.0.1: 80"};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(texts); i++)
        expect_refused(texts[i], "no valid port");
}

static void test_other_schemes(void **state)
{
    expect_refused("tls://127.0.0.1:9990", "scheme \"tls://\"");
    expect_refused("http://localhost:80", "scheme \"http://\"");
    expect_refused("php://fd/3", "scheme \"php://\"");
    expect_refused("UNIX:///tmp/a", "scheme \"UNIX://\"");
    expect_refused("://x", "scheme \"://\"");
}

static void test_set_port(void **state)
{
    struct osm_address endpoint;
    char *error;

    assert_int_equal(osm_address_parse("tcp://[::1]:0", &endpoint, &error), 0);
    osm_address_set_port(&endpoint, 54321);
    assert_string_equal(endpoint.uri, "tcp://[::1]:54321");
    assert_int_equal(osm_address_port(&endpoint), 54321);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unix),         cmocka_unit_test(test_unix_path_length),
        cmocka_unit_test(test_tcp_loopback), cmocka_unit_test(test_tcp_other_hosts),
        cmocka_unit_test(test_tcp_ports),    cmocka_unit_test(test_other_schemes),
        cmocka_unit_test(test_set_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
