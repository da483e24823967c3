/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_TEXT_QUALIFIED_NAME_H
#define OSM_WIRE_TEXT_QUALIFIED_NAME_H
/*
 * QualifiedNames as people write them, `[<ns>:]name`: segments of browse paths (contract:
 * methods.md §2.8), of event fields (§2.16), and values (types.md §4). `<ns>` is decimal digits,
 * a number up to 65535; every other text is a name in namespace 0, its colons included.
 */
#include <stddef.h>
#include <stdint.h>

#include <open62541/types.h>

#include "wire/text/names.h"

/* Length of `<ns>:` at the start of text, 0 = there is none. */
size_t osm_qualified_name_prefix(const char *text, size_t length, uint16_t *index);
/* The name points into text. */
UA_QualifiedName osm_qualified_name_parse(const char *text, size_t length);
/* The same, and `nsu=<uri>;name`; names as for node ids (node_id.h). */
OSM_MUST_CHECK bool osm_qualified_name_read(const char *text, size_t length,
                                            struct osm_names *names, UA_QualifiedName *out,
                                            struct osm_arena *arena, struct osm_fault *fault);

#endif
