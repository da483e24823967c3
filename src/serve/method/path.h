/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_PATH_H
#define OSM_SERVE_METHOD_PATH_H
/* Browse paths (methods.md §2.8): texts such as /Objects/Server or /2:Line/2:Tag. */
#include "serve/method/method.h"

/* Fills in every target in one TranslateBrowsePathsToNodeIds, then calls done; or fails the
 * operation in the words of resolveNodeId. */
void osm_paths_resolve(struct osm_op *op, struct osm_arg_path *paths,
                       void (*done)(struct osm_op *op));

#endif
