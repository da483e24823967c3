/* SPDX-License-Identifier: MIT */
/* Words of a console line; anything may come in. */
#include <string.h>

#include "admin/console/console_internal.h"

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* One word from *at on, into the arena; NULL = a quote is left open. */
static char *take_word(const char **at, const char *end, struct osm_arena *arena)
{
    char *word = osm_arena_alloc(arena, (size_t)(end - *at) + 1), *to = word, quote = 0;

    for (; *at < end && (quote || !is_blank(**at)); ++*at) {
        char byte = **at;

        if (!quote && (byte == '\'' || byte == '"'))
            quote = byte;
        else if (byte != quote)
            *to++ = byte;
        else if (*at + 1 < end && (*at)[1] == quote)
            *to++ = *++*at;
        else
            quote = 0;
    }
    *to = '\0';
    return quote ? NULL : word;
}

char **osm_console_split(const char *line, size_t length, struct osm_arena *arena, size_t *count,
                         struct osm_fault *fault)
{
    char **words = osm_arena_array(arena, OSM_CONSOLE_WORDS + 1, sizeof(*words));
    const char *at = line, *end = line + length;

    *count = 0;
    if (length > OSM_CONSOLE_LINE || memchr(line, '\0', length)) {
        osm_fault_set(fault, arena, OSM_FAULT_INVALID_ARGUMENT,
                      length > OSM_CONSOLE_LINE ? "A console line has at most 4096 bytes"
                                                : "A console line has no NUL characters");
        return NULL;
    }
    while (end > at && (is_blank(end[-1]) || end[-1] == ';'))
        end--;
    for (;;) {
        while (at < end && is_blank(*at))
            at++;
        if (at == end)
            return words;
        if (*count == OSM_CONSOLE_WORDS) {
            osm_fault_set(fault, arena, OSM_FAULT_INVALID_ARGUMENT,
                          "A console line has at most %d words", OSM_CONSOLE_WORDS);
            return NULL;
        }
        words[*count] = take_word(&at, end, arena);
        if (!words[*count]) {
            osm_fault_set(fault, arena, OSM_FAULT_INVALID_ARGUMENT,
                          "A quote of this line is not closed");
            return NULL;
        }
        ++*count;
    }
}

static char lower(char byte)
{
    return (char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
}

/* The last * is the only one worth going back to. */
bool osm_console_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *from = NULL;

    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            from = text;
        } else if (*pattern == '?' || (*pattern && lower(*pattern) == lower(*text))) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++from;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

bool osm_console_number(const char *text, uint64_t *number)
{
    *number = 0;
    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '9' || *number > (UINT64_MAX - 9) / 10)
            return false;
        *number = *number * 10 + (uint64_t)(*at - '0');
    }
    return *text != '\0';
}
