/* SPDX-License-Identifier: MIT */
/* See console_port.h. */
#include "app/daemon/console_port.h"

#include <string.h>

static void peer(void *context, const struct osm_request *request, struct osm_buf *out)
{
    (void)context;
    osm_ipc_describe_caller(request, out);
}

/* --- callers ------------------------------------------------------------------------------- */

struct visitor {
    void (*visit)(void *arg, const struct osm_console_client *client);
    void *arg;
};

static void visit_client(void *arg, const struct osm_ipc_client *client)
{
    const struct visitor *visitor = arg;

    visitor->visit(visitor->arg, &(struct osm_console_client){.id = client->id,
                                                              .peer = client->peer,
                                                              .state = client->state,
                                                              .persistent = client->persistent,
                                                              .grant = client->grant,
                                                              .in_flight = client->in_flight,
                                                              .held = client->held,
                                                              .unsent = client->unsent});
}

static void each_client(void *context,
                        void (*visit)(void *arg, const struct osm_console_client *client),
                        void *arg)
{
    const struct osm_console_port *port = context;

    osm_ipc_server_each_client(port->server, visit_client, &(struct visitor){visit, arg});
}

static bool kill_client(void *context, uint64_t id)
{
    const struct osm_console_port *port = context;

    return osm_ipc_server_kill_client(port->server, id);
}

/* --- options ------------------------------------------------------------------------------- */

static void add_list(struct osm_buf *out, char *const *list)
{
    for (size_t i = 0; list[i]; i++)
        osm_buf_printf(out, "%s%s", i ? "," : "", list[i]);
}

/* As it would be typed; false = it is not set. */
static bool print_value(const struct osm_options *options, const struct osm_option *option,
                        struct osm_buf *out)
{
    const void *field = (const char *)options + option->offset;
    const char *text = *(char *const *)field;
    char *const *list = *(char **const *)field;
    int64_t number = *(const int64_t *)field;

    switch (option->kind) {
    case OSM_OPTION_TEXT:
        osm_buf_add_text(out, text ? text : "");
        return text != NULL;
    case OSM_OPTION_SECRET:
        osm_buf_add_text(out, "***");
        return text != NULL;
    case OSM_OPTION_LIST:
        if (list)
            add_list(out, list);
        return list != NULL;
    case OSM_OPTION_OCTAL:
        osm_buf_printf(out, "%04llo", (unsigned long long)number);
        return true;
    case OSM_OPTION_CHOICE:
        osm_buf_add_text(out, option->choices[number]);
        return true;
    case OSM_OPTION_FLAG:
        osm_buf_add_text(out, number ? "true" : "false");
        return true;
    case OSM_OPTION_INT:
        osm_buf_printf(out, "%lld", (long long)number);
        return true;
    case OSM_OPTION_HELP:
    case OSM_OPTION_VERSION:
        break;
    }
    return false;
}

static void each_option(void *context,
                        void (*visit)(void *arg, const struct osm_console_option *option),
                        void *arg)
{
    const struct osm_console_port *port = context;

    for (size_t i = 0; i < osm_option_count; i++) {
        const struct osm_option *option = &osm_option_table[i];
        _cleanup_(osm_buf_deinit) struct osm_buf value = {0};
        bool is_set;

        if (!osm_option_takes_text(option))
            continue;
        is_set = print_value(port->options, option, &value);
        visit(arg, &(struct osm_console_option){.name = option->name,
                                                .value = is_set ? osm_buf_text(&value) : NULL,
                                                .fallback = option->fallback,
                                                .reloadable = option->part != OSM_OPTION_FIXED});
    }
}

static void reload(void *context, struct osm_console_wait *wait)
{
    const struct osm_console_port *port = context;

    osm_reload_start(port->reload, wait);
}

static void set(void *context, const char *name, const char *value, struct osm_console_wait *wait)
{
    const struct osm_console_port *port = context;

    osm_reload_set(port->reload, name, value, wait);
}

static void drain(void *context, unsigned seconds)
{
    const struct osm_console_port *port = context;

    osm_drain_begin(port->drain, seconds);
}

const struct osm_console_ops osm_console_port_ops = {
    .peer = peer,
    .each_client = each_client,
    .kill_client = kill_client,
    .each_option = each_option,
    .reload = reload,
    .set = set,
    .drain = drain,
};
