/* SPDX-License-Identifier: MIT */
/* Commands on values: read, write, watch, history. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tool/tool.h"
#include "util/alloc.h"

static const char *const columns[] = {"node", "value", "type", "status", "time", NULL};

static void add_value(struct tool *tool, struct tool_table *table, const char *node,
                      const struct opcua_data_value *value)
{
    bool utc = tool->options.utc;
    char *text = tool_show_value(&value->value, utc), *json = opcua_value_to_json(&value->value);
    char *status = tool_show_status(value->status), *time;
    char iso[OPCUA_TIME_TEXT], *quoted;

    time = tool_show_time(value->source_time ? value->source_time : value->server_time, utc);
    opcua_time_to_text(value->source_time ? value->source_time : value->server_time, iso);
    quoted = osm_printf(*iso ? "\"%s\"" : "null%s", iso);
    tool_table_cell(table, node, NULL);
    tool_table_cell(table, text, json);
    tool_table_cell(table, opcua_type_name(value->value.type), NULL);
    tool_table_cell(table, status, NULL);
    tool_table_cell(table, time, quoted);
    free(text);
    free(json);
    free(status);
    free(time);
    free(quoted);
}

/* A number option within its range; -1 after having said what is wrong. */
static long long number(const char *name, const char *text, long long otherwise, long long most)
{
    char *end;
    long long number;

    if (!text)
        return otherwise;
    number = strtoll(text, &end, 10);
    if (*end || !*text || number < 0 || number > most)
        return tool_usage("--%s is a number from 0 to %lld, not \"%s\"", name, most, text), -1;
    return number;
}

static uint32_t attribute_of(struct tool *tool)
{
    return (uint32_t)number("attribute", tool->options.attribute, OPCUA_ATTRIBUTE_VALUE, 27);
}

/* ---- read
 * ----------------------------------------------------------------------------------------- */

static size_t add_all(struct tool *tool, struct tool_table *table, int argc, char **argv,
                      const struct opcua_data_value *values)
{
    size_t failed = 0;

    for (int i = 0; i < argc; i++) {
        add_value(tool, table, argv[i], &values[i]);
        if (!opcua_is_bad(values[i].status))
            continue;
        failed++;
        tool_say_status(argv[i], values[i].status);
    }
    return failed;
}

int tool_read(struct tool *tool, int argc, char **argv)
{
    struct opcua_read_item *items = osm_alloc((size_t)argc * sizeof(*items));
    struct opcua_data_value *values = osm_alloc((size_t)argc * sizeof(*values));
    uint32_t attribute = attribute_of(tool);
    struct tool_table *table;
    int code = attribute == UINT32_MAX ? TOOL_USAGE : TOOL_OK;
    size_t failed = 0;

    for (int i = 0; code == TOOL_OK && i < argc; i++) {
        char *node = tool_node(tool, argv[i]);

        items[i] = (struct opcua_read_item){node, attribute, tool->options.range};
        if (!node)
            code = tool_fail(tool, argv[i]);
    }
    if (code == TOOL_OK && !opcua_read(tool->client, items, (size_t)argc, values, &tool->error))
        code = tool_fail(tool, argc == 1 ? argv[0] : NULL);
    if (code == TOOL_OK) {
        table = tool_table_new(tool->format, columns);
        failed = add_all(tool, table, argc, argv, values);
        if (!tool_table_end(table))
            code = TOOL_USAGE;
    }
    for (int i = 0; i < argc; i++) {
        free((char *)(uintptr_t)items[i].node);
        opcua_data_value_clear(&values[i]);
    }
    free(items);
    free(values);
    return code == TOOL_OK ? tool_ended((size_t)argc, failed, TOOL_REFUSED) : code;
}

/* ---- write
 * ---------------------------------------------------------------------------------------- */

/* The type to write as: what the user says, else what the node's value has. */
static bool type_for(struct tool *tool, const char *node, enum opcua_type *type)
{
    struct opcua_value now;

    *type = OPCUA_TYPE_NULL;
    if (tool->options.type) {
        *type = opcua_type_find(tool->options.type);
        if (*type == OPCUA_TYPE_NULL)
            snprintf(tool->error.message, sizeof(tool->error.message),
                     "--type: there is no type \"%s\"; Boolean, Int32, Double, String …",
                     tool->options.type);
        tool->error.source = OPCUA_SOURCE_HERE;
        return *type != OPCUA_TYPE_NULL;
    }
    if (!opcua_read_value(tool->client, node, &now, &tool->error))
        return tool->error.source == OPCUA_SOURCE_SERVER; /* may be written, not read */
    *type = now.type;
    opcua_value_clear(&now);
    return true;
}

