/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_EVENT_SINKS_H
#define OSM_APP_DAEMON_EVENT_SINKS_H
/* What the options say about sinks of events. */
#include "app/conf/options.h"
#include "sink/sinks.h"

/* Borrows from the options. `client` is filled with the MQTT client id of this daemon, made of
 * the host's name and the socket, so that it is the same after a restart. */
#define OSM_MQTT_CLIENT_MAX 64
struct osm_sinks_config osm_event_sinks_config(const struct osm_options *options,
                                               char client[OSM_MQTT_CLIENT_MAX]);

/* --check: looks at the values without starting anything. Returns 0, or -EINVAL and a message for
 * the user in *error, to be freed. */
OSM_MUST_CHECK int osm_event_sinks_check(const struct osm_options *options, char **error);
/* The same of the files they name, which may block. */
OSM_MUST_CHECK int osm_event_sinks_check_files(const struct osm_options *options, char **error);

#endif
