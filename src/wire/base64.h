/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_BASE64_H
#define OSM_WIRE_BASE64_H
/* Standard base64 with padding, and lower-case hex. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/macros.h"

void osm_base64_encode(struct osm_buf *out, const void *data, size_t length);
/* Strict: alphabet of RFC 4648 §4, complete padding, nothing else. The empty text is the empty
 * result (a valid pointer). */
OSM_MUST_CHECK bool osm_base64_decode(const char *text, size_t length, struct osm_arena *arena,
                                      uint8_t **data, size_t *size);

void osm_hex_encode(struct osm_buf *out, const void *data, size_t length);
/* Any case, an even number of digits. */
OSM_MUST_CHECK bool osm_hex_decode(const char *text, size_t length, struct osm_arena *arena,
                                   uint8_t **data, size_t *size);

#endif
