/* SPDX-License-Identifier: MIT */
/* The form of a method: a field for each of its InputArguments (OPC 10000-3 §8.6), and what it
 * returns. */
#include "tool/explore/explore_internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

#define HAS_PROPERTY "i=46"

static void say_ready(struct explore *app)
{
    explore_dialog_say(app, EXPLORE_DIM, "%s",
                       app->dialog.count ? "Enter in the last field calls"
                                         : "It takes nothing: Enter calls");
}

/* ---- arguments ---------------------------------------------------------------------------- */

static void add_argument(struct explore *app, const struct opcua_value *argument)
{
    const struct opcua_value *name = opcua_value_member(argument, "Name");
    const struct opcua_value *data_type = opcua_value_member(argument, "DataType");
    const struct opcua_value *rank = opcua_value_member(argument, "ValueRank");
    struct explore_field *field = &app->dialog.fields[app->dialog.count++];
    const char *text = name ? opcua_value_to_text(name) : NULL;
    const char *type = data_type ? opcua_value_to_text(data_type) : NULL;
    const char *shown = type && strcmp(type, "i=24") != 0 ? type : "anything";
    int64_t dimensions = -1;

    field->type = explore_names_type(type ? type : "");
    if (field->type != OPCUA_TYPE_NULL)
        shown = opcua_type_name(field->type);
    if (rank)
        (void)opcua_value_to_int64(rank, &dimensions);
    snprintf(field->label, sizeof(field->label), "%s: %s%s", text ? text : "?", shown,
             dimensions >= 0 ? "[]" : "");
    explore_editor_set(&field->editor, "");
}

static void take_arguments(struct explore *app, struct opcua_value *value)
{
    if (value->type != OPCUA_TYPE_STRUCTURE || !opcua_value_decode(value)) {
        explore_dialog_say(app, EXPLORE_BAD, "Its arguments are not what the standard says");
        return;
    }
    for (size_t i = 0; i < OSM_MIN(value->length, EXPLORE_FIELDS); i++) {
        const struct opcua_value one = {
            .type = OPCUA_TYPE_STRUCTURE, .length = 1, .items = &value->items[i]};

        add_argument(app, &one);
    }
    say_ready(app);
    if (value->length > EXPLORE_FIELDS)
        explore_dialog_say(app, EXPLORE_BAD, "It takes %zu arguments, more than fit: uactl call",
                           value->length);
}

static void on_arguments(void *context, const struct opcua_error *error,
                         const struct opcua_data_value *values, size_t count)
{
    struct explore *app = explore_dialog_answered(context);
    struct opcua_value value;

    if (!app)
        return;
    if (error || count != 1 || opcua_is_bad(values[0].status)) {
        explore_dialog_say(app, EXPLORE_BAD, "Its arguments cannot be read%s%s", error ? ": " : "",
                           error ? error->message : "");
        return;
    }
    if (values[0].value.length == 0) {
        say_ready(app);
        return;
    }
    opcua_value_copy(&value, &values[0].value);
    take_arguments(app, &value);
    opcua_value_clear(&value);
}

static void on_properties(void *context, const struct opcua_error *error,
                          const struct opcua_reference *references, size_t count)
{
    struct explore *app = explore_dialog_succeeded(context, error);

    if (!app)
        return;
    for (size_t i = 0; i < count; i++) {
        struct opcua_read_item item = {references[i].node, 0, NULL};

        if (strcmp(references[i].browse_name, "InputArguments") != 0)
            continue;
        opcua_read_async(app->tool->client, &item, 1, on_arguments, explore_dialog_call(app));
        return;
    }
    say_ready(app);
}

void explore_method_ask(struct explore *app)
{
    static const struct opcua_browse_options options = {.reference_type = HAS_PROPERTY};
    const struct explore_node *node = explore_tree_current(&app->tree);

    snprintf(app->dialog.title, sizeof(app->dialog.title), "Call %s", node->name);
    app->dialog.node = osm_strdup(node->id);
    app->dialog.object = osm_strdup(node->parent ? node->parent->id : EXPLORE_OBJECTS);
    explore_dialog_say(app, EXPLORE_DIM, "Asking what it takes");
    opcua_browse_async(app->tool->client, node->id, &options, on_properties,
                       explore_dialog_call(app));
}

/* ---- the call ----------------------------------------------------------------------------- */

static void on_called(void *context, const struct opcua_error *error,
                      const struct opcua_call_result *result)
{
    struct explore *app = explore_dialog_succeeded(context, error);

    if (!app)
        return;
    if (explore_dialog_is_good(app, result->status)) {
        explore_dialog_say(app, EXPLORE_GOOD, "It returned%s",
                           result->output_count ? ":" : " nothing, and that is good");
    }
    for (size_t i = 0; i < result->input_count && i < app->dialog.count; i++) {
        if (opcua_is_bad(result->input_statuses[i]))
            explore_lines_add(&app->dialog.lines, EXPLORE_BAD, "%s: %s",
                              app->dialog.fields[i].label,
                              opcua_status_name(result->input_statuses[i])
                                  ? opcua_status_name(result->input_statuses[i])
                                  : "refused");
    }
    for (size_t i = 0; i < result->output_count; i++) {
        _cleanup_(osm_freep) char *text =
            tool_show_value(&result->outputs[i], app->tool->options.utc);

        explore_lines_add(&app->dialog.lines, EXPLORE_STRONG, "%s", text);
    }
}

void explore_method_call(struct explore *app)
{
    struct explore_dialog *dialog = &app->dialog;
    struct opcua_value inputs[EXPLORE_FIELDS] = {0};
    bool is_good = true;

    for (size_t i = 0; is_good && i < dialog->count; i++) {
        is_good = tool_value_of(app->tool, dialog->fields[i].type, dialog->fields[i].editor.text,
                                &inputs[i]);
        if (!is_good) {
            dialog->at = i;
            explore_dialog_say(app, EXPLORE_BAD, "%s: %s", dialog->fields[i].label,
                               app->tool->error.message);
        }
    }
    if (is_good) {
        explore_dialog_say(app, EXPLORE_DIM, "Calling");
        opcua_call_async(app->tool->client, dialog->object, dialog->node, inputs, dialog->count,
                         on_called, explore_dialog_call(app));
        dialog->at = 0;
    }
    for (size_t i = 0; i < dialog->count; i++)
        opcua_value_clear(&inputs[i]);
}
