/* SPDX-License-Identifier: MIT */
/*
 * A message so large that handing it to the library would hold the loop: it is put together, read
 * for its topic and handed over in another thread, to which the library's object belongs meanwhile,
 * as while it connects. What the library tells there is noted, and acted upon when it is back.
 */
#include <stdlib.h>

#include "sink/mqtt_internal.h"
#include "sink/mqtt_message.h"
#include "util/alloc.h"

/* Something the library has told of one of its messages. */
struct told {
    int mid, reason;
};

struct osm_mqtt_large {
    struct osm_mqtt_sink *mqtt;
    struct osm_sink_record *record; /* stays until it is confirmed */
    int mid, result;
    struct told *told;
    size_t count;
};

void osm_mqtt_large_note(struct osm_mqtt_large *large, int mid, int reason)
{
    large->told = osm_alloc_resize(large->told, (large->count + 1) * sizeof(*large->told));
    large->told[large->count++] = (struct told){mid, reason};
}

static void run(void *context)
{
    struct osm_mqtt_large *large = context;
    struct osm_mqtt_sink *mqtt = large->mqtt;
    struct osm_mqtt_client *client = mqtt->client;
    _cleanup_(osm_buf_deinit) struct osm_buf line = {0};
    struct osm_mqtt_head head;

    osm_rope_add_to(&large->record->line, &line);
    osm_buf_truncate(&line, line.length - 1);
    head = osm_mqtt_head_of(line.data, line.length, &client->url, &mqtt->topic);
    large->result = mosquitto_publish_v5(client->mosq, &large->mid, head.topic, (int)line.length,
                                         line.data, client->url.qos, head.retain, mqtt->properties);
}

static void done(void *context)
{
    struct osm_mqtt_large *large = context;
    struct osm_mqtt_sink *mqtt = large->mqtt;

    mqtt->large = NULL;
    mqtt->state = MQTT_OPEN;
    large->record->tag = large->mid;
    if (large->result != MOSQ_ERR_SUCCESS)
        (void)osm_mqtt_judge(mqtt, large->record, large->result);
    for (size_t i = 0; i < large->count; i++)
        osm_mqtt_on_publish(mqtt->client->mosq, mqtt->client, large->told[i].mid,
                            large->told[i].reason, NULL);
    free(large->told);
    free(large);
    osm_mqtt_back(mqtt);
}

void osm_mqtt_large_publish(struct osm_mqtt_sink *mqtt, struct osm_sink_record *record)
{
    struct osm_mqtt_large *large = osm_alloc(sizeof(*large));

    *large = (struct osm_mqtt_large){.mqtt = mqtt, .record = record};
    osm_mqtt_unwatch(mqtt);
    mqtt->state = MQTT_AWAY;
    mqtt->large = large;
    mqtt->in_flight++;
    mqtt->sink.loop->ops->work(mqtt->sink.loop->context, run, done, large);
}
