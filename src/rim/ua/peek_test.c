/* SPDX-License-Identifier: MIT */
/* What is seen of a server's bytes, however they are cut into pieces. */
#include "testing/testing_ua.h"

/* A server's side of a session being made: ACK, OPN, CreateSessionResponse, a Read answer. */
static void conversation(struct osm_buf *out, uint32_t lifetime, double timeout)
{
    UA_CreateSessionResponse created;
    UA_ReadResponse read;

    UA_CreateSessionResponse_init(&created);
    UA_ReadResponse_init(&read);
    created.revisedSessionTimeout = timeout;
    created.sessionId = UA_NODEID_NUMERIC(1, 2);
    test_ack_chunk(out);
    test_opn_chunk(out, 1, 1, 1, lifetime);
    test_msg_chunk(out, 2, 2, &created, &UA_TYPES[UA_TYPES_CREATESESSIONRESPONSE]);
    test_msg_chunk(out, 3, 3, &read, &UA_TYPES[UA_TYPES_READRESPONSE]);
}

/* Feeds the bytes in pieces of `step` (0 = odd sizes). Freed by done(). */
static struct osm_peek feed(const struct osm_buf *bytes, size_t step)
{
    struct osm_peek peek = {0};
    size_t at = 0, n = 0;

    while (at < bytes->length) {
        size_t size = OSM_MIN(step ? step : 1 + (n * 7) % 23, bytes->length - at);
        char *piece = osm_alloc(size); /* so that reading behind it is noticed */

        memcpy(piece, bytes->data + at, size);
        if (!osm_peek_bytes(&peek, piece, size))
            at = bytes->length;
        free(piece);
        at += size; /* past the end when it was refused */
        n++;
    }
    return peek;
}

static const size_t steps[] = {1, 2, 3, 7, 8, 9, 0, 100, 100000};

static void test_a_session_being_made(void **state)
{
    struct osm_buf bytes = {0};

    conversation(&bytes, 1234567, 98765.4);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(steps); i++) {
        struct osm_peek peek = feed(&bytes, steps[i]);

        assert_memory_equal(peek.first, "ACK", 4);
        assert_int_equal(peek.messages, 4);
        assert_int_equal(peek.channel_lifetime, 1234567);
        assert_int_equal(peek.session_timeout, 98765);
        assert_false(peek.error_seen);
        assert_int_equal(peek.bad_size, 0);
        assert_int_equal(peek.head_length, 0); /* nothing begun is left */
        assert_int_equal(peek.body.length, 0);
        osm_peek_deinit(&peek);
    }
    osm_buf_deinit(&bytes);
}

static void timeout_is(double revised, uint32_t expected)
{
    struct osm_buf bytes = {0};
    struct osm_peek peek;

    conversation(&bytes, 1, revised);
    peek = feed(&bytes, 100);
    assert_int_equal(peek.session_timeout, expected);
    osm_peek_deinit(&peek);
    osm_buf_deinit(&bytes);
}

/* What is no sensible duration stays unknown. */
static void test_odd_timeouts(void **state)
{
    timeout_is(0.0, 0);
    timeout_is(-1.0, 0);
    timeout_is(0.5, 0);
    timeout_is(1.0, 1);
    timeout_is(1e300, 0);
    timeout_is(4e9 - 1, 3999999999);
    timeout_is((double)UINT64_MAX, 0);
    timeout_is(strtod("nan", NULL), 0);
    timeout_is(strtod("inf", NULL), 0);
}

static void test_errors(void **state)
{
    static const struct {
        const char *reason, *expected;
    } cases[] = {{"Not today", "Not today"}, {"", ""}, {NULL, NULL}};

    for (size_t c = 0; c < OSM_ARRAY_SIZE(cases); c++) {
        struct osm_buf bytes = {0};

        test_ack_chunk(&bytes);
        test_err_chunk(&bytes, 0x80130000, cases[c].reason);
        test_err_chunk(&bytes, 0x80140000, "The first one counts");
        for (size_t i = 0; i < OSM_ARRAY_SIZE(steps); i++) {
            struct osm_peek peek = feed(&bytes, steps[i]);

            assert_true(peek.error_seen);
            assert_int_equal(peek.error, 0x80130000);
            if (cases[c].expected)
                assert_string_equal(peek.error_reason, cases[c].expected);
            else
                assert_null(peek.error_reason);
            osm_peek_deinit(&peek);
        }
        osm_buf_deinit(&bytes);
    }
}

