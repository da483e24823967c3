/* SPDX-License-Identifier: MIT */
/* Registries of structures as one value; see type_schema.h. */
#include "wire/value/type_schema.h"

/* The last builtin type a field can stand for. */
#define OSM_LAST_BUILTIN 25

static void count(void *context, const UA_NodeId *data_type, const UA_NodeId *encoding,
                  const UA_StructureDefinition *definition, uint32_t alias)
{
    UA_DataTypeSchemaHeader *schema = context;

    if (definition)
        schema->structureDataTypesSize++;
    else
        schema->simpleDataTypesSize++;
}

static void put(void *context, const UA_NodeId *data_type, const UA_NodeId *encoding,
                const UA_StructureDefinition *definition, uint32_t alias)
{
    UA_DataTypeSchemaHeader *schema = context;

    if (definition) {
        UA_StructureDescription *structure =
            &schema->structureDataTypes[schema->structureDataTypesSize++];

        structure->dataTypeId = *data_type;
        structure->structureDefinition = *definition;
        structure->structureDefinition.defaultEncodingId = *encoding;
    } else {
        UA_SimpleTypeDescription *simple = &schema->simpleDataTypes[schema->simpleDataTypesSize++];

        simple->dataTypeId = *data_type;
        simple->builtInType = (UA_Byte)alias;
    }
}

UA_DataTypeSchemaHeader osm_type_schema_make(const struct osm_type_registry *registry,
                                             struct osm_arena *arena)
{
    UA_DataTypeSchemaHeader schema = {0};

    osm_type_registry_each(registry, count, &schema);
    schema.structureDataTypes =
        osm_arena_array(arena, schema.structureDataTypesSize, sizeof(*schema.structureDataTypes));
    schema.simpleDataTypes =
        osm_arena_array(arena, schema.simpleDataTypesSize, sizeof(*schema.simpleDataTypes));
    schema.structureDataTypesSize = schema.simpleDataTypesSize = 0;
    osm_type_registry_each(registry, put, &schema);
    return schema;
}

void osm_type_schema_learn(struct osm_type_registry *registry,
                           const UA_DataTypeSchemaHeader *schema)
{
    for (size_t i = 0; i < schema->simpleDataTypesSize; i++) {
        const UA_SimpleTypeDescription *simple = &schema->simpleDataTypes[i];

        if (simple->builtInType >= 1 && simple->builtInType <= OSM_LAST_BUILTIN)
            osm_type_registry_alias(registry, &simple->dataTypeId, simple->builtInType);
    }
    for (size_t i = 0; i < schema->structureDataTypesSize; i++) {
        const UA_StructureDescription *structure = &schema->structureDataTypes[i];

        osm_type_registry_define(registry, &structure->dataTypeId,
                                 &structure->structureDefinition.defaultEncodingId,
                                 &structure->structureDefinition);
    }
}
