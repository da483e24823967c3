/* SPDX-License-Identifier: MIT */
/* Requests on their way; see client_internal.h. */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "client/client_internal.h"
#include "util/alloc.h"

/* Requests waiting for the session to be open. */
#define MOST_HELD_BYTES ((size_t)64 << 20)

struct osm_call {
    struct opcua_client *client;
    struct osm_call *prev, *next;
    uint64_t id;
    char *object;
    struct osm_buf line;
    struct osm_json json;
    bool in_list;   /* the list of parameters is open */
    bool enveloped; /* the result stands in `data` once more */
    osm_call_fn *done;
    void *context;
    struct opcua_error *refused; /* told instead of being sent */
    size_t length;               /* of the line */
};

void osm_call_free(struct osm_call *call)
{
    osm_buf_deinit_secret(&call->line);
    free(call->object);
    free(call->refused);
    free(call);
}

struct osm_call *osm_call_new(struct opcua_client *client, const char *command, const char *object)
{
    struct osm_call *call = osm_alloc(sizeof(*call));
    struct osm_json *json = &call->json;

    call->client = client;
    call->id = client ? ++client->next_id : 0;
    call->object = osm_strdup(object ? object : "");
    osm_json_init(json, &call->line);
    osm_json_object_begin(json);
    osm_json_key(json, "id");
    osm_json_uint(json, call->id);
    osm_json_key(json, "command");
    osm_json_cstring(json, command);
    return call;
}

struct osm_json *osm_call_json(struct osm_call *call)
{
    return &call->json;
}

uint64_t osm_call_id(const struct osm_call *call)
{
    return call->id;
}

const char *osm_call_object(const struct osm_call *call)
{
    return call->object;
}

static struct osm_call *method_new(struct opcua_client *client, const char *command,
                                   const char *list, const char *method, const char *object)
{
    struct osm_call *call = osm_call_new(client, command, object);

    osm_json_key(&call->json, "method");
    osm_json_cstring(&call->json, method);
    osm_json_key(&call->json, "binary");
    osm_json_cstring(&call->json, "base64");
    osm_json_key(&call->json, list);
    osm_json_array_begin(&call->json);
    call->in_list = true;
    return call;
}

struct osm_call *osm_call_query(struct opcua_client *client, const char *method, const char *object)
{
    return method_new(client, "query", "params", method, object);
}

struct osm_call *osm_call_invoke(struct opcua_client *client, const char *method,
                                 const char *object)
{
    struct osm_call *call = method_new(client, "invoke", "args", method, object);

    call->enveloped = true;
    return call;
}

void osm_call_wrong(struct osm_call *call, const struct opcua_error *error)
{
    if (call->refused) /* the first reason counts */
        return;
    call->refused = osm_alloc(sizeof(*error));
    *call->refused = *error;
}

bool osm_call_needs(struct osm_call *call, bool holds, const char *name)
{
    struct opcua_error error;

    if (holds)
        return true;
    osm_failure(&error, OPCUA_SOURCE_HERE, "InvalidArgumentException", name,
                "%s must be given, and is NULL", name);
    osm_call_wrong(call, &error);
    return false;
}

void osm_call_node(struct osm_call *call, const char *node)
{
    osm_json_cstring(&call->json, node ? node : "");
}

void osm_call_part(struct osm_call *call, uint32_t attribute, const char *range)
{
    if (attribute) {
        osm_json_key(&call->json, "attributeId");
        osm_json_uint(&call->json, attribute);
    }
    if (range) {
        osm_json_key(&call->json, "indexRange");
        osm_json_cstring(&call->json, range);
    }
}

/* What only the session's being open makes known. */
static void finish_line(struct osm_call *call, bool with_session)
{
    struct opcua_client *client = call->client;
    struct osm_json *json = &call->json;

    if (call->in_list)
        osm_json_array_end(json);
    if (with_session && client->session_id) {
        osm_json_key(json, "sessionId");
        osm_json_cstring(json, client->session_id);
    }
    if (client->token) {
        osm_json_key(json, "authToken");
        osm_json_cstring(json, client->token);
    }
    osm_json_object_end(json);
    osm_buf_add_byte(&call->line, '\n');
    call->length = call->line.length;
}

static void transmit(struct osm_call *call, bool with_session)
{
    struct opcua_client *client = call->client;
    struct opcua_error error;

    finish_line(call, with_session);
    if (!client->calls)
        client->heard = osm_clock_now(osm_clock_system());
    DL_APPEND(client->calls, call);
    if (!client->back_end->ops->send(client->back_end, call->line.data, call->line.length, &error))
        osm_call_wrong(call, &error);
    osm_buf_deinit_secret(&call->line);
    osm_buf_init(&call->line);
}

static void tell(struct osm_call *call, const struct opcua_error *error, yyjson_val *data)
{
    struct opcua_client *client = call->client;

    if (client)
        client->inside++;
    call->done(client, error, data && call->enveloped ? yyjson_obj_get(data, "data") : data,
               call->context);
    if (client)
        client->inside--;
    osm_call_free(call);
}

static bool hold(struct osm_call *call)
{
    struct osm_call *other;
    size_t bytes = call->line.length;

    DL_FOREACH (call->client->held, other)
        bytes += other->line.length;
    if (bytes > MOST_HELD_BYTES)
        return false;
    DL_APPEND(call->client->held, call);
    return true;
}

