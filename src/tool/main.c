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
    tool_stopped = number;
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

static int run(struct tool *tool, int argc, char **argv)
{
    const struct tool_command *command = tool->command;
    int code = tool_take_server(tool, &argc, &argv);

    if (code != TOOL_OK)
        return code;
    if (argc < command->least || (command->most >= 0 && argc > command->most))
        return tool_usage("%s takes %s: see uactl %s --help", command->name,
                          *command->arguments ? command->arguments : "no arguments", command->name);
    code = tool_connect(tool);
    if (code == TOOL_OK)
        code = command->run(tool, argc, argv);
    opcua_client_free(tool->client);
    return tool_flush() ? code : TOOL_USAGE;
}

/* Broken off: ends as whoever started it expects of a signal. */
static int end(struct tool *tool, int code)
{
    tool_meanings_free(tool->meanings);
    tool_profiles_free(tool->profiles);
    if (!tool_stopped || code == TOOL_OK)
        return code;
    signal(tool_stopped, SIG_DFL);
    raise(tool_stopped);
    return code;
}

static void catch_signals(void)
{
    struct sigaction stop = {.sa_handler = on_signal}; /* without SA_RESTART: reads end */

    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGHUP, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
    struct tool tool = {0};
    int left, code;

    catch_signals();
    if (argc > 1 && strcmp(argv[1], "__complete") == 0)
        return tool_complete(argc - 2, argv + 2);
    left = tool_options_parse(&tool.options, argc, argv);
    if (left < 0)
        return TOOL_USAGE;
    if (tool.options.version) {
        printf("uactl %s\n", opcua_version());
        return tool_flush() ? TOOL_OK : TOOL_USAGE;
    }
    if (left == 0 || (left == 1 && strcmp(argv[0], "help") == 0)) {
        tool_help();
        return tool_flush() && (left || tool.options.help) ? TOOL_OK : TOOL_USAGE;
    }
    code = find_command(argv[0], &tool.command);
    if (code != TOOL_OK)
        return code;
    if (tool.options.help) {
        tool_help_command(tool.command);
        return tool_flush() ? TOOL_OK : TOOL_USAGE;
    }
    tool.format = format_of(&tool.options);
    return end(&tool, run(&tool, left - 1, argv + 1));
}
