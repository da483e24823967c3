/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_VALUE_LATER_H
#define OSM_WIRE_VALUE_LATER_H
/*
 * Writing in two steps, for results so large that writing them would hold the loop. An encoder that
 * has a `later` writes no values and records: it notes where in the text they belong, and who has
 * the text goes on around them as if they stood there. osm_later_write() then writes all of it, on
 * any thread.
 *
 * What is noted is borrowed until then: it must stay and not change, and so must the encoder's
 * context (osm_wire_context_keep).
 */
#include "wire/value/encode.h"

/* What writes `count` values, `stride` bytes apart, of the kind `of`. */
typedef void osm_later_fn(struct osm_encoder *encoder, const void *of, const void *values,
                          size_t count);

struct osm_later_part {
    size_t at; /* in the text */
    bool comma;
    unsigned depth;
    osm_later_fn *write;
    const void *of; /* type or record */
    const char *values;
    size_t count;
    size_t stride; /* 0 = they are one */
};

struct osm_later {
    struct osm_later_part *parts; /* owned */
    size_t size, capacity;
};

void osm_later_deinit(struct osm_later *later);
/* Notes it at the end of the text. What follows right behind the last one becomes one part with it
 * if stride is not 0. */
void osm_later_add(struct osm_encoder *encoder, osm_later_fn *write, const void *of,
                   const void *values, size_t count, size_t stride);
/* Appends the text the parts were noted in, with them, to the encoder's. The encoder has no later;
 * its depth and comma become those of the end of the last part. False = it is longer than `most`
 * bytes and not complete: it stops soon after. */
OSM_MUST_CHECK bool osm_later_write(const struct osm_later *later, const struct osm_buf *text,
                                    struct osm_encoder *encoder, size_t most);

#endif
