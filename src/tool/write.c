/* SPDX-License-Identifier: MIT */
/*
 * write: a value of the type the node has. What its data type, rank and access level are is asked
 * first; what does not fit is refused here, before anything is sent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/tool.h"
#include "util/alloc.h"
#include "util/macros.h"

#define CURRENT_WRITE 2
#define MOST_LEVELS 16 /* from a data type up to the builtin one */

/* ---- from texts to values ------------------------------------------------------------------- */

/* Texts need no quotes on a command line; everything else is JSON. */
bool tool_value_of(struct tool *tool, enum opcua_type type, const char *text,
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

/* ---- data types ----------------------------------------------------------------------------- */

/* The builtin type of an id of namespace 0 (OPC 10000-6 §5.1.2); those above have no single one.
 * 0 = go on with its supertype. */
static bool is_builtin(const char *data_type, enum opcua_type *type)
{
    char *end = NULL;
    unsigned long id = strncmp(data_type, "i=", 2) == 0 ? strtoul(data_type + 2, &end, 10) : 0;

    *type = OPCUA_TYPE_NULL;
    if (!end || *end || id == 0 || id > 29)
        return false;
    if (id <= OPCUA_TYPE_DIAGNOSTIC_INFO)
        *type = (enum opcua_type)id;
    else if (id == 29) /* Enumeration */
        *type = OPCUA_TYPE_INT32;
    return true;
}

enum opcua_type tool_wire_type(struct tool *tool, const char *data_type)
{
    const struct opcua_browse_options up = {.direction = OPCUA_INVERSE, .reference_type = "i=45"};
    _cleanup_(osm_freep) char *at = osm_strdup(data_type);
    enum opcua_type type;

    for (unsigned level = 0; !is_builtin(at, &type) && level < MOST_LEVELS; level++) {
        struct opcua_reference *references = NULL;
        size_t count = 0;

        if (!opcua_browse(tool->client, at, &up, &references, &count, &tool->error))
            return OPCUA_TYPE_NULL;
        free(at);
        at = osm_strdup(count ? references[0].node : "i=24");
        opcua_references_free(references, count);
    }
    return type == OPCUA_TYPE_VARIANT ? OPCUA_TYPE_NULL : type;
}

/* ---- the node ------------------------------------------------------------------------------- */

struct target {
    const char *name; /* as the user has written it */
    char *node;
    uint32_t attribute;
    enum opcua_type type; /* to write; NULL = as it is written, the server's type then decides */
    int64_t rank;         /* -2 = any */
    bool locked;          /* nobody may write its value */
    struct opcua_value now;
    struct tool_names names;
};

static void target_deinit(struct target *target)
{
    free(target->node);
    opcua_value_clear(&target->now);
    tool_names_clear(&target->names);
}

static bool refuse(struct tool *tool, const char *message)
{
    tool->error = (struct opcua_error){.source = OPCUA_SOURCE_HERE};
    snprintf(tool->error.message, sizeof(tool->error.message), "%s", message);
    return false;
}

/* --type, which must be the one the node has. */
static bool take_type(struct tool *tool, struct target *target, enum opcua_type declared)
{
    enum opcua_type wanted = opcua_type_find(tool->options.type);
    char text[200];

    if (wanted == OPCUA_TYPE_NULL) {
        snprintf(text, sizeof(text), "--type: there is no type \"%.80s\"; Boolean, Int32, Double …",
                 tool->options.type);
        return refuse(tool, text);
    }
    if (declared != OPCUA_TYPE_NULL && declared != wanted) {
        snprintf(text, sizeof(text), "The node is of type %s: a value of type %s does not fit",
                 opcua_type_name(declared), opcua_type_name(wanted));
        return refuse(tool, text);
    }
    target->type = wanted;
    return true;
}

static void take_answers(struct tool *tool, struct target *target, struct opcua_data_value *answers,
                         enum opcua_type *declared)
{
    const char *data_type = opcua_value_to_text(&answers[1].value);
    int64_t level;

    if (!opcua_is_bad(answers[0].status)) {
        target->now = answers[0].value;
        answers[0].value = (struct opcua_value){0};
    }
    if (target->attribute != OPCUA_ATTRIBUTE_VALUE)
        return;
    if (answers[1].value.type == OPCUA_TYPE_NODE_ID && data_type) {
        *declared = tool_wire_type(tool, data_type);
        if (*declared == OPCUA_TYPE_INT32 && strcmp(data_type, "i=6") != 0)
            (void)tool_names_learn(tool, data_type, &target->names);
    }
    if (!opcua_is_bad(answers[2].status))
        (void)opcua_value_to_int64(&answers[2].value, &target->rank);
    target->locked = opcua_value_to_int64(&answers[3].value, &level) && !(level & CURRENT_WRITE);
}

static bool look_at(struct tool *tool, struct target *target)
{
    const struct opcua_read_item items[] = {{target->node, target->attribute, NULL},
                                            {target->node, 14, NULL},  /* DataType */
                                            {target->node, 15, NULL},  /* ValueRank */
                                            {target->node, 17, NULL}}; /* AccessLevel */
    struct opcua_data_value answers[4] = {0};
    enum opcua_type declared = OPCUA_TYPE_NULL;

    target->rank = -2;
    if (!opcua_read(tool->client, items, 4, answers, &tool->error))
        return false;
    if (answers[0].status == answers[1].status && opcua_is_bad(answers[0].status))
        return tool_bad_status(tool,
                               answers[0].status); /* the node itself is not as it should be */
    take_answers(tool, target, answers, &declared);
    for (size_t i = 0; i < 4; i++)
        opcua_data_value_clear(&answers[i]);
    target->type = target->now.type ? target->now.type : declared;
    return !tool->options.type || take_type(tool, target, declared ? declared : target->now.type);
}

/* ---- the value ------------------------------------------------------------------------------ */

static bool named(const struct target *target, const char *text, struct opcua_value *value)
{
    for (size_t i = 0; i < target->names.count; i++) {
        if (strcmp(target->names.items[i].name, text) == 0)
            return opcua_value_init_integer(value, OPCUA_TYPE_INT32, target->names.items[i].value);
    }
    return false;
}

/* A part of an array has its own shape. */
static bool has_shape(struct tool *tool, const struct target *target,
                      const struct opcua_value *value)
{
    size_t dimensions = value->dimension_count ? value->dimension_count : value->is_array;
    char text[120];

    if (tool->options.range || value->type == OPCUA_TYPE_NULL)
        return true;
    if (target->rank == -1 && dimensions)
        return refuse(tool, "The node has one value: a list does not fit");
    if (target->rank >= 0 && dimensions == 0)
        return refuse(tool,
                      "The node has a list of values: one value does not fit, [1, 2, 3] does");
    if (target->rank > 0 && dimensions != (size_t)target->rank && value->length > 0) {
        snprintf(text, sizeof(text), "The node has %lld dimensions: a value of %zu does not fit",
                 (long long)target->rank, dimensions);
        return refuse(tool, text);
    }
    return true;
}

static int dry_run(const struct tool *tool, const struct target *target,
                   const struct opcua_value *value)
{
    _cleanup_(osm_freep) char *shown = tool_show_value(value, tool->options.utc);
    _cleanup_(osm_freep) char *now = tool_show_value(&target->now, tool->options.utc);

    if (target->locked) {
        tool_say(stderr, "uactl: %s: the node says that its value cannot be written\n",
                 target->name);
        return TOOL_REFUSED;
    }
    tool_say(stdout, "would write %s %s to %s, which has %s now\n", opcua_type_name(value->type),
             shown, target->name, target->now.type ? now : "no value");
    return TOOL_OK;
}

static int write_now(struct tool *tool, const struct target *target,
                     const struct opcua_value *value)
{
    const struct opcua_write_item item = {target->node, target->attribute, tool->options.range,
                                          value};
    uint32_t status = 0;

    if (target->type == OPCUA_TYPE_NULL && target->attribute == OPCUA_ATTRIBUTE_VALUE &&
        !item.range)
        return opcua_write_value(tool->client, target->node, value, &tool->error)
                   ? TOOL_OK
                   : tool_fail(tool, target->name);
    if (!opcua_write(tool->client, &item, 1, &status, &tool->error))
        return tool_fail(tool, target->name);
    if (!opcua_is_bad(status))
        return TOOL_OK;
    tool_say_bad_node(tool, target->name, target->node, status);
    return TOOL_REFUSED;
}

int tool_write(struct tool *tool, int argc, char **argv)
{
    struct target target = {.name = argv[0], .attribute = tool_attribute(tool)};
    struct opcua_value value = {0};
    int code;

    (void)argc;
    if (target.attribute == UINT32_MAX)
        return TOOL_USAGE;
    target.node = tool_node(tool, argv[0]);
    if (!target.node || !look_at(tool, &target) ||
        (!named(&target, argv[1], &value) && !tool_value_of(tool, target.type, argv[1], &value)) ||
        !has_shape(tool, &target, &value))
        code = tool_fail(tool, argv[0]);
    else
        code = tool->options.dry_run ? dry_run(tool, &target, &value)
                                     : write_now(tool, &target, &value);
    opcua_value_clear(&value);
    target_deinit(&target);
    return code;
}
