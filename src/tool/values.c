/* SPDX-License-Identifier: MIT */
/* Commands on values: read, watch, events, history. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "tool/tool.h"
#include "util/alloc.h"
#include "util/macros.h"

static const char *const columns[] = {"node", "value", "type", "status", "time", NULL};

/* Programs get numbers, people what they mean. */
static char *shown(const struct tool *tool, const char *node, const struct opcua_value *value)
{
    return tool->format == TOOL_TABLE ? tool_meanings_show(tool, node, value)
                                      : tool_show_value(value, tool->options.utc);
}

static void add_value(struct tool *tool, struct tool_table *table, const char *node,
                      const struct opcua_data_value *value)
{
    bool utc = tool->options.utc;
    char *text = shown(tool, node, &value->value), *json = opcua_value_to_json(&value->value);
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

long long tool_number(const char *name, const char *text, long long otherwise, long long most)
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

/* OPC 10000-6 Annex A.1, from 1 on. */
static const char *const attribute_names[] = {"NodeId",
                                              "NodeClass",
                                              "BrowseName",
                                              "DisplayName",
                                              "Description",
                                              "WriteMask",
                                              "UserWriteMask",
                                              "IsAbstract",
                                              "Symmetric",
                                              "InverseName",
                                              "ContainsNoLoops",
                                              "EventNotifier",
                                              "Value",
                                              "DataType",
                                              "ValueRank",
                                              "ArrayDimensions",
                                              "AccessLevel",
                                              "UserAccessLevel",
                                              "MinimumSamplingInterval",
                                              "Historizing",
                                              "Executable",
                                              "UserExecutable",
                                              "DataTypeDefinition",
                                              "RolePermissions",
                                              "UserRolePermissions",
                                              "AccessRestrictions",
                                              "AccessLevelEx"};

const char *tool_attribute_name(uint32_t attribute)
{
    return attribute - 1 < OSM_ARRAY_SIZE(attribute_names) ? attribute_names[attribute - 1] : NULL;
}

uint32_t tool_attribute(const struct tool *tool)
{
    const char *given = tool->options.attribute;

    for (uint32_t i = 0; given && i < OSM_ARRAY_SIZE(attribute_names); i++) {
        if (strcasecmp(given, attribute_names[i]) == 0)
            return i + 1;
    }
    return (uint32_t)tool_number("attribute", given, OPCUA_ATTRIBUTE_VALUE,
                                 OSM_ARRAY_SIZE(attribute_names));
}

/* ---- read ----------------------------------------------------------------------------------- */

static size_t add_all(struct tool *tool, struct tool_table *table, int argc, char **argv,
                      const struct opcua_read_item *nodes, const struct opcua_data_value *values)
{
    size_t failed = 0;

    for (int i = 0; i < argc; i++) {
        add_value(tool, table, argv[i], &values[i]);
        if (!opcua_is_bad(values[i].status))
            continue;
        failed++;
        tool_say_bad_node(tool, argv[i], nodes[i].node, values[i].status);
    }
    return failed;
}

static void learn(struct tool *tool, int count, char **names, const struct opcua_read_item *items,
                  const struct opcua_data_value *values)
{
    char **nodes = osm_alloc((size_t)count * sizeof(*nodes));

    for (int i = 0; i < count; i++)
        nodes[i] = (char *)(uintptr_t)items[i].node;
    tool_meanings_learn(tool, (size_t)count, names, nodes, values);
    free(nodes);
}

int tool_read(struct tool *tool, int argc, char **argv)
{
    struct opcua_read_item *items = osm_alloc((size_t)argc * sizeof(*items));
    struct opcua_data_value *values = osm_alloc((size_t)argc * sizeof(*values));
    uint32_t attribute = tool_attribute(tool);
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
        if (tool->format == TOOL_TABLE && attribute == OPCUA_ATTRIBUTE_VALUE)
            learn(tool, argc, argv, items, values);
        table = tool_table_new(tool->format, columns);
        failed = add_all(tool, table, argc, argv, items, values);
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

/* ---- watch ---------------------------------------------------------------------------------- */

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
        if (!tool_turn(tool, 200)) /* a signal may have come just before */
            return tool_fail(tool, NULL);
    }
    return TOOL_OK;
}

struct opcua_subscription *tool_subscribe(struct tool *tool,
                                          const struct opcua_subscription_options *options)
{
    struct opcua_subscription *subscription;

    tool->must_finish = true; /* one that nobody knows of would stay on the server */
    subscription = opcua_subscribe(tool->client, options, &tool->error);
    tool->must_finish = false;
    return subscription;
}

static struct opcua_subscription *subscribe(struct tool *tool)
{
    struct opcua_subscription_options options = {
        .interval = (double)tool_number("interval", tool->options.interval, 500, 86400000)};

    return options.interval < 0 ? NULL : tool_subscribe(tool, &options);
}

