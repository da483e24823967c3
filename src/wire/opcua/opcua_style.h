/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_OPCUA_OPCUA_STYLE_H
#define OSM_WIRE_OPCUA_OPCUA_STYLE_H
/*
 * The parts of the OPC UA JSON encoder (OPC 10000-6 §5.4 of version 1.05, compact): fields that
 * are null or have their default value are left out of objects, null elements of lists are null.
 */
#include "wire/value/styles.h"

osm_encode_fn osm_opcua_encode_int64, osm_opcua_encode_uint64, osm_opcua_encode_date_time,
    osm_opcua_encode_guid, osm_opcua_encode_byte_string, osm_opcua_encode_node_id,
    osm_opcua_encode_expanded_node_id, osm_opcua_encode_status_code,
    osm_opcua_encode_qualified_name, osm_opcua_encode_localized_text,
    osm_opcua_encode_diagnostic_info, osm_opcua_encode_extension_object,
    osm_opcua_encode_data_value, osm_opcua_encode_variant;
osm_encode_structure_fn osm_opcua_encode_structure;

/* A null value of a type that has one. */
bool osm_opcua_is_null(const void *value, const UA_DataType *type);
/* Null, or zero, false, Good: what the compact form leaves out of an object. */
bool osm_opcua_is_default(const void *value, const UA_DataType *type);

#endif
