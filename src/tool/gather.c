/* SPDX-License-Identifier: MIT */
/* Commands that walk through much: search by name or value, export of values. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/tool.h"
#include "util/alloc.h"

#define OBJECTS "i=85"
#define DEEPEST 16u
#define BATCH ((size_t)500)
#define VARIABLE 2u

struct gathering {
    struct tool *tool;
    struct opcua_reference *references;
    size_t count;
};

static int gather(struct gathering *gathering, const char *from)
{
    struct tool *tool = gathering->tool;
    const char *given = tool->options.depth;
    const struct opcua_browse_options options = {.depth = given ? (unsigned)strtoul(given, NULL, 10)
                                                                : DEEPEST};

    if (options.depth < 1 || options.depth > 256)
        return tool_usage("--depth is a number from 1 to 256, not \"%s\"", given);
    return tool_browse_all(tool, from, &options, &gathering->references, &gathering->count);
}

/* How far it is, for people who wait: on a terminal only, in one line. */
static void tell_progress(const struct tool *tool, size_t done, size_t all)
{
    if (tool->format == TOOL_QUIET || !isatty(STDERR_FILENO))
        return;
    fprintf(stderr, "\r%zu of %zu values%s", done, all, done == all ? "\n" : "");
}

typedef void each_fn(void *context, const struct opcua_reference *reference,
                     const struct opcua_data_value *value);

/* Reads the values of all variables, in batches; each is told. */
static int read_all(const struct gathering *gathering, each_fn *each, void *context)
{
    struct opcua_read_item *items = osm_alloc(BATCH * sizeof(*items));
    struct opcua_data_value *values = osm_alloc(BATCH * sizeof(*values));
    const struct opcua_reference **read = osm_alloc(BATCH * sizeof(*read));
    struct tool *tool = gathering->tool;
    int code = TOOL_OK;
    size_t at = 0;

    while (at < gathering->count && code == TOOL_OK && !tool_stopped) {
        size_t count = 0;

        for (; at < gathering->count && count < BATCH; at++) {
            if (gathering->references[at].node_class != VARIABLE)
                continue;
            read[count] = &gathering->references[at];
            items[count++] = (struct opcua_read_item){.node = gathering->references[at].node};
        }
        if (count && !opcua_read(tool->client, items, count, values, &tool->error)) {
            code = tool_fail(tool, NULL);
            break;
        }
        for (size_t i = 0; i < count; i++) {
            each(context, read[i], &values[i]);
            opcua_data_value_clear(&values[i]);
        }
        tell_progress(tool, at, gathering->count);
    }
    free(items);
    free(values);
    free(read);
    return code;
}

/* ---- search
 * --------------------------------------------------------------------------------------- */

struct searching {
    struct tool *tool;
    struct tool_table *table;
    const char *text;
    size_t found;
};

static void add_found(struct searching *searching, const struct opcua_reference *reference,
                      const char *value)
{
    tool_table_cell(searching->table, reference->node, NULL);
    tool_table_cell(searching->table, reference->browse_name, NULL);
    tool_table_cell(searching->table, reference->display_name, NULL);
    tool_table_cell(searching->table, value, NULL);
    searching->found++;
}

static bool has_name(const struct searching *searching, const struct opcua_reference *reference)
{
    return strcasestr(reference->browse_name, searching->text) ||
           strcasestr(reference->display_name, searching->text);
}

static void look_at(void *context, const struct opcua_reference *reference,
                    const struct opcua_data_value *value)
{
    struct searching *searching = context;
    char *text = tool_show_value(&value->value, searching->tool->options.utc);

    if (!has_name(searching, reference) && strcasestr(text, searching->text))
        add_found(searching, reference, text);
    free(text);
}

int tool_search(struct tool *tool, int argc, char **argv)
{
    static const char *const columns[] = {"node", "name", "display", "value", NULL};
    struct gathering gathering = {.tool = tool};
    struct searching searching = {.tool = tool, .text = argv[0]};
    int code = gather(&gathering, argc > 1 ? argv[1] : OBJECTS);

    if (code != TOOL_OK)
        return code;
    searching.table = tool_table_new(tool->format, columns);
    for (size_t i = 0; i < gathering.count; i++) {
        if (has_name(&searching, &gathering.references[i]))
            add_found(&searching, &gathering.references[i], NULL);
    }
    if (tool->options.values)
        code = read_all(&gathering, look_at, &searching);
    opcua_references_free(gathering.references, gathering.count);
    tool_table_end(searching.table);
    if (code == TOOL_OK && searching.found == 0) {
        fprintf(stderr, "uactl: Nothing is called \"%s\" among %zu nodes%s\n", argv[0],
                gathering.count, tool->options.values ? "" : "; --values looks at values, too");
        return TOOL_REFUSED;
    }
    return code;
}

/* ---- export
 * --------------------------------------------------------------------------------------- */

struct exporting {
    struct tool *tool;
    struct tool_table *table;
    size_t count, failed;
};

static void export_one(void *context, const struct opcua_reference *reference,
                       const struct opcua_data_value *value)
{
    struct exporting *exporting = context;
    char *json = opcua_value_to_json(&value->value), *status = tool_show_status(value->status);
    char time[OPCUA_TIME_TEXT];

    opcua_time_to_text(value->source_time, time);
    tool_table_cell(exporting->table, reference->node, NULL);
    tool_table_cell(exporting->table, reference->browse_name, NULL);
    tool_table_cell(exporting->table, opcua_type_name(value->value.type), NULL);
    tool_table_cell(exporting->table, json, json);
    tool_table_cell(exporting->table, status, NULL);
    tool_table_cell(exporting->table, *time ? time : NULL, NULL);
    tool_table_flush(exporting->table);
    exporting->count++;
    exporting->failed += opcua_is_bad(value->status);
    free(json);
    free(status);
}

int tool_export(struct tool *tool, int argc, char **argv)
{
    static const char *const columns[] = {"node", "name", "type", "value", "status", "time", NULL};
    struct gathering gathering = {.tool = tool};
    struct exporting exporting = {.tool = tool};
    int code = gather(&gathering, argc ? argv[0] : OBJECTS);

    if (code != TOOL_OK)
        return code;
    exporting.table = tool_table_new(tool->format == TOOL_TABLE ? TOOL_CSV : tool->format, columns);
    code = read_all(&gathering, export_one, &exporting);
    opcua_references_free(gathering.references, gathering.count);
    if (!tool_table_end(exporting.table))
        return TOOL_USAGE;
    return code == TOOL_OK ? tool_ended(exporting.count, exporting.failed, TOOL_REFUSED) : code;
}
