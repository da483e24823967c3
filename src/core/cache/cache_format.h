/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_CACHE_CACHE_FORMAT_H
#define OSM_CORE_CACHE_CACHE_FORMAT_H
/*
 * The content of one cache file. All numbers little endian:
 *
 *   "OSMCACH1"   8   changes whenever anything below or in the keys and values changes
 *   expires      8   milliseconds since 1970, wall clock; INT64_MAX = never
 *   key length   4
 *   value length 4
 *   checksum    20   SHA-1 of two SHA-1: of the 24 bytes before it, of key and value
 *   key, value
 *
 * The file ends there. Whatever is no such file – half written, of another version, somebody
 * else's – is not read.
 */
#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/macros.h"

#define OSM_CACHE_FILE_HEAD 44
/* Nothing larger is written or read. */
#define OSM_CACHE_FILE_MAX ((size_t)64 * 1024 * 1024)

struct osm_cache_file {
    int64_t expires;
    const uint8_t *key;
    size_t key_length;
    const uint8_t *value;
    size_t value_length;
};

/* Appends the file's bytes; false = too large. */
OSM_MUST_CHECK bool osm_cache_format_write(struct osm_buf *out, const struct osm_cache_file *file);
/* False = no cache file. Key and value point into data. */
OSM_MUST_CHECK bool osm_cache_format_read(const uint8_t *data, size_t size,
                                          struct osm_cache_file *out);

#endif
