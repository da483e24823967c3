/* SPDX-License-Identifier: MIT */
/* The table of keys, and what is made of it. */
#include "tool/explore/keys.h"

#include <string.h>

#include <curses.h>

#include "util/buf.h"
#include "util/macros.h"

#define ESCAPE 27
#define ONE(key) (key), (key)

const struct explore_key explore_keys[] = {
    {ONE('w'), "w", "Write", "write a value", EXPLORE_ON_VARIABLE, EXPLORE_DO_FORM,
     EXPLORE_WRITING},
    {ONE('c'), "c", "Call", "call a method", EXPLORE_ON_METHOD, EXPLORE_DO_FORM, EXPLORE_CALLING},
    {ONE('a'), "a", "Acknowledge", "acknowledge the alarm under the cursor", EXPLORE_AT_ALARMS,
     EXPLORE_DO_FORM, EXPLORE_ACKNOWLEDGING},
    {ONE('C'), "C", "Confirm", "confirm the alarm under the cursor", EXPLORE_AT_ALARMS,
     EXPLORE_DO_FORM, EXPLORE_CONFIRMING},
    {ONE('s'), "s", "Shelve", "shelve the alarm: for a time, or until it is inactive",
     EXPLORE_AT_ALARMS, EXPLORE_DO_FORM, EXPLORE_SHELVING},
    {ONE('u'), "u", "Unshelve", "take the alarm under the cursor from the shelf", EXPLORE_AT_ALARMS,
     EXPLORE_DO_FORM, EXPLORE_UNSHELVING},
    {ONE('+'), "+", "Longer", "history: a longer time", EXPLORE_AT_HISTORY, EXPLORE_DO_LONGER, 0},
    {ONE('-'), "-", "Shorter", "history: a shorter time", EXPLORE_AT_HISTORY, EXPLORE_DO_SHORTER,
     0},
    {ONE('R'), "R", "Connect", "connect again, when the connection is lost", EXPLORE_OFFLINE,
     EXPLORE_DO_CONNECT, 0},
    {ONE('\r'), "Enter", "Open", "tree: open or close a node", EXPLORE_AT_TREE, EXPLORE_DO_TOGGLE,
     0},
    {ONE(KEY_ENTER), "", NULL, NULL, EXPLORE_AT_TREE, EXPLORE_DO_TOGGLE, 0},
    {ONE('\r'), "Enter", "Go there", "references: go to the node under the cursor",
     EXPLORE_AT_PANE | EXPLORE_AT_REFERENCES, EXPLORE_DO_FOLLOW, 0},
    {ONE(KEY_ENTER), "", NULL, NULL, EXPLORE_AT_PANE | EXPLORE_AT_REFERENCES, EXPLORE_DO_FOLLOW, 0},
    {ONE('\t'), "Tab", "Side", "between the tree and the pane on the right", 0, EXPLORE_DO_SIDE, 0},
    {'1', '5', "1-5", "Pane", "values, attributes, references, history, alarms", 0, EXPLORE_DO_TAB,
     0},
    {ONE('/'), "/", "Search", "find nodes by name", 0, EXPLORE_DO_FORM, EXPLORE_SEARCHING},
    {ONE('o'), "o", "Go to", "go to a node id or path", 0, EXPLORE_DO_FORM, EXPLORE_GOING},
    {ONE('r'), "r", "Reload", "ask the server again for what is shown", 0, EXPLORE_DO_RELOAD, 0},
    {ONE('?'), "?", "Help", "this list", 0, EXPLORE_DO_FORM, EXPLORE_HELPING},
    {ONE(KEY_F(1)), "", NULL, NULL, 0, EXPLORE_DO_FORM, EXPLORE_HELPING},
    {ONE('q'), "q", "Quit", "end", 0, EXPLORE_DO_QUIT, 0},
    {ONE(KEY_F(10)), "", NULL, NULL, 0, EXPLORE_DO_QUIT, 0},
    {ONE(KEY_UP), "Up, k", NULL, "a line up", 0, EXPLORE_DO_UP, 0},
    {ONE('k'), "", NULL, NULL, 0, EXPLORE_DO_UP, 0},
    {ONE(KEY_DOWN), "Down, j", NULL, "a line down", 0, EXPLORE_DO_DOWN, 0},
    {ONE('j'), "", NULL, NULL, 0, EXPLORE_DO_DOWN, 0},
    {ONE(KEY_RIGHT), "Right, l", NULL, "tree: open a node", EXPLORE_AT_TREE, EXPLORE_DO_OPEN, 0},
    {ONE('l'), "", NULL, NULL, EXPLORE_AT_TREE, EXPLORE_DO_OPEN, 0},
    {ONE(KEY_LEFT), "Left, h", NULL, "tree: close a node, or go to its parent", EXPLORE_AT_TREE,
     EXPLORE_DO_CLOSE, 0},
    {ONE('h'), "", NULL, NULL, EXPLORE_AT_TREE, EXPLORE_DO_CLOSE, 0},
    {ONE(KEY_PPAGE), "PgUp", NULL, "a page up", 0, EXPLORE_DO_PAGE_UP, 0},
    {ONE(KEY_NPAGE), "PgDn", NULL, "a page down", 0, EXPLORE_DO_PAGE_DOWN, 0},
    {ONE(KEY_HOME), "Home, g", NULL, "to the top", 0, EXPLORE_DO_TOP, 0},
    {ONE('g'), "", NULL, NULL, 0, EXPLORE_DO_TOP, 0},
    {ONE(KEY_END), "End, G", NULL, "to the bottom", 0, EXPLORE_DO_BOTTOM, 0},
    {ONE('G'), "", NULL, NULL, 0, EXPLORE_DO_BOTTOM, 0},
    {0},
};

