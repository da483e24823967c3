/* SPDX-License-Identifier: MIT */
/*
 * call: the server says what a method takes and gives (InputArguments, OutputArguments; OPC
 * 10000-3 §8.6), so arguments are given by position or name, are checked before anything
 * is sent, and results have names. A method that does not say so is called with what is written.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/tool.h"
#include "util/alloc.h"
#include "util/buf.h"
#include "util/macros.h"

struct argument {
    char *name, *description;
    enum opcua_type type; /* on the wire; NULL = any */
    int64_t rank;         /* OPC 10000-3 §5.6.2: -1 scalar, 1 list, 2 matrix, -2 any … */
    struct tool_names names;
};

struct arguments {
    struct argument *items;
    size_t count;
};

struct signature {
    const char *method; /* as the user has written it */
    bool known;
    struct arguments inputs, outputs;
};

static void arguments_clear(struct arguments *arguments)
{
    for (size_t i = 0; i < arguments->count; i++) {
        free(arguments->items[i].name);
        free(arguments->items[i].description);
        tool_names_clear(&arguments->items[i].names);
    }
    free(arguments->items);
}

/* ---- what the server says of it ------------------------------------------------------------- */

static char *text_of(const struct opcua_value *structure, const char *member)
{
    const struct opcua_value *value = opcua_value_member(structure, member);
    const char *text = value ? opcua_value_to_text(value) : NULL;

    return osm_strdup(text ? text : "");
}

static void add_argument(struct tool *tool, struct arguments *arguments,
                         const struct opcua_value *one)
{
    struct argument *argument = &arguments->items[arguments->count++];
    _cleanup_(osm_freep) char *data_type = text_of(one, "DataType");
    const struct opcua_value *rank = opcua_value_member(one, "ValueRank");

    argument->name = text_of(one, "Name");
    argument->description = text_of(one, "Description");
    argument->rank = -2;
    if (rank)
        (void)opcua_value_to_int64(rank, &argument->rank);
    argument->type = tool_wire_type(tool, data_type);
    if (argument->type == OPCUA_TYPE_INT32 && strcmp(data_type, "i=6") != 0)
        (void)tool_names_learn(tool, data_type, &argument->names);
}

static bool take_arguments(struct tool *tool, struct arguments *arguments,
                           struct opcua_value *value)
{
    if (value->type == OPCUA_TYPE_NULL || (value->is_array && value->length == 0))
        return true;
    if (!value->is_array || !opcua_value_decode(value))
        return false;
    arguments->items = osm_alloc(value->length * sizeof(*arguments->items));
    for (size_t i = 0; i < value->length; i++) {
        const struct opcua_value one = {
            .type = OPCUA_TYPE_STRUCTURE, .length = 1, .items = &value->items[i]};

        add_argument(tool, arguments, &one);
    }
    return true;
}

/* A property that is not there means that there are no arguments (OPC 10000-3 §5.7). */
static bool learn(struct tool *tool, const char *method, struct signature *signature)
{
    struct tool_child children[] = {{method, "InputArguments", NULL},
                                    {method, "OutputArguments", NULL}};
    struct arguments *lists[] = {&signature->inputs, &signature->outputs};
    bool known = tool_find_children(tool, children, 2);

    for (size_t i = 0; i < 2; i++) {
        struct opcua_value value = {0};

        if (known && children[i].found) {
            known = opcua_read_value(tool->client, children[i].found, &value, &tool->error) &&
                    take_arguments(tool, lists[i], &value);
            opcua_value_clear(&value);
        }
        free(children[i].found);
    }
    signature->known = known;
    return known || tool->error.source == OPCUA_SOURCE_SERVER ||
           tool->error.source == OPCUA_SOURCE_NONE;
}

static void print_arguments(struct osm_buf *out, const struct arguments *arguments)
{
    for (size_t i = 0; i < arguments->count; i++) {
        const struct argument *argument = &arguments->items[i];

        osm_buf_printf(out, "%s%s: %s%s", i ? ", " : "", argument->name,
                       argument->type ? opcua_type_name(argument->type) : "any",
                       argument->rank > 0 ? "[]" : "");
    }
}

/* "Add(a: Double, b: Double) → sum: Double", to be freed. */
static char *show_signature(const struct signature *signature)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    osm_buf_printf(&out, "%s(", signature->method);
    print_arguments(&out, &signature->inputs);
    osm_buf_add_byte(&out, ')');
    if (signature->outputs.count)
        osm_buf_add_text(&out, " → ");
    print_arguments(&out, &signature->outputs);
    return osm_strndup(out.data, out.length);
}

/* ---- what the user gives -------------------------------------------------------------------- */

static int mistake(const struct signature *signature, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int mistake(const struct signature *signature, const char *format, ...)
{
    _cleanup_(osm_freep) char *shown = show_signature(signature);
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return tool_usage("%s\n  It is %s", text, shown);
}

static const struct argument *nearest(const struct arguments *arguments, const char *name)
{
    const struct argument *best = NULL;

    for (size_t i = 0; i < arguments->count; i++) {
        if (tool_is_near(arguments->items[i].name, name) &&
            (!best ||
             tool_distance(name, arguments->items[i].name) < tool_distance(name, best->name)))
            best = &arguments->items[i];
    }
    return best;
}

static bool is_word(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)text[i]) && text[i] != '_')
            return false;
    }
    return length > 0 && !isdigit((unsigned char)text[0]);
}

