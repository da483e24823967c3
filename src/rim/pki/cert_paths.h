/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_PKI_CERT_PATHS_H
#define OSM_RIM_PKI_CERT_PATHS_H
/*
 * Which files a session may be given (ipc-protocol.md §6.3, S3): certificates and keys must be
 * regular files, and below one of the allowed directories if any are configured; the trust store
 * as well, by its nearest existing parent while it does not exist.
 *
 * Looking at files may block, so this runs off the loop; it touches nothing but its argument.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/session_config.h"
#include "util/fault.h"

/* Whether the configuration names any file at all. */
bool osm_cert_paths_named(const struct osm_config *config);

/* Sets an InvalidArgumentException naming the first unfit path; the message is in the arena.
 * allowed_dirs: NULL-terminated, or NULL = any directory. */
OSM_MUST_CHECK bool osm_cert_paths_check(const struct osm_config *config, char *const *allowed_dirs,
                                         struct osm_arena *arena, struct osm_fault *fault);

/* What was read of a certificate or key. */
struct osm_cert_file {
    uint8_t *data; /* secret */
    size_t size;
};
/* Wipes and frees; a zeroed one is fine. */
void osm_cert_file_deinit(struct osm_cert_file *file);

/* Reads the file a key of the configuration names, under the rules above: what is read is the
 * file that was checked, whoever changes names meanwhile. The message of a fault is in the arena.
 */
OSM_MUST_CHECK bool osm_cert_paths_read(enum osm_config_key key, const char *path,
                                        char *const *allowed_dirs, struct osm_cert_file *file,
                                        struct osm_arena *arena, struct osm_fault *fault);
/* Reads a regular file of at most 1 MiB, wherever it is. 0 or negative errno. */
OSM_MUST_CHECK int osm_cert_file_read(const char *path, struct osm_cert_file *file);
OSM_MUST_CHECK int osm_cert_file_read_fd(int fd, struct osm_cert_file *file);

/* Whether an open directory is an allowed one or below one, wherever its name leads by now. */
bool osm_cert_paths_allow_dir(int fd, char *const *allowed_dirs);

#endif
