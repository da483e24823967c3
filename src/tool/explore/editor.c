/* SPDX-License-Identifier: MIT */
/* A line that is being typed. */
#include "tool/explore/editor.h"

#include <string.h>

#include "util/utf8.h"

void explore_editor_set(struct explore_editor *editor, const char *text)
{
    editor->length = osm_utf8_cut(text, strlen(text), EXPLORE_TYPED - 1);
    memcpy(editor->text, text, editor->length);
    editor->text[editor->length] = '\0';
    editor->cursor = editor->length;
}

static size_t encode(unsigned long character, char *bytes)
{
    if (character < 0x80) {
        bytes[0] = (char)character;
        return 1;
    }
    if (character < 0x800) {
        bytes[0] = (char)(0xC0 | (character >> 6));
        bytes[1] = (char)(0x80 | (character & 0x3F));
        return 2;
    }
    if (character < 0x10000) {
        bytes[0] = (char)(0xE0 | (character >> 12));
        bytes[1] = (char)(0x80 | ((character >> 6) & 0x3F));
        bytes[2] = (char)(0x80 | (character & 0x3F));
        return 3;
    }
    bytes[0] = (char)(0xF0 | ((character >> 18) & 0x07));
    bytes[1] = (char)(0x80 | ((character >> 12) & 0x3F));
    bytes[2] = (char)(0x80 | ((character >> 6) & 0x3F));
    bytes[3] = (char)(0x80 | (character & 0x3F));
    return 4;
}

bool explore_editor_type(struct explore_editor *editor, unsigned long character)
{
    char bytes[4];
    size_t length = encode(character, bytes);

    if (character < ' ' || character == 0x7f || osm_utf8_sequence(bytes, length) != length ||
        editor->length + length >= EXPLORE_TYPED)
        return false;
    memmove(editor->text + editor->cursor + length, editor->text + editor->cursor,
            editor->length - editor->cursor + 1);
    memcpy(editor->text + editor->cursor, bytes, length);
    editor->length += length;
    editor->cursor += length;
    return true;
}

static bool is_inside(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

static size_t before(const struct explore_editor *editor)
{
    size_t at = editor->cursor;

    while (at > 0 && is_inside(editor->text[--at]))
        ;
    return at;
}

static size_t behind(const struct explore_editor *editor)
{
    size_t at = editor->cursor;

    while (at < editor->length && is_inside(editor->text[++at]))
        ;
    return at;
}

static void cut(struct explore_editor *editor, size_t from, size_t until)
{
    memmove(editor->text + from, editor->text + until, editor->length - until + 1);
    editor->length -= until - from;
    editor->cursor = from;
}

void explore_editor_edit(struct explore_editor *editor, enum explore_edit edit)
{
    switch (edit) {
    case EXPLORE_LEFT:
        editor->cursor = before(editor);
        break;
    case EXPLORE_RIGHT:
        editor->cursor = behind(editor);
        break;
    case EXPLORE_HOME:
        editor->cursor = 0;
        break;
    case EXPLORE_END:
        editor->cursor = editor->length;
        break;
    case EXPLORE_BACKSPACE:
        cut(editor, before(editor), editor->cursor);
        break;
    case EXPLORE_DELETE:
        cut(editor, editor->cursor, behind(editor));
        break;
    case EXPLORE_CLEAR:
        cut(editor, 0, editor->cursor);
        break;
    }
}
