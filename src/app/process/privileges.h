/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_PROCESS_PRIVILEGES_H
#define OSM_APP_PROCESS_PRIVILEGES_H
/* Giving up root: --user and --group. */
#include "util/macros.h"

/*
 * Becomes the user (by name or number; NULL = stays who it is) with the group (NULL = the user's)
 * and that user's further groups, for good. To be called before anything is made. Returns 0, or
 * negative errno and in *error a message to be freed.
 */
OSM_MUST_CHECK int osm_privileges_drop(const char *user, const char *group, char **error);

#endif
