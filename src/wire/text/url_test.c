/* SPDX-License-Identifier: MIT */
/* Endpoint URLs (ipc-protocol.md §5.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/alloc.h"
#include "wire/text/url.h"

static void test_valid(void **state)
{
    static const struct {
        const char *url, *host;
        uint16_t port;
        const char *library;
    } cases[] = {
        {"opc.tcp://plant:4841", "plant", 4841, "opc.tcp://plant:4841"},
        {"opc.tcp://plant", "plant", 4840, "opc.tcp://plant:4840"},
        {"opc.tcp://plant/", "plant", 4840, "opc.tcp://plant:4840/"},
        {"opc.tcp://plant:1/UA/Types", "plant", 1, "opc.tcp://plant:1/UA/Types"},
        {"opc.tcp://plant:65535?x#y", "plant", 65535, "opc.tcp://plant:65535?x#y"},
        {"OPC.TCP://localhost:4861/UA", "localhost", 4861, "opc.tcp://localhost:4861/UA"},
        {"http://localhost:4861", "localhost", 4861, "opc.tcp://localhost:4861"},
        {"localhost:4861", "localhost", 4861, "opc.tcp://localhost:4861"},
        {"localhost:4861/x", "localhost", 4861, "opc.tcp://localhost:4861/x"},
        {"opc.tcp://10.0.0.1:80", "10.0.0.1", 80, "opc.tcp://10.0.0.1:80"},
        {"opc.tcp://[::1]:4840/a", "::1", 4840, "opc.tcp://[::1]:4840/a"},
        {"opc.tcp://[a]:1", "a", 1, "opc.tcp://[a]:1"},
        {"opc.tcp://[fe80::1]", "fe80::1", 4840, "opc.tcp://[fe80::1]:4840"},
        {"opc.tcp://user:pw@plant:1/x", "plant", 1, "opc.tcp://plant:1/x"},
        {"opc.tcp://plant:00080", "plant", 80, "opc.tcp://plant:80"},
        {"opc.tcp://plant:0/x", "plant", 0, "opc.tcp://plant:0/x"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        char *host = NULL, *library = NULL;
        uint16_t port = 0;

        if (!osm_url_parse(cases[i].url, &host, &port, &library))
            fail_msg("refused: %s", cases[i].url);
        assert_string_equal(host, cases[i].host);
        assert_int_equal(port, cases[i].port);
        assert_string_equal(library, cases[i].library);
        free(host);
        free(library);
    }
}

static void test_invalid(void **state)
{
    static const char *const cases[] = {
        "",
        "x",
        "plant",
        "/",
        "/path",
        "plant/path",
        "opc.tcp://",
        "opc.tcp:///path",
        "://plant:1",
        "://",
        "opc.tcp://:4840",
        "opc.tcp://plant:",
        ":4840",
        "plant:",
        "plant:x",
        "opc.tcp://plant:65536",
        "plant:-1",
        "plant:1 2",
        "plant:4840x",
        "opc.tcp://plant:99999999999999999999",
        "[::1]",
        "[]:4840",
        "opc.tcp://[]:1",
        "opc.tcp://[::1",
        "opc.tcp://[::1]x:1",
        "opc.tcp://user@",
        "opc.tcp://user@:1",
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        char *host, *library;
        uint16_t port;

        if (osm_url_parse(cases[i], &host, &port, &library))
            fail_msg("accepted: %s as %s", cases[i], library);
    }
}

/* Before the host, and nowhere else. */
static void test_user_names(void **state)
{
    static const char *const with[] = {"opc.tcp://user@plant", "user@plant:1", "opc.tcp://u:p@h/x",
                                       "opc.tcp://@h"};
    static const char *const without[] = {"opc.tcp://plant", "opc.tcp://plant/a@b", "plant?a@b",
                                          "opc.tcp://plant#@", ""};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(with); i++)
        assert_true(osm_url_has_userinfo(with[i]));
    for (size_t i = 0; i < OSM_ARRAY_SIZE(without); i++)
        assert_false(osm_url_has_userinfo(without[i]));
}

static void test_schemes(void **state)
{
    static const char *const ours[] = {"opc.tcp://plant", "OPC.TCP://plant", "plant:4840",
                                       "plant:1/opc://x", "plant?http://x",  ""};
    static const char *const others[] = {"http://plant",     "opc.wss://plant", "opc.tcpx://plant",
                                         "xopc.tcp://plant", "opc.udp://plant", "://plant"};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(ours); i++)
        if (!osm_url_has_our_scheme(ours[i]))
            fail_msg("%s", ours[i]);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(others); i++)
        if (osm_url_has_our_scheme(others[i]))
            fail_msg("%s", others[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_user_names),
        cmocka_unit_test(test_schemes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
