/* SPDX-License-Identifier: MIT */
#ifndef OSM_SINK_MQTT_INTERNAL_H
#define OSM_SINK_MQTT_INTERNAL_H
/* What mqtt.c and mqtt_connect.c share; for nobody else. */
#include <mosquitto.h>
#include <uv.h>

#include "rim/io/errand.h"
#include "sink/mqtt_url.h"
#include "sink/sink_internal.h"
#include "util/buf.h"

/* Messages the library is given before it has confirmed the first. */
#define OSM_MQTT_IN_FLIGHT 512

enum mqtt_state {
    MQTT_PAUSING,    /* until the timer fires */
    MQTT_CONNECTING, /* in another thread, to which `client` belongs until then */
    MQTT_OPENING,    /* CONNECT is sent; the answer has a deadline */
    MQTT_OPEN,
    MQTT_AWAY, /* in another thread again, with a large message */
    MQTT_STOPPED,
};

struct osm_mqtt_large;
struct mqtt_watch; /* the connection's descriptor on the loop */

/* The library's object, what it takes to connect it, and what its callbacks and an attempt have
 * noted. It belongs to the thread of an attempt as long as that lasts. */
struct osm_mqtt_client {
    struct osm_mqtt_sink *sink; /* the loop's */
    struct osm_mqtt_url url;
    struct mosquitto *mosq; /* NULL until the first attempt */
    bool cleaned;           /* QoS 2: the broker has forgotten what an earlier life began */
    bool answered;          /* CONNACK */
    int answer;             /* its reason code */
    bool lost;
    char trouble[160];
};

struct osm_mqtt_sink {
    struct osm_sink sink;
    struct osm_mqtt_client *client; /* NULL when a thread that hangs was left behind with it */
    struct osm_errands *errands;    /* attempts, one at a time */
    struct osm_errand *attempt;     /* while CONNECTING */
    char *broker;                   /* host and port, for messages */
    uv_loop_t *uv;
    struct osm_timer *timer; /* pause, or the library's regular look */
    enum mqtt_state state;
    struct mqtt_watch *watch;
    mosquitto_property *properties; /* of each message */
    osm_msec deadline;
    unsigned in_flight;
    struct osm_mqtt_large *large; /* AWAY */
    bool more;                    /* to publish, in the next turn */
    struct osm_buf topic;
};

/* --- mqtt_connect.c: the connection, without what goes through it ---------------------------- */

/* The first line of the file, if the URL names one, is the password. 0 or negative errno. May
 * block. */
OSM_MUST_CHECK int osm_mqtt_read_password(struct osm_mqtt_url *url);
/* What that negative errno means of a file the URL names. */
const char *osm_mqtt_file_trouble(int error);
struct osm_errands *osm_mqtt_errands_new(uv_loop_t *loop);
/* Destroys the library's object. NULL is fine. */
void osm_mqtt_client_free(struct osm_mqtt_client *client);
/* Begins an attempt; osm_mqtt_connected() is called when it is over. */
void osm_mqtt_connect(struct osm_mqtt_sink *mqtt);
/* Lets an attempt that is under way go on for itself; the client goes with it. */
void osm_mqtt_abandon(struct osm_mqtt_sink *mqtt);
/* Notes a trouble that ends the connection; what was noted first counts. */
void osm_mqtt_note(struct osm_mqtt_client *client, const char *what, const char *why);
/* Watches the library's socket for what it wants to do next. */
void osm_mqtt_watch(struct osm_mqtt_sink *mqtt);
void osm_mqtt_unwatch(struct osm_mqtt_sink *mqtt);

/* --- mqtt_large.c: messages that are handed over in another thread ---------------------------- */

/* The connection is OPEN; osm_mqtt_back() is called when it is so again. */
void osm_mqtt_large_publish(struct osm_mqtt_sink *mqtt, struct osm_sink_record *record);
/* What is told meanwhile, in that thread. */
void osm_mqtt_large_note(struct osm_mqtt_large *large, int mid, int reason);

/* --- mqtt.c --------------------------------------------------------------------------------- */

/* The attempt is over; mqtt->client->lost says how. */
void osm_mqtt_connected(struct osm_mqtt_sink *mqtt);
/* Something may have been read or written: acts upon what the callbacks have noted. */
void osm_mqtt_act(struct osm_mqtt_sink *mqtt);
/* What the library says when it is given a message. False = the connection is of no use. */
bool osm_mqtt_judge(struct osm_mqtt_sink *mqtt, struct osm_sink_record *record, int result);
/* A large message has been given to it. */
void osm_mqtt_back(struct osm_mqtt_sink *mqtt);
void osm_mqtt_on_publish(struct mosquitto *mosq, void *context, int mid, int reason,
                         const mosquitto_property *properties);

#endif
