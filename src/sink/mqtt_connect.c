/* SPDX-License-Identifier: MIT */
/*
 * The connection to a broker. libmosquitto connects with blocking calls (names, files of TLS, the
 * TCP handshake), so an attempt runs in another thread and owns the library's object for so long,
 * or for good if all ends meanwhile; afterwards the library works on our loop without ever
 * blocking.
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

void osm_mqtt_note(struct osm_mqtt_client *client, const char *what, const char *why)
{
    client->lost = true;
    if (!client->trouble[0])
        (void)snprintf(client->trouble, sizeof(client->trouble), "%s: %s", what, why);
}

/* --- callbacks of the library: they only note ------------------------------------------------ */

static void on_answer(struct mosquitto *mosq, void *context, int reason, int flags,
                      const mosquitto_property *properties)
{
    struct osm_mqtt_client *client = context;

    client->answered = true;
    client->answer = reason;
    if (reason)
        osm_mqtt_note(client, "the broker refuses the connection", mosquitto_reason_string(reason));
}

static void on_disconnect(struct mosquitto *mosq, void *context, int reason,
                          const mosquitto_property *properties)
{
    struct osm_mqtt_client *client = context;

    /* Codes from 0x80 on are the broker's, smaller ones the library's. */
    osm_mqtt_note(client, "connection lost",
                  reason >= MQTT_RC_UNSPECIFIED ? mosquitto_reason_string(reason)
                                                : mosquitto_strerror(reason));
}

static void on_library_log(struct mosquitto *mosq, void *context, int level, const char *text)
{
    struct osm_mqtt_client *client = context;

    /* The only place where the reason of a failed TLS handshake can be had. */
    if (level == MOSQ_LOG_ERR && !client->trouble[0])
        (void)snprintf(client->trouble, sizeof(client->trouble), "%s", text);
}

static int no_passphrase(char *buffer, int size, int rwflag, void *userdata)
{
    return 0; /* never ask a terminal */
}

/* --- an attempt, in the other thread --------------------------------------------------------- */

static int set_tls(struct osm_mqtt_client *client)
{
    const struct osm_mqtt_url *url = &client->url;
    int r = MOSQ_ERR_SUCCESS;

    if (!url->tls)
        return r;
    if (!url->ca)
        r = mosquitto_int_option(client->mosq, MOSQ_OPT_TLS_USE_OS_CERTS, 1);
    if (r == MOSQ_ERR_SUCCESS && (url->ca || url->cert))
        r = mosquitto_tls_set(client->mosq, url->ca, url->ca ? NULL : "/etc/ssl/certs", url->cert,
                              url->key, no_passphrase);
    if (r == MOSQ_ERR_SUCCESS)
        r = mosquitto_tls_opts_set(client->mosq, 1, NULL, NULL); /* verify */
    return r;
}

