/* SPDX-License-Identifier: MIT */
/* Chunks in pieces of every size, the connection protocol's messages, messages out of chunks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "rim/ua/framing.h"
#include "util/alloc.h"

static void add_chunk(struct osm_buf *out, const char *type, const void *body, size_t length)
{
    uint8_t size[4];

    osm_framing_put_u32(size, (uint32_t)(8 + length));
    osm_buf_add(out, type, 4);
    osm_buf_add(out, size, 4);
    osm_buf_add(out, body, length);
}

/* --- chunks out of a stream ---------------------------------------------------------------- */

static void read_in_pieces(const struct osm_buf *stream, size_t piece, size_t pause)
{
    static const size_t expected[] = {8, 9, 208, 8};
    struct osm_stack_error error = {0};
    struct osm_framing framing;
    uint8_t *chunk = NULL;
    size_t length = 0, count = 0;

    osm_framing_init(&framing, 300, &error);
    for (size_t at = 0; at < stream->length; at += piece) {
        size_t part = OSM_MIN(piece, stream->length - at), room = pause;
        char *copy = osm_strndup(stream->data + at, 0);

        copy = osm_alloc_resize(copy, part);
        memcpy(copy, stream->data + at, part);
        osm_framing_feed(&framing, (uint8_t *)copy, part);
        while (room-- && osm_framing_next(&framing, &chunk, &length) == OSM_FRAMING_CHUNK) {
            assert_true(count < 4);
            assert_int_equal(length, expected[count++]);
            assert_memory_equal(chunk, count == 1 ? "ACKF" : count == 4 ? "ERRF" : "MSGC", 4);
            if (count == 3)
                assert_int_equal(chunk[207], 'x');
        }
        osm_framing_keep(&framing);
        free(copy);
    }
    while (osm_framing_next(&framing, &chunk, &length) == OSM_FRAMING_CHUNK) {
        assert_true(count < 4);
        /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): asserting has ended the test */
        assert_int_equal(length, expected[count++]);
    }
    assert_int_equal(count, 4);
    osm_framing_keep(&framing);
    assert_null(framing.kept.data);
    osm_framing_deinit(&framing);
}

static void test_chunks_come_whole_whatever_the_pieces(void **state)
{
    struct osm_buf stream;
    char body[200];

    (void)state;
    memset(body, 'x', sizeof(body));
    osm_buf_init(&stream);
    add_chunk(&stream, "ACKF", "", 0);
    add_chunk(&stream, "MSGC", "y", 1);
    add_chunk(&stream, "MSGC", body, sizeof(body));
    add_chunk(&stream, "ERRF", "", 0);
    for (size_t piece = 1; piece <= stream.length; piece++)
        for (size_t pause = 0; pause < 4; pause++)
            read_in_pieces(&stream, piece, pause ? pause : SIZE_MAX);
    osm_buf_deinit(&stream);
}

static void broken(const char *head, uint64_t before, enum osm_fault_type type, const char *text)
{
    struct osm_stack_error error = {0};
    struct osm_framing framing;
    uint8_t bytes[8], *chunk;
    size_t length;

    memcpy(bytes, head, sizeof(bytes));
    osm_framing_init(&framing, 300, &error);
    framing.chunks = before;
    osm_framing_feed(&framing, bytes, sizeof(bytes));
    assert_int_equal(osm_framing_next(&framing, &chunk, &length), OSM_FRAMING_BROKEN);
    assert_int_equal(osm_framing_next(&framing, &chunk, &length), OSM_FRAMING_BROKEN);
    assert_int_equal(error.type, type);
    assert_int_equal(error.origin, OSM_ORIGIN_PEER);
    assert_string_equal(error.text, text);
    osm_framing_keep(&framing);
    osm_framing_deinit(&framing);
}

static void test_strangers_are_told(void **state)
{
    (void)state;
    broken("HTTP/1.1", 0, OSM_FAULT_PROTOCOL, "Invalid message size: 825110831");
    broken("ACKF\7\0\0\0", 0, OSM_FAULT_PROTOCOL, "Invalid message size: 7");
    broken("MSGF\x2d\1\0\0", 3, OSM_FAULT_PROTOCOL, "Invalid message size: 301");
    broken("XYZF\x10\0\0\0", 0, OSM_FAULT_MESSAGE_TYPE, "Expected ACK response, got: XYZ");
    broken("X\x1bZF\x10\0\0\0", 2, OSM_FAULT_PROTOCOL, "Unknown message type: X?Z");
}

/* --- messages of the connection protocol --------------------------------------------------- */

