/* SPDX-License-Identifier: MIT */
/*
 * A client's life: made, opened, run, ended. What comes from the back-end is a line; whether it is
 * a reply, an event of a stream or an error that belongs to no call is decided here
 * (docs/protocol.md).
 */
#include <stdlib.h>
#include <string.h>

#include "client/client_internal.h"
#include "client/options.h"
#include "util/alloc.h"
#include "util/wipe.h"

/* Nothing heard for that long while calls wait: the daemon is asked whether it is there; for twice
 * as long, and it is not. It answers ping whatever servers do. */
#define SILENCE ((osm_msec)15000)
/* How long the goodbye may take. */
#define GOODBYE ((osm_msec)1000)
#define DEFAULT_SEVERITY 6

const char *opcua_version(void)
{
    return OSM_VERSION;
}

/* ---- lines ---------------------------------------------------------------------------------- */

static void gone(struct opcua_client *client, const struct opcua_error *error)
{
    if (client->state == OSM_CLIENT_GONE)
        return;
    client->gone = *error;
    client->state = OSM_CLIENT_GONE;
    osm_calls_fail(client, error, true);
}

/* A reply without id: to a line that was too long, or before the daemon closes. */
static void stray(struct opcua_client *client, yyjson_val *reply)
{
    yyjson_val *detail = yyjson_obj_get(reply, "error");
    const char *message = yyjson_get_str(yyjson_obj_get(detail, "message"));
    struct opcua_error error;
    const char *limit;

    if (yyjson_equals_str(yyjson_obj_get(detail, "type"), "payload_too_large") && message &&
        (limit = strpbrk(message, "0123456789"))) {
        osm_calls_too_large(client, strtoul(limit, NULL, 10), reply);
        return;
    }
    osm_failure_of_reply(&error, reply, client->managed, client->url);
    gone(client, &error);
}

void osm_client_line(struct osm_back_end_user *user, char *line, size_t length)
{
    struct opcua_client *client = osm_container_of(user, struct opcua_client, user);
    yyjson_doc *doc = yyjson_read(line, length, YYJSON_READ_NOFLAG);
    yyjson_val *root = yyjson_doc_get_root(doc), *id = yyjson_obj_get(root, "id");
    struct opcua_error error;

    client->heard = osm_clock_now(osm_clock_system());
    client->asked = false;
    if (!yyjson_is_obj(root)) {
        osm_failure(&error, client->managed ? OPCUA_SOURCE_DAEMON : OPCUA_SOURCE_HERE,
                    "ProtocolException", client->url, "A line that is no JSON object: %.60s", line);
        gone(client, &error);
    } else if (yyjson_obj_get(root, "event")) {
        osm_stream_line(client, root, line, length);
    } else if (!yyjson_is_uint(id)) {
        stray(client, root);
    } else {
        (void)osm_calls_reply(client, yyjson_get_uint(id), root);
    }
    yyjson_doc_free(doc);
}

static void client_log(struct osm_back_end_user *user, int severity, const char *text)
{
    struct opcua_client *client = osm_container_of(user, struct opcua_client, user);

    client->inside++;
    client->log(client->context, severity, text);
    client->inside--;
}

/* ---- making --------------------------------------------------------------------------------- */

static struct opcua_client *client_new(const char *url, const struct opcua_options *options)
{
    struct opcua_client *client = osm_alloc(sizeof(*client));

    client->user.line = osm_client_line;
    client->user.log = client_log;
    client->url = url ? osm_strdup(url) : NULL;
    client->token = options->token ? osm_strdup(options->token) : NULL;
    client->config = osm_client_options_config(options);
    client->keep = options->keep;
    client->force_new = options->force_new;
    client->event = options->event;
    client->cancel = options->cancel;
    client->log = options->log;
    client->context = options->context;
    return client;
}

struct opcua_client *opcua_client_new(const char *url, const struct opcua_options *options,
                                      struct opcua_error *error)
{
    struct osm_direct_options direct;
    struct opcua_client *client;
    struct opcua_options taken;

    if (!url) {
        osm_failure(error, OPCUA_SOURCE_HERE, "InvalidArgumentException", "url",
                    "A direct client needs the URL of a server: opc.tcp://host:4840");
        return NULL;
    }
    if (!osm_client_options_take(&taken, options, error))
        return NULL;
    client = client_new(url, &taken);
    direct = (struct osm_direct_options){.state_dir = taken.state_dir,
                                         .logs = taken.log != NULL,
                                         .log_severity = taken.log_severity ? taken.log_severity
                                                                            : DEFAULT_SEVERITY};
    client->back_end = osm_direct_new(&direct, &client->user, error);
    if (client->back_end)
        return client;
    opcua_client_free(client);
    return NULL;
}

