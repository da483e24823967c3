/* SPDX-License-Identifier: MIT */
/* How large and how deep a structure may be to be described, exactly (type_layout.c). */
#include "testing/testing.h"

#include <open62541/nodeids.h>
#include <open62541/types_generated_handling.h>

#include "wire/value/type_registry.h"

#define PLAIN UA_STRUCTURETYPE_STRUCTURE
#define OPTIONAL UA_STRUCTURETYPE_STRUCTUREWITHOPTIONALFIELDS

static struct osm_type_registry *registry;

static int setup(void **state)
{
    registry = osm_type_registry_new();
    return 0;
}

static int teardown(void **state)
{
    osm_type_registry_free(registry);
    return 0;
}

/* Data types in namespace 1, their encodings in namespace 2. */
static UA_NodeId learnt(uint32_t number)
{
    return UA_NODEID_NUMERIC(1, number);
}

static UA_NodeId standard(uint32_t number)
{
    return UA_NODEID_NUMERIC(0, number);
}

/* So many fields alike. */
struct run {
    size_t count;
    UA_NodeId type;
    int32_t rank; /* 0: a single value */
    bool optional;
};

static void define_with(uint32_t number, UA_NodeId encoding, UA_StructureType kind,
                        const struct run *runs)
{
    static UA_StructureField fields[300];
    UA_StructureDefinition definition = {.structureType = kind, .fields = fields};
    const UA_NodeId id = learnt(number);

    for (; runs->count; runs++)
        for (size_t i = 0; i < runs->count; i++)
            fields[definition.fieldsSize++] =
                (UA_StructureField){.name = UA_STRING_STATIC("F"),
                                    .dataType = runs->type,
                                    .valueRank = runs->rank ? runs->rank : -1,
                                    .isOptional = runs->optional};
    osm_type_registry_define(registry, &id, &encoding, &definition);
}

#define FIELDS(count_, type_)                                                                      \
    {                                                                                              \
        .count = (count_), .type = (type_)                                                         \
    }
#define RANKED(count_, type_, rank_)                                                               \
    {                                                                                              \
        .count = (count_), .type = (type_), .rank = (rank_)                                        \
    }
#define MAYBE(count_, type_, rank_)                                                                \
    {                                                                                              \
        .count = (count_), .type = (type_), .rank = (rank_), .optional = true                      \
    }
#define DEFINE(number, kind, ...)                                                                  \
    define_with(number, UA_NODEID_NUMERIC(2, number), kind, (const struct run[5]){__VA_ARGS__})

static const UA_DataType *found(uint32_t number)
{
    const UA_NodeId id = learnt(number);

    return osm_type_registry_find_data_type(registry, &id);
}

static void note(void *context, const UA_NodeId *data_type, const char *reason)
{
    osm_buf_printf(context, "%u: %s\n", data_type->identifier.numeric, reason);
}

/* Built are so many; of the others this is said. */
static void built_are(size_t count, const char *unfit)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    assert_int_equal(osm_type_registry_build(registry, -1), count);
    osm_type_registry_each_unfit(registry, note, &out);
    assert_string_equal(osm_buf_text(&out), unfit);
}

static void test_fields(void **state)
{
    const UA_NodeId byte = standard(UA_NS0ID_BYTE);

    DEFINE(1, PLAIN, FIELDS(255, byte));
    DEFINE(2, PLAIN, FIELDS(256, byte));
    DEFINE(3, PLAIN, FIELDS(1, byte), RANKED(127, byte, 2));
    DEFINE(4, PLAIN, RANKED(128, byte, 2)); /* two each */
    DEFINE(5, OPTIONAL, MAYBE(32, byte, 0));
    DEFINE(6, OPTIONAL, MAYBE(33, byte, 0));
    DEFINE(7, OPTIONAL, FIELDS(200, byte), MAYBE(32, byte, 1));
    built_are(4, "2: it has 256 fields, more than 255\n"
                 "4: it has 256 fields, more than 255\n"
                 "6: it has more than 32 optional fields\n");
    assert_int_equal(found(1)->membersSize, 255);
    assert_int_equal(found(1)->memSize, 255);
    assert_int_equal(found(3)->membersSize, 255);
}

