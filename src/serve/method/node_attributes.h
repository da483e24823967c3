/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_NODE_ATTRIBUTES_H
#define OSM_SERVE_METHOD_NODE_ATTRIBUTES_H
/*
 * The attributes of a node to be added (methods.md §4.1; OPC 10000-4 §7.24): which ones exist
 * depends on its class. What the caller leaves out takes the contract's default; what has none
 * (value, description, inverse name) is left to the server, and its bit in specifiedAttributes
 * stays clear (M22).
 */
#include "serve/method/parameters.h"

/* Fills item->nodeAttributes from the map; item->nodeClass and item->browseName are known. A
 * node of no class gets no attributes: the server says what it thinks of that. */
OSM_MUST_CHECK bool osm_node_attributes_read(struct osm_args *args, yyjson_val *map,
                                             UA_AddNodesItem *item);

#endif
