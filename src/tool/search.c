/* SPDX-License-Identifier: MIT */
/* search: nodes by name, by value (--values) or by type (--type: class, type definition, data
 * type). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <uthash.h>

#include "tool/gather.h"
#include "util/alloc.h"

#define ATTRIBUTE_BROWSE_NAME 3u
#define ATTRIBUTE_DATA_TYPE 14u

/* What a type is called; asked of the server once. */
struct type_name {
    char *node, *name;
    UT_hash_handle hh;
};

struct searching {
    struct tool *tool;
    struct tool_table *table;
    const char *text, *type;
    struct type_name *types;
    size_t found;
};

/* ---- types ---------------------------------------------------------------------------------- */

static const char *name_of_type(struct searching *searching, const char *node)
{
    struct opcua_read_item item = {node, ATTRIBUTE_BROWSE_NAME, NULL};
    struct opcua_data_value value = {0};
    struct opcua_error error;
    struct type_name *type;

    HASH_FIND_STR(searching->types, node, type);
    if (type)
        return type->name;
    type = osm_alloc(sizeof(*type));
    type->node = osm_strdup(node);
    if (opcua_read(searching->tool->client, &item, 1, &value, &error) &&
        value.value.type == OPCUA_TYPE_QUALIFIED_NAME && value.value.items[0].qualified.name.data)
        type->name = osm_strdup(value.value.items[0].qualified.name.data);
    if (!type->name)
        type->name = osm_strdup("");
    opcua_data_value_clear(&value);
    HASH_ADD_KEYPTR(hh, searching->types, type->node, strlen(type->node), type);
    return type->name;
}

static void free_types(struct searching *searching)
{
    struct type_name *type, *next;

    HASH_ITER (hh, searching->types, type, next) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyser cannot follow uthash */
        HASH_DEL(searching->types, type);
        free(type->node);
        free(type->name);
        free(type);
    }
}

/* ---- finding -------------------------------------------------------------------------------- */

static void add_found(struct searching *searching, const struct opcua_reference *reference,
                      const char *value, const char *type)
{
    searching->found++;
    tool_table_cell(searching->table, reference->node, NULL);
    if (searching->tool->format == TOOL_QUIET)
        return;
    tool_table_cell(searching->table, reference->browse_name, NULL);
    tool_table_cell(searching->table, reference->display_name, NULL);
    tool_table_cell(searching->table, value, NULL);
    tool_table_cell(searching->table, type, NULL);
}

static bool has_name(const struct searching *searching, const struct opcua_reference *reference)
{
    return strcasestr(reference->browse_name, searching->text) ||
           strcasestr(reference->display_name, searching->text);
}

/* The type's name when the node is of the one looked for by class or type definition. */
static const char *type_by_node(struct searching *searching,
                                const struct opcua_reference *reference)
{
    const char *definition;

    if (strcasecmp(tool_class_name(reference->node_class), searching->type) == 0)
        return tool_class_name(reference->node_class);
    if (strcmp(reference->type_definition, "i=0") == 0)
        return NULL;
    definition = name_of_type(searching, reference->type_definition);
    if (strcasecmp(definition, searching->type) == 0 ||
        strcmp(reference->type_definition, searching->type) == 0)
        return definition;
    return NULL;
}

static void look_at_value(void *context, const struct opcua_reference *reference,
                          const struct opcua_data_value *value)
{
    struct searching *searching = context;
    char *text = tool_show_value(&value->value, searching->tool->options.utc);

    if (!has_name(searching, reference) && strcasestr(text, searching->text))
        add_found(searching, reference, text, NULL);
    free(text);
}

static void look_at_data_type(void *context, const struct opcua_reference *reference,
                              const struct opcua_data_value *value)
{
    struct searching *searching = context;
    const char *node = opcua_value_to_text(&value->value), *name;

    if (!node || !has_name(searching, reference) || type_by_node(searching, reference))
        return;
    name = name_of_type(searching, node);
    if (strcasecmp(name, searching->type) == 0 || strcmp(node, searching->type) == 0)
        add_found(searching, reference, NULL, name);
}

static int find_all(struct searching *searching, const struct gathering *gathering)
{
    for (size_t i = 0; i < gathering->count; i++) {
        const struct opcua_reference *reference = &gathering->references[i];
        const char *type = searching->type ? type_by_node(searching, reference) : "";

        if (type && has_name(searching, reference))
            add_found(searching, reference, NULL, *type ? type : NULL);
    }
    if (searching->type)
        return tool_gather_read(gathering, ATTRIBUTE_DATA_TYPE, TOOL_VARIABLE, look_at_data_type,
                                searching);
    if (searching->tool->options.values)
        return tool_gather_read(gathering, OPCUA_ATTRIBUTE_VALUE, TOOL_VARIABLE, look_at_value,
                                searching);
    return TOOL_OK;
}

int tool_search(struct tool *tool, int argc, char **argv)
{
    static const char *const columns[] = {"node", "name", "display", "value", "type", NULL};
    static const char *const quiet_columns[] = {"node", NULL};
    struct gathering gathering = {.tool = tool};
    struct searching searching = {.tool = tool, .text = "", .type = tool->options.type};
    const char *from = TOOL_OBJECTS;
    int code;

    if (argc == 0 && !searching.type)
        return tool_usage("search for what? A text, or --type; see uactl search --help");
    if (argc == 1 && searching.type && tool_is_node(argv[0]))
        from = argv[0];
    else if (argc)
        searching.text = argv[0];
    code = tool_gather(&gathering, argc > 1 ? argv[1] : from);
    if (code != TOOL_OK)
        return code;
    searching.table =
        tool_table_new(tool->format, tool->format == TOOL_QUIET ? quiet_columns : columns);
    code = find_all(&searching, &gathering);
    tool_gather_end(&gathering);
    free_types(&searching);
    tool_table_end(searching.table);
    if (code == TOOL_OK && searching.found == 0) {
        tool_say(stderr, "uactl: Nothing is called \"%s\" among %zu nodes%s%s%s\n", searching.text,
                 gathering.count, searching.type ? " of type " : "",
                 searching.type ? searching.type : "",
                 tool->options.values || searching.type ? "" : "; --values looks at values, too");
        return TOOL_REFUSED;
    }
    return code;
}
