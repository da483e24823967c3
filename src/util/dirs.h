/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_DIRS_H
#define OSM_UTIL_DIRS_H
/* Directories the daemon makes for itself at start-up. Blocking: never on the request path. */
#include <stdbool.h>
#include <sys/types.h>

#include "util/macros.h"

/* Makes the directory and what is missing above it, all with this mode (the umask applies).
 * 0 when it is there in the end, else negative errno (-ENOTDIR when a file is in the way). */
OSM_MUST_CHECK int osm_dirs_make(const char *path, mode_t mode);

/* The same for the directory that holds path. */
OSM_MUST_CHECK int osm_dirs_make_parent(const char *path, mode_t mode);

/* Whether others may put files beside the one of that path: its folder is writable for everybody,
 * as /tmp is. */
bool osm_dirs_are_shared(const char *path);

#endif