static void test_hello_says_what_is_enforced(void **state)
{
    const struct osm_stack_limits limits = {65536, 1 << 24, 4096};
    static const char expected[] = "HELF\x29\0\0\0"
                                   "\0\0\0\0\0\0\1\0\0\0\1\0\0\0\0\1\0\x10\0\0"
                                   "\x09\0\0\0opc.tcp:/";
    struct osm_buf out;
    char *url = osm_strdup("opc.tcp:/");

    (void)state;
    osm_buf_init(&out);
    osm_framing_put_hello(&out, &limits, url);
    assert_int_equal(out.length, sizeof(expected) - 1);
    assert_memory_equal(out.data, expected, out.length);
    osm_buf_truncate(&out, 0);
    url = osm_alloc_resize(url, 5001);
    memset(url, 'u', 5000);
    url[5000] = '\0';
    osm_framing_put_hello(&out, &limits, url);
    assert_int_equal(out.length, 32 + 4096);
    free(url);
    osm_buf_deinit(&out);
}

static void test_acknowledge(void **state)
{
    uint8_t chunk[] = "ACKF\x1c\0\0\0\1\0\0\0\0\2\0\0\0\4\0\0\0\0\1\0\7\0\0";
    struct osm_stack_error error = {0};
    struct osm_framing_ack ack;

    (void)state;
    assert_true(osm_framing_parse_ack(chunk, 28, &ack, &error));
    assert_int_equal(ack.version, 1);
    assert_int_equal(ack.receive_bytes, 512);
    assert_int_equal(ack.send_bytes, 1024);
    assert_int_equal(ack.message_bytes, 65536);
    assert_int_equal(ack.chunks, 7);
    assert_false(osm_framing_parse_ack(chunk, 27, &ack, &error));
    assert_string_equal(error.text, "The server's ACK ends after 27 bytes");
    error = (struct osm_stack_error){0};
    chunk[13] = 0;
    chunk[12] = 255;
    assert_false(osm_framing_parse_ack(chunk, 28, &ack, &error));
    assert_string_equal(error.text, "The server's ACK allows messages of 255 bytes only");
    chunk[12] = 0; /* no limit */
    error = (struct osm_stack_error){0};
    assert_true(osm_framing_parse_ack(chunk, 28, &ack, &error));
}

static void err_is(const char *body, size_t length, UA_StatusCode status, const char *reason)
{
    struct osm_framing_err err;

    osm_framing_parse_err((const uint8_t *)body, length, &err);
    assert_int_equal(err.status, status);
    assert_int_equal(err.reason.length, strlen(reason));
    if (err.reason.length)
        assert_memory_equal(err.reason.data, reason, err.reason.length);
}

#define NONE_URI "\x2f\0\0\0http://opcfoundation.org/UA/SecurityPolicy#None"
#define FAULT_HEAD "\xff\xff\xff\xff\xff\xff\xff\xff\1\0\0\0\1\0\0\0\1\0\x8d\1"
#define FAULT_TAIL "\0\0\0\0\0\0\0\0\1\0\0\0\0\0\x13\x80\0\1\0\0\0\3\0\0\0bad\0\0\0"

static void test_errors_give_what_there_is(void **state)
{
    (void)state;
    err_is("", 0, 0, "");
    err_is("\0\0\x7d\x80", 4, 0x807d0000, "");
    err_is("\0\0\x7d\x80\xff\xff\xff\xff", 8, 0x807d0000, "");
    err_is("\0\0\x7d\x80\2\0\0\0no", 10, 0x807d0000, "no");
    err_is("\0\0\x7d\x80\3\0\0\0no", 10, 0x807d0000, "");
    /* the code is a channel number, the text a policy, the fault behind them what was meant */
    err_is("\x6e\0\0\0" NONE_URI FAULT_HEAD FAULT_TAIL,
           sizeof("\x6e\0\0\0" NONE_URI FAULT_HEAD FAULT_TAIL) - 1, 0x80130000, "bad");
    err_is("\x6e\0\0\0" NONE_URI FAULT_HEAD, sizeof("\x6e\0\0\0" NONE_URI FAULT_HEAD) - 1, 0x6e,
           "http://opcfoundation.org/UA/SecurityPolicy#None");
}

static void test_reverse_hello(void **state)
{
    static const uint8_t chunk[] = "RHEF\x18\0\0\0\3\0\0\0urn\5\0\0\0opc.t";
    struct osm_framing_reverse_hello hello;
    struct osm_stack_error error = {0};

    (void)state;
    assert_true(osm_framing_parse_reverse_hello(chunk, 24, &hello, &error));
    assert_int_equal(hello.server_uri.length, 3);
    assert_memory_equal(hello.endpoint_url.data, "opc.t", 5);
    assert_false(osm_framing_parse_reverse_hello(chunk, 23, &hello, &error));
    assert_int_equal(error.type, OSM_FAULT_PROTOCOL);
}

