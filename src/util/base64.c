/* SPDX-License-Identifier: MIT */
/* Base64 and hex; see base64.h. */
#include "util/base64.h"

static const char base64_digits[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789+/";

/* Reads three bytes before it writes four digits, so that data may lie at the end of the very
 * space the text is written to. */
static char *encode_triple(char *to, const uint8_t *from, size_t length)
{
    uint32_t bits = (uint32_t)from[0] << 16;

    if (length > 1)
        bits |= (uint32_t)from[1] << 8;
    if (length > 2)
        bits |= from[2];
    to[0] = base64_digits[bits >> 18];
    to[1] = base64_digits[bits >> 12 & 63];
    to[2] = length > 1 ? base64_digits[bits >> 6 & 63] : '=';
    to[3] = length > 2 ? base64_digits[bits & 63] : '=';
    return to + 4;
}

void osm_base64_encode(struct osm_buf *out, const void *data, size_t length)
{
    size_t size = osm_base64_size(length);
    const uint8_t *from = data;
    char *to = osm_buf_reserve(out, size);

    for (; length >= 3; length -= 3, from += 3)
        to = encode_triple(to, from, 3);
    if (length)
        encode_triple(to, from, length);
    osm_buf_commit(out, size);
}

void osm_base64_encode_tail(struct osm_buf *out, size_t length)
{
    size_t size = osm_base64_size(length);
    char *to = osm_buf_reserve(out, size);
    const uint8_t *from = (const uint8_t *)to + size - length;

    for (; length >= 3; length -= 3, from += 3)
        to = encode_triple(to, from, 3);
    if (length)
        encode_triple(to, from, length);
    osm_buf_commit(out, size);
}

static int base64_digit(unsigned char byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 26;
    if (byte >= '0' && byte <= '9')
        return byte - '0' + 52;
    return byte == '+' ? 62 : byte == '/' ? 63 : -1;
}

/* Four digits, of which the last `padding` (0–2) are '='. */
static bool decode_quad(const char *text, size_t padding, uint8_t *to)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < 4; i++) {
        int digit = i < 4 - padding ? base64_digit((unsigned char)text[i]) : 0;

        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
    }
    to[0] = (uint8_t)(bits >> 16);
    if (padding < 2)
        to[1] = (uint8_t)(bits >> 8);
    if (padding < 1)
        to[2] = (uint8_t)bits;
    return true;
}

bool osm_base64_decode(const char *text, size_t length, struct osm_arena *arena, uint8_t **data,
                       size_t *size)
{
    size_t padding = 0;
    uint8_t *to;

    if (length % 4)
        return false;
    if (length)
        padding = text[length - 1] != '=' ? 0 : text[length - 2] != '=' ? 1 : 2;
    to = osm_arena_alloc(arena, length / 4 * 3 + 1);
    *data = to;
    *size = length / 4 * 3 - padding;
    for (; length; length -= 4, text += 4, to += 3) {
        if (!decode_quad(text, length == 4 ? padding : 0, to))
            return false;
    }
    return true;
}
