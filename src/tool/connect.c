/* SPDX-License-Identifier: MIT */
/* From the command line to a client, and from errors to words and exit codes. */
#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tool/tool.h"
#include "util/wipe.h"

#define SESSION_ID 32
#define MOST_SECONDS 1e9         /* infinity is no number of seconds */
#define UNKNOWN_NODE 0x80340000u /* Bad_NodeIdUnknown */

bool tool_is_session(const char *text)
{
    size_t length = strspn(text, "0123456789abcdef");

    return length == SESSION_ID && !text[length];
}

bool tool_is_server(const char *text)
{
    return strstr(text, "://") || tool_is_session(text);
}

int tool_fail(struct tool *tool, const char *node)
{
    static const int codes[] = {[OPCUA_SOURCE_HERE] = TOOL_USAGE,
                                [OPCUA_SOURCE_NETWORK] = TOOL_NO_CONNECTION,
                                [OPCUA_SOURCE_PEER] = TOOL_NO_CONNECTION,
                                [OPCUA_SOURCE_SERVER] = TOOL_REFUSED,
                                [OPCUA_SOURCE_DAEMON] = TOOL_NO_DAEMON};
    const struct opcua_error *error = &tool->error;

    tool_say(stderr, "uactl: %s%s%s\n", node ? node : "", node ? ": " : "", error->message);
    if (error->status && opcua_status_name(error->status) &&
        !strstr(error->message, opcua_status_name(error->status)))
        tool_say(stderr, "  status: 0x%08X %s\n", (unsigned)error->status,
                 opcua_status_name(error->status));
    if (tool->server)
        tool_say(stderr, "  server: %s\n", tool->server);
    if (*error->next)
        tool_say(stderr, "  %s\n", error->next);
    if (node && error->status == UNKNOWN_NODE && tool_is_node(node) && *node != '/')
        tool_suggest_node(tool, node);
    return codes[error->source] ? codes[error->source] : TOOL_REFUSED;
}

void tool_say_status(const char *name, uint32_t status)
{
    const char *text = opcua_status_name(status);

    tool_say(stderr, "uactl: %s: the server answers 0x%08X %s\n", name, (unsigned)status,
             text ? text : "");
}

bool tool_bad_status(struct tool *tool, uint32_t status)
{
    const char *text = opcua_status_name(status);

    tool->error = (struct opcua_error){.source = OPCUA_SOURCE_SERVER, .status = status};
    snprintf(tool->error.message, sizeof(tool->error.message), "The server answers 0x%08X %s",
             (unsigned)status, text ? text : "");
    return false;
}

void tool_say_bad_node(struct tool *tool, const char *name, const char *node, uint32_t status)
{
    tool_say_status(name, status);
    if (status == UNKNOWN_NODE)
        tool_suggest_node(tool, node);
}

int tool_ended(size_t count, size_t failed, int code)
{
    if (failed == 0)
        return TOOL_OK;
    return failed < count ? TOOL_PARTLY : code;
}

struct secrets {
    char *password, *token;
};

/* A session that is there already has its user. */
bool tool_connect_asks(const struct tool *tool)
{
    return tool->options.user && !tool->options.password_file && tool->server &&
           !tool_is_session(tool->server) && tool_needs_server(tool->command);
}

static bool read_secrets(const struct tool *tool, struct secrets *secrets)
{
    const struct tool_options *options = &tool->options;

    if (options->password_file)
        secrets->password = tool_secret_of_file(options->password_file);
    else if (tool_connect_asks(tool) && !tool->must_not_ask)
        secrets->password = tool_secret_asked(options->user);
    if (!secrets->password && (options->password_file || tool_connect_asks(tool)))
        return false;
    return !options->token_file || (secrets->token = tool_secret_of_file(options->token_file));
}

static int security_mode(const char *name)
{
    static const char *const names[] = {"None", "Sign", "SignAndEncrypt"};

    for (int i = 0; name && i < 3; i++) {
        if (strcasecmp(name, names[i]) == 0)
            return i + 1;
    }
    return name ? -1 : 0;
}

