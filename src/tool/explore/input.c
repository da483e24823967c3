/* SPDX-License-Identifier: MIT */
/* Keys and mouse: a function for each action of the table in keys.c. */
#include "tool/explore/explore_internal.h"

#include <curses.h>

#define ESCAPE 27
#define CONTROL_U 21
#define DELETE_KEY 127

/* ---- moving ------------------------------------------------------------------------------- */

static void move_tree(struct explore *app, long rows)
{
    if (explore_tree_move(&app->tree, rows))
        explore_select(app);
}

static void move_pane(struct explore *app, long rows)
{
    size_t items = explore_pane_items(app);
    size_t *at = items ? &app->pane_cursor : &app->pane_top;

    if (rows < 0)
        *at -= OSM_MIN((size_t)-rows, *at);
    else if (items)
        *at = OSM_MIN(*at + (size_t)rows, items - 1);
    else
        *at += OSM_MIN((size_t)rows, (size_t)100000); /* the view knows where the end is */
}

static void move_by(struct explore *app, long rows)
{
    if (app->at_pane)
        move_pane(app, rows);
    else
        move_tree(app, rows);
}

static void do_up(struct explore *app, int key)
{
    (void)key;
    move_by(app, -1);
}

static void do_down(struct explore *app, int key)
{
    (void)key;
    move_by(app, 1);
}

static void do_page_up(struct explore *app, int key)
{
    (void)key;
    move_by(app, -(long)app->body + 1);
}

static void do_page_down(struct explore *app, int key)
{
    (void)key;
    move_by(app, (long)app->body - 1);
}

static void do_top(struct explore *app, int key)
{
    (void)key;
    move_by(app, -1000000);
}

static void do_bottom(struct explore *app, int key)
{
    (void)key;
    move_by(app, 1000000);
}

/* ---- the tree ----------------------------------------------------------------------------- */

static void do_open(struct explore *app, int key)
{
    struct explore_node *node = explore_tree_current(&app->tree);

    (void)key;
    if (node->state == EXPLORE_FAILED)
        explore_say(app, EXPLORE_BAD, "%s: %s", node->name, node->why);
    if (node->is_open && node->count) {
        move_tree(app, 1);
        return;
    }
    explore_tree_open(&app->tree, node);
    explore_load(app, node);
}

static void do_close(struct explore *app, int key)
{
    struct explore_node *node = explore_tree_current(&app->tree);

    (void)key;
    explore_tree_close(&app->tree);
    if (explore_tree_current(&app->tree) != node)
        explore_select(app);
}

static void do_toggle(struct explore *app, int key)
{
    const struct explore_node *node = explore_tree_current(&app->tree);

    if (node->is_open && node->count)
        do_close(app, key);
    else
        do_open(app, key);
}

static void do_reload(struct explore *app, int key)
{
    struct explore_node *node = explore_tree_current(&app->tree);

    (void)key;
    if (node->state != EXPLORE_LOADING)
        explore_tree_forget(&app->tree, node);
    explore_select(app);
}

/* ---- the pane ----------------------------------------------------------------------------- */

static void do_follow(struct explore *app, int key)
{
    (void)key;
    if (app->pane_cursor < app->selection.reference_count)
        explore_go(app, app->selection.references[app->pane_cursor].node);
}

static void do_side(struct explore *app, int key)
{
    (void)key;
    app->at_pane = !app->at_pane;
}

static void do_tab(struct explore *app, int key)
{
    app->tab = (enum explore_tab)(key - '1');
    app->pane_top = app->pane_cursor = 0;
    if (app->tab == EXPLORE_HISTORY && app->selection.history == EXPLORE_UNKNOWN)
        explore_load_history(app);
    if (app->tab == EXPLORE_ALARM_LIST)
        app->at_pane = true;
}

static void do_longer(struct explore *app, int key)
{
    (void)key;
    explore_span_change(app, 1);
}

static void do_shorter(struct explore *app, int key)
{
    (void)key;
    explore_span_change(app, -1);
}

/* ---- the connection ------------------------------------------------------------------------ */

static void do_connect(struct explore *app, int key)
{
    (void)key;
    app->retry_at = 1; /* long ago */
}

static void do_quit(struct explore *app, int key)
{
    (void)key;
    app->is_done = true;
}

static void (*const actions[EXPLORE_ACTIONS])(struct explore *app, int key) = {
    [EXPLORE_DO_UP] = do_up,           [EXPLORE_DO_DOWN] = do_down,
    [EXPLORE_DO_PAGE_UP] = do_page_up, [EXPLORE_DO_PAGE_DOWN] = do_page_down,
    [EXPLORE_DO_TOP] = do_top,         [EXPLORE_DO_BOTTOM] = do_bottom,
    [EXPLORE_DO_OPEN] = do_open,       [EXPLORE_DO_CLOSE] = do_close,
    [EXPLORE_DO_TOGGLE] = do_toggle,   [EXPLORE_DO_FOLLOW] = do_follow,
    [EXPLORE_DO_SIDE] = do_side,       [EXPLORE_DO_TAB] = do_tab,
    [EXPLORE_DO_LONGER] = do_longer,   [EXPLORE_DO_SHORTER] = do_shorter,
    [EXPLORE_DO_RELOAD] = do_reload,   [EXPLORE_DO_CONNECT] = do_connect,
    [EXPLORE_DO_QUIT] = do_quit,
};

