/* SPDX-License-Identifier: MIT */
/* Commands on the address space: browse, tree, call, endpoints; and completion of the shell. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yyjson.h>

#include "tool/tool.h"
#include "util/alloc.h"
#include "util/macros.h"

#define OBJECTS "i=85"

static const char *class_name(uint32_t class)
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

static int browse(struct tool *tool, const char *name, unsigned depth,
                  struct opcua_reference **references, size_t *count)
{
    const struct opcua_browse_options options = {.depth = depth};
    char *node = tool_node(tool, name);
    bool browsed =
        node && opcua_browse(tool->client, node, &options, references, count, &tool->error);

    free(node);
    return browsed ? TOOL_OK : tool_fail(tool, name);
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
        tool_table_cell(table, class_name(references[i].node_class), NULL);
        tool_table_cell(table, references[i].browse_name, NULL);
        tool_table_cell(table, references[i].display_name, NULL);
    }
    opcua_references_free(references, count);
    return tool_table_end(table) ? TOOL_OK : TOOL_USAGE;
}

/* Whether another reference of the same level, below the same one, follows. */
static bool has_sibling(const struct opcua_reference *references, size_t count, size_t at,
                        unsigned depth)
{
    for (size_t i = at + 1; i < count && references[i].depth >= depth; i++) {
        if (references[i].depth == depth)
            return true;
    }
    return false;
}

static void print_branch(const struct opcua_reference *references, size_t count, size_t at)
{
    unsigned depth = references[at].depth;

    for (unsigned level = 0; level < depth; level++)
        fputs(has_sibling(references, count, at, level) ? "│   " : "    ", stdout);
    printf("%s%s  (%s, %s)\n", has_sibling(references, count, at, depth) ? "├── " : "└── ",
           references[at].browse_name, references[at].node, class_name(references[at].node_class));
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
        for (size_t i = 0; i < count; i++)
            print_branch(references, count, i);
    } else {
        table = tool_table_new(tool->format, columns);
        for (size_t i = 0; i < count; i++) {
            tool_table_number(table, references[i].depth);
            tool_table_cell(table, references[i].node, NULL);
            tool_table_cell(table, class_name(references[i].node_class), NULL);
            tool_table_cell(table, references[i].browse_name, NULL);
        }
        tool_table_end(table);
    }
    opcua_references_free(references, count);
    return TOOL_OK;
}

/* ---- call
 * ----------------------------------------------------------------------------------------- */

/* Arguments as the method's InputArguments have them: base types by their ids, else what JSON says.
 */
static bool arguments_of(struct tool *tool, int argc, char **argv, struct opcua_value *values)
{
    for (int i = 0; i < argc; i++) {
        const char *colon = strchr(argv[i], ':');
        enum opcua_type type = OPCUA_TYPE_NULL;
        char *name = colon ? osm_strndup(argv[i], (size_t)(colon - argv[i])) : NULL;
        const char *text = argv[i];

        if (name && opcua_type_find(name) != OPCUA_TYPE_NULL) {
            type = opcua_type_find(name);
            text = colon + 1;
        }
        free(name);
        if (opcua_value_from_json(&values[i], type, text, strlen(text), &tool->error))
            continue;
        if (type != OPCUA_TYPE_NULL && !opcua_value_init_text(&values[i], type, text, strlen(text)))
            return false;
        if (type == OPCUA_TYPE_NULL)
            (void)opcua_value_init_text(&values[i], OPCUA_TYPE_STRING, text, strlen(text));
    }
    return true;
}

