/* SPDX-License-Identifier: MIT */
/* Any body as requests, any bytes cut anywhere as events: no line is without its token, and no
 * byte is lost, made up or out of place. */
#include <string.h>

#include "admin/web/web_text.h"
#include "fuzz.h"
#include "util/macros.h"

static void try_requests(const char *body, size_t length)
{
    static const char head[] = "{\"authToken\":\"t\",";
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};
    const size_t most = 4096;
    size_t at = 0;

    if (!osm_web_text_requests(body, length, "t", most, &out)) {
        osm_assert(out.length == 0);
        return;
    }
    osm_assert(out.length <= most);
    while (at < out.length) {
        const char *end = memchr(out.data + at, '\n', out.length - at);

        osm_assert(end && (size_t)(end - (out.data + at)) >= sizeof(head) - 1);
        osm_assert(memcmp(out.data + at, head, sizeof(head) - 1) == 0);
        at = (size_t)(end - out.data) + 1;
    }
}

static void translate(const char *data, size_t length, size_t step, struct osm_buf *out)
{
    struct osm_web_events events = {0};

    for (size_t at = 0; at < length;) {
        size_t taken =
            osm_web_text_events(&events, data + at, OSM_MIN(step, length - at), step, out);

        osm_assert(taken > 0 && taken <= step);
        at += taken;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(osm_buf_deinit) struct osm_buf whole = {0};
    _cleanup_(osm_buf_deinit) struct osm_buf cut = {0};
    const char *text = (const char *)data;

    try_requests(text, size);
    if (size == 0)
        return 0;
    translate(text, size, size + OSM_WEB_EVENT_EXTRA, &whole);
    translate(text, size, 1 + data[0] % 7u, &cut);
    osm_assert(whole.length == cut.length && memcmp(whole.data, cut.data, cut.length) == 0);
    return 0;
}
