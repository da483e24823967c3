/* SPDX-License-Identifier: MIT */
/* uactl's entry: finds the command, connects if it needs that, runs it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/tool.h"
#include "util/macros.h"

static void on_signal(int number)
{
    (void)number;
    tool_stopped = 1;
}

static int find_command(const char *name, const struct tool_command **found)
{
    const char *nearest = "";

    for (const struct tool_command *command = tool_commands; command->name; command++) {
        if (strcmp(command->name, name) == 0) {
            *found = command;
            return TOOL_OK;
        }
        if (tool_distance(name, command->name) < tool_distance(name, nearest))
            nearest = command->name;
    }
    if (tool_is_near(nearest, name))
        return tool_usage("There is no command \"%s\"; is \"%s\" meant?", name, nearest);
    return tool_usage("There is no command \"%s\": see uactl --help", name);
}

static enum tool_format format_of(const struct tool_options *options)
{
    if (options->json)
        return TOOL_JSON;
    if (options->json_lines)
        return TOOL_JSON_LINES;
    if (options->csv)
        return TOOL_CSV;
    return options->quiet ? TOOL_QUIET : TOOL_TABLE;
}

/* Takes the server off the arguments. */
static int take_server(struct tool *tool, int *argc, char ***argv)
{
    const char *url = getenv("OPCUA_URL");

    if (!tool_needs_server(tool->command))
        return TOOL_OK;
    if (*argc > 0 && tool_is_server(**argv)) {
        tool->server = **argv;
        (*argc)--;
        (*argv)++;
        return TOOL_OK;
    }
    tool->server = url && *url ? url : NULL;
    return tool->server ? TOOL_OK
                        : tool_usage("%s needs a server: a URL such as opc.tcp://host:4840, the id "
                                     "of a session, or $OPCUA_URL",
                                     tool->command->name);
}

static int run(struct tool *tool, int argc, char **argv)
{
    const struct tool_command *command = tool->command;
    int code = take_server(tool, &argc, &argv);

    if (code != TOOL_OK)
        return code;
    if (argc < command->least || (command->most >= 0 && argc > command->most))
        return tool_usage("%s takes %s: see uactl %s --help", command->name,
                          *command->arguments ? command->arguments : "no arguments", command->name);
    code = tool_connect(tool);
    if (code == TOOL_OK)
        code = command->run(tool, argc, argv);
    opcua_client_free(tool->client);
    tool_meanings_free(tool->meanings);
    if (code == TOOL_OK && (fflush(stdout) || ferror(stdout)))
        return tool_usage("Cannot write to standard output");
    return code;
}

int main(int argc, char **argv)
{
    struct tool tool = {0};
    int left = tool_options_parse(&tool.options, argc, argv), code;

    if (left < 0)
        return TOOL_USAGE;
    if (tool.options.version) {
        printf("uactl %s\n", opcua_version());
        return TOOL_OK;
    }
    if (left == 0 || (left == 1 && strcmp(argv[0], "help") == 0)) {
        tool_help();
        return left || tool.options.help ? TOOL_OK : TOOL_USAGE;
    }
    code = find_command(argv[0], &tool.command);
    if (code != TOOL_OK)
        return code;
    if (tool.options.help) {
        tool_help_command(tool.command);
        return TOOL_OK;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    tool.format = format_of(&tool.options);
    return run(&tool, left - 1, argv + 1);
}
