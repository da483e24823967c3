/* SPDX-License-Identifier: MIT */
/* URLs of brokers: a template that was taken makes topics that may be published to, whatever an
 * event holds. The input is the URL, and behind the first newline a value. */
#include <string.h>

#include "fuzz.h"
#include "sink/mqtt_url.h"
#include "sink/topic.h"
#include "util/alloc.h"
#include "util/utf8.h"

static void check_topic(const char *pattern, const char *value, size_t length)
{
    struct osm_topic_value values[OSM_TOPIC_PLACE_COUNT_];
    struct osm_buf out = {0};

    for (size_t i = 0; i < OSM_TOPIC_PLACE_COUNT_; i++)
        values[i] = (struct osm_topic_value){value, length};
    osm_topic_make(pattern, values, &out);
    osm_assert(out.length > 0);
    osm_assert(osm_utf8_is_valid(out.data, out.length));
    osm_assert(!memchr(out.data, '+', out.length) && !memchr(out.data, '#', out.length) &&
               !memchr(out.data, '\0', out.length));
    osm_buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *end = size ? memchr(text, '\n', size) : NULL;
    char *url_text = osm_strndup(text, end ? (size_t)(end - text) : size);
    struct osm_mqtt_url url;
    const char *error = NULL;

    if (osm_mqtt_url_parse(url_text, &url, &error) == 0)
        check_topic(url.topic, end ? end + 1 : NULL, end ? size - (size_t)(end + 1 - text) : 0);
    else
        osm_assert(error);
    osm_mqtt_url_deinit(&url);
    free(url_text);
    return 0;
}
