/* SPDX-License-Identifier: MIT */
/*
 * watch on a terminal: a line for each node with its value and a sparkline, or a plot for each,
 * drawn in place. What stands there at the end stays. Without a terminal watch prints lines
 * (values.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/row.h"
#include "tool/terminal.h"
#include "util/alloc.h"
#include "util/buf.h"

#define BETWEEN_PICTURES 50 /* ms: faster than eyes, slower than a plant */
#define LEAST_PLOT ((size_t)5)

struct live {
    struct tool *tool;
    struct tool_terminal terminal;
    struct tool_row *rows;
    size_t count, failed;
    size_t drawn; /* lines of the last picture */
    long long left;
    bool changed;
    char trouble[160]; /* with the connection; "" = none */
};

bool tool_live_is_wanted(const struct tool *tool)
{
    const char *term = getenv("TERM");

    return tool->format == TOOL_TABLE && isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

/* ---- the picture -------------------------------------------------------------------------- */

static void colour(const struct live *live, struct osm_buf *out, const char *code)
{
    if (live->terminal.colour)
        osm_buf_printf(out, "\033[%sm", code);
}

static void end_line(struct osm_buf *out)
{
    osm_buf_add_text(out, "\033[K\n");
}

static void add_value(const struct live *live, struct osm_buf *out, const struct tool_row *row,
                      size_t columns)
{
    bool bad = row->text && opcua_is_bad(row->value.status);
    char *text = tool_row_show(row, columns);

    colour(live, out, bad ? "31" : "1");
    tool_text_fit(out, text, columns, true, live->terminal.utf8);
    colour(live, out, "0");
    free(text);
}

static void add_row(const struct live *live, struct osm_buf *out, const struct tool_row *row,
                    size_t name_columns)
{
    size_t columns = live->terminal.columns - 1;
    size_t value_columns = columns >= 100 ? 28 : columns / 5;
    size_t used = name_columns + value_columns + 4;
    char *time = row->text ? tool_show_time(tool_row_time(&row->value), live->tool->options.utc)
                           : osm_strdup("");
    const char *clock = strchr(time, ' ');

    tool_text_fit(out, row->name, name_columns, true, live->terminal.utf8);
    osm_buf_add_text(out, "  ");
    add_value(live, out, row, value_columns);
    osm_buf_add_text(out, "  ");
    if (columns > used + 20) {
        colour(live, out, "36");
        tool_plot_spark(out, &row->series, columns - used - 14, live->terminal.utf8);
        colour(live, out, "0");
        osm_buf_add_text(out, "  ");
        used = columns - 12;
    }
    if (columns >= used + 8)
        osm_buf_printf(out, "%.*s", (int)OSM_MIN(columns - used, 12), clock ? clock + 1 : "");
    end_line(out);
    free(time);
}

static void add_plot(const struct live *live, struct osm_buf *out, const struct tool_row *row,
                     size_t rows)
{
    const struct tool_plot plot = {live->terminal.columns - 1, rows - 1, live->terminal.utf8,
                                   live->tool->options.utc};
    size_t name_columns = tool_text_columns(row->name, live->terminal.utf8);
    _cleanup_(osm_buf_deinit) struct osm_buf lines = {0};

    name_columns = OSM_MIN(name_columns, plot.columns / 2);
    tool_text_fit(out, row->name, name_columns, true, live->terminal.utf8);
    osm_buf_add_text(out, "  ");
    add_value(live, out, row, plot.columns - name_columns - 2);
    end_line(out);
    tool_plot_draw(&lines, &plot, &row->series);
    for (const char *line = osm_buf_text(&lines); *line;) {
        size_t length = strcspn(line, "\n");

        osm_buf_add(out, line, length);
        end_line(out);
        line += length + 1;
    }
}

static void add_head(const struct live *live, struct osm_buf *out, size_t shown)
{
    char text[512];

    if (*live->trouble)
        snprintf(text, sizeof(text), "%s", live->trouble);
    else if (shown < live->count)
        snprintf(text, sizeof(text), "%s  (%zu of %zu nodes; the window is too small for more)",
                 live->tool->server, shown, live->count);
    else
        snprintf(text, sizeof(text), "%s  (ends with Ctrl-C)", live->tool->server);
    colour(live, out, *live->trouble ? "33" : "2");
    tool_text_fit(out, text, live->terminal.columns - 1, false, live->terminal.utf8);
    colour(live, out, "0");
    end_line(out);
}

static size_t add_lines(const struct live *live, struct osm_buf *out)
{
    size_t room = live->terminal.rows > 3 ? live->terminal.rows - 2 : 1, widest = 0;
    size_t shown = OSM_MIN(live->count, room);

    add_head(live, out, shown);
    for (size_t i = 0; i < shown; i++)
        widest = OSM_MAX(widest, tool_text_columns(live->rows[i].name, live->terminal.utf8));
    widest = OSM_MIN(widest, live->terminal.columns * 2 / 5);
    for (size_t i = 0; i < shown; i++)
        add_row(live, out, &live->rows[i], widest);
    return shown + 1;
}

static size_t add_plots(const struct live *live, struct osm_buf *out)
{
    size_t room = live->terminal.rows > LEAST_PLOT + 2 ? live->terminal.rows - 2 : LEAST_PLOT;
    size_t shown = OSM_MAX(OSM_MIN(live->count, room / LEAST_PLOT), (size_t)1),
           high = OSM_MIN(room / shown, 24);

    add_head(live, out, shown);
    for (size_t i = 0; i < shown; i++)
        add_plot(live, out, &live->rows[i], high);
    return shown * high + 1;
}

static void draw(struct live *live)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    if (tool_terminal_resized()) {
        tool_terminal_look(&live->terminal, STDOUT_FILENO);
        osm_buf_add_text(&out, "\033[H\033[2J");
        live->drawn = 0;
    }
    if (live->drawn)
        osm_buf_printf(&out, "\033[%zuA\r", live->drawn);
    live->drawn = live->tool->options.plot ? add_plots(live, &out) : add_lines(live, &out);
    osm_buf_add_text(&out, "\033[J");
    fwrite(out.data, 1, out.length, stdout);
    fflush(stdout);
    live->changed = false;
}

