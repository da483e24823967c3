/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_READ_FILE_H
#define OSM_UTIL_READ_FILE_H
/* Small files read whole: tokens, configuration. May block, so not on the loop. */
#include <stdbool.h>

#include "util/buf.h"

/*
 * Appends the content of a regular file of at most `most` bytes to out. `exposed` tells whether
 * somebody but its owner can get at it. Returns 0 or negative errno: -EFBIG when it is longer
 * (out then holds something of it), -EINVAL when it is no regular file.
 */
OSM_MUST_CHECK int osm_file_read(const char *path, size_t most, struct osm_buf *out, bool *exposed);

#endif
