/* SPDX-License-Identifier: MIT */
#ifndef OSM_SINK_TOPIC_H
#define OSM_SINK_TOPIC_H
/*
 * MQTT topics of events, from a template with placeholders: `plant/{session}/{event}`. What comes
 * from outside into a topic can neither add levels to it nor be taken for a wildcard.
 */
#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

/* id, placeholder, what it stands for */
#define OSM_TOPIC_PLACES(X)                                                                        \
    X(EVENT, "event", "name of the event")                                                         \
    X(SESSION, "session", "session id")                                                            \
    X(ENDPOINT, "endpoint", "endpoint URL of the server")                                          \
    X(SUBSCRIPTION, "subscription", "subscription id")                                             \
    X(HANDLE, "handle", "client handle of the monitored item")                                     \
    X(CLIENT, "client", "MQTT client id of the daemon")

enum osm_topic_place {
#define X(id, name, meaning) OSM_TOPIC_##id,
    OSM_TOPIC_PLACES(X)
#undef X
        OSM_TOPIC_PLACE_COUNT_
};

/* Topics are at most 65535 bytes long on the wire; values in them at most so many. */
#define OSM_TOPIC_TEMPLATE_MAX 1024
#define OSM_TOPIC_VALUE_MAX 512

struct osm_topic_value {
    const char *text; /* NULL = the event has none: `-` */
    size_t length;
};

/* What is wrong with a template, static text; NULL = nothing. */
const char *osm_topic_check(const char *pattern);
bool osm_topic_uses(const char *pattern, enum osm_topic_place place);
/* Appends the topic; values has OSM_TOPIC_PLACE_COUNT_ rows. The template has been checked. */
void osm_topic_make(const char *pattern, const struct osm_topic_value *values, struct osm_buf *out);

#endif
