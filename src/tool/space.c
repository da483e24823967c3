/* SPDX-License-Identifier: MIT */
/* Commands on the address space: browse, tree, endpoints. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yyjson.h>

#include "tool/tool.h"
#include "util/alloc.h"
#include "util/macros.h"

#define OBJECTS "i=85"

const char *tool_class_name(uint32_t class)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } classes[] = {{1, "Object"},        {2, "Variable"},       {4, "Method"},    {8, "ObjectType"},
                   {16, "VariableType"}, {32, "ReferenceType"}, {64, "DataType"}, {128, "View"}};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(classes); i++) {
        if (classes[i].bit == class)
            return classes[i].name;
    }
    return "?";
}

/* A node that is not there has no references either: some servers say no more than that. */
static bool exists(struct tool *tool, const char *node)
{
    const struct opcua_read_item item = {node, 2, NULL}; /* NodeClass */
    struct opcua_data_value answer = {0};
    bool good;

    if (!opcua_read(tool->client, &item, 1, &answer, &tool->error))
        return false;
    good = !opcua_is_bad(answer.status) || tool_bad_status(tool, answer.status);
    opcua_data_value_clear(&answer);
    return good;
}

bool tool_browse_try(struct tool *tool, const char *name,
                     const struct opcua_browse_options *options,
                     struct opcua_reference **references, size_t *count)
{
    char *node = tool_node(tool, name);
    bool browsed =
        node && opcua_browse(tool->client, node, options, references, count, &tool->error);

    if (browsed && *count == 0 && !exists(tool, node)) {
        opcua_references_free(*references, 0);
        browsed = false;
    }
    free(node);
    return browsed;
}

int tool_browse_all(struct tool *tool, const char *name, const struct opcua_browse_options *options,
                    struct opcua_reference **references, size_t *count)
{
    return tool_browse_try(tool, name, options, references, count) ? TOOL_OK
                                                                   : tool_fail(tool, name);
}

static int browse(struct tool *tool, const char *name, unsigned depth,
                  struct opcua_reference **references, size_t *count)
{
    const struct opcua_browse_options options = {.depth = depth};

    return tool_browse_all(tool, name, &options, references, count);
}

int tool_browse(struct tool *tool, int argc, char **argv)
{
    static const char *const columns[] = {"node", "class", "name", "display", NULL};
    struct opcua_reference *references = NULL;
    struct tool_table *table;
    size_t count = 0;
    int code = browse(tool, argc ? argv[0] : OBJECTS, 1, &references, &count);

    if (code != TOOL_OK)
        return code;
    table = tool_table_new(tool->format, columns);
    for (size_t i = 0; i < count; i++) {
        tool_table_cell(table, references[i].node, NULL);
        tool_table_cell(table, tool_class_name(references[i].node_class), NULL);
        tool_table_cell(table, references[i].browse_name, NULL);
        tool_table_cell(table, references[i].display_name, NULL);
    }
    opcua_references_free(references, count);
    return tool_table_end(table) ? TOOL_OK : TOOL_USAGE;
}

/* For each reference whether another one of its level follows below the same one: from the end,
 * knowing of which levels one has been seen since the last that is above it. */
static bool *find_siblings(const struct opcua_reference *references, size_t count, size_t levels)
{
    bool *siblings = osm_alloc(OSM_MAX(count, 1)), *seen = osm_alloc(levels);

    for (size_t i = count; i-- > 0;) {
        unsigned depth = references[i].depth;

        siblings[i] = seen[depth];
        memset(seen + depth, 0, levels - depth); /* what is below it has another one above */
        seen[depth] = true;
    }
    free(seen);
    return siblings;
}

static void print_branch(const struct opcua_reference *reference, bool has_sibling, bool *lines)
{
    _cleanup_(osm_freep) char *name = tool_plain(reference->browse_name, false);
    _cleanup_(osm_freep) char *node = tool_plain(reference->node, false);

    for (unsigned level = 0; level < reference->depth; level++)
        fputs(lines[level] ? "│   " : "    ", stdout);
    lines[reference->depth] = has_sibling;
    printf("%s%s  (%s, %s)\n", has_sibling ? "├── " : "└── ", name, node,
           tool_class_name(reference->node_class));
}

static void print_tree(const struct opcua_reference *references, size_t count)
{
    _cleanup_(osm_freep) bool *siblings = NULL, *lines = NULL;
    size_t levels = 1;

    for (size_t i = 0; i < count; i++)
        levels = OSM_MAX(levels, (size_t)references[i].depth + 1);
    siblings = find_siblings(references, count, levels);
    lines = osm_alloc(levels); /* of each level: one runs on */
    for (size_t i = 0; i < count; i++)
        print_branch(&references[i], siblings[i], lines);
}

int tool_tree(struct tool *tool, int argc, char **argv)
{
    static const char *const columns[] = {"depth", "node", "class", "name", NULL};
    long depth = tool->options.depth ? strtol(tool->options.depth, NULL, 10) : 3;
    const char *name = argc ? argv[0] : OBJECTS;
    struct opcua_reference *references = NULL;
    struct tool_table *table;
    size_t count = 0;
    int code;

    if (depth < 1 || depth > 256)
        return tool_usage("--depth is a number from 1 to 256, not \"%s\"", tool->options.depth);
    code = browse(tool, name, (unsigned)depth, &references, &count);
    if (code != TOOL_OK)
        return code;
    if (tool->format == TOOL_TABLE) {
        puts(name);
        print_tree(references, count);
    } else {
        table = tool_table_new(tool->format, columns);
        for (size_t i = 0; i < count; i++) {
            tool_table_number(table, references[i].depth);
            tool_table_cell(table, references[i].node, NULL);
            tool_table_cell(table, tool_class_name(references[i].node_class), NULL);
            tool_table_cell(table, references[i].browse_name, NULL);
        }
        tool_table_end(table);
    }
    opcua_references_free(references, count);
    return TOOL_OK;
}

/* ---- endpoints ------------------------------------------------------------------------------ */

int tool_endpoints(struct tool *tool, int argc, char **argv)
{
    static const char *const columns[] = {"policy", "mode", "level", "users", "url", NULL};
    static const char *const modes[] = {"Invalid", "None", "Sign", "SignAndEncrypt"};
    static const char *const users[] = {"anonymous", "user", "certificate", "issued"};
    struct opcua_endpoint *endpoints;
    struct tool_table *table;
    size_t count;

    (void)argc, (void)argv;
    if (!opcua_endpoints(tool->client, &endpoints, &count, &tool->error))
        return tool_fail(tool, NULL);
    table = tool_table_new(tool->format, columns);
    for (size_t i = 0; i < count; i++) {
        const char *policy = strrchr(endpoints[i].security_policy, '#');
        unsigned mode = (unsigned)endpoints[i].security_mode;
        char tokens[64] = "";

        for (unsigned k = 0; k < OSM_ARRAY_SIZE(users); k++) {
            if (endpoints[i].tokens & 1u << k)
                snprintf(tokens + strlen(tokens), sizeof(tokens) - strlen(tokens), "%s%s",
                         *tokens ? " " : "", users[k]);
        }
        tool_table_cell(table, policy ? policy + 1 : endpoints[i].security_policy, NULL);
        tool_table_cell(table, modes[mode < 4 ? mode : 0], NULL);
        tool_table_number(table, endpoints[i].security_level);
        tool_table_cell(table, tokens, NULL);
        tool_table_cell(table, endpoints[i].url, NULL);
    }
    opcua_endpoints_free(endpoints, count);
    return tool_table_end(table) ? TOOL_OK : TOOL_USAGE;
}
