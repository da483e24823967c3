/* SPDX-License-Identifier: MIT */
/* Messages that leave the daemon: bounded, and no less valid UTF-8 than they came. */
#include <string.h>

#include "fuzz.h"
#include "serve/request/sanitise.h"
#include "util/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct osm_buf out = {0};

    osm_sanitise(&out, (const char *)data, size);
    osm_assert(out.length <= 503);
    osm_assert(osm_utf8_is_valid(out.data, out.length) ||
               !osm_utf8_is_valid((const char *)data, size));
    osm_buf_deinit(&out);
    return 0;
}
