/* SPDX-License-Identifier: MIT */
/* The pane on the right as lines: a function for each tab. */
#include "tool/explore/explore_internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/buf.h"

#define VARIABLE 2u
#define METHOD 4u

const char *const explore_tab_names[EXPLORE_TABS] = {"Values", "Attrs", "Refs", "History",
                                                     "Alarms"};

static void add_picture(struct explore_lines *lines, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");

        explore_lines_add(lines, EXPLORE_PICTURE, "%.*s", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

static void add_plot(const struct explore *app, const struct tool_series *series, size_t columns,
                     size_t rows, struct explore_lines *lines)
{
    const struct tool_plot plot = {columns, OSM_MIN(rows, (size_t)30), app->terminal.utf8,
                                   app->tool->options.utc};
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    if (plot.rows < 3)
        return;
    tool_plot_draw(&out, &plot, series);
    add_picture(lines, osm_buf_text(&out));
}

/* ---- values ------------------------------------------------------------------------------- */

static void add_one_value(const struct explore *app, const struct tool_row *row, size_t columns,
                          size_t rows, struct explore_lines *lines)
{
    bool utc = app->tool->options.utc, utf8 = app->terminal.utf8;
    _cleanup_(osm_freep) char *status = tool_show_status(row->value.status);
    _cleanup_(osm_freep) char *source = tool_show_time(row->value.source_time, utc);
    _cleanup_(osm_freep) char *server = tool_show_time(row->value.server_time, utc);
    const char *type = opcua_type_name(row->value.value.type);
    double least, greatest;

    explore_lines_pair(lines, "Value", row->text, columns, rows > 14 ? 8 : 4, utf8);
    lines->lines[0].style = EXPLORE_STRONG;
    if (row->value.value.is_array)
        explore_lines_add(lines, EXPLORE_PLAIN, "%-17s%s[%zu]", "Type", type ? type : "?",
                          row->value.value.length);
    else
        explore_lines_add(lines, EXPLORE_PLAIN, "%-17s%s", "Type", type ? type : "?");
    explore_lines_add(lines, opcua_is_bad(row->value.status) ? EXPLORE_BAD : EXPLORE_PLAIN,
                      "%-17s%s", "Status", status);
    explore_lines_add(lines, EXPLORE_PLAIN, "%-17s%s", "Source time", source);
    explore_lines_add(lines, EXPLORE_PLAIN, "%-17s%s", "Server time", server);
    explore_lines_add(lines, EXPLORE_DIM, "%-17s%zu", "Changes seen", row->changes);
    if (row->series.count > 1 &&
        tool_series_span(&row->series, row->series.count, &least, &greatest) &&
        rows > lines->count + 1) {
        explore_lines_add(lines, EXPLORE_PLAIN, "%s", "");
        add_plot(app, &row->series, columns, rows - lines->count, lines);
    }
}

static void add_row(const struct explore *app, const struct tool_row *row, size_t columns,
                    size_t name_columns, struct explore_lines *lines)
{
    size_t value_columns = columns >= 70 ? 24 : 12;
    size_t used = name_columns + value_columns + 4;
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};
    _cleanup_(osm_freep) char *text = tool_row_show(row, value_columns);
    bool is_bad = row->text && opcua_is_bad(row->value.status);

    tool_text_fit(&out, row->name, name_columns, true, app->terminal.utf8);
    osm_buf_add_text(&out, "  ");
    tool_text_fit(&out, text, is_bad ? columns - name_columns - 2 : value_columns, true,
                  app->terminal.utf8);
    if (columns > used + 8 && !is_bad) {
        osm_buf_add_text(&out, "  ");
        tool_plot_spark(&out, &row->series, OSM_MIN(columns - used, (size_t)60),
                        app->terminal.utf8);
    }
    explore_lines_add(lines, is_bad ? EXPLORE_BAD : EXPLORE_PLAIN, "%s", osm_buf_text(&out));
}

static void add_values(const struct explore *app, size_t columns, size_t rows,
                       struct explore_lines *lines)
{
    const struct explore_selection *selection = &app->selection;
    const struct explore_node *node = explore_tree_current(&app->tree);
    size_t widest = 0;

    if (*selection->why[EXPLORE_VALUES]) {
        explore_lines_pair(lines, "No values", selection->why[EXPLORE_VALUES], columns, 6,
                           app->terminal.utf8);
    } else if (!selection->has_values) {
        explore_lines_add(lines, EXPLORE_DIM, "Asking the server");
    } else if (!selection->row_count) {
        explore_lines_add(lines, EXPLORE_DIM, "%s",
                          node->node_class == METHOD ? "A method: c calls it"
                                                     : "No variables directly below this node");
    } else if (node->node_class == VARIABLE) {
        if (selection->rows[0].text)
            add_one_value(app, &selection->rows[0], columns, rows, lines);
        else
            explore_lines_add(lines, EXPLORE_DIM, "Waiting for the first value");
    }
    if (node->node_class == VARIABLE || *selection->why[EXPLORE_VALUES])
        return;
    for (size_t i = 0; i < selection->row_count; i++)
        widest = OSM_MAX(widest, tool_text_columns(selection->rows[i].name, app->terminal.utf8));
    widest = OSM_MIN(widest, columns * 2 / 5);
    for (size_t i = 0; i < selection->row_count; i++)
        add_row(app, &selection->rows[i], columns, widest, lines);
    if (selection->row_count == EXPLORE_ROWS)
        explore_lines_add(lines, EXPLORE_DIM, "the first %zu variables", EXPLORE_ROWS);
}

/* ---- attributes, references --------------------------------------------------------------- */

static void add_attributes(const struct explore *app, size_t columns, size_t rows,
                           struct explore_lines *lines)
{
    const struct explore_selection *selection = &app->selection;

    (void)rows;
    if (*selection->why[EXPLORE_ATTRIBUTE_LIST])
        explore_lines_pair(lines, "Not read", selection->why[EXPLORE_ATTRIBUTE_LIST], columns, 6,
                           app->terminal.utf8);
    else if (!selection->has_attributes)
        explore_lines_add(lines, EXPLORE_DIM, "Asking the server");
    for (uint32_t i = 1; i <= EXPLORE_ATTRIBUTES && selection->has_attributes; i++) {
        const struct opcua_data_value *value = &selection->attributes[i];
        _cleanup_(osm_freep) char *text = NULL;

        if (opcua_is_bad(value->status) && i != 13)
            continue;
        text = opcua_is_bad(value->status)
                   ? tool_show_status(value->status)
                   : explore_names_value(i, &value->value, app->tool->options.utc);
        if (i == 13 && strcmp(text, "BadAttributeIdInvalid") == 0)
            continue;
        explore_lines_pair(lines, explore_names_attribute(i), text, columns, 4, app->terminal.utf8);
    }
}

static void add_references(const struct explore *app, size_t columns, size_t rows,
                           struct explore_lines *lines)
{
    const struct explore_selection *selection = &app->selection;
    const char *forward = app->terminal.utf8 ? "\xe2\x86\x92" : ">";
    const char *inverse = app->terminal.utf8 ? "\xe2\x86\x90" : "<";

    (void)rows;
    if (*selection->why[EXPLORE_REFERENCES])
        explore_lines_pair(lines, "Not browsed", selection->why[EXPLORE_REFERENCES], columns, 6,
                           app->terminal.utf8);
    else if (!selection->has_references)
        explore_lines_add(lines, EXPLORE_DIM, "Asking the server");
    for (size_t i = 0; i < selection->reference_count; i++) {
        const struct opcua_reference *reference = &selection->references[i];

        explore_lines_add(
            lines, EXPLORE_PLAIN, "%s %-17s %s  %s", reference->is_forward ? forward : inverse,
            explore_names_reference(reference->reference_type),
            *reference->display_name ? reference->display_name : reference->browse_name,
            reference->node);
        explore_lines_mark(lines, (long)i);
    }
}

/* ---- history, alarms ---------------------------------------------------------------------- */

static void add_history(const struct explore *app, size_t columns, size_t rows,
                        struct explore_lines *lines)
{
    const struct explore_selection *selection = &app->selection;

    if (explore_tree_current(&app->tree)->node_class != VARIABLE) {
        explore_lines_add(lines, EXPLORE_DIM, "Only variables have a history of values");
        return;
    }
    explore_lines_add(lines, EXPLORE_HEAD, "Until now: %s  (+ and - change it)",
                      explore_span_name(app));
    if (selection->history == EXPLORE_FAILED)
        explore_lines_pair(lines, "No history", selection->why[EXPLORE_HISTORY], columns, 6,
                           app->terminal.utf8);
    else if (selection->history != EXPLORE_LOADED)
        explore_lines_add(lines, EXPLORE_DIM, "Asking the server");
    else if (!selection->past.count)
        explore_lines_add(lines, EXPLORE_DIM, "No values in that time");
    if (selection->history != EXPLORE_LOADED || !selection->past.count)
        return;
    explore_lines_add(lines, EXPLORE_DIM, "%zu values", selection->past.count);
    add_plot(app, &selection->past, columns, rows - 2, lines);
}

static void add_alarms(const struct explore *app, size_t columns, size_t rows,
                       struct explore_lines *lines)
{
    (void)columns, (void)rows;
    if (*app->alarm_why)
        explore_lines_pair(lines, "No alarms", app->alarm_why, columns, 6, app->terminal.utf8);
    else if (!app->alarms.count)
        explore_lines_add(lines, EXPLORE_DIM, "No alarms: nothing is active or waits for anybody");
    for (size_t i = 0; i < app->alarms.count; i++) {
        const struct explore_alarm *alarm = &app->alarms.alarms[i];
        _cleanup_(osm_freep) char *time = tool_show_time(alarm->time, app->tool->options.utc);
        const char *clock = strchr(time, ' ');
        enum explore_style style = alarm->is_active && !alarm->is_acked   ? EXPLORE_BAD
                                   : alarm->is_active || !alarm->is_acked ? EXPLORE_WARNING
                                                                          : EXPLORE_PLAIN;

        explore_lines_add(lines, style, "%4u %s: %s%s%s%s", alarm->severity, alarm->name,
                          alarm->is_active ? "active" : "inactive",
                          alarm->is_shelved ? ", shelved" : "",
                          alarm->is_acked ? "" : ", not acknowledged",
                          alarm->is_confirmed ? "" : ", not confirmed");
        explore_lines_mark(lines, (long)i);
        explore_lines_add(lines, EXPLORE_DIM, "     %.8s %s: %s", clock ? clock + 1 : "",
                          alarm->source, alarm->message);
        explore_lines_mark(lines, (long)i);
    }
}

/* ---- all of them -------------------------------------------------------------------------- */

void explore_pane_lines(const struct explore *app, size_t columns, size_t rows,
                        struct explore_lines *lines)
{
    static void (*const tabs[EXPLORE_TABS])(const struct explore *app, size_t columns, size_t rows,
                                            struct explore_lines *lines) = {
        add_values, add_attributes, add_references, add_history, add_alarms};

    tabs[app->tab](app, columns, rows, lines);
}

size_t explore_pane_items(const struct explore *app)
{
    if (app->tab == EXPLORE_REFERENCES)
        return app->selection.reference_count;
    return app->tab == EXPLORE_ALARM_LIST ? app->alarms.count : 0;
}

unsigned explore_place(const struct explore *app)
{
    uint32_t node_class = explore_tree_current(&app->tree)->node_class;
    unsigned place = app->at_pane ? EXPLORE_AT_PANE : EXPLORE_AT_TREE;

    if (node_class == VARIABLE)
        place |= EXPLORE_ON_VARIABLE;
    if (node_class == METHOD)
        place |= EXPLORE_ON_METHOD;
    if (app->tab == EXPLORE_REFERENCES)
        place |= EXPLORE_AT_REFERENCES;
    if (app->tab == EXPLORE_HISTORY)
        place |= EXPLORE_AT_HISTORY;
    if (app->tab == EXPLORE_ALARM_LIST && app->alarms.count)
        place |= EXPLORE_AT_ALARMS;
    if (app->link == EXPLORE_DOWN)
        place |= EXPLORE_OFFLINE;
    return place;
}
