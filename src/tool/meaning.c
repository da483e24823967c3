/* SPDX-License-Identifier: MIT */
/*
 * What numbers mean to people: their unit (EngineeringUnits), the names of their states
 * (EnumStrings, EnumValues of the variable or of its data type, the data type's definition) and of
 * true and false (OPC 10000-8 §5.3). Asked of the server once per command, for tables only; a
 * server that does not answer costs nothing but the names.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/tool.h"
#include "util/alloc.h"
#include "util/buf.h"

#define ATTRIBUTE_DATA_TYPE 14u
#define ATTRIBUTE_DEFINITION 23u

struct meaning {
    char *node; /* as the user has written it */
    char *unit;
    char *states[2]; /* of false and true */
    char *data_type;
    struct tool_names names;
};

struct tool_meanings {
    struct meaning *items;
    size_t count;
};

/* ---- names of numbers ----------------------------------------------------------------------- */

void tool_names_clear(struct tool_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i].name);
    free(names->items);
    *names = (struct tool_names){0};
}

const char *tool_names_find(const struct tool_names *names, int64_t value)
{
    for (size_t i = 0; i < names->count; i++) {
        if (names->items[i].value == value)
            return names->items[i].name;
    }
    return NULL;
}

static void add_name(struct tool_names *names, int64_t value, const char *name)
{
    if (!name || !*name)
        return;
    names->items = osm_alloc_resize(names->items, (names->count + 1) * sizeof(*names->items));
    names->items[names->count++] = (struct tool_name){value, osm_strdup(name)};
}

/* Of EnumValueType and EnumField, which have Value and DisplayName. */
static void add_structures(struct tool_names *names, const struct opcua_value *list)
{
    for (size_t i = 0; i < list->length; i++) {
        const struct opcua_value one = {
            .type = OPCUA_TYPE_STRUCTURE, .length = 1, .items = &list->items[i]};
        const struct opcua_value *value = opcua_value_member(&one, "Value");
        const struct opcua_value *shown = opcua_value_member(&one, "DisplayName");
        int64_t number;

        if (value && opcua_value_to_int64(value, &number) && shown)
            add_name(names, number, opcua_value_to_text(shown));
    }
}

static void take_names(struct tool_names *names, struct opcua_value *value)
{
    const struct opcua_value *fields;

    if (names->count)
        return;
    if (value->type == OPCUA_TYPE_LOCALIZED_TEXT) {
        for (size_t i = 0; i < value->length; i++)
            add_name(names, (int64_t)i, value->items[i].localized.text.data);
    } else if (opcua_value_decode(value)) {
        fields = value->is_array ? value : opcua_value_member(value, "Fields");
        if (fields && fields->type == OPCUA_TYPE_STRUCTURE)
            add_structures(names, fields);
    }
}

bool tool_names_learn(struct tool *tool, const char *data_type, struct tool_names *names)
{
    struct tool_child children[] = {{data_type, "EnumStrings", NULL},
                                    {data_type, "EnumValues", NULL}};
    struct opcua_read_item items[3] = {{.node = data_type, .attribute = ATTRIBUTE_DEFINITION}};
    struct opcua_data_value values[3] = {0};
    size_t count = 1;

    if (tool_find_children(tool, children, 2)) {
        for (size_t i = 0; i < 2; i++) {
            if (children[i].found)
                items[count++] = (struct opcua_read_item){.node = children[i].found};
        }
    }
    if (opcua_read(tool->client, items, count, values, &tool->error)) {
        for (size_t i = count; i-- > 0;) { /* what has display names first */
            take_names(names, &values[i].value);
            opcua_data_value_clear(&values[i]);
        }
    }
    free(children[0].found);
    free(children[1].found);
    return names->count > 0;
}

/* ---- properties of variables ---------------------------------------------------------------- */

char *tool_meaning_of_unit(struct opcua_value *value)
{
    const struct opcua_value *shown =
        opcua_value_decode(value) ? opcua_value_member(value, "DisplayName") : NULL;
    const char *text = shown ? opcua_value_to_text(shown) : NULL;

    return text && *text ? osm_strdup(text) : NULL;
}

static void take_unit(struct meaning *meaning, struct opcua_value *value)
{
    if (!meaning->unit)
        meaning->unit = tool_meaning_of_unit(value);
}