const struct explore_key *explore_keys_find(int key, unsigned place)
{
    if (key == '\n')
        key = '\r';
    for (const struct explore_key *row = explore_keys; row->label; row++) {
        if (key >= row->key && key <= row->last && (row->where & place) == row->where)
            return row;
    }
    return NULL;
}

/* Quit and help are always there; the others take what is left, in the order of the table. */
void explore_keys_line(struct osm_buf *out, unsigned place, size_t columns)
{
    static const char always[] = "?:Help  q:Quit";
    size_t left = columns > sizeof(always) ? columns - sizeof(always) : 0;

    for (const struct explore_key *row = explore_keys; row->label; row++) {
        size_t length = row->word ? strlen(row->label) + strlen(row->word) + 3 : 0;

        if (!length || (row->where & place) != row->where || length > left ||
            row->form == EXPLORE_HELPING || row->action == EXPLORE_DO_QUIT)
            continue;
        osm_buf_printf(out, "%s:%s  ", row->label, row->word);
        left -= length;
    }
    osm_buf_add(out, always, OSM_MIN(sizeof(always) - 1, columns));
}

void explore_keys_help(struct explore_lines *lines)
{
    for (const struct explore_key *row = explore_keys; row->label; row++) {
        if (row->help)
            explore_lines_add(lines, EXPLORE_PLAIN, "%-9s %s", row->label, row->help);
    }
    explore_lines_add(lines, EXPLORE_PLAIN, "%-9s %s", "Mouse",
                      "choose, open with a second click, scroll");
    explore_lines_add(lines, EXPLORE_PLAIN, "%-9s %s", "Esc", "leave a dialog");
}

static const char head[] =
    "<!-- Generated from src/tool/explore/keys.c; change that instead. -->\n\n"
    "# uactl explore\n\n"
    "    uactl explore opc.tcp://plant:4840\n\n"
    "A browser of a server's address space that fills the terminal, from 80 × 24 up: the tree on "
    "the\n"
    "left, what is known of the node under the cursor on the right. It works through the daemon "
    "or\n"
    "with `--direct`, over ssh, and shows the keys that count at the bottom;\n"
    "[tool-screens.md](tool-screens.md) has pictures.\n\n"
    "* Nothing waits for the server: while it is slow, keys go on working, and a node that is "
    "being\n"
    "  asked for has a `…`.\n"
    "* What a server refuses stands in the line above the keys, with its cause and what to do.\n"
    "* A lost connection is tried again until it is there; the values come back by themselves.\n"
    "* The terminal is given back as it was, also after Ctrl-C, SIGTERM and a closed window.\n"
    "* Colours only where the terminal has them and `NO_COLOR` is not set; where the locale has "
    "no\n"
    "  UTF-8, plots and signs are ASCII.\n\n"
    "| Key | Does |\n| --- | --- |\n";

void explore_keys_write_markdown(struct osm_buf *out)
{
    struct explore_lines lines = {0};

    osm_buf_add_text(out, head);
    explore_keys_help(&lines);
    for (size_t i = 0; i < lines.count; i++) {
        const char *text = lines.lines[i].text;
        size_t label = 9;

        while (label > 0 && text[label - 1] == ' ')
            label--;
        osm_buf_printf(out, "| %.*s | %s |\n", (int)label, text, text + 10);
    }
    explore_lines_deinit(&lines);
}
