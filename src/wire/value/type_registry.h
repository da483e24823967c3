/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_VALUE_TYPE_REGISTRY_H
#define OSM_WIRE_VALUE_TYPE_REGISTRY_H
/*
 * Structures a session has learnt from its server (methods.md §2.27; OPC 10000-3 §8.48): their
 * definitions turned into descriptions the library's binary codec works with. Found by the id of
 * their binary encoding, which is what stands on the wire.
 *
 * Whoever fills it resolves the types of fields first: a field is a builtin type (subtypes count
 * as their base, enumerations as Int32), a structure that is in the registry, or one of the
 * standard's own. A structure may contain itself in lists and optional fields. Fields that may
 * hold subtypes are ExtensionObjects and Variants. What cannot be described exactly is left out,
 * with a reason: callers then see the raw body.
 */
#include <stdbool.h>
#include <stddef.h>

#include <open62541/types.h>
#include <open62541/types_generated.h>

#include "util/macros.h"

struct osm_type_registry;

struct osm_type_registry *osm_type_registry_new(void);
/* Gives up the maker's share; it lives as long as others have one. NULL is fine. */
void osm_type_registry_free(struct osm_type_registry *registry);
/* A share of it, for osm_type_registry_find_shared(). Shares are taken and given back (by
 * osm_type_registry_free) on the maker's thread. */
struct osm_type_registry *osm_type_registry_share(struct osm_type_registry *registry);

/* A structure's definition; everything is copied. Known data types are left alone. */
void osm_type_registry_define(struct osm_type_registry *registry, const UA_NodeId *data_type,
                              const UA_NodeId *encoding, const UA_StructureDefinition *definition);
/* About the bytes of memory of all definitions. */
size_t osm_type_registry_bytes(const struct osm_type_registry *registry);
/* What fields of a type that is no structure hold: a builtin type, 1–25. */
void osm_type_registry_alias(struct osm_type_registry *registry, const UA_NodeId *data_type,
                             uint32_t builtin);
/* The data type is defined, or has an alias, or is of the standard. */
bool osm_type_registry_knows(const struct osm_type_registry *registry, const UA_NodeId *data_type);

/* Lays out some of what has been defined since: structures of about so many fields. Returns how
 * many it were; 0 = all are, and building them takes little time. */
size_t osm_type_registry_lay_out(struct osm_type_registry *registry, size_t fields);
/* Builds what has been defined since and registers those of the namespace (-1 = any); returns
 * how many codecs are new. */
size_t osm_type_registry_build(struct osm_type_registry *registry, int32_t namespace_index);
/* What has been told of one data type: a definition and its encoding, or (NULL) an alias. */
typedef void osm_type_visit_fn(void *context, const UA_NodeId *data_type, const UA_NodeId *encoding,
                               const UA_StructureDefinition *definition, uint32_t alias);
/* Each of them, in the order they came. */
void osm_type_registry_each(const struct osm_type_registry *registry, osm_type_visit_fn *visit,
                            void *context);

/* Why a structure that was defined cannot be described. */
typedef void osm_type_unfit_fn(void *context, const UA_NodeId *data_type, const char *reason);
void osm_type_registry_each_unfit(const struct osm_type_registry *registry,
                                  osm_type_unfit_fn *visit, void *context);

/* Whether a codec is registered for the encoding. The registry as a pointer to anything, as struct
 * osm_wire_context wants it. */
const UA_DataType *osm_type_registry_find(void *context, const UA_NodeId *encoding);
/* The same on another thread, by those who have a share. */
const UA_DataType *osm_type_registry_find_shared(void *context, const UA_NodeId *encoding);
/* The same for the data type itself. */
const UA_DataType *osm_type_registry_find_data_type(void *context, const UA_NodeId *data_type);

#endif