/* What the nodes mean, as far as they are there. */
static void learn_of(struct tool *tool, int count, char **names)
{
    struct opcua_read_item *items = osm_alloc((size_t)count * sizeof(*items));
    struct opcua_data_value *values = osm_alloc((size_t)count * sizeof(*values));
    bool found = true;

    for (int i = 0; i < count && found; i++) {
        items[i].node = tool_node(tool, names[i]);
        found = items[i].node != NULL;
    }
    if (found && opcua_read(tool->client, items, (size_t)count, values, &tool->error))
        learn(tool, count, names, items, values);
    for (int i = 0; i < count; i++) {
        free((char *)(uintptr_t)items[i].node);
        opcua_data_value_clear(&values[i]);
    }
    free(items);
    free(values);
}

int tool_watch(struct tool *tool, int argc, char **argv)
{
    struct watching watching = {.tool = tool, .names = argv};
    struct opcua_subscription *subscription;
    size_t failed = 0;
    int code = TOOL_OK;

    watching.left =
        tool->options.count ? tool_number("count", tool->options.count, -1, INT64_MAX) : -1;
    if (tool->options.count && watching.left < 0)
        return TOOL_USAGE;
    if (tool->format == TOOL_TABLE)
        learn_of(tool, argc, argv);
    subscription = subscribe(tool);
    if (!subscription)
        return tool_fail(tool, NULL);
    if (tool_live_is_wanted(tool)) {
        code = tool_live_watch(tool, subscription, argc, argv, watching.left);
        opcua_unsubscribe(subscription);
        return code;
    }
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

/* ---- events --------------------------------------------------------------------------------- */

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
    watching.left =
        tool->options.count ? tool_number("count", tool->options.count, -1, INT64_MAX) : -1;
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

/* ---- history -------------------------------------------------------------------------------- */

#define ATTRIBUTE_NODE_CLASS 2u
#define ATTRIBUTE_USER_ACCESS_LEVEL 18u
#define ACCESS_HISTORY_READ 4 /* OPC 10000-3 §8.57 */

/* No values are also what is told of a node that is not there, or has no history. */
static int say_why_empty(struct tool *tool, const char *name, const char *node)
{
    const struct opcua_read_item items[] = {{node, ATTRIBUTE_NODE_CLASS, NULL},
                                            {node, ATTRIBUTE_USER_ACCESS_LEVEL, NULL}};
    struct opcua_data_value values[2];
    int64_t access = ACCESS_HISTORY_READ;
    int code = TOOL_OK;

    if (!opcua_read(tool->client, items, 2, values, &tool->error))
        return tool_fail(tool, name);
    (void)opcua_value_to_int64(&values[1].value, &access);
    if (opcua_is_bad(values[0].status)) {
        tool_say_bad_node(tool, name, node, values[0].status);
        code = TOOL_REFUSED;
    } else if (tool->format == TOOL_TABLE) {
        tool_say(stderr, "uactl: %s: %s\n", name,
                 access & ACCESS_HISTORY_READ
                     ? "no value in that time; --start and --end name another"
                     : "the server keeps no history of it, or none for this user");
    }
    opcua_data_value_clear(&values[0]);
    opcua_data_value_clear(&values[1]);
    return code;
}

static int show_history(struct tool *tool, const char *name, const struct opcua_data_value *values,
                        size_t count)
{
    struct tool_table *table;

    if (tool->options.plot && tool_live_is_wanted(tool))
        return tool_live_history(tool, name, values, count);
    table = tool_table_new(tool->format, columns);
    for (size_t i = 0; i < count; i++)
        add_value(tool, table, name, &values[i]);
    return tool_table_end(table) ? TOOL_OK : TOOL_USAGE;
}

int tool_history(struct tool *tool, int argc, char **argv)
{
    const char *from = tool->options.start ? tool->options.start : "-1 hour";
    const char *to = tool->options.end ? tool->options.end : "now";
    long long most = tool_number("count", tool->options.count, 0, UINT32_MAX);
    struct opcua_data_value *values = NULL;
    int64_t start, end;
    size_t count = 0;
    char *node;
    int code;

    (void)argc;
    if (most < 0)
        return TOOL_USAGE;
    if (!opcua_time_from_text(from, &start) || !opcua_time_from_text(to, &end))
        return tool_usage("--start and --end are times: 2026-01-31T12:00:00Z, \"-2 hours\", now");
    node = tool_node(tool, argv[0]);
    if (!node)
        return tool_fail(tool, argv[0]);
    if (!opcua_history(tool->client, node, start, end, (uint32_t)most, &values, &count,
                       &tool->error))
        code = tool_fail(tool, argv[0]);
    else
        code = count ? TOOL_OK : say_why_empty(tool, argv[0], node);
    free(node);
    if (code == TOOL_OK && (count || tool->format != TOOL_TABLE))
        code = show_history(tool, argv[0], values, count);
    opcua_data_values_free(values, count);
    return code;
}
