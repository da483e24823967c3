/* SPDX-License-Identifier: MIT */
/*
 * JSON strings. Almost all text is a clean run of ASCII: eight bytes are looked at together, and
 * only what needs work (quotes, controls, non-ASCII) is looked at one by one. What comes out is
 * always valid UTF-8; an invalid sequence becomes U+FFFD (T1).
 */
#include <stdint.h>

#include "util/hex.h"
#include "util/utf8.h"
#include "wire/text/json.h"

#define ONES UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

/* Has a bit in the high bit of each byte that is zero in block (and maybe of bytes above it). */
static inline uint64_t zero_bytes(uint64_t block)
{
    return (block - ONES) & ~block;
}

/* Length of the leading run of bytes that go into a JSON string as they are. */
static size_t clean_run(const char *text, size_t length)
{
    size_t at = 0;

    while (length - at >= sizeof(uint64_t)) {
        uint64_t block, dirty;

        memcpy(&block, text + at, sizeof(block));
        dirty = block | (block - ONES * 0x20) | zero_bytes(block ^ (ONES * '"')) |
                zero_bytes(block ^ (ONES * '\\'));
        if (dirty & HIGHS)
            break;
        at += sizeof(block);
    }
    for (; at < length; at++) {
        unsigned char byte = (unsigned char)text[at];

        if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\')
            break;
    }
    return at;
}

static void add_escape(struct osm_buf *out, unsigned char byte)
{
    static const char shorts[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    char *at = osm_buf_reserve(out, 6);

    at[0] = '\\';
    if (byte >= 0x20 || shorts[byte]) {
        at[1] = byte >= 0x20 ? (char)byte : shorts[byte];
        out->length += 2;
        return;
    }
    memcpy(at + 1, "u00", 3);
    at[4] = osm_hex_digits[byte >> 4];
    at[5] = osm_hex_digits[byte & 15];
    out->length += 6;
}

/* The one character at text that is no clean ASCII; returns how many bytes it took. */
static size_t add_special(struct osm_buf *out, const char *text, size_t length)
{
    size_t step;

    if ((unsigned char)*text < 0x80) {
        add_escape(out, (unsigned char)*text);
        return 1;
    }
    step = osm_utf8_sequence(text, length);
    if (!step) {
        osm_buf_add(out, "\xEF\xBF\xBD", 3);
        return 1;
    }
    osm_buf_add(out, text, step);
    return step;
}

void osm_json_text(struct osm_json *json, const char *text, size_t length)
{
    struct osm_buf *out = json->out;
    size_t at;

    osm_json_raw(json, "\"", 1);
    osm_buf_reserve(out, length + 1);
    at = clean_run(text, length);
    osm_buf_add(out, text, at);
    while (at < length) {
        size_t run;

        at += add_special(out, text + at, length - at);
        run = clean_run(text + at, length - at);
        osm_buf_add(out, text + at, run);
        at += run;
    }
    osm_buf_add_byte(out, '"');
}

void osm_json_cstring(struct osm_json *json, const char *text)
{
    osm_json_text(json, text, strlen(text));
}