/* Texts need no quotes on a command line; everything else is JSON. */
static bool value_of(struct tool *tool, enum opcua_type type, const char *text,
                     struct opcua_value *value)
{
    static const enum opcua_type as_text[] = {
        OPCUA_TYPE_STRING,         OPCUA_TYPE_DATETIME,
        OPCUA_TYPE_GUID,           OPCUA_TYPE_XML,
        OPCUA_TYPE_NODE_ID,        OPCUA_TYPE_EXPANDED_NODE_ID,
        OPCUA_TYPE_LOCALIZED_TEXT, OPCUA_TYPE_BYTESTRING,
        OPCUA_TYPE_QUALIFIED_NAME};
    struct opcua_value plain;
    bool read = false;
    char *json;

    for (size_t i = 0; i < sizeof(as_text) / sizeof(as_text[0]) && *text != '[' && *text != '{';
         i++) {
        if (type != as_text[i] || *text == '"' || strcmp(text, "null") == 0)
            continue;
        (void)opcua_value_init_text(&plain, OPCUA_TYPE_STRING, text, strlen(text));
        json = opcua_value_to_json(&plain);
        opcua_value_clear(&plain);
        read = opcua_value_from_json(value, type, json, strlen(json), &tool->error);
        free(json);
        return read;
    }
    if (opcua_value_from_json(value, type, text, strlen(text), &tool->error))
        return true;
    if (type == OPCUA_TYPE_NULL)
        return opcua_value_init_text(value, OPCUA_TYPE_STRING, text, strlen(text));
    if (strstr(tool->error.message, "no JSON"))
        snprintf(tool->error.message, sizeof(tool->error.message), "%.100s is no %s", text,
                 opcua_type_name(type));
    return false;
}

static int write_now(struct tool *tool, const char *node, const char *name,
                     const struct opcua_value *value)
{
    const struct opcua_write_item item = {node, attribute_of(tool), tool->options.range, value};
    uint32_t status = 0;

    if (item.attribute == UINT32_MAX)
        return TOOL_USAGE;
    if (value->type == OPCUA_TYPE_NULL || !tool->options.type) {
        if (item.attribute == OPCUA_ATTRIBUTE_VALUE && !item.range)
            return opcua_write_value(tool->client, node, value, &tool->error)
                       ? TOOL_OK
                       : tool_fail(tool, name);
    }
    if (!opcua_write(tool->client, &item, 1, &status, &tool->error))
        return tool_fail(tool, name);
    if (!opcua_is_bad(status))
        return TOOL_OK;
    tool_say_status(name, status);
    return TOOL_REFUSED;
}

int tool_write(struct tool *tool, int argc, char **argv)
{
    char *node = tool_node(tool, argv[0]), *shown;
    struct opcua_value value = {0};
    enum opcua_type type;
    int code = TOOL_OK;

    (void)argc;
    if (!node)
        return tool_fail(tool, argv[0]);
    if (!type_for(tool, node, &type) || !value_of(tool, type, argv[1], &value)) {
        code = tool_fail(tool, argv[0]);
    } else if (tool->options.dry_run) {
        shown = tool_show_value(&value, tool->options.utc);
        printf("would write %s %s to %s\n", opcua_type_name(value.type), shown, argv[0]);
        free(shown);
    } else {
        code = write_now(tool, node, argv[0], &value);
    }
    opcua_value_clear(&value);
    free(node);
    return code;
}

/* ---- watch
 * ---------------------------------------------------------------------------------------- */

struct watching {
    struct tool *tool;
    struct tool_table *table;
    char **names;
    long long left; /* -1 = without end */
};

static void on_change(void *context, uint32_t handle, const struct opcua_data_value *value)
{
    struct watching *watching = context;

    if (watching->left == 0)
        return;
    add_value(watching->tool, watching->table, watching->names[handle - 1], value);
    tool_table_flush(watching->table);
    if (watching->left > 0)
        watching->left--;
}

static int follow(struct tool *tool, const long long *left)
{
    while (!tool_stopped && *left != 0 && !ferror(stdout)) {
        struct pollfd ready = {opcua_fd(tool->client), opcua_events(tool->client), 0};

        poll(&ready, 1, opcua_timeout(tool->client)); /* lint: allow poll – nothing else to do */
        if (opcua_process(tool->client, &tool->error) < 0)
            return tool_fail(tool, NULL);
    }
    return TOOL_OK;
}

static struct opcua_subscription *subscribe(struct tool *tool)
{
    struct opcua_subscription_options options = {
        .interval = (double)number("interval", tool->options.interval, 500, 86400000)};

