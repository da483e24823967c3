/* SPDX-License-Identifier: MIT */
#ifndef OSM_TOOL_COMPLETE_LINE_H
#define OSM_TOOL_COMPLETE_LINE_H
/*
 * A command line as bash has it while it is written: words with quotes, of which the last is
 * completed, and what bash puts in its place. bash replaces only what stands behind its last word
 * break ("=" and ":" are some), so candidates are cut there; and it takes them as they are, so they
 * are quoted as the user has begun to.
 */
#include <stddef.h>

struct complete_line {
    char **words; /* without their quotes; the last may be empty */
    size_t count;
    char quote;  /* of the last word, still open: ' or "; 0 = none */
    size_t kept; /* characters of the last word in front of what bash replaces */
};

/* Splits the first `point` bytes of line; there is always a word. */
void complete_line_split(struct complete_line *line, const char *text, size_t point);
void complete_line_deinit(struct complete_line *line);
/* Prints a candidate for the last word, with a line end. */
void complete_line_print(const struct complete_line *line, const char *candidate);

#endif
