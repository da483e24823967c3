/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_BASE64_H
#define OSM_UTIL_BASE64_H
/* Standard base64 with padding. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/macros.h"

/* Length of the text for that many bytes. */
static inline size_t osm_base64_size(size_t length)
{
    return (length + 2) / 3 * 4;
}

void osm_base64_encode(struct osm_buf *out, const void *data, size_t length);
/* The same for bytes that stand at the end of the room for their own text: osm_base64_size()
 * bytes have been reserved, the last `length` of them are the data. Saves a copy. */
void osm_base64_encode_tail(struct osm_buf *out, size_t length);
/* Strict: alphabet of RFC 4648 §4, complete padding, nothing else. The empty text is the empty
 * result (a valid pointer). */
OSM_MUST_CHECK bool osm_base64_decode(const char *text, size_t length, struct osm_arena *arena,
                                      uint8_t **data, size_t *size);

#endif
