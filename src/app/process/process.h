/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_PROCESS_PROCESS_H
#define OSM_APP_PROCESS_PROCESS_H
/* What the process needs of its surroundings before any real work starts. */
#include "app/conf/options.h"
#include "util/buf.h"

/* Fills closed standard descriptors with /dev/null, so that no socket or file becomes one of
 * them; ignores SIGPIPE and SIGXFSZ; raises the soft limit of descriptors to the hard one; keeps
 * some freed memory. */
void osm_process_init(void);

/* What a crash may leave behind from now on. */
void osm_process_core_dumps(enum osm_core_dumps kind);

/* Writes the buffer to a descriptor; there is nobody to tell if that fails. */
void osm_process_print(int fd, const struct osm_buf *text);
/* One line on standard error, escaped. */
void osm_process_complain(const char *message);

/* Removes a variable and overwrites its value in the process's memory. */
void osm_process_forget_environment(const char *name);

#endif