/* Lengths inside the message that lead out of it. */
static void test_errors_that_lie(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        bool seen;
    } cases[] = {
        {"ERRF\x08\0\0\0", 8, false},
        {"ERRF\x0B\0\0\0\0\0\x13", 11, false},
        {"ERRF\x0C\0\0\0\0\0\x13\x80", 12, true},
        {"ERRF\x0F\0\0\0\0\0\x13\x80\xFF\xFF\xFF", 15, true},
        {"ERRF\x12\0\0\0\0\0\x13\x80\x03\0\0\0ab", 18, true},
        {"ERRF\x12\0\0\0\0\0\x13\x80\xFE\xFF\xFF\xFF"
         "ab",
         18, true},
        {"ERRF\x12\0\0\0\0\0\x13\x80\xFF\xFF\xFF\x7F"
         "ab",
         18, true},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        const struct osm_buf bytes = {(char *)(uintptr_t)cases[i].bytes, cases[i].length, 0};
        struct osm_peek peek = feed(&bytes, 1);

        assert_int_equal(peek.error_seen, cases[i].seen);
        assert_null(peek.error_reason);
        osm_peek_deinit(&peek);
    }
}

static void size_is(const char *head, bool bad, uint32_t size)
{
    struct osm_buf bytes = {0};
    struct osm_peek peek;

    osm_buf_add(&bytes, head, 8);
    for (size_t i = 0; i < 100000; i++)
        osm_buf_add_byte(&bytes, (char)i);
    peek = feed(&bytes, 1000);
    assert_int_equal(peek.size_is_bad, bad);
    assert_int_equal(peek.bad_size, size);
    assert_true(peek.body.length <= 64 * 1024); /* whatever is announced, little is kept */
    osm_peek_deinit(&peek);
    osm_buf_deinit(&bytes);
}

static void test_sizes(void **state)
{
    size_is("ACKF\0\0\0\0", true, 0);
    size_is("ACKF\x07\0\0\0", true, 7);
    size_is("ACKF\xFF\xFF\xFF\xFF", true, UINT32_MAX);
    size_is("MSGF\x01\0\0\x01", true, 0x01000001);
    size_is("MSGF\0\0\0\x01", false, 0); /* 16 MiB is still possible */
    size_is("ERRF\xFF\xFF\xFF\xFF", true, UINT32_MAX);
}

static void test_strangers(void **state)
{
    static const char *const greetings[] = {"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
                                            "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
                                            "220 mail.example ESMTP\r\n", "\x15\x03\x01\0\2\2\x46"};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(greetings); i++) {
        const struct osm_buf bytes = {(char *)(uintptr_t)greetings[i], strlen(greetings[i]), 0};
        struct osm_peek peek = feed(&bytes, 1);

        if (bytes.length >= 8) {
            assert_memory_equal(peek.first, greetings[i], 3);
            assert_true(peek.size_is_bad);
        }
        assert_false(peek.error_seen);
        osm_peek_deinit(&peek);
    }
}

/* Once the session is up, what callers read is not copied. */
static void test_settled(void **state)
{
    struct osm_buf bytes = {0};
    struct osm_peek peek = {.settled = true, .session_timeout = 5};

    conversation(&bytes, 77, 60000.0);
    assert_true(osm_peek_bytes(&peek, bytes.data, bytes.length - 10));
    assert_int_equal(peek.session_timeout, 5);
    assert_int_equal(peek.channel_lifetime, 77); /* renewals are still seen */
    assert_int_equal(peek.messages, 4);
    assert_int_equal(peek.body.capacity, 0);
    osm_peek_deinit(&peek);
    osm_buf_deinit(&bytes);
}

/* A new channel of the same session: all is forgotten but what the session was promised. */
static void test_reset(void **state)
{
    struct osm_buf bytes = {0};
    struct osm_peek peek;

    conversation(&bytes, 77, 60000.0);
    test_err_chunk(&bytes, 0x80130000, "x");
    osm_buf_add(&bytes, "MSGF\xFF\0\0\0abc", 11); /* and one half of a message */
    peek = feed(&bytes, 50);
    osm_peek_reset(&peek);
    assert_int_equal(peek.session_timeout, 60000);
    assert_int_equal(peek.messages, 0);
    assert_false(peek.error_seen);
    assert_int_equal(peek.head_length, 0);
    assert_int_equal(peek.first[0], 0);
    osm_peek_deinit(&peek);
    osm_buf_deinit(&bytes);
}

