/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_VALUE_BUILTIN_TYPE_H
#define OSM_WIRE_VALUE_BUILTIN_TYPE_H
/* The builtin types by their numbers on the wire, 1–25 (OPC 10000-6 §5.1.2). */
#include <stdint.h>

#include <open62541/types.h>

#define OSM_BUILTIN_KINDS 25

/* The library's description of a builtin type 1–25. */
const UA_DataType *osm_builtin_type(uint32_t builtin_type);
/* What a Variant's type is on the wire, 0 when empty: enumerations are Int32 (6), structures
 * ExtensionObjects (22), reserved ids ByteStrings (15). */
uint32_t osm_builtin_type_of(const UA_DataType *type);

#endif
