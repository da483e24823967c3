/* SPDX-License-Identifier: MIT */
/* Forms: a row of the table says what a form asks for, how it begins and what Enter sends. */
#include "tool/explore/explore_internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

#define VALUE 13
#define DATA_TYPE 14

void explore_dialog_close(struct explore *app)
{
    struct explore_dialog *dialog = &app->dialog;
    uint32_t generation = dialog->generation;

    explore_search_end(app);
    explore_lines_deinit(&dialog->lines);
    free(dialog->node);
    free(dialog->object);
    opcua_value_clear(&dialog->event_id);
    memset(dialog, 0, sizeof(*dialog));
    dialog->generation = generation + 1;
    dialog->cursor = -1;
    app->is_changed = true;
}

void explore_dialog_say(struct explore *app, enum explore_style style, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = osm_strdup("");
    va_end(args);
    explore_lines_deinit(&app->dialog.lines);
    explore_lines_add(&app->dialog.lines, style, "%s", text);
    app->is_changed = true;
    free(text);
}

struct explore_field *explore_dialog_field(struct explore *app, const char *label,
                                           enum opcua_type type, const char *text)
{
    struct explore_field *field = &app->dialog.fields[app->dialog.count++];

    snprintf(field->label, sizeof(field->label), "%s", label);
    field->type = type;
    explore_editor_set(&field->editor, text);
    return field;
}

struct explore_call *explore_dialog_call(struct explore *app)
{
    struct explore_call *call = explore_call_new(app, 0);

    call->generation = app->dialog.generation;
    return call;
}

struct explore *explore_dialog_answered(struct explore_call *call)
{
    uint32_t generation = call->generation;
    struct explore *app = explore_call_end(call);

    return app && app->dialog.generation == generation ? app : NULL;
}

struct explore *explore_dialog_succeeded(struct explore_call *call, const struct opcua_error *error)
{
    struct explore *app = explore_dialog_answered(call);

    if (!app || !error)
        return app;
    explore_dialog_say(app, EXPLORE_BAD, "%s %s", error->message, error->next);
    return NULL;
}

bool explore_dialog_is_good(struct explore *app, uint32_t status)
{
    _cleanup_(osm_freep) char *text = NULL;

    if (!opcua_is_bad(status))
        return true;
    text = tool_show_status(status);
    explore_dialog_say(app, EXPLORE_BAD, "The server answers %s", text);
    return false;
}

/* ---- write -------------------------------------------------------------------------------- */

static void open_write(struct explore *app)
{
    const struct explore_node *node = explore_tree_current(&app->tree);
    const struct explore_selection *selection = &app->selection;
    const struct opcua_value *now = &selection->attributes[VALUE].value;
    const char *data_type = opcua_value_to_text(&selection->attributes[DATA_TYPE].value);
    enum opcua_type type = now->type;
    _cleanup_(osm_freep) char *text = NULL;

    if (node->node_class == 2 && selection->row_count == 1 && selection->rows[0].text)
        now = &selection->rows[0].value.value;
    if (type == OPCUA_TYPE_NULL)
        type = now->type != OPCUA_TYPE_NULL ? now->type
                                            : explore_names_type(data_type ? data_type : "");
    text = now->type == OPCUA_TYPE_NULL ? osm_strdup("")
                                        : tool_show_value(now, app->tool->options.utc);
    if (now->type == OPCUA_TYPE_DATETIME || now->type == OPCUA_TYPE_STATUS_CODE) {
        free(text);
        text = opcua_value_to_json(now);
    }
    snprintf(app->dialog.title, sizeof(app->dialog.title), "Write %s", node->name);
    app->dialog.node = osm_strdup(node->id);
    if (strlen(text) < EXPLORE_TYPED) {
        explore_dialog_field(app, type == OPCUA_TYPE_NULL ? "Value" : opcua_type_name(type), type,
                             text);
        return;
    }
    explore_dialog_field(app, type == OPCUA_TYPE_NULL ? "Value" : opcua_type_name(type), type, "");
    explore_dialog_say(app, EXPLORE_WARNING, "The value it has is too long to be changed here");
}

static void on_written(void *context, const struct opcua_error *error, const uint32_t *statuses,
                       size_t count)
{
    struct explore *app = explore_dialog_succeeded(context, error);

    if (!app)
        return;
    if (!count || explore_dialog_is_good(app, statuses[0])) {
        explore_say(app, EXPLORE_GOOD, "Written to %s", app->dialog.node);
        explore_dialog_close(app);
    }
}

