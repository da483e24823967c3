/* SPDX-License-Identifier: MIT */
/* The daemon inside a program, which is told what happens:
 * cc embedded.c $(pkg-config --cflags --libs opcua-session-daemon) */
#include <opcua-session-daemon.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct osm_daemon *daemon;
static int changes;

static void on_signal(int number)
{
    osm_daemon_stop(daemon);
}

static void on_ready(void *context, const char *socket)
{
    printf("ready on %s\n", socket);
    fflush(stdout);
}

/* Called by the thread that runs the daemon; what takes long belongs elsewhere. */
static void on_event(void *context, const char *name, const char *json, size_t length)
{
    if (strcmp(name, "DataChangeReceived") == 0 && ++changes <= 3)
        printf("change %d: %.*s\n", changes, (int)length, json);
    if (changes == 3)
        osm_daemon_stop(daemon);
}

int main(int argc, char **argv)
{
    const char *arguments[] = {"--socket", "/tmp/embedded.sock", NULL};
    char connections[512];
    struct osm_daemon_config config = OSM_DAEMON_CONFIG_INIT;
    struct opcua_error error;
    int ended = 1;

    if (argc > 2)
        arguments[1] = argv[2];
    snprintf(
        connections, sizeof(connections),
        "plant: {endpoint: '%s', auto_connect: true, subscriptions: [{publishing_interval: 100, "
        "monitored_items: [{node_id: i=2258}]}]}",
        argc > 1 ? argv[1] : "opc.tcp://127.0.0.1:4840");
    config.arguments = arguments;
    config.connections = connections;
    config.event = on_event;
    config.ready = on_ready;
    daemon = osm_daemon_new(&config, &error);
    if (daemon) {
        signal(SIGINT, on_signal);
        signal(SIGTERM, on_signal);
        ended = osm_daemon_run(daemon, &error);
    }
    if (ended)
        fprintf(stderr, "%s: %s\n", error.object, error.message);
    osm_daemon_free(daemon);
    return ended ? 1 : 0;
}
