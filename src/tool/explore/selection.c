/* SPDX-License-Identifier: MIT */
/*
 * The node under the cursor: once the cursor rests, its attributes and references are asked for and
 * its values followed, with a subscription of their own that ends with the selection. Of an object
 * the values of the variables below it are followed.
 */
#include "tool/explore/explore_internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

#define REST 120 /* ms */
#define VARIABLE 2u
#define METHOD 4u
#define MOST_PAST 2000u
#define UNITS_PER_SECOND 10000000 /* of DateTime */

void explore_select_forget(struct explore *app)
{
    struct explore_selection *selection = &app->selection;
    uint32_t generation = selection->generation;

    if (app->tool->client)
        opcua_unsubscribe(selection->subscription);
    for (size_t i = 0; i <= EXPLORE_ATTRIBUTES; i++)
        opcua_data_value_clear(&selection->attributes[i]);
    opcua_references_free(selection->references, selection->reference_count);
    for (size_t i = 0; i < selection->row_count; i++) {
        tool_row_deinit(&selection->rows[i]);
        free(selection->row_ids[i]);
        free(selection->row_units[i]);
    }
    free(selection->rows);
    free(selection->row_ids);
    free(selection->row_units);
    tool_series_deinit(&selection->past);
    *selection = (struct explore_selection){.generation = generation + 1};
}

void explore_select(struct explore *app)
{
    const struct explore_node *node = explore_tree_current(&app->tree);

    explore_select_forget(app);
    app->selection.serial = node->serial;
    app->selection.due = tool_terminal_now() + REST;
    app->pane_top = 0;
    app->pane_cursor = 0;
    app->is_changed = true;
}

struct explore_call *explore_selection_ask(struct explore *app)
{
    struct explore_call *call = explore_call_new(app, app->selection.serial);

    call->generation = app->selection.generation;
    return call;
}

/* The app when the answer is for what is still selected. Frees the call. */
struct explore *explore_selection_end(struct explore_call *call)
{
    uint32_t generation = call->generation;
    struct explore *app = explore_call_end(call);

    if (!app || app->selection.generation != generation)
        return NULL;
    app->is_changed = true;
    return app;
}

/* ---- attributes and references ------------------------------------------------------------ */

static void on_attributes(void *context, const struct opcua_error *error,
                          const struct opcua_data_value *values, size_t count)
{
    struct explore *app = explore_selection_end(context);

    if (!app)
        return;
    app->selection.has_attributes = true;
    if (error)
        explore_error_text(app->selection.why[EXPLORE_ATTRIBUTE_LIST],
                           sizeof(app->selection.why[0]), error);
    for (size_t i = 0; !error && i < OSM_MIN(count, (size_t)EXPLORE_ATTRIBUTES); i++) {
        struct opcua_data_value *target = &app->selection.attributes[i + 1];

        *target = values[i];
        opcua_value_copy(&target->value, &values[i].value);
    }
}

static char *copy_text(const char *text)
{
    return osm_strdup(text ? text : "");
}

static void on_references(void *context, const struct opcua_error *error,
                          const struct opcua_reference *references, size_t count)
{
    struct explore *app = explore_selection_end(context);
    struct opcua_reference *copies;

    if (!app)
        return;
    app->selection.has_references = true;
    if (error) {
        explore_error_text(app->selection.why[EXPLORE_REFERENCES], sizeof(app->selection.why[0]),
                           error);
        return;
    }
    copies = osm_alloc((count + 1) * sizeof(*copies));
    for (size_t i = 0; i < count; i++) {
        copies[i] = references[i];
        copies[i].node = copy_text(references[i].node);
        copies[i].reference_type = copy_text(references[i].reference_type);
        copies[i].browse_name = copy_text(references[i].browse_name);
        copies[i].display_name = copy_text(references[i].display_name);
        copies[i].type_definition = copy_text(references[i].type_definition);
    }
    app->selection.references = copies;
    app->selection.reference_count = count;
}

static void ask_details(struct explore *app, const struct explore_node *node)
{
    static const struct opcua_browse_options options = {.direction = OPCUA_BOTH,
                                                        .reference_type = "i=31"};
    struct opcua_read_item items[EXPLORE_ATTRIBUTES];

    for (uint32_t i = 0; i < EXPLORE_ATTRIBUTES; i++)
        items[i] = (struct opcua_read_item){node->id, i + 1, NULL};
    opcua_read_async(app->tool->client, items, EXPLORE_ATTRIBUTES, on_attributes,
                     explore_selection_ask(app));
    opcua_browse_async(app->tool->client, node->id, &options, on_references,
                       explore_selection_ask(app));
}

