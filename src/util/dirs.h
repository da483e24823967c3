/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_DIRS_H
#define OSM_UTIL_DIRS_H
/* Directories the daemon makes for itself at start-up. Blocking: never on the request path. */
#include <sys/types.h>

#include "util/macros.h"

/* Makes the directory and what is missing above it, all with this mode (the umask applies).
 * 0 when it is there in the end, else negative errno (-ENOTDIR when a file is in the way). */
OSM_MUST_CHECK int osm_dirs_make(const char *path, mode_t mode);

/* The same for the directory that holds path. */
OSM_MUST_CHECK int osm_dirs_make_parent(const char *path, mode_t mode);

#endif