static void take_enumeration(struct meaning *meaning, struct opcua_value *value)
{
    take_names(&meaning->names, value);
}

static void take_state(struct meaning *meaning, unsigned at, const struct opcua_value *value)
{
    const char *text = opcua_value_to_text(value);

    if (text && *text && !meaning->states[at])
        meaning->states[at] = osm_strdup(text);
}

static void take_false(struct meaning *meaning, struct opcua_value *value)
{
    take_state(meaning, 0, value);
}

static void take_true(struct meaning *meaning, struct opcua_value *value)
{
    take_state(meaning, 1, value);
}

enum { IS_BOOLEAN = 1, IS_INTEGER = 2, IS_NUMBER = 4 };

static const struct {
    const char *name;
    unsigned of; /* kinds of values that may have it */
    void (*take)(struct meaning *meaning, struct opcua_value *value);
} properties[] = {
    {"EngineeringUnits", IS_INTEGER | IS_NUMBER, take_unit},
    {"EnumStrings", IS_INTEGER, take_enumeration},
    {"EnumValues", IS_INTEGER, take_enumeration},
    {"FalseState", IS_BOOLEAN, take_false},
    {"TrueState", IS_BOOLEAN, take_true},
};

static unsigned kind_of(enum opcua_type type)
{
    if (type == OPCUA_TYPE_BOOLEAN)
        return IS_BOOLEAN;
    if (type >= OPCUA_TYPE_SBYTE && type <= OPCUA_TYPE_UINT64)
        return IS_INTEGER;
    return type == OPCUA_TYPE_FLOAT || type == OPCUA_TYPE_DOUBLE ? IS_NUMBER : 0;
}

/* ---- learning ------------------------------------------------------------------------------- */

/* A property that may be there, or the data type of a variable (property = all of them). */
struct question {
    size_t meaning, property;
};

struct asking {
    struct tool *tool;
    struct tool_meanings *meanings;
    struct tool_child *children;
    struct question *questions;
    size_t count;
};

static void ask_for(struct asking *asking, size_t meaning, const char *node, enum opcua_type type)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(properties); i++) {
        if (!(properties[i].of & kind_of(type)))
            continue;
        asking->children[asking->count] = (struct tool_child){node, properties[i].name, NULL};
        asking->questions[asking->count++] = (struct question){meaning, i};
    }
}

/* Enumerations are Int32 on the wire (OPC 10000-6 §5.2.4). */
static void add_data_types(struct asking *asking, char *const *nodes,
                           const struct opcua_data_value *values, size_t count,
                           struct opcua_read_item *items, struct question *read, size_t *wanted)
{
    for (size_t i = 0; i < count; i++) {
        if (values[i].value.type != OPCUA_TYPE_INT32)
            continue;
        items[*wanted] =
            (struct opcua_read_item){.node = nodes[i], .attribute = ATTRIBUTE_DATA_TYPE};
        read[(*wanted)++] = (struct question){i, OSM_ARRAY_SIZE(properties)};
    }
}

static void take_answer(struct meaning *meaning, size_t property, struct opcua_value *value)
{
    if (property < OSM_ARRAY_SIZE(properties))
        properties[property].take(meaning, value);
    else if (value->type == OPCUA_TYPE_NODE_ID && opcua_value_to_text(value))
        meaning->data_type = osm_strdup(opcua_value_to_text(value));
}

static void read_answers(struct asking *asking, char *const *nodes,
                         const struct opcua_data_value *values, size_t count)
{
    size_t most = asking->count + count, wanted = 0;
    struct opcua_read_item *items = osm_alloc((most + 1) * sizeof(*items));
    struct opcua_data_value *answers = osm_alloc((most + 1) * sizeof(*answers));
    struct question *read = osm_alloc((most + 1) * sizeof(*read));

    for (size_t i = 0; i < asking->count; i++) {
        if (!asking->children[i].found)
            continue;
        items[wanted] = (struct opcua_read_item){.node = asking->children[i].found};
        read[wanted++] = asking->questions[i];
    }
    add_data_types(asking, nodes, values, count, items, read, &wanted);
    if (wanted && opcua_read(asking->tool->client, items, wanted, answers, &asking->tool->error)) {
        for (size_t i = 0; i < wanted; i++) {
            if (!opcua_is_bad(answers[i].status))
                take_answer(&asking->meanings->items[read[i].meaning], read[i].property,
                            &answers[i].value);
            opcua_data_value_clear(&answers[i]);
        }
    }
    free(items);
    free(answers);
    free(read);
}

