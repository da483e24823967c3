/* SPDX-License-Identifier: MIT */
/*
 * The forms about the alarm under the cursor: acknowledge, confirm, shelve, unshelve (OPC 10000-9
 * §5.7, §5.8.10). Shelving is done by a state machine of the alarm's own, and some servers know the
 * methods of that only, not those of its type: it is looked for at each call.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tool/explore/explore_internal.h"
#include "util/alloc.h"

#define HAS_CONDITION "i=9006"
#define HAS_COMPONENT "i=47"

struct deed {
    const char *title;
    const char *method;   /* of the type */
    const char *instance; /* of shelving: its name at the alarm's state machine */
};

static const struct deed deeds[] = {
    [EXPLORE_ACKNOWLEDGING] = {"Acknowledge", "i=9111", NULL},
    [EXPLORE_CONFIRMING] = {"Confirm", "i=9113", NULL},
    [EXPLORE_SHELVING] = {"Shelve", "i=2948", "OneShotShelve"},
    [EXPLORE_UNSHELVING] = {"Unshelve", "i=2947", "Unshelve"},
};
static const struct deed timed_shelving = {"Shelve", "i=2949", "TimedShelve"};

static const struct deed *deed_of(const struct explore *app)
{
    const struct explore_dialog *dialog = &app->dialog;

    return dialog->form == EXPLORE_SHELVING && dialog->fields[0].editor.length
               ? &timed_shelving
               : &deeds[dialog->form];
}

void explore_condition_ask(struct explore *app)
{
    const struct explore_alarm *alarm = &app->alarms.alarms[app->pane_cursor];
    const struct deed *deed = &deeds[app->dialog.form];

    snprintf(app->dialog.title, sizeof(app->dialog.title), "%s %s", deed->title,
             *alarm->name ? alarm->name : alarm->source);
    if (!deed->instance)
        explore_dialog_field(app, "Comment", OPCUA_TYPE_LOCALIZED_TEXT, "");
    else if (app->dialog.form == EXPLORE_SHELVING)
        explore_dialog_field(app, "Seconds (none: until it is inactive)", OPCUA_TYPE_DOUBLE, "");
    app->dialog.node = osm_strdup(alarm->condition);
    app->dialog.object = osm_strdup(alarm->source_node);
    opcua_value_copy(&app->dialog.event_id, &alarm->event_id);
    explore_dialog_say(app, EXPLORE_DIM, "%s", alarm->message);
}

/* ---- the call ----------------------------------------------------------------------------- */

static void on_called(void *context, const struct opcua_error *error,
                      const struct opcua_call_result *result)
{
    struct explore *app = explore_dialog_succeeded(context, error);

    if (!app)
        return;
    if (explore_dialog_is_good(app, result->status)) {
        explore_say(app, EXPLORE_GOOD, "%s: done", app->dialog.title);
        explore_dialog_close(app);
    }
}

/* How many arguments; -1 when what is typed is none, which is said. */
static int arguments_of(struct explore *app, struct opcua_value arguments[2])
{
    const char *typed = app->dialog.fields[0].editor.text;
    double seconds;
    char *end;

    if (!deed_of(app)->instance) {
        opcua_value_copy(&arguments[0], &app->dialog.event_id);
        opcua_value_init_array(&arguments[1], OPCUA_TYPE_LOCALIZED_TEXT, 1);
        arguments[1].is_array = false;
        opcua_text_set(&arguments[1].items[0].localized.text, typed, strlen(typed));
        return 2;
    }
    if (deed_of(app) != &timed_shelving)
        return 0;
    seconds = strtod(typed, &end);
    if (*end || !isfinite(seconds) || seconds <= 0) {
        explore_dialog_say(app, EXPLORE_BAD, "A number of seconds, more than 0, not \"%s\"", typed);
        return -1;
    }
    (void)opcua_value_init_number(&arguments[0], OPCUA_TYPE_DOUBLE, seconds * 1000);
    return 1;
}

static void call(struct explore *app, const char *object, const char *method)
{
    struct opcua_value arguments[2] = {0};
    int count = arguments_of(app, arguments);

    if (count >= 0)
        opcua_call_async(app->tool->client, object, method, arguments, (size_t)count, on_called,
                         explore_dialog_call(app));
    opcua_value_clear(&arguments[0]);
    opcua_value_clear(&arguments[1]);
}

/* ---- what it is called on ----------------------------------------------------------------- */

static const char *without_namespace(const char *name)
{
    const char *colon = strchr(name, ':');

    return colon ? colon + 1 : name;
}

/* The components of the condition and theirs, each behind the one it belongs to. */
static void on_machine(void *context, const struct opcua_error *error,
                       const struct opcua_reference *references, size_t count)
{
    struct explore *app = explore_dialog_answered(context);
    const char *machine = NULL, *method = NULL;
    bool is_inside = false;

    if (!app)
        return;
    for (size_t i = 0; !error && i < count; i++) {
        const char *name = without_namespace(references[i].browse_name);

        if (references[i].depth == 0) {
            is_inside = strcmp(name, "ShelvingState") == 0;
            if (is_inside)
                machine = references[i].node;
        } else if (is_inside && strcmp(name, deed_of(app)->instance) == 0) {
            method = references[i].node;
        }
    }
    call(app, machine ? machine : app->dialog.node, method ? method : deed_of(app)->method);
}

static void call_condition(struct explore *app)
{
    static const struct opcua_browse_options options = {.reference_type = HAS_COMPONENT,
                                                        .depth = 2};

    if (deed_of(app)->instance)
        opcua_browse_async(app->tool->client, app->dialog.node, &options, on_machine,
                           explore_dialog_call(app));
    else
        call(app, app->dialog.node, deed_of(app)->method);
}

/* Servers that do not tell the condition refer to it from its source. */
static void on_condition(void *context, const struct opcua_error *error,
                         const struct opcua_reference *references, size_t count)
{
    struct explore *app = explore_dialog_answered(context);

    if (!app)
        return;
    for (size_t i = 0; !error && i < count; i++) {
        const char *name = without_namespace(references[i].browse_name);

        if (count > 1 && !strstr(app->dialog.title, name))
            continue;
        free(app->dialog.node);
        app->dialog.node = osm_strdup(references[i].node);
        call_condition(app);
        return;
    }
    explore_dialog_say(app, EXPLORE_BAD, "The server does not tell which condition this is");
}

void explore_condition_call(struct explore *app)
{
    static const struct opcua_browse_options options = {.reference_type = HAS_CONDITION};

    explore_dialog_say(app, EXPLORE_DIM, "Calling");
    if (*app->dialog.node)
        call_condition(app);
    else
        opcua_browse_async(app->tool->client, app->dialog.object, &options, on_condition,
                           explore_dialog_call(app));
}