/* Every byte of a conversation damaged, each way: nothing breaks. */
static void test_damaged_bytes(void **state)
{
    static const unsigned char damage[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
    struct osm_buf bytes = {0};

    conversation(&bytes, 3600000, 120000.0);
    test_err_chunk(&bytes, 0x80130000, "reason");
    for (size_t i = 0; i < bytes.length; i++) {
        char good = bytes.data[i];

        for (size_t d = 0; d < sizeof(damage); d++) {
            struct osm_peek peek;

            bytes.data[i] = (char)damage[d];
            peek = feed(&bytes, 0);
            osm_peek_deinit(&peek);
        }
        bytes.data[i] = good;
    }
    osm_buf_deinit(&bytes);
}

/* Cut anywhere: no announcement is believed before its bytes are there. */
static void test_cut_anywhere(void **state)
{
    struct osm_buf bytes = {0};

    conversation(&bytes, 3600000, 120000.0);
    for (size_t length = 0; length < bytes.length; length++) {
        const struct osm_buf part = {bytes.data, length, 0};
        struct osm_peek peek = feed(&part, 0);

        assert_true(peek.session_timeout == 0 || peek.session_timeout == 120000);
        osm_peek_deinit(&peek);
    }
    osm_buf_deinit(&bytes);
}

/* --- the guard ----------------------------------------------------------------------------- */

/* A chunk of a service message with this payload, and what stands behind it. */
static void service_chunk(struct osm_buf *out, const char *type, const void *payload, size_t length,
                          size_t signature)
{
    struct osm_buf body = {0};

    for (uint32_t i = 0; i < 4; i++)
        test_u32(&body, i);
    osm_buf_add(&body, payload, length);
    for (size_t i = 0; i < signature; i++)
        osm_buf_add_byte(&body, 1);
    test_chunk(out, type, &body);
    osm_buf_deinit(&body);
}

/* An OPN answer under policy None with this payload. */
static void open_chunk(struct osm_buf *out, const void *payload, size_t length)
{
    struct osm_buf body = {0};

    test_u32(&body, 7);
    test_text(&body, "http://opcfoundation.org/UA/SecurityPolicy#None");
    test_u32(&body, UINT32_MAX);
    test_u32(&body, UINT32_MAX);
    test_u32(&body, 1);
    test_u32(&body, 1);
    osm_buf_add(&body, payload, length);
    test_chunk(out, "OPNF", &body);
    osm_buf_deinit(&body);
}

/* Feeds and frees the bytes; what is refused must not change with the pieces. */
static void refused_is(struct osm_buf *bytes, enum osm_peek_cover cover, const char *expected)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(steps); i++) {
        struct osm_peek peek = {
            .first = "ACK", .messages = 1, .cover = cover, .settled = i % 2 == 0};
        bool passes = true;

        for (size_t at = 0; passes && at < bytes->length; at += steps[i] ? steps[i] : 13)
            passes = osm_peek_bytes(&peek, bytes->data + at,
                                    OSM_MIN(steps[i] ? steps[i] : 13, bytes->length - at));
        assert_int_equal(passes, expected == NULL);
        if (expected)
            assert_string_equal(peek.refused, expected);
        else
            assert_null(peek.refused);
        osm_peek_deinit(&peek);
    }
    osm_buf_deinit(bytes);
}

#define BAD_TYPE_ID "Malformed message: its type id cannot be read"
#define EMPTY_CHUNK "Malformed message: an intermediate chunk is empty"

static const struct {
    const char *bytes;
    size_t length;
    bool whole;
} type_ids[] = {
    {"", 0, false},
    {"\0", 1, false},
    {"\0\7", 2, true},
    {"\1\0\7", 3, false},
    {"\1\0\7\0", 4, true},
    {"\2\0", 2, false},
    {"\2\0\0\7\0\0", 6, false},
    {"\2\0\0\7\0\0\0", 7, true},
    {"\3\0\0\1\0\0\0x", 8, false},
    {"\3\0\0\xff\xff\xff\x7f", 7, false},
    {"\4\0\0\0\0\0\0\0", 8, false},
    {"\x3f\0\0\0\0\0\0", 7, false},
    {"\x41\0\7\0\0\0\0", 7, false},
    {"\x81\0\7\0\0\0\0", 7, false},
};

static void test_type_ids(void **state)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(type_ids); i++) {
        const char *id = type_ids[i].bytes, *expected = type_ids[i].whole ? NULL : BAD_TYPE_ID;
        struct osm_buf bytes = {0};
        size_t length = type_ids[i].length;

        service_chunk(&bytes, "MSGF", id, length, 0);
        refused_is(&bytes, OSM_PEEK_CLEAR, expected);
        service_chunk(&bytes, "MSGF", id, length, 32);
        refused_is(&bytes, OSM_PEEK_SIGNED, expected);
        service_chunk(&bytes, "MSGF", id, length, 32); /* nobody can know */
        refused_is(&bytes, OSM_PEEK_ENCRYPTED, NULL);
        open_chunk(&bytes, id, length);
        refused_is(&bytes, OSM_PEEK_CLEAR, expected);
        open_chunk(&bytes, id, length);
        refused_is(&bytes, OSM_PEEK_SIGNED, NULL);
    }
}

