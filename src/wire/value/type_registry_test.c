/* SPDX-License-Identifier: MIT */
/* What structures a server may define, and why some cannot be described (type_registry.h). */
#include "testing/testing.h"

#include <open62541/nodeids.h>
#include <open62541/types_generated_handling.h>

#include "wire/value/type_registry.h"

#define MOST_FIELDS 4

/* A field: its type is in namespace 1 when it is below 100, else in 0; `rank` 1 is a list. */
struct field {
    uint32_t type;
    int rank;
    bool optional;
};

static struct osm_type_registry *registry;

static int setup(void **state)
{
    (void)state;
    registry = osm_type_registry_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    osm_type_registry_free(registry);
    return 0;
}

static UA_NodeId type_id(uint32_t number)
{
    return number < 100 ? UA_NODEID_NUMERIC(1, number) : UA_NODEID_NUMERIC(0, number - 100);
}

#define STANDARD(id) (100 + (id))

static void define(uint32_t number, UA_StructureType kind, const struct field *fields)
{
    static char names[MOST_FIELDS][2] = {"A", "B", "C", "D"};
    UA_StructureField list[MOST_FIELDS] = {0};
    UA_StructureDefinition definition = {.structureType = kind, .fields = list};
    UA_NodeId id = type_id(number), encoding = UA_NODEID_NUMERIC(1, 1000 + number);

    for (size_t i = 0; i < MOST_FIELDS && fields[i].type; i++) {
        list[i].name = UA_STRING(names[i]);
        list[i].dataType = type_id(fields[i].type);
        list[i].valueRank = fields[i].rank ? fields[i].rank : -1;
        list[i].isOptional = fields[i].optional;
        definition.fieldsSize++;
    }
    osm_type_registry_define(registry, &id, &encoding, &definition);
}

#define DEFINE(number, kind, ...)                                                                  \
    define(number, kind, (const struct field[MOST_FIELDS + 1]){__VA_ARGS__})
/* A field; a list; a matrix; one that is optional; both. */
#define F(type)                                                                                    \
    {                                                                                              \
        (type), 0, false                                                                           \
    }
#define LIST(type)                                                                                 \
    {                                                                                              \
        (type), 1, false                                                                           \
    }
#define MATRIX(type)                                                                               \
    {                                                                                              \
        (type), 2, false                                                                           \
    }
#define MAYBE(type)                                                                                \
    {                                                                                              \
        (type), 0, true                                                                            \
    }
#define MAYBE_LIST(type)                                                                           \
    {                                                                                              \
        (type), 1, true                                                                            \
    }
#define PLAIN UA_STRUCTURETYPE_STRUCTURE
#define OPTIONAL UA_STRUCTURETYPE_STRUCTUREWITHOPTIONALFIELDS
#define SUBTYPED ((UA_StructureType)3)

static const UA_DataType *found(uint32_t number)
{
    UA_NodeId encoding = UA_NODEID_NUMERIC(1, 1000 + number);

    return osm_type_registry_find(registry, &encoding);
}

static void note(void *context, const UA_NodeId *data_type, const char *reason)
{
    osm_buf_printf(context, "%u: %s\n", data_type->identifier.numeric, reason);
}

static void unfit_are(const char *expected)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    osm_type_registry_each_unfit(registry, note, &out);
    assert_string_equal(osm_buf_text(&out), expected);
}

static void test_standard_structures_inside(void **state)
{
    const UA_DataType *type, *unit;
    UA_ByteString bytes = UA_BYTESTRING_NULL;
    const UA_EUInformation information = {.unitId = 5, .displayName.text = UA_STRING_STATIC("m")};
    UA_Range range = {1, 2};
    const UA_NodeId id = UA_NODEID_NUMERIC(0, UA_NS0ID_EUINFORMATION_ENCODING_DEFAULTBINARY);
    void *value;

    (void)state;
    DEFINE(1, PLAIN, F(STANDARD(UA_NS0ID_EUINFORMATION)), LIST(STANDARD(UA_NS0ID_RANGE)));
    assert_int_equal(osm_type_registry_build(registry, -1), 1);
    type = found(1);
    unit = type->members[0].memberType;
    assert_string_equal(unit->members[0].memberName, "NamespaceUri");
    assert_string_equal(unit->members[1].memberName, "UnitId");
    assert_string_equal(type->members[1].memberType->members[1].memberName, "High");
    assert_null(osm_type_registry_find(registry, &id)); /* where it stands alone it stays a body */
    value = UA_new(type);
    assert_int_equal(unit->memSize, sizeof(information));
    assert_int_equal(UA_copy(&information, value, unit), 0);
    assert_int_equal(UA_Array_copy(&range, 1, (void **)((char *)value + unit->memSize + 8),
                                   &UA_TYPES[UA_TYPES_RANGE]),
                     0);
    *(size_t *)((char *)value + unit->memSize) = 1;
    assert_int_equal(UA_encodeBinary(value, type, &bytes), 0);
    assert_int_equal(bytes.length,
                     UA_calcSizeBinary(&information, &UA_TYPES[UA_TYPES_EUINFORMATION]) + 4 + 16);
    UA_ByteString_clear(&bytes);
    UA_delete(value, type);
    unfit_are("");
}