static void test_size(void **state)
{
    const UA_NodeId byte = standard(UA_NS0ID_BYTE), int32 = standard(UA_NS0ID_INT32);

    DEFINE(1, PLAIN, FIELDS(255, byte));
    DEFINE(2, PLAIN, FIELDS(255, learnt(1)));                                       /* 65 025 */
    DEFINE(3, PLAIN, FIELDS(1, learnt(2)), FIELDS(2, learnt(1)));                   /* 65 535 */
    DEFINE(4, PLAIN, FIELDS(1, learnt(2)), FIELDS(2, learnt(1)), FIELDS(1, byte));  /* 65 536 */
    DEFINE(5, PLAIN, FIELDS(1, int32), FIELDS(1, learnt(2)), FIELDS(1, learnt(1))); /* 65 284 */
    DEFINE(6, PLAIN, FIELDS(1, learnt(5)), FIELDS(62, int32));                      /* 65 532 */
    DEFINE(7, PLAIN, FIELDS(1, learnt(5)), FIELDS(62, int32),
           FIELDS(3, byte));                                                  /* rounded: 65 536 */
    DEFINE(8, UA_STRUCTURETYPE_UNION, FIELDS(1, learnt(3)), FIELDS(1, byte)); /* and the switch */
    DEFINE(9, UA_STRUCTURETYPE_UNION, FIELDS(1, learnt(2)), RANKED(1, byte, 1));
    built_are(6, "4: it is too large\n7: it is too large\n8: it is too large\n");
    assert_int_equal(found(3)->memSize, 65535);
    assert_int_equal(found(6)->memSize, 65532);
    assert_int_equal(found(9)->memSize, 65032);
}

/* Structures in each other by value. */
static void chain(uint32_t length, int32_t rank)
{
    for (uint32_t i = 1; i < length; i++)
        DEFINE(i, PLAIN, RANKED(1, learnt(i + 1), rank));
}

static void test_levels_that_fit(void **state)
{
    chain(100, 0);
    DEFINE(100, PLAIN, FIELDS(1, standard(UA_NS0ID_BYTE)));
    built_are(100, "");
}

static void test_levels_that_do_not_fit(void **state)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    chain(101, 0);
    DEFINE(101, PLAIN, FIELDS(1, standard(UA_NS0ID_BYTE)));
    assert_int_equal(osm_type_registry_build(registry, -1), 1);
    assert_non_null(found(101));
    osm_type_registry_each_unfit(registry, note, &out);
    assert_non_null(strstr(osm_buf_text(&out),
                           "100: the type ns=1;i=101 of its field F cannot be described\n"));
}

/* Each pass finds one more that stands on sand; the rest is not looked through for ever. */
static void test_sand_below_many(void **state)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    chain(32, 1);
    DEFINE(32, PLAIN, FIELDS(1, learnt(999)));
    DEFINE(50, PLAIN, FIELDS(1, standard(UA_NS0ID_BYTE)));
    assert_int_equal(osm_type_registry_build(registry, -1), 1);
    assert_non_null(found(50));
    osm_type_registry_each_unfit(registry, note, &out);
    assert_null(strstr(osm_buf_text(&out), "too deeply"));
}

static void test_sand_below_too_many(void **state)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    chain(33, 1);
    DEFINE(33, PLAIN, FIELDS(1, learnt(999)));
    DEFINE(50, PLAIN, FIELDS(1, standard(UA_NS0ID_BYTE)));
    assert_int_equal(osm_type_registry_build(registry, -1), 0);
    osm_type_registry_each_unfit(registry, note, &out);
    assert_non_null(strstr(osm_buf_text(&out), "50: its types depend on each other too deeply\n"));
}

/* A list of what takes no byte might pretend to be of any length. */
static void test_lists_of_nothing(void **state)
{
    const UA_NodeId byte = standard(UA_NS0ID_BYTE);

    DEFINE(1, PLAIN, FIELDS(0, byte));
    DEFINE(2, PLAIN, FIELDS(2, learnt(1)));
    DEFINE(3, PLAIN, FIELDS(1, learnt(2)), FIELDS(1, byte));
    DEFINE(4, PLAIN, RANKED(1, learnt(1), 1));
    DEFINE(5, PLAIN, RANKED(1, learnt(2), 1));
    DEFINE(6, PLAIN, RANKED(1, learnt(3), 1));
    DEFINE(7, PLAIN, RANKED(1, byte, 1));
    DEFINE(8, PLAIN, RANKED(1, learnt(7), 1));
    built_are(6, "4: its field F is a list of nothing\n5: its field F is a list of nothing\n");
}