void osm_call_refuse(struct osm_call *call, const struct opcua_error *error, osm_call_fn *done,
                     void *context)
{
    call->done = done;
    call->context = context;
    osm_call_wrong(call, error);
    if (call->client)
        DL_APPEND(call->client->calls, call);
    else
        tell(call, call->refused, NULL);
}

static void refuse_without_client(struct osm_call *call, osm_call_fn *done, void *context)
{
    struct opcua_error error;

    osm_failure(&error, OPCUA_SOURCE_HERE, "InvalidArgumentException", "client",
                "There is no client: it is NULL");
    osm_call_refuse(call, &error, done, context);
}

void osm_call_send(struct osm_call *call, osm_call_fn *done, void *context)
{
    struct opcua_client *client = call->client;
    struct opcua_error error;

    if (!client) {
        refuse_without_client(call, done, context);
        return;
    }
    call->done = done;
    call->context = context;
    if (call->refused) {
        DL_APPEND(client->calls, call);
    } else if (client->state == OSM_CLIENT_GONE || client->ended) {
        osm_call_refuse(call, &client->gone, done, context);
    } else if (client->state == OSM_CLIENT_OPENING) {
        if (hold(call))
            return;
        osm_failure(&error, OPCUA_SOURCE_HERE, "ConfigurationException", call->object,
                    "Too much waits for the session to be opened (64 MiB)");
        osm_call_refuse(call, &error, done, context);
    } else if (client->state == OSM_CLIENT_NEW && client->url) {
        osm_failure(&error, OPCUA_SOURCE_HERE, "ConfigurationException", call->object,
                    "The session has not been opened");
        osm_call_refuse(call, &error, done, context);
    } else {
        transmit(call, true);
    }
}

/* `open` itself, and commands that need no session. */
void osm_call_send_at_once(struct osm_call *call, osm_call_fn *done, void *context)
{
    if (!call->client) {
        refuse_without_client(call, done, context);
        return;
    }
    call->done = done;
    call->context = context;
    if (call->client->state == OSM_CLIENT_GONE || call->client->ended)
        osm_call_refuse(call, &call->client->gone, done, context);
    else
        transmit(call, false);
}

void osm_call_send_last(struct osm_call *call, osm_call_fn *done, void *context)
{
    call->done = done;
    call->context = context;
    transmit(call, true);
}

/* ---- ends ----------------------------------------------------------------------------------- */

bool osm_calls_reply(struct opcua_client *client, uint64_t id, yyjson_val *reply)
{
    struct opcua_error error;
    struct osm_call *call;

    DL_FOREACH (client->calls, call) {
        if (call->id == id)
            break;
    }
    if (!call)
        return false;
    DL_DELETE(client->calls, call);
    if (yyjson_is_true(yyjson_obj_get(reply, "success"))) {
        tell(call, NULL, yyjson_obj_get(reply, "data"));
    } else {
        osm_failure_of_reply(&error, reply, client->managed, call->object);
        tell(call, &error, NULL);
    }
    return true;
}

void osm_calls_release(struct opcua_client *client)
{
    while (client->held) {
        struct osm_call *call = client->held;

        DL_DELETE(client->held, call);
        transmit(call, true);
    }
}

/* Those of the list when this begins: a function called back may add others. */
static void fail_all(struct osm_call **list, const struct opcua_error *error)
{
    struct osm_call *calls = *list;

    *list = NULL;
    while (calls) {
        struct osm_call *call = calls;

        DL_DELETE(calls, call);
        tell(call, call->refused ? call->refused : error, NULL);
    }
}

void osm_calls_fail(struct opcua_client *client, const struct opcua_error *error, bool held_too)
{
    fail_all(&client->calls, error);
    if (held_too)
        fail_all(&client->held, error);
}

void osm_calls_fail_held(struct opcua_client *client, const struct opcua_error *error)
{
    fail_all(&client->held, error);
}

void osm_calls_too_large(struct opcua_client *client, size_t limit, yyjson_val *reply)
{
    struct opcua_error error;
    struct osm_call *call;

    DL_FOREACH (client->calls, call) {
        if (call->length <= limit + 1)
            continue;
        DL_DELETE(client->calls, call);
        osm_failure_of_reply(&error, reply, true, call->object);
        tell(call, &error, NULL);
        return; /* each is answered by a line of its own */
    }
}

bool osm_calls_refused(struct opcua_client *client)
{
    struct osm_call *call, *next, *refused = NULL;

    DL_FOREACH_SAFE (client->calls, call, next) {
        if (call->refused) {
            /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it cannot follow utlist */
            DL_DELETE(client->calls, call);
            DL_APPEND(refused, call);
        }
    }
    if (!refused)
        return false;
    fail_all(&refused, NULL);
    return true;
}

bool osm_calls_have_refused(const struct opcua_client *client)
{
    const struct osm_call *call;

    DL_FOREACH (client->calls, call) {
        if (call->refused)
            return true;
    }
    return false;
}

void osm_calls_forget(struct opcua_client *client)
{
    while (client->calls) {
        struct osm_call *call = client->calls;

        DL_DELETE(client->calls, call);
        osm_call_free(call);
    }
}
