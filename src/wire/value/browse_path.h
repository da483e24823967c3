/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_VALUE_BROWSE_PATH_H
#define OSM_WIRE_VALUE_BROWSE_PATH_H
/* Browse paths (methods.md §2.8): texts such as /Objects/Server or /2:Line/2:Tag. */
#include <open62541/types_generated.h>

#include "util/arena.h"

/* Without slashes at the ends; borrows. */
UA_String osm_browse_path_trim(UA_String text);
/* The path as TranslateBrowsePathsToNodeIds wants it, from the given node; memory in the arena,
 * names point into the text. */
void osm_browse_path_parse(const UA_String *text, UA_NodeId start, struct osm_arena *arena,
                           UA_BrowsePath *out);

#endif
