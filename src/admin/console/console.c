/* SPDX-License-Identifier: MIT */
/* From a line to its command; see console.h. */
#include "admin/console/console.h"

#include <stdlib.h>
#include <string.h>

#include "admin/console/console_internal.h"
#include "core/manager/admin_source.h"
#include "util/alloc.h"
#include "util/log.h"

/* Of a line in the log. */
#define SHOWN_LINE 256

struct osm_console *osm_console_new(struct osm_manager *manager, const struct osm_console_ops *ops,
                                    void *context)
{
    struct osm_console *console = osm_alloc(sizeof(*console));

    *console = (struct osm_console){.manager = manager, .ops = ops, .context = context};
    osm_manager_lend_admin(
        manager, &(struct osm_admin_source){osm_console_run, osm_console_look_at_pause, console});
    return console;
}

struct osm_console *osm_console_free(struct osm_console *console)
{
    if (!console)
        return NULL;
    osm_manager_lend_admin(console->manager, &(struct osm_admin_source){0});
    osm_console_forget_pauses(console);
    free(console);
    return NULL;
}

/* The command of one or two words; how many those are. */
static size_t find(struct osm_console_call *call, char *const *words, size_t count)
{
    for (const struct osm_console_command *row = osm_console_commands; row->words; row++) {
        const char *space = strchr(row->words, ' ');
        size_t length = space ? (size_t)(space - row->words) : strlen(row->words);

        if (!count || strlen(words[0]) != length || strncasecmp(words[0], row->words, length) != 0)
            continue;
        if (space && (count < 2 || strcasecmp(words[1], space + 1) != 0))
            continue;
        call->command = row;
        return space ? 2 : 1;
    }
    return 0;
}

/* The value may be a secret: it is not logged, however wrong the line is. */
static void hide_value(struct osm_console_call *call)
{
    const char *name = call->count ? call->words[0] : "";

    call->line = osm_arena_printf(&call->request->arena, "%s %.*s", call->command->words,
                                  (int)strcspn(name, "= \t\r\n"), name);
}

static bool may_run(struct osm_console_call *call)
{
    const struct osm_console_command *command = call->command;
    const struct osm_grant *grant = call->request->grant;

    if (call->count < command->least || call->count > command->most) {
        osm_console_fail(call, OSM_FAULT_INVALID_ARGUMENT, "%s takes %s", command->words,
                         *command->arguments ? command->arguments : "no arguments");
        return false;
    }
    if (command->whole_daemon && grant && grant->terms.endpoints) {
        osm_console_fail(call, OSM_FAULT_ACCESS_DENIED,
                         "%s concerns the whole daemon: this token is for certain servers",
                         command->words);
        return false;
    }
    return true;
}

void osm_console_run(void *context, struct osm_request *request)
{
    struct osm_console_call *call = osm_arena_alloc(&request->arena, sizeof(*call));
    yyjson_val *line = osm_request_get(request, OSM_REQUEST_line);
    struct osm_fault fault = {0};
    char shown[SHOWN_LINE];
    char **words;
    size_t count, taken;

    *call = (struct osm_console_call){.console = context, .request = request};
    if (!yyjson_is_str(line)) {
        osm_console_fail(call, OSM_FAULT_INVALID_ARGUMENT, "console: \"line\" must be a string");
        return;
    }
    osm_log_escape(shown, sizeof(shown), yyjson_get_str(line), yyjson_get_len(line));
    call->line = osm_arena_text(&request->arena, shown, strlen(shown));
    words = osm_console_split(yyjson_get_str(line), yyjson_get_len(line), &request->arena, &count,
                              &fault);
    if (!words) {
        osm_request_fail(request, &fault);
        return;
    }
    taken = find(call, words, count);
    if (!taken) {
        osm_console_fail(call, OSM_FAULT_INVALID_ARGUMENT,
                         "There is no console command \"%s%s%s\": HELP lists them",
                         count ? words[0] : "", count > 1 ? " " : "", count > 1 ? words[1] : "");
        return;
    }
    call->words = words + taken;
    call->count = count - taken;
    if (call->command->run == osm_console_set)
        hide_value(call);
    if (may_run(call))
        call->command->run(call);
}
