/* SPDX-License-Identifier: MIT */
/*
 * The sanitiser; see sanitise.h. Each step is what a regular expression of the contract says,
 * applied to the whole message before the next step; the patterns stand above the matchers.
 */
#include "serve/request/sanitise.h"

#include <stdbool.h>

#include "util/utf8.h"

#define MESSAGE_MAX 500

struct text {
    const char *at;
    size_t length;
};

/* Whether a match starts at `from`; *end is where it ends, or where it is worth looking again:
 * behind a long word that cannot match anywhere. Keeps the work linear. */
typedef bool match_fn(const struct text *text, size_t from, size_t *end);

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_scheme(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '.' || c == '-';
}

static size_t word_end(const struct text *text, size_t at)
{
    while (at < text->length && !is_space(text->at[at]))
        at++;
    return at;
}

/* [a-z][a-z0-9+.-]*://\S+ */
static bool match_url(const struct text *text, size_t from, size_t *end)
{
    size_t at = from;

    *end = from + 1;
    if (!is_letter(text->at[from]))
        return false;
    while (at < text->length && is_scheme(text->at[at]))
        at++;
    *end = at;
    if (text->length - at < 4 || memcmp(text->at + at, "://", 3) != 0 || is_space(text->at[at + 3]))
        return false;
    *end = word_end(text, at + 3);
    return true;
}

/* [a-z]:\\\S+ */
static bool match_drive(const struct text *text, size_t from, size_t *end)
{
    *end = from + 1;
    if (!is_letter(text->at[from]) || text->length - from < 4 ||
        memcmp(text->at + from + 1, ":\\", 2) != 0 || is_space(text->at[from + 3]))
        return false;
    *end = word_end(text, from + 3);
    return true;
}

/* /[^\s:]+/[^\s:]+ — takes the whole run if a slash stands inside it, with text on both sides. */
static bool match_path(const struct text *text, size_t from, size_t *end)
{
    size_t at = from;

    *end = from + 1;
    if (text->at[from] != '/')
        return false;
    while (at < text->length && !is_space(text->at[at]) && text->at[at] != ':')
        at++;
    for (size_t i = from + 2; i + 1 < at; i++) {
        if (text->at[i] == '/') {
            *end = at;
            return true;
        }
    }
    return false;
}

static void replace(struct osm_buf *out, const struct text *text, match_fn *match,
                    const char *replacement)
{
    size_t at = 0, clean = 0, end;

    for (; at < text->length; at = end) {
        if (!match(text, at, &end))
            continue;
        osm_buf_add(out, text->at + clean, at - clean);
        osm_buf_add_text(out, replacement);
        clean = end;
    }
    osm_buf_add(out, text->at + clean, text->length - clean);
}

void osm_sanitise(struct osm_buf *out, const char *message, size_t length)
{
    static const struct {
        match_fn *match;
        const char *replacement;
    } steps[] = {{match_url, "[url]"}, {match_drive, "[path]"}, {match_path, "[path]"}};
    _cleanup_(osm_buf_deinit) struct osm_buf last = {0};
    struct text text = {.at = message, .length = length};
    size_t cut;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(steps); i++) {
        struct osm_buf next = {0};

        replace(&next, &text, steps[i].match, steps[i].replacement);
        osm_buf_deinit(&last);
        last = next;
        text = (struct text){.at = osm_buf_text(&last), .length = last.length};
    }
    cut = osm_utf8_cut(text.at, text.length, MESSAGE_MAX);
    osm_buf_add(out, text.at, cut);
    if (cut < text.length)
        osm_buf_add_text(out, "...");
}
