/* SPDX-License-Identifier: MIT */
/* What we read of HTTP ourselves: any text, taken as each of the headers. */
#include <string.h>

#include "admin/http/http_text.h"
#include "fuzz.h"
#include "util/alloc.h"
#include "util/macros.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {"text/plain", "application/openmetrics-text"};
    _cleanup_(osm_freep) char *text = osm_strndup((const char *)data, size);
    const char *token = osm_http_bearer(text);
    size_t length;

    osm_assert(!token || (*token && token > text && token < text + strlen(text)));
    if (osm_http_target_is_plain(text, &length))
        osm_assert(*text == '/' && !memchr(text, '%', length));
    osm_assert(length <= strlen(text));
    osm_assert(osm_http_negotiate(text, types, 2) <= 2);
    if (osm_http_host_is_local(text))
        osm_assert(*text == '1' || *text == '[' || *text == 'l' || *text == 'L');
    (void)osm_http_origin_is(text, text);
    return 0;
}
