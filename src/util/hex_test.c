/* SPDX-License-Identifier: MIT */
/* Hexadecimal digits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/hex.h"

static void test_digits(void **state)
{
    for (int i = 0; i < 256; i++) {
        const char *text = "0123456789abcdefABCDEF";
        const char *at = i ? strchr(text, i) : NULL;
        int value = at ? (int)(at - text) : -1;

        assert_int_equal(osm_hex_digit((char)i), value < 16 ? value : value - 6);
    }
}

static void test_printing_and_reading(void **state)
{
    const uint8_t bytes[] = {0x00, 0x9A, 0xFF, 0x10};
    struct osm_arena arena;
    char text[8];
    uint8_t *data;
    size_t size;

    osm_arena_init(&arena);
    osm_hex_print(text, bytes, sizeof(bytes));
    assert_memory_equal(text, "009aff10", sizeof(text));
    assert_true(osm_hex_decode("009AfF10", 8, &arena, &data, &size));
    assert_int_equal(size, sizeof(bytes));
    assert_memory_equal(data, bytes, sizeof(bytes));
    assert_false(osm_hex_decode("009", 3, &arena, &data, &size));
    assert_false(osm_hex_decode("0g", 2, &arena, &data, &size));
    osm_arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digits),
        cmocka_unit_test(test_printing_and_reading),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
