/* SPDX-License-Identifier: MIT */
/* The profiles of the tool: a file is refused, or every server in it can be chosen and has a URL.
 * The file is written to a folder of the process's own, which the environment names. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "tool/tool.h"
#include "util/alloc.h"
#include "util/macros.h"

static char folder[] = "/tmp/osm-fuzz-XXXXXX";
static char path[sizeof(folder) + 16];

static void remove_folder(void)
{
    (void)unlink(path);
    (void)rmdir(folder);
}

static void begin(void)
{
    osm_assert(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/uactl.yaml", folder);
    (void)setenv("XDG_CONFIG_HOME", folder, 1);
    (void)atexit(remove_folder);
}

static void write_file(const uint8_t *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    osm_assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
}

static void choose(void *context, const char *name)
{
    struct tool tool = {.profiles = context};

    osm_assert(tool_profiles_server(&tool, name));
    osm_assert(tool.server && *tool.server);
    tool.options.user = tool.options.user ? tool.options.user : name;
    osm_assert(tool_profiles_apply(&tool) == TOOL_OK);
    (void)tool_profiles_nearest(tool.profiles, name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tool tool = {0};

    if (!*path)
        begin();
    write_file(data, size);
    if (tool_profiles_read(&tool) == TOOL_OK)
        tool_profiles_each(tool.profiles, choose, tool.profiles);
    tool_profiles_free(tool.profiles);
    return 0;
}
