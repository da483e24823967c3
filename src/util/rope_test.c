/* SPDX-License-Identifier: MIT */
/* Text with large pieces that others have, too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/rope.h"

static struct osm_shared_text *text_of(const char *text)
{
    struct osm_buf bytes;

    osm_buf_init(&bytes);
    osm_buf_add_text(&bytes, text);
    return osm_rope_text_new(&bytes);
}

static void assert_reads(const struct osm_rope *rope, const char *expected)
{
    struct osm_rope_part parts[OSM_ROPE_PARTS(3)];
    size_t count = osm_rope_parts(rope, parts), at = 0;
    struct osm_buf out;

    osm_buf_init(&out);
    osm_rope_add_to(rope, &out);
    assert_string_equal(osm_buf_text(&out), expected);
    assert_int_equal(osm_rope_length(rope), out.length);
    for (size_t i = 0; i < count; i++) {
        assert_true(parts[i].length > 0);
        assert_memory_equal(parts[i].data, expected + at, parts[i].length);
        at += parts[i].length;
    }
    assert_int_equal(at, out.length);
    osm_buf_deinit(&out);
}

static void test_small_text_alone(void **state)
{
    const struct osm_rope rope = osm_rope_of("abc", 3), empty = osm_rope_of("", 0);

    (void)state;
    assert_reads(&rope, "abc");
    assert_reads(&empty, "");
}

static void test_pieces_everywhere(void **state)
{
    struct osm_shared_text *x = text_of("XX"), *none = text_of("");
    const struct osm_rope_piece pieces[] = {{0, x}, {1, none}, {3, x}};
    struct osm_rope rope = {"abc", 3, pieces, 3};

    (void)state;
    assert_reads(&rope, "XXabcXX");
    rope.pieces = pieces + 2;
    rope.count = 1;
    assert_reads(&rope, "abcXX");
    osm_rope_text_leave(x);
    osm_rope_text_leave(none);
}

/* Who holds a piece has it whatever becomes of the others. */
static void test_holding(void **state)
{
    struct osm_shared_text *x = text_of("XX");
    const struct osm_rope_piece piece = {1, x};
    const struct osm_rope rope = {"ab", 2, &piece, 1};
    struct osm_rope_piece held;

    (void)state;
    osm_rope_hold(&rope, &held);
    assert_int_equal(x->references, 2);
    osm_rope_text_leave(x);
    assert_reads(&(struct osm_rope){"abc", 3, &held, 1}, "aXXbc");
    assert_int_equal(held.text->references, 1);
    osm_rope_leave(&held, 1);
    osm_rope_text_leave(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_text_alone),
        cmocka_unit_test(test_pieces_everywhere),
        cmocka_unit_test(test_holding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
