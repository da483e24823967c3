/* SPDX-License-Identifier: MIT */
/* Commands that are a matter of the daemon: ping, status, list, open, close. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <yyjson.h>

#include "tool/tool.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/macros.h"

static bool ask(struct tool *tool, const char *command, const char *members, yyjson_doc **doc)
{
    char *json;

    if (!opcua_command(tool->client, command, members, &json, &tool->error))
        return false;
    *doc = yyjson_read(json, strlen(json), YYJSON_READ_NOFLAG);
    free(json);
    return true;
}

/* A row for what is not ready, none when all is: the same as /readyz says. */
static int ping_ready(struct tool *tool)
{
    static const char *const columns[] = {"kind", "name", "state", "reason", NULL};
    static const char *const kinds[] = {"connection", "sink", "daemon"};
    struct tool_table *table;
    yyjson_val *reason;
    size_t i, count;
    yyjson_doc *doc;
    bool ready;

    if (!ask(tool, "status", "{\"filter\":{\"members\":[\"ready\",\"reasons\"]}}", &doc))
        return tool_fail(tool, NULL);
    table = tool_table_new(tool->format, columns);
    ready = yyjson_get_bool(yyjson_obj_get(yyjson_doc_get_root(doc), "ready"));
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "reasons"), i, count, reason)
    {
        for (size_t k = 0; k < OSM_ARRAY_SIZE(kinds); k++) {
            yyjson_val *name = yyjson_obj_get(reason, kinds[k]);

            if (!name)
                continue;
            tool_table_cell(table, kinds[k], NULL);
            tool_table_cell(table, yyjson_get_str(name), NULL);
        }
        tool_table_cell(table, yyjson_get_str(yyjson_obj_get(reason, "state")), NULL);
        tool_table_cell(table, yyjson_get_str(yyjson_obj_get(reason, "reason")), NULL);
    }
    yyjson_doc_free(doc);
    if (!tool_table_end(table))
        return TOOL_USAGE;
    return ready ? TOOL_OK : TOOL_REFUSED;
}

int tool_ping(struct tool *tool, int argc, char **argv)
{
    static const char *const columns[] = {"status", "sessions", "milliseconds", NULL};
    struct tool_table *table;
    uint64_t began = osm_clock_microseconds();
    yyjson_doc *doc;
    char text[32];

    (void)argc, (void)argv;
    if (tool->options.ready)
        return ping_ready(tool);
    if (!ask(tool, "ping", "{}", &doc))
        return tool_fail(tool, NULL);
    table = tool_table_new(tool->format, columns);
    snprintf(text, sizeof(text), "%.3f", (double)(osm_clock_microseconds() - began) / 1e3);
    tool_table_cell(table, yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(doc), "status")),
                    NULL);
    tool_table_number(table, yyjson_get_sint(yyjson_obj_get(yyjson_doc_get_root(doc), "sessions")));
    tool_table_cell(table, text, text);
    yyjson_doc_free(doc);
    return tool_table_end(table) ? TOOL_OK : TOOL_USAGE;
}

static void add_age(struct tool_table *table, yyjson_val *since)
{
    double seconds = (double)time(NULL) - yyjson_get_num(since);
    char text[48], json[48];

    snprintf(text, sizeof(text), "%.0f s", seconds < 0 ? 0 : seconds);
    snprintf(json, sizeof(json), "%.6f", yyjson_get_num(since));
    tool_table_cell(table, text, json);
}

int tool_list(struct tool *tool, int argc, char **argv)
{
    static const char *const columns[] = {"session", "lastUsed", "server", NULL};
    struct tool_table *table;
    yyjson_val *session;
    size_t i, count;
    yyjson_doc *doc;

    (void)argc, (void)argv;
    if (!ask(tool, "list", "{}", &doc))
        return tool_fail(tool, NULL);
    table = tool_table_new(tool->format, columns);
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "sessions"), i, count, session)
    {
        tool_table_cell(table, yyjson_get_str(yyjson_obj_get(session, "id")), NULL);
        add_age(table, yyjson_obj_get(session, "lastUsed"));
        tool_table_cell(table, yyjson_get_str(yyjson_obj_get(session, "endpointUrl")), NULL);
    }
    yyjson_doc_free(doc);
    return tool_table_end(table) ? TOOL_OK : TOOL_USAGE;
}

/* What there is to say of a session's subscriptions. */
static void count_items(yyjson_val *session, long long *actual, long long *desired)
{
    yyjson_val *subscription;
    size_t i, count;

    *actual = *desired = 0;
    yyjson_arr_foreach(yyjson_obj_get(session, "subscriptions"), i, count, subscription)
    {
        yyjson_val *items = yyjson_obj_get(subscription, "items");

        *actual += yyjson_get_sint(yyjson_obj_get(items, "actual"));
        *desired += yyjson_get_sint(yyjson_obj_get(items, "desired"));
    }
}

int tool_status(struct tool *tool, int argc, char **argv)
{
    static const char *const columns[] = {"session", "state",  "items", "of",
                                          "server",  "reason", NULL};
    struct tool_table *table;
    yyjson_val *session;
    size_t i, count;
    yyjson_doc *doc;

    (void)argc, (void)argv;
    if (!ask(tool, "status", "{}", &doc))
        return tool_fail(tool, NULL);
    table = tool_table_new(tool->format, columns);
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "sessions"), i, count, session)
    {
        long long actual, desired;

        count_items(session, &actual, &desired);
        tool_table_cell(table, yyjson_get_str(yyjson_obj_get(session, "id")), NULL);
        tool_table_cell(table, yyjson_get_str(yyjson_obj_get(session, "state")), NULL);
        tool_table_number(table, actual);
        tool_table_number(table, desired);
        tool_table_cell(table, yyjson_get_str(yyjson_obj_get(session, "endpointUrl")), NULL);
        tool_table_cell(table, yyjson_get_str(yyjson_obj_get(session, "reason")), NULL);
    }
    yyjson_doc_free(doc);
    return tool_table_end(table) ? TOOL_OK : TOOL_USAGE;
}

int tool_open(struct tool *tool, int argc, char **argv)
{
    static const char *const columns[] = {"session", "server", NULL};
    struct tool_table *table;

    (void)argc, (void)argv;
    if (tool->options.direct)
        return tool_usage("open is a matter of the daemon: not with --direct");
    table = tool_table_new(tool->format == TOOL_TABLE ? TOOL_QUIET : tool->format, columns);
    tool_table_cell(table, opcua_session_id(tool->client), NULL);
    tool_table_cell(table, tool->server, NULL);
    return tool_table_end(table) ? TOOL_OK : TOOL_USAGE;
}

int tool_close(struct tool *tool, int argc, char **argv)
{
    char *members = osm_printf("{\"sessionId\":\"%s\"}", argv[0]), *json = NULL;
    bool closed;

    (void)argc;
    if (!tool_is_server(argv[0]) || strpbrk(argv[0], "\"\\")) {
        free(members);
        return tool_usage("\"%s\" is no id of a session: see uactl list", argv[0]);
    }
    closed = opcua_command(tool->client, "close", members, &json, &tool->error);
    free(members);
    free(json);
    return closed ? TOOL_OK : tool_fail(tool, argv[0]);
}