struct opcua_client *opcua_client_new_managed(const char *socket, const char *url,
                                              const struct opcua_options *options,
                                              struct opcua_error *error)
{
    struct opcua_client *client;
    struct opcua_options taken;

    if (!osm_client_options_take(&taken, options, error))
        return NULL;
    client = client_new(url, &taken);
    client->managed = true;
    client->back_end = osm_managed_new(socket, osm_clock_system(), &client->user, error);
    if (client->back_end)
        return client;
    opcua_client_free(client);
    return NULL;
}

void opcua_client_adopt(struct opcua_client *client, const char *session_id)
{
    if (!client || !session_id || client->state != OSM_CLIENT_NEW)
        return;
    client->session_id = osm_strdup(session_id);
    client->state = OSM_CLIENT_OPEN;
    client->keep = true; /* somebody else's */
}

const char *opcua_session_id(const struct opcua_client *client)
{
    return client ? client->session_id : NULL;
}

const char *osm_client_url(const struct opcua_client *client)
{
    return client ? client->url : NULL;
}

/* ---- opening -------------------------------------------------------------------------------- */

struct opening {
    opcua_done_fn *done;
    void *context;
};

static void tell_opening(struct opening *opening, const struct opcua_error *error)
{
    if (opening->done)
        opening->done(opening->context, error);
    free(opening);
}

/* An open that was refused here: another one is under way, which is not touched. */
static void on_not_opened(struct opcua_client *client, const struct opcua_error *error,
                          yyjson_val *data, void *context)
{
    (void)client, (void)data;
    tell_opening(context, error);
}

static void on_open(struct opcua_client *client, const struct opcua_error *error, yyjson_val *data,
                    void *context)
{
    struct opening *opening = context;
    const char *id = yyjson_get_str(yyjson_obj_get(data, "sessionId"));
    struct opcua_error shape;

    if (!error && !id) {
        osm_failure_of_shape(&shape, "open");
        error = &shape;
    }
    if (error) {
        if (client->state == OSM_CLIENT_OPENING)
            client->state = OSM_CLIENT_NEW;
        osm_calls_fail_held(client, error);
    } else {
        client->session_id = osm_strdup(id);
        client->state = OSM_CLIENT_OPEN;
        if (client->event)
            osm_stream_begin(client);
        osm_calls_release(client);
    }
    tell_opening(opening, error);
}

void opcua_open_async(struct opcua_client *client, opcua_done_fn *done, void *context)
{
    struct osm_call *call = osm_call_new(client, "open", osm_client_url(client));
    struct osm_json *json = osm_call_json(call);
    struct opening *opening = osm_alloc(sizeof(*opening));
    struct opcua_error error;

    *opening = (struct opening){done, context};
    if (!client) {
        osm_call_send(call, on_not_opened, opening);
        return;
    }
    if (client->state == OSM_CLIENT_OPENING || client->state == OSM_CLIENT_OPEN || !client->url) {
        osm_failure(&error, OPCUA_SOURCE_HERE, "ConfigurationException", client->url, "%s",
                    client->url ? "The session is open, or about to be"
                                : "This client was made without the URL of a server");
        osm_call_refuse(call, &error, on_not_opened, opening);
        return;
    }
    osm_json_key(json, "endpointUrl");
    osm_json_cstring(json, client->url);
    osm_json_key(json, "config");
    osm_json_raw(json, client->config, strlen(client->config));
    if (client->force_new) {
        osm_json_key(json, "forceNew");
        osm_json_bool(json, true);
    }
    if (client->state != OSM_CLIENT_GONE)
        client->state = OSM_CLIENT_OPENING;
    osm_call_send_at_once(call, on_open, opening);
}

/* ---- running -------------------------------------------------------------------------------- */

int opcua_fd(const struct opcua_client *client)
{
    return client ? client->back_end->ops->fd(client->back_end) : -1;
}

short opcua_events(const struct opcua_client *client)
{
    return client ? client->back_end->ops->events(client->back_end) : 0;
}

/* Whether the daemon is watched: only one that owes an answer, and only over a socket. */
static bool is_watched(const struct opcua_client *client)
{
    return client->managed && client->calls && client->state != OSM_CLIENT_GONE;
}

int opcua_timeout(const struct opcua_client *client)
{
    osm_msec now = osm_clock_now(osm_clock_system());
    int timeout;

    if (!client)
        return -1;
    timeout = client->back_end->ops->timeout(client->back_end);
    if (client->doomed || osm_calls_have_refused(client))
        return 0;
    if (is_watched(client)) {
        osm_msec due = client->heard + (client->asked ? 2 : 1) * SILENCE;
        int left = due > now ? (int)(due - now) : 0;

        if (timeout < 0 || left < timeout)
            timeout = left;
    }
    return timeout;
}

