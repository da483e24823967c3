/* SPDX-License-Identifier: MIT */
/* Cutting lines: exact limits, and that the pieces bytes come in never change the lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "serve/ipc/frame.h"
#include "util/alloc.h"

#define CLASSIC ((size_t)65536)
#define MEGABYTE ((size_t)1048576)

/* Verdicts as text: "L<line>|" per line, "T|" too long, "O|" overflow. */
static void drain(struct osm_frame *frame, struct osm_buf *log)
{
    const char *line;
    size_t length;

    for (;;) {
        switch (osm_frame_next(frame, &line, &length)) {
        case OSM_FRAME_MORE:
            return;
        case OSM_FRAME_LINE:
            osm_buf_add_byte(log, 'L');
            osm_buf_add(log, line, length);
            osm_buf_add_byte(log, '|');
            break;
        case OSM_FRAME_TOO_LONG:
            osm_buf_add_text(log, "T|");
            break;
        case OSM_FRAME_OVERFLOW:
            osm_buf_add_text(log, "O|");
            return;
        }
    }
}

/* What comes out when data is fed in pieces of `piece` bytes. The pieces are copied to the heap,
 * so that a sanitizer sees whoever looks at one after it has gone. */
static char *cut(const char *data, size_t size, size_t piece, bool persistent, size_t limit)
{
    struct osm_frame frame = {0};
    struct osm_buf log = {0};

    osm_frame_reset(&frame, limit);
    if (persistent)
        osm_frame_set_persistent(&frame, limit);
    for (size_t i = 0; i < size; i += piece) {
        size_t part = OSM_MIN(piece, size - i);
        _cleanup_(osm_freep) char *copy = osm_strndup(data + i, part);

        osm_frame_feed(&frame, copy, part);
        drain(&frame, &log);
        osm_frame_keep(&frame);
    }
    osm_frame_deinit(&frame);
    osm_buf_text(&log);
    return log.data;
}

static void expect_cut(const char *data, bool persistent, size_t limit, const char *expected)
{
    for (size_t piece = 1; piece <= strlen(data); piece++) {
        _cleanup_(osm_freep) char *got = cut(data, strlen(data), piece, persistent, limit);

        assert_string_equal(got, expected);
    }
}

static void test_pieces(void **state)
{
    expect_cut("abc\n", false, 100, "Labc|");
    expect_cut("abc", false, 100, "");
    expect_cut("\n", false, 100, "L|");
    expect_cut("a\r\nb\n\nccc\ndd", true, 100, "La\r|Lb|L|Lccc|");
    expect_cut("12345\n123456\n12345\n", true, 5, "L12345|T|L12345|");
    expect_cut("1234567890\n\n1\n", true, 3, "T|L|L1|");
    expect_cut("1234567890\n", false, 3, "T|");
    expect_cut("1234567890", false, 3, "");
    expect_cut("1234567890", true, 3, "T|");
}

static void test_nul_and_any_bytes(void **state)
{
    static const char data[] = "a\0\xff\xfe\n\0\n";
    struct osm_frame frame = {0};
    const char *line;
    size_t length;

    osm_frame_reset(&frame, 100);
    osm_frame_set_persistent(&frame, 100);
    osm_frame_feed(&frame, data, sizeof(data) - 1);
    assert_int_equal(osm_frame_next(&frame, &line, &length), OSM_FRAME_LINE);
    assert_int_equal(length, 4);
    assert_memory_equal(line, data, 4);
    assert_int_equal(osm_frame_next(&frame, &line, &length), OSM_FRAME_LINE);
    assert_int_equal(length, 1);
    assert_int_equal(osm_frame_next(&frame, &line, &length), OSM_FRAME_MORE);
    osm_frame_deinit(&frame);
}

/* A classic line of `length` bytes and its '\n', in pieces. */
static void expect_classic(size_t length, size_t piece, char verdict)
{
    _cleanup_(osm_freep) char *data = osm_alloc(length + 2);
    _cleanup_(osm_freep) char *got = NULL;

    memset(data, 'x', length);
    data[length] = '\n';
    got = cut(data, length + 1, piece, false, CLASSIC);
    assert_int_equal(got[0], verdict);
}

static void test_classic_limits(void **state)
{
    static const size_t pieces[] = {1000, 65536, 65537, MEGABYTE};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(pieces); i++) {
        expect_classic(CLASSIC - 1, pieces[i], 'L');
        expect_classic(CLASSIC, pieces[i], 'L');
        expect_classic(CLASSIC + 1, pieces[i], 'T');
        expect_classic(MEGABYTE - 1, pieces[i], 'T'); /* 1 MiB with its '\n' */
    }
    /* The size is looked at before the '\n' that came with it. */
    expect_classic(MEGABYTE, MEGABYTE + 1, 'O');
    expect_classic(MEGABYTE, 1, 'O');
    expect_classic(2 * MEGABYTE, 65536, 'O');
}

