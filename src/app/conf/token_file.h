/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_CONF_TOKEN_FILE_H
#define OSM_APP_CONF_TOKEN_FILE_H
/* The file of --token-file (serve/ipc/token_set.h): read at the start, and again on SIGHUP. */
#include "serve/ipc/token_set.h"
#include "util/macros.h"

/* NULL path: *out is NULL. Returns 0, or -EINVAL; faults and warnings are appended to err, a line
 * each. */
OSM_MUST_CHECK int osm_token_file_read(const char *path, struct osm_token_set **out,
                                       struct osm_buf *err);

#endif