/* A type id is put together from chunks, never from two messages. */
static void test_type_ids_in_pieces(void **state)
{
    struct osm_buf bytes = {0};

    service_chunk(&bytes, "MSGC", "\1", 1, 0);
    service_chunk(&bytes, "MSGC", "\0", 1, 0);
    service_chunk(&bytes, "MSGF", "\7\0", 2, 0);
    service_chunk(&bytes, "MSGF", "\1\0\7\0", 4, 0);
    refused_is(&bytes, OSM_PEEK_CLEAR, NULL);
    service_chunk(&bytes, "MSGC", "\1\0\7", 3, 0);
    service_chunk(&bytes, "MSGF", "", 0, 0);
    refused_is(&bytes, OSM_PEEK_CLEAR, BAD_TYPE_ID);
    service_chunk(&bytes, "MSGC", "\1\0\7", 3, 0);
    service_chunk(&bytes, "MSGA", "", 0, 0); /* aborted: the next one begins anew */
    service_chunk(&bytes, "MSGF", "\0", 1, 0);
    refused_is(&bytes, OSM_PEEK_CLEAR, BAD_TYPE_ID);
    service_chunk(&bytes, "MSGF", "\1\0\7\0", 4, 0);
    service_chunk(&bytes, "MSGF", "\0", 1, 0);
    refused_is(&bytes, OSM_PEEK_CLEAR, BAD_TYPE_ID);
    osm_buf_add(&bytes, "MSGF\x0a\0\0\0\1\2", 10); /* not even a header */
    refused_is(&bytes, OSM_PEEK_CLEAR, BAD_TYPE_ID);
}

static void test_empty_chunks(void **state)
{
    struct osm_buf bytes = {0};

    service_chunk(&bytes, "MSGC", "\1\0\7\0", 4, 0);
    service_chunk(&bytes, "MSGC", "", 0, 0);
    refused_is(&bytes, OSM_PEEK_CLEAR, EMPTY_CHUNK);
    service_chunk(&bytes, "MSGC", "", 0, 32);
    refused_is(&bytes, OSM_PEEK_SIGNED, EMPTY_CHUNK);
    service_chunk(&bytes, "MSGC", "\1\0\7\0", 4, 0);
    service_chunk(&bytes, "MSGF", "", 0, 0); /* the last one may be */
    refused_is(&bytes, OSM_PEEK_CLEAR, NULL);
}

/* Messages of so many chunks with payloads of so many bytes; true = they pass. */
static bool passes(unsigned chunks, size_t payload, enum osm_peek_cover cover)
{
    struct osm_peek peek = {.first = "ACK", .messages = 1, .settled = true, .cover = cover};
    struct osm_buf chunk = {0};
    char *zeroes = osm_alloc(payload);
    bool through = true;

    service_chunk(&chunk, "MSGC", zeroes, payload, 0);
    for (unsigned i = 0; through && i < chunks; i++) {
        if (i + 1 == chunks)
            chunk.data[3] = 'F';
        through = osm_peek_bytes(&peek, chunk.data, chunk.length);
    }
    free(zeroes);
    osm_buf_deinit(&chunk);
    osm_peek_deinit(&peek);
    return through;
}

/* What comes instead of an ACK is named by whoever waits for the ACK. */
static void test_before_the_ack(void **state)
{
    struct osm_peek peek = {0};
    struct osm_buf bytes = {0};

    service_chunk(&bytes, "MSGF", "", 0, 0);
    assert_true(osm_peek_bytes(&peek, bytes.data, bytes.length));
    assert_null(peek.refused);
    assert_string_equal(peek.first, "MSG");
    osm_buf_deinit(&bytes);
    osm_peek_deinit(&peek);
}

static void test_messages_without_end(void **state)
{
    for (enum osm_peek_cover cover = OSM_PEEK_CLEAR; cover <= OSM_PEEK_ENCRYPTED; cover++) {
        assert_true(passes(4096, 40, cover));
        assert_false(passes(4097, 40, cover));
        assert_true(passes(256, 65536 - 24, cover)); /* 16 MiB to the byte */
        assert_false(passes(256, 65536 - 23, cover));
        assert_false(passes(257, 65536 - 24, cover));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_session_being_made),
        cmocka_unit_test(test_odd_timeouts),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_errors_that_lie),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_strangers),
        cmocka_unit_test(test_settled),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_damaged_bytes),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_type_ids),
        cmocka_unit_test(test_type_ids_in_pieces),
        cmocka_unit_test(test_empty_chunks),
        cmocka_unit_test(test_before_the_ack),
        cmocka_unit_test(test_messages_without_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
