/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_PLAIN_PLAIN_ENCODE_H
#define OSM_WIRE_PLAIN_PLAIN_ENCODE_H
/*
 * OPC UA values as the untagged JSON of `query` (contract: types.md §2, §3). Each function
 * writes exactly one JSON value, straight from the open62541 struct into the output buffer.
 * Nothing fails: what has no JSON form is written the way the contract says. The context may be
 * NULL everywhere.
 */
#include <stddef.h>
#include <stdint.h>

#include <open62541/types.h>
#include <open62541/types_generated.h>

#include "wire/text/json.h"
#include "wire/value/context.h"

void osm_plain_node_id(struct osm_json *json, const struct osm_wire_context *context,
                       const UA_NodeId *value);
void osm_plain_expanded_node_id(struct osm_json *json, const struct osm_wire_context *context,
                                const UA_ExpandedNodeId *value);
void osm_plain_qualified_name(struct osm_json *json, const struct osm_wire_context *context,
                              const UA_QualifiedName *value);
void osm_plain_localized_text(struct osm_json *json, const struct osm_wire_context *context,
                              const UA_LocalizedText *value);
void osm_plain_data_value(struct osm_json *json, const struct osm_wire_context *context,
                          const UA_DataValue *value);
/* A list of DataValues. */
void osm_plain_data_values(struct osm_json *json, const struct osm_wire_context *context,
                           const UA_DataValue *values, size_t size);
/* The object form `{"type","value","dimensions"}`; an empty Variant is type 24 (T11). */
void osm_plain_variant(struct osm_json *json, const struct osm_wire_context *context,
                       const UA_Variant *value);
void osm_plain_variants(struct osm_json *json, const struct osm_wire_context *context,
                        const UA_Variant *values, size_t size);
void osm_plain_extension_object(struct osm_json *json, const struct osm_wire_context *context,
                                const UA_ExtensionObject *value);
void osm_plain_diagnostic_info(struct osm_json *json, const struct osm_wire_context *context,
                               const UA_DiagnosticInfo *value);
/* The bare value (no object around it) of any type the library knows. Undecided ByteStrings are
 * base64 when they are not UTF-8; use osm_plain_variant when the reader must be told. */
void osm_plain_value(struct osm_json *json, const struct osm_wire_context *context,
                     const void *value, const UA_DataType *type);

/* What a Variant's type is on the wire, 0 when empty: enumerations are Int32 (6), structures
 * ExtensionObjects (22), reserved ids ByteStrings (15). */
uint32_t osm_builtin_type_of(const UA_DataType *type);

#endif