/* Whether a data type may be an enumeration: none of the builtin ones and of Number, Integer … */
static bool may_be_enumeration(const char *data_type)
{
    char *end;
    unsigned long id = strncmp(data_type, "i=", 2) == 0 ? strtoul(data_type + 2, &end, 10) : 0;

    return id == 0 || id > 29;
}

static void learn_types(struct tool *tool, struct tool_meanings *meanings)
{
    for (size_t i = 0; i < meanings->count; i++) {
        struct meaning *meaning = &meanings->items[i];
        const struct meaning *same = NULL;

        if (!meaning->data_type || meaning->names.count || !may_be_enumeration(meaning->data_type))
            continue;
        for (size_t k = 0; k < i && !same; k++) {
            if (meanings->items[k].data_type &&
                strcmp(meanings->items[k].data_type, meaning->data_type) == 0)
                same = &meanings->items[k];
        }
        if (!same)
            (void)tool_names_learn(tool, meaning->data_type, &meaning->names);
        for (size_t k = 0; same && k < same->names.count; k++)
            add_name(&meaning->names, same->names.items[k].value, same->names.items[k].name);
    }
}

void tool_meanings_learn(struct tool *tool, size_t count, char *const *names, char *const *nodes,
                         const struct opcua_data_value *values)
{
    struct tool_meanings *meanings = osm_alloc(sizeof(*meanings));
    struct asking asking = {.tool = tool, .meanings = meanings};
    const struct opcua_error before = tool->error;
    size_t most = count * OSM_ARRAY_SIZE(properties) + 1;

    tool_meanings_free(tool->meanings);
    tool->meanings = meanings;
    meanings->items = osm_alloc((count + 1) * sizeof(*meanings->items));
    meanings->count = count;
    asking.children = osm_alloc(most * sizeof(*asking.children));
    asking.questions = osm_alloc(most * sizeof(*asking.questions));
    for (size_t i = 0; i < count; i++) {
        meanings->items[i].node = osm_strdup(names[i]);
        if (nodes[i])
            ask_for(&asking, i, nodes[i], values[i].value.type);
    }
    if (asking.count && tool_find_children(tool, asking.children, asking.count)) {
        read_answers(&asking, nodes, values, count);
        learn_types(tool, meanings);
    }
    for (size_t i = 0; i < asking.count; i++)
        free(asking.children[i].found);
    free(asking.children);
    free(asking.questions);
    tool->error = before;
}

void tool_meanings_free(struct tool_meanings *meanings)
{
    if (!meanings)
        return;
    for (size_t i = 0; i < meanings->count; i++) {
        free(meanings->items[i].node);
        free(meanings->items[i].unit);
        free(meanings->items[i].states[0]);
        free(meanings->items[i].states[1]);
        free(meanings->items[i].data_type);
        tool_names_clear(&meanings->items[i].names);
    }
    free(meanings->items);
    free(meanings);
}

/* ---- showing -------------------------------------------------------------------------------- */

static const struct meaning *find(const struct tool_meanings *meanings, const char *node)
{
    for (size_t i = 0; meanings && i < meanings->count; i++) {
        if (strcmp(meanings->items[i].node, node) == 0)
            return &meanings->items[i];
    }
    return NULL;
}

const char *tool_meanings_unit(const struct tool *tool, const char *node)
{
    const struct meaning *meaning = find(tool->meanings, node);

    return meaning ? meaning->unit : NULL;
}

char *tool_meanings_show(const struct tool *tool, const char *node, const struct opcua_value *value)
{
    const struct meaning *meaning = find(tool->meanings, node);
    char *text = tool_show_value(value, tool->options.utc), *shown = NULL;
    const char *name = NULL;
    int64_t number;
    bool boolean;

    if (meaning && opcua_value_to_boolean(value, &boolean))
        name = meaning->states[boolean];
    else if (meaning && opcua_value_to_int64(value, &number))
        name = tool_names_find(&meaning->names, number);
    if (name)
        shown = osm_printf("%s (%s)", name, text);
    else if (meaning && meaning->unit && *text)
        shown = osm_printf("%s %s", text, meaning->unit);
    if (!shown)
        return text;
    free(text);
    return shown;
}
