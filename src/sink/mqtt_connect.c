/* SPDX-License-Identifier: MIT */
/*
 * The connection to a broker. libmosquitto connects with blocking calls (names, files of TLS, the
 * TCP handshake), so an attempt runs in another thread and owns the library's object for so long;
 * afterwards the library works on our loop without ever blocking.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <mqtt_protocol.h>

#include "rim/io/turn.h"
#include "sink/mqtt_internal.h"
#include "util/alloc.h"
#include "util/read_file.h"
#include "util/wipe.h"

/* How long a broker keeps a session at QoS 2 while we are away. */
#define SESSION_SECONDS 3600
/* Longest content of a password file. */
#define PASSWORD_MAX 4096

struct mqtt_watch {
    uv_poll_t poll;
    struct osm_mqtt_sink *mqtt;
    int fd; /* a copy: the library closes its own when it likes */
};

void osm_mqtt_note(struct osm_mqtt_sink *mqtt, const char *what, const char *why)
{
    mqtt->lost = true;
    if (!mqtt->trouble[0])
        (void)snprintf(mqtt->trouble, sizeof(mqtt->trouble), "%s: %s", what, why);
}

/* --- callbacks of the library: they only note ------------------------------------------------ */

static void on_answer(struct mosquitto *mosq, void *context, int reason, int flags,
                      const mosquitto_property *properties)
{
    struct osm_mqtt_sink *mqtt = context;

    mqtt->answered = true;
    mqtt->answer = reason;
    if (reason)
        osm_mqtt_note(mqtt, "the broker refuses the connection", mosquitto_reason_string(reason));
}

static void on_disconnect(struct mosquitto *mosq, void *context, int reason,
                          const mosquitto_property *properties)
{
    struct osm_mqtt_sink *mqtt = context;

    /* Codes from 0x80 on are the broker's, smaller ones the library's. */
    osm_mqtt_note(mqtt, "connection lost",
                  reason >= MQTT_RC_UNSPECIFIED ? mosquitto_reason_string(reason)
                                                : mosquitto_strerror(reason));
}

static void on_library_log(struct mosquitto *mosq, void *context, int level, const char *text)
{
    struct osm_mqtt_sink *mqtt = context;

    /* The only place where the reason of a failed TLS handshake can be had. */
    if (level == MOSQ_LOG_ERR && !mqtt->trouble[0])
        (void)snprintf(mqtt->trouble, sizeof(mqtt->trouble), "%s", text);
}

static int no_passphrase(char *buffer, int size, int rwflag, void *userdata)
{
    return 0; /* never ask a terminal */
}

/* --- an attempt, in the other thread --------------------------------------------------------- */

static int set_tls(struct osm_mqtt_sink *mqtt)
{
    const struct osm_mqtt_url *url = &mqtt->url;
    int r = MOSQ_ERR_SUCCESS;

    if (!url->tls)
        return r;
    if (!url->ca)
        r = mosquitto_int_option(mqtt->mosq, MOSQ_OPT_TLS_USE_OS_CERTS, 1);
    if (r == MOSQ_ERR_SUCCESS && (url->ca || url->cert))
        r = mosquitto_tls_set(mqtt->mosq, url->ca, url->ca ? NULL : "/etc/ssl/certs", url->cert,
                              url->key, no_passphrase);
    if (r == MOSQ_ERR_SUCCESS)
        r = mosquitto_tls_opts_set(mqtt->mosq, 1, NULL, NULL); /* verify */
    return r;
}

