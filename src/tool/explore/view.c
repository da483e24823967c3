/* SPDX-License-Identifier: MIT */
/* All of it on the screen. What is drawn comes from the model; curses sends what has changed. */
#include "tool/explore/explore_internal.h"

#include <stdlib.h>
#include <string.h>

#include <curses.h>

#include "util/buf.h"

#define LEAST_ROWS 10
#define LEAST_COLUMNS 40
#define TOP 1 /* the first row below the title */

static SCREEN *screen;
static bool has_colours;

bool explore_view_begin(void)
{
    const char *plain = getenv("NO_COLOR");

    set_escdelay(25);
    screen = newterm(NULL, stdout, stdin);
    if (!screen)
        return false;
    set_term(screen);
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    mousemask(BUTTON1_PRESSED | BUTTON1_RELEASED | BUTTON1_CLICKED | BUTTON4_PRESSED |
                  BUTTON5_PRESSED,
              NULL);
    mouseinterval(0);
    has_colours = has_colors() && (!plain || !*plain);
    if (!has_colours)
        return true;
    start_color();
    use_default_colors();
    init_pair(EXPLORE_GOOD, COLOR_GREEN, -1);
    init_pair(EXPLORE_WARNING, COLOR_YELLOW, -1);
    init_pair(EXPLORE_BAD, COLOR_RED, -1);
    init_pair(EXPLORE_PICTURE, COLOR_CYAN, -1);
    return true;
}

void explore_view_end(void)
{
    endwin();
    delscreen(screen);
    screen = NULL;
}

void explore_view_leave(void)
{
    endwin();
}

void explore_view_return(void)
{
    clearok(stdscr, TRUE);
    refresh();
}

void explore_view_resize(struct explore *app)
{
    tool_terminal_look(&app->terminal, 1);
    resizeterm((int)app->terminal.rows, (int)app->terminal.columns);
    clearok(stdscr, TRUE);
    app->is_changed = true;
}

static attr_t look_of(enum explore_style style)
{
    static const attr_t looks[] = {[EXPLORE_HEAD] = A_BOLD,
                                   [EXPLORE_DIM] = A_DIM,
                                   [EXPLORE_STRONG] = A_BOLD,
                                   [EXPLORE_BAD] = A_BOLD,
                                   [EXPLORE_PICTURE] = 0};
    attr_t look = looks[style];

    if (has_colours && style >= EXPLORE_GOOD)
        look |= (attr_t)COLOR_PAIR(style);
    return look;
}

/* A text in so many columns, the rest of them blank. */
static void put(const struct explore *app, int y, int x, int columns, attr_t look, const char *text)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    if (columns <= 0)
        return;
    tool_text_fit(&out, text, (size_t)columns, true, app->terminal.utf8);
    attrset(look);
    mvaddstr(y, x, osm_buf_text(&out));
    attrset(A_NORMAL);
}

/* The first row that is shown, so that rows from `first` to `last` are. */
static void scroll_to(size_t *top, size_t first, size_t last, size_t count, size_t room)
{
    if (last >= *top + room)
        *top = last + 1 - room;
    if (first < *top)
        *top = first;
    if (*top + room > count)
        *top = count > room ? count - room : 0;
}

int explore_view_tree_columns(const struct explore *app)
{
    int columns = (int)app->terminal.columns;

    return columns < 60 ? columns / 2 : OSM_MIN(OSM_MAX(columns * 2 / 5, 30), 64);
}

/* ---- parts -------------------------------------------------------------------------------- */

static void draw_title(const struct explore *app)
{
    static const char *const links[] = {"connecting", "connected", "connection lost",
                                        "not connected"};
    size_t alarms = explore_alarms_open(&app->alarms);
    int columns = (int)app->terminal.columns;
    char left[512], right[96];

    snprintf(left, sizeof(left), " uactl explore  %s", app->tool->server);
    snprintf(right, sizeof(right), "%s%s ", links[app->link],
             app->tool->options.direct ? ", direct" : "");
    if (alarms)
        snprintf(right + strlen(right), sizeof(right) - strlen(right), " %zu alarm%s ", alarms,
                 alarms == 1 ? "" : "s");
    put(app, 0, 0, columns, A_REVERSE, left);
    put(app, 0, columns - (int)strlen(right), (int)strlen(right),
        A_REVERSE | (alarms || app->link > EXPLORE_ONLINE ? A_BOLD : 0), right);
}

static void draw_tree(struct explore *app, int rows, int columns)
{
    const struct explore_tree *tree = &app->tree;

    scroll_to(&app->tree_top, tree->cursor, tree->cursor, tree->row_count, (size_t)rows);
    for (int i = 0; i < rows; i++) {
        size_t at = app->tree_top + (size_t)i;
        _cleanup_(osm_buf_deinit) struct osm_buf line = {0};
        attr_t look = A_NORMAL;

        if (at < tree->row_count) {
            explore_tree_line(&line, tree->rows[at], app->terminal.utf8);
            if (at == tree->cursor)
                look = app->at_pane ? A_BOLD | A_UNDERLINE : A_REVERSE;
            else if (tree->rows[at]->state == EXPLORE_FAILED)
                look = look_of(EXPLORE_BAD);
        }
        put(app, TOP + i, 0, columns, look, osm_buf_text(&line));
    }
}

