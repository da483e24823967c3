/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_CERT_PATHS_H
#define OSM_CORE_CERT_PATHS_H
/*
 * Which files a session may be given (ipc-protocol.md §6.3, S3): certificates and keys must be
 * regular files, and below one of the allowed directories if any are configured; the trust store
 * as well, by its nearest existing parent while it does not exist.
 *
 * Looking at files may block, so this runs off the loop; it touches nothing but its argument.
 */
#include <stdbool.h>

#include "core/config.h"
#include "util/fault.h"

/* Whether the configuration names any file at all. */
bool osm_cert_paths_named(const struct osm_config *config);

/* Sets an InvalidArgumentException naming the first unfit path; the message is in the arena.
 * allowed_dirs: NULL-terminated, or NULL = any directory. */
OSM_MUST_CHECK bool osm_cert_paths_check(const struct osm_config *config, char *const *allowed_dirs,
                                         struct osm_arena *arena, struct osm_fault *fault);

/* Whether an open directory is an allowed one or below one, wherever its name leads by now. */
bool osm_cert_paths_allow_dir(int fd, char *const *allowed_dirs);

#endif
