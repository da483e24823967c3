/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_LINK_METHOD_NODES_H
#define OSM_CORE_LINK_METHOD_NODES_H
/*
 * The method nodes of objects that a session has looked up by name, such as `Open` of a file
 * (methods.md §4.3): remembered until the session connects again, as a server that has been
 * restarted may number its nodes anew. Keys are texts of the caller's making. At the bound the
 * whole memory is forgotten; what is needed is then looked up again.
 */
#include <open62541/types.h>

#define OSM_METHOD_NODES_MAX 4096

struct osm_method_node; /* a list of them; NULL = none */

/* The node remembered under that key, valid until the next change; or NULL. */
const UA_NodeId *osm_method_nodes_find(const struct osm_method_node *nodes, const char *key);
/* Copies both; an older entry of that key is replaced. */
void osm_method_nodes_put(struct osm_method_node **nodes, const char *key, const UA_NodeId *id);
void osm_method_nodes_forget(struct osm_method_node **nodes, const char *key);
void osm_method_nodes_clear(struct osm_method_node **nodes);

#endif
