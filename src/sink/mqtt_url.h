/* SPDX-License-Identifier: MIT */
#ifndef OSM_SINK_MQTT_URL_H
#define OSM_SINK_MQTT_URL_H
/*
 * Where `--event-mqtt` publishes:
 *
 *   mqtt[s]://[<user>[:<password>]@]<host>[:<port>][/<topic template>][?<name>=<value>&…]
 *
 * Percent-encoding works in every part. Members behind `?`: qos (0, 1, 2; default 1), retain
 * (none, last), client (id), keepalive (seconds), password-file; for mqtts also ca, cert, key
 * (paths of PEM files). Without ca the system's authorities count.
 */
#include <stdbool.h>

#include "util/macros.h"

struct osm_mqtt_url {
    char *host;
    int port;
    bool tls;
    char *user, *password; /* NULL = none */
    char *password_file;
    char *topic;      /* a checked template */
    int qos;          /* 0 … 2 */
    bool retain_last; /* the last value of each item stays with the broker */
    int keepalive;    /* seconds */
    char *client;     /* NULL = the caller chooses */
    char *ca, *cert, *key;
};

#define OSM_MQTT_TOPIC "opcua/{session}/{event}"

/* Returns 0, or -EINVAL and static text in *error, which repeats nothing of the URL. Whatever the
 * result, osm_mqtt_url_deinit() is to be called. */
OSM_MUST_CHECK int osm_mqtt_url_parse(const char *text, struct osm_mqtt_url *url,
                                      const char **error);
/* Wipes the password. */
void osm_mqtt_url_deinit(struct osm_mqtt_url *url);

#endif