static int make_client(struct osm_mqtt_client *client)
{
    const struct osm_mqtt_url *url = &client->url;

    client->mosq = mosquitto_new(url->client, url->qos < 2 || !client->cleaned, client);
    if (!client->mosq)
        return errno == EINVAL ? MOSQ_ERR_INVAL : MOSQ_ERR_NOMEM;
    mosquitto_connect_v5_callback_set(client->mosq, on_answer);
    mosquitto_disconnect_v5_callback_set(client->mosq, on_disconnect);
    mosquitto_publish_v5_callback_set(client->mosq, osm_mqtt_on_publish);
    mosquitto_log_callback_set(client->mosq, on_library_log);
    (void)mosquitto_int_option(client->mosq, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    (void)mosquitto_int_option(client->mosq, MOSQ_OPT_SEND_MAXIMUM, OSM_MQTT_IN_FLIGHT);
    (void)mosquitto_int_option(client->mosq, MOSQ_OPT_TCP_NODELAY, 1);
    return set_tls(client);
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
static int set_password(struct osm_mqtt_client *client)
{
    int r = osm_mqtt_read_password(&client->url);

    if (r < 0) {
        osm_mqtt_note(client, "cannot read the password file", osm_mqtt_file_trouble(r));
        return MOSQ_ERR_AUTH;
    }
    return mosquitto_username_pw_set(client->mosq, client->url.user, client->url.password);
}

static int connect_client(struct osm_mqtt_client *client)
{
    const struct osm_mqtt_url *url = &client->url;
    mosquitto_property *properties = NULL;
    int r = MOSQ_ERR_SUCCESS;

    if (url->qos == 2 && client->cleaned)
        r = mosquitto_property_add_int32(&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL,
                                         SESSION_SECONDS);
    if (r == MOSQ_ERR_SUCCESS)
        r = mosquitto_connect_bind_v5(client->mosq, url->host, url->port, url->keepalive, NULL,
                                      properties);
    mosquitto_property_free_all(&properties);
    return r;
}

/* Carries the client to the thread and back; with whom it is when nobody wants it any more, it
 * ends. */
struct attempt {
    struct osm_mqtt_sink *mqtt;
    struct osm_mqtt_client *client;
};

static void run_attempt(void *work)
{
    struct osm_mqtt_client *client = ((struct attempt *)work)->client;
    int r = client->mosq ? MOSQ_ERR_SUCCESS : make_client(client), error = 0;

    if (r == MOSQ_ERR_SUCCESS)
        r = set_password(client);
    if (r == MOSQ_ERR_SUCCESS) {
        errno = 0;
        r = connect_client(client);
        error = errno;
    }
    if (r != MOSQ_ERR_SUCCESS)
        osm_mqtt_note(client, "cannot connect",
                      r == MOSQ_ERR_ERRNO && error ? strerror(error) : mosquitto_strerror(r));
    else
        (void)fcntl(mosquitto_socket(client->mosq), F_SETFD, FD_CLOEXEC);
}

static void attempt_done(void *work, int status)
{
    struct attempt *attempt = work;
    struct osm_mqtt_sink *mqtt = attempt->mqtt;

    mqtt->client = osm_steal(attempt->client);
    mqtt->attempt = NULL;
    if (status < 0)
        osm_mqtt_note(mqtt->client, "cannot connect", uv_strerror(status));
    osm_mqtt_connected(mqtt);
}

static void attempt_free(void *work)
{
    struct attempt *attempt = work;

    osm_mqtt_client_free(attempt->client);
    free(attempt);
}

struct osm_errands *osm_mqtt_errands_new(uv_loop_t *loop)
{
    static const struct osm_errand_ops ops = {run_attempt, attempt_done, attempt_free, "MQTT"};

    return osm_errands_new(loop, &ops, 1);
}

void osm_mqtt_client_free(struct osm_mqtt_client *client)
{
    if (!client)
        return;
    if (client->mosq)
        mosquitto_destroy(client->mosq);
    osm_mqtt_url_deinit(&client->url);
    free(client);
}

void osm_mqtt_connect(struct osm_mqtt_sink *mqtt)
{
    struct osm_mqtt_client *client = mqtt->client;
    struct attempt *attempt = osm_alloc(sizeof(*attempt));

    mqtt->state = MQTT_CONNECTING;
    client->answered = client->lost = false;
    client->trouble[0] = '\0';
    attempt->mqtt = mqtt;
    attempt->client = osm_steal(mqtt->client);
    mqtt->attempt = osm_errand_new(mqtt->errands, attempt);
}

void osm_mqtt_abandon(struct osm_mqtt_sink *mqtt)
{
    osm_errand_drop(osm_steal(mqtt->attempt));
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
        r = mosquitto_loop_read(mqtt->client->mosq, 1);
    if (r == MOSQ_ERR_SUCCESS && (events & UV_WRITABLE))
        r = mosquitto_loop_write(mqtt->client->mosq, 1);
    if (r != MOSQ_ERR_SUCCESS)
        osm_mqtt_note(mqtt->client, "connection lost", mosquitto_strerror(r));
    osm_mqtt_act(mqtt);
}

static struct mqtt_watch *watch_new(struct osm_mqtt_sink *mqtt)
{
    int fd = fcntl(mosquitto_socket(mqtt->client->mosq), F_DUPFD_CLOEXEC, 0);
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
        osm_mqtt_note(mqtt->client, "cannot watch the connection", strerror(errno));
        return;
    }
    if (mqtt->more || mosquitto_want_write(mqtt->client->mosq))
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