/* ---- values ------------------------------------------------------------------------------- */

void explore_selection_take(struct explore *app, size_t index, const struct opcua_data_value *value)
{
    struct tool_row *row = &app->selection.rows[index];
    const struct opcua_data_value *shown = value ? value : &row->value;
    const char *unit = app->selection.row_units[index];
    char *text = tool_show_value(&shown->value, app->tool->options.utc), *with_unit;

    if (unit && *text) {
        with_unit = osm_printf("%s %s", text, unit);
        free(text);
        text = with_unit;
    }
    if (value) {
        tool_row_take(row, value, text, unit);
    } else {
        free(row->text);
        row->text = text;
        row->unit = unit;
    }
    app->is_changed = true;
}

static void on_change(void *context, uint32_t handle, const struct opcua_data_value *value)
{
    struct explore *app = context;

    if (!app->is_closing && handle <= app->selection.row_count)
        explore_selection_take(app, handle - 1, value);
}

static void on_monitored(void *context, const struct opcua_error *error, uint32_t item)
{
    struct explore_call *call = context;
    uint32_t row = call->serial;
    struct explore *app = explore_selection_end(call);
    struct opcua_data_value refused = {0};

    (void)item;
    if (!app || !error)
        return;
    refused.status = error->status ? error->status : 0x80000000u;
    tool_row_take(&app->selection.rows[row], &refused, osm_strdup(""), NULL);
}

static void on_subscribed(void *context, const struct opcua_error *error,
                          struct opcua_subscription *subscription)
{
    static const struct opcua_item_options options = {.queue = 10};
    struct explore *app = explore_selection_end(context);

    if (!app) {
        opcua_unsubscribe(error ? NULL : subscription);
        return;
    }
    if (error) {
        explore_error_text(app->selection.why[EXPLORE_VALUES], sizeof(app->selection.why[0]),
                           error);
        return;
    }
    app->selection.subscription = subscription;
    for (size_t i = 0; i < app->selection.row_count; i++) {
        struct explore_call *call = explore_selection_ask(app);

        call->serial = (uint32_t)i;
        opcua_monitor_async(subscription, app->selection.row_ids[i], &options, (uint32_t)i + 1,
                            on_change, app, on_monitored, call);
    }
}

static void add_row(struct explore_selection *selection, const struct explore_node *node)
{
    if (selection->row_count == EXPLORE_ROWS)
        return;
    tool_row_init(&selection->rows[selection->row_count], node->name);
    selection->row_ids[selection->row_count++] = osm_strdup(node->id);
}

/* Once it is known what there is below the node, or at once when it is a variable itself. */
static void ask_values(struct explore *app, const struct explore_node *node)
{
    static const struct opcua_subscription_options options = {.interval = 250};
    struct explore_selection *selection = &app->selection;

    if (selection->has_values || (node->node_class != VARIABLE && node->state != EXPLORE_LOADED))
        return;
    selection->has_values = true;
    selection->rows = osm_alloc(EXPLORE_ROWS * sizeof(*selection->rows));
    selection->row_ids = osm_alloc(EXPLORE_ROWS * sizeof(*selection->row_ids));
    selection->row_units = osm_alloc(EXPLORE_ROWS * sizeof(*selection->row_units));
    if (node->node_class == VARIABLE)
        add_row(selection, node);
    for (size_t i = 0;
         node->node_class != VARIABLE && node->node_class != METHOD && i < node->count; i++) {
        if (node->children[i]->node_class == VARIABLE)
            add_row(selection, node->children[i]);
    }
    if (!selection->row_count)
        return;
    opcua_subscribe_async(app->tool->client, &options, on_subscribed, explore_selection_ask(app));
    explore_units_ask(app);
}

/* ---- children ----------------------------------------------------------------------------- */

