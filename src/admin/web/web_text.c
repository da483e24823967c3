/* SPDX-License-Identifier: MIT */
/* See web_text.h. */
#include "admin/web/web_text.h"

#include <string.h>

#include "util/macros.h"
#include "wire/text/json.h"

#define EXTRA (sizeof("\"authToken\":\"\",\n") - 1) /* what a line grows by beside the token */

struct line {
    const char *text;
    size_t length;
};

/* The next line that is not empty; false at the end. */
static bool next_line(const char **at, size_t *left, struct line *line)
{
    while (*left) {
        const char *end = memchr(*at, '\n', *left);
        size_t length = end ? (size_t)(end - *at) : *left;

        *line = (struct line){*at, length};
        *at += length + (end != NULL);
        *left -= length + (end != NULL);
        if (line->length && line->text[line->length - 1] == '\r')
            line->length--;
        if (line->length)
            return true;
    }
    return false;
}

/* Every line brings the token with it, of which a byte may become two. */
static bool is_wrong(const char *body, size_t length, size_t token, size_t most)
{
    size_t size = 0;
    struct line line;

    while (next_line(&body, &length, &line)) {
        size += line.length + EXTRA + 2 * token;
        if (line.text[0] != '{' || size > most)
            return true;
    }
    return !size;
}

static void add_line(struct osm_buf *out, const struct line *line, const char *token)
{
    struct osm_json json;

    osm_json_init(&json, out);
    osm_json_object_begin(&json);
    osm_json_key(&json, "authToken");
    osm_json_cstring(&json, token);
    osm_buf_add_byte(out, ',');
    osm_buf_add(out, line->text + 1, line->length - 1);
    osm_buf_add_byte(out, '\n');
}

bool osm_web_text_requests(const char *body, size_t length, const char *token, size_t most,
                           struct osm_buf *out)
{
    struct line line;

    if (is_wrong(body, length, strlen(token), most))
        return false;
    while (next_line(&body, &length, &line))
        add_line(out, &line, token);
    return true;
}

size_t osm_web_text_events(struct osm_web_events *events, const char *piece, size_t length,
                           size_t room, struct osm_buf *out)
{
    size_t taken = 0, grown = 0;

    while (taken < length && grown < room) {
        size_t most = OSM_MIN(length - taken, room - grown);
        const char *end = memchr(piece + taken, '\n', most);
        size_t size = end ? (size_t)(end - (piece + taken)) : most;

        if (!events->inside)
            osm_buf_add_text(out, "data: ");
        osm_buf_add(out, piece + taken, size);
        if (end)
            osm_buf_add_text(out, "\n\n");
        events->inside = !end;
        taken += size + (end != NULL);
        grown += size + OSM_WEB_EVENT_EXTRA;
    }
    return taken;
}
