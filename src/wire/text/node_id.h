/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_TEXT_NODE_ID_H
#define OSM_WIRE_TEXT_NODE_ID_H
/*
 * NodeId text, `[ns=<n>;]<t>=<v>` or `nsu=<uri>;<t>=<v>` (contract: methods.md §2.1). Opaque ids
 * are written as hex; hex and padded base64 are read. Parsed ids borrow their bytes from the text
 * or the arena: never UA_clear them, copy them with UA_NodeId_copy to keep them.
 */
#include <stdbool.h>
#include <stddef.h>

#include <open62541/types.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/fault.h"
#include "util/macros.h"
#include "wire/text/names.h"

/* Returns false with InvalidNodeIdException or EncodingException (GUID, opaque) set. A string
 * id points into text. names: where a namespace URI is looked up and numbers are noted; NULL = URIs
 * cannot be used. */
/* Whether the id is one that waits for its namespace (names.h, deferred). */
bool osm_node_id_is_deferred(const UA_NodeId *id);
OSM_MUST_CHECK bool osm_node_id_parse(const char *text, size_t length, struct osm_names *names,
                                      UA_NodeId *out, struct osm_arena *arena,
                                      struct osm_fault *fault);
/* The same without a server: an id given by URI has index 0, and the URI beside it, which is
 * empty otherwise. */
OSM_MUST_CHECK bool osm_node_id_parse_apart(const char *text, size_t length, UA_String *uri,
                                            UA_NodeId *out, struct osm_arena *arena,
                                            struct osm_fault *fault);
/* Appends the text form as messages and cache keys use it; namespace 0 has no prefix. */
void osm_node_id_print(struct osm_buf *out, const UA_NodeId *id);
/* The same in the arena, NUL-terminated. */
const char *osm_node_id_text(struct osm_arena *arena, const UA_NodeId *id);
/* Appends the text without its namespace. */
void osm_node_id_print_identifier(struct osm_buf *out, const UA_NodeId *id);

/* A copy whose bytes are the arena's: outlives the response the id came in. */
UA_NodeId osm_node_id_keep(struct osm_arena *arena, const UA_NodeId *id);

/* The bytes of an opaque id: hex of any case, else padded base64; EncodingException when neither.
 */
OSM_MUST_CHECK bool osm_node_id_parse_opaque(const char *text, size_t length, UA_ByteString *out,
                                             struct osm_arena *arena, struct osm_fault *fault);

#endif
