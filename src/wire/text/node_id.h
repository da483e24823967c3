/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_TEXT_NODE_ID_H
#define OSM_WIRE_TEXT_NODE_ID_H
/*
 * NodeId text, `[ns=<n>;]<t>=<v>` (contract: methods.md §2.1). Opaque ids are written as hex;
 * hex and padded base64 are read. Parsed ids borrow their bytes from the text or the arena:
 * never UA_clear them, copy them with UA_NodeId_copy to keep them.
 */
#include <stdbool.h>
#include <stddef.h>

#include <open62541/types.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/fault.h"
#include "util/macros.h"

/* Returns false with InvalidNodeIdException or EncodingException (GUID, opaque) set. A string
 * id points into text. */
OSM_MUST_CHECK bool osm_node_id_parse(const char *text, size_t length, UA_NodeId *out,
                                      struct osm_arena *arena, struct osm_fault *fault);
/* Appends the text form as messages and cache keys use it; namespace 0 has no prefix. */
void osm_node_id_print(struct osm_buf *out, const UA_NodeId *id);
/* The same in the arena, NUL-terminated. */
const char *osm_node_id_text(struct osm_arena *arena, const UA_NodeId *id);

/* A copy whose bytes are the arena's: outlives the response the id came in. */
UA_NodeId osm_node_id_keep(struct osm_arena *arena, const UA_NodeId *id);

/* 36 characters, five groups of hex digits, any case; false when it is not that. */
OSM_MUST_CHECK bool osm_guid_parse(const char *text, size_t length, UA_Guid *out);
/* As above with the fault the contract gives (EncodingException, "Invalid GUID format: …"). */
OSM_MUST_CHECK bool osm_guid_parse_or_fault(const char *text, size_t length, UA_Guid *out,
                                            struct osm_arena *arena, struct osm_fault *fault);
#define OSM_GUID_TEXT 36
/* Writes OSM_GUID_TEXT lower-case characters, no NUL. */
void osm_guid_print(char *out, const UA_Guid *guid);

/* The bytes of an opaque id: hex of any case, else padded base64; EncodingException when neither.
 */
OSM_MUST_CHECK bool osm_opaque_parse_or_fault(const char *text, size_t length, UA_ByteString *out,
                                              struct osm_arena *arena, struct osm_fault *fault);

/* Text as a UA_String without a copy; an empty text is the empty string, not the null string. */
UA_String osm_string_view(const char *text, size_t length);
/* A length for "%.*s". */
static inline int osm_clamp_int(size_t length)
{
    return length < 0x7fffffff ? (int)length : 0x7fffffff;
}

#endif
