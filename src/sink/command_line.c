/* SPDX-License-Identifier: MIT */
/* Splitting a command line; see command_line.h. */
#include "sink/command_line.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "util/alloc.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Copies what is between quotes; returns the closing one, or NULL when there is none. */
static const char *copy_quoted(const char *from, char **to)
{
    char quote = *from++;

    for (; *from && *from != quote; from++) {
        if (quote == '"' && *from == '\\' && (from[1] == '"' || from[1] == '\\'))
            from++;
        *(*to)++ = *from;
    }
    return *from ? from : NULL;
}

/* Copies one word, terminated; returns where it ended, or NULL and the reason. */
static const char *copy_word(const char *from, char **to, const char **error)
{
    for (; *from && !is_space(*from); from++) {
        if (*from == '\'' || *from == '"') {
            from = copy_quoted(from, to);
            if (!from) {
                *error = "a quote is not closed";
                return NULL;
            }
        } else if (*from == '\\') {
            if (!*++from) {
                *error = "nothing follows the last backslash";
                return NULL;
            }
            *(*to)++ = *from;
        } else {
            *(*to)++ = *from;
        }
    }
    *(*to)++ = '\0';
    return from;
}

int osm_command_line_split(const char *text, char ***argv, const char **error)
{
    size_t length = strlen(text), most = length / 2 + 2, count = 0;
    /* The words lie behind the pointers; each is no longer than it was, plus its end. */
    _cleanup_(osm_freep) char **words = osm_alloc(most * sizeof(char *) + length + 1);
    char *to = (char *)(words + most);

    while (is_space(*text))
        text++;
    while (*text) {
        words[count++] = to;
        text = copy_word(text, &to, error);
        if (!text)
            return -EINVAL;
        while (is_space(*text))
            text++;
    }
    if (!count || !*words[0]) {
        *error = "no program is named";
        return -EINVAL;
    }
    osm_assert(count < most);
    *argv = osm_steal(words);
    return 0;
}
