/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_IPC_AUTH_H
#define OSM_SERVE_IPC_AUTH_H
/* The check of `authToken` (contract: ipc-protocol.md §3). */
#include <stdbool.h>
#include <stddef.h>

#include <yyjson.h>

/*
 * Whether a caller that gave `supplied` (NULL = nothing) may go on. Without a configured token
 * (NULL) everybody may. Compares in a time that depends only on the length of what was supplied.
 */
bool osm_auth_accepts(const char *token, yyjson_val *supplied);
/* The same for a text that is no JSON; NULL = nothing. */
bool osm_auth_accepts_text(const char *token, const char *text, size_t length);

#endif
