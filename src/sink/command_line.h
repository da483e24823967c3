/* SPDX-License-Identifier: MIT */
#ifndef OSM_SINK_COMMAND_LINE_H
#define OSM_SINK_COMMAND_LINE_H
/*
 * A command line in one text, split into program and arguments without a shell. White space
 * separates; 'single quotes' keep everything, "double quotes" everything but \" and \\; outside
 * of quotes a backslash keeps the next character. Nothing is expanded: no variables, no `*`, no
 * `~`.
 */
#include "util/macros.h"

/* Splits text into a NULL-terminated array in *argv, one block of memory to be freed with one
 * free(). Returns 0, or -EINVAL and static text in *error. */
OSM_MUST_CHECK int osm_command_line_split(const char *text, char ***argv, const char **error);

#endif
