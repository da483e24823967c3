/* SPDX-License-Identifier: MIT */
/*
 * config-check: the daemon's own look at a configuration file. It is in libopcua-session-daemon,
 * which is loaded for this command only: with all it needs it would make every other one slower.
 */
#include <dlfcn.h>
#include <opcua-session-daemon.h>
#include <stdio.h>

#include "tool/tool.h"

#define LIBRARY "libopcua-session-daemon.so.1"

typedef bool check_fn(const char *path, osm_daemon_mistake_fn *mistake, void *context);

static void on_mistake(void *context, unsigned line, bool is_error, const char *text)
{
    static const char *const kinds[] = {"warning", "error"};
    char number[24];

    snprintf(number, sizeof(number), "%u", line);
    tool_table_cell(context, line ? number : "", line ? number : "null");
    tool_table_cell(context, kinds[is_error], NULL);
    tool_table_cell(context, text, NULL);
    tool_table_flush(context);
}

int tool_config_check(struct tool *tool, int argc, char **argv)
{
    static const char *const columns[] = {"line", "kind", "mistake", NULL};
    void *library = dlopen(LIBRARY, RTLD_NOW);
    void *symbol = library ? dlsym(library, "osm_daemon_check") : NULL;
    struct tool_table *table;
    check_fn *check;
    bool good;

    (void)argc;
    if (!symbol)
        return tool_usage("config-check needs " LIBRARY
                          ", a part of opcua-session-manager: %s. Install it, or run "
                          "opcua-session-manager --check --config %s",
                          dlerror(), argv[0]);
    *(void **)(void *)&check = symbol; /* as POSIX has it */
    table = tool_table_new(tool->format, columns);
    good = check(argv[0], on_mistake, table);
    if (!tool_table_end(table))
        return TOOL_USAGE;
    return good ? TOOL_OK : TOOL_REFUSED;
}
