/* SPDX-License-Identifier: MIT */
/* Lines of a pane. */
#include "tool/explore/lines.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tool/terminal.h"
#include "util/alloc.h"
#include "util/buf.h"

void explore_lines_deinit(struct explore_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->lines[i].text);
    free(lines->lines);
    *lines = (struct explore_lines){0};
}

void explore_lines_add(struct explore_lines *lines, enum explore_style style, const char *format,
                       ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = osm_strdup("");
    va_end(args);
    if (lines->count == lines->room) {
        lines->room = lines->room ? 2 * lines->room : 32;
        lines->lines = osm_alloc_resize(lines->lines, lines->room * sizeof(*lines->lines));
    }
    lines->lines[lines->count++] = (struct explore_line){text, style, -1};
}

void explore_lines_mark(struct explore_lines *lines, long item)
{
    lines->lines[lines->count - 1].item = item;
}

void explore_lines_pair(struct explore_lines *lines, const char *name, const char *text,
                        size_t columns, size_t most, bool utf8)
{
    size_t room = columns > EXPLORE_NAME_COLUMNS + 8 ? columns - EXPLORE_NAME_COLUMNS : 8;

    for (size_t i = 0; i < most && (*text || i == 0); i++) {
        _cleanup_(osm_buf_deinit) struct osm_buf part = {0};
        size_t length = tool_text_cut(text, room, utf8);
        bool is_last = i + 1 == most || !text[length];

        if (is_last)
            tool_text_fit(&part, text, room, false, utf8);
        else
            osm_buf_add(&part, text, length);
        explore_lines_add(lines, EXPLORE_PLAIN, "%-*s%s", (int)EXPLORE_NAME_COLUMNS, i ? "" : name,
                          osm_buf_text(&part));
        text += is_last ? strlen(text) : length;
    }
}
