/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_WRITE_FILE_H
#define OSM_UTIL_WRITE_FILE_H
/* Files that appear complete or not at all. Waits for the disk: off the loop only. */
#include <stddef.h>
#include <sys/types.h>

#include "util/macros.h"

/*
 * Writes a file of that name and mode into an open directory, in place of one that is there. It
 * is written under another name first, reaches the disk, and is then renamed; symbolic links are
 * replaced, never followed. 0 or negative errno.
 */
OSM_MUST_CHECK int osm_write_file(int directory, const char *name, mode_t mode, const void *data,
                                  size_t size);

#endif