/* --- messages out of chunks ---------------------------------------------------------------- */

static struct osm_stack small_stack(void)
{
    return (struct osm_stack){.limits = {64, 10, 3}, .receiving = {.limit = 12}};
}

static enum osm_assembly_verdict add(struct osm_assembly *assembly, struct osm_stack *stack,
                                     char final, const char *body, UA_ByteString *message)
{
    return osm_framing_add(assembly, stack, final, (const uint8_t *)body, strlen(body), message);
}

static void test_messages_out_of_chunks(void **state)
{
    struct osm_stack stack = small_stack();
    struct osm_assembly a = {0};
    UA_ByteString message;
    const char *only = "only";

    (void)state;
    assert_int_equal(add(&a, &stack, 'F', only, &message), OSM_ASSEMBLY_WHOLE);
    assert_ptr_equal(message.data, only);
    assert_int_equal(stack.receiving.most, 0);
    osm_framing_reset(&a, &stack);
    assert_int_equal(add(&a, &stack, 'C', "abcd", &message), OSM_ASSEMBLY_MORE);
    assert_int_equal(add(&a, &stack, 'C', "efgh", &message), OSM_ASSEMBLY_MORE);
    assert_int_equal(stack.receiving.used, 8);
    assert_int_equal(add(&a, &stack, 'F', "ij", &message), OSM_ASSEMBLY_WHOLE);
    assert_int_equal(message.length, 10);
    assert_memory_equal(message.data, "abcdefghij", 10);
    osm_framing_reset(&a, &stack);
    assert_int_equal(stack.receiving.used, 0);
    assert_int_equal(add(&a, &stack, 'F', "", &message), OSM_ASSEMBLY_WHOLE);
    assert_int_equal(message.length, 0);
}

static void test_too_large_is_skipped_to_its_end(void **state)
{
    struct osm_stack stack = small_stack();
    struct osm_assembly a = {0};
    UA_ByteString message;

    (void)state;
    assert_int_equal(add(&a, &stack, 'C', "12345678", &message), OSM_ASSEMBLY_MORE);
    assert_int_equal(add(&a, &stack, 'C', "901", &message), OSM_ASSEMBLY_MORE);
    assert_int_equal(stack.receiving.used, 0);
    assert_null(a.bytes.data);
    assert_int_equal(add(&a, &stack, 'F', "x", &message), OSM_ASSEMBLY_TOO_LARGE);
    osm_framing_reset(&a, &stack);
    assert_int_equal(add(&a, &stack, 'F', "12345678901", &message), OSM_ASSEMBLY_TOO_LARGE);
    osm_framing_reset(&a, &stack);
}

static void test_broken_chunks_and_budget(void **state)
{
    struct osm_stack stack = small_stack();
    struct osm_assembly a = {0}, b = {0};
    UA_ByteString message;

    (void)state;
    assert_int_equal(add(&a, &stack, 'C', "", &message), OSM_ASSEMBLY_BROKEN);
    assert_int_equal(add(&a, &stack, 'X', "x", &message), OSM_ASSEMBLY_BROKEN);
    osm_framing_reset(&a, &stack);
    for (int i = 0; i < 4; i++)
        assert_int_equal(add(&a, &stack, 'C', "x", &message), OSM_ASSEMBLY_MORE);
    assert_int_equal(stack.receiving.used, 0);
    assert_int_equal(add(&a, &stack, 'F', "x", &message), OSM_ASSEMBLY_TOO_LARGE);
    osm_framing_reset(&a, &stack);
    assert_int_equal(add(&a, &stack, 'C', "12345678", &message), OSM_ASSEMBLY_MORE);
    assert_int_equal(add(&b, &stack, 'C', "12345", &message), OSM_ASSEMBLY_NO_BUDGET);
    osm_framing_reset(&a, &stack);
    osm_framing_reset(&b, &stack);
    assert_int_equal(stack.receiving.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunks_come_whole_whatever_the_pieces),
        cmocka_unit_test(test_strangers_are_told),
        cmocka_unit_test(test_hello_says_what_is_enforced),
        cmocka_unit_test(test_acknowledge),
        cmocka_unit_test(test_errors_give_what_there_is),
        cmocka_unit_test(test_reverse_hello),
        cmocka_unit_test(test_messages_out_of_chunks),
        cmocka_unit_test(test_too_large_is_skipped_to_its_end),
        cmocka_unit_test(test_broken_chunks_and_budget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