    return options.interval < 0 ? NULL : opcua_subscribe(tool->client, &options, &tool->error);
}

int tool_watch(struct tool *tool, int argc, char **argv)
{
    struct watching watching = {.tool = tool, .names = argv};
    struct opcua_subscription *subscription;
    size_t failed = 0;
    int code = TOOL_OK;

    watching.left = tool->options.count ? number("count", tool->options.count, -1, INT64_MAX) : -1;
    if (tool->options.count && watching.left < 0)
        return TOOL_USAGE;
    subscription = subscribe(tool);
    if (!subscription)
        return tool_fail(tool, NULL);
    watching.table = tool_table_new(tool->format, columns);
    for (int i = 0; i < argc; i++) {
        struct opcua_item_options options = {.queue = 10};
        char *node = tool_node(tool, argv[i]);

        if (!node || !opcua_monitor(subscription, node, &options, (uint32_t)i + 1, on_change,
                                    &watching, NULL, &tool->error)) {
            failed++;
            code = tool_fail(tool, argv[i]);
        }
        free(node);
    }
    if (failed < (size_t)argc)
        code = follow(tool, &watching.left);
    opcua_unsubscribe(subscription);
    tool_table_end(watching.table);
    return code == TOOL_OK ? tool_ended((size_t)argc, failed, TOOL_REFUSED) : code;
}

/* ---- events
 * --------------------------------------------------------------------------------------- */

static void on_event(void *context, uint32_t handle, const struct opcua_value *fields, size_t count)
{
    struct watching *watching = context;

    (void)handle;
    if (watching->left == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        char *text = tool_show_value(&fields[i], watching->tool->options.utc);
        char *json = opcua_value_to_json(&fields[i]);

        tool_table_cell(watching->table, text, json);
        free(text);
        free(json);
    }
    tool_table_flush(watching->table);
    if (watching->left > 0)
        watching->left--;
}

int tool_events(struct tool *tool, int argc, char **argv)
{
    static const char *const usual[] = {"Time", "Severity", "SourceName", "Message", NULL};
    const char *const *fields = argc > 1 ? (const char *const *)(argv + 1) : usual;
    size_t count = argc > 1 ? (size_t)argc - 1 : 4;
    struct watching watching = {.tool = tool};
    struct opcua_subscription *subscription;
    char *node;
    int code;

    if (count > 12)
        return tool_usage("At most 12 fields");
    watching.left = tool->options.count ? number("count", tool->options.count, -1, INT64_MAX) : -1;
    if (tool->options.count && watching.left < 0)
        return TOOL_USAGE;
    node = argc ? tool_node(tool, argv[0]) : osm_strdup("i=2253");
    subscription = node ? subscribe(tool) : NULL;
    if (!subscription) {
        free(node);
        return tool_fail(tool, argc ? argv[0] : NULL);
    }
    watching.table = tool_table_new(tool->format, fields);
    if (opcua_monitor_events(subscription, node, fields, count, 1, on_event, &watching, NULL,
                             &tool->error))
        code = follow(tool, &watching.left);
    else
        code = tool_fail(tool, argc ? argv[0] : "i=2253");
    opcua_unsubscribe(subscription);
    tool_table_end(watching.table);
    free(node);
    return code;
}

/* ---- history
 * -------------------------------------------------------------------------------------- */

int tool_history(struct tool *tool, int argc, char **argv)
{
    const char *from = tool->options.start ? tool->options.start : "-1 hour";
    const char *to = tool->options.end ? tool->options.end : "now";
    long long most = number("count", tool->options.count, 0, UINT32_MAX);
    struct opcua_data_value *values;
    struct tool_table *table;
    int64_t start, end;
    size_t count;
    char *node;
    bool read;

    (void)argc;
    if (most < 0)
        return TOOL_USAGE;
    if (!opcua_time_from_text(from, &start) || !opcua_time_from_text(to, &end))
        return tool_usage("--start and --end are times: 2026-01-31T12:00:00Z, \"-2 hours\", now");
    node = tool_node(tool, argv[0]);
    if (!node)
        return tool_fail(tool, argv[0]);
    read = opcua_history(tool->client, node, start, end, (uint32_t)most, &values, &count,
                         &tool->error);
    free(node);
    if (!read)
        return tool_fail(tool, argv[0]);
    table = tool_table_new(tool->format, columns);
    for (size_t i = 0; i < count; i++)
        add_value(tool, table, argv[0], &values[i]);
    opcua_data_values_free(values, count);
    return tool_table_end(table) ? TOOL_OK : TOOL_USAGE;
}
