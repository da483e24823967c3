/* SPDX-License-Identifier: MIT */
/* The table of types, and names of types, sources and status codes; see value_type.h. */
#include "client/value_type.h"

#include <string.h>
#include <strings.h>

#include <open62541/types.h>

#include "util/macros.h"

static const struct osm_value_type types[] = {
    [OPCUA_TYPE_NULL] = {"Null", OSM_ITEM_NONE, 0, 0},
    [OPCUA_TYPE_BOOLEAN] = {"Boolean", OSM_ITEM_BOOLEAN, 0, 1},
    [OPCUA_TYPE_SBYTE] = {"SByte", OSM_ITEM_INTEGER, INT8_MIN, INT8_MAX},
    [OPCUA_TYPE_BYTE] = {"Byte", OSM_ITEM_COUNT, 0, UINT8_MAX},
    [OPCUA_TYPE_INT16] = {"Int16", OSM_ITEM_INTEGER, INT16_MIN, INT16_MAX},
    [OPCUA_TYPE_UINT16] = {"UInt16", OSM_ITEM_COUNT, 0, UINT16_MAX},
    [OPCUA_TYPE_INT32] = {"Int32", OSM_ITEM_INTEGER, INT32_MIN, INT32_MAX},
    [OPCUA_TYPE_UINT32] = {"UInt32", OSM_ITEM_COUNT, 0, UINT32_MAX},
    [OPCUA_TYPE_INT64] = {"Int64", OSM_ITEM_INTEGER, INT64_MIN, INT64_MAX},
    [OPCUA_TYPE_UINT64] = {"UInt64", OSM_ITEM_COUNT, 0, UINT64_MAX},
    [OPCUA_TYPE_FLOAT] = {"Float", OSM_ITEM_NUMBER, 0, 0},
    [OPCUA_TYPE_DOUBLE] = {"Double", OSM_ITEM_NUMBER, 0, 0},
    [OPCUA_TYPE_STRING] = {"String", OSM_ITEM_TEXT, 0, 0},
    [OPCUA_TYPE_DATETIME] = {"DateTime", OSM_ITEM_TIME, 0, 0},
    [OPCUA_TYPE_GUID] = {"Guid", OSM_ITEM_TEXT, 0, 0},
    [OPCUA_TYPE_BYTESTRING] = {"ByteString", OSM_ITEM_BYTES, 0, 0},
    [OPCUA_TYPE_XML] = {"XmlElement", OSM_ITEM_TEXT, 0, 0},
    [OPCUA_TYPE_NODE_ID] = {"NodeId", OSM_ITEM_TEXT, 0, 0},
    [OPCUA_TYPE_EXPANDED_NODE_ID] = {"ExpandedNodeId", OSM_ITEM_TEXT, 0, 0},
    [OPCUA_TYPE_STATUS_CODE] = {"StatusCode", OSM_ITEM_COUNT, 0, UINT32_MAX},
    [OPCUA_TYPE_QUALIFIED_NAME] = {"QualifiedName", OSM_ITEM_QUALIFIED, 0, 0},
    [OPCUA_TYPE_LOCALIZED_TEXT] = {"LocalizedText", OSM_ITEM_LOCALIZED, 0, 0},
    [OPCUA_TYPE_STRUCTURE] = {"ExtensionObject", OSM_ITEM_STRUCTURE, 0, 0},
    [OPCUA_TYPE_DATA_VALUE] = {"DataValue", OSM_ITEM_DATA_VALUE, 0, 0},
    [OPCUA_TYPE_VARIANT] = {"Variant", OSM_ITEM_VARIANT, 0, 0},
    [OPCUA_TYPE_DIAGNOSTIC_INFO] = {"DiagnosticInfo", OSM_ITEM_STRUCTURE, 0, 0},
};

const struct osm_value_type *osm_value_type(enum opcua_type type)
{
    return (size_t)type < OSM_ARRAY_SIZE(types) ? &types[type] : &types[OPCUA_TYPE_NULL];
}

const char *opcua_type_name(enum opcua_type type)
{
    return (size_t)type < OSM_ARRAY_SIZE(types) ? types[type].name : NULL;
}

enum opcua_type opcua_type_find(const char *name)
{
    for (size_t i = 0; name && i < OSM_ARRAY_SIZE(types); i++) {
        if (strcasecmp(name, types[i].name) == 0)
            return (enum opcua_type)i;
    }
    return OPCUA_TYPE_NULL;
}

const char *opcua_source_name(enum opcua_source source)
{
    static const char *const names[] = {"none", "here", "network", "peer", "server", "daemon"};

    return (size_t)source < OSM_ARRAY_SIZE(names) ? names[source] : "?";
}

const char *opcua_status_name(uint32_t status)
{
    const char *name = UA_StatusCode_name(status);

    return strcmp(name, "Unknown StatusCode") == 0 ? NULL : name;
}
