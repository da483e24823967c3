/* SPDX-License-Identifier: MIT */
/* Options of sinks; see event_sinks.h. */
#include "app/daemon/event_sinks.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "sink/command_line.h"
#include "sink/mqtt.h"
#include "sink/mqtt_url.h"
#include "util/alloc.h"
#include "util/digest.h"

/* Of the host's name; with the rest an id every broker takes. */
#define HOST_MAX 40

static void make_client(const char *socket, char client[OSM_MQTT_CLIENT_MAX])
{
    char host[HOST_MAX + 1] = "";
    uint8_t sum[OSM_SHA1_BYTES];

    if (gethostname(host, HOST_MAX) < 0 || !*host)
        memcpy(host, "host", sizeof("host"));
    host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")] = '\0';
    osm_digest_sha1(socket, strlen(socket), sum);
    (void)snprintf(client, OSM_MQTT_CLIENT_MAX, "osm-%s-%02x%02x%02x%02x", host, sum[0], sum[1],
                   sum[2], sum[3]);
}

struct osm_sinks_config osm_event_sinks_config(const struct osm_options *options,
                                               char client[OSM_MQTT_CLIENT_MAX])
{
    make_client(options->socket, client);
    return (struct osm_sinks_config){
        .log = options->event_log,
        .command = options->event_command,
        .command_acks = options->event_command_ack != 0,
        .mqtt = options->event_mqtt,
        .mqtt_client = client,
        .spool = options->event_spool,
        .spool_bytes = (uint64_t)options->event_spool_bytes,
        .deferred_ack = options->deferred_ack != 0,
    };
}

int osm_event_sinks_check_files(const struct osm_options *options, char **error)
{
    return options->event_mqtt ? osm_mqtt_sink_check(options->event_mqtt, error) : 0;
}

int osm_event_sinks_check(const struct osm_options *options, char **error)
{
    const char *mistake = NULL;
    struct osm_mqtt_url url;
    char **argv = NULL;
    int r = 0;

    if (options->event_command)
        r = osm_command_line_split(options->event_command, &argv, &mistake);
    free(argv);
    if (r < 0) {
        *error = osm_printf("Invalid value for option --event-command: %s", mistake);
        return r;
    }
    if (!options->event_mqtt)
        return 0;
    r = osm_mqtt_url_parse(options->event_mqtt, &url, &mistake);
    osm_mqtt_url_deinit(&url);
    if (r < 0)
        *error = osm_printf("Invalid value for option --event-mqtt: %s", mistake);
    return r;
}
