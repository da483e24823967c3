/* SPDX-License-Identifier: MIT */
/* Builtin types by number; see builtin_type.h. */
#include "wire/value/builtin_type.h"

#include <open62541/types_generated.h>

#include "util/macros.h"

const UA_DataType *osm_builtin_type(uint32_t builtin_type)
{
    osm_assert(builtin_type >= 1 && builtin_type <= OSM_BUILTIN_KINDS);
    return &UA_TYPES[builtin_type - 1];
}

uint32_t osm_builtin_type_of(const UA_DataType *type)
{
    if (!type)
        return 0;
    if (type->typeKind < OSM_BUILTIN_KINDS)
        return type->typeKind + 1;
    return type->typeKind == UA_DATATYPEKIND_ENUM ? UA_DATATYPEKIND_INT32 + 1
                                                  : UA_DATATYPEKIND_EXTENSIONOBJECT + 1;
}
