/* SPDX-License-Identifier: MIT */
/* SET, RELOAD, DRAIN: what the daemon does at the operator's word. */
#include <string.h>

#include "admin/console/console_internal.h"

#define DRAIN_MOST 86400 /* seconds */

struct waiting {
    struct osm_console_wait wait;
    struct osm_console_call *call;
};

static void on_done(struct osm_console_wait *wait, bool good, const char *text)
{
    struct osm_console_call *call = osm_container_of(wait, struct waiting, wait)->call;
    int length = (int)strlen(text);

    while (length && text[length - 1] == '\n') /* behind a list of mistakes */
        length--;
    if (good)
        osm_console_done(call, "%.*s", length, text);
    else
        osm_console_fail(call, OSM_FAULT_INVALID_ARGUMENT, "%.*s", length, text);
}

static struct osm_console_wait *wait_of(struct osm_console_call *call)
{
    struct waiting *waiting = osm_arena_alloc(&call->request->arena, sizeof(*waiting));

    *waiting = (struct waiting){.wait.done = on_done, .call = call};
    return &waiting->wait;
}

void osm_console_reload(struct osm_console_call *call)
{
    call->console->ops->reload(call->console->context, wait_of(call));
}

void osm_console_set(struct osm_console_call *call)
{
    call->console->ops->set(call->console->context, call->words[0], call->words[1], wait_of(call));
}

void osm_console_drain(struct osm_console_call *call)
{
    uint64_t seconds = OSM_CONSOLE_DRAIN;

    if (call->count && (!osm_console_number(call->words[0], &seconds) || seconds > DRAIN_MOST)) {
        osm_console_fail(call, OSM_FAULT_INVALID_ARGUMENT, "DRAIN takes seconds, at most %d",
                         DRAIN_MOST);
        return;
    }
    call->console->ops->drain(call->console->context, (unsigned)seconds);
    osm_console_done(call,
                     "No new sessions; the daemon ends when nothing runs any more, in %llu seconds "
                     "at the latest",
                     (unsigned long long)seconds);
}
