/* SPDX-License-Identifier: MIT */
#ifndef OSM_CLIENT_FAILURE_H
#define OSM_CLIENT_FAILURE_H
/*
 * How struct opcua_error is filled: from a reply of the daemon's commands, or with words of the
 * library's own. One table says who speaks in each type of error (ipc-protocol.md §8) and what the
 * reader may do about it.
 */
#include <yyjson.h>

#include "util/macros.h"
#include <opcua-session.h>

/* error NULL is fine for both. Returns false, so that callers can end with it. */
bool osm_failure(struct opcua_error *error, enum opcua_source source, const char *kind,
                 const char *object, const char *format, ...) OSM_PRINTF(5, 6);
/* `error` of a reply; managed: the daemon may be the one who refuses. */
bool osm_failure_of_reply(struct opcua_error *error, yyjson_val *reply, bool managed,
                          const char *object);
/* A Bad status where a value was asked for. */
bool osm_failure_of_status(struct opcua_error *error, uint32_t status, const char *what,
                           const char *node);

/* A reply that is not as it should be. */
bool osm_failure_of_shape(struct opcua_error *error, const char *what);

#endif
