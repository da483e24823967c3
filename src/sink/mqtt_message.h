/* SPDX-License-Identifier: MIT */
#ifndef OSM_SINK_MQTT_MESSAGE_H
#define OSM_SINK_MQTT_MESSAGE_H
/* What of an event goes into the head of its MQTT message. */
#include "sink/mqtt_url.h"
#include "util/buf.h"

struct osm_mqtt_head {
    const char *topic; /* in the buffer that was given */
    bool retain;
};

/* Reads the event's line (without '\n') again for what the topic needs; the buffer is overwritten.
 * Any thread. */
struct osm_mqtt_head osm_mqtt_head_of(const char *line, size_t length,
                                      const struct osm_mqtt_url *url, struct osm_buf *topic);

#endif
