/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_VALUE_TYPE_SCHEMA_H
#define OSM_WIRE_VALUE_TYPE_SCHEMA_H
/*
 * A registry of structures as one value that can be kept and taken up again (OPC 10000-5 §12.31,
 * DataTypeSchemaHeader): definitions with their binary encodings, and what stands for fields that
 * are no structures.
 */
#include "util/arena.h"
#include "wire/value/type_registry.h"

/* Everything the registry has been told. Lists are in the arena, their contents borrowed. */
UA_DataTypeSchemaHeader osm_type_schema_make(const struct osm_type_registry *registry,
                                             struct osm_arena *arena);
/* Tells the registry all of it; what it knows already stays as it is. */
void osm_type_schema_learn(struct osm_type_registry *registry,
                           const UA_DataTypeSchemaHeader *schema);

#endif
