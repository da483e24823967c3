/* SPDX-License-Identifier: MIT */
/*
 * Events to an MQTT broker; see mqtt.h.
 *
 *   PAUSING ─▶ CONNECTING ─▶ OPENING ─▶ OPEN ⇄ AWAY      any ──stop──▶ STOPPED
 *      ▲────────────┴────────────┴────────┘ failed, lost
 *
 * The library keeps messages of QoS 1 and 2 until they are confirmed and sends them again by
 * itself on the next connection; a record whose tag is set is in its hands. Messages of QoS 0
 * die with the connection and are given to it again.
 */
#include "sink/mqtt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <mqtt_protocol.h>

#include "sink/mqtt_internal.h"
#include "sink/mqtt_message.h"
#include "util/alloc.h"
#include "util/log.h"
#include "util/read_file.h"

/* The library wants a look from time to time, for its keep-alive. */
#define LOOK ((osm_msec)1000)
/* TLS handshake and CONNACK. */
#define ANSWER ((osm_msec)15000)
/* Messages per turn. */
#define BATCH 256

static struct osm_mqtt_sink *mqtt_of(struct osm_sink *sink)
{
    return osm_container_of(sink, struct osm_mqtt_sink, sink);
}

static osm_msec mqtt_now(const struct osm_mqtt_sink *mqtt)
{
    return osm_clock_now(mqtt->sink.loop->clock);
}

static void timer_start(struct osm_mqtt_sink *mqtt, osm_msec delay)
{
    mqtt->sink.loop->ops->timer_start(mqtt->timer, delay);
}

/* --- messages ------------------------------------------------------------------------------ */

static struct osm_sink_record *find_sent(struct osm_mqtt_sink *mqtt, int mid)
{
    struct osm_sink_record *record = mqtt->sink.head;

    while (record && record->tag != mid)
        record = record->next;
    return record;
}

/* Called from inside the library, also while it is being given the very message. */
void osm_mqtt_on_publish(struct mosquitto *mosq, void *context, int mid, int reason,
                         const mosquitto_property *properties)
{
    struct osm_mqtt_sink *mqtt = ((struct osm_mqtt_client *)context)->sink;
    struct osm_sink_record *record;

    if (mqtt->large) {
        osm_mqtt_large_note(mqtt->large, mid, reason);
        return;
    }
    record = mid ? find_sent(mqtt, mid) : NULL;
    if (!record)
        return;
    mqtt->in_flight--;
    record->tag = 0;
    if (reason == MQTT_RC_PACKET_ID_NOT_FOUND) {
        /* A broker that has forgotten its half of QoS 2, and maybe the message with it. */
        mqtt->sink.unsent = mqtt->sink.head;
    } else if (reason >= MQTT_RC_UNSPECIFIED) {
        if (!mqtt->sink.status.dropped)
            osm_log_error("MQTT broker %s refuses an event: %s", mqtt->broker,
                          mosquitto_reason_string(reason));
        osm_sink_refuse(&mqtt->sink, record);
    } else {
        osm_sink_confirm(&mqtt->sink, record);
    }
}

bool osm_mqtt_judge(struct osm_mqtt_sink *mqtt, struct osm_sink_record *record, int result)
{
    switch (result) {
    case MOSQ_ERR_SUCCESS:
        return true; /* the record may be gone already */
    case MOSQ_ERR_PAYLOAD_SIZE:
    case MOSQ_ERR_OVERSIZE_PACKET:
    case MOSQ_ERR_MALFORMED_UTF8:
    case MOSQ_ERR_INVAL:
        record->tag = 0;
        mqtt->in_flight--;
        osm_log_error("An event of %zu bytes cannot be sent to MQTT broker %s: %s", record->length,
                      mqtt->broker, mosquitto_strerror(result));
        osm_sink_refuse(&mqtt->sink, record);
        return true;
    case MOSQ_ERR_NO_CONN:
    case MOSQ_ERR_CONN_LOST:
    case MOSQ_ERR_ERRNO:
    case MOSQ_ERR_TLS: /* QoS 1 and 2: the library has it and sends it again */
        osm_mqtt_note(mqtt->client, "connection lost", mosquitto_strerror(result));
        return false;
    default: /* QoS or retaining not supported: nothing is kept */
        record->tag = 0;
        mqtt->in_flight--;
        osm_sink_unsend(&mqtt->sink, record);
        osm_mqtt_note(mqtt->client, "cannot publish", mosquitto_strerror(result));
        return false;
    }
}

