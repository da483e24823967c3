/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_VALUE_RAW_TYPES_H
#define OSM_WIRE_VALUE_RAW_TYPES_H
/*
 * Keeps the library from decoding standard structures that arrive as values (Range, Argument,
 * ServerStatusDataType, …). Callers are shown the bytes the server sent (types.md §3.9), so
 * decoding them is work for nothing, and worse: a body the library cannot decode, or a list of
 * structures of several types, makes the whole answer fail.
 *
 * Structures the services themselves are made of (identity tokens, filters, notifications,
 * history details, node attributes, type definitions) are left alone. Values written by us are
 * encoded bodies and not affected.
 */
#include <open62541/types.h>

/* Once per process, before the first client is made. Calling it again is harmless. */
void osm_raw_types_init(void);

/* The standard structure whose binary encoding has that id, hidden or not; NULL when there is
 * none. */
const UA_DataType *osm_raw_types_find(const UA_NodeId *encoding_id);
/* The same of those that are not hidden: what the library takes such content for. */
const UA_DataType *osm_raw_types_decoded(const UA_NodeId *encoding_id);

#endif