/* ---- dialogs ------------------------------------------------------------------------------ */

static long last_item(const struct explore_lines *lines)
{
    return lines->count ? lines->lines[lines->count - 1].item : -1;
}

static void move_in_dialog(struct explore_dialog *dialog, long step)
{
    long most = last_item(&dialog->lines);

    if (most >= 0)
        dialog->cursor = OSM_MIN(OSM_MAX(dialog->cursor + step, -1), most);
    else if (step > 0)
        dialog->at += dialog->at + 1 < dialog->count;
    else
        dialog->at -= dialog->at > 0;
}

static bool edit(struct explore_dialog *dialog, int key)
{
    static const struct {
        int key;
        enum explore_edit edit;
    } edits[] = {{KEY_LEFT, EXPLORE_LEFT},           {KEY_RIGHT, EXPLORE_RIGHT},
                 {KEY_HOME, EXPLORE_HOME},           {KEY_END, EXPLORE_END},
                 {KEY_BACKSPACE, EXPLORE_BACKSPACE}, {DELETE_KEY, EXPLORE_BACKSPACE},
                 {'\b', EXPLORE_BACKSPACE},          {KEY_DC, EXPLORE_DELETE},
                 {CONTROL_U, EXPLORE_CLEAR}};

    for (size_t i = 0; dialog->count && i < OSM_ARRAY_SIZE(edits); i++) {
        if (edits[i].key != key)
            continue;
        explore_editor_edit(&dialog->fields[dialog->at].editor, edits[i].edit);
        dialog->cursor = -1;
        return true;
    }
    return false;
}

static void take_in_dialog(struct explore *app, int key, bool is_code)
{
    struct explore_dialog *dialog = &app->dialog;

    if (key == ESCAPE || (key == 'q' && !dialog->count)) {
        explore_dialog_close(app);
    } else if (key == '\r' || key == '\n' || (is_code && key == KEY_ENTER)) {
        explore_dialog_enter(app);
    } else if ((is_code && key == KEY_DOWN) || key == '\t') {
        move_in_dialog(dialog, 1);
    } else if (is_code && (key == KEY_UP || key == KEY_BTAB)) {
        move_in_dialog(dialog, -1);
    } else if (is_code && (key == KEY_NPAGE || key == KEY_PPAGE)) {
        move_in_dialog(dialog, key == KEY_NPAGE ? 10 : -10);
    } else if (!edit(dialog, key) && !is_code && dialog->count) {
        dialog->cursor = -1;
        explore_editor_type(&dialog->fields[dialog->at].editor, (unsigned long)key);
    }
}

/* ---- mouse -------------------------------------------------------------------------------- */

static void click_tree(struct explore *app, int row)
{
    size_t at = app->tree_top + (size_t)row;
    bool was_tree = !app->at_pane;

    app->at_pane = false;
    if (at >= app->tree.row_count)
        return;
    if (at == app->tree.cursor && was_tree)
        do_toggle(app, 0);
    else
        move_tree(app, (long)at - (long)app->tree.cursor);
}

static void click_pane(struct explore *app, int row, int column)
{
    enum explore_tab tab = row == 0 ? explore_view_tab_at(app, column) : EXPLORE_TABS;
    struct explore_lines lines = {0};
    size_t at = app->pane_top + (size_t)OSM_MAX(row - 3, 0);

    app->at_pane = true;
    if (tab != EXPLORE_TABS)
        do_tab(app, '1' + (int)tab);
    if (row < 3 || !explore_pane_items(app))
        return;
    explore_pane_lines(app, 80, app->body, &lines);
    if (at < lines.count && lines.lines[at].item >= 0) {
        bool is_second = app->pane_cursor == (size_t)lines.lines[at].item;

        app->pane_cursor = (size_t)lines.lines[at].item;
        if (is_second && app->tab == EXPLORE_REFERENCES)
            do_follow(app, 0);
    }
    explore_lines_deinit(&lines);
}

static void take_mouse(struct explore *app)
{
    MEVENT event;
    int row, tree = explore_view_tree_columns(app);

    if (getmouse(&event) != OK || app->dialog.form)
        return;
    if (event.bstate & BUTTON1_RELEASED)
        return;
    row = event.y - 1;
    if (event.bstate & (BUTTON4_PRESSED | BUTTON5_PRESSED)) {
        long step = event.bstate & BUTTON4_PRESSED ? -3 : 3;

        if (event.x < tree)
            move_tree(app, step);
        else
            move_pane(app, step);
        return;
    }
    if (row < 0 || (size_t)row >= app->body)
        return;
    if (event.x < tree)
        click_tree(app, row);
    else if (event.x > tree)
        click_pane(app, row, event.x);
}

void explore_input_take(struct explore *app)
{
    wint_t character;
    int kind;

    while (!app->is_done && (kind = get_wch(&character)) != ERR) {
        bool is_code = kind == KEY_CODE_YES;
        int key = (int)character;
        const struct explore_key *row;

        app->is_changed = true;
        if (is_code && key == KEY_MOUSE) {
            take_mouse(app);
            continue;
        }
        if (app->dialog.form) {
            take_in_dialog(app, key, is_code);
            continue;
        }
        row = is_code || key < 128 ? explore_keys_find(key, explore_place(app)) : NULL;
        if (row && row->action == EXPLORE_DO_FORM)
            explore_dialog_open(app, row->form);
        else if (row)
            actions[row->action](app, key);
    }
}