static bool publish(struct osm_mqtt_sink *mqtt, struct osm_sink_record *record)
{
    const struct osm_rope *line = &record->line;
    const struct osm_mqtt_url *url = &mqtt->client->url;
    struct osm_mqtt_head head =
        osm_mqtt_head_of(line->text, line->text_length - 1, url, &mqtt->topic);
    int r;

    mqtt->in_flight++;
    /* The tag is set before a callback can ask for it; see osm_mqtt_on_publish(). */
    r = mosquitto_publish_v5(mqtt->client->mosq, &record->tag, head.topic,
                             (int)line->text_length - 1, line->text, url->qos, head.retain,
                             mqtt->properties);
    return osm_mqtt_judge(mqtt, record, r);
}

static void pump(struct osm_mqtt_sink *mqtt)
{
    unsigned published = 0;

    mqtt->more = false;
    while (!mqtt->client->lost && mqtt->in_flight < OSM_MQTT_IN_FLIGHT) {
        struct osm_sink_record *record = osm_sink_next(&mqtt->sink);

        if (!record)
            return;
        if (!record->tag && record->line.count) {
            osm_mqtt_large_publish(mqtt, record);
            return;
        }
        if (!record->tag && !publish(mqtt, record))
            return;
        if (++published == BATCH) { /* others have a turn first */
            mqtt->more = true;
            return;
        }
    }
}

/* --- life of the connection ---------------------------------------------------------------- */

/* QoS 0: what the connection took with it is sent again. */
static void take_back(struct osm_mqtt_sink *mqtt)
{
    if (mqtt->client->url.qos > 0)
        return;
    osm_sink_rewind(&mqtt->sink);
    mqtt->in_flight = 0;
}

static void pause_connection(struct osm_mqtt_sink *mqtt)
{
    osm_mqtt_unwatch(mqtt);
    mqtt->state = MQTT_PAUSING;
    if (mqtt->client->mosq && mosquitto_socket(mqtt->client->mosq) >= 0)
        (void)mosquitto_disconnect_v5(mqtt->client->mosq, 0, NULL);
    take_back(mqtt);
    timer_start(mqtt, osm_sink_failed(&mqtt->sink, "%s: %s", mqtt->broker, mqtt->client->trouble));
}

static void destroy_client(struct osm_mqtt_sink *mqtt)
{
    osm_mqtt_unwatch(mqtt);
    mosquitto_destroy(mqtt->client->mosq);
    mqtt->client->mosq = NULL;
}

/* CONNACK says yes. */
static void open_connection(struct osm_mqtt_sink *mqtt)
{
    if (mqtt->client->url.qos == 2 && !mqtt->client->cleaned) {
        /* That was to end what an earlier life of ours may have left half done, whose message
         * ids we would use again. The connection that counts keeps its session. */
        mqtt->client->cleaned = true;
        (void)mosquitto_disconnect_v5(mqtt->client->mosq, 0, NULL);
        destroy_client(mqtt);
        osm_mqtt_connect(mqtt);
        return;
    }
    mqtt->state = MQTT_OPEN;
    mqtt->client->trouble[0] = '\0';
    osm_sink_works(&mqtt->sink);
    osm_log_info("Publishing events to MQTT broker %s", mqtt->broker);
}