static int tab_text(const struct explore *app, enum explore_tab tab, char *text, size_t size)
{
    size_t alarms = tab == EXPLORE_ALARM_LIST ? explore_alarms_open(&app->alarms) : 0;

    return alarms ? snprintf(text, size, "%d %s:%zu", tab + 1, explore_tab_names[tab], alarms)
                  : snprintf(text, size, "%d %s", tab + 1, explore_tab_names[tab]);
}

static void draw_tabs(const struct explore *app, int x, int columns)
{
    char text[64];

    put(app, TOP, x, columns, A_NORMAL, "");
    for (int tab = 0; tab < EXPLORE_TABS && columns > 0; tab++) {
        int length = tab_text(app, (enum explore_tab)tab, text, sizeof(text));
        attr_t look = A_DIM;

        if (tab == (int)app->tab)
            look = A_BOLD | (app->at_pane ? A_REVERSE : A_UNDERLINE);
        put(app, TOP, x, OSM_MIN(length, columns), look, text);
        x += length + 1;
        columns -= length + 1;
    }
}

enum explore_tab explore_view_tab_at(const struct explore *app, int column)
{
    int x = explore_view_tree_columns(app) + 2;
    char text[64];

    for (int tab = 0; tab < EXPLORE_TABS; tab++) {
        int length = tab_text(app, (enum explore_tab)tab, text, sizeof(text));

        if (column >= x && column < x + length)
            return (enum explore_tab)tab;
        x += length + 1;
    }
    return EXPLORE_TABS;
}

/* Where the item under the cursor of the pane stands among the lines. */
static void find_item(const struct explore_lines *lines, size_t item, size_t *first, size_t *last)
{
    bool is_found = false;

    for (size_t i = 0; i < lines->count; i++) {
        if (lines->lines[i].item != (long)item)
            continue;
        if (!is_found)
            *first = i;
        *last = i;
        is_found = true;
    }
}

static void draw_pane(struct explore *app, int x, int rows, int columns)
{
    const struct explore_node *node = explore_tree_current(&app->tree);
    struct explore_lines lines = {0};
    size_t items = explore_pane_items(app), first = app->pane_top, last = first;
    size_t room = (size_t)OSM_MAX(rows - 3, 1);

    draw_tabs(app, x, columns);
    put(app, TOP + 1, x, columns, look_of(EXPLORE_HEAD),
        app->tab == EXPLORE_ALARM_LIST ? "of the whole server" : node->id);
    put(app, TOP + 2, x, columns, A_NORMAL, "");
    explore_pane_lines(app, (size_t)columns, room, &lines);
    if (items && app->pane_cursor >= items)
        app->pane_cursor = items - 1;
    if (items)
        find_item(&lines, app->pane_cursor, &first, &last);
    scroll_to(&app->pane_top, first, last, lines.count, room);
    for (size_t i = 0; i < room; i++) {
        size_t at = app->pane_top + i;
        const struct explore_line *line = at < lines.count ? &lines.lines[at] : NULL;
        attr_t look = line ? look_of(line->style) : A_NORMAL;

        if (line && items && app->at_pane && line->item == (long)app->pane_cursor)
            look = A_REVERSE;
        put(app, TOP + 3 + (int)i, x, columns, look, line ? line->text : "");
    }
    explore_lines_deinit(&lines);
}

/* What is longer than a line takes one more, of those above. */
static void draw_status(const struct explore *app, int y, int columns)
{
    attr_t look = look_of(app->status_style);
    size_t length = tool_text_cut(app->status, (size_t)columns, app->terminal.utf8);
    char first[sizeof(app->status)];

    if (app->status[length]) {
        while (length > 1 && app->status[length] != ' ')
            length--; /* between words, if there are any */
        if (length == 1)
            length = tool_text_cut(app->status, (size_t)columns, app->terminal.utf8);
        snprintf(first, sizeof(first), "%.*s", (int)length, app->status);
        put(app, y - 1, 0, columns, look, first);
    }
    put(app, y, 0, columns, look,
        app->status[length] ? app->status + length + (app->status[length] == ' ') : app->status);
}

static void draw_bottom(const struct explore *app)
{
    int rows = (int)app->terminal.rows, columns = (int)app->terminal.columns;
    _cleanup_(osm_buf_deinit) struct osm_buf keys = {0};

    draw_status(app, rows - 2, columns);
    if (app->dialog.form == EXPLORE_HELPING)
        osm_buf_add_text(&keys, "Up/Down:Scroll  Esc:Back");
    else if (app->dialog.form == EXPLORE_SEARCHING)
        osm_buf_add_text(&keys, "Enter:Search, go to a hit  Up/Down:Hits  Esc:Back");
    else if (app->dialog.form)
        osm_buf_add_text(&keys, "Enter:Go on  Tab:Next field  Ctrl-U:Empty the field  Esc:Back");
    else
        explore_keys_line(&keys, explore_place(app), (size_t)columns);
    put(app, rows - 1, 0, columns, A_REVERSE, osm_buf_text(&keys));
}