static int make_client(struct osm_mqtt_sink *mqtt)
{
    const struct osm_mqtt_url *url = &mqtt->url;

    mqtt->mosq = mosquitto_new(url->client, url->qos < 2 || !mqtt->cleaned, mqtt);
    if (!mqtt->mosq)
        return errno == EINVAL ? MOSQ_ERR_INVAL : MOSQ_ERR_NOMEM;
    mosquitto_connect_v5_callback_set(mqtt->mosq, on_answer);
    mosquitto_disconnect_v5_callback_set(mqtt->mosq, on_disconnect);
    mosquitto_publish_v5_callback_set(mqtt->mosq, osm_mqtt_on_publish);
    mosquitto_log_callback_set(mqtt->mosq, on_library_log);
    (void)mosquitto_int_option(mqtt->mosq, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    (void)mosquitto_int_option(mqtt->mosq, MOSQ_OPT_SEND_MAXIMUM, OSM_MQTT_IN_FLIGHT);
    (void)mosquitto_int_option(mqtt->mosq, MOSQ_OPT_TCP_NODELAY, 1);
    return set_tls(mqtt);
}

int osm_mqtt_read_password(struct osm_mqtt_url *url)
{
    _cleanup_(osm_buf_deinit_secret) struct osm_buf text = {0};
    int r;

    if (!url->password_file)
        return 0;
    r = osm_file_read(url->password_file, PASSWORD_MAX, &text, NULL);
    if (r < 0)
        return r;
    osm_wipe_and_free(url->password);
    url->password = osm_strndup(osm_buf_text(&text), strcspn(osm_buf_text(&text), "\r\n"));
    return 0;
}

const char *osm_mqtt_file_trouble(int error)
{
    return error == -EINVAL ? "it is no regular file" : strerror(-error);
}

/* It may have changed since the last attempt. */
static int set_password(struct osm_mqtt_sink *mqtt)
{
    int r = osm_mqtt_read_password(&mqtt->url);

    if (r < 0) {
        osm_mqtt_note(mqtt, "cannot read the password file", osm_mqtt_file_trouble(r));
        return MOSQ_ERR_AUTH;
    }
    return mosquitto_username_pw_set(mqtt->mosq, mqtt->url.user, mqtt->url.password);
}

static int connect_client(struct osm_mqtt_sink *mqtt)
{
    const struct osm_mqtt_url *url = &mqtt->url;
    mosquitto_property *properties = NULL;
    int r = MOSQ_ERR_SUCCESS;

    if (url->qos == 2 && mqtt->cleaned)
        r = mosquitto_property_add_int32(&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL,
                                         SESSION_SECONDS);
    if (r == MOSQ_ERR_SUCCESS)
        r = mosquitto_connect_bind_v5(mqtt->mosq, url->host, url->port, url->keepalive, NULL,
                                      properties);
    mosquitto_property_free_all(&properties);
    return r;
}

static void run_attempt(void *context)
{
    struct osm_mqtt_sink *mqtt = context;
    int r = mqtt->mosq ? MOSQ_ERR_SUCCESS : make_client(mqtt), error = 0;

    if (r == MOSQ_ERR_SUCCESS)
        r = set_password(mqtt);
    if (r == MOSQ_ERR_SUCCESS) {
        errno = 0;
        r = connect_client(mqtt);
        error = errno;
    }
    if (r != MOSQ_ERR_SUCCESS)
        osm_mqtt_note(mqtt, "cannot connect",
                      r == MOSQ_ERR_ERRNO && error ? strerror(error) : mosquitto_strerror(r));
    else
        (void)fcntl(mosquitto_socket(mqtt->mosq), F_SETFD, FD_CLOEXEC);
}

static void attempt_done(void *context)
{
    osm_mqtt_connected(context);
}

void osm_mqtt_connect(struct osm_mqtt_sink *mqtt)
{
    mqtt->state = MQTT_CONNECTING;
    mqtt->answered = mqtt->lost = false;
    mqtt->trouble[0] = '\0';
    mqtt->sink.loop->ops->work(mqtt->sink.loop->context, run_attempt, attempt_done, mqtt);
}

/* --- the descriptor on the loop -------------------------------------------------------------- */

static void on_watch_closed(uv_handle_t *handle)
{
    free(osm_container_of((uv_poll_t *)handle, struct mqtt_watch, poll));
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct mqtt_watch *watch = osm_container_of(poll, struct mqtt_watch, poll);
    struct osm_mqtt_sink *mqtt = watch->mqtt;
    int r = MOSQ_ERR_SUCCESS;

    osm_turn_name("MQTT");
    if (status < 0 || (events & UV_READABLE))
        r = mosquitto_loop_read(mqtt->mosq, 1);
    if (r == MOSQ_ERR_SUCCESS && (events & UV_WRITABLE))
        r = mosquitto_loop_write(mqtt->mosq, 1);
    if (r != MOSQ_ERR_SUCCESS)
        osm_mqtt_note(mqtt, "connection lost", mosquitto_strerror(r));
    osm_mqtt_act(mqtt);
}

static struct mqtt_watch *watch_new(struct osm_mqtt_sink *mqtt)
{
    int fd = fcntl(mosquitto_socket(mqtt->mosq), F_DUPFD_CLOEXEC, 0);
    struct mqtt_watch *watch;

    if (fd < 0)
        return NULL;
    watch = osm_alloc(sizeof(*watch));
    watch->mqtt = mqtt;
    watch->fd = fd;
    if (uv_poll_init(mqtt->uv, &watch->poll, fd) == 0)
        return watch;
    (void)close(fd);
    free(watch);
    return NULL;
}

void osm_mqtt_watch(struct osm_mqtt_sink *mqtt)
{
    int events = UV_READABLE;

    if (!mqtt->watch)
        mqtt->watch = watch_new(mqtt);
    if (!mqtt->watch) {
        osm_mqtt_note(mqtt, "cannot watch the connection", strerror(errno));
        return;
    }
    if (mqtt->more || mosquitto_want_write(mqtt->mosq))
        events |= UV_WRITABLE;
    (void)uv_poll_start(&mqtt->watch->poll, events, on_socket);
}

void osm_mqtt_unwatch(struct osm_mqtt_sink *mqtt)
{
    struct mqtt_watch *watch = osm_steal(mqtt->watch);

    if (!watch)
        return;
    uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
    (void)close(watch->fd);
}
