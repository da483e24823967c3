/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_READ_FILE_H
#define OSM_UTIL_READ_FILE_H
/*
 * Small files read whole: tokens, passwords, certificates, configuration. Nothing but a regular
 * file is waited for: a FIFO, a device, a directory is refused at once. May block on the disk, so
 * not on the loop.
 */
#include <stdbool.h>

#include "util/buf.h"

/*
 * Appends the content of a regular file of at most `most` bytes to out. `exposed` tells whether
 * somebody but its owner can get at it; NULL = nobody asks. Returns 0 or negative errno: -EFBIG
 * when it is longer (out then holds something of it), -EINVAL when it is no regular file.
 */
OSM_MUST_CHECK int osm_file_read(const char *path, size_t most, struct osm_buf *out, bool *exposed);
/* The same of an open file, which must have been opened with O_NONBLOCK. */
OSM_MUST_CHECK int osm_file_read_fd(int fd, size_t most, struct osm_buf *out, bool *exposed);
/* Whether somebody but its owner can get at a file; false also for one that cannot be opened. */
bool osm_file_is_exposed(const char *path);
/* 0 if the path leads to a regular file that may be read, for a library that reads it. */
OSM_MUST_CHECK int osm_file_check(const char *path);

#endif
