/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_HEX_H
#define OSM_UTIL_HEX_H
/* Bytes as hexadecimal digits: written in lower case, read in any. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/macros.h"

extern const char osm_hex_digits[17]; /* "0123456789abcdef" */

/* Two digits per byte, without a NUL behind them. */
void osm_hex_print(char *to, const void *data, size_t length);
/* Value of one digit of any case, −1 when it is none. */
int osm_hex_digit(char digit);
void osm_hex_encode(struct osm_buf *out, const void *data, size_t length);
/* Any case, an even number of digits. */
OSM_MUST_CHECK bool osm_hex_decode(const char *text, size_t length, struct osm_arena *arena,
                                   uint8_t **data, size_t *size);

#endif
