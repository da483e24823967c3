/* SPDX-License-Identifier: MIT */
/* Gathering; see gather.h. */
#include "tool/gather.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/macros.h"

#define DEEPEST 16u
#define MOST_ATTEMPTS 120u /* to come back, one a second */
#define TELL_EACH 5        /* seconds, where no line can be written over */

void tool_gather_end(struct gathering *gathering)
{
    opcua_references_free(gathering->references, gathering->count);
}

void tool_gather_tell(const struct tool *tool, size_t done, size_t all, const char *what)
{
    static time_t told;
    bool is_terminal = isatty(STDERR_FILENO), is_end = done == all;
    time_t now = time(NULL);

    if (tool->format == TOOL_QUIET)
        return;
    if (!told)
        told = now;
    if (is_terminal)
        fprintf(stderr, "\r%zu of %zu %s%s", done, all, what, is_end ? "\n" : "");
    else if (tool->command->run == tool_export && (is_end || now - told >= TELL_EACH))
        fprintf(stderr, "%zu of %zu %s\n", done, all, what);
    if (now - told >= TELL_EACH)
        told = now;
}

/* ---- coming back ---------------------------------------------------------------------------- */

/* A second, during which the client is kept alive; false when it is of no further use. */
static bool wait_a_second(struct tool *tool)
{
    time_t until = time(NULL) + 1;
    bool alive = tool->client != NULL;

    while (time(NULL) < until && !tool_stopped) {
        if (alive)
            alive = tool_turn(tool, 200);
        else
            (void)poll(NULL, 0, 200); /* lint: allow poll – there is nothing to wait for but time */
    }
    return alive;
}

bool tool_gather_again(struct tool *tool, unsigned *attempts)
{
    enum opcua_source source = tool->error.source;

    if (source != OPCUA_SOURCE_NETWORK && source != OPCUA_SOURCE_DAEMON)
        return false;
    if (*attempts == 0)
        tool_say(stderr, "uactl: %s; going on when it is back\n", tool->error.message);
    while (++*attempts <= MOST_ATTEMPTS && !tool_stopped) {
        if (wait_a_second(tool))
            return true;
        if (tool_stopped)
            return false;
        opcua_client_free(tool->client);
        tool->client = NULL;
        if (tool_connect(tool) == TOOL_OK)
            return true;
    }
    return false;
}

/* ---- browsing and reading
 * -------------------------------------------------------------------------------- */

int tool_gather(struct gathering *gathering, const char *from)
{
    struct tool *tool = gathering->tool;
    long long depth = tool_number("depth", tool->options.depth, DEEPEST, 256);
    const struct opcua_browse_options options = {.depth = (unsigned)depth};
    unsigned attempts = 0;

    if (depth < 1)
        return depth < 0 ? TOOL_USAGE : tool_usage("--depth is a number from 1 to 256, not \"0\"");
    while (!tool_browse_try(tool, from, &options, &gathering->references, &gathering->count)) {
        if (tool_stopped || !tool_gather_again(tool, &attempts))
            return tool_fail(tool, from);
    }
    return TOOL_OK;
}

static bool read_batch(struct tool *tool, const struct opcua_read_item *items, size_t count,
                       struct opcua_data_value *values)
{
    unsigned attempts = 0;

    while (!opcua_read(tool->client, items, count, values, &tool->error)) {
        if (tool_stopped || !tool_gather_again(tool, &attempts))
            return false;
    }
    return true;
}

int tool_gather_read(const struct gathering *gathering, uint32_t attribute, uint32_t classes,
                     tool_each_fn *each, void *context)
{
    struct opcua_read_item *items = osm_alloc(TOOL_BATCH * sizeof(*items));
    struct opcua_data_value *values = osm_alloc(TOOL_BATCH * sizeof(*values));
    const struct opcua_reference **read = osm_alloc(TOOL_BATCH * sizeof(*read));
    struct tool *tool = gathering->tool;
    int code = TOOL_OK;
    size_t at = 0;

    while (at < gathering->count && code == TOOL_OK && !ferror(stdout)) {
        size_t count = 0;

        for (; at < gathering->count && count < TOOL_BATCH; at++) {
            const struct opcua_reference *reference = &gathering->references[at];

            if (classes && !(reference->node_class & classes))
                continue;
            read[count] = reference;
            items[count++] = (struct opcua_read_item){reference->node, attribute, NULL};
        }
        if (count && !read_batch(tool, items, count, values)) {
            code = tool_fail(tool, NULL);
            break;
        }
        for (size_t i = 0; i < count; i++) {
            each(context, read[i], &values[i]);
            opcua_data_value_clear(&values[i]);
        }
        tool_gather_tell(tool, at, gathering->count, "nodes");
    }
    free(items);
    free(values);
    free(read);
    return code;
}
