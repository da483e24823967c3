/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_VALUE_CONTEXT_H
#define OSM_WIRE_VALUE_CONTEXT_H
/*
 * What the encoders know of the session a value came from and of the caller it goes to. All
 * borrowed; a NULL context is one with nothing in it.
 */
#include <stdbool.h>
#include <stddef.h>

#include <open62541/types.h>

struct osm_names_table;

struct osm_wire_context {
    /* The server's NamespaceArray: maps namespace URIs of ExpandedNodeIds to indices (T13). */
    const UA_String *namespaces;
    size_t namespaces_size;
    const struct osm_names_table *namespaces_table; /* of it; NULL = looked through */
    /* Every ByteString as base64, UTF-8 or not (extensions.md §3). */
    bool binary_base64;
    /* Members that only strict callers know (extensions.md §4, M27). */
    bool strict;
    /* Structures learnt by discoverDataTypes: the type whose encoding id this is, or NULL. */
    const UA_DataType *(*structure)(void *structures, const UA_NodeId *encoding_id);
    /* The same for the id of the structure's data type. */
    const UA_DataType *(*data_type)(void *structures, const UA_NodeId *data_type);
    void *structures;
};

/*
 * A context of its own with what encoders need, for another thread: it outlives what the first one
 * borrows. Made and released on the thread of the first one, and used by one thread at a time.
 */
struct osm_wire_context osm_wire_context_keep(const struct osm_wire_context *from);
void osm_wire_context_release(struct osm_wire_context *context);
/* Whoever is going to use it: a table of many namespaces is made there. */
void osm_wire_context_prepare(struct osm_wire_context *context);

#endif