void osm_mqtt_act(struct osm_mqtt_sink *mqtt)
{
    if (mqtt->state != MQTT_OPENING && mqtt->state != MQTT_OPEN)
        return;
    if (mqtt->state == MQTT_OPENING && mqtt->client->answered && !mqtt->client->lost)
        open_connection(mqtt);
    if (mqtt->state == MQTT_OPEN)
        pump(mqtt);
    if (mqtt->state != MQTT_OPENING && mqtt->state != MQTT_OPEN)
        return;
    if (!mqtt->client->lost)
        osm_mqtt_watch(mqtt);
    if (mqtt->client->lost)
        pause_connection(mqtt);
}

/* The end of it, by its own will. */
static void end(struct osm_mqtt_sink *mqtt)
{
    if (mqtt->state == MQTT_OPEN)
        (void)mosquitto_disconnect_v5(mqtt->client->mosq, 0, NULL);
    osm_mqtt_unwatch(mqtt);
    mqtt->state = MQTT_STOPPED;
    osm_sink_stopped(&mqtt->sink);
}

void osm_mqtt_back(struct osm_mqtt_sink *mqtt)
{
    if (mqtt->sink.stopping)
        end(mqtt);
    else
        osm_mqtt_act(mqtt);
}

void osm_mqtt_connected(struct osm_mqtt_sink *mqtt)
{
    if (mqtt->sink.stopping) {
        mqtt->state = MQTT_STOPPED;
        osm_sink_stopped(&mqtt->sink);
        return;
    }
    if (mqtt->client->lost) {
        pause_connection(mqtt);
        return;
    }
    mqtt->state = MQTT_OPENING;
    mqtt->deadline = mqtt_now(mqtt) + ANSWER;
    timer_start(mqtt, LOOK);
    osm_mqtt_act(mqtt);
}

static void on_timer(void *context)
{
    struct osm_mqtt_sink *mqtt = context;
    int r;

    if (mqtt->state == MQTT_PAUSING) {
        osm_mqtt_connect(mqtt);
        return;
    }
    timer_start(mqtt, LOOK);
    if (mqtt->state == MQTT_AWAY)
        return;
    r = mosquitto_loop_misc(mqtt->client->mosq);
    if (r != MOSQ_ERR_SUCCESS)
        osm_mqtt_note(mqtt->client, "connection lost", mosquitto_strerror(r));
    if (mqtt->state == MQTT_OPENING && mqtt_now(mqtt) >= mqtt->deadline)
        osm_mqtt_note(mqtt->client, "cannot connect", "no answer within 15 s");
    osm_mqtt_act(mqtt);
}

/* --- operations ---------------------------------------------------------------------------- */

static void mqtt_wake(struct osm_sink *sink)
{
    struct osm_mqtt_sink *mqtt = mqtt_of(sink);

    if (mqtt->state == MQTT_OPEN)
        osm_mqtt_act(mqtt);
}

/* A password file that was put right is not to wait for the end of the pause. */
static void mqtt_reopen(struct osm_sink *sink)
{
    struct osm_mqtt_sink *mqtt = mqtt_of(sink);

    if (mqtt->state == MQTT_PAUSING)
        timer_start(mqtt, 0);
}

static void mqtt_stop(struct osm_sink *sink)
{
    struct osm_mqtt_sink *mqtt = mqtt_of(sink);

    sink->loop->ops->timer_stop(mqtt->timer);
    if (mqtt->state != MQTT_CONNECTING && mqtt->state != MQTT_AWAY) /* the other thread has it */
        end(mqtt);
}

static bool mqtt_abandon(struct osm_sink *sink)
{
    struct osm_mqtt_sink *mqtt = mqtt_of(sink);

    if (mqtt->state == MQTT_AWAY)
        return false; /* with work of the pool, which comes back */
    osm_mqtt_abandon(mqtt);
    return true;
}