/* ---- dialog ------------------------------------------------------------------------------- */

struct box {
    int y, x, rows, columns; /* inside of its frame */
};

static struct box box_of(const struct explore *app)
{
    const struct explore_dialog *dialog = &app->dialog;
    int rows = (int)app->terminal.rows, columns = (int)app->terminal.columns;
    struct box box = {.columns = OSM_MIN(columns - 6, 90)};

    box.rows = (int)(3 * dialog->count + dialog->lines.count) + 1;
    if (dialog->form == EXPLORE_SEARCHING)
        box.rows = rows - 6;
    box.rows = OSM_MIN(box.rows, rows - 6);
    box.y = (rows - box.rows) / 2;
    box.x = (columns - box.columns) / 2;
    return box;
}

static void draw_frame(const struct explore *app, const struct box *box)
{
    bool utf8 = app->terminal.utf8;
    chtype across = utf8 ? ACS_HLINE : '-', down = utf8 ? ACS_VLINE : '|';
    int left = box->x - 2, right = box->x + box->columns + 1;
    int top = box->y - 1, bottom = box->y + box->rows;

    for (int i = top; i <= bottom; i++)
        put(app, i, left, box->columns + 4, A_NORMAL, "");
    mvhline(top, left, across, box->columns + 4);
    mvhline(bottom, left, across, box->columns + 4);
    mvvline(box->y, left, down, box->rows);
    mvvline(box->y, right, down, box->rows);
    mvaddch(top, left, utf8 ? ACS_ULCORNER : '+');
    mvaddch(top, right, utf8 ? ACS_URCORNER : '+');
    mvaddch(bottom, left, utf8 ? ACS_LLCORNER : '+');
    mvaddch(bottom, right, utf8 ? ACS_LRCORNER : '+');
    put(app, box->y - 1, box->x, OSM_MIN((int)strlen(app->dialog.title), box->columns), A_BOLD,
        app->dialog.title);
}

/* The part of the text around its cursor; where the cursor is on the screen. */
static void draw_field(const struct explore *app, const struct box *box, int y, size_t index,
                       int *cursor_y, int *cursor_x)
{
    const struct explore_field *field = &app->dialog.fields[index];
    bool is_current = index == app->dialog.at && app->dialog.cursor < 0;
    const char *from = field->editor.text;
    _cleanup_(osm_buf_deinit) struct osm_buf before = {0};
    size_t at;

    osm_buf_add(&before, from, field->editor.cursor);
    at = tool_text_columns(osm_buf_text(&before), app->terminal.utf8);
    while (at >= (size_t)box->columns) {
        size_t length = tool_text_cut(from, 1, app->terminal.utf8);

        at -= OSM_MIN(at, (size_t)1);
        from += length;
    }
    put(app, y, box->x, box->columns, is_current ? A_BOLD : A_NORMAL, field->label);
    put(app, y + 1, box->x, box->columns, A_UNDERLINE, from);
    if (is_current) {
        *cursor_y = y + 1;
        *cursor_x = box->x + (int)at;
    }
}

static void draw_dialog(const struct explore *app)
{
    const struct explore_dialog *dialog = &app->dialog;
    struct box box = box_of(app);
    int y = box.y, cursor_y = -1, cursor_x = 0;
    size_t top = 0, first = 0, last = 0, room;

    draw_frame(app, &box);
    for (size_t i = 0; i < dialog->count && y + 2 <= box.y + box.rows; i++, y += 3)
        draw_field(app, &box, y, i, &cursor_y, &cursor_x);
    room = (size_t)OSM_MAX(box.y + box.rows - y, 1);
    if (dialog->cursor >= 0)
        find_item(&dialog->lines, (size_t)dialog->cursor, &first, &last);
    scroll_to(&top, first, last, dialog->lines.count, room);
    for (size_t i = 0; i < room && top + i < dialog->lines.count; i++) {
        const struct explore_line *line = &dialog->lines.lines[top + i];
        bool is_current = dialog->cursor >= 0 && line->item == dialog->cursor;

        put(app, y + (int)i, box.x, box.columns, is_current ? A_REVERSE : look_of(line->style),
            line->text);
    }
    curs_set(cursor_y >= 0);
    if (cursor_y >= 0)
        move(cursor_y, cursor_x);
}

void explore_view_draw(struct explore *app)
{
    int rows = (int)app->terminal.rows, columns = (int)app->terminal.columns;
    int tree = explore_view_tree_columns(app), body = rows - 3;

    app->is_changed = false;
    erase();
    curs_set(0);
    if (rows < LEAST_ROWS || columns < LEAST_COLUMNS) {
        put(app, 0, 0, columns, A_BOLD, "The window is too small; q ends");
        refresh();
        return;
    }
    app->body = (size_t)body;
    draw_title(app);
    draw_tree(app, body, tree);
    mvvline(TOP, tree, app->terminal.utf8 ? ACS_VLINE : '|', body);
    draw_pane(app, tree + 2, body, columns - tree - 2);
    draw_bottom(app);
    if (app->dialog.form)
        draw_dialog(app);
    refresh();
}