/* Texts may contain "=", so may node ids: for those it means nothing by itself. */
static bool may_contain_equals(const struct arguments *inputs, size_t position)
{
    enum opcua_type type = position < inputs->count ? inputs->items[position].type : 0;

    return type == OPCUA_TYPE_NULL || type == OPCUA_TYPE_VARIANT ||
           (type >= OPCUA_TYPE_STRING && type != OPCUA_TYPE_STATUS_CODE);
}

/* Which argument the word is for, and its value; TOOL_OK or what has been said. */
static int place_of(const struct signature *signature, const char *word, size_t *position,
                    size_t *at, const char **value)
{
    const struct arguments *inputs = &signature->inputs;
    const char *equals = strchr(word, '=');
    _cleanup_(osm_freep) char *name = equals ? osm_strndup(word, (size_t)(equals - word)) : NULL;
    const struct argument *meant;

    for (size_t i = 0; name && i < inputs->count; i++) {
        if (strcmp(inputs->items[i].name, name) == 0) {
            *at = i;
            *value = equals + 1;
            return TOOL_OK;
        }
    }
    if (name && is_word(word, strlen(name)) && !may_contain_equals(inputs, *position)) {
        meant = nearest(inputs, name);
        return mistake(signature, "%s has no argument \"%s\"%s%s%s", signature->method, name,
                       meant ? "; is \"" : "", meant ? meant->name : "", meant ? "\" meant?" : "");
    }
    *at = (*position)++;
    *value = word;
    if (*at < inputs->count)
        return TOOL_OK;
    return mistake(signature, "%s takes %zu arguments: \"%s\" is one too many", signature->method,
                   inputs->count, word);
}

/* "Double:1.5" says its type; of the method's own type that says nothing new. */
static const char *without_type(const char *text, enum opcua_type *type)
{
    const char *colon = strchr(text, ':');
    _cleanup_(osm_freep) char *name = colon ? osm_strndup(text, (size_t)(colon - text)) : NULL;
    enum opcua_type named = name ? opcua_type_find(name) : OPCUA_TYPE_NULL;

    if (named == OPCUA_TYPE_NULL)
        return text;
    if (*type == OPCUA_TYPE_NULL || *type == OPCUA_TYPE_VARIANT)
        *type = named;
    return named == *type ? colon + 1 : text;
}

static bool value_of(struct tool *tool, const struct argument *argument, const char *text,
                     struct opcua_value *value)
{
    enum opcua_type type = argument->type;

    for (size_t i = 0; i < argument->names.count; i++) {
        if (strcmp(argument->names.items[i].name, text) == 0)
            return opcua_value_init_integer(value, OPCUA_TYPE_INT32,
                                            argument->names.items[i].value);
    }
    text = without_type(text, &type);
    return tool_value_of(tool, type == OPCUA_TYPE_VARIANT ? OPCUA_TYPE_NULL : type, text, value);
}

static int take_value(struct tool *tool, const struct signature *signature, size_t at,
                      const char *text, struct opcua_value *value)
{
    const struct argument *argument = &signature->inputs.items[at];

    osm_assert(signature->inputs.items && at < signature->inputs.count);
    if (!value_of(tool, argument, text, value))
        return mistake(signature, "Argument \"%s\": %.200s", argument->name, tool->error.message);
    if (argument->rank == -1 && value->is_array)
        return mistake(signature, "Argument \"%s\" is one value, not a list", argument->name);
    if (argument->rank >= 0 && !value->is_array)
        return mistake(signature, "Argument \"%s\" is a list: [1, 2, 3]", argument->name);
    return TOOL_OK;
}

/* values: room for as many as the method takes. */
static int fill(struct tool *tool, const struct signature *signature, int argc, char **argv,
                struct opcua_value *values)
{
    bool *given = osm_alloc((signature->inputs.count + 1) * sizeof(*given));
    int code = TOOL_OK;
    size_t position = 0, at = 0;
    const char *text = "";

    for (int i = 0; i < argc && code == TOOL_OK; i++) {
        code = place_of(signature, argv[i], &position, &at, &text);
        osm_assert(code != TOOL_OK || (signature->inputs.items && at < signature->inputs.count));
        if (code == TOOL_OK && given[at])
            code = mistake(signature, "Argument \"%s\" is given twice",
                           signature->inputs.items[at].name);
        if (code != TOOL_OK)
            break;
        given[at] = true;
        code = take_value(tool, signature, at, text, &values[at]);
    }
    for (size_t i = 0; code == TOOL_OK && i < signature->inputs.count; i++) {
        const struct argument *argument = &signature->inputs.items[i];

        if (!given[i])
            code = mistake(signature, "Argument \"%s\" is missing%s%s", argument->name,
                           *argument->description ? ": " : "", argument->description);
    }
    free(given);
    return code;
}