static void mqtt_free(struct osm_sink *sink)
{
    struct osm_mqtt_sink *mqtt = mqtt_of(sink);

    sink->loop->ops->timer_free(mqtt->timer);
    osm_mqtt_unwatch(mqtt);
    mosquitto_property_free_all(&mqtt->properties);
    osm_errands_free(mqtt->errands, NULL, NULL);
    if (mqtt->client) { /* or somebody is still in the library */
        osm_mqtt_client_free(mqtt->client);
        (void)mosquitto_lib_cleanup();
    }
    osm_sink_deinit(sink);
    osm_buf_deinit(&mqtt->topic);
    free(mqtt->broker);
    free(mqtt);
}

/* --- the start ----------------------------------------------------------------------------- */

/* Files the URL names must be there from the start: that is a mistake of the operator, not of
 * the network. */
static int check_files(struct osm_mqtt_url *url, char **error)
{
    const char *const paths[] = {url->ca, url->cert, url->key};
    int r = osm_mqtt_read_password(url);

    if (r < 0) {
        *error = osm_printf("Cannot read the password file of --event-mqtt, %s: %s",
                            url->password_file, osm_mqtt_file_trouble(r));
        return r;
    }
    for (size_t i = 0; i < OSM_ARRAY_SIZE(paths); i++) {
        r = paths[i] ? osm_file_check(paths[i]) : 0;
        if (r == 0)
            continue;
        *error = osm_printf("Cannot read %s, named by --event-mqtt: %s", paths[i],
                            osm_mqtt_file_trouble(r));
        return r;
    }
    return 0;
}

int osm_mqtt_sink_check(const char *text, char **error)
{
    const char *mistake = NULL;
    struct osm_mqtt_url url;
    int r = osm_mqtt_url_parse(text, &url, &mistake);

    if (r < 0)
        *error = osm_printf("Invalid value for option --event-mqtt: %s", mistake);
    else
        r = check_files(&url, error);
    osm_mqtt_url_deinit(&url);
    return r;
}

static int make_properties(struct osm_mqtt_sink *mqtt)
{
    int r = mosquitto_property_add_byte(&mqtt->properties, MQTT_PROP_PAYLOAD_FORMAT_INDICATOR, 1);

    if (r == MOSQ_ERR_SUCCESS)
        r = mosquitto_property_add_string(&mqtt->properties, MQTT_PROP_CONTENT_TYPE,
                                          "application/json");
    return r == MOSQ_ERR_SUCCESS ? 0 : -ENOMEM;
}

int osm_mqtt_sink_new(const struct osm_mqtt_sink_config *config, const struct osm_loop *loop,
                      uv_loop_t *uv, struct osm_sink **out, char **error)
{
    static const struct osm_sink_ops ops = {mqtt_wake, mqtt_reopen, mqtt_stop, mqtt_abandon,
                                            mqtt_free};
    const char *mistake = NULL;
    struct osm_mqtt_client *client = osm_alloc(sizeof(*client));
    int r = osm_mqtt_url_parse(config->url, &client->url, &mistake);
    struct osm_mqtt_sink *mqtt;

    if (r < 0) {
        *error = osm_printf("Invalid value for option --event-mqtt: %s", mistake);
        osm_mqtt_client_free(client);
        return r;
    }
    if (!client->url.client)
        client->url.client = osm_strdup(config->client);
    (void)mosquitto_lib_init();
    mqtt = osm_alloc(sizeof(*mqtt));
    osm_sink_init(&mqtt->sink, &ops, "mqtt", loop);
    mqtt->client = client;
    client->sink = mqtt;
    mqtt->uv = uv;
    mqtt->broker = osm_printf(strchr(client->url.host, ':') ? "[%s]:%d" : "%s:%d", client->url.host,
                              client->url.port);
    mqtt->timer = osm_loop_timer(loop, on_timer, mqtt);
    mqtt->errands = osm_mqtt_errands_new(uv);
    r = make_properties(mqtt);
    osm_assert(r == 0);
    osm_mqtt_connect(mqtt);
    *out = &mqtt->sink;
    return 0;
}
