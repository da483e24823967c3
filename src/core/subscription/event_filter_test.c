/* SPDX-License-Identifier: MIT */
/* Event filters in the core: fields by path, what we add to them, namespaces that are numbered. */
#include "core/subscription/event_filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <open62541/nodeids.h>
#include <open62541/types_generated_handling.h>

#define GONE UINT32_MAX

static struct osm_arena arena;

static int setup(void **state)
{
    (void)state;
    osm_arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    osm_arena_deinit(&arena);
    return 0;
}

static UA_String text(const char *value)
{
    return UA_STRING((char *)(uintptr_t)value);
}

static UA_SimpleAttributeOperand field_of(const char *path)
{
    UA_SimpleAttributeOperand field;

    osm_event_filter_path(text(path), &arena, &field);
    return field;
}

/* --- fields -------------------------------------------------------------------------------- */

static void test_a_field_is_its_path(void **state)
{
    static const struct {
        const char *field, *path;
        bool is;
    } rows[] = {
        {"Message", "Message", true},
        {"Message", "Messages", false},
        {"Messages", "Message", false},
        {"Message", "", false},
        {"Message", "Mess/age", false},
        {"ActiveState/Id", "ActiveState/Id", true},
        {"ActiveState/Id", "ActiveState", false},
        {"ActiveState", "ActiveState/Id", false},
        {"ActiveState/Id", "ActiveState.Id", false},
        {"ActiveState/Id", "ActiveStateId", false},
        {"2:Message", "Message", false},
        {"Active/2:Id", "Active/Id", false},
    };
    UA_SimpleAttributeOperand field;

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++) {
        field = field_of(rows[i].field);
        assert_int_equal(osm_event_filter_is(&field, rows[i].path), rows[i].is);
    }
    field = field_of("Message");
    field.attributeId = UA_ATTRIBUTEID_DISPLAYNAME; /* not its value */
    assert_false(osm_event_filter_is(&field, "Message"));
    field.attributeId = UA_ATTRIBUTEID_VALUE;
    field.browsePathSize = 0;
    assert_false(osm_event_filter_is(&field, ""));
    field.browsePathSize = 1;
    field.browsePath[0].name.length = 0;
    assert_false(osm_event_filter_is(&field, ""));
}

/* Slashes part names, also those that are empty; the server will say what it thinks of them. */
static void test_paths_of_many_segments(void **state)
{
    static const struct {
        const char *path;
        size_t segments;
    } rows[] = {{"", 1}, {"/", 2}, {"a/b", 2}, {"a/b/", 3}, {"////////", 9}, {"nsu=u/r/n;a/b", 2}};

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++)
        assert_int_equal(field_of(rows[i].path).browsePathSize, rows[i].segments);
}

static void test_the_condition_is_a_node_and_no_path(void **state)
{
    UA_SimpleAttributeOperand field = field_of("ConditionId");

    (void)state;
    assert_true(osm_event_filter_is_condition_id(&field));
    assert_string_equal(osm_event_filter_text(&field, &arena), "i=2782#1");
    field.attributeId = UA_ATTRIBUTEID_VALUE;
    assert_false(osm_event_filter_is_condition_id(&field));
    field = field_of("Message");
    field.attributeId = UA_ATTRIBUTEID_NODEID;
    assert_false(osm_event_filter_is_condition_id(&field));
}

static void test_how_fields_are_called(void **state)
{
    UA_SimpleAttributeOperand field = field_of("2:Tank/Level/3:Id");

    (void)state;
    assert_string_equal(osm_event_filter_text(&field, &arena), "2:Tank/Level/3:Id");
    field.typeDefinitionId = UA_NODEID_NUMERIC(0, UA_NS0ID_ALARMCONDITIONTYPE);
    assert_string_equal(osm_event_filter_text(&field, &arena), "i=2915/2:Tank/Level/3:Id");
    field.attributeId = UA_ATTRIBUTEID_DISPLAYNAME;
    assert_string_equal(osm_event_filter_text(&field, &arena), "i=2915/2:Tank/Level/3:Id#4");
    field = field_of("Message");
    field.browsePathSize = 0;
    assert_string_equal(osm_event_filter_text(&field, &arena), "i=2041");
}

/* --- what we add --------------------------------------------------------------------------- */

