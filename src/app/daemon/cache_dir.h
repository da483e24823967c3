/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_CACHE_DIR_H
#define OSM_APP_DAEMON_CACHE_DIR_H
/* The file cache's directory, checked before anything is served (contract: daemon.md §1, §2). */
#include "app/conf/options.h"

/* With --cache-driver=file: there must be a path; the directory is made (0700) and must be
 * writable. Returns 0, or negative errno and a message for the user in *error, to be freed. */
OSM_MUST_CHECK int osm_cache_dir_prepare(const struct osm_options *options, char **error);

#endif