static void on_children(void *context, const struct opcua_error *error,
                        const struct opcua_reference *references, size_t count)
{
    struct explore_call *call = context;
    uint32_t serial = call->serial;
    struct explore *app = explore_call_end(call);
    struct explore_node *node = app ? explore_tree_find(&app->tree, serial) : NULL;
    char why[256];

    if (!node)
        return;
    app->is_changed = true;
    if (error) {
        explore_error_text(why, sizeof(why), error);
        explore_tree_fail(&app->tree, node, why);
        explore_say_error(app, node->name, error);
    } else {
        explore_tree_fill(&app->tree, node, references, count);
    }
    if (!error && node == app->tree.root && explore_tree_child(node, EXPLORE_OBJECTS)) {
        struct explore_node *objects = explore_tree_child(node, EXPLORE_OBJECTS);

        explore_tree_open(&app->tree, objects);
        if (explore_tree_current(&app->tree) == node)
            explore_tree_show(&app->tree, objects);
        explore_load(app, objects);
    }
    if (explore_tree_current(&app->tree)->serial != app->selection.serial)
        explore_select(app);
    else if (serial == app->selection.serial && !app->selection.due)
        ask_values(app, node);
    explore_go_on(app);
}

void explore_load(struct explore *app, struct explore_node *node)
{
    if (app->link != EXPLORE_ONLINE || !explore_tree_wants(node))
        return;
    opcua_browse_async(app->tool->client, node->id, NULL, on_children,
                       explore_call_new(app, node->serial));
}

/* ---- history ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    int64_t seconds; /* 0 = as many values as there may be, from the newest back */
} spans[] = {{"a minute", 60},   {"ten minutes", 600}, {"an hour", 3600},    {"a day", 86400},
             {"a week", 604800}, {"30 days", 2592000}, {"a year", 31536000}, {"all there is", 0}};

const char *explore_span_name(const struct explore *app)
{
    return spans[app->span].name;
}

void explore_span_change(struct explore *app, int step)
{
    size_t most = OSM_ARRAY_SIZE(spans) - 1;

    if (step > 0)
        app->span = OSM_MIN(app->span + 1, most);
    else
        app->span -= app->span > 0;
    explore_load_history(app);
}

static int compare_times(const void *left, const void *right)
{
    const struct tool_point *a = left, *b = right;

    return (a->time > b->time) - (a->time < b->time);
}

static void on_history(void *context, const struct opcua_error *error,
                       const struct opcua_data_value *values, size_t count)
{
    struct explore *app = explore_selection_end(context);
    struct tool_series *past = app ? &app->selection.past : NULL;

    if (!app)
        return;
    tool_series_deinit(past);
    if (app->selection.span != app->span) { /* another time is wanted by now */
        app->selection.history = EXPLORE_UNKNOWN;
        explore_load_history(app);
        return;
    }
    app->selection.history = error ? EXPLORE_FAILED : EXPLORE_LOADED;
    if (error) {
        explore_error_text(app->selection.why[EXPLORE_HISTORY], sizeof(app->selection.why[0]),
                           error);
        return;
    }
    tool_series_init(past, count + 1);
    for (size_t i = 0; i < count; i++)
        tool_series_add(past, tool_row_time(&values[i]), tool_plot_number(&values[i]));
    qsort(past->points, past->count, sizeof(*past->points), compare_times);
}

void explore_load_history(struct explore *app)
{
    const struct explore_node *node = explore_tree_current(&app->tree);
    int64_t now, seconds = spans[app->span].seconds;

    if (app->link != EXPLORE_ONLINE || node->node_class != VARIABLE ||
        app->selection.history == EXPLORE_LOADING || app->selection.due)
        return;
    app->selection.history = EXPLORE_LOADING;
    app->selection.span = app->span;
    (void)opcua_time_from_text("now", &now);
    opcua_history_async(app->tool->client, node->id, seconds ? now - seconds * UNITS_PER_SECOND : 0,
                        now, MOST_PAST, on_history, explore_selection_ask(app));
    app->is_changed = true;
}

/* ---- when --------------------------------------------------------------------------------- */

int explore_select_due(struct explore *app, int64_t now)
{
    struct explore_node *node = explore_tree_current(&app->tree);

    if (!app->selection.due || app->link != EXPLORE_ONLINE)
        return -1;
    if (now < app->selection.due)
        return (int)(app->selection.due - now);
    app->selection.due = 0;
    app->is_changed = true;
    ask_details(app, node);
    explore_load(app, node);
    ask_values(app, node);
    if (app->tab == EXPLORE_HISTORY)
        explore_load_history(app);
    return -1;
}
