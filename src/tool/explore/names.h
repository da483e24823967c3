/* SPDX-License-Identifier: MIT */
#ifndef OSM_TOOL_EXPLORE_NAMES_H
#define OSM_TOOL_EXPLORE_NAMES_H
/* What numbers of the standard are called: classes, attributes, reference types. Pure. */
#include <opcua-session.h>

const char *explore_names_class(uint32_t node_class);
/* Attributes 1 … 27 (OPC 10000-6 Annex A.1); NULL when there is none of that number. */
const char *explore_names_attribute(uint32_t attribute);
#define EXPLORE_ATTRIBUTES 27u
/* "HasComponent" of "i=47"; others are called by their ids. */
const char *explore_names_reference(const char *type);
/* The value of an attribute with names for its numbers; to be freed. */
char *explore_names_value(uint32_t attribute, const struct opcua_value *value, bool utc);
/* The builtin type a DataType stands for (OPC 10000-5 §12.2), OPCUA_TYPE_NULL when only the server
 * knows. */
enum opcua_type explore_names_type(const char *data_type);

#endif
