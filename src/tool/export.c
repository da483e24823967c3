/* SPDX-License-Identifier: MIT */
/* export: values, histories or the nodes themselves of all that is below a node, a line each as it
 * comes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/gather.h"
#include "util/alloc.h"
#include "util/macros.h"

#define ATTRIBUTE_HISTORIZING 20u

struct exporting {
    struct tool *tool;
    struct tool_table *table;
    size_t count, failed;
};

static void export_value(void *context, const struct opcua_reference *reference,
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

static const char *const value_columns[] = {"node",   "name", "type", "value",
                                            "status", "time", NULL};

static int export_values(struct exporting *exporting, const struct gathering *gathering)
{
    return tool_gather_read(gathering, OPCUA_ATTRIBUTE_VALUE, TOOL_VARIABLE, export_value,
                            exporting);
}

/* ---- histories ------------------------------------------------------------------------------ */

static void keep_historizing(void *context, const struct opcua_reference *reference,
                             const struct opcua_data_value *value)
{
    struct gathering *kept = context;
    bool has_history = false;

    if (!opcua_value_to_boolean(&value->value, &has_history) || !has_history)
        return;
    kept->references =
        osm_alloc_resize(kept->references, (kept->count + 1) * sizeof(*kept->references));
    kept->references[kept->count++] = *reference; /* its texts stay the others' */
}

static int export_history(struct exporting *exporting, const struct opcua_reference *reference,
                          int64_t start, int64_t end, uint32_t most)
{
    struct tool *tool = exporting->tool;
    struct opcua_data_value *values;
    unsigned attempts = 0;
    size_t count;

    while (!opcua_history(tool->client, reference->node, start, end, most, &values, &count,
                          &tool->error)) {
        if (tool_stopped || !tool_gather_again(tool, &attempts)) {
            exporting->count++;
            exporting->failed++;
            return tool_fail(tool, reference->node);
        }
    }
    for (size_t i = 0; i < count; i++)
        export_value(exporting, reference, &values[i]);
    opcua_data_values_free(values, count);
    return TOOL_OK;
}

static int export_histories(struct exporting *exporting, const struct gathering *gathering)
{
    const struct tool_options *options = &exporting->tool->options;
    struct gathering kept = {.tool = exporting->tool};
    long long most = tool_number("count", options->count, 0, UINT32_MAX);
    int64_t start, end;
    int code;

    if (most < 0)
        return TOOL_USAGE;
    if (!opcua_time_from_text(options->start ? options->start : "-1 hour", &start) ||
        !opcua_time_from_text(options->end ? options->end : "now", &end))
        return tool_usage("--start and --end are times: 2026-01-31T12:00:00Z, \"-2 hours\", now");
    code =
        tool_gather_read(gathering, ATTRIBUTE_HISTORIZING, TOOL_VARIABLE, keep_historizing, &kept);
    for (size_t i = 0; code == TOOL_OK && i < kept.count && !ferror(stdout); i++) {
        code = export_history(exporting, &kept.references[i], start, end, (uint32_t)most);
        if (code == TOOL_REFUSED && !tool_stopped)
            code = TOOL_OK; /* the others may have one all the same */
        tool_gather_tell(exporting->tool, i + 1, kept.count, "histories");
    }
    free(kept.references);
    return code;
}

/* ---- nodes ---------------------------------------------------------------------------------- */

static const char *const node_columns[] = {"depth",   "node",      "class", "name",
                                           "display", "reference", "type",  NULL};

static int export_nodes(struct exporting *exporting, const struct gathering *gathering)
{
    for (size_t i = 0; i < gathering->count && !ferror(stdout); i++) {
        const struct opcua_reference *reference = &gathering->references[i];

        tool_table_number(exporting->table, reference->depth);
        tool_table_cell(exporting->table, reference->node, NULL);
        tool_table_cell(exporting->table, tool_class_name(reference->node_class), NULL);
        tool_table_cell(exporting->table, reference->browse_name, NULL);
        tool_table_cell(exporting->table, reference->display_name, NULL);
        tool_table_cell(exporting->table, reference->reference_type, NULL);
        tool_table_cell(exporting->table, reference->type_definition, NULL);
        tool_table_flush(exporting->table);
    }
    tool_gather_tell(exporting->tool, gathering->count, gathering->count, "nodes");
    return TOOL_OK;
}

static const struct kind {
    const char *name;
    const char *const *columns;
    int (*run)(struct exporting *exporting, const struct gathering *gathering);
} kinds[] = {
    {"values", value_columns, export_values},
    {"history", value_columns, export_histories},
    {"tree", node_columns, export_nodes},
};

int tool_export(struct tool *tool, int argc, char **argv)
{
    struct gathering gathering = {.tool = tool};
    struct exporting exporting = {.tool = tool};
    const struct kind *kind = tool->options.what ? NULL : &kinds[0];
    int code;

    for (size_t i = 0; !kind && i < OSM_ARRAY_SIZE(kinds); i++) {
        if (strcmp(kinds[i].name, tool->options.what) == 0)
            kind = &kinds[i];
    }
    if (!kind)
        return tool_usage("--what is values, history or tree, not \"%s\"", tool->options.what);
    code = tool_gather(&gathering, argc ? argv[0] : TOOL_OBJECTS);
    if (code != TOOL_OK)
        return code;
    exporting.table =
        tool_table_new(tool->format == TOOL_TABLE ? TOOL_CSV : tool->format, kind->columns);
    code = kind->run(&exporting, &gathering);
    tool_gather_end(&gathering);
    if (!tool_table_end(exporting.table))
        return TOOL_USAGE;
    return code == TOOL_OK ? tool_ended(exporting.count, exporting.failed, TOOL_REFUSED) : code;
}
