/* SPDX-License-Identifier: MIT */
/* Files of the cache directory: whatever lies there is read or refused; what is read is what was
 * written. */
#include <string.h>

#include "core/cache_format.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct osm_cache_file file = {.expires = 5, .key = data, .key_length = size / 3};
    struct osm_cache_file back;
    struct osm_buf out = {0};

    file.value = data + file.key_length;
    file.value_length = size - file.key_length;
    if (osm_cache_format_read(data, size, &back)) {
        osm_assert(back.key + back.key_length + back.value_length == data + size);
        file = back;
    }
    osm_assert(osm_cache_format_write(&out, &file));
    osm_assert(osm_cache_format_read((const uint8_t *)out.data, out.length, &back));
    osm_assert(back.expires == file.expires && back.key_length == file.key_length &&
               back.value_length == file.value_length);
    osm_assert(!back.key_length || memcmp(back.key, file.key, back.key_length) == 0);
    osm_assert(!back.value_length || memcmp(back.value, file.value, back.value_length) == 0);
    if (size && size < out.length) {
        out.data[data[0] % out.length] ^= 1; /* no bit may be another */
        osm_assert(!osm_cache_format_read((const uint8_t *)out.data, out.length, &back));
    }
    osm_buf_deinit(&out);
    return 0;
}