static int show_result(struct tool *tool, const char *method,
                       const struct opcua_call_result *result)
{
    static const char *const columns[] = {"value", "type", NULL};
    struct tool_table *table;

    for (size_t i = 0; i < result->input_count; i++) {
        if (opcua_is_bad(result->input_statuses[i]))
            fprintf(stderr, "uactl: %s: argument %zu: 0x%08X %s\n", method, i + 1,
                    (unsigned)result->input_statuses[i],
                    opcua_status_name(result->input_statuses[i])
                        ? opcua_status_name(result->input_statuses[i])
                        : "");
    }
    if (opcua_is_bad(result->status)) {
        tool_say_status(method, result->status);
        return TOOL_REFUSED;
    }
    table = tool_table_new(tool->format, columns);
    for (size_t i = 0; i < result->output_count; i++) {
        char *text = tool_show_value(&result->outputs[i], tool->options.utc);
        char *json = opcua_value_to_json(&result->outputs[i]);

        tool_table_cell(table, text, json);
        tool_table_cell(table, opcua_type_name(result->outputs[i].type), NULL);
        free(text);
        free(json);
    }
    return tool_table_end(table) ? TOOL_OK : TOOL_USAGE;
}

int tool_call(struct tool *tool, int argc, char **argv)
{
    size_t count = (size_t)argc - 2;
    struct opcua_value *values = osm_alloc((count + 1) * sizeof(*values));
    char *object = tool_node(tool, argv[0]), *method = object ? tool_node(tool, argv[1]) : NULL;
    struct opcua_call_result result = {0};
    int code;

    if (!method) {
        code = tool_fail(tool, object ? argv[1] : argv[0]);
    } else if (!arguments_of(tool, argc - 2, argv + 2, values) ||
               (!tool->options.dry_run &&
                !opcua_call(tool->client, object, method, values, count, &result, &tool->error))) {
        code = tool_fail(tool, argv[1]);
    } else if (tool->options.dry_run) {
        printf("would call %s of %s with %zu arguments\n", argv[1], argv[0], count);
        code = TOOL_OK;
    } else {
        code = show_result(tool, argv[1], &result);
    }
    opcua_call_result_clear(&result);
    for (size_t i = 0; i < count; i++)
        opcua_value_clear(&values[i]);
    free(values);
    free(object);
    free(method);
    return code;
}

/* ---- endpoints
 * ------------------------------------------------------------------------------------- */

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

/* ---- completion
 * ------------------------------------------------------------------------------------- */

static void print_words(bool options)
{
    for (const struct tool_command *command = tool_commands; !options && command->name; command++)
        printf("%s ", command->name);
    for (const struct tool_option *option = tool_option_table; options && option->name; option++)
        printf("--%s ", option->name);
}

int tool_completion(struct tool *tool, int argc, char **argv)
{
    (void)tool, (void)argc;
    if (strcmp(argv[0], "bash") == 0 || strcmp(argv[0], "zsh") == 0) {
        if (*argv[0] == 'z')
            puts("#compdef uactl\nautoload -U +X bashcompinit && bashcompinit");
        fputs("_uactl() {\n    local word=${COMP_WORDS[COMP_CWORD]}\n    case $word in\n"
              "    -*) COMPREPLY=($(compgen -W \"",
              stdout);
        print_words(true);
        fputs(
            "\" -- \"$word\")) ;;\n    *) [ \"$COMP_CWORD\" -gt 1 ] || COMPREPLY=($(compgen -W \"",
            stdout);
        print_words(false);
        puts("\" -- \"$word\")) ;;\n    esac\n}\ncomplete -o default -F _uactl uactl");
        return TOOL_OK;
    }
    if (strcmp(argv[0], "fish") != 0)
        return tool_usage("completion is for bash, zsh or fish, not \"%s\"", argv[0]);
    for (const struct tool_command *command = tool_commands; command->name; command++)
        printf("complete -c uactl -n __fish_use_subcommand -f -a %s -d '%s'\n", command->name,
               command->summary);
    for (const struct tool_option *option = tool_option_table; option->name; option++)
        printf("complete -c uactl -l %s%s -d '%s'\n", option->name, option->argument ? " -r" : "",
               option->help);
    return TOOL_OK;
}
