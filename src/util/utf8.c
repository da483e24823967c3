/* SPDX-License-Identifier: MIT */
/* UTF-8 checks; see utf8.h. */
#include "util/utf8.h"

#include <stdint.h>

static bool is_tail(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

size_t osm_utf8_sequence(const char *text, size_t length)
{
    const unsigned char *p = (const unsigned char *)text;

    if (length < 1)
        return 0;
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2 || length < 2 || !is_tail(p[1]))
        return 0;
    if (p[0] < 0xE0)
        return 2;
    if (length < 3 || !is_tail(p[2]))
        return 0;
    if (p[0] < 0xF0) {
        bool overlong = p[0] == 0xE0 && p[1] < 0xA0;
        bool surrogate = p[0] == 0xED && p[1] > 0x9F;

        return overlong || surrogate ? 0 : 3;
    }
    if (p[0] > 0xF4 || length < 4 || !is_tail(p[3]))
        return 0;
    if ((p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return 4;
}

bool osm_utf8_is_valid(const char *text, size_t length)
{
    size_t at = 0;

    while (at < length) {
        uint64_t block;
        size_t step;

        /* Eight ASCII bytes at a time: almost all text is ASCII. */
        if (length - at >= sizeof(block)) {
            memcpy(&block, text + at, sizeof(block));
            if (!(block & UINT64_C(0x8080808080808080))) {
                at += sizeof(block);
                continue;
            }
        }
        step = osm_utf8_sequence(text + at, length - at);
        if (!step)
            return false;
        at += step;
    }
    return true;
}

size_t osm_utf8_cut(const char *text, size_t length, size_t limit)
{
    size_t cut = limit;

    if (length <= limit)
        return length;
    while (cut > 0 && limit - cut < 4 && is_tail((unsigned char)text[cut]))
        cut--;
    return is_tail((unsigned char)text[cut]) ? limit : cut;
}
