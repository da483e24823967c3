/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_TROFF_H
#define OSM_UTIL_TROFF_H
/* Text for manual pages. */
#include "util/buf.h"

/* Appends text: troff takes '-' for a hyphen, '\' for itself, and a leading '.' or '\'' for a
 * request. */
void osm_troff_add(struct osm_buf *out, const char *text);

#endif
