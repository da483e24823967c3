/* SPDX-License-Identifier: MIT */
/*
 * Text the tool is given: values on the command line, which are shown and read back; words that are
 * compared; answers about children; times. The first byte is the type of the value.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "tool/tool.h"
#include "util/alloc.h"
#include "util/utf8.h"

#define TYPES 26

/* What is shown of a value that was taken is a line for people. A variant may be empty. */
static void try_value(enum opcua_type type, const char *text)
{
    struct opcua_value value = {0};
    struct tool tool = {0};

    if (tool_value_of(&tool, type, text, &value)) {
        _cleanup_(osm_freep) char *shown = tool_show_value(&value, true);

        osm_assert(shown);
        osm_assert(type == OPCUA_TYPE_NULL || value.type == type ||
                   (type == OPCUA_TYPE_VARIANT && value.type == OPCUA_TYPE_NULL));
    } else {
        osm_assert(*tool.error.message);
    }
    opcua_value_clear(&value);
}

static void try_words(const char *text)
{
    _cleanup_(osm_freep) char *line = tool_plain(text, false), *lines = tool_plain(text, true);

    for (const char *at = line; *at; at++)
        osm_assert((unsigned char)*at >= ' ' && *at != 0x7f);
    osm_assert(strlen(lines) >= strlen(text) || !osm_utf8_is_valid(text, strlen(text)) ||
               strcmp(lines, text) != 0);
    osm_assert(tool_distance(text, text) == 0 || tool_distance(text, text) == TOOL_FAR);
    (void)tool_is_node(text);
}

static void try_answer(const char *text)
{
    struct tool_child children[2] = {{text, "EnumStrings", NULL}, {"i=1", text, NULL}};
    _cleanup_(osm_freep) char *question = tool_children_ask(children, 2);

    tool_children_take(children, 2, text, strlen(text));
    for (size_t i = 0; i < 2; i++) {
        osm_assert(!children[i].found || *children[i].found);
        free(children[i].found);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(osm_freep) char *text =
        size ? osm_strndup((const char *)data + 1, size - 1) : osm_strdup("");
    int64_t time = 0;
    char printed[OPCUA_TIME_TEXT];

    try_value((enum opcua_type)(size ? data[0] % TYPES : 0), text);
    try_words(text);
    try_answer(text);
    if (opcua_time_from_text(text, &time))
        opcua_time_to_text(time, printed);
    return 0;
}
