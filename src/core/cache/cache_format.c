/* SPDX-License-Identifier: MIT */
/* The content of a cache file; see cache_format.h. */
#include "core/cache/cache_format.h"

#include <string.h>

#include "util/digest.h"

#define MAGIC "OSMCACH1"
#define AT_EXPIRES 8
#define AT_KEY_LENGTH 16
#define AT_VALUE_LENGTH 20
#define AT_CHECKSUM 24

_Static_assert(AT_CHECKSUM + OSM_SHA1_BYTES == OSM_CACHE_FILE_HEAD, "the head ends there");

static void put_number(uint8_t *at, uint64_t number, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(number >> (8 * i));
}

static uint64_t get_number(const uint8_t *at, int bytes)
{
    uint64_t number = 0;

    for (int i = bytes; i-- > 0;)
        number = number << 8 | at[i];
    return number;
}

/* Of the head up to the checksum, and of everything behind it. */
static void checksum(const uint8_t *file, size_t size, uint8_t out[OSM_SHA1_BYTES])
{
    uint8_t both[2 * OSM_SHA1_BYTES];

    osm_sha1(file, AT_CHECKSUM, both);
    osm_sha1(file + OSM_CACHE_FILE_HEAD, size - OSM_CACHE_FILE_HEAD, both + OSM_SHA1_BYTES);
    osm_sha1(both, sizeof(both), out);
}

bool osm_cache_format_write(struct osm_buf *out, const struct osm_cache_file *file)
{
    uint8_t *at;
    size_t size;

    if (file->key_length > OSM_CACHE_FILE_MAX || file->value_length > OSM_CACHE_FILE_MAX)
        return false;
    size = OSM_CACHE_FILE_HEAD + file->key_length + file->value_length;
    if (size > OSM_CACHE_FILE_MAX)
        return false;
    at = (uint8_t *)osm_buf_reserve(out, size);
    memcpy(at, MAGIC, AT_EXPIRES);
    put_number(at + AT_EXPIRES, (uint64_t)file->expires, 8);
    put_number(at + AT_KEY_LENGTH, file->key_length, 4);
    put_number(at + AT_VALUE_LENGTH, file->value_length, 4);
    memcpy(at + OSM_CACHE_FILE_HEAD, file->key, file->key_length);
    if (file->value_length)
        memcpy(at + OSM_CACHE_FILE_HEAD + file->key_length, file->value, file->value_length);
    checksum(at, size, at + AT_CHECKSUM);
    osm_buf_commit(out, size);
    return true;
}

bool osm_cache_format_read(const uint8_t *data, size_t size, struct osm_cache_file *out)
{
    uint8_t sum[OSM_SHA1_BYTES];

    if (size < OSM_CACHE_FILE_HEAD || size > OSM_CACHE_FILE_MAX ||
        memcmp(data, MAGIC, AT_EXPIRES) != 0)
        return false;
    out->expires = (int64_t)get_number(data + AT_EXPIRES, 8);
    out->key_length = get_number(data + AT_KEY_LENGTH, 4);
    out->value_length = get_number(data + AT_VALUE_LENGTH, 4);
    out->key = data + OSM_CACHE_FILE_HEAD;
    if (out->key_length + out->value_length != size - OSM_CACHE_FILE_HEAD)
        return false;
    out->value = out->key + out->key_length;
    checksum(data, size, sum);
    return memcmp(sum, data + AT_CHECKSUM, OSM_SHA1_BYTES) == 0;
}
