/* SPDX-License-Identifier: MIT */
#ifndef OSM_TOOL_EXPLORE_KEYS_H
#define OSM_TOOL_EXPLORE_KEYS_H
/*
 * The keys of explore: one table, from which come what a key does, the line at the bottom, the help
 * and the page in docs. Pure.
 */
#include "tool/explore/lines.h"

struct osm_buf;

/* Where one is: what a key needs, all of it. */
enum explore_place {
    EXPLORE_AT_TREE = 1,
    EXPLORE_AT_PANE = 2,
    EXPLORE_ON_VARIABLE = 4,
    EXPLORE_ON_METHOD = 8,
    EXPLORE_AT_REFERENCES = 16,
    EXPLORE_AT_HISTORY = 32,
    EXPLORE_AT_ALARMS = 64,
    EXPLORE_OFFLINE = 128,
};

enum explore_action {
    EXPLORE_DO_NOTHING,
    EXPLORE_DO_UP,
    EXPLORE_DO_DOWN,
    EXPLORE_DO_PAGE_UP,
    EXPLORE_DO_PAGE_DOWN,
    EXPLORE_DO_TOP,
    EXPLORE_DO_BOTTOM,
    EXPLORE_DO_OPEN,
    EXPLORE_DO_CLOSE,
    EXPLORE_DO_TOGGLE,
    EXPLORE_DO_FOLLOW,
    EXPLORE_DO_SIDE,
    EXPLORE_DO_TAB,
    EXPLORE_DO_FORM, /* that of the row */
    EXPLORE_DO_LONGER,
    EXPLORE_DO_SHORTER,
    EXPLORE_DO_RELOAD,
    EXPLORE_DO_CONNECT,
    EXPLORE_DO_QUIT,
    EXPLORE_ACTIONS,
};

/* What a dialog is for. */
enum explore_form {
    EXPLORE_NO_FORM,
    EXPLORE_WRITING,
    EXPLORE_CALLING,
    EXPLORE_ACKNOWLEDGING,
    EXPLORE_CONFIRMING,
    EXPLORE_SHELVING,
    EXPLORE_UNSHELVING,
    EXPLORE_SEARCHING,
    EXPLORE_GOING,
    EXPLORE_HELPING,
};

struct explore_key {
    int key, last;     /* codes of curses, from one to the other */
    const char *label; /* as it is printed on the key; "" = another key of the row before */
    const char *word;  /* at the bottom; NULL = not there */
    const char *help;
    unsigned where; /* enum explore_place */
    enum explore_action action;
    enum explore_form form; /* that it opens */
};
/* Ended by a row without label. */
extern const struct explore_key explore_keys[];

/* The row of what that key does there; NULL = nothing. */
const struct explore_key *explore_keys_find(int key, unsigned place);
/* The line at the bottom: what can be done there, as much as fits. */
void explore_keys_line(struct osm_buf *out, unsigned place, size_t columns);
void explore_keys_help(struct explore_lines *lines);
/* docs/explore.md, for docs/generate.c. */
void explore_keys_write_markdown(struct osm_buf *out);

#endif
