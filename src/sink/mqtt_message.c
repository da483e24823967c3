/* SPDX-License-Identifier: MIT */
/* Topic and retain flag of an event; see mqtt_message.h. */
#include "sink/mqtt_message.h"

#include <string.h>

#include "sink/topic.h"
#include "wire/text/json.h"

#define NUMBER_MAX 24

static const char *const keys[OSM_TOPIC_PLACE_COUNT_] = {
    [OSM_TOPIC_EVENT] = "event",          [OSM_TOPIC_SESSION] = "sessionId",
    [OSM_TOPIC_ENDPOINT] = "endpointUrl", [OSM_TOPIC_SUBSCRIPTION] = "subscriptionId",
    [OSM_TOPIC_HANDLE] = "clientHandle",
};

static struct osm_topic_value value_of(yyjson_val *value, char *number)
{
    if (yyjson_is_str(value))
        return (struct osm_topic_value){yyjson_get_str(value), yyjson_get_len(value)};
    if (yyjson_is_uint(value)) {
        int length =
            snprintf(number, NUMBER_MAX, "%llu", (unsigned long long)yyjson_get_uint(value));

        return (struct osm_topic_value){number, (size_t)length};
    }
    return (struct osm_topic_value){0};
}

static bool is_value_of_item(const struct osm_topic_value *event)
{
    static const char name[] = "DataChangeReceived";

    return event->length == sizeof(name) - 1 && memcmp(event->text, name, event->length) == 0;
}

struct osm_mqtt_head osm_mqtt_head_of(const char *line, size_t length,
                                      const struct osm_mqtt_url *url, struct osm_buf *topic)
{
    yyjson_doc *document = yyjson_read(line, length, YYJSON_READ_NOFLAG);
    yyjson_val *root = yyjson_doc_get_root(document);
    struct osm_topic_value values[OSM_TOPIC_PLACE_COUNT_];
    char numbers[OSM_TOPIC_PLACE_COUNT_][NUMBER_MAX];
    struct osm_mqtt_head head;

    for (size_t i = 0; i < OSM_TOPIC_PLACE_COUNT_; i++)
        values[i] = value_of(keys[i] ? yyjson_obj_get(root, keys[i]) : NULL, numbers[i]);
    values[OSM_TOPIC_CLIENT] = (struct osm_topic_value){url->client, strlen(url->client)};
    osm_buf_truncate(topic, 0);
    osm_topic_make(url->topic, values, topic);
    head.topic = osm_buf_text(topic);
    head.retain = url->retain_last && is_value_of_item(&values[OSM_TOPIC_EVENT]);
    yyjson_doc_free(document);
    return head;
}