static void on_pong(struct opcua_client *client, const struct opcua_error *error, yyjson_val *data,
                    void *context)
{
    (void)client, (void)error, (void)data, (void)context;
}

static void watch_daemon(struct opcua_client *client)
{
    osm_msec silent = osm_clock_now(osm_clock_system()) - client->heard;
    struct opcua_error error;

    if (!is_watched(client) || silent < SILENCE)
        return;
    if (client->asked && silent >= 2 * SILENCE) {
        osm_failure(&error, OPCUA_SOURCE_DAEMON, "ConnectionException", client->url,
                    "The daemon has not answered for %u s, not even a ping",
                    (unsigned)(silent / 1000));
        gone(client, &error);
    } else if (!client->asked) {
        osm_call_send_at_once(osm_call_new(client, "ping", NULL), on_pong, NULL);
        /* It has its time to answer, however long the caller was away. */
        client->heard = osm_clock_now(osm_clock_system()) - SILENCE;
        client->asked = true;
    }
}

int opcua_process(struct opcua_client *client, struct opcua_error *error)
{
    struct opcua_error why;

    if (!client) {
        (void)osm_wait_may(client, error);
        return -1;
    }
    if (client->inside) {
        osm_failure(error, OPCUA_SOURCE_HERE, "BadMethodCallException", "opcua_process",
                    "opcua_process() and waiting calls are not for functions called back");
        return -1;
    }
    (void)osm_calls_refused(client);
    if (client->state != OSM_CLIENT_GONE) {
        if (client->back_end->ops->process(client->back_end, &why))
            watch_daemon(client);
        else
            gone(client, &why);
    }
    (void)osm_calls_refused(client);
    osm_stream_sweep(client);
    if (client->doomed && !client->ending) {
        osm_failure(error, OPCUA_SOURCE_HERE, "ConnectionException", client->url,
                    "The client has been closed");
        opcua_client_free(client);
        return -1;
    }
    if (client->state != OSM_CLIENT_GONE)
        return 0;
    if (error)
        *error = client->gone;
    return -1;
}

/* ---- the end -------------------------------------------------------------------------------- */

static void on_goodbye(struct opcua_client *client, const struct opcua_error *error,
                       yyjson_val *data, void *context)
{
    bool *done = context;

    (void)client, (void)error, (void)data;
    if (done)
        *done = true;
}

/* Closes the session, for nobody who could be told that it failed. */
static void say_goodbye(struct opcua_client *client)
{
    osm_msec until = osm_clock_now(osm_clock_system()) + GOODBYE;
    bool done = false;

    osm_call_send_last(osm_call_new(client, "close", NULL), on_goodbye, &done);
    if (!osm_wait_until(client, &done, until, NULL) && !done)
        osm_calls_fail(client, &(struct opcua_error){.source = OPCUA_SOURCE_HERE}, true);
}

/* Of a session that stays. The daemon gives up what callers have asked for who have gone, so the
 * answers are waited for. */
static void end_subscriptions(struct opcua_client *client)
{
    osm_msec until = osm_clock_now(osm_clock_system()) + GOODBYE;

    osm_stream_delete_subscriptions(client);
    if (client->deleting)
        (void)osm_wait_until(client, &client->all_deleted, until, NULL);
}

void opcua_client_free(struct opcua_client *client)
{
    struct opcua_error error;

    if (!client)
        return;
    if (client->inside || client->ending) {
        client->doomed = true;
        return;
    }
    client->ending = true;
    if (client->state == OSM_CLIENT_OPEN && client->keep)
        end_subscriptions(client);
    osm_failure(&error, OPCUA_SOURCE_HERE, "ConnectionException", client->url,
                "The client has been closed");
    /* Who is told the end may ask again: that is refused, told once more and then forgotten. */
    if (client->state != OSM_CLIENT_GONE)
        client->gone = error;
    client->ended = true;
    osm_calls_fail(client, &error, true);
    if (client->state == OSM_CLIENT_OPEN && client->session_id && !client->keep)
        say_goodbye(client);
    gone(client, &error);
    osm_calls_fail(client, &error, true);
    osm_calls_forget(client);
    osm_stream_free_subscriptions(client);
    if (client->back_end)
        client->back_end->ops->free(client->back_end);
    free(client->url);
    free(client->session_id);
    osm_wipe_and_free(client->token);
    osm_wipe_and_free(client->config);
    free(client);
}
