/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_REQUEST_SANITISE_H
#define OSM_SERVE_REQUEST_SANITISE_H
/* Takes URLs and paths out of messages that leave the daemon (ipc-protocol.md §9). */
#include <stddef.h>

#include "util/buf.h"

/* Appends the sanitised message to out: URLs become [url], paths [path], at most 500 bytes. */
void osm_sanitise(struct osm_buf *out, const char *message, size_t length);

#endif
