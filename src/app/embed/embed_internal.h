/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_EMBED_EMBED_INTERNAL_H
#define OSM_APP_EMBED_EMBED_INTERNAL_H
/* What the files of this folder share. */
#include <opcua-session-daemon.h>

#include <stdbool.h>

/* error NULL is fine. Returns false. */
bool osm_embed_fail(struct opcua_error *error, const char *kind, const char *object,
                    const char *message);
/* In place of getenv(): a library reads no variables of the process. */
char *osm_embed_no_environment(const char *name);

#endif
