/* SPDX-License-Identifier: MIT */
/* uactl explore: the loop. It waits for the server, for keys, for signals and for what is due, and
 * draws when something has changed. */
#include "tool/explore/explore_internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/alloc.h"

#define BETWEEN_PICTURES 40 /* ms */

/* ---- answers ------------------------------------------------------------------------------ */

struct explore_call *explore_call_new(struct explore *app, uint32_t serial)
{
    struct explore_call *call = osm_alloc(sizeof(*call));

    call->app = app;
    call->serial = serial;
    return call;
}

struct explore *explore_call_end(struct explore_call *call)
{
    struct explore *app = call->app->is_closing ? NULL : call->app;

    free(call->text);
    free(call);
    return app;
}

/* ---- the line above the keys -------------------------------------------------------------- */

void explore_say(struct explore *app, enum explore_style style, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(app->status, sizeof(app->status), format, args);
    va_end(args);
    app->status_style = style;
    app->is_changed = true;
}

void explore_error_text(char *text, size_t size, const struct opcua_error *error)
{
    const char *status = error->status ? opcua_status_name(error->status) : NULL;
    bool names_it = status && strstr(error->message, status);

    snprintf(text, size, "%s%s%s%s%s%s", error->message, status && !names_it ? " (" : "",
             status && !names_it ? status : "", status && !names_it ? ")" : "",
             *error->next ? ". " : "", error->next);
}

void explore_say_error(struct explore *app, const char *what, const struct opcua_error *error)
{
    char text[400];

    explore_error_text(text, sizeof(text), error);
    explore_say(app, EXPLORE_BAD, "%s: %s", what, text);
}

void explore_say_status(struct explore *app, const char *what, uint32_t status)
{
    _cleanup_(osm_freep) char *name = tool_show_status(status);

    explore_say(app, EXPLORE_BAD, "%s: the server answers %s", what, name);
}

/* ---- the loop ----------------------------------------------------------------------------- */

static int sooner(int a, int b)
{
    if (a < 0)
        return b;
    return b < 0 ? a : OSM_MIN(a, b);
}

/* Does what is due; milliseconds until there is more, -1 = nothing. */
static int do_due(struct explore *app)
{
    int64_t now = tool_terminal_now();
    int due;

    if (app->is_gone)
        explore_link_close(app);
    if (app->link == EXPLORE_DOWN && app->retry_at <= now)
        explore_link_open(app);
    due = explore_select_due(app, now);
    if (app->link == EXPLORE_DOWN)
        due = sooner(due, (int)OSM_MIN(OSM_MAX(app->retry_at - now, 0), INT32_MAX));
    return due;
}

static void run(struct explore *app)
{
    int64_t next = 0;

    explore_link_open(app);
    while (!app->is_done && !tool_stopped) {
        int due = do_due(app);
        int64_t now = tool_terminal_now();

        if (tool_terminal_resized())
            explore_view_resize(app);
        if (app->is_changed && now >= next) {
            explore_view_draw(app);
            next = now + BETWEEN_PICTURES;
        }
        if (app->is_changed)
            due = sooner(due, (int)OSM_MAX(next - now, 0));
        app->is_gone = !tool_terminal_wait(app->tool->client, true, due, &app->tool->error);
        if (app->is_gone)
            explore_link_lost(app, &app->tool->error);
        explore_input_take(app);
    }
}

int tool_explore(struct tool *tool, int argc, char **argv)
{
    struct explore app = {.tool = tool, .span = 2, .is_changed = true, .dialog.cursor = -1};

    (void)argc, (void)argv;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return tool_usage("explore needs a terminal; browse, tree and watch print lines");
    tool_terminal_look(&app.terminal, STDOUT_FILENO);
    tool_terminal_begin();
    if (!explore_view_begin())
        return tool_usage("explore does not know this terminal: TERM is \"%s\"",
                          getenv("TERM") ? getenv("TERM") : "");
    explore_tree_init(&app.tree, EXPLORE_ROOT, "Root");
    tool->told = explore_link_told;
    /* cppcheck-suppress autoVariables ; it lives as long as the program does */
    tool->told_context = &app;
    run(&app);
    explore_view_end();
    explore_dialog_close(&app);
    explore_link_close(&app);
    explore_way_free(app.way);
    explore_tree_deinit(&app.tree);
    if (app.link != EXPLORE_DOWN)
        return TOOL_OK;
    tool->error = app.last_error;
    return tool_fail(tool, NULL);
}
