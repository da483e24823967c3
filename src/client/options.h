/* SPDX-License-Identifier: MIT */
#ifndef OSM_CLIENT_OPTIONS_H
#define OSM_CLIENT_OPTIONS_H
/* struct opcua_options → `config` of `open`, by one table. */
#include <opcua-session.h>

/* What the caller has given, in the size he knows, the rest zero. False when that is nonsense. */
bool osm_client_options_take(struct opcua_options *target, const struct opcua_options *given,
                             struct opcua_error *error);
/* JSON object; to be freed with free() (it may hold a password). */
char *osm_client_options_config(const struct opcua_options *options);

#endif
