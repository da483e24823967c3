/* SPDX-License-Identifier: MIT */
/* Lines of bash; see complete_line.h. */
#include "tool/complete_line.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/buf.h"

#define BREAKS "=:@" /* of COMP_WORDBREAKS, what a word may contain unquoted */
#define SPECIAL " \t\\'\"`$&|;<>()*?[]{}!#~" /* what needs a backslash outside quotes */

static void end_word(struct complete_line *line, struct osm_buf *word)
{
    line->words = osm_alloc_resize(line->words, (line->count + 1) * sizeof(*line->words));
    line->words[line->count++] = osm_strndup(word->data ? word->data : "", word->length);
    osm_buf_deinit(word);
    *word = (struct osm_buf){0};
}

/* One character outside quotes; how many bytes it took. */
static size_t take_plain(struct complete_line *line, struct osm_buf *word, const char *at,
                         size_t left)
{
    if (*at == '\\' && left > 1) {
        osm_buf_add_byte(word, at[1]);
        return 2;
    }
    if (*at == '\'' || *at == '"') {
        line->quote = *at;
        line->kept = word->length; /* bash replaces what stands behind the quote */
        return 1;
    }
    osm_buf_add_byte(word, *at);
    if (strchr(BREAKS, *at))
        line->kept = word->length;
    return 1;
}

static size_t take_quoted(struct complete_line *line, struct osm_buf *word, const char *at,
                          size_t left)
{
    if (*at == line->quote) {
        line->quote = 0;
        return 1;
    }
    if (*at == '\\' && line->quote == '"' && left > 1 && strchr("\\\"$`", at[1])) {
        osm_buf_add_byte(word, at[1]);
        return 2;
    }
    osm_buf_add_byte(word, *at);
    return 1;
}

void complete_line_split(struct complete_line *line, const char *text, size_t point)
{
    size_t length = strnlen(text, point), at = 0;
    struct osm_buf word = {0};

    *line = (struct complete_line){0};
    while (at < length) {
        if (line->quote) {
            at += take_quoted(line, &word, text + at, length - at);
        } else if (text[at] == ' ' || text[at] == '\t') {
            at += strspn(text + at, " \t");
            if (at > length)
                at = length;
            end_word(line, &word);
            line->kept = 0;
        } else {
            at += take_plain(line, &word, text + at, length - at);
        }
    }
    end_word(line, &word);
}

void complete_line_deinit(struct complete_line *line)
{
    for (size_t i = 0; i < line->count; i++)
        free(line->words[i]);
    free(line->words);
    *line = (struct complete_line){0};
}

void complete_line_print(const struct complete_line *line, const char *candidate)
{
    const char *special = line->quote == '"' ? "\\\"$`" : line->quote ? "" : SPECIAL;

    for (const char *at = candidate + strnlen(candidate, line->kept); *at; at++) {
        if (strchr(special, *at))
            putchar('\\');
        putchar(*at);
    }
    putchar('\n');
}