static void test_what_sinks_need_is_asked_for_once(void **state)
{
    static const struct {
        const char *fields[3];
        size_t size, expected;
    } rows[] = {
        {{"Message"}, 1, 3},
        {{"EventId", "Message"}, 2, 3},
        {{"Message", "ConditionId"}, 2, 3},
        {{"Message", "ConditionId", "EventId"}, 3, 3},
        {{NULL}, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++) {
        UA_String fields[3];
        UA_EventFilter *filter;
        unsigned ids = 0, conditions = 0;

        for (size_t j = 0; j < rows[i].size; j++)
            fields[j] = text(rows[i].fields[j]);
        filter = osm_event_filter_make(fields, rows[i].size, &arena);
        osm_event_filter_complete(filter, &arena);
        assert_int_equal(filter->selectClausesSize, rows[i].expected);
        for (size_t j = 0; j < filter->selectClausesSize; j++) {
            ids += osm_event_filter_is(&filter->selectClauses[j], "EventId");
            conditions += osm_event_filter_is_condition_id(&filter->selectClauses[j]);
        }
        assert_int_equal(ids, rows[i].size > 0);
        assert_int_equal(conditions, rows[i].size > 0);
    }
}

/* --- namespaces ---------------------------------------------------------------------------- */

static const UA_String uris[] = {UA_STRING_STATIC("ua"), UA_STRING_STATIC("urn:own"),
                                 UA_STRING_STATIC("urn:a"), UA_STRING_STATIC("urn:b"),
                                 UA_STRING_STATIC("urn:trap")};

/* On the heap: a field in that namespace, and a condition with a node and a name of it. */
static UA_EventFilter *filter_in(UA_UInt16 index)
{
    UA_EventFilter *out = UA_EventFilter_new(), *made = osm_event_filter_make(NULL, 0, &arena);
    UA_QualifiedName name = {index, text("Tank")};
    UA_SimpleAttributeOperand field = {.typeDefinitionId = UA_NODEID_NUMERIC(index, 9),
                                       .browsePath = &name,
                                       .browsePathSize = 1,
                                       .attributeId = UA_ATTRIBUTEID_VALUE};
    UA_NodeId id = UA_NODEID_NUMERIC(index, 7);
    UA_LiteralOperand literals[2];
    UA_ExtensionObject operands[3];
    UA_ContentFilterElement element = {.filterOperands = operands, .filterOperandsSize = 3};

    memset(literals, 0, sizeof(literals));
    UA_Variant_setScalar(&literals[0].value, &id, &UA_TYPES[UA_TYPES_NODEID]);
    UA_Variant_setScalar(&literals[1].value, &name, &UA_TYPES[UA_TYPES_QUALIFIEDNAME]);
    UA_ExtensionObject_setValueNoDelete(&operands[0], &literals[0],
                                        &UA_TYPES[UA_TYPES_LITERALOPERAND]);
    UA_ExtensionObject_setValueNoDelete(&operands[1], &literals[1],
                                        &UA_TYPES[UA_TYPES_LITERALOPERAND]);
    UA_ExtensionObject_setValueNoDelete(&operands[2], &field,
                                        &UA_TYPES[UA_TYPES_SIMPLEATTRIBUTEOPERAND]);
    made->selectClauses = &field;
    made->selectClausesSize = 1;
    made->whereClause = (UA_ContentFilter){.elements = &element, .elementsSize = 1};
    assert_int_equal(UA_EventFilter_copy(made, out), 0);
    return out;
}

static void *operand_of(const UA_EventFilter *filter, size_t i)
{
    return filter->whereClause.elements->filterOperands[i].content.decoded.data;
}

/* All that names a namespace has that index and text. */
static void names(const UA_EventFilter *filter, UA_UInt16 index, const char *name)
{
    const UA_SimpleAttributeOperand *fields[] = {filter->selectClauses, operand_of(filter, 2)};
    const UA_LiteralOperand *id = operand_of(filter, 0), *named = operand_of(filter, 1);
    const UA_QualifiedName *names[] = {fields[0]->browsePath, fields[1]->browsePath,
                                       named->value.data};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(names); i++) {
        assert_int_equal(names[i]->namespaceIndex, index);
        assert_int_equal(names[i]->name.length, strlen(name));
        assert_memory_equal(names[i]->name.data, name, strlen(name));
    }
    assert_int_equal(fields[0]->typeDefinitionId.namespaceIndex, index);
    assert_int_equal(fields[1]->typeDefinitionId.namespaceIndex, index);
    assert_int_equal(((UA_NodeId *)id->value.data)->namespaceIndex, index);
}

static void test_indexes_go_with_their_namespaces(void **state)
{
    const uint32_t map[] = {0, 1, 3, GONE, 9};
    UA_EventFilter *filter = filter_in(2);

    (void)state;
    assert_false(osm_event_filter_renumber(filter, uris, map, 4));
    names(filter, 3, "Tank");
    assert_true(osm_event_filter_renumber(filter, uris, map, 4)); /* that one is no more */
    names(filter, 0, "nsu=urn:b;Tank");
    assert_true(osm_event_filter_is_by_uri(filter));
    UA_EventFilter_delete(filter);
    filter = filter_in(4); /* no namespace of the server's: who knows what is meant */
    assert_false(osm_event_filter_renumber(filter, uris, map, 4));
    names(filter, 4, "Tank");
    assert_false(osm_event_filter_is_by_uri(filter));
    UA_EventFilter_delete(filter);
}

static void test_names_by_uri_get_their_numbers(void **state)
{
    const uint32_t none[] = {0, 1, GONE, GONE};
    struct osm_names known = {.uris = uris, .size = 4, .known = true};
    struct osm_names fewer = {.uris = uris, .size = 3, .known = true};
    struct osm_fault fault = {0};
    UA_EventFilter *filter = filter_in(3);

    (void)state;
    assert_true(osm_event_filter_renumber(filter, uris, none, 4));
    assert_false(osm_event_filter_number(filter, &fewer, true, &arena, &fault));
    assert_non_null(strstr(fault.message, "urn:b"));
    names(filter, 0, "nsu=urn:b;Tank");
    assert_true(osm_event_filter_number(filter, &known, true, &arena, &fault));
    names(filter, 3, "Tank");
    assert_int_equal(known.numbers & 1U << 3, 0); /* by their URI: whatever the number */
    known = (struct osm_names){.uris = uris, .size = 4, .known = true};
    assert_true(osm_event_filter_number(filter, &known, true, &arena, &fault));
    assert_int_equal(known.numbers, 1U << 3);
    UA_EventFilter_delete(filter);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_field_is_its_path),
        TEST(test_paths_of_many_segments),
        TEST(test_the_condition_is_a_node_and_no_path),
        TEST(test_how_fields_are_called),
        TEST(test_what_sinks_need_is_asked_for_once),
        TEST(test_indexes_go_with_their_namespaces),
        TEST(test_names_by_uri_get_their_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
