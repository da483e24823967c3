/* SPDX-License-Identifier: MIT */
/* See siphash.h; names are those of the paper. */
#include "util/siphash.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are copied as they lie");

struct state {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static void rounds(struct state *s, unsigned count)
{
    for (; count; count--) {
        s->v0 += s->v1;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v0 = rotate(s->v0, 32);
        s->v2 += s->v3;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 += s->v3;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 += s->v1;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v2 = rotate(s->v2, 32);
    }
}

static void take(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    rounds(s, 2);
    s->v0 ^= word;
}

uint64_t osm_siphash(const uint8_t key[OSM_SIPHASH_KEY], const void *data, size_t length)
{
    const uint8_t *bytes = data;
    uint64_t k[2], word;
    struct state s;
    size_t left = length;

    memcpy(k, key, sizeof(k));
    s = (struct state){k[0] ^ 0x736f6d6570736575, k[1] ^ 0x646f72616e646f6d,
                       k[0] ^ 0x6c7967656e657261, k[1] ^ 0x7465646279746573};
    for (; left >= sizeof(word); left -= sizeof(word), bytes += sizeof(word)) {
        memcpy(&word, bytes, sizeof(word));
        take(&s, word);
    }
    word = 0;
    if (left)
        memcpy(&word, bytes, left);
    take(&s, word | (uint64_t)length << 56);
    s.v2 ^= 0xff;
    rounds(&s, 4);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
