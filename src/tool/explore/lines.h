/* SPDX-License-Identifier: MIT */
#ifndef OSM_TOOL_EXPLORE_LINES_H
#define OSM_TOOL_EXPLORE_LINES_H
/*
 * What stands in a pane, line by line, with what a line is in place of how it looks; the view
 * chooses colours. A line may stand for the nth thing of a list, on which the cursor of the pane
 * can be.
 */
#include <stdbool.h>
#include <stddef.h>

enum explore_style {
    EXPLORE_PLAIN,
    EXPLORE_HEAD,
    EXPLORE_DIM,
    EXPLORE_STRONG,
    EXPLORE_GOOD,
    EXPLORE_WARNING,
    EXPLORE_BAD,
    EXPLORE_PICTURE, /* sparklines, plots */
};

struct explore_line {
    char *text;
    enum explore_style style;
    long item; /* -1 = none */
};

struct explore_lines {
    struct explore_line *lines;
    size_t count, room;
};

void explore_lines_deinit(struct explore_lines *lines);
void explore_lines_add(struct explore_lines *lines, enum explore_style style, const char *format,
                       ...) __attribute__((format(printf, 3, 4)));
/* The line just added stands for that thing. */
void explore_lines_mark(struct explore_lines *lines, long item);
/* A name and a text behind it, broken into lines of so many columns, at most so many of them. */
#define EXPLORE_NAME_COLUMNS ((size_t)17)
void explore_lines_pair(struct explore_lines *lines, const char *name, const char *text,
                        size_t columns, size_t most, bool utf8);

#endif
