/* SPDX-License-Identifier: MIT */
/* What one registry has learnt, another one learns from its schema. */
#include "testing/testing.h"

#include <open62541/types_generated_handling.h>

#include "wire/value/type_schema.h"

static void note_unfit(void *context, const UA_NodeId *data_type, const char *reason)
{
    fail_msg("%u: %s", data_type->identifier.numeric, reason);
}

static void test_all_of_it_is_passed_on(void **state)
{
    UA_StructureField fields[] = {
        {.name = UA_STRING_STATIC("A"), .dataType = UA_NODEID_NUMERIC(1, 10), .valueRank = -1},
        {.name = UA_STRING_STATIC("B"), .dataType = UA_NODEID_NUMERIC(1, 11), .valueRank = 1}};
    const UA_StructureDefinition definition = {.fields = fields, .fieldsSize = 2};
    const UA_NodeId number = fields[0].dataType, text = fields[1].dataType,
                    structure = UA_NODEID_NUMERIC(1, 20), encoding = UA_NODEID_NUMERIC(1, 21);
    struct osm_type_registry *from = osm_type_registry_new(), *to = osm_type_registry_new();
    struct osm_arena arena;
    UA_DataTypeSchemaHeader schema;
    const UA_DataType *type;

    osm_arena_init(&arena);
    osm_type_registry_alias(from, &number, 1);
    osm_type_registry_alias(from, &text, 25);
    osm_type_registry_define(from, &structure, &encoding, &definition);
    schema = osm_type_schema_make(from, &arena);
    assert_int_equal(schema.simpleDataTypesSize, 2);
    assert_int_equal(schema.structureDataTypesSize, 1);
    osm_type_schema_learn(to, &schema);
    assert_int_equal(osm_type_registry_build(to, -1), 1);
    osm_type_registry_each_unfit(to, note_unfit, NULL);
    type = osm_type_registry_find(to, &encoding);
    assert_non_null(type);
    assert_true(UA_NodeId_equal(&type->typeId, &structure));
    assert_ptr_equal(type->members[0].memberType, &UA_TYPES[UA_TYPES_BOOLEAN]);
    assert_ptr_equal(type->members[1].memberType, &UA_TYPES[UA_TYPES_DIAGNOSTICINFO]);
    assert_true(type->members[1].isArray);
    osm_type_registry_free(from);
    osm_type_registry_free(to);
    osm_arena_deinit(&arena);
}

/* What stands for no builtin type is not learnt. */
static void test_builtin_types_there_are_not(void **state)
{
    UA_SimpleTypeDescription simple[] = {
        {.dataTypeId = UA_NODEID_NUMERIC(1, 1), .builtInType = 0},
        {.dataTypeId = UA_NODEID_NUMERIC(1, 2), .builtInType = 1},
        {.dataTypeId = UA_NODEID_NUMERIC(1, 3), .builtInType = 25},
        {.dataTypeId = UA_NODEID_NUMERIC(1, 4), .builtInType = 26},
    };
    const UA_DataTypeSchemaHeader schema = {.simpleDataTypes = simple,
                                            .simpleDataTypesSize = OSM_ARRAY_SIZE(simple)};
    struct osm_type_registry *registry = osm_type_registry_new();

    osm_type_schema_learn(registry, &schema);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(simple); i++)
        assert_int_equal(osm_type_registry_knows(registry, &simple[i].dataTypeId),
                         i == 1 || i == 2);
    osm_type_registry_free(registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_of_it_is_passed_on),
        cmocka_unit_test(test_builtin_types_there_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
