/* SPDX-License-Identifier: MIT */
#ifndef OSM_SINK_MQTT_H
#define OSM_SINK_MQTT_H
/*
 * `--event-mqtt`: each event as one MQTT 5 message, through libmosquitto on our loop.
 *
 * An event is confirmed when the broker has acknowledged it (QoS 1 and 2) or when it has been
 * written to the connection (QoS 0). After a loss of the connection what was not confirmed is
 * sent again: at QoS 1 and 0 the broker may then have it twice, at QoS 2 only after a restart of
 * the daemon or of a broker that forgets sessions.
 */
#include <uv.h>

#include "core/manager/sink_status.h"
#include "port/loop_ops.h"
#include "util/macros.h"

struct osm_sink;

struct osm_mqtt_sink_config {
    const char *url;    /* mqtt_url.h */
    const char *client; /* client id unless the URL names one */
};

/* Whether the URL, and the files it names, are of use: 0, or negative errno and a message for the
 * user in *error, to be freed. May block. */
OSM_MUST_CHECK int osm_mqtt_sink_check(const char *url, char **error);

/* Begins to connect; the broker need not be there. The files the URL names are read at each
 * attempt, beside the loop: what has changed counts from the next connection on. Returns 0, or
 * negative errno and a message for the user in *error, to be freed, when it is no URL. Both loops
 * are the same one.
 */
OSM_MUST_CHECK int osm_mqtt_sink_new(const struct osm_mqtt_sink_config *config,
                                     const struct osm_loop *loop, uv_loop_t *uv,
                                     struct osm_sink **out, char **error);

#endif
