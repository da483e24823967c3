/* SPDX-License-Identifier: MIT */
/* JSON as it came, and the calls that hand it on: any method, any command; see results_internal.h.
 */
#include "client/results_internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

bool osm_client_take(struct osm_taken *taken, const struct opcua_error *error)
{
    taken->done = true;
    taken->failed = error != NULL;
    if (error && taken->error)
        *taken->error = *error;
    return !error;
}

bool osm_client_await(struct opcua_client *client, const struct osm_taken *taken)
{
    struct opcua_error why = {0};

    if (osm_wait(client, &taken->done, &why))
        return !taken->failed; /* and told why: the end of the client may have come behind it */
    if (taken->error)
        *taken->error = why;
    return false;
}

/* Of JSON in a request; what the request has around it is not in it. */
#define MOST_LEVELS 490

struct json_call {
    opcua_json_fn *done;
    void *context;
};

static void on_json(struct opcua_client *client, const struct opcua_error *error, yyjson_val *data,
                    void *context)
{
    struct json_call *call = context;
    size_t length = 0;
    char *json = error ? NULL : yyjson_val_write(data, YYJSON_WRITE_NOFLAG, &length);
    struct opcua_error shape;

    (void)client;
    if (!error && !json) {
        osm_failure_of_shape(&shape, "a request");
        error = &shape;
    }
    if (call->done)
        call->done(call->context, error, json, length);
    free(json);
    free(call);
}

void osm_client_send_json(struct osm_call *call, opcua_json_fn *done, void *context)
{
    struct json_call *json = osm_alloc(sizeof(*json));

    *json = (struct json_call){done, context};
    osm_call_send(call, on_json, json);
}

void osm_client_take_json(void *context, const struct opcua_error *error, const char *json,
                          size_t length)
{
    struct osm_json_taken *taken = context;

    if (osm_client_take(&taken->base, error)) {
        taken->json = osm_strndup(json, length);
        taken->length = length;
    }
}

void osm_client_take_done(void *context, const struct opcua_error *error)
{
    (void)osm_client_take(context, error);
}

char *osm_client_text_of(yyjson_val *value)
{
    return yyjson_is_str(value) ? osm_strndup(yyjson_get_str(value), yyjson_get_len(value))
                                : osm_strdup("");
}

/* ---- any method, any command ---------------------------------------------------------------- */

/* Of JSON that is right. */
static size_t levels_of(const char *text)
{
    size_t levels = 0, most = 0;
    bool quoted = false;

    for (; *text; text++) {
        if (quoted && *text == '\\')
            text++;
        else if (*text == '"')
            quoted = !quoted;
        else if (!quoted && (*text == '[' || *text == '{'))
            levels++;
        else if (!quoted && (*text == ']' || *text == '}'))
            levels--;
        most = OSM_MAX(most, levels);
    }
    return most;
}

bool osm_client_is_json(const char *text, enum osm_client_json kind, const char *what,
                        struct opcua_error *error)
{
    yyjson_doc *doc = text ? yyjson_read(text, strlen(text), YYJSON_READ_NOFLAG) : NULL;
    yyjson_val *root = yyjson_doc_get_root(doc);
    bool fits = (kind == OSM_CLIENT_LIST ? yyjson_is_arr(root) : yyjson_is_obj(root)) &&
                !strpbrk(text, "\r\n");

    yyjson_doc_free(doc);
    if (fits && levels_of(text) > MOST_LEVELS)
        return osm_failure(error, OPCUA_SOURCE_HERE, "EncodingException", what,
                           "%s are nested more than %d levels deep", what, MOST_LEVELS);
    return fits || osm_failure(error, OPCUA_SOURCE_HERE, "EncodingException", what,
                               "%s must be a JSON %s on one line: %.100s", what,
                               kind == OSM_CLIENT_LIST ? "list" : "object", text ? text : "NULL");
}

static void refuse_json(struct osm_call *call, const struct opcua_error *error, opcua_json_fn *done,
                        void *context)
{
    struct json_call *json = osm_alloc(sizeof(*json));

    *json = (struct json_call){done, context};
    osm_call_refuse(call, error, on_json, json);
}

