/* SPDX-License-Identifier: MIT */
/* Which server a command is for: on the command line or in $OPCUA_URL, by URL, session or name. */
#include <stdlib.h>

#include "tool/tool.h"

static int no_server(const struct tool *tool, const char *word)
{
    const char *nearest = word ? tool_profiles_nearest(tool->profiles, word) : NULL;

    if (nearest)
        return tool_usage("The profiles have no server \"%s\"; is \"%s\" meant?", word, nearest);
    return tool_usage("%s needs a server: a URL such as opc.tcp://host:4840, a name of the "
                      "profiles, the id of a session, or $OPCUA_URL",
                      tool->command->name);
}

/* Takes the server off the arguments. What may be a node is not looked for among the profiles. */
int tool_take_server(struct tool *tool, int *argc, char ***argv)
{
    const char *url = getenv("OPCUA_URL"), *word = *argc > 0 ? **argv : NULL;
    int code = TOOL_OK;

    if (!tool_needs_server(tool->command))
        return TOOL_OK;
    if (word && tool_is_server(word))
        tool->server = word;
    else if (word && !tool_is_node(word) && (code = tool_profiles_read(tool)) == TOOL_OK)
        (void)tool_profiles_server(tool, word);
    if (code != TOOL_OK)
        return code;
    if (tool->server) {
        (*argc)--;
        (*argv)++;
        return TOOL_OK;
    }
    if (!url || !*url)
        return no_server(tool, word);
    tool->server = url;
    if (tool_is_server(url))
        return TOOL_OK;
    code = tool_profiles_read(tool);
    if (code == TOOL_OK && !tool_profiles_server(tool, url))
        code = no_server(tool, url);
    return code;
}