/* What cannot become a request any more is counted, not kept. */
static void test_classic_memory(void **state)
{
    static char block[65536];
    struct osm_frame frame = {0};
    const char *line;
    size_t length;

    memset(block, 'x', sizeof(block));
    osm_frame_reset(&frame, CLASSIC);
    for (size_t i = 0; i < MEGABYTE / sizeof(block); i++) {
        osm_frame_feed(&frame, block, sizeof(block));
        assert_int_equal(osm_frame_next(&frame, &line, &length), OSM_FRAME_MORE);
        osm_frame_keep(&frame);
        assert_true(frame.held.capacity <= 2 * CLASSIC);
        assert_true(osm_frame_has_rest(&frame));
    }
    osm_frame_feed(&frame, "x", 1);
    assert_int_equal(osm_frame_next(&frame, &line, &length), OSM_FRAME_OVERFLOW);
    assert_int_equal(osm_frame_next(&frame, &line, &length), OSM_FRAME_OVERFLOW);
    osm_frame_deinit(&frame);
}

/* The reader stops after some lines; the rest survives the read buffer. */
static void test_pause(void **state)
{
    char data[] = "one\ntwo\nthree\nfo";
    struct osm_frame frame = {0};
    struct osm_buf log = {0};
    const char *line;
    size_t length;

    osm_frame_reset(&frame, 100);
    osm_frame_set_persistent(&frame, 100);
    osm_frame_feed(&frame, data, strlen(data));
    assert_int_equal(osm_frame_next(&frame, &line, &length), OSM_FRAME_LINE);
    osm_frame_keep(&frame);
    memset(data, '#', sizeof(data));
    assert_true(osm_frame_has_rest(&frame));
    assert_int_equal(osm_frame_next(&frame, &line, &length), OSM_FRAME_LINE);
    assert_memory_equal(line, "two", 3);
    osm_frame_feed(&frame, "ur\nfi", 5);
    drain(&frame, &log);
    osm_frame_keep(&frame);
    osm_frame_feed(&frame, "ve\n", 3);
    drain(&frame, &log);
    assert_string_equal(osm_buf_text(&log), "Lthree|Lfour|Lfive|");
    assert_false(osm_frame_has_rest(&frame));
    osm_buf_deinit(&log);
    osm_frame_deinit(&frame);
}

/* Sixteen megabytes in small pieces take no quadratic time and are given back afterwards. */
static void test_long_line(void **state)
{
    const size_t limit = (size_t)16 << 20;
    static char block[4096];
    struct osm_frame frame = {0};
    const char *line;
    size_t length;

    memset(block, 'y', sizeof(block));
    osm_frame_reset(&frame, CLASSIC);
    osm_frame_set_persistent(&frame, limit);
    for (size_t i = 0; i < limit; i += sizeof(block)) {
        osm_frame_feed(&frame, block, sizeof(block));
        assert_int_equal(osm_frame_next(&frame, &line, &length), OSM_FRAME_MORE);
        osm_frame_keep(&frame);
    }
    osm_frame_feed(&frame, "\n", 1);
    assert_int_equal(osm_frame_next(&frame, &line, &length), OSM_FRAME_LINE);
    assert_int_equal(length, limit);
    assert_int_equal(osm_frame_next(&frame, &line, &length), OSM_FRAME_MORE);
    assert_true(frame.held.capacity <= 65536);
    osm_frame_deinit(&frame);
}

static void test_reset(void **state)
{
    struct osm_frame frame = {0};
    const char *line;
    size_t length;

    osm_frame_reset(&frame, 3);
    osm_frame_set_persistent(&frame, 3);
    osm_frame_feed(&frame, "12345", 5);
    assert_int_equal(osm_frame_next(&frame, &line, &length), OSM_FRAME_TOO_LONG);
    osm_frame_reset(&frame, 5);
    osm_frame_feed(&frame, "12345\n", 6);
    assert_int_equal(osm_frame_next(&frame, &line, &length), OSM_FRAME_LINE);
    assert_int_equal(length, 5);
    osm_frame_deinit(&frame);
    osm_frame_deinit(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),         cmocka_unit_test(test_nul_and_any_bytes),
        cmocka_unit_test(test_classic_limits), cmocka_unit_test(test_classic_memory),
        cmocka_unit_test(test_pause),          cmocka_unit_test(test_long_line),
        cmocka_unit_test(test_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