static void send_method(struct opcua_client *client, const char *command, const char *list,
                        const char *method, const char *arguments, opcua_json_fn *done,
                        void *context)
{
    struct osm_call *call = osm_call_new(client, command, method);
    struct osm_json *json = osm_call_json(call);
    struct opcua_error error;

    if (!osm_client_is_json(arguments, OSM_CLIENT_LIST, "arguments", &error)) {
        refuse_json(call, &error, done, context);
        return;
    }
    osm_json_key(json, "method");
    osm_call_node(call, method);
    osm_json_key(json, list);
    osm_json_raw(json, arguments, strlen(arguments));
    osm_json_key(json, "binary");
    osm_json_cstring(json, "base64");
    osm_client_send_json(call, done, context);
}

void opcua_query_async(struct opcua_client *client, const char *method, const char *arguments,
                       opcua_json_fn *done, void *context)
{
    send_method(client, "query", "params", method, arguments, done, context);
}

void opcua_invoke_async(struct opcua_client *client, const char *method, const char *arguments,
                        opcua_json_fn *done, void *context)
{
    send_method(client, "invoke", "args", method, arguments, done, context);
}

/* What makes the request, and has its answer found, is the client's. */
static bool has_own_member(yyjson_val *members, struct opcua_error *error)
{
    static const char *const own[] = {"id", "command"};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(own); i++) {
        if (yyjson_obj_get(members, own[i]))
            return !osm_failure(error, OPCUA_SOURCE_HERE, "InvalidArgumentException", own[i],
                                "members must not have \"%s\": it is the client's own", own[i]);
    }
    return false;
}

void opcua_command_async(struct opcua_client *client, const char *command, const char *members,
                         opcua_json_fn *done, void *context)
{
    struct osm_call *call = osm_call_new(client, command ? command : "", command);
    struct osm_json *json = osm_call_json(call);
    struct opcua_error error;
    yyjson_val *key, *value;
    yyjson_doc *doc;
    size_t i, count;

    if (!osm_client_is_json(members, OSM_CLIENT_OBJECT, "members", &error)) {
        refuse_json(call, &error, done, context);
        return;
    }
    doc = yyjson_read(members, strlen(members), YYJSON_READ_NOFLAG);
    if (has_own_member(yyjson_doc_get_root(doc), &error)) {
        yyjson_doc_free(doc);
        refuse_json(call, &error, done, context);
        return;
    }
    yyjson_obj_foreach(yyjson_doc_get_root(doc), i, count, key, value)
    {
        osm_json_key_text(json, yyjson_get_str(key), yyjson_get_len(key));
        osm_json_value(json, value);
    }
    yyjson_doc_free(doc);
    osm_client_send_json(call, done, context);
}

typedef void json_call_fn(struct opcua_client *client, const char *name, const char *arguments,
                          opcua_json_fn *done, void *context);

static bool wait_json(struct opcua_client *client, json_call_fn *start, const char *name,
                      const char *arguments, char **json, struct opcua_error *error)
{
    struct osm_json_taken taken = {.base.error = error};

    if (!osm_wait_may(client, error) || !osm_wait_needs(json, "json", error))
        return false;
    start(client, name, arguments, osm_client_take_json, &taken);
    if (!osm_client_await(client, &taken.base))
        return false;
    *json = taken.json;
    return true;
}

bool opcua_query(struct opcua_client *client, const char *method, const char *arguments,
                 char **json, struct opcua_error *error)
{
    return wait_json(client, opcua_query_async, method, arguments, json, error);
}

bool opcua_invoke(struct opcua_client *client, const char *method, const char *arguments,
                  char **json, struct opcua_error *error)
{
    return wait_json(client, opcua_invoke_async, method, arguments, json, error);
}

bool opcua_command(struct opcua_client *client, const char *command, const char *members,
                   char **json, struct opcua_error *error)
{
    return wait_json(client, opcua_command_async, command, members, json, error);
}