static bool is_stopped(void *context)
{
    const struct tool *tool = context;

    return tool_stopped && !tool->must_finish;
}

static void on_event(void *context, const char *name, const char *json, size_t length)
{
    const struct tool *tool = context;

    (void)json, (void)length;
    if (tool->told)
        tool->told(tool->told_context, name);
}

static int fill_options(struct tool *tool, const struct secrets *secrets,
                        struct opcua_options *options)
{
    const struct tool_options *given = &tool->options;
    char *end = NULL;

    *options = (struct opcua_options)OPCUA_OPTIONS_INIT;
    options->security_policy = given->policy;
    options->security_mode = security_mode(given->mode);
    options->username = given->user;
    options->password = secrets->password;
    options->certificate = given->certificate;
    options->key = given->key;
    options->ca_certificate = given->ca;
    options->user_certificate = given->user_certificate;
    options->user_key = given->user_key;
    options->trust_store = given->trust_store;
    options->trust_policy = given->trust_policy;
    options->auto_accept = given->auto_accept;
    options->token = secrets->token;
    options->keep = true; /* the next call finds it open */
    options->cancel = is_stopped;
    options->event = on_event;
    options->context = tool;
    if (given->timeout)
        options->timeout = strtod(given->timeout, &end);
    if (options->security_mode < 0)
        return tool_usage("--mode is None, Sign or SignAndEncrypt, not \"%s\"", given->mode);
    if (given->timeout && (*end || !(options->timeout > 0) || options->timeout > MOST_SECONDS))
        return tool_usage("--timeout is a number of seconds, not \"%s\"", given->timeout);
    if (given->policy && !given->mode)
        options->security_mode = 3;
    return TOOL_OK;
}

static int connect_with(struct tool *tool, const struct opcua_options *options)
{
    const char *socket = tool->options.socket;
    bool opens = tool->command->needs == TOOL_OPENS_SERVER;
    bool adopts = tool->server && tool_is_session(tool->server);

    if (tool->options.direct && tool->command->needs == TOOL_NEEDS_DAEMON)
        return tool_usage("%s is a matter of the daemon: not with --direct", tool->command->name);
    if (tool->options.direct && adopts)
        return tool_usage("A session of the daemon is not reached with --direct");
    if (tool->options.direct)
        tool->client = opens ? opcua_client_new(tool->server, options, &tool->error)
                             : opcua_connect(tool->server, options, &tool->error);
    else if (!tool->server || adopts || opens)
        tool->client =
            opcua_client_new_managed(socket, adopts ? NULL : tool->server, options, &tool->error);
    else
        tool->client = opcua_connect_managed(socket, tool->server, options, &tool->error);
    if (!tool->client)
        return tool_fail(tool, NULL);
    if (adopts)
        opcua_client_adopt(tool->client, tool->server);
    return TOOL_OK;
}

int tool_connect(struct tool *tool)
{
    struct secrets secrets = {0};
    struct opcua_options options;
    int code;

    if (tool->command->needs == TOOL_NEEDS_NOTHING)
        return TOOL_OK;
    code = tool_profiles_apply(tool);
    if (code == TOOL_OK && !read_secrets(tool, &secrets))
        code = TOOL_USAGE;
    if (code == TOOL_OK) {
        code = fill_options(tool, &secrets, &options);
        if (code == TOOL_OK)
            code = connect_with(tool, &options);
    }
    osm_wipe_and_free(secrets.password);
    osm_wipe_and_free(secrets.token);
    return code;
}

bool tool_turn(struct tool *tool, int most)
{
    struct pollfd ready = {opcua_fd(tool->client), opcua_events(tool->client), 0};
    int due = opcua_timeout(tool->client);

    if (most >= 0 && (due < 0 || due > most))
        due = most;
    poll(&ready, 1, due); /* lint: allow poll – nothing else to do */
    return opcua_process(tool->client, &tool->error) == 0;
}
