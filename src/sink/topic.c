/* SPDX-License-Identifier: MIT */
/* Topics from templates; see topic.h. */
#include "sink/topic.h"

#include <string.h>

#include "util/utf8.h"

static const char *const place_names[] = {
#define X(id, name, meaning) [OSM_TOPIC_##id] = name,
    OSM_TOPIC_PLACES(X)
#undef X
};

/* The place named between '{' at text and the next '}'; *end is behind it. */
static enum osm_topic_place find_place(const char *text, const char **end)
{
    const char *name = text + 1, *close = strchr(name, '}');
    size_t length = close ? (size_t)(close - name) : 0;

    *end = close ? close + 1 : NULL;
    for (size_t i = 0; close && i < OSM_ARRAY_SIZE(place_names); i++) {
        if (strlen(place_names[i]) == length && memcmp(place_names[i], name, length) == 0)
            return (enum osm_topic_place)i;
    }
    return OSM_TOPIC_PLACE_COUNT_;
}

const char *osm_topic_check(const char *pattern)
{
    size_t length = strlen(pattern);

    if (!length)
        return "the topic is empty";
    if (length > OSM_TOPIC_TEMPLATE_MAX)
        return "the topic is longer than 1024 bytes";
    if (!osm_utf8_is_valid(pattern, length))
        return "the topic is not valid UTF-8";
    for (const char *at = pattern; *at; at++) {
        if (*at == '+' || *at == '#')
            return "a topic to publish to has no wildcards + and #";
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return "the topic has control characters";
        if (*at == '}')
            return "a } without its { in the topic";
        if (*at == '{') {
            if (find_place(at, &at) == OSM_TOPIC_PLACE_COUNT_)
                return "unknown placeholder in the topic; known are {event} {session} {endpoint} "
                       "{subscription} {handle} {client}";
            at--;
        }
    }
    return NULL;
}

bool osm_topic_uses(const char *pattern, enum osm_topic_place place)
{
    for (const char *at = strchr(pattern, '{'); at; at = strchr(at, '{')) {
        if (find_place(at, &at) == place)
            return true;
    }
    return false;
}

/* One character of a value, made harmless. Returns how many bytes of it that took. */
static size_t add_character(struct osm_buf *out, const char *text, size_t length)
{
    unsigned char byte = (unsigned char)*text;
    size_t size = osm_utf8_sequence(text, length);
    bool is_c1 = size == 2 && byte == 0xc2 && (unsigned char)text[1] < 0xa0;

    if (!size || is_c1 || byte < 0x20 || byte == 0x7f || strchr("+#/$", byte)) {
        osm_buf_add_byte(out, '_');
        return size ? size : 1;
    }
    osm_buf_add(out, text, size);
    return size;
}

static void add_value(struct osm_buf *out, const struct osm_topic_value *value)
{
    if (!value->text || !value->length) {
        osm_buf_add_byte(out, '-');
        return;
    }
    for (size_t at = 0; at < OSM_MIN(value->length, OSM_TOPIC_VALUE_MAX);)
        at += add_character(out, value->text + at, value->length - at);
}

void osm_topic_make(const char *pattern, const struct osm_topic_value *values, struct osm_buf *out)
{
    for (const char *at = pattern; *at;) {
        size_t plain = strcspn(at, "{");
        enum osm_topic_place place;

        osm_buf_add(out, at, plain);
        at += plain;
        if (!*at)
            break;
        place = find_place(at, &at);
        osm_assert(place != OSM_TOPIC_PLACE_COUNT_);
        add_value(out, &values[place]);
    }
}
