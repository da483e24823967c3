/* SPDX-License-Identifier: MIT */
/* What a failure is called, by how far the attempt had come (ipc-protocol.md §8.3). */
#include "testing/testing_ua.h"

static void is_called(struct osm_ua_conn conn, enum osm_fault_type type, const char *message)
{
    struct osm_arena arena;
    struct osm_fault fault = {0};

    conn.host = (char *)(uintptr_t) "plant";
    conn.port = 4840;
    osm_arena_init(&arena);
    osm_connect_error(&conn, &arena, &fault);
    assert_string_equal(fault.message, message);
    assert_int_equal(fault.type, type);
    osm_arena_deinit(&arena);
}

#define CONN(...) ((struct osm_ua_conn){.phase = OSM_CONN_CONNECTING, __VA_ARGS__})

static void test_sockets(void **state)
{
    is_called(CONN(.stage = OSM_STAGE_TCP, .tcp_error = UV_ECONNREFUSED), OSM_FAULT_CONNECTION,
              "Failed to connect to plant:4840: [111] Connection refused");
    is_called(CONN(.stage = OSM_STAGE_TCP, .tcp_error = UV_EHOSTUNREACH), OSM_FAULT_CONNECTION,
              "Failed to connect to plant:4840: [113] No route to host");
    is_called(CONN(.stage = OSM_STAGE_RESOLVE, .tcp_error = UV_EAI_NONAME), OSM_FAULT_CONNECTION,
              "Failed to connect to plant:4840: [0] php_network_getaddresses: getaddrinfo for "
              "plant failed: Name or service not known");
    is_called(CONN(.stage = OSM_STAGE_RESOLVE, .tcp_error = UV_EAI_AGAIN), OSM_FAULT_CONNECTION,
              "Failed to connect to plant:4840: [0] php_network_getaddresses: getaddrinfo for "
              "plant failed: Temporary failure in name resolution");
}

static struct osm_peek error_of(UA_StatusCode code, const char *reason)
{
    return (struct osm_peek){.messages = 1,
                             .first = "ERR",
                             .error_seen = true,
                             .error = code,
                             .error_reason = (char *)(uintptr_t)reason};
}

static void test_error_messages(void **state)
{
    is_called(CONN(.stage = OSM_STAGE_HELLO, .peek = error_of(0x80830000, "Bad URL")),
              OSM_FAULT_HANDSHAKE, "Server error during handshake: [2156068864] Bad URL");
    is_called(CONN(.stage = OSM_STAGE_HELLO, .peek = error_of(0x80830000, NULL)),
              OSM_FAULT_HANDSHAKE, "Server error during handshake: [2156068864] Unknown error");
    is_called(CONN(.stage = OSM_STAGE_CHANNEL, .peek = error_of(0x80130000, "No")),
              OSM_FAULT_PROTOCOL, "OPN rejected by server: 0x80130000 \u2014 No");
    is_called(CONN(.stage = OSM_STAGE_CHANNEL, .peek = error_of(0x80130000, NULL)),
              OSM_FAULT_PROTOCOL,
              "OPN rejected by server: 0x80130000 \u2014 BadSecurityChecksFailed");
    is_called(CONN(.stage = OSM_STAGE_DISCOVERY, .peek = error_of(0x80020000, NULL)),
              OSM_FAULT_SERVICE, "Server error 0x80020000: Unknown error");
    is_called(
        CONN(.stage = OSM_STAGE_HELLO, .was_connected = true, .peek = error_of(0x80020000, "ill")),
        OSM_FAULT_SERVICE, "Server error 0x80020000: ill");
}

static void test_refused_messages(void **state)
{
    is_called(CONN(.stage = OSM_STAGE_DISCOVERY,
                   .peek = {.messages = 3, .first = "ACK", .refused = "Malformed message: so"}),
              OSM_FAULT_PROTOCOL, "Malformed message: so");
    is_called(CONN(.was_connected = true, .eof = true, .peek = {.refused = "Too large"}),
              OSM_FAULT_PROTOCOL, "Too large");
}

static void test_strangers(void **state)
{
    is_called(CONN(.stage = OSM_STAGE_HELLO, .peek = {.messages = 1, .first = "OPN"}),
              OSM_FAULT_MESSAGE_TYPE, "Expected ACK response, got: OPN");
    is_called(CONN(.stage = OSM_STAGE_HELLO,
                   .peek = {.messages = 1, .first = "ACK", .size_is_bad = true, .bad_size = 3}),
              OSM_FAULT_PROTOCOL, "Invalid message size: 3");
    is_called(CONN(.stage = OSM_STAGE_HELLO, .eof = true, .peek = {.messages = 1, .first = "ACK"}),
              OSM_FAULT_CONNECTION, "Connection closed by remote");
}

static void test_sessions(void **state)
{
    is_called(CONN(.stage = OSM_STAGE_ACTIVATE_SESSION, .status = 0x801F0000), OSM_FAULT_SERVICE,
              "ActivateSession failed with status 0x801F0000");
    is_called(CONN(.stage = OSM_STAGE_CREATE_SESSION, .status = 0x80560000), OSM_FAULT_SERVICE,
              "Server returned ServiceFault: 0x80560000 0x80560000");
    is_called(CONN(.stage = OSM_STAGE_DISCOVERY, .status = UA_STATUSCODE_BADIDENTITYTOKENREJECTED),
              OSM_FAULT_SERVICE, "ActivateSession failed with status 0x80200000");
    is_called(CONN(.stage = OSM_STAGE_DISCOVERY, .status = 0x80020000), OSM_FAULT_SERVICE,
              "Server returned ServiceFault: 0x80020000 BadInternalError");
    is_called(CONN(.stage = OSM_STAGE_ACTIVATE_SESSION, .status = 0x80020000, .eof = true),
              OSM_FAULT_CONNECTION, "Connection closed by remote");
}

/* What we decided ourselves goes before everything that followed from it. */
static void test_reasons(void **state)
{
    is_called(CONN(.stage = OSM_STAGE_HELLO, .eof = true, .tcp_error = UV_ECONNRESET,
                   .reason = {OSM_FAULT_CONNECTION, "Read timeout"},
                   .peek = error_of(0x80020000, "ill")),
              OSM_FAULT_CONNECTION, "Read timeout");
    is_called(
        CONN(.was_connected = true, .stage = OSM_STAGE_ACTIVATE_SESSION, .status = 0x80020000),
        OSM_FAULT_CONNECTION, "Connection closed by remote");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sockets),          cmocka_unit_test(test_error_messages),
        cmocka_unit_test(test_refused_messages), cmocka_unit_test(test_strangers),
        cmocka_unit_test(test_sessions),         cmocka_unit_test(test_reasons),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
