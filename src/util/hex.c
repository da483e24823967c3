/* SPDX-License-Identifier: MIT */
/* Hexadecimal digits; see hex.h. */
#include "util/hex.h"

const char osm_hex_digits[17] = "0123456789abcdef";

void osm_hex_print(char *to, const void *data, size_t length)
{
    const uint8_t *from = data;

    for (size_t i = 0; i < length; i++) {
        to[2 * i] = osm_hex_digits[from[i] >> 4];
        to[2 * i + 1] = osm_hex_digits[from[i] & 15];
    }
}

void osm_hex_encode(struct osm_buf *out, const void *data, size_t length)
{
    osm_hex_print(osm_buf_reserve(out, 2 * length), data, length);
    osm_buf_commit(out, 2 * length);
}

int osm_hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

bool osm_hex_decode(const char *text, size_t length, struct osm_arena *arena, uint8_t **data,
                    size_t *size)
{
    uint8_t *to;

    if (length % 2)
        return false;
    to = osm_arena_alloc(arena, length / 2 + 1);
    *data = to;
    *size = length / 2;
    for (size_t i = 0; i < length / 2; i++) {
        int high = osm_hex_digit(text[2 * i]), low = osm_hex_digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        to[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