/* ---- values ------------------------------------------------------------------------------- */

static void on_change(void *context, uint32_t handle, const struct opcua_data_value *value)
{
    struct live *live = context;
    struct tool_row *row;

    if (live->left == 0)
        return;
    row = &live->rows[handle - 1];
    tool_row_take(row, value, tool_meanings_show(live->tool, row->name, &value->value),
                  tool_meanings_unit(live->tool, row->name));
    live->changed = true;
    if (live->left > 0)
        live->left--;
}

static void on_told(void *context, const char *name)
{
    struct live *live = context;

    if (strcmp(name, "ClientReconnecting") == 0 || strcmp(name, "ClientDisconnected") == 0)
        snprintf(live->trouble, sizeof(live->trouble),
                 "%s: the connection is lost; trying again until it is back", live->tool->server);
    else if (strcmp(name, "ClientConnected") == 0)
        *live->trouble = '\0';
    live->changed = true;
}

static int monitor(struct live *live, struct opcua_subscription *subscription, char **names)
{
    struct tool *tool = live->tool;
    int code = TOOL_OK;

    for (size_t i = 0; i < live->count; i++) {
        struct opcua_item_options options = {.queue = 10};
        char *node = tool_node(tool, names[i]);

        if (!node || !opcua_monitor(subscription, node, &options, (uint32_t)i + 1, on_change, live,
                                    NULL, &tool->error)) {
            live->failed++;
            code = tool_fail(tool, names[i]);
        }
        free(node);
    }
    return live->failed < live->count ? TOOL_OK : code;
}

static int follow(struct live *live)
{
    int64_t next = 0;
    bool alive = true;

    live->changed = true;
    tool_terminal_hide_cursor();
    while (alive && !tool_stopped && live->left != 0 && !ferror(stdout)) {
        int64_t now = tool_terminal_now();

        if (tool_terminal_stopped()) { /* the shell has written meanwhile */
            live->drawn = 0;
            live->changed = true;
        }
        if (live->changed && now >= next) {
            draw(live);
            next = now + BETWEEN_PICTURES;
        }
        alive = tool_terminal_wait(live->tool->client, false,
                                   live->changed ? (int)OSM_MAX(next - now, 0) : -1,
                                   &live->tool->error);
        live->changed = live->changed || tool_terminal_is_resized();
    }
    if (!ferror(stdout))
        draw(live);
    tool_terminal_show_cursor();
    return alive ? TOOL_OK : tool_fail(live->tool, NULL);
}

int tool_live_watch(struct tool *tool, struct opcua_subscription *subscription, int argc,
                    char **argv, long long left)
{
    struct live live = {.tool = tool, .count = (size_t)argc, .left = left};
    int code;

    live.rows = osm_alloc(live.count * sizeof(*live.rows));
    for (size_t i = 0; i < live.count; i++)
        tool_row_init(&live.rows[i], argv[i]);
    tool_terminal_begin();
    tool_terminal_look(&live.terminal, STDOUT_FILENO);
    tool->told = on_told;
    /* cppcheck-suppress autoVariables ; taken back before it goes */
    tool->told_context = &live;
    code = monitor(&live, subscription, argv);
    if (code == TOOL_OK)
        code = follow(&live);
    tool->told = NULL;
    for (size_t i = 0; i < live.count; i++)
        tool_row_deinit(&live.rows[i]);
    free(live.rows);
    return code == TOOL_OK ? tool_ended(live.count, live.failed, TOOL_REFUSED) : code;
}

int tool_live_history(struct tool *tool, const char *name, const struct opcua_data_value *values,
                      size_t count)
{
    struct tool_terminal terminal;
    struct tool_series series;
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    tool_terminal_look(&terminal, STDOUT_FILENO);
    tool_series_init(&series, OSM_MAX(count, 1));
    for (size_t i = 0; i < count; i++)
        tool_series_add(&series, tool_row_time(&values[i]), tool_plot_number(&values[i]));
    tool_text_fit(&out, name, terminal.columns / 2, false, terminal.utf8);
    osm_buf_printf(&out, "  (%zu values)\n", count);
    tool_plot_draw(&out,
                   &(struct tool_plot){terminal.columns - 1,
                                       OSM_MIN(OSM_MAX(terminal.rows, 9) - 3, 24), terminal.utf8,
                                       tool->options.utc},
                   &series);
    tool_series_deinit(&series);
    return fwrite(out.data, 1, out.length, stdout) == out.length && fflush(stdout) == 0
               ? TOOL_OK
               : TOOL_USAGE;
}
