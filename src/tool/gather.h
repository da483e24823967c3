/* SPDX-License-Identifier: MIT */
#ifndef OSM_TOOL_GATHER_H
#define OSM_TOOL_GATHER_H
/*
 * Much at once, for search and export: all nodes below one, and what is read of them in batches.
 * A connection that is lost costs time only: what was asked is asked again when it is back.
 */
#include "tool/tool.h"

#define TOOL_OBJECTS "i=85"
#define TOOL_VARIABLE 2u
#define TOOL_BATCH ((size_t)500)

struct gathering {
    struct tool *tool;
    struct opcua_reference *references;
    size_t count;
};

/* The nodes below `from` down to --depth; TOOL_OK, or the exit code after having said why not. */
int tool_gather(struct gathering *gathering, const char *from);
void tool_gather_end(struct gathering *gathering);

typedef void tool_each_fn(void *context, const struct opcua_reference *reference,
                          const struct opcua_data_value *value);
/* Reads that attribute of all variables (or of all nodes: classes 0), each is told; TOOL_OK or the
 * exit code after having said why not. */
int tool_gather_read(const struct gathering *gathering, uint32_t attribute, uint32_t classes,
                     tool_each_fn *each, void *context);

/* After an error: whether to try again, having waited for the connection to come back. Begins with
 * *attempts = 0. */
bool tool_gather_again(struct tool *tool, unsigned *attempts);
/* How far it is, on standard error. */
void tool_gather_tell(const struct tool *tool, size_t done, size_t all, const char *what);

#endif
