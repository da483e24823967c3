/* SPDX-License-Identifier: MIT */
/* UTF-8: compared with a second, slow decoder over every two- and three-byte input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/utf8.h"

/* The definition, written down by ranges of code points instead of ranges of bytes. */
static size_t slow_sequence(const unsigned char *p, size_t length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t point;
    size_t wanted;

    if (!length)
        return 0;
    if (p[0] < 0x80)
        return 1;
    wanted = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC0 || p[0] > 0xF7 || length < wanted)
        return 0;
    point = p[0] & (0xFFU >> (wanted + 1));
    for (size_t i = 1; i < wanted; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (p[i] & 0x3F);
    }
    if (point < least[wanted] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
        return 0;
    return wanted;
}

static void test_sequences_against_the_definition(void **state)
{
    unsigned char bytes[4] = {0, 0, 0, 0x80};

    for (uint32_t i = 0; i < 1U << 24; i++) {
        bytes[0] = (unsigned char)(i >> 16);
        bytes[1] = (unsigned char)(i >> 8);
        bytes[2] = (unsigned char)i;
        for (size_t length = 2; length <= 4; length++) {
            if (osm_utf8_sequence((char *)bytes, length) != slow_sequence(bytes, length))
                fail_msg("%02x %02x %02x, %zu bytes", bytes[0], bytes[1], bytes[2], length);
        }
    }
}

static void test_validity_at_every_offset(void **state)
{
    char text[40];

    /* Whole ASCII blocks are skipped eight at a time: one bad byte must be seen anywhere. */
    for (size_t bad = 0; bad < sizeof(text); bad++) {
        memset(text, 'a', sizeof(text));
        text[bad] = (char)0xFF;
        assert_false(osm_utf8_is_valid(text, sizeof(text)));
        assert_true(osm_utf8_is_valid(text, bad));
        text[bad] = 'a';
        assert_true(osm_utf8_is_valid(text, sizeof(text)));
    }
    assert_true(osm_utf8_is_valid("", 0));
    assert_true(osm_utf8_is_valid("a\0b", 3));
}

static void test_cut_at_a_character(void **state)
{
    const char *text = "a\xE2\x82\xAC\xF0\x9F\x98\x80"; /* 1 + 3 + 4 bytes */
    const size_t expected[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 8};

    for (size_t limit = 0; limit < OSM_ARRAY_SIZE(expected); limit++)
        assert_int_equal(osm_utf8_cut(text, 8, limit), expected[limit]);
    /* Nothing but tails: no character to spare, the limit counts. */
    assert_int_equal(osm_utf8_cut("\x80\x80\x80\x80\x80\x80\x80\x80", 8, 6), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sequences_against_the_definition),
        cmocka_unit_test(test_validity_at_every_offset),
        cmocka_unit_test(test_cut_at_a_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
