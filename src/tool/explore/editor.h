/* SPDX-License-Identifier: MIT */
#ifndef OSM_TOOL_EXPLORE_EDITOR_H
#define OSM_TOOL_EXPLORE_EDITOR_H
/* A line that is being typed: UTF-8 text and a cursor between its characters. Pure. */
#include <stdbool.h>
#include <stddef.h>

#define EXPLORE_TYPED ((size_t)4096) /* bytes, with the NUL */

struct explore_editor {
    char text[EXPLORE_TYPED];
    size_t length, cursor; /* bytes; the cursor is never inside a character */
};

enum explore_edit {
    EXPLORE_LEFT,
    EXPLORE_RIGHT,
    EXPLORE_HOME,
    EXPLORE_END,
    EXPLORE_BACKSPACE,
    EXPLORE_DELETE,
    EXPLORE_CLEAR, /* all before the cursor */
};

/* Cut to what fits. */
void explore_editor_set(struct explore_editor *editor, const char *text);
/* Puts a character (a code point) in; false when there is no room, or it is none. */
bool explore_editor_type(struct explore_editor *editor, unsigned long character);
void explore_editor_edit(struct explore_editor *editor, enum explore_edit edit);

#endif