static void send_write(struct explore *app)
{
    struct opcua_value value = {0};
    const struct explore_field *field = &app->dialog.fields[0];
    const struct opcua_write_item item = {app->dialog.node, 0, NULL, &value};

    if (!tool_value_of(app->tool, field->type, field->editor.text, &value)) {
        explore_dialog_say(app, EXPLORE_BAD, "%s", app->tool->error.message);
        return;
    }
    explore_dialog_say(app, EXPLORE_DIM, "Writing");
    opcua_write_async(app->tool->client, &item, 1, on_written, explore_dialog_call(app));
    opcua_value_clear(&value);
}

/* ---- search, go to, help ------------------------------------------------------------------ */

static void open_search(struct explore *app)
{
    snprintf(app->dialog.title, sizeof(app->dialog.title), "Search");
    explore_dialog_field(app, "Part of a name", OPCUA_TYPE_STRING, "");
}

static void send_search(struct explore *app)
{
    const char *hit = explore_search_hit(app, app->dialog.cursor);

    if (hit) {
        _cleanup_(osm_freep) char *id = osm_strdup(hit);

        explore_dialog_close(app);
        explore_go(app, id);
    } else if (app->dialog.fields[0].editor.length) {
        explore_search_begin(app, app->dialog.fields[0].editor.text);
    }
}

static void open_go(struct explore *app)
{
    snprintf(app->dialog.title, sizeof(app->dialog.title), "Go to");
    explore_dialog_field(app, "Node id or path", OPCUA_TYPE_STRING, "");
}

static void on_resolved(void *context, const struct opcua_error *error, const char *text)
{
    struct explore *app = explore_dialog_answered(context);

    if (!app)
        return;
    if (error) {
        char why[400];

        explore_error_text(why, sizeof(why), error);
        explore_dialog_say(app, EXPLORE_BAD, "%s", why);
        return;
    }
    explore_dialog_close(app);
    explore_go(app, text);
}

static void send_go(struct explore *app)
{
    if (app->dialog.fields[0].editor.length)
        opcua_resolve_async(app->tool->client, app->dialog.fields[0].editor.text, on_resolved,
                            explore_dialog_call(app));
}

static void open_help(struct explore *app)
{
    snprintf(app->dialog.title, sizeof(app->dialog.title), "Keys");
    explore_keys_help(&app->dialog.lines);
    for (size_t i = 0; i < app->dialog.lines.count; i++)
        app->dialog.lines.lines[i].item = (long)i; /* so that it can be scrolled */
}

/* ---- the table ---------------------------------------------------------------------------- */

static const struct {
    void (*open)(struct explore *app);
    void (*send)(struct explore *app);
    bool needs_server;
} forms[] = {
    [EXPLORE_WRITING] = {open_write, send_write, true},
    [EXPLORE_CALLING] = {explore_method_ask, explore_method_call, true},
    [EXPLORE_ACKNOWLEDGING] = {explore_condition_ask, explore_condition_call, true},
    [EXPLORE_CONFIRMING] = {explore_condition_ask, explore_condition_call, true},
    [EXPLORE_SHELVING] = {explore_condition_ask, explore_condition_call, true},
    [EXPLORE_UNSHELVING] = {explore_condition_ask, explore_condition_call, true},
    [EXPLORE_SEARCHING] = {open_search, send_search, true},
    [EXPLORE_GOING] = {open_go, send_go, true},
    [EXPLORE_HELPING] = {open_help, explore_dialog_close, false},
};

void explore_dialog_open(struct explore *app, enum explore_form form)
{
    explore_dialog_close(app);
    if (forms[form].needs_server && app->link != EXPLORE_ONLINE) {
        explore_say(app, EXPLORE_WARNING, "Not connected to %s at the moment", app->tool->server);
        return;
    }
    if (forms[form].open == explore_condition_ask && app->pane_cursor >= app->alarms.count)
        return;
    app->dialog.form = form;
    forms[form].open(app);
}

void explore_dialog_enter(struct explore *app)
{
    struct explore_dialog *dialog = &app->dialog;

    if (dialog->cursor < 0 && dialog->at + 1 < dialog->count)
        dialog->at++;
    else if (!forms[dialog->form].needs_server || app->link == EXPLORE_ONLINE)
        forms[dialog->form].send(app);
    else
        explore_dialog_say(app, EXPLORE_BAD, "Not connected to %s at the moment",
                           app->tool->server);
    app->is_changed = true;
}
