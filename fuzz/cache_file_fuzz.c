/* SPDX-License-Identifier: MIT */
/*
 * Files of the cache directory: whatever lies there is read or refused; what is read is what was
 * written. A file nobody wrote seldom passes the checksum, so each input is read once as it is
 * and once with magic and checksum put right: all behind them must hold for a file somebody made
 * on purpose, its value included, which is decoded as what the methods keep.
 */
#include <string.h>

#include <open62541/types_generated_handling.h>

#include "core/cache/cache_format.h"
#include "fuzz.h"
#include "util/digest.h"

#define AT_KEY_LENGTH 16
#define AT_VALUE_LENGTH 20
#define AT_CHECKSUM 24

static void decode_value(const struct osm_cache_file *file)
{
    static const unsigned types[] = {UA_TYPES_BROWSERESULT, UA_TYPES_GETENDPOINTSRESPONSE,
                                     UA_TYPES_NODEID,       UA_TYPES_UINT32,
                                     UA_TYPES_DATAVALUE,    UA_TYPES_DATATYPESCHEMAHEADER};
    const UA_ByteString bytes = {file->value_length, (UA_Byte *)(uintptr_t)file->value};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(types); i++) {
        const UA_DataType *type = &UA_TYPES[types[i]];
        UA_ByteString again = UA_BYTESTRING_NULL;
        void *value = UA_new(type);

        if (UA_decodeBinary(&bytes, value, type, NULL) == UA_STATUSCODE_GOOD)
            osm_assert(UA_encodeBinary(value, type, &again) == UA_STATUSCODE_GOOD);
        UA_ByteString_clear(&again);
        UA_delete(value, type);
    }
}

static bool is_same(const struct osm_cache_file *one, const struct osm_cache_file *other)
{
    return one->expires == other->expires && one->key_length == other->key_length &&
           one->value_length == other->value_length &&
           (!one->key_length || memcmp(one->key, other->key, one->key_length) == 0) &&
           (!one->value_length || memcmp(one->value, other->value, one->value_length) == 0);
}

/* Written, read, and read with one bit turned over. */
static void round_trip(const struct osm_cache_file *file, size_t bit)
{
    struct osm_buf out = {0};
    struct osm_cache_file back;

    osm_assert(osm_cache_format_write(&out, file));
    osm_assert(osm_cache_format_read((const uint8_t *)out.data, out.length, &back));
    osm_assert(is_same(&back, file));
    out.data[bit / 8 % out.length] ^= (char)(1 << bit % 8);
    osm_assert(!osm_cache_format_read((const uint8_t *)out.data, out.length, &back));
    osm_buf_deinit(&out);
}

static void read_file(const uint8_t *data, size_t size)
{
    struct osm_cache_file file;

    if (!osm_cache_format_read(data, size, &file))
        return;
    osm_assert(file.key + file.key_length + file.value_length == data + size);
    decode_value(&file);
    round_trip(&file, size + data[size - 1]);
}

static void read_mended(const uint8_t *data, size_t size)
{
    uint8_t sums[2 * OSM_SHA1_BYTES];
    struct osm_buf copy = {0};
    uint8_t *file = (uint8_t *)osm_buf_reserve(&copy, size);

    memcpy(file, data, size);
    memcpy(file, "OSMCACH1", 8);
    if (data[AT_CHECKSUM] & 1) { /* lengths that fit are a rare find, too */
        size_t rest = size - OSM_CACHE_FILE_HEAD, key = data[AT_KEY_LENGTH] % (rest + 1);

        memset(file + AT_KEY_LENGTH, 0, 8);
        file[AT_KEY_LENGTH] = (uint8_t)key;
        file[AT_VALUE_LENGTH] = (uint8_t)(rest - key);
        file[AT_VALUE_LENGTH + 1] = (uint8_t)((rest - key) >> 8);
        file[AT_VALUE_LENGTH + 2] = (uint8_t)((rest - key) >> 16);
    }
    osm_sha1(file, AT_CHECKSUM, sums);
    osm_sha1(file + OSM_CACHE_FILE_HEAD, size - OSM_CACHE_FILE_HEAD, sums + OSM_SHA1_BYTES);
    osm_sha1(sums, sizeof(sums), file + AT_CHECKSUM);
    read_file(file, size);
    osm_buf_deinit(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct osm_cache_file file = {.expires = 5, .key = data, .key_length = size / 3};

    file.value = data + file.key_length;
    file.value_length = size - file.key_length;
    round_trip(&file, size ? data[0] : 0);
    read_file(data, size);
    if (size >= OSM_CACHE_FILE_HEAD)
        read_mended(data, size);
    return 0;
}
