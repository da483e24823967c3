/* SPDX-License-Identifier: MIT */
/* The growing buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/buf.h"

static void test_empty_buffer_needs_no_memory(void **state)
{
    struct osm_buf buf;

    osm_buf_init(&buf);
    osm_buf_add(&buf, NULL, 0);
    osm_buf_consume(&buf, 0);
    osm_buf_truncate(&buf, 0);
    assert_null(buf.data);
    osm_buf_deinit(&buf);
    osm_buf_deinit(NULL);
}

static void test_grows_over_many_sizes(void **state)
{
    struct osm_buf buf = {0};

    for (size_t i = 0; i < 100000; i++)
        osm_buf_add_byte(&buf, (char)(i % 251));
    assert_int_equal(buf.length, 100000);
    assert_true(buf.capacity >= buf.length);
    for (size_t i = 0; i < buf.length; i++)
        assert_int_equal(buf.data[i], (char)(i % 251));
    osm_buf_deinit(&buf);
    assert_null(buf.data);
}

static void test_text_ends_with_nul_without_counting_it(void **state)
{
    struct osm_buf buf = {0};

    assert_string_equal(osm_buf_text(&buf), "");
    osm_buf_add_text(&buf, "abc");
    assert_string_equal(osm_buf_text(&buf), "abc");
    assert_int_equal(buf.length, 3);
    osm_buf_add_byte(&buf, 'd');
    assert_string_equal(osm_buf_text(&buf), "abcd");
    osm_buf_deinit(&buf);
}

static void test_printf_longer_than_the_room(void **state)
{
    struct osm_buf buf = {0};

    osm_buf_printf(&buf, "%0600d", 7);
    assert_int_equal(buf.length, 600);
    osm_buf_printf(&buf, "%s", "!");
    assert_int_equal(buf.length, 601);
    assert_int_equal(buf.data[599], '7');
    osm_buf_printf(&buf, "%s", "");
    assert_int_equal(buf.length, 601);
    osm_buf_deinit(&buf);
}

static void test_reserve_then_commit(void **state)
{
    struct osm_buf buf = {0};
    char *room = osm_buf_reserve(&buf, 10);

    memcpy(room, "0123456789", 10);
    osm_buf_commit(&buf, 4);
    assert_string_equal(osm_buf_text(&buf), "0123");
    osm_buf_deinit(&buf);
}

static void test_consume_and_truncate(void **state)
{
    struct osm_buf buf = {0};

    osm_buf_add_text(&buf, "hello world");
    osm_buf_consume(&buf, 6);
    assert_string_equal(osm_buf_text(&buf), "world");
    osm_buf_truncate(&buf, 2);
    assert_string_equal(osm_buf_text(&buf), "wo");
    osm_buf_consume(&buf, 2);
    assert_int_equal(buf.length, 0);
    osm_buf_deinit(&buf);
}

static void test_reset_keeps_only_small_memory(void **state)
{
    struct osm_buf buf = {0};
    size_t capacity;

    osm_buf_add_text(&buf, "x");
    capacity = buf.capacity;
    osm_buf_reset(&buf, capacity);
    assert_int_equal(buf.capacity, capacity);
    assert_int_equal(buf.length, 0);
    osm_buf_reset(&buf, capacity - 1);
    assert_int_equal(buf.capacity, 0);
    assert_null(buf.data);
    osm_buf_deinit(&buf);
}

static void test_cut_gives_memory_back_from_the_end(void **state)
{
    struct osm_buf buf = {0};

    osm_buf_fit(&buf, 100);
    osm_buf_add(&buf, "0123456789", 10);
    osm_buf_cut(&buf, 50);
    assert_int_equal(buf.capacity, 50);
    assert_int_equal(buf.length, 10);
    osm_buf_cut(&buf, 46);
    assert_int_equal(buf.length, 4);
    assert_memory_equal(buf.data, "0123", 4);
    osm_buf_cut(&buf, 4);
    assert_null(buf.data);
    assert_int_equal(buf.length + buf.capacity, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_buffer_needs_no_memory),
        cmocka_unit_test(test_grows_over_many_sizes),
        cmocka_unit_test(test_text_ends_with_nul_without_counting_it),
        cmocka_unit_test(test_printf_longer_than_the_room),
        cmocka_unit_test(test_reserve_then_commit),
        cmocka_unit_test(test_consume_and_truncate),
        cmocka_unit_test(test_reset_keeps_only_small_memory),
        cmocka_unit_test(test_cut_gives_memory_back_from_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
