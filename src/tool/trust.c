/* SPDX-License-Identifier: MIT */
/* Certificates of servers and structures of servers: trust, types. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/tool.h"
#include "util/read_file.h"

#define MOST_CERTIFICATE ((size_t)1 << 20)

static int trust_file(struct tool *tool, const char *path)
{
    _cleanup_(osm_buf_deinit) struct osm_buf der = {0};
    int r = osm_file_read(path, MOST_CERTIFICATE, &der, NULL);

    if (r < 0)
        return tool_usage("Cannot read %s: %s", path, strerror(-r));
    return opcua_trust(tool->client, der.data, der.length, &tool->error) ? TOOL_OK
                                                                         : tool_fail(tool, path);
}

int tool_trust(struct tool *tool, int argc, char **argv)
{
    (void)argc;
    if (strcmp(argv[0], "add") == 0)
        return trust_file(tool, argv[1]);
    if (strcmp(argv[0], "remove") != 0)
        return tool_usage("trust add <file> or trust remove <fingerprint>, not \"%s\"", argv[0]);
    return opcua_untrust(tool->client, argv[1], &tool->error) ? TOOL_OK : tool_fail(tool, argv[1]);
}

int tool_types(struct tool *tool, int argc, char **argv)
{
    static const char *const columns[] = {"discovered", NULL};
    struct tool_table *table;
    uint64_t count;

    (void)argc, (void)argv;
    if (!opcua_discover_types(tool->client, &count, &tool->error))
        return tool_fail(tool, NULL);
    table = tool_table_new(tool->format, columns);
    tool_table_number(table, (long long)count);
    return tool_table_end(table) ? TOOL_OK : TOOL_USAGE;
}
