/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_ROPE_H
#define OSM_UTIL_ROPE_H
/*
 * Text with large pieces that others have, too: what is small stands in it, what is large is shared
 * and never copied, however many pass it on. Of most there is nothing large, and a rope is then its
 * small text and nothing more.
 *
 *   text   {"event":…,"dataValue":|,"republished":false}
 *   pieces                        ▲ at: a shared text of some megabytes belongs here
 *
 * A rope is borrowed; who keeps one has the small text and a list of pieces of his own
 * (osm_rope_hold). Shared texts do not change, so every thread may read them; they are held and
 * left by the loop's thread alone, but for one that nobody else knows yet.
 */
#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

struct osm_shared_text {
    unsigned references;
    struct osm_buf bytes;
};

/* Takes the bytes out of the buffer; one reference is the caller's. */
struct osm_shared_text *osm_rope_text_new(struct osm_buf *bytes);
struct osm_shared_text *osm_rope_text_hold(struct osm_shared_text *text);
/* NULL is fine. */
void osm_rope_text_leave(struct osm_shared_text *text);

struct osm_rope_piece {
    size_t at; /* in the small text; ascending */
    struct osm_shared_text *text;
};

struct osm_rope {
    const char *text;
    size_t text_length;
    const struct osm_rope_piece *pieces;
    size_t count;
};

static inline struct osm_rope osm_rope_of(const char *text, size_t length)
{
    return (struct osm_rope){text, length, NULL, 0};
}

/* A stretch of it. */
struct osm_rope_part {
    const char *data;
    size_t length;
    struct osm_shared_text *shared; /* it is (of) this one; NULL = of the small text */
};

#define OSM_ROPE_PARTS(count) (2 * (count) + 1)

/* All of its stretches in order, none empty; at most OSM_ROPE_PARTS. Returns how many. */
size_t osm_rope_parts(const struct osm_rope *rope, struct osm_rope_part *parts);
size_t osm_rope_length(const struct osm_rope *rope);
/* Appends all of it, copied. */
void osm_rope_add_to(const struct osm_rope *rope, struct osm_buf *out);
/* Copies pieces, each held. */
void osm_rope_hold(const struct osm_rope *rope, struct osm_rope_piece *pieces);
void osm_rope_leave(const struct osm_rope_piece *pieces, size_t count);

#endif
