/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_REQUEST_CONFIG_H
#define OSM_SERVE_REQUEST_CONFIG_H
/* The session configuration (port/session_config.h) as JSON: what `open` is given, `list` shows. */
#include <yyjson.h>

#include "port/session_config.h"
#include "wire/text/json.h"

/* Casts the object (or null, absent, []) into config. Returns false with a TypeError when it is
 * anything else; config is then empty. */
OSM_MUST_CHECK bool osm_config_parse(struct osm_config *config, yyjson_val *object,
                                     struct osm_arena *arena, struct osm_fault *fault);
/* The object `list` shows; an empty one is `[]` (T18). */
void osm_config_print(struct osm_json *json, const struct osm_config *config);

#endif