/* As it is written, when the server does not say what the method takes. */
static int fill_unknown(struct tool *tool, int argc, char **argv, struct opcua_value *values)
{
    for (int i = 0; i < argc; i++) {
        enum opcua_type type = OPCUA_TYPE_NULL;
        const char *text = without_type(argv[i], &type);

        if (!tool_value_of(tool, type, text, &values[i]))
            return tool_fail(tool, argv[i]);
    }
    return TOOL_OK;
}

/* ---- what comes back ------------------------------------------------------------------------ */

static void say_refused(const struct signature *signature, const struct opcua_call_result *result)
{
    for (size_t i = 0; i < result->input_count; i++) {
        const char *name =
            i < signature->inputs.count ? signature->inputs.items[i].name : "argument";
        _cleanup_(osm_freep) char *status = NULL;

        if (!opcua_is_bad(result->input_statuses[i]))
            continue;
        status = tool_show_status(result->input_statuses[i]);
        tool_say(stderr, "uactl: %s: argument %zu, \"%s\": %s\n", signature->method, i + 1, name,
                 status);
    }
    if (opcua_is_bad(result->status))
        tool_say_status(signature->method, result->status);
}

static char *show_output(const struct tool *tool, const struct argument *argument,
                         const struct opcua_value *value)
{
    char *text = tool_show_value(value, tool->options.utc), *named;
    const char *name = NULL;
    int64_t number;

    if (tool->format == TOOL_TABLE && argument && opcua_value_to_int64(value, &number))
        name = tool_names_find(&argument->names, number);
    if (!name)
        return text;
    named = osm_printf("%s (%s)", name, text);
    free(text);
    return named;
}

static int show_result(struct tool *tool, const struct signature *signature,
                       const struct opcua_call_result *result)
{
    static const char *const columns[] = {"name", "value", "type", NULL};
    struct tool_table *table;

    say_refused(signature, result);
    if (opcua_is_bad(result->status))
        return TOOL_REFUSED;
    table = tool_table_new(tool->format, columns);
    for (size_t i = 0; i < result->output_count; i++) {
        const struct argument *argument =
            i < signature->outputs.count ? &signature->outputs.items[i] : NULL;
        char *text = show_output(tool, argument, &result->outputs[i]);
        char *json = opcua_value_to_json(&result->outputs[i]);

        tool_table_cell(table, argument ? argument->name : "", NULL);
        tool_table_cell(table, text, json);
        tool_table_cell(table, opcua_type_name(result->outputs[i].type), NULL);
        free(text);
        free(json);
    }
    return tool_table_end(table) ? TOOL_OK : TOOL_USAGE;
}

static void show_dry_run(const struct tool *tool, const struct signature *signature,
                         const struct opcua_value *values, size_t count)
{
    tool_say(stdout, "would call %s(", signature->method);
    for (size_t i = 0; i < count; i++) {
        _cleanup_(osm_freep) char *text = tool_show_value(&values[i], tool->options.utc);

        tool_say(stdout, "%s%s%s%s", i ? ", " : "",
                 signature->known ? signature->inputs.items[i].name : "",
                 signature->known ? " = " : "", text);
    }
    puts(")");
}

static int call(struct tool *tool, const char *object, const char *method,
                const struct signature *signature, const struct opcua_value *values, size_t count)
{
    struct opcua_call_result result = {0};
    int code;

    if (tool->options.dry_run) {
        show_dry_run(tool, signature, values, count);
        return TOOL_OK;
    }
    if (!opcua_call(tool->client, object, method, values, count, &result, &tool->error))
        return tool_fail(tool, signature->method);
    code = show_result(tool, signature, &result);
    opcua_call_result_clear(&result);
    return code;
}

int tool_call(struct tool *tool, int argc, char **argv)
{
    struct signature signature = {.method = argv[1]};
    _cleanup_(osm_freep) char *object = tool_node(tool, argv[0]);
    _cleanup_(osm_freep) char *method =
        object ? tool_node_below(tool, argv[0], object, argv[1]) : NULL;
    struct opcua_value *values;
    int code = TOOL_OK;
    size_t count;

    if (!method)
        return tool_fail(tool, object ? NULL : argv[0]);
    if (!learn(tool, method, &signature))
        code = tool_fail(tool, argv[1]);
    count = signature.known ? signature.inputs.count : (size_t)argc - 2;
    values = osm_alloc((count + 1) * sizeof(*values));
    if (code == TOOL_OK)
        code = signature.known ? fill(tool, &signature, argc - 2, argv + 2, values)
                               : fill_unknown(tool, argc - 2, argv + 2, values);
    if (code == TOOL_OK)
        code = call(tool, object, method, &signature, values, count);
    for (size_t i = 0; i < count; i++)
        opcua_value_clear(&values[i]);
    free(values);
    arguments_clear(&signature.inputs);
    arguments_clear(&signature.outputs);
    return code;
}