static void test_structures_that_contain_themselves(void **state)
{
    (void)state;
    DEFINE(1, PLAIN, F(STANDARD(UA_NS0ID_INT32)), LIST(1));
    DEFINE(2, OPTIONAL, MAYBE(2));
    DEFINE(3, PLAIN, LIST(4));
    DEFINE(4, PLAIN, F(3), F(STANDARD(UA_NS0ID_BYTE)));
    DEFINE(5, PLAIN, F(5));
    DEFINE(6, PLAIN, F(7));
    DEFINE(7, PLAIN, F(6));
    assert_int_equal(osm_type_registry_build(registry, -1), 4);
    assert_ptr_equal(found(1)->members[1].memberType, found(1));
    assert_ptr_equal(found(2)->members[0].memberType, found(2));
    assert_ptr_equal(found(3)->members[0].memberType, found(4));
    assert_ptr_equal(found(4)->members[0].memberType, found(3));
    unfit_are("5: its field A contains the structure itself\n"
              "6: the type ns=1;i=7 of its field A cannot be described\n"
              "7: its field A contains the structure itself\n");
}

/* Two members: dimensions, elements (structure.h). */
static void test_matrices(void **state)
{
    (void)state;
    DEFINE(1, PLAIN, F(STANDARD(UA_NS0ID_BYTE)), MATRIX(STANDARD(UA_NS0ID_INT32)),
           F(STANDARD(UA_NS0ID_BYTE)));
    DEFINE(2, UA_STRUCTURETYPE_UNION, MATRIX(1));
    assert_int_equal(osm_type_registry_build(registry, -1), 1);
    assert_int_equal(found(1)->membersSize, 4);
    assert_string_equal(found(1)->members[1].memberName, "\1"
                                                         "B");
    assert_ptr_equal(found(1)->members[2].memberType, &UA_TYPES[UA_TYPES_INT32]);
    assert_true(found(1)->members[2].isArray);
    assert_string_equal(found(1)->members[3].memberName, "C");
    unfit_are("2: its field A is a matrix that may be absent\n");
}

/* What stands behind a pointer is looked at in the end. */
static void test_what_is_built_on_sand(void **state)
{
    (void)state;
    DEFINE(1, PLAIN, LIST(2));
    DEFINE(2, PLAIN, LIST(1), LIST(3));
    DEFINE(3, PLAIN, F(9));
    DEFINE(4, PLAIN, LIST(5));
    DEFINE(5, PLAIN, F(0));
    DEFINE(6, OPTIONAL, {STANDARD(UA_NS0ID_INT32), 2, true});
    assert_int_equal(osm_type_registry_build(registry, -1), 1);
    assert_non_null(found(5));
    unfit_are("1: the type ns=1;i=2 of its field A cannot be described\n"
              "2: the type ns=1;i=3 of its field B cannot be described\n"
              "3: the type of its field A is not known\n"
              "4: its field A is a list of nothing\n"
              "6: its field A is a matrix that may be absent\n");
}

static void test_fields_that_may_hold_subtypes(void **state)
{
    const UA_NodeId alias = type_id(8);

    (void)state;
    osm_type_registry_alias(registry, &alias, UA_NS0ID_INT32);
    DEFINE(1, PLAIN, F(STANDARD(UA_NS0ID_BYTE)));
    DEFINE(2, SUBTYPED, MAYBE(1), F(1), MAYBE(8), MAYBE_LIST(STANDARD(UA_NS0ID_RANGE)));
    DEFINE(3, (UA_StructureType)4, MAYBE(1), F(8));
    DEFINE(4, (UA_StructureType)5, F(8));
    assert_int_equal(osm_type_registry_build(registry, -1), 3);
    assert_ptr_equal(found(2)->members[0].memberType, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
    assert_ptr_equal(found(2)->members[1].memberType, found(1));
    assert_ptr_equal(found(2)->members[2].memberType, &UA_TYPES[UA_TYPES_VARIANT]);
    assert_ptr_equal(found(2)->members[3].memberType, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
    assert_false(found(2)->members[0].isOptional);
    assert_int_equal(found(2)->typeKind, UA_DATATYPEKIND_STRUCTURE);
    assert_int_equal(found(3)->typeKind, UA_DATATYPEKIND_UNION);
    assert_ptr_equal(found(3)->members[0].memberType, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
    assert_ptr_equal(found(3)->members[1].memberType, &UA_TYPES[UA_TYPES_INT32]);
    unfit_are("4: its kind of structure (5) is not known\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_standard_structures_inside, setup, teardown),
        cmocka_unit_test_setup_teardown(test_structures_that_contain_themselves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_matrices, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_built_on_sand, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fields_that_may_hold_subtypes, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