static void test_encodings(void **state)
{
    const struct run byte[] = {FIELDS(1, standard(UA_NS0ID_BYTE)), FIELDS(0, UA_NODEID_NULL)};
    const UA_NodeId encoding = UA_NODEID_NUMERIC(2, 1);

    define_with(1, encoding, PLAIN, byte);
    define_with(2, encoding, PLAIN, byte); /* the first one keeps it */
    define_with(3, UA_NODEID_NULL, PLAIN, byte);
    built_are(1, "3: it has no binary encoding\n");
    assert_ptr_equal(osm_type_registry_find(registry, &encoding), found(1));
    assert_int_equal(osm_type_registry_build(registry, -1), 0); /* nothing new */
}

/* What is asked for by namespace comes alone; the rest may come later. */
static void test_one_namespace(void **state)
{
    const UA_NodeId encoding = UA_NODEID_NUMERIC(2, 1);

    DEFINE(1, PLAIN, FIELDS(1, standard(UA_NS0ID_EUINFORMATION)));
    assert_int_equal(osm_type_registry_build(registry, 0), 0);
    assert_int_equal(osm_type_registry_build(registry, 2), 0);
    assert_null(osm_type_registry_find(registry, &encoding));
    assert_null(found(1));
    assert_int_equal(osm_type_registry_build(registry, 1), 1);
    assert_ptr_equal(osm_type_registry_find(registry, &encoding), found(1));
    assert_ptr_equal(osm_type_registry_find_shared(registry, &encoding), found(1));
}

static void test_types_that_are_known(void **state)
{
    const UA_NodeId last = standard(25), behind = standard(26), structure = standard(22),
                    text = UA_NODEID_STRING(0, (char *)(uintptr_t) "x"),
                    elsewhere = UA_NODEID_NUMERIC(3, UA_NS0ID_EUINFORMATION),
                    range = standard(UA_NS0ID_RANGE), enumeration = standard(307), mine = learnt(1);

    DEFINE(1, PLAIN, FIELDS(1, standard(26)));
    DEFINE(2, PLAIN, FIELDS(1, standard(25)));
    assert_true(osm_type_registry_knows(registry, &last));
    assert_true(osm_type_registry_knows(registry, &structure));
    assert_true(osm_type_registry_knows(registry, &range));
    assert_true(osm_type_registry_knows(registry, &mine));
    assert_false(osm_type_registry_knows(registry, &behind));
    assert_false(osm_type_registry_knows(registry, &text));
    assert_false(osm_type_registry_knows(registry, &elsewhere));
    assert_false(osm_type_registry_knows(registry, &enumeration)); /* ApplicationType */
    built_are(1, "1: the type of its field F is not known\n");
    assert_ptr_equal(found(2)->members[0].memberType, &UA_TYPES[UA_TYPES_DIAGNOSTICINFO]);
}

static void test_names_without_letters(void **state)
{
    UA_StructureField field = {
        .name = UA_STRING_STATIC("\1x"), .dataType = standard(UA_NS0ID_BYTE), .valueRank = -1};
    const UA_StructureDefinition definition = {.fieldsSize = 1, .fields = &field};
    const UA_NodeId id = learnt(1), nameless = learnt(2), encoding = UA_NODEID_NUMERIC(2, 2);

    osm_type_registry_define(registry, &id, &id, &definition);
    field.name = UA_STRING_NULL;
    osm_type_registry_define(registry, &nameless, &encoding, &definition);
    built_are(1, "1: a field has no name of letters\n");
    assert_string_equal(found(2)->members[0].memberName, "");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fields),
        TEST(test_size),
        TEST(test_levels_that_fit),
        TEST(test_levels_that_do_not_fit),
        TEST(test_sand_below_many),
        TEST(test_sand_below_too_many),
        TEST(test_lists_of_nothing),
        TEST(test_encodings),
        TEST(test_one_namespace),
        TEST(test_types_that_are_known),
        TEST(test_names_without_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
