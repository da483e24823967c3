/* SPDX-License-Identifier: MIT */
/* Which values are null or default (OPC 10000-6, table 1). */
#include <string.h>

#include "wire/opcua/opcua_style.h"

static bool is_zero(const void *value, size_t size)
{
    const char *bytes = value;

    for (size_t i = 0; i < size; i++) {
        if (bytes[i])
            return false;
    }
    return true;
}

static bool is_null_expanded_node_id(const UA_ExpandedNodeId *id)
{
    return UA_NodeId_isNull(&id->nodeId) && !id->namespaceUri.length && !id->serverIndex;
}

static bool is_null_extension_object(const UA_ExtensionObject *object)
{
    return object->encoding == UA_EXTENSIONOBJECT_ENCODED_NOBODY &&
           UA_NodeId_isNull(&object->content.encoded.typeId);
}

static bool is_null_diagnostic_info(const UA_DiagnosticInfo *info)
{
    return !info->hasSymbolicId && !info->hasNamespaceUri && !info->hasLocalizedText &&
           !info->hasLocale && !info->hasAdditionalInfo && !info->hasInnerStatusCode &&
           !info->hasInnerDiagnosticInfo;
}

bool osm_opcua_is_null(const void *value, const UA_DataType *type)
{
    switch (type->typeKind) {
    case UA_DATATYPEKIND_STRING:
    case UA_DATATYPEKIND_BYTESTRING:
    case UA_DATATYPEKIND_XMLELEMENT:
        return !((const UA_String *)value)->data;
    case UA_DATATYPEKIND_DATETIME:
        return *(const UA_DateTime *)value <= 0;
    case UA_DATATYPEKIND_GUID:
        return is_zero(value, sizeof(UA_Guid));
    case UA_DATATYPEKIND_NODEID:
        return UA_NodeId_isNull(value);
    case UA_DATATYPEKIND_EXPANDEDNODEID:
        return is_null_expanded_node_id(value);
    case UA_DATATYPEKIND_QUALIFIEDNAME:
        return !((const UA_QualifiedName *)value)->namespaceIndex &&
               !((const UA_QualifiedName *)value)->name.length;
    case UA_DATATYPEKIND_LOCALIZEDTEXT:
        return !((const UA_LocalizedText *)value)->locale.length &&
               !((const UA_LocalizedText *)value)->text.length;
    case UA_DATATYPEKIND_EXTENSIONOBJECT:
        return is_null_extension_object(value);
    case UA_DATATYPEKIND_VARIANT:
        return !((const UA_Variant *)value)->type;
    case UA_DATATYPEKIND_DIAGNOSTICINFO:
        return is_null_diagnostic_info(value);
    default:
        return false;
    }
}

bool osm_opcua_is_default(const void *value, const UA_DataType *type)
{
    bool number = type->typeKind <= UA_DATATYPEKIND_DOUBLE ||
                  type->typeKind == UA_DATATYPEKIND_STATUSCODE ||
                  type->typeKind == UA_DATATYPEKIND_ENUM;

    return number ? is_zero(value, type->memSize) : osm_opcua_is_null(value, type);
}
